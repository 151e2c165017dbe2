//! Unit tests for models of venues: questions to start from, and a model made as the host makes it.

use super::harness::BEGIN;
use super::{price, quantity};
use crate::{
    Config, FeeQuery, FillQuery, Instrument, InstrumentId, LatencyQuery, Message, ModelConfig,
    ModelPort, Money, Occasion, OrderId, Quantity, Side, VenueModel,
};

/// A model for one port of the venue `SIM`, with its instruments and parameters; defaults are filled
/// in and checked.
pub fn venue_model<M: VenueModel>(
    port: ModelPort,
    instruments: &[Instrument],
    parameters: &[(&str, &str)],
) -> Result<M, String> {
    let given = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let parameters = Config::new("SIM", Vec::new(), given);
    let mut model = M::made(&ModelConfig {
        venue: "SIM".to_owned(),
        port,
        parameters: parameters.checked(&M::describe())?,
    })?;
    for (number, instrument) in (0_u32..).zip(instruments) {
        model.on_instrument(&Instrument {
            id: InstrumentId::new(number),
            ..instrument.clone()
        })?;
    }
    Ok(model)
}

/// An amount from text; panics when it is none.
pub fn money(text: &str) -> Money {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// A buy order of the first instrument for as much as is offered at 100, to change where a test needs
/// another.
pub fn fill_query(occasion: Occasion, offered: &str) -> FillQuery {
    FillQuery {
        order: OrderId::new(1),
        instrument: InstrumentId::default(),
        side: Side::Buy,
        limit: Some(price("100")),
        remaining: quantity(offered),
        occasion,
        price: price("100"),
        offered: quantity(offered),
        queue: None,
        visit: 1,
        now: BEGIN,
    }
}

/// The first fill of an order that takes one unit of the first instrument for this much, to change
/// where a test needs another.
pub fn fee_query(side: Side, value: &str) -> FeeQuery {
    FeeQuery {
        order: OrderId::new(1),
        instrument: InstrumentId::default(),
        account: 0,
        side,
        maker: false,
        price: price(value),
        quantity: Quantity::ONE,
        value: money(value),
        filled: Quantity::ZERO,
        filled_value: Money::ZERO,
        charged: Money::ZERO,
        accrued: Money::ZERO,
        turnover: Money::ZERO,
        now: BEGIN,
    }
}

/// Something of the first instrument that leaves at 2024-01-01T00:00:00Z.
pub fn latency_query(message: Message) -> LatencyQuery {
    LatencyQuery {
        message,
        instrument: InstrumentId::default(),
        now: BEGIN,
    }
}

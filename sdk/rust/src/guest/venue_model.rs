//! The component's side of the world `venue-model`.

use super::bindings::argonaut::plugin::types;
use super::{Slot, convert, log_panics, running};
use crate::{
    Config, FeeQuery, Fees, FillQuery, InstrumentId, LatencyQuery, Message, ModelConfig, ModelPort,
    Occasion, OrderId, Price, Quantity, Timestamp, VenueModel,
};
use bindings::argonaut::plugin::venue;

/// What `wit-bindgen` makes of the world.
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated code that calls across the boundary"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "venue-model",
        with: {
            "argonaut:plugin/types@1.0.0": crate::guest::bindings::argonaut::plugin::types,
            "argonaut:plugin/log@1.0.0": crate::guest::bindings::argonaut::plugin::log,
        },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_the_venue_model",
    });
}

fn config(config: venue::ModelConfig) -> ModelConfig {
    ModelConfig {
        port: match config.port {
            venue::ModelPort::Fill => ModelPort::Fill,
            venue::ModelPort::Fee => ModelPort::Fee,
            venue::ModelPort::Latency => ModelPort::Latency,
        },
        parameters: Config::new(config.venue.clone(), Vec::new(), config.parameters),
        venue: config.venue,
    }
}

fn occasion(occasion: venue::Occasion) -> Occasion {
    match occasion {
        venue::Occasion::Take => Occasion::Take,
        venue::Occasion::Beyond => Occasion::Beyond,
        venue::Occasion::Touched => Occasion::Touched,
        venue::Occasion::Crossed => Occasion::Crossed,
        venue::Occasion::Traded => Occasion::Traded,
        venue::Occasion::Auction => Occasion::Auction,
    }
}

fn fill_query(query: &venue::FillQuery) -> FillQuery {
    FillQuery {
        order: OrderId::new(query.order),
        instrument: InstrumentId::new(query.instrument),
        side: convert::side(query.side),
        limit: query.limit.map(Price::from_raw),
        remaining: Quantity::from_raw(query.remaining),
        occasion: occasion(query.occasion),
        price: Price::from_raw(query.price),
        offered: Quantity::from_raw(query.offered),
        queue: query.queue.map(Quantity::from_raw),
        visit: query.visit,
        now: Timestamp::from_nanos(query.now),
    }
}

fn fee_query(query: &venue::FeeQuery) -> FeeQuery {
    FeeQuery {
        order: OrderId::new(query.order),
        instrument: InstrumentId::new(query.instrument),
        account: query.account,
        side: convert::side(query.side),
        maker: query.maker,
        price: Price::from_raw(query.price),
        quantity: Quantity::from_raw(query.quantity),
        value: convert::money(query.value),
        filled: Quantity::from_raw(query.filled),
        filled_value: convert::money(query.filled_value),
        charged: convert::money(query.charged),
        accrued: convert::money(query.accrued),
        turnover: convert::money(query.turnover),
        now: Timestamp::from_nanos(query.now),
    }
}

fn fees(fees: &Fees) -> venue::Fees {
    venue::Fees {
        maker: fees.maker.raw(),
        taker: fees.taker.raw(),
        per_contract: convert::money_to(fees.per_contract),
        min_per_order: convert::money_to(fees.min_per_order),
        max_per_order: fees.max_per_order.map(convert::money_to),
        max_share: fees.max_share.map(crate::Rate::raw),
    }
}

fn latency_query(query: venue::LatencyQuery) -> LatencyQuery {
    LatencyQuery {
        message: match query.message {
            venue::Message::Insert => Message::Insert,
            venue::Message::Modify => Message::Modify,
            venue::Message::Cancel => Message::Cancel,
            venue::Message::Data => Message::Data,
        },
        instrument: InstrumentId::new(query.instrument),
        now: Timestamp::from_nanos(query.now),
    }
}

impl<P: Slot<Running: VenueModel>> bindings::Guest for P {
    fn describe() -> types::Description {
        log_panics();
        convert::description(P::Running::describe())
    }

    fn init(given: venue::ModelConfig) -> Result<(), String> {
        log_panics();
        let model = P::Running::made(&config(given))?;
        P::with(|slot| *slot = Some(model));
        Ok(())
    }

    fn delays_data() -> bool {
        running::<P, _>(|model| model.delays_data())
    }

    fn on_instrument(instrument: types::Instrument) -> Result<(), String> {
        let instrument = convert::instrument(instrument);
        running::<P, _>(|model| model.on_instrument(&instrument))
    }

    fn ceiling(instrument: u32) -> Result<venue::Fees, String> {
        let instrument = InstrumentId::new(instrument);
        running::<P, _>(|model| model.ceiling(instrument)).map(|ceiling| fees(&ceiling))
    }

    fn fill(query: venue::FillQuery) -> Result<venue::FillAnswer, String> {
        let answer = running::<P, _>(|model| model.fill(&fill_query(&query)))?;
        Ok(venue::FillAnswer {
            quantity: answer.quantity.raw(),
            price: answer.price.raw(),
        })
    }

    fn charge(query: venue::FeeQuery) -> Result<venue::FeeAnswer, String> {
        let answer = running::<P, _>(|model| model.charge(&fee_query(&query)))?;
        Ok(venue::FeeAnswer {
            fee: convert::money_to(answer.fee),
            accrued: convert::money_to(answer.accrued),
        })
    }

    fn delay(query: venue::LatencyQuery) -> Result<u64, String> {
        let delay = running::<P, _>(|model| model.delay(&latency_query(query)))?;
        Ok(delay.nanos())
    }
}

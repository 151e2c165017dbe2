//! Models of simulated venues: how orders fill, what fills cost, how long commands and data take.
//! Implement [`VenueModel`], name it in [`export_venue_model!`](crate::export_venue_model).

use crate::{
    Config, Description, Duration, Instrument, InstrumentId, Money, OrderId, Price, Quantity, Rate,
    Side, Timestamp,
};

/// What a venue leaves to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelPort {
    /// How orders fill.
    Fill,
    /// What fills cost.
    Fee,
    /// How long commands and data take.
    Latency,
}

/// What a model is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelConfig {
    /// The name of the venue.
    pub venue: String,
    /// The one port that it serves: nothing of the others is asked of it.
    pub port: ModelPort,
    /// The parameters, read by type. There are no instruments in it: see
    /// [`VenueModel::on_instrument`].
    pub parameters: Config,
}

/// What lets an order fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It takes what the touch, a level or a point of a bar's way has.
    Take,
    /// It takes what must be behind the touch: nobody showed it.
    Beyond,
    /// It rests, and the other side shows its very price.
    Touched,
    /// It rests, and the market went through its price.
    Crossed,
    /// It rests, and a trade at its price has passed those before it.
    Traded,
    /// It takes part in an auction.
    Auction,
}

/// An order that may fill now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillQuery {
    /// Which.
    pub order: OrderId,
    /// On what.
    pub instrument: InstrumentId,
    /// Its side.
    pub side: Side,
    /// The worst price at which it may fill; none for market orders.
    pub limit: Option<Price>,
    /// What of it is open.
    pub remaining: Quantity,
    /// What lets it fill.
    pub occasion: Occasion,
    /// Where the market is: the touch or level for takers, the order's own price for what rests.
    pub price: Price,
    /// The most it can get there.
    pub offered: Quantity,
    /// For [`Occasion::Traded`]: others' quantity still before it, where the line is known.
    pub queue: Option<Quantity>,
    /// Grows whenever a best price moves, and is the same while the market stays where it is.
    pub visit: u64,
    /// Time of the venue.
    pub now: Timestamp,
}

/// What fills; nothing is an answer too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillAnswer {
    /// At most what is offered. Fill-or-kill orders take all of that whatever this says.
    pub quantity: Quantity,
    /// Positive, and no worse than the order's limit.
    pub price: Price,
}

impl FillQuery {
    /// All that is offered, where it is offered.
    pub const fn all(&self) -> FillAnswer {
        FillAnswer {
            quantity: self.offered,
            price: self.price,
        }
    }
}

/// What an order costs at most: a rate of its value and an amount for each unit, at least and at most
/// so much in all. Amounts are in the quote currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fees {
    /// Rate of fills of orders that rested on the book.
    pub maker: Rate,
    /// Rate of fills of orders that took liquidity.
    pub taker: Rate,
    /// For each whole unit filled.
    pub per_contract: Money,
    /// What an order costs at least in all.
    pub min_per_order: Money,
    /// What an order costs at most in all.
    pub max_per_order: Option<Money>,
    /// What an order costs at most in all, as a share of its value.
    pub max_share: Option<Rate>,
}

/// A fill to be charged, and its order before it. Amounts are in the quote currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeQuery {
    /// The order.
    pub order: OrderId,
    /// On what.
    pub instrument: InstrumentId,
    /// A handle: the same for all fills of one account.
    pub account: u32,
    /// Its side.
    pub side: Side,
    /// Whether the order rested on the book.
    pub maker: bool,
    /// Price of the fill.
    pub price: Price,
    /// Quantity of the fill.
    pub quantity: Quantity,
    /// Value of the fill.
    pub value: Money,
    /// What the order had filled before.
    pub filled: Quantity,
    /// The value of that.
    pub filled_value: Money,
    /// What the order has been charged so far.
    pub charged: Money,
    /// [`FeeAnswer::accrued`] of the order's last fill; zero at first.
    pub accrued: Money,
    /// What the account traded at the venue within thirty days, in its base currency.
    pub turnover: Money,
    /// Time of the venue.
    pub now: Timestamp,
}

/// What a fill costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeeAnswer {
    /// Negative for a rebate. With what the order was charged before, never above
    /// [`VenueModel::ceiling`].
    pub fee: Money,
    /// What to be told at the order's next fill.
    pub accrued: Money,
}

/// What travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// A new order.
    Insert,
    /// A change of an order.
    Modify,
    /// The withdrawal of an order.
    Cancel,
    /// Market data, to the host.
    Data,
}

/// Something that is about to travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencyQuery {
    /// What.
    pub message: Message,
    /// About what.
    pub instrument: InstrumentId,
    /// When it leaves.
    pub now: Timestamp,
}

/// A model of a simulated venue. It serves the ports that [`PORTS`](Self::PORTS) names, each by an
/// instance of its own, and must be a function of what it was asked so far: it has no clock, no
/// randomness, no files and no network.
///
/// An error, a panic, or an answer beyond what was asked fills nothing and lets nothing leave: the
/// instrument is stopped until an operator lets it go on.
pub trait VenueModel: Sized {
    /// What it can be asked. It is refused elsewhere.
    const PORTS: &'static [ModelPort];

    /// Name, version and parameters.
    fn describe() -> Description;

    /// Makes the model. The text of an error is shown to the operator.
    fn new(config: &ModelConfig) -> Result<Self, String>;

    /// An instrument begins to trade at the venue. An error refuses its definition.
    fn on_instrument(&mut self, instrument: &Instrument) -> Result<(), String> {
        let _ = instrument;
        Ok(())
    }

    /// How much of an order fills, and at what price.
    fn fill(&mut self, query: &FillQuery) -> Result<FillAnswer, String> {
        let _ = query;
        Err("not a model of fills".to_owned())
    }

    /// What no order on an instrument exceeds, for the risk gate to hold back. Asked once for each
    /// instrument.
    fn ceiling(&mut self, instrument: InstrumentId) -> Result<Fees, String> {
        let _ = instrument;
        Err("not a model of fees".to_owned())
    }

    /// What a fill costs.
    fn charge(&mut self, query: &FeeQuery) -> Result<FeeAnswer, String> {
        let _ = query;
        Err("not a model of fees".to_owned())
    }

    /// Whether market data takes any time at all. Asked once, at first.
    fn delays_data(&self) -> bool {
        false
    }

    /// How long something takes.
    fn delay(&mut self, query: &LatencyQuery) -> Result<Duration, String> {
        let _ = query;
        Err("not a model of latencies".to_owned())
    }

    /// Makes the model for a port that it serves.
    #[doc(hidden)]
    fn made(config: &ModelConfig) -> Result<Self, String> {
        if Self::PORTS.contains(&config.port) {
            return Self::new(config);
        }
        let (port, ports) = (config.port, Self::PORTS);
        Err(format!("it serves the ports {ports:?}, not {port:?}"))
    }
}

/// Makes a [`VenueModel`] the one this component exports. Once per crate; does nothing in native
/// builds.
#[macro_export]
macro_rules! export_venue_model {
    ($model:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::plugin_slot!($model);

            $crate::guest::venue_model::bindings::export_the_venue_model!(
                Plugin with_types_in $crate::guest::venue_model::bindings
            );
        };
    };
}

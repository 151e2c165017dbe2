//! A venue as it is defined: its name, what it lacks, and of a simulated one the models by which
//! orders fill and things travel.

use super::ExternalVenue;
use model::{Duration, ModelKind, ModelSpec, OrderKindName, Rate};

/// Points that a table of quantiles may have.
const MOST_QUANTILES: usize = 4_097;

/// A venue: simulated inside the engine, or outside of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VenueConfig {
    /// Unique name.
    pub name: String,
    /// How long commands and data take.
    pub latency: Latency,
    /// How much worse than the touch a taker fills.
    pub slippage: Slippage,
    /// What of the fills is left to chance, if anything is.
    pub chances: Option<FillChances>,
    /// Models that are not built in, in place of those above and of the instruments' fees.
    pub models: VenueModels,
    /// Order types it does not take. The host does the waiting for those that wait for a trigger.
    pub lacks: Vec<OrderKindName>,
    /// `None` where it is simulated; models are of simulated ones alone.
    pub external: Option<ExternalVenue>,
}

/// How long things take: a constant, and parts drawn from a seed. A run that is repeated draws the
/// same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latency {
    /// For new orders.
    pub insert: Duration,
    /// For cancels.
    pub cancel: Duration,
    /// For changes.
    pub modify: Duration,
    /// For market data on its way to the host; the venue matches with it at once.
    pub feed: Duration,
    /// Up to this much more, drawn evenly for each command.
    pub jitter: Duration,
    /// More, drawn from distributions.
    pub drawn: DrawnLatency,
    /// Seed of the draws.
    pub seed: u64,
}

/// Distributions of what is added to the constants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DrawnLatency {
    /// For new orders.
    pub insert: Quantiles,
    /// For cancels.
    pub cancel: Quantiles,
    /// For changes.
    pub modify: Quantiles,
    /// For market data.
    pub feed: Quantiles,
}

/// A distribution by its quantiles, at equal distances from the smallest to the largest value; between
/// two of them it is uniform. Without any nothing is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quantiles(pub Vec<Duration>);

impl Quantiles {
    /// Why nothing can be drawn from it, if nothing can.
    pub fn flaw(&self) -> Option<&'static str> {
        match self.0.as_slice() {
            [] => None,
            [_] => Some("a distribution needs two quantiles, its smallest and its largest value"),
            many if many.len() > MOST_QUANTILES => {
                Some("a distribution has at most 4097 quantiles")
            }
            many if !many.is_sorted() => Some("quantiles must not fall"),
            _ => None,
        }
    }
}

/// How much worse than the touch an order that takes liquidity fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slippage {
    /// Not at all.
    #[default]
    None,
    /// A number of ticks.
    Ticks(u32),
    /// A share of the price, rounded up to the tick.
    Share(Rate),
}

/// What a simulated venue does where an order comes upon another one of its account. The two never trade
/// with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SelfMatch {
    /// They pass each other.
    #[default]
    None,
    /// The one that comes is cancelled.
    CancelNewest,
    /// The one that was there is cancelled.
    CancelOldest,
    /// Both are cancelled.
    CancelBoth,
    /// Both are for less by what the smaller has left, and that one is cancelled; both where they are
    /// equal.
    DecrementAndCancel,
}

impl SelfMatch {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::CancelNewest => "CANCEL_NEWEST",
            Self::CancelOldest => "CANCEL_OLDEST",
            Self::CancelBoth => "CANCEL_BOTH",
            Self::DecrementAndCancel => "DECREMENT_AND_CANCEL",
        }
    }
}

/// Chances of fills that data alone does not decide. Each is from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillChances {
    /// That a resting order fills which the market touches and does not cross. Drawn once for each
    /// time the market comes to its price.
    pub touch: Rate,
    /// That an order which takes liquidity fills one tick worse, yet no worse than its limit.
    pub slip: Rate,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for FillChances {
    /// As without chances: every touch fills, nothing slips.
    fn default() -> Self {
        Self {
            touch: Rate::from_raw(Rate::SCALE),
            slip: Rate::ZERO,
            seed: 0,
        }
    }
}

impl FillChances {
    /// Why they are no chances, if they are none.
    pub fn flaw(&self) -> Option<&'static str> {
        let is_chance = |rate: Rate| (0..=Rate::SCALE).contains(&rate.raw());
        let fine = is_chance(self.touch) && is_chance(self.slip);
        (!fine).then_some("a chance is from 0 to 1")
    }
}

/// Models that are not built in. They must be staged before the definition that names them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VenueModels {
    /// How orders fill.
    pub fill: Option<ModelSpec>,
    /// What fills cost.
    pub fee: Option<ModelSpec>,
    /// How long commands and data take.
    pub latency: Option<ModelSpec>,
}

impl VenueModels {
    /// What is named for a port.
    pub fn get(&self, kind: ModelKind) -> Option<&ModelSpec> {
        match kind {
            ModelKind::Fill => self.fill.as_ref(),
            ModelKind::Fee => self.fee.as_ref(),
            ModelKind::Latency => self.latency.as_ref(),
        }
    }

    /// All that are named.
    pub fn named(&self) -> impl Iterator<Item = (ModelKind, &ModelSpec)> {
        ModelKind::ALL
            .into_iter()
            .filter_map(|kind| self.get(kind).map(|spec| (kind, spec)))
    }
}

impl VenueConfig {
    /// Why it cannot be defined, if it cannot.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        let DrawnLatency {
            insert,
            cancel,
            modify,
            feed,
        } = &self.latency.drawn;
        let tables = [insert, cancel, modify, feed].into_iter();
        let chances = self.chances.as_ref();
        tables
            .filter_map(Quantiles::flaw)
            .next()
            .or_else(|| chances.and_then(FillChances::flaw))
    }
}

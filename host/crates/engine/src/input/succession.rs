//! How one version of a strategy follows another.

use model::{Duration, InstrumentId, Money};

/// What a new version begins with. Positions, open orders and kept values it is told of either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HandOver {
    /// The state that the running version saves.
    #[default]
    Carry,
    /// No state, as when a strategy starts for the first time.
    Fresh,
}

/// How a version takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SwapTerms {
    /// What it begins with.
    pub hand_over: HandOver,
    /// How it is watched afterwards; without, its predecessor is gone with the switch.
    pub probation: Option<Probation>,
}

/// How long a version is watched with its predecessor at hand, and what sends it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probation {
    /// Engine time, from the switch on.
    pub lasts: Duration,
    /// Faults that are borne; one more sends it back.
    pub max_faults: u32,
    /// What the strategy may lose since the switch, open positions and fees included, in its account's
    /// base currency.
    pub max_loss: Option<Money>,
    /// Orders, and changes of orders, that the gate may refuse since the switch.
    pub max_denials: Option<u64>,
    /// How far it may fall below the most that it had brought since the switch, reckoned as losses are.
    pub max_drawdown: Option<Money>,
    /// How many of a hundred orders and changes the gate may refuse since the switch, once it judged
    /// [`Probation::LEAST_JUDGED`] of them.
    pub max_denied_percent: Option<u8>,
}

impl Probation {
    /// Orders and changes of which a share says something.
    pub const LEAST_JUDGED: u64 = 20;
}

/// How a version takes over some instruments of its strategy, and leaves all others to the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryTerms {
    /// What it begins with.
    pub hand_over: HandOver,
    /// How it is watched. Losses and refusals count on its own instruments; faults are never borne.
    pub probation: Probation,
    /// The instruments that are its own: at least one.
    pub instruments: Vec<InstrumentId>,
    /// What happens when its time is over and nobody has decided.
    pub when_over: WhenOver,
}

/// What becomes of a canary whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenOver {
    /// The version before takes its instruments back.
    #[default]
    RollBack,
    /// It takes over all others too, and the version before is gone.
    Promote,
}

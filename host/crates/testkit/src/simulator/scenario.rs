//! One simulated day: a seed, its turns, and what of it takes part.

use super::faults::Faults;

/// How long a trading day is, in nanoseconds: 6.5 hours.
const DAY_NS: u64 = 23_400_000_000_000;
/// When a day begins, in nanoseconds since the epoch: 14:30 UTC on 5 January 2026.
pub(super) const OPEN_NS: u64 = 1_767_623_400_000_000_000;
/// Market events of a day of full size.
const FULL_TURNS: u64 = 200_000;
/// Market events of a short day, of the same pace.
const SHORT_TURNS: u64 = 400;
/// How often strategies act in a day of full size: often enough for thirty thousand fills.
const FULL_PACE: (u64, u64) = (8, 5);
/// Turns in a minute.
const BURST_TURNS: u64 = 60_000_000_000 / (DAY_NS / FULL_TURNS);

/// What happens in one run. Equal scenarios run equally, in every build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Everything is drawn from it.
    pub seed: u64,
    /// The turns that happen, by number, ascending.
    pub turns: Vec<u64>,
    /// The instruments that have market data, by number.
    pub instruments: Vec<u32>,
    /// The strategies that run, by number.
    pub strategies: Vec<u32>,
    /// Whether the venue is outside the engine, or the engine's own simulated exchange.
    pub outside: bool,
    /// What may go wrong.
    pub faults: Faults,
    /// Turns between crashes, on average.
    pub turns_per_crash: u64,
    /// Turns between bursts of data, on average.
    pub turns_per_burst: u64,
    /// Turns for which a burst lasts.
    pub burst_turns: u64,
    /// Turns between jumps of the clock by an hour, on average.
    pub turns_per_hour_jump: u64,
    /// Nanoseconds between turns, on average.
    pub turn_ns: u64,
    /// How often strategies act, beside how often they usually do: so many times of so many.
    pub pace: (u64, u64),
    /// A fault of the fake venue's own books: from this execution on it counts one in its truth
    /// that it never reports. For tests of the simulator itself.
    pub venue_lies_from: Option<u64>,
}

impl Scenario {
    /// How many instruments there are.
    pub const INSTRUMENTS: u32 = 50;
    /// How many strategies there are.
    pub const STRATEGIES: u32 = 5;

    /// A day of full size: 6.5 hours, 200,000 market events, some 30,000 fills, a crash every 1,000 turns.
    pub fn full(seed: u64) -> Self {
        let mut day = Self::day(seed, FULL_TURNS, 1_000);
        (day.turns_per_burst, day.burst_turns) = (FULL_TURNS, BURST_TURNS);
        // A clock that went back an hour stands still for one: more often, and nothing would happen.
        day.turns_per_hour_jump = FULL_TURNS;
        day.pace = FULL_PACE;
        day
    }

    /// The first minute of such a day, with a crash every 100 turns. Three days of four have their
    /// venue outside the engine.
    pub fn short(seed: u64) -> Self {
        Self::day(seed, SHORT_TURNS, 100)
    }

    fn day(seed: u64, turns: u64, turns_per_crash: u64) -> Self {
        Self {
            seed,
            turns: (0..turns).collect(),
            instruments: (0..Self::INSTRUMENTS).collect(),
            strategies: (0..Self::STRATEGIES).collect(),
            outside: !seed.is_multiple_of(4),
            faults: Faults::all(),
            turns_per_crash,
            turns_per_burst: SHORT_TURNS,
            burst_turns: 1,
            turns_per_hour_jump: SHORT_TURNS * 4,
            turn_ns: DAY_NS / FULL_TURNS,
            pace: (1, 1),
            venue_lies_from: None,
        }
    }

    /// The scenario with other faults.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }
}

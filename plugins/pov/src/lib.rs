//! Does an order as a share of what others trade (percentage of volume, participation).
//!
//! * From the start on it counts the trades of others. As it falls behind its share by `min_slice`,
//!   it sends what it is behind, at most `max_slice` at a time.
//! * Parts take liquidity: market orders, or where the parent has a limit, what fills at once within
//!   it. What does not leaves it behind, and goes with the next trade.
//! * It has no end of its own: it works until the parent is filled, cancelled, or out of time.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    AlgorithmConfig, AlgorithmSnapshot, ChildOrder, Description, ExecutionAlgorithm, Feeds,
    Instrument, Parameter, Quantity, SavedState, Trade, Work,
};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;
/// Units of a percentage (1e-9 of a percent) in the whole.
const WHOLE: u128 = 100 * 1_000_000_000;

/// A share of the volume.
#[derive(Debug)]
pub struct Pov {
    /// In units of 1e-9 percent.
    rate: u128,
    min_slice: Quantity,
    max_slice: Quantity,
    instrument: Instrument,
    memory: Memory,
}

/// What outlives the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct Memory {
    /// What others traded since the start.
    volume: u128,
}

impl Pov {
    /// How much should be filled by now.
    fn target(&self) -> Quantity {
        let share = self.memory.volume.saturating_mul(self.rate) / WHOLE;
        Quantity::from_raw(u64::try_from(share).unwrap_or(u64::MAX))
    }

    fn catch_up(&self, work: &mut Work<'_>) {
        let parent = *work.parent();
        let unsent = work.unsent();
        let done = parent.quantity.saturating_sub(unsent);
        let behind = self.target().saturating_sub(done).min(unsent);
        let last = behind == unsent;
        let part = behind.min(self.max_slice);
        // Less than a slice waits, unless nothing would ever make it more.
        let enough = part >= self.min_slice || last;
        let quantity = match last && part == unsent {
            true => part,
            false => part.floor(self.instrument.lot),
        };
        if enough && quantity >= self.instrument.min_quantity && !quantity.is_zero() {
            work.submit(&ChildOrder::taking(quantity, &parent));
        }
    }
}

impl ExecutionAlgorithm for Pov {
    fn describe() -> Description {
        let documentation = "Does an order as a share of what others trade.";
        Description::new("pov", env!("CARGO_PKG_VERSION"), documentation)
            .with(
                Parameter::decimal("rate", "Percent of the volume of others that is traded.")
                    .default(10)
                    .range("0.01", 100),
            )
            .with(
                Parameter::decimal(
                    "min_slice",
                    "Smallest part; 0 means the smallest order of the instrument.",
                )
                .default(0)
                .range(0, 1_000_000_000),
            )
            .with(
                Parameter::decimal("max_slice", "Largest part; 0 means no limit.")
                    .default(0)
                    .range(0, 1_000_000_000),
            )
    }

    fn new(config: &AlgorithmConfig, feeds: &mut Feeds<'_>) -> Result<Self, String> {
        feeds.trades();
        let parameters = &config.parameters;
        let or = |given: Quantity, instead: Quantity| match given.is_zero() {
            true => instead,
            false => given,
        };
        let smallest = config.instrument.min_quantity;
        let min_slice = or(parameters.quantity("min_slice")?, smallest);
        let max_slice = or(
            parameters.quantity("max_slice")?,
            Quantity::from_raw(u64::MAX),
        );
        if max_slice < min_slice.max(smallest) {
            return Err("`max_slice` is below `min_slice` or the smallest order".to_owned());
        }
        let rate = u128::try_from(parameters.price("rate")?.raw());
        Ok(Self {
            rate: rate.map_err(|error| error.to_string())?,
            min_slice,
            max_slice,
            instrument: config.instrument.clone(),
            memory: Memory::default(),
        })
    }

    fn on_start(&mut self, _snapshot: &AlgorithmSnapshot, work: &mut Work<'_>) {
        self.catch_up(work);
    }

    fn on_trade(&mut self, trade: &Trade, work: &mut Work<'_>) {
        self.memory.volume = self
            .memory
            .volume
            .saturating_add(u128::from(trade.size.raw()));
        self.catch_up(work);
    }

    fn on_amended(&mut self, work: &mut Work<'_>) {
        self.catch_up(work);
    }

    fn save(&self) -> SavedState {
        SavedState::encode(STATE_VERSION, &self.memory)
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        self.memory = state.expect_version(STATE_VERSION)?.decode()?;
        Ok(())
    }
}

argonaut_sdk::export_algorithm!(Pov);

#[cfg(test)]
mod tests;

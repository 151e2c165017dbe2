//! Does an order in equal parts over a stretch of time (time-weighted average price).
//!
//! * Time is cut into `slices` of equal length. As each begins, as much is sent as is due by then and
//!   not filled yet, so that a part the host or the venue refused is made up for by the next one.
//! * Parts take liquidity: market orders, or where the parent has a limit, what fills at once within
//!   it. What does not is tried again with the next part.
//! * When the time is over, what is left is sent once more (`clean_up`) or given back, and the work
//!   is done.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    AlgorithmConfig, AlgorithmSnapshot, ChildOrder, Description, Duration, ExecutionAlgorithm,
    Feeds, Instrument, OrderEvent, Parameter, Quantity, SavedState, Schedule, Timestamp, Work,
};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;
/// The one timer: the next slice, or the end.
const SLICE_TIMER: u64 = 1;

/// Equal parts over time.
#[derive(Debug)]
pub struct Twap {
    schedule: Schedule,
    instrument: Instrument,
    clean_up: bool,
    memory: Memory,
}

/// What outlives the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct Memory {
    started: Option<Timestamp>,
    over: bool,
    cleaned_up: bool,
}

impl Twap {
    fn elapsed(&self, now: Timestamp) -> Duration {
        self.memory
            .started
            .map_or(Duration::default(), |started| now - started)
    }

    /// Sends what is due, and sets the timer for when more will be.
    fn proceed(&mut self, work: &mut Work<'_>) {
        let elapsed = self.elapsed(work.now());
        if self.memory.over || self.schedule.is_over(elapsed) {
            return self.finish(work);
        }
        let begun = self.schedule.begun(elapsed);
        let due = self.due(begun, work);
        self.send(due, work);
        if let Some(started) = self.memory.started {
            work.set_timer(SLICE_TIMER, started + self.schedule.next(begun));
        }
    }

    /// What should be filled by now and is neither that nor on its way.
    fn due(&self, begun: usize, work: &Work<'_>) -> Quantity {
        let parent = work.parent();
        let due = self
            .schedule
            .due(begun, parent.quantity, self.instrument.lot);
        due.saturating_sub(parent.filled)
            .saturating_sub(work.working())
    }

    /// Less than the smallest order of the instrument waits for more.
    fn send(&self, quantity: Quantity, work: &mut Work<'_>) {
        if quantity >= self.instrument.min_quantity && !quantity.is_zero() {
            let child = ChildOrder::taking(quantity, work.parent());
            work.submit(&child);
        }
    }

    /// The time is over. What was sent and has no answer yet is waited for.
    fn finish(&mut self, work: &mut Work<'_>) {
        self.memory.over = true;
        if !work.children().is_empty() {
            return;
        }
        if self.clean_up && !self.memory.cleaned_up {
            self.memory.cleaned_up = true;
            self.send(work.unsent(), work);
        }
        work.done();
    }
}

impl ExecutionAlgorithm for Twap {
    fn describe() -> Description {
        let documentation = "Does an order in equal parts over a stretch of time.";
        Description::new("twap", env!("CARGO_PKG_VERSION"), documentation)
            .with(
                Parameter::integer("duration_seconds", "How long the whole order may take.")
                    .default(600)
                    .range(1, 86_400),
            )
            .with(
                Parameter::integer("slices", "Into how many parts it is cut.")
                    .default(10)
                    .range(1, 1_000),
            )
            .with(
                Parameter::boolean(
                    "clean_up",
                    "Whether what is left at the end is sent at once; otherwise it is given back.",
                )
                .default(true),
            )
    }

    fn new(config: &AlgorithmConfig, _feeds: &mut Feeds<'_>) -> Result<Self, String> {
        let parameters = &config.parameters;
        let duration = Duration::from_secs(parameters.count("duration_seconds")?);
        let slices =
            u32::try_from(parameters.count("slices")?).map_err(|error| error.to_string())?;
        Ok(Self {
            schedule: Schedule::even(slices, duration)?,
            instrument: config.instrument.clone(),
            clean_up: parameters.boolean("clean_up")?,
            memory: Memory::default(),
        })
    }

    fn on_start(&mut self, snapshot: &AlgorithmSnapshot, work: &mut Work<'_>) {
        self.memory.started.get_or_insert(snapshot.now);
        self.proceed(work);
    }

    fn on_timer(&mut self, _id: u64, _due: Timestamp, work: &mut Work<'_>) {
        self.proceed(work);
    }

    fn on_child_event(&mut self, event: &OrderEvent, work: &mut Work<'_>) {
        if self.memory.over && event.status.is_closed() {
            self.finish(work);
        }
    }

    fn save(&self) -> SavedState {
        SavedState::encode(STATE_VERSION, &self.memory)
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        self.memory = state.expect_version(STATE_VERSION)?.decode()?;
        Ok(())
    }
}

argonaut_sdk::export_algorithm!(Twap);

#[cfg(test)]
mod tests;

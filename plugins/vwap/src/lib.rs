//! Does an order along a profile of the volume of the day (volume-weighted average price).
//!
//! * `profile` says how much is usually traded in each slice of the time; the order is cut alike.
//! * A slice's part rests at the best price of its own side, so that it earns the spread where it
//!   can. When the next slice begins, it is withdrawn, and what of it did not fill takes liquidity:
//!   to keep the pace comes before the price.
//! * When the time is over, what is left is sent at once, and the work is done.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    AlgorithmConfig, AlgorithmSnapshot, ChildOrder, Description, Duration, ExecutionAlgorithm,
    Feeds, Instrument, OrderEvent, Parameter, Quote, SavedState, Schedule, Side, Timestamp, Work,
};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;
/// The one timer: the next slice, or the end.
const SLICE_TIMER: u64 = 1;
/// Most slices of a profile.
const MAX_SLICES: usize = 1_000;

/// Parts along a profile.
#[derive(Debug)]
pub struct Vwap {
    schedule: Schedule,
    instrument: Instrument,
    quote: Option<Quote>,
    memory: Memory,
}

/// What outlives the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct Memory {
    started: Option<Timestamp>,
    /// Slices that have begun.
    begun: usize,
    /// Parts of earlier slices are being withdrawn; what follows them waits for that.
    withdrawing: bool,
    over: bool,
}

impl Vwap {
    /// Begins the slices that are due, and withdraws what rests for earlier ones.
    fn proceed(&mut self, work: &mut Work<'_>) {
        let Some(started) = self.memory.started else {
            return;
        };
        let elapsed = work.now() - started;
        self.memory.begun = self.schedule.begun(elapsed);
        self.memory.over = self.schedule.is_over(elapsed);
        if !self.memory.over {
            work.set_timer(SLICE_TIMER, started + self.schedule.next(self.memory.begun));
        }
        work.cancel_all();
        self.memory.withdrawing = true;
        self.place(work);
    }

    /// Sends the parts of a slice, once nothing of earlier ones is open: what is overdue takes, what
    /// belongs to the slice rests.
    fn place(&mut self, work: &mut Work<'_>) {
        if !work.children().is_empty() {
            return;
        }
        self.memory.withdrawing = false;
        let parent = *work.parent();
        let due = |slices| {
            self.schedule
                .due(slices, parent.quantity, self.instrument.lot)
        };
        let (earlier, now) = match self.memory.over {
            true => (parent.quantity, parent.quantity),
            false => (
                due(self.memory.begun.saturating_sub(1)),
                due(self.memory.begun),
            ),
        };
        let overdue = earlier.saturating_sub(parent.filled);
        let fresh = now.saturating_sub(parent.filled.max(earlier));
        self.send(ChildOrder::taking(overdue, &parent), work);
        let touch = self.quote.map(|quote| match parent.side {
            Side::Buy => quote.bid,
            Side::Sell => quote.ask,
        });
        let part = match touch {
            Some(touch) => ChildOrder::limit(fresh, parent.within_limit(touch)),
            None => ChildOrder::taking(fresh, &parent),
        };
        self.send(part, work);
        if self.memory.over {
            work.done();
        }
    }

    /// Less than the smallest order of the instrument waits for more.
    fn send(&self, child: ChildOrder, work: &mut Work<'_>) {
        if child.quantity >= self.instrument.min_quantity && !child.quantity.is_zero() {
            work.submit(&child);
        }
    }
}

fn profile(text: &str) -> Result<Vec<u32>, String> {
    let weights = text.split(',').map(|weight| {
        let weight = weight.trim();
        let read = weight.parse::<u32>();
        read.map_err(|error| format!("parameter `profile`: `{weight}`: {error}"))
    });
    let weights: Vec<u32> = weights.collect::<Result<_, _>>()?;
    if weights.len() > MAX_SLICES {
        return Err(format!(
            "parameter `profile`: more than {MAX_SLICES} slices"
        ));
    }
    Ok(weights)
}

impl ExecutionAlgorithm for Vwap {
    fn describe() -> Description {
        let documentation = "Does an order along a profile of the volume of the day.";
        Description::new("vwap", env!("CARGO_PKG_VERSION"), documentation)
            .with(
                Parameter::integer("duration_seconds", "How long the whole order may take.")
                    .default(3_600)
                    .range(1, 86_400),
            )
            .with(
                Parameter::text(
                    "profile",
                    "How much is usually traded in each slice of that time: whole numbers, \
                     separated by commas. They count relative to each other.",
                )
                .default("5,3,2,2,2,3,5,8"),
            )
    }

    fn new(config: &AlgorithmConfig, feeds: &mut Feeds<'_>) -> Result<Self, String> {
        feeds.quotes();
        let parameters = &config.parameters;
        let duration = Duration::from_secs(parameters.count("duration_seconds")?);
        let weights = profile(parameters.text("profile")?)?;
        Ok(Self {
            schedule: Schedule::new(&weights, duration)?,
            instrument: config.instrument.clone(),
            quote: None,
            memory: Memory::default(),
        })
    }

    fn on_start(&mut self, snapshot: &AlgorithmSnapshot, work: &mut Work<'_>) {
        self.quote = snapshot.quote;
        self.memory.started.get_or_insert(snapshot.now);
        self.proceed(work);
    }

    fn on_quote(&mut self, quote: &Quote, _work: &mut Work<'_>) {
        self.quote = Some(*quote);
    }

    fn on_timer(&mut self, _id: u64, _due: Timestamp, work: &mut Work<'_>) {
        self.proceed(work);
    }

    /// The last part of an earlier slice makes room for the next. One that was refused waits for its
    /// slice to be over, so that it is not tried again and again.
    fn on_child_event(&mut self, event: &OrderEvent, work: &mut Work<'_>) {
        if self.memory.withdrawing && event.status.is_closed() {
            self.place(work);
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

argonaut_sdk::export_algorithm!(Vwap);

#[cfg(test)]
mod tests;

//! What the projection keeps for risk metrics: the latest marks, their samples, how far each scope
//! is below its best, and when the next reckoning is due.

use super::MetricSettings;
use super::sampler::Moved;
use super::samples::Samples;
use super::snapshot::{Snapshot, World};
use super::view::MetricsView;
use super::worker::Desk;
use engine::LimitScope;
use model::{InstrumentId, Price, Quantity, Timestamp};
use quant::convert;
use quant::portfolio::Decline;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The state.
#[derive(Debug)]
pub(crate) struct Tracker {
    settings: Arc<MetricSettings>,
    desk: Arc<Desk>,
    /// By instrument; NaN before the first.
    marks: Vec<f64>,
    samples: Samples,
    declines: BTreeMap<LimitScope, Decline>,
    volumes: BTreeMap<InstrumentId, f64>,
    due: Timestamp,
    /// The latest that were reckoned.
    pub(crate) latest: Option<Arc<MetricsView>>,
}

impl Tracker {
    pub(crate) fn new(settings: Arc<MetricSettings>, desk: Arc<Desk>) -> Self {
        Self {
            samples: Samples::new(settings.sample_period, settings.history),
            settings,
            desk,
            marks: Vec::new(),
            declines: BTreeMap::new(),
            volumes: BTreeMap::new(),
            due: Timestamp::ZERO,
            latest: None,
        }
    }

    pub(crate) fn set_volume(&mut self, instrument: InstrumentId, volume: Quantity) {
        self.volumes.insert(instrument, convert::quantity(volume));
    }

    /// Takes in a tick of engine time; hands a snapshot over when a reckoning is due.
    pub(crate) fn tick(&mut self, time: Timestamp, moved: &Moved, world: &World<'_>) {
        for (instrument, mark) in moved {
            self.set_mark(*instrument, *mark);
        }
        self.samples.tick(time, !moved.is_empty(), &self.marks);
        let mut snapshot = Snapshot::new(time, world, &self.marks);
        self.follow(&snapshot);
        if time < self.due {
            return;
        }
        let period = self.settings.period.nanos().max(1);
        let begun = Timestamp::from_nanos(time.nanos() / period * period);
        self.due = begun.after(self.settings.period);
        self.complete(&mut snapshot, world);
        self.desk.put(snapshot);
    }

    fn set_mark(&mut self, instrument: InstrumentId, mark: Price) {
        let index = instrument.index();
        if self.marks.len() <= index {
            self.marks.resize(index + 1, f64::NAN);
        }
        self.marks[index] = convert::price(mark);
    }

    /// Follows how far each scope is below its best. What cannot be valued now is passed over.
    fn follow(&mut self, snapshot: &Snapshot) {
        let accounts = snapshot.accounts.iter();
        let accounts = accounts.map(|purse| LimitScope::Account(purse.id));
        for scope in accounts.chain([LimitScope::Firm]) {
            if let Ok(equity) = snapshot.equity(scope) {
                self.declines.entry(scope).or_default().take(equity);
            }
        }
        for (strategy, profit) in &snapshot.profits {
            if let Ok(profit) = profit {
                let decline = self.declines.entry(LimitScope::Strategy(*strategy));
                decline.or_insert_with(from_nothing).take(*profit);
            }
        }
    }

    /// Adds returns, volumes, declines and the benchmark.
    fn complete(&self, snapshot: &mut Snapshot, world: &World<'_>) {
        let benchmark = self.settings.benchmark.as_deref();
        let mut views = world.instruments.iter();
        let benchmark = benchmark.and_then(|name| views.find(|v| v.instrument.symbol == name));
        snapshot.benchmark = benchmark.map(|view| snapshot.add(view, &self.marks));
        for part in &mut snapshot.parts {
            part.returns = self.samples.returns(part.id);
            part.daily_volume = self.volumes.get(&part.id).copied();
        }
        snapshot.times = self.samples.times();
        snapshot.currencies = world.currencies.to_vec();
        snapshot.declines = self.declines.clone();
    }

    /// Everything as it is now, at the latest prices that readers see.
    pub(crate) fn now(&self, time: Timestamp, world: &World<'_>) -> Snapshot {
        let mut marks = self.marks.clone();
        marks.resize(marks.len().max(world.instruments.len()), f64::NAN);
        for (view, mark) in world.instruments.iter().zip(&mut marks) {
            let middle = view.quote.map(|quote| quote.bid.midpoint(quote.ask));
            if let Some(price) = middle.or(view.last) {
                *mark = convert::price(price);
            }
        }
        let mut snapshot = Snapshot::new(time, world, &marks);
        self.complete(&mut snapshot, world);
        snapshot.skipped = self.desk.skipped();
        snapshot
    }

    /// Returns of these instruments, and the ends of their periods.
    pub(crate) fn returns(&self, instruments: &[InstrumentId]) -> Vec<Vec<f64>> {
        let returns = instruments.iter().map(|id| self.samples.returns(*id));
        returns.collect()
    }
}

/// A strategy begins with a profit of nothing.
fn from_nothing() -> Decline {
    let mut decline = Decline::default();
    decline.take(0.0);
    decline
}

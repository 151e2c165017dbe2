//! The thread of a shadow: steps its engine with what it is fed and compares. It ends with the version
//! that runs, when it falls too far behind, or when its own version breaks; then it asks the engine's
//! thread to note that.

use super::comparison::{Comparison, Whose};
use super::feed::{Fed, Next, Source};
use super::meter::Meter;
use super::report::{ShadowReport, ShadowState, ShadowView, SideReport, Wanted};
use crate::inbox::Inbox;
use crate::sync::lock;
use crate::trader::StepRequest;
use engine::replay::{Instances, stage};
use engine::{Command, Effect, Engine, HandOver, Input, Profit, Sequenced};
use model::{InstrumentId, PositionState, StrategyId, Timestamp};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long the thread waits for something to do before it looks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a strategy holds, by instrument.
pub(crate) type Positions = BTreeMap<InstrumentId, PositionState>;

/// A shadow as everybody but its thread sees it.
pub(crate) struct Watched {
    view: ShadowView,
    /// Of the version that runs, and of the shadow.
    meters: [Arc<Meter>; 2],
    progress: Mutex<Progress>,
}

/// How far it has come.
struct Progress {
    comparison: Comparison,
    state: ShadowState,
    time: Timestamp,
    inputs: u64,
    waiting: usize,
    running: Held,
    shadow: Held,
}

/// What one version holds, and what that brought.
#[derive(Debug, Clone, Default)]
struct Held {
    positions: Positions,
    profit: Option<Profit>,
}

impl Watched {
    pub(crate) fn new(
        view: ShadowView,
        comparison: Comparison,
        meters: [Arc<Meter>; 2],
    ) -> Arc<Self> {
        meters.iter().for_each(|meter| meter.begin());
        let progress = Progress {
            comparison,
            state: ShadowState::Trading,
            time: view.since,
            inputs: 0,
            waiting: 0,
            running: Held::default(),
            shadow: Held::default(),
        };
        Arc::new(Self {
            view,
            meters,
            progress: Mutex::new(progress),
        })
    }

    /// Whether it trades.
    pub(crate) fn is_trading(&self) -> bool {
        lock(&self.progress).state == ShadowState::Trading
    }

    /// What it began with.
    pub(crate) fn hand_over(&self) -> HandOver {
        self.view.hand_over
    }

    /// All of it, with a verdict that calls instruments by name.
    pub(crate) fn report(&self, symbol: impl Fn(InstrumentId) -> String) -> ShadowReport {
        let progress = lock(&self.progress);
        let comparison = &progress.comparison;
        let side = |whose, held: &Held, meter: &Meter| {
            let counts = comparison.counts(whose);
            let positions = held.positions.iter();
            let open = positions.filter(|(_, state)| !state.quantity.is_zero());
            SideReport {
                orders: counts.orders,
                denied: counts.denied,
                cancels: counts.cancels,
                changes: counts.changes,
                fills: counts.fills,
                faults: counts.faults,
                handling: meter.handling(),
                profit: held.profit,
                positions: open.map(|(id, state)| (*id, state.quantity)).collect(),
            }
        };
        let mut report = ShadowReport {
            view: self.view.clone(),
            state: progress.state.clone(),
            time: progress.time,
            inputs: progress.inputs,
            waiting: progress.waiting,
            tolerance: comparison.tolerance(),
            matched: comparison.matched,
            open: comparison.open() as u64,
            only_running: comparison.only_running,
            only_shadow: comparison.only_shadow,
            other_terms: comparison.other_terms,
            first: comparison.first.clone(),
            latest: comparison.latest.iter().copied().collect(),
            running: side(Whose::Running, &progress.running, &self.meters[0]),
            shadow: side(Whose::Shadow, &progress.shadow, &self.meters[1]),
            verdict: String::new(),
        };
        report.verdict = verdict(&report, symbol);
        report
    }

    /// It is over, and nothing is measured any more.
    pub(crate) fn end(&self, reason: String) {
        let mut progress = lock(&self.progress);
        progress.comparison.finish();
        progress.state = ShadowState::Ended(reason);
        self.meters.iter().for_each(|meter| meter.end());
    }
}

/// What a person wants to know first.
fn verdict(report: &ShadowReport, symbol: impl Fn(InstrumentId) -> String) -> String {
    let orders = |count: u64| match count {
        1 => "1 order".to_owned(),
        count => format!("{count} orders"),
    };
    let agreement = match report.first.first() {
        None if report.matched == 0 => "no orders so far".to_owned(),
        None => format!("same decisions so far: {}", orders(report.matched)),
        Some(first) => {
            let differences = match report.differences() {
                1 => "1 difference".to_owned(),
                count => format!("{count} differences"),
            };
            let wanted = |wanted: Option<Wanted>| {
                wanted.map_or_else(|| "nothing".to_owned(), |it| words(&it, &symbol))
            };
            format!(
                "{differences} beside {} in common, first at {}: the running version wanted {}, the \
                 shadow {}",
                orders(report.matched),
                first.time(),
                wanted(first.running),
                wanted(first.shadow)
            )
        }
    };
    match &report.state {
        ShadowState::Trading => agreement,
        ShadowState::Ended(reason) => format!("ended ({reason}): {agreement}"),
    }
}

fn words(wanted: &Wanted, symbol: impl Fn(InstrumentId) -> String) -> String {
    let order = &wanted.order;
    let side = match order.side {
        model::Side::Buy => "to buy",
        model::Side::Sell => "to sell",
    };
    let mut words = format!("{side} {} {}", order.quantity, symbol(order.instrument));
    if let Some(price) = order.kind.price() {
        words.push_str(&format!(" at {price}"));
    }
    words
}

/// The thread's own.
pub(crate) struct Runner {
    pub(crate) strategy: StrategyId,
    pub(crate) engine: Engine,
    pub(crate) instances: Box<dyn Instances + Send>,
    pub(crate) source: Source,
    pub(crate) watched: Arc<Watched>,
    pub(crate) inbox: Arc<Inbox>,
    /// What the version that runs holds.
    pub(crate) running: Positions,
    /// What the positions had brought when the shadow began, where that was known.
    pub(crate) brought_before: Option<Profit>,
}

impl Runner {
    /// A runner of an engine in shadow; `effects` are those of its beginning.
    pub(crate) fn begin(mut self, effects: &[Effect]) -> Self {
        let before = self.running.clone();
        let profit = self.engine.profit_of(self.strategy, before);
        self.brought_before = profit.ok();
        self.take_own(effects);
        self.show();
        self
    }

    /// Works until it is over.
    pub(crate) fn run(mut self) {
        // Whatever happens here, readers and the engine's thread hear that it is over.
        let worked = catch_unwind(AssertUnwindSafe(|| self.work()));
        let (reason, told) = worked.unwrap_or_else(|_| ("its thread panicked".to_owned(), false));
        self.watched.end(reason.clone());
        if !told {
            let strategy = self.strategy;
            let end = Command::ShadowEnd { strategy, reason };
            // A host that ends ends its shadows too.
            let _ended = self.inbox.send_command(StepRequest::command(end).0);
        }
    }

    /// Why it is over, and whether the engine's thread knows.
    fn work(&mut self) -> (String, bool) {
        let over = loop {
            match self.source.next(PATIENCE) {
                Next::Batch(batch) => match self.work_off(batch) {
                    Ok(None) => self.show(),
                    Ok(Some(reason)) => break (reason, true),
                    Err(reason) => break (reason, false),
                },
                Next::Nothing => self.show(),
                Next::Gone => break ("the host ended".to_owned(), true),
                Next::Overflowed(reason) => break (reason, false),
            }
        };
        self.show();
        over
    }

    /// The reason if the shadow is over, or why it cannot go on.
    fn work_off(&mut self, batch: Vec<Fed>) -> Result<Option<String>, String> {
        for fed in batch {
            match fed {
                Fed::Input(input) => self.step(input)?,
                Fed::Running(effect) => {
                    if let Effect::Position(update) = &*effect {
                        self.running.insert(update.instrument, update.state);
                    }
                    let mut progress = lock(&self.watched.progress);
                    progress.comparison.take(Whose::Running, &effect);
                }
                Fed::Over(reason) => return Ok(Some(reason)),
            }
        }
        Ok(None)
    }

    fn step(&mut self, input: Sequenced<Input>) -> Result<(), String> {
        if matches!(input.input, Input::Define(_)) {
            let staged = stage(&mut self.engine, &input, &mut *self.instances);
            staged.map_err(|error| error.to_string())?;
        }
        let effects = self.engine.step(input).map_err(|error| error.to_string())?;
        let mut progress = lock(&self.watched.progress);
        progress.inputs += 1;
        let own = effects.iter().filter(|effect| is_of(effect, self.strategy));
        let mut broke = None;
        for effect in own {
            progress.comparison.take(Whose::Shadow, effect);
            if let Effect::Fault(_, fault) = effect {
                broke = Some(format!("the shadow broke: {fault}"));
            }
        }
        match broke {
            Some(broke) => Err(broke),
            None => Ok(()),
        }
    }

    fn take_own(&mut self, effects: &[Effect]) {
        let mut progress = lock(&self.watched.progress);
        let own = effects.iter().filter(|effect| is_of(effect, self.strategy));
        own.for_each(|effect| progress.comparison.take(Whose::Shadow, effect));
    }

    /// Lets everybody see how far it has come.
    fn show(&mut self) {
        let strategy = self.strategy;
        let since = |profit: Option<Profit>| profit?.since(&self.brought_before?).ok();
        let running = self.engine.profit_of(strategy, self.running.clone());
        let holdings = self.engine.holdings().of(strategy);
        let own: Positions = holdings.map(|(id, held)| (id, held.position)).collect();
        let (time, shadow) = (self.engine.now(), self.engine.profit(strategy));
        let mut progress = lock(&self.watched.progress);
        progress.time = time;
        progress.waiting = self.source.waiting();
        progress.comparison.advance(time);
        progress.running = Held {
            positions: self.running.clone(),
            profit: since(running.ok()),
        };
        progress.shadow = Held {
            positions: own,
            profit: since(shadow.ok()),
        };
    }
}

fn is_of(effect: &Effect, strategy: StrategyId) -> bool {
    match effect {
        Effect::Order(update, order) => update.strategy == strategy && order.parent.is_none(),
        Effect::Fill(fill) => fill.strategy == strategy,
        Effect::Fault(id, _) => *id == strategy,
        _ => false,
    }
}

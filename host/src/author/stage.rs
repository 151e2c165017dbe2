//! Where a plugin is tried: an engine of its own with the component in it, stepped line by line.

mod hand;

use super::probe::{Call, Calls, Probe};
use super::scenario::{Act, Given, Step, Succession};
use super::terms::{self, Ask};
use crate::backtest::spec::{ACCOUNT, STRATEGY, VENUE};
use crate::plugins::{Plugin, Plugins};
use crate::session::Session;
use crate::universe::Universe;
use anyhow::{Context, Result};
use engine::{Command, Effect, HandOver, Input, Journal, Staged, SwapStage, SwapTerms};
use model::{
    AccountId, AlgorithmCall, Amendment, Bar, BookChanges, BookScope, BookUpdate, HistoryBlock,
    HistoryRequest, InstrumentId, InstrumentStatus, Intent, Lifecycle, LogLevel, MarkPrice, Order,
    OrderId, OrderRequest, OrderUpdate, OutboundCommand, PositionState, Price, Quantity, Quote,
    SavedState, Signal, Strategy, StrategyId, Timestamp, Trade, VenueId,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Parameters as the host filled them in, by name.
type Parameters = Vec<(String, String)>;

/// What came of a step.
#[derive(Debug, Default)]
pub(super) struct Happened {
    /// Orders, changes and cancels that it wanted, in order.
    pub(super) asks: Vec<Ask>,
    pub(super) log: Vec<(LogLevel, String)>,
    /// Timers that it set.
    pub(super) timers: Vec<u64>,
    /// Values that it gave to the host to keep.
    pub(super) values: Vec<(String, Vec<u8>)>,
    /// What became of orders.
    pub(super) changes: Vec<(OrderUpdate, Order)>,
    /// Faults, refusals and aborted swaps, in words.
    pub(super) faults: Vec<String>,
    /// What it saved.
    pub(super) states: Vec<SavedState>,
    /// Whether another instance took over.
    pub(super) has_swapped: bool,
    /// Why the engine took no notice of the step.
    pub(super) ignored: Vec<String>,
    /// Every call of the plugin.
    pub(super) calls: Vec<Call>,
}

/// An engine with one plugin in it.
pub(super) struct Stage<'p> {
    plugins: &'p Plugins,
    /// Where other plugins are looked for.
    folder: PathBuf,
    plugin: Rc<Plugin>,
    given: Given,
    universe: Universe,
    session: Session,
    calls: Calls,
    seats: u32,
    /// The instance that trades.
    seat: u32,
    strategy: StrategyId,
    account: AccountId,
    venue: VenueId,
    is_begun: bool,
    denial: hand::Denial,
    /// Changes on their way to a venue that lines answer for.
    amendments: BTreeMap<OrderId, Amendment>,
    /// Batches of books so far.
    batches: u64,
    executions: u64,
    /// Signals so far.
    signals: u64,
}

impl<'p> Stage<'p> {
    pub(super) fn new(
        plugins: &'p Plugins,
        plugin: Rc<Plugin>,
        given: &Given,
        folder: &Path,
    ) -> Result<Self> {
        let universe = given.universe().map_err(anyhow::Error::msg)?;
        let definitions = universe.definitions().to_vec();
        let date = given.date();
        let session = Session::new(Journal::default(), definitions, Vec::new(), date)?;
        let missing = "the world of a scenario is defined";
        Ok(Self {
            plugins,
            folder: folder.to_owned(),
            plugin,
            given: given.clone(),
            strategy: universe.find_strategy(STRATEGY).context(missing)?,
            account: universe.find_account(ACCOUNT).context(missing)?,
            venue: universe.find_venue(VENUE).context(missing)?,
            universe,
            session,
            calls: Calls::default(),
            seats: 0,
            seat: 0,
            is_begun: false,
            denial: hand::Denial::default(),
            amendments: BTreeMap::new(),
            batches: 0,
            executions: 0,
            signals: 0,
        })
    }

    /// Plays one step. `orders` are those that lines gave names.
    pub(super) fn play(
        &mut self,
        step: &Step,
        orders: &BTreeMap<String, OrderId>,
    ) -> Result<Happened> {
        let mut happened = Happened::default();
        let at = step.at;
        if !self.is_begun {
            self.begin(at, &mut happened)?;
        }
        match &step.act {
            // Begun above.
            Act::Start => {}
            Act::Wait => self.step(at, Input::Clock, &mut happened)?,
            Act::Stop => self.stop(at, &mut happened)?,
            Act::Restart => self.restart(at, &mut happened)?,
            Act::Swap(succession) => self.swap(at, succession, &mut happened)?,
            Act::Deny(reason) => self.denial.arm(reason),
            Act::Signal(signal) => self.signal(at, signal, &mut happened)?,
            Act::Answer(name, answer) => {
                let order = orders.get(name).copied();
                let order = order.with_context(|| format!("order {name} was not sent"))?;
                let input = self.answer(order, *answer, at)?;
                self.step(at, input, &mut happened)?;
            }
            act => {
                let input = self.input(act, step.instrument, at);
                self.step(at, input, &mut happened)?;
                if matches!(act, Act::LoseBook) {
                    // That the batch does not fit is the point.
                    happened.ignored.clear();
                }
            }
        }
        self.take_calls(&mut happened);
        Ok(happened)
    }

    /// What happens to the market or to an instrument.
    fn input(&mut self, act: &Act, instrument: InstrumentId, at: Timestamp) -> Input {
        let (ts_event, ts_init) = (at, at);
        match act {
            Act::Quote([bid, ask], [bid_size, ask_size]) => Input::Quote(Quote {
                instrument,
                bid: *bid,
                ask: *ask,
                bid_size: *bid_size,
                ask_size: *ask_size,
                ts_event,
                ts_init,
            }),
            Act::Trade(price, size, aggressor) => Input::Trade(Trade {
                instrument,
                price: *price,
                size: *size,
                aggressor: *aggressor,
                ts_event,
                ts_init,
            }),
            Act::Bar(spec, [open, high, low, close], volume) => Input::Bar(Bar {
                instrument,
                spec: *spec,
                open: *open,
                high: *high,
                low: *low,
                close: *close,
                volume: *volume,
                ts_open: at.before(length(*spec)),
                ts_event,
                ts_init,
            }),
            Act::Book(levels) => {
                let changes = BookChanges::Levels(levels.clone());
                self.book(instrument, BookScope::Snapshot, changes, at)
            }
            Act::LoseBook => {
                self.batches += 1;
                let changes = BookChanges::Levels(Vec::new());
                self.book(instrument, BookScope::Delta, changes, at)
            }
            Act::Mark(price) | Act::Index(price) => {
                let is_mark = matches!(act, Act::Mark(_));
                Input::Mark(MarkPrice {
                    instrument,
                    mark: is_mark.then_some(*price),
                    index: (!is_mark).then_some(*price),
                    ts_event,
                    ts_init,
                })
            }
            Act::Halt | Act::Resume => Input::Status(InstrumentStatus {
                instrument,
                halted: matches!(act, Act::Halt),
                ts_event,
                ts_init,
            }),
            Act::Life(event) => Input::Lifecycle(Box::new(Lifecycle {
                instrument,
                event: *event,
                ts_event,
                ts_init,
            })),
            _ => Input::Clock,
        }
    }

    fn book(
        &mut self,
        instrument: InstrumentId,
        scope: BookScope,
        changes: BookChanges,
        at: Timestamp,
    ) -> Input {
        self.batches += 1;
        Input::Book(Box::new(BookUpdate {
            instrument,
            scope,
            first: self.batches,
            last: self.batches,
            changes,
            ts_event: at,
            ts_init: at,
        }))
    }

    /// Each has an id of its own: a scenario tells what its lines say.
    fn signal(&mut self, at: Timestamp, signal: &Signal, into: &mut Happened) -> Result<()> {
        self.signals += 1;
        let id = format!("line {}", self.signals);
        self.command(at, Command::Signal(self.strategy, id, signal.clone()), into)
    }

    fn command(&mut self, at: Timestamp, command: Command, into: &mut Happened) -> Result<()> {
        self.step(at, Input::Command(Box::new(command)), into)
    }

    fn step(&mut self, at: Timestamp, input: Input, into: &mut Happened) -> Result<()> {
        for effect in self.session.step(at, input)? {
            match effect {
                Effect::Order(update, order) => into.changes.push((*update, *order)),
                Effect::Fault(_, fault) => into.faults.push(fault.to_string()),
                Effect::Swap(_, SwapStage::Committed(_)) => into.has_swapped = true,
                Effect::Swap(_, SwapStage::Aborted(reason)) => {
                    into.faults.push(format!("the swap was aborted: {reason}"));
                }
                Effect::Ignored(why) => into.ignored.push(why.to_string()),
                Effect::Outbound(sent) => {
                    if let OutboundCommand::Modify { amendment, .. } = &sent.command {
                        self.amendments.insert(amendment.order, *amendment);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn begin(&mut self, at: Timestamp, into: &mut Happened) -> Result<()> {
        self.is_begun = true;
        self.session
            .define_custom(hand::rule(), self.denial.as_custom(), at)?;
        if self.given.by_hand {
            self.connect(at)?;
        }
        self.start(at, None, into)
    }

    fn start(
        &mut self,
        at: Timestamp,
        state: Option<SavedState>,
        into: &mut Happened,
    ) -> Result<()> {
        let plugin = Rc::clone(&self.plugin);
        let parameters = self.given.parameters.clone();
        let Some((instance, parameters)) = self.make(&plugin, &parameters, into) else {
            return Ok(());
        };
        self.seat = self.seats;
        let history = self.history(instance.history_requests(), at);
        let start = Command::Start {
            strategy: self.strategy,
            plugin: plugin.admitted.hash(),
            parameters,
            state,
            history,
        };
        self.stage(instance);
        self.command(at, start, into)
    }

    /// An instance, unless it refuses.
    fn make(
        &mut self,
        plugin: &Plugin,
        parameters: &BTreeMap<String, String>,
        into: &mut Happened,
    ) -> Option<(Box<Probe>, Parameters)> {
        let made = self
            .plugins
            .instance(plugin, STRATEGY, &self.universe, parameters);
        match made {
            Ok((instance, parameters)) => {
                self.seats += 1;
                let probe = Probe {
                    instance,
                    seat: self.seats,
                    calls: self.calls.clone(),
                };
                Some((Box::new(probe), parameters.as_slice().to_vec()))
            }
            Err(error) => {
                into.faults.push(format!("{error:#}"));
                None
            }
        }
    }

    fn stage(&mut self, instance: Box<Probe>) {
        let staged = Staged::Instance(instance);
        // The strategy is defined; the engine would refuse the command otherwise.
        let _unknown = self.session.engine_mut().stage(self.strategy, staged);
    }

    fn history(&self, requests: &[HistoryRequest], at: Timestamp) -> Vec<HistoryBlock> {
        let block = |request: &HistoryRequest| {
            let own = self.given.history.iter();
            let closes = own.filter(|(spec, _)| *spec == request.spec);
            let closes: Vec<_> = closes.flat_map(|(_, closes)| closes).copied().collect();
            let most = usize::try_from(request.count).unwrap_or(usize::MAX);
            let (step, count) = (length(request.spec).nanos(), closes.len());
            let opens = closes.iter().take(1).chain(&closes);
            let ages = (0..count as u64).rev();
            let bars = opens.zip(&closes).zip(ages).map(|((open, close), age)| {
                let end = at.before(model::Duration::from_nanos(age * step));
                Bar {
                    instrument: request.instrument,
                    spec: request.spec,
                    open: *open,
                    high: *open.max(close),
                    low: *open.min(close),
                    close: *close,
                    volume: Quantity::ZERO,
                    ts_open: end.before(length(request.spec)),
                    ts_event: end,
                    ts_init: end,
                }
            });
            HistoryBlock {
                request: *request,
                bars: bars.skip(count.saturating_sub(most)).collect(),
            }
        };
        requests.iter().map(block).collect()
    }

    fn stop(&mut self, at: Timestamp, into: &mut Happened) -> Result<()> {
        self.command(at, Command::Stop(self.strategy), into)
    }

    fn restart(&mut self, at: Timestamp, into: &mut Happened) -> Result<()> {
        self.stop(at, into)?;
        self.take_calls(into);
        let state = into.states.last().cloned();
        self.start(at, state, into)
    }

    fn swap(&mut self, at: Timestamp, to: &Succession, into: &mut Happened) -> Result<()> {
        let plugin = match &to.file {
            None => Rc::clone(&self.plugin),
            Some(file) => Rc::new(self.plugins.load(&self.folder.join(file))?),
        };
        let mut parameters = self.given.parameters.clone();
        parameters.extend(to.parameters.clone());
        let Some((instance, made_with)) = self.make(&plugin, &parameters, into) else {
            return Ok(());
        };
        let history = self.history(instance.history_requests(), at);
        self.stage(instance);
        let hand_over = match to.fresh {
            true => HandOver::Fresh,
            false => HandOver::Carry,
        };
        let begin = Command::SwapBegin {
            strategy: self.strategy,
            plugin: plugin.admitted.hash(),
            parameters: made_with,
            terms: SwapTerms {
                hand_over,
                probation: None,
            },
            history,
        };
        let broken = into.faults.len();
        self.command(at, begin, into)?;
        if into.faults.len() > broken {
            return Ok(());
        }
        // What the candidate wanted so far is muted.
        self.take_calls(into);
        self.command(at, Command::SwapCommit(self.strategy), into)?;
        if !into.has_swapped {
            // The one before goes on.
            return Ok(());
        }
        self.seat = self.seats;
        self.plugin = plugin;
        self.given.parameters = parameters;
        Ok(())
    }

    /// Sorts out what the plugin was told and wanted since the last time.
    fn take_calls(&mut self, into: &mut Happened) {
        for call in self.calls.take() {
            into.states.extend(call.saved.clone());
            for intent in &call.intents {
                match intent {
                    Intent::Log { level, text } => into.log.push((*level, text.clone())),
                    _ if call.seat != self.seat => {}
                    Intent::SetTimer { id, .. } => into.timers.push(*id),
                    Intent::PutState { key, value } => {
                        into.values.push((key.clone(), value.clone()));
                    }
                    intent => into.asks.extend(self.asks(intent)),
                }
            }
            into.calls.push(call);
        }
    }

    /// Orders, changes and cancels.
    pub(super) fn asks(&self, intent: &Intent) -> Vec<Ask> {
        let order = |ask: &OrderRequest, by: Option<&AlgorithmCall>| {
            let symbol = self.symbol(ask.instrument);
            Ask::Order(ask.id, terms::of_order(ask, symbol, by))
        };
        match intent {
            Intent::Submit(ask) => vec![order(ask, None)],
            Intent::SubmitList(asks) => asks.iter().map(|ask| order(ask, None)).collect(),
            Intent::Work(ask, by) => vec![order(ask, Some(by))],
            Intent::Modify(change) => {
                vec![Ask::Modify(change.order, terms::of_change(change))]
            }
            Intent::Cancel(id) => vec![Ask::Cancel(*id)],
            Intent::CancelAll(instrument) => {
                vec![Ask::CancelAll(self.symbol(*instrument).to_owned())]
            }
            _ => Vec::new(),
        }
    }

    fn symbol(&self, id: InstrumentId) -> &str {
        let known = self.universe.instrument(id);
        known.map_or("?", |known| known.symbol.as_str())
    }

    /// Whether there is more than one instrument, so that lines must say which.
    pub(super) fn has_many(&self) -> bool {
        self.universe.instruments().nth(1).is_some()
    }

    /// At what price it holds it; `None` when it holds nothing.
    pub(super) fn average_price(&self, instrument: InstrumentId) -> Option<Price> {
        let known = self.universe.instrument(instrument)?;
        self.position(instrument).average_price(known.multiplier)
    }

    /// What it holds.
    pub(super) fn position(&self, instrument: InstrumentId) -> PositionState {
        let holdings = self.session.engine().holdings();
        holdings.get(self.strategy, instrument).position
    }
}

fn length(spec: model::BarSpec) -> model::Duration {
    model::Duration::from_nanos(match spec.method {
        model::BarMethod::Time(nanos) => nanos,
        model::BarMethod::Tick(_) | model::BarMethod::Volume(_) => 0,
    })
}

//! One running strategy: a WebAssembly instance behind the model's `Strategy` port.

mod config;

pub use config::InstanceConfig;

use crate::bindings::argonaut::plugin::types as wit;
use crate::exports::{Exports, StrategyExports};
use crate::fault::{self, Budget};
use crate::guest::{Guest, Usage, init_budget};
use crate::host::{HostState, Phase};
use crate::{Admitted, convert};
use model::{
    BookView, CashFlow, Event, Fault, Hears, HistoryBlock, HistoryRequest, InstrumentId, Intents,
    LifeEvent, PositionUpdate, Quantity, SavedState, SignalEvent, StartSnapshot, Strategy,
    Subscription,
};

/// A running strategy.
pub struct Instance {
    guest: Guest<StrategyExports>,
    /// Contract multipliers, sorted by instrument; average prices need them.
    multipliers: Vec<(InstrumentId, Quantity)>,
    /// A book on its way to the guest; kept for its memory.
    book: Vec<u64>,
}

fn strategy(exports: Exports) -> Option<StrategyExports> {
    match exports {
        Exports::Strategy(exports) => Some(exports),
        _ => None,
    }
}

impl Admitted {
    /// Makes an instance and runs its `init`. Takes tens of microseconds and what `init` takes.
    ///
    /// # Errors
    /// A [`Fault`]: `REFUSED` when `init` returned an error, otherwise how it broke.
    pub fn instantiate(&self, config: InstanceConfig) -> Result<Instance, Fault> {
        let wit_config = config
            .to_wit()
            .map_err(|reason| fault::refused("init", reason))?;
        let ids = config.instruments.iter().map(|(id, _)| *id).collect();
        let mut guest = Guest::new(self, HostState::new(config.limits, ids), strategy)?;
        let instruments = config.instruments.iter();
        let mut multipliers: Vec<_> = instruments
            .map(|(id, traded)| (*id, traded.multiplier))
            .collect();
        multipliers.sort_unstable_by_key(|(id, _)| *id);
        let budget = init_budget(&config.limits);
        let answer = guest.private_call("init", Phase::Init, budget, |exports, store| {
            exports.world.call_init(store, &wit_config)
        })?;
        match answer {
            Ok(()) => Ok(Instance {
                guest,
                multipliers,
                book: Vec::new(),
            }),
            Err(reason) => Err(fault::refused("init", reason)),
        }
    }
}

impl Instance {
    /// What it has used.
    pub fn usage(&self) -> Usage {
        self.guest.usage()
    }

    /// Why it is broken, if it is.
    pub fn fault(&self) -> Option<&Fault> {
        self.guest.fault()
    }

    fn load(&mut self, state: &SavedState, out: &mut Intents) -> Result<(), Fault> {
        let budget = init_budget(self.guest.limits());
        let saved = wit::SavedState {
            version: state.version,
            bytes: state.bytes.clone(),
        };
        let answer = self
            .guest
            .call("load", Phase::Load, budget, out, |exports, store| {
                exports.world.call_load(store, &saved)
            })?;
        answer.map_err(|reason| self.guest.poison(fault::refused("load", reason)))
    }

    fn warm_up(&mut self, history: &[HistoryBlock], out: &mut Intents) -> Result<(), Fault> {
        let limits = self.guest.limits();
        let budget = Budget {
            fuel: limits.history_fuel,
            deadline_ms: limits.init_deadline_ms,
        };
        let mut numbers = Vec::new();
        for block in history {
            numbers.clear();
            block
                .bars
                .iter()
                .for_each(|bar| convert::append_history(&mut numbers, bar));
            let instrument = block.request.instrument.number();
            let spec = convert::bar_spec_to(block.request.spec);
            self.guest.call(
                "on-history",
                Phase::History,
                budget,
                out,
                |exports, store| {
                    exports
                        .world
                        .call_on_history(store, instrument, spec, &numbers)
                },
            )?;
        }
        Ok(())
    }

    fn position(&mut self, update: &PositionUpdate) -> Result<wit::PositionEvent, Fault> {
        self.guest.check()?;
        let found = self
            .multipliers
            .binary_search_by_key(&update.instrument, |(id, _)| *id);
        let multiplier = found.ok().and_then(|index| self.multipliers.get(index));
        let event = match multiplier {
            Some((_, multiplier)) => convert::position_event(update, *multiplier),
            None => Err(format!(
                "a position on instrument {}, which the strategy was not given",
                update.instrument.number()
            )),
        };
        event.map_err(|reason| self.guest.poison(fault::bad_output("position", &reason)))
    }

    fn snapshot(&mut self, snapshot: &StartSnapshot, now: u64) -> Result<wit::Snapshot, Fault> {
        let positions = snapshot.positions.iter();
        let positions = positions.map(|update| self.position(update));
        Ok(wit::Snapshot {
            reason: convert::start_reason(snapshot.reason),
            now,
            positions: positions.collect::<Result<_, _>>()?,
            orders: snapshot.orders.iter().map(convert::open_order).collect(),
        })
    }

    /// Only who has the export can ask for books; whoever has none is told nothing.
    fn tell_book(&mut self, view: &BookView, out: &mut Intents) -> Result<(), Fault> {
        convert::book_words(&mut self.book, view);
        let bids = u32::try_from(view.bids.len()).unwrap_or(u32::MAX);
        let (words, budget) = (&self.book, self.guest.event_budget());
        self.guest
            .call("on-book", Phase::Live, budget, out, |exports, store| {
                let Some(hook) = &exports.on_book else {
                    return Ok(());
                };
                let instrument = view.instrument.number();
                let (ts_event, ts_init) = (view.ts_event.nanos(), view.ts_init.nanos());
                hook.call_on_book(store, instrument, bids, words, ts_event, ts_init)
            })
    }

    fn tell_cash_flow(
        &mut self,
        flow: &CashFlow,
        currency: &str,
        out: &mut Intents,
    ) -> Result<(), Fault> {
        let Some(flow) = convert::cash_flow(flow, currency) else {
            return Ok(());
        };
        let budget = self.guest.event_budget();
        self.guest.call(
            "on-cash-flow",
            Phase::Live,
            budget,
            out,
            |exports, store| match &exports.on_cash_flow {
                Some(hook) => hook.call_on_cash_flow(store, &flow),
                None => Ok(()),
            },
        )
    }

    fn tell_life(
        &mut self,
        event: &LifeEvent,
        currency: Option<&str>,
        out: &mut Intents,
    ) -> Result<(), Fault> {
        let instrument = event.instrument.number();
        let kind = convert::life_event(&event.kind, currency.unwrap_or_default());
        let budget = self.guest.event_budget();
        self.guest.call(
            "on-lifecycle",
            Phase::Live,
            budget,
            out,
            |exports, store| match &exports.on_lifecycle {
                Some(hook) => {
                    let at = event.ts_event.nanos();
                    hook.call_on_lifecycle(store, instrument, &kind, at)
                }
                None => Ok(()),
            },
        )
    }

    fn tell_signal(&mut self, told: &SignalEvent, out: &mut Intents) -> Result<(), Fault> {
        let budget = self.guest.event_budget();
        self.guest
            .call("on-signal", Phase::Live, budget, out, |exports, store| {
                let Some(hook) = &exports.on_signal else {
                    return Ok(());
                };
                let (signal, at) = (&told.signal, told.ts_event.nanos());
                hook.call_on_signal(store, &signal.name, &signal.values, at)
            })
    }

    fn restore_values(&mut self, values: &[(String, Vec<u8>)]) -> Result<(), Fault> {
        let kept = &mut self.guest.store.data_mut().values;
        if values.iter().all(|(key, value)| kept.put(key, value)) {
            return Ok(());
        }
        let reason = "the values kept for the strategy exceed its limit";
        Err(self.guest.poison(fault::bad_output("start", reason)))
    }
}

impl Strategy for Instance {
    fn declared(&self) -> &[Subscription] {
        &self.guest.store.data().declared
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        &self.guest.store.data().history
    }

    fn hears(&self) -> Hears {
        let exports = self.guest.exports();
        Hears {
            cash_flows: exports.on_cash_flow.is_some(),
            life_events: exports.on_lifecycle.is_some(),
            signals: exports.on_signal.is_some(),
        }
    }

    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault> {
        self.guest.check()?;
        self.guest.flush_early(out);
        self.restore_values(&snapshot.values)?;
        if let Some(state) = &snapshot.state {
            self.load(state, out)?;
        }
        self.warm_up(&snapshot.history, out)?;
        let wit_snapshot = self.snapshot(snapshot, out.now().nanos())?;
        self.guest.call(
            "on-start",
            Phase::Live,
            self.guest.event_budget(),
            out,
            |exports, store| exports.world.call_on_start(store, &wit_snapshot),
        )
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        if self.guest.has_early() {
            self.guest.flush_early(out);
        }
        let (phase, budget) = (Phase::Live, self.guest.event_budget());
        match event {
            Event::Quote(quote) => {
                let quote = convert::quote(quote);
                self.guest
                    .call("on-quote", phase, budget, out, |exports, store| {
                        exports.world.call_on_quote(store, quote)
                    })
            }
            Event::Trade(trade) => {
                let trade = convert::trade(trade);
                self.guest
                    .call("on-trade", phase, budget, out, |exports, store| {
                        exports.world.call_on_trade(store, trade)
                    })
            }
            Event::Bar(bar) => {
                let bar = convert::bar(bar);
                self.guest
                    .call("on-bar", phase, budget, out, |exports, store| {
                        exports.world.call_on_bar(store, bar)
                    })
            }
            Event::Book(view) => self.tell_book(view, out),
            Event::BookLost(instrument) => self.guest.call(
                "on-book-lost",
                phase,
                budget,
                out,
                |exports, store| match &exports.on_book {
                    Some(hook) => hook.call_on_book_lost(store, instrument.number()),
                    None => Ok(()),
                },
            ),
            Event::Timer { id, due } => {
                self.guest
                    .call("on-timer", phase, budget, out, |exports, store| {
                        exports.world.call_on_timer(store, *id, due.nanos())
                    })
            }
            Event::Order(update) => {
                let event = convert::order_event(update);
                self.guest
                    .call("on-order-event", phase, budget, out, |exports, store| {
                        exports.world.call_on_order_event(store, event)
                    })
            }
            Event::Position(update) => {
                let event = self.position(update)?;
                self.guest
                    .call("on-position-event", phase, budget, out, |exports, store| {
                        exports.world.call_on_position_event(store, event)
                    })
            }
            Event::CashFlow { flow, currency } => self.tell_cash_flow(flow, currency, out),
            Event::Life { event, currency } => self.tell_life(event, currency.as_deref(), out),
            Event::Signal(told) => self.tell_signal(told, out),
        }
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        self.guest.flush_early(out);
        self.guest.call(
            "on-stop",
            Phase::Live,
            self.guest.event_budget(),
            out,
            |exports, store| exports.world.call_on_stop(store),
        )
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        let budget = self.guest.event_budget();
        let saved = self
            .guest
            .private_call("save", Phase::Save, budget, |exports, store| {
                exports.world.call_save(store)
            })?;
        self.guest.check_saved(saved.bytes.len())?;
        Ok(SavedState {
            version: saved.version,
            bytes: saved.bytes,
        })
    }

    fn fuel(&self) -> Option<u64> {
        Some(self.usage().last_call_fuel)
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("usage", &self.usage())
            .field("fault", &self.guest.fault())
            .finish_non_exhaustive()
    }
}

/// An instance is made on one thread and moves to the engine's.
const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Instance>();
};

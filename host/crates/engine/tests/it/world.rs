//! A small market in which scenarios happen. Every step checks the invariants and the status table.

pub(crate) use crate::setup::*;
use engine::{
    Command, Definition, Effect, Engine, Ignored, Input, Journal, LimitScope, Limits, Sequenced,
    StrategyConfig, StrategyState, TradingState, invariants,
};
use model::{
    AccountId, Balance, Bar, BarBasis, BarSpec, CurrencyId, DenyCode, Duration, Fill, InstrumentId,
    Lifecycle, LifecycleEvent, Liquidity, OrderChange, OrderId, OrderRequest, OrderStatus,
    OrderUpdate, PluginHash, PositionState, Price, Quote, Side, StrategyId, Trade,
};
use std::collections::BTreeMap;

/// Whether an engine passes through its own bytes before a step: no scenario can tell. Often, but seldom
/// in those that are long and make much of everything.
fn passes(sequence: u64) -> bool {
    let every = if sequence < 2_000 { 5 } else { 5_000 };
    sequence.is_multiple_of(every)
}

/// An engine with the time, the sequence and everything that came out of it so far.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) now: u64,
    pub(crate) effects: Vec<Effect>,
    /// Read from a snapshot of the engine; steps everything that came after.
    pub(crate) twin: Option<Engine>,
    statuses: BTreeMap<OrderId, OrderStatus>,
}

impl World {
    pub(crate) fn new() -> Self {
        Setup::default().build()
    }

    pub(crate) fn empty(journal: Journal) -> Self {
        Self {
            engine: Engine::new(journal),
            now: SECOND,
            effects: Vec::new(),
            twin: None,
            statuses: BTreeMap::new(),
        }
    }

    /// Steps at the present time and checks what must hold after every step.
    pub(crate) fn step(&mut self, input: Input) {
        let sequence = self.engine.sequence() + 1;
        let step = Sequenced {
            sequence,
            time: at(self.now),
            input,
        };
        let halted = nothing_may_leave(&self.engine);
        if passes(sequence) {
            assert_eq!(self.engine.pass_through_bytes(), Ok(()));
        }
        if let Some(twin) = &mut self.twin {
            twin.step(step.clone()).unwrap();
        }
        let effects = self.engine.step(step).unwrap().to_vec();
        if halted && nothing_may_leave(&self.engine) {
            check_nothing_left(&effects);
        }
        for effect in &effects {
            if let Effect::Order(update, _) = effect {
                self.check_move(update);
            }
        }
        self.effects.extend(effects);
        assert_eq!(invariants::check(&self.engine), Ok(()));
    }

    /// I5: a status moves only along the table. What crosses a cancel or a change, or changes no
    /// status, leaves it where it is.
    fn check_move(&mut self, update: &OrderUpdate) {
        let before = self.statuses.insert(update.order, update.status);
        let from = before.unwrap_or(OrderStatus::Initialized);
        let fill = matches!(update.change, OrderChange::Filled(_));
        let legal = from.may_become(update.status) || (!fill && update.status == from);
        assert!(
            legal,
            "{}: {from:?} to {:?} by {:?}",
            update.order, update.status, update.change
        );
    }

    pub(crate) fn define(&mut self, definition: Definition) {
        self.step(Input::Define(Box::new(definition)));
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.step(Input::Command(Box::new(command)));
    }

    /// Limits of one scope, all others unbound.
    pub(crate) fn limit(&mut self, scope: LimitScope, change: impl FnOnce(&mut Limits)) {
        let mut limits = Limits::default();
        change(&mut limits);
        self.define(Definition::Limits(scope, limits));
    }

    /// A strategy that a person trades.
    pub(crate) fn hand(&mut self, name: &str, account: AccountId) -> StrategyId {
        self.strategy(StrategyConfig {
            name: name.to_owned(),
            account,
            on_fault: engine::OrdersOnFault::Cancel,
            manual: true,
            permissions: engine::Permissions::ALL,
        })
    }

    pub(crate) fn strategy(&mut self, config: StrategyConfig) -> StrategyId {
        self.define(Definition::Strategy(config));
        let last = self.engine.strategies().last();
        last.unwrap().0
    }

    /// Lets time pass without anything else happening.
    pub(crate) fn wait(&mut self, nanos: u64) {
        self.now += nanos;
        self.step(Input::Clock);
    }

    /// A quote of unlimited size.
    pub(crate) fn quote(&mut self, instrument: InstrumentId, bid: &str, ask: &str) {
        self.sized_quote(instrument, [bid, "0"], [ask, "0"]);
    }

    /// A quote with `[price, size]` of either side.
    pub(crate) fn sized_quote(&mut self, instrument: InstrumentId, bid: [&str; 2], ask: [&str; 2]) {
        let quote = Quote {
            instrument,
            bid: price(bid[0]),
            ask: price(ask[0]),
            bid_size: quantity(bid[1]),
            ask_size: quantity(ask[1]),
            ts_event: at(self.now),
            ts_init: at(self.now),
        };
        self.step(Input::Quote(quote));
    }

    pub(crate) fn trade(
        &mut self,
        instrument: InstrumentId,
        at_price: &str,
        size: &str,
        by: Option<Side>,
    ) {
        let trade = Trade {
            instrument,
            price: price(at_price),
            size: quantity(size),
            aggressor: by,
            ts_event: at(self.now),
            ts_init: at(self.now),
        };
        self.step(Input::Trade(trade));
    }

    /// A one-minute bar of trades that ends now: open, high, low, close.
    pub(crate) fn bar(&mut self, instrument: InstrumentId, prices: [&str; 4]) {
        let [open, high, low, close] = prices.map(price);
        self.step(Input::Bar(Bar {
            instrument,
            spec: BarSpec::seconds(60, BarBasis::Last),
            open,
            high,
            low,
            close,
            volume: quantity("10"),
            ts_open: at(self.now).before(Duration::from_secs(60)),
            ts_event: at(self.now),
            ts_init: at(self.now),
        }));
    }

    /// Something happens to an instrument now.
    pub(crate) fn lifecycle(&mut self, instrument: InstrumentId, event: LifecycleEvent) {
        self.step(Input::Lifecycle(Box::new(Lifecycle {
            instrument,
            event,
            ts_event: at(self.now),
            ts_init: at(self.now),
        })));
    }

    /// Places an order by hand and returns its id.
    pub(crate) fn place(&mut self, strategy: StrategyId, ask: OrderRequest) -> OrderId {
        self.place_list(strategy, vec![ask])
    }

    /// Places a list by hand and returns the first one's id.
    pub(crate) fn place_list(&mut self, strategy: StrategyId, asks: Vec<OrderRequest>) -> OrderId {
        self.command(Command::PlaceOrders(strategy, asks));
        OrderId::derive(self.engine.sequence(), 0).unwrap()
    }

    pub(crate) fn cancel(&mut self, order: OrderId) {
        self.command(Command::CancelOrder(order));
    }

    pub(crate) fn start(&mut self, strategy: StrategyId, instance: Box<dyn model::Strategy>) {
        assert!(
            self.engine
                .stage(strategy, engine::Staged::Instance(instance))
                .is_ok()
        );
        self.command(Command::Start {
            strategy,
            plugin: PluginHash::default(),
            parameters: Vec::new(),
            state: None,
            history: Vec::new(),
        });
    }

    /// Everything that happened to an order, in words: `submitted accepted 5@100 canceled`.
    pub(crate) fn story(&self, order: OrderId) -> String {
        let updates = self.updates().filter(|update| update.order == order);
        updates
            .map(|update| word(&update.change))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The code with which an order was denied, if it was.
    pub(crate) fn denied(&self, order: OrderId) -> Option<DenyCode> {
        self.updates()
            .filter(|update| update.order == order)
            .find_map(|update| match update.change {
                OrderChange::Denied(code) => Some(code),
                _ => None,
            })
    }

    pub(crate) fn updates(&self) -> impl Iterator<Item = &OrderUpdate> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Order(update, _) => Some(update),
            _ => None,
        })
    }

    pub(crate) fn fills(&self) -> Vec<Fill> {
        let fills = self.effects.iter().filter_map(|effect| match effect {
            Effect::Fill(fill) => Some(*fill),
            _ => None,
        });
        fills.collect()
    }

    pub(crate) fn last_fill(&self) -> Fill {
        *self.fills().last().unwrap()
    }

    pub(crate) fn ignored(&self) -> Vec<Ignored> {
        let ignored = self.effects.iter().filter_map(|effect| match effect {
            Effect::Ignored(why) => Some(why.clone()),
            _ => None,
        });
        ignored.collect()
    }

    pub(crate) fn bars(&self) -> Vec<Bar> {
        let bars = self.effects.iter().filter_map(|effect| match effect {
            Effect::Bar(bar) => Some(*bar),
            _ => None,
        });
        bars.collect()
    }

    pub(crate) fn state(&self, strategy: StrategyId) -> StrategyState {
        self.engine.strategy_state(strategy).unwrap()
    }

    pub(crate) fn position(&self, strategy: StrategyId, instrument: InstrumentId) -> PositionState {
        self.engine.holdings().get(strategy, instrument).position
    }

    pub(crate) fn account(&self, id: AccountId) -> &engine::account::Account {
        self.engine.accounts().nth(id.index()).unwrap().1
    }

    pub(crate) fn balance(&self, id: AccountId, currency: CurrencyId) -> Balance {
        self.account(id).balance(currency)
    }

    /// Checks a balance: in all, and of it locked.
    pub(crate) fn check_balance(
        &self,
        id: AccountId,
        currency: CurrencyId,
        total: &str,
        locked: &str,
    ) {
        let expect = Balance {
            total: money(total),
            locked: money(locked),
        };
        assert_eq!(self.balance(id, currency), expect);
    }
}

fn nothing_may_leave(engine: &Engine) -> bool {
    engine.is_killed() || engine.trading_state() == TradingState::Halted
}

/// I11: halted, only cancels leave, and what closes positions of an account or a broken
/// strategy for it.
fn check_nothing_left(effects: &[Effect]) {
    let left = effects.iter().find(|effect| match effect {
        Effect::Order(update, order) => {
            let tags = [engine::LIQUIDATION_TAG, engine::FLATTEN_TAG];
            let closing = tags.contains(&order.terms.tag.as_str());
            update.change == OrderChange::Submitted && !closing
        }
        _ => false,
    });
    assert_eq!(left, None);
}

fn word(change: &OrderChange) -> String {
    match change {
        OrderChange::Denied(code) => format!("denied:{code}"),
        OrderChange::Filled(fill) => format!("{}@{}", fill.quantity, fill.price),
        OrderChange::Submitted => "submitted".to_owned(),
        OrderChange::Accepted => "accepted".to_owned(),
        OrderChange::Rejected => "rejected".to_owned(),
        OrderChange::Triggered => "triggered".to_owned(),
        OrderChange::PendingCancel => "cancelling".to_owned(),
        OrderChange::CancelRejected => "uncancelled".to_owned(),
        OrderChange::Canceled => "canceled".to_owned(),
        OrderChange::Expired => "expired".to_owned(),
        OrderChange::Emulated => "held".to_owned(),
        OrderChange::Released => "released".to_owned(),
        OrderChange::PendingUpdate => "changing".to_owned(),
        OrderChange::Updated { price, trigger } => {
            let at =
                |name: &str, price: &Option<Price>| price.map(|price| format!("{name}{price}"));
            let parts = [at("@", price), at("!", trigger)];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            format!("changed:{}", parts.join(""))
        }
        OrderChange::UpdateDenied(code) => format!("unchanged:{code}"),
        OrderChange::UpdateRejected => "unchanged".to_owned(),
    }
}

pub(crate) fn is_maker(fill: &Fill) -> bool {
    fill.liquidity == Liquidity::Maker
}

//! What each record of the journal is in the tables of the store.

use engine::journal::reader::Record;
use engine::{
    Command, Definition, Input, Judged, LimitScope, Outcome, Probed, Sequenced, TradingState,
};
use model::{
    AccountConfig, AccountId, Balance, Bar, CurrencyId, Money, OrderChange, OrderId, OrderUpdate,
    StrategyId, Timestamp, Verdict,
};
use std::collections::BTreeMap;
use store::sql::rows::{self, Place, Scope};
use store::sql::{
    ACCOUNTS, BALANCES, BARS, Batch, CASH_FLOWS, CURRENCIES, FILLS, INSTRUMENTS, ORDER_EVENTS,
    ORDER_STATES, ORDERS, PARAMETERS, POSITIONS, QUOTES, RISK_EVENTS, Row, STRATEGIES,
    STRATEGY_VERSIONS, TRADES, Table, VENUES,
};

/// Which market data is kept as rows. The journal keeps all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarketData {
    /// None.
    None,
    /// Bars.
    #[default]
    Bars,
    /// Quotes, trades and bars.
    All,
}

/// Handles are given in the order of definitions that are taken; these are the next ones, and what
/// rows need of earlier ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) currencies: u32,
    pub(super) venues: u32,
    pub(super) instruments: u32,
    pub(super) accounts: u32,
    /// The account of each strategy.
    pub(super) strategies: Vec<AccountId>,
}

/// Makes rows of records.
pub(super) struct Mapping {
    market_data: MarketData,
    known: Known,
    /// Where the next row stands.
    place: Place,
    /// The definition of this input, until it is known not to be refused.
    defining: Option<Box<Definition>>,
    /// What a rule said when it denied.
    words: Option<(OrderId, String)>,
}

impl Mapping {
    pub(super) fn new(market_data: MarketData, known: Known) -> Self {
        Self {
            market_data,
            known,
            place: Place {
                time: Timestamp::from_nanos(0),
                sequence: 0,
                ordinal: 0,
            },
            defining: None,
            words: None,
        }
    }

    /// Adds the rows of one record.
    pub(super) fn take(&mut self, record: &Record, batch: &mut Batch) {
        if let Record::Refused(_) = record {
            self.defining = None;
        }
        self.settle(batch);
        match record {
            Record::Input(input) => self.input(input, batch),
            Record::NewOrder(order) => self.add(batch, &ORDERS, |at| rows::order(at, order)),
            Record::Order(update) => self.order(update, batch),
            Record::Fill(fill) => self.add(batch, &FILLS, |at| rows::fill(at, fill)),
            Record::Position(update) => {
                let account = self.account_of(update.strategy);
                self.add(batch, &POSITIONS, |at| rows::position(at, account, update));
            }
            Record::CashFlow(flow) => self.add(batch, &CASH_FLOWS, |at| rows::cash_flow(at, flow)),
            Record::Balance(account, currency, balance) => {
                self.add(batch, &BALANCES, |at| {
                    rows::balance(at, *account, *currency, *balance)
                });
            }
            Record::Bar(bar) => self.bar(bar, batch),
            Record::Strategy(strategy, _, Outcome::Fault(fault)) => {
                self.step(batch, *strategy, "FAULT", None, Some(&fault.message));
            }
            Record::Model(broke) => {
                let scope = LimitScope::Instrument(broke.instrument);
                self.risk(batch, "MODEL_FAULT", scope, &broke.fault.message);
            }
            Record::Probation(strategy, how) => match how {
                Probed::RolledBack(plugin, reason) => {
                    let plugin = Some(plugin.to_string());
                    self.step(batch, *strategy, "ROLL_BACK", plugin, Some(reason));
                }
                Probed::Kept(reason) => {
                    self.step(batch, *strategy, "PROBATION_END", None, Some(reason));
                }
                Probed::Broke(_, fault) => {
                    let reason = Some(fault.message.as_str());
                    self.step(batch, *strategy, "PROBATION_END", None, reason);
                }
                Probed::Promoted(reason) => {
                    self.step(batch, *strategy, "CANARY_PROMOTE", None, Some(reason));
                }
                Probed::Flipped(plugin) => {
                    self.step(batch, *strategy, "FLIP", Some(plugin.to_string()), None);
                }
            },
            Record::Rule(_, _, order, Judged::Verdict(Verdict::Deny(words))) => {
                self.words = Some((*order, words.clone()));
            }
            Record::Strategy(..)
            | Record::Algorithm(..)
            | Record::Rule(..)
            | Record::Outbound(_)
            | Record::Refused(_)
            | Record::Seal(_) => {}
        }
    }

    /// Adds what waits for the next record, since there is none.
    pub(super) fn settle(&mut self, batch: &mut Batch) {
        if let Some(definition) = self.defining.take() {
            self.define(&definition, batch);
        }
    }

    fn add(&mut self, batch: &mut Batch, table: &'static Table, row: impl FnOnce(Place) -> Row) {
        batch.push(table, row(self.place));
        self.place.ordinal += 1;
    }

    fn account_of(&self, strategy: StrategyId) -> AccountId {
        let account = self.known.strategies.get(strategy.index());
        account.copied().unwrap_or_default()
    }

    fn input(&mut self, input: &Sequenced<Input>, batch: &mut Batch) {
        self.place = Place {
            time: input.time,
            sequence: input.sequence,
            ordinal: 0,
        };
        self.words = None;
        let all = self.market_data == MarketData::All;
        match &input.input {
            Input::Quote(quote) if all => self.add(batch, &QUOTES, |at| rows::quote(at, quote)),
            Input::Trade(trade) if all => self.add(batch, &TRADES, |at| rows::trade(at, trade)),
            Input::Bar(bar) => self.bar(bar, batch),
            Input::Define(definition) => self.defining = Some(definition.clone()),
            Input::Command(command) => self.command(command, batch),
            _ => {}
        }
    }

    fn bar(&mut self, bar: &Bar, batch: &mut Batch) {
        if self.market_data != MarketData::None {
            self.add(batch, &BARS, |at| rows::bar(at, bar));
        }
    }

    fn order(&mut self, update: &OrderUpdate, batch: &mut Batch) {
        let denied = matches!(
            update.change,
            OrderChange::Denied(_) | OrderChange::UpdateDenied(_)
        );
        let said = self.words.take_if(|(of, _)| denied && *of == update.order);
        let words = said.as_ref().map(|(_, words)| words.as_str());
        self.add(batch, &ORDER_EVENTS, |at| {
            rows::order_event(at, update, words)
        });
        batch.push(&ORDER_STATES, rows::order_state(update));
    }

    fn define(&mut self, definition: &Definition, batch: &mut Batch) {
        let known = &mut self.known;
        match definition {
            Definition::Currency(name) => {
                let id = next(&mut known.currencies);
                self.add(batch, &CURRENCIES, |at| rows::name(at, id, name));
            }
            Definition::Venue(config) => {
                let id = next(&mut known.venues);
                self.add(batch, &VENUES, |at| rows::name(at, id, &config.name));
            }
            Definition::Instrument(instrument) => {
                let id = next(&mut known.instruments).into();
                self.add(batch, &INSTRUMENTS, |at| {
                    rows::instrument(at, id, instrument)
                });
            }
            Definition::Account(config) => {
                let id = next(&mut known.accounts).into();
                self.add(batch, &ACCOUNTS, |at| rows::account(at, id, config));
                self.deposits(id, config, batch);
            }
            Definition::Strategy(config) => {
                let id = u32::try_from(known.strategies.len()).unwrap_or(u32::MAX);
                known.strategies.push(config.account);
                self.add(batch, &STRATEGIES, |at| {
                    rows::strategy(at, id.into(), &config.name, config.account)
                });
            }
            // What binds is shown by the host; what it led to is in the rows of orders.
            Definition::Limits(..)
            | Definition::Permissions(..)
            | Definition::AverageVolume(..)
            | Definition::Adopter(_)
            | Definition::FeeTiers(..)
            | Definition::AccountRules(..)
            | Definition::Algorithm(_)
            | Definition::Rule(_)
            | Definition::Locate(..)
            | Definition::SelfMatch(..) => {}
        }
    }

    fn deposits(&mut self, id: AccountId, config: &AccountConfig, batch: &mut Batch) {
        let mut totals = BTreeMap::<CurrencyId, Money>::new();
        for (currency, amount) in &config.deposits {
            self.add(batch, &CASH_FLOWS, |at| {
                rows::deposit(at, id, *currency, *amount)
            });
            let total = totals.entry(*currency).or_default();
            // The engine refuses an account whose deposits overflow.
            *total = total.checked_add(*amount).unwrap_or(*total);
            let balance = Balance {
                total: *total,
                locked: Money::ZERO,
            };
            self.add(batch, &BALANCES, |at| {
                rows::balance(at, id, *currency, balance)
            });
        }
    }

    fn command(&mut self, command: &Command, batch: &mut Batch) {
        match command {
            Command::Start {
                strategy,
                plugin,
                parameters,
                ..
            } => {
                self.step(batch, *strategy, "START", Some(plugin.to_string()), None);
                self.parameters(*strategy, parameters, batch);
            }
            Command::SwapBegin {
                strategy,
                plugin,
                parameters,
                ..
            } => {
                let plugin = Some(plugin.to_string());
                self.step(batch, *strategy, "SWAP_BEGIN", plugin, None);
                self.parameters(*strategy, parameters, batch);
            }
            Command::CanaryBegin {
                strategy,
                plugin,
                parameters,
                ..
            } => {
                let plugin = Some(plugin.to_string());
                self.step(batch, *strategy, "CANARY_BEGIN", plugin, None);
                self.parameters(*strategy, parameters, batch);
            }
            Command::Pause(strategy) => self.step(batch, *strategy, "PAUSE", None, None),
            Command::Resume(strategy) => self.step(batch, *strategy, "RESUME", None, None),
            Command::Stop(strategy) => self.step(batch, *strategy, "STOP", None, None),
            Command::SwapCommit(strategy) => {
                self.step(batch, *strategy, "SWAP_COMMIT", None, None);
            }
            Command::SwapAbort { strategy, reason } => {
                self.step(batch, *strategy, "SWAP_ABORT", None, Some(reason));
            }
            Command::ShadowBegin {
                strategy,
                plugin,
                parameters,
                ..
            } => {
                let plugin = Some(plugin.to_string());
                self.step(batch, *strategy, "SHADOW_BEGIN", plugin, None);
                self.parameters(*strategy, parameters, batch);
            }
            Command::ShadowEnd { strategy, reason } => {
                self.step(batch, *strategy, "SHADOW_END", None, Some(reason));
            }
            Command::SetTradingState(state) => self.state(batch, LimitScope::Firm, *state),
            Command::SetScopeState(scope, state) => self.state(batch, *scope, *state),
            Command::SetKillLatch(set) => self.risk(batch, "KILL", LimitScope::Firm, set),
            Command::SetScopeKill(scope, set) => self.risk(batch, "KILL", *scope, set),
            Command::ScaleLimits(scope, factor) => self.risk(batch, "FACTOR", *scope, factor),
            _ => {}
        }
    }

    fn step(
        &mut self,
        batch: &mut Batch,
        strategy: StrategyId,
        event: &str,
        plugin: Option<String>,
        reason: Option<&str>,
    ) {
        self.add(batch, &STRATEGY_VERSIONS, |at| {
            rows::strategy_version(at, strategy, event, plugin, reason)
        });
    }

    fn parameters(
        &mut self,
        strategy: StrategyId,
        parameters: &[(String, String)],
        batch: &mut Batch,
    ) {
        for (name, value) in parameters {
            self.add(batch, &PARAMETERS, |at| {
                rows::parameter(at, strategy, name, value)
            });
        }
    }

    fn state(&mut self, batch: &mut Batch, scope: LimitScope, state: TradingState) {
        let name = match state {
            TradingState::Active => "ACTIVE",
            TradingState::Reducing => "REDUCING",
            TradingState::Halted => "HALTED",
        };
        self.risk(batch, "TRADING_STATE", scope, name);
    }

    fn risk(
        &mut self,
        batch: &mut Batch,
        event: &str,
        scope: LimitScope,
        value: impl std::fmt::Display,
    ) {
        self.add(batch, &RISK_EVENTS, |at| {
            rows::risk_event(at, event, scope_of(scope), value)
        });
    }
}

/// A scope as rows have it.
pub(super) fn scope_of(scope: LimitScope) -> Scope {
    match scope {
        LimitScope::Firm => Scope::Firm,
        LimitScope::Account(id) => Scope::Account(id),
        LimitScope::Strategy(id) => Scope::Strategy(id),
        LimitScope::Instrument(id) => Scope::Instrument(id),
    }
}

/// The next handle of a kind.
fn next(count: &mut u32) -> u32 {
    let id = *count;
    *count = count.saturating_add(1);
    id
}

//! The promises of the core, each as one named function over the engine's state. Debug builds check
//! them after every step; tests, replays and hosts that trade call the same functions.

mod outside;

pub use outside::{agrees_with_venue, executions_count_once};

use crate::account::Account;
use crate::engine::Engine;
use crate::holdings::Holding;
use crate::input::Limits;
use crate::orders::OpenOrder;
use crate::scopes::scopes_of;
use model::{
    AccountKind, CurrencyId, InstrumentId, Money, OrderStatus, PositionState, Side, StrategyId,
};

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invariant {invariant} is broken: {detail}")]
pub struct Violation {
    /// Which, `I1` to `I10`; see [`check`].
    pub invariant: &'static str,
    /// What was found.
    pub detail: String,
}

type Checked = Result<(), Violation>;

fn holds(invariant: &'static str, holds: bool, detail: impl FnOnce() -> String) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(Violation {
            invariant,
            detail: detail(),
        })
    }
}

/// Every invariant that a state alone can show. I1 and I5 are enforced where reports come in, I9
/// where market data comes in, I10 at the step; each has its own test.
pub fn check(engine: &Engine) -> Checked {
    orders_within_their_quantity(engine)?;
    parents_are_their_children(engine)?;
    positions_equal_their_fills(engine)?;
    positions_are_their_legs(engine)?;
    cash_is_conserved(engine)?;
    open_orders_are_open(engine)?;
    accounts_equal_their_strategies(engine)?;
    sent_orders_were_approved(engine)?;
    order_ids_are_unique(engine)?;
    exposure_is_counted(engine)?;
    totals_are_counted(engine)?;
    own_orders_are_found(engine)?;
    only_cancels_leave(engine)
}

/// The same with what takes as long as there are executions to remember (I1): for replays, and for what
/// looks beside the engine's thread.
///
/// # Errors
/// The first that is broken.
pub fn check_all(engine: &Engine) -> Checked {
    check(engine)?;
    executions_count_once(engine)
}

/// I2: no order is filled beyond its quantity, and the venue agrees on what is left.
pub fn orders_within_their_quantity(engine: &Engine) -> Checked {
    engine
        .orders()
        .iter()
        .try_for_each(|OpenOrder { order, .. }| {
            holds("I2", order.filled < order.quantity, || {
                format!(
                    "open order {} has {} of {} filled",
                    order.id, order.filled, order.quantity
                )
            })?;
            let venue = engine.market().get(order.instrument);
            let venue = venue.and_then(|state| engine.venues.get(state.instrument.venue.index()));
            let left = venue.and_then(|venue| venue.remaining(order.id, order.instrument));
            holds(
                "I2",
                left.is_none_or(|left| left == order.remaining()),
                || {
                    format!(
                        "order {}: {} left, the venue says {left:?}",
                        order.id,
                        order.remaining()
                    )
                },
            )
        })
}

/// I2 and I8 of orders that an algorithm works: they filled what their children did, children can do
/// no more than they are for, and the two together count it once.
pub fn parents_are_their_children(engine: &Engine) -> Checked {
    engine.algorithms.parents().try_for_each(|(id, worker)| {
        let Some(open) = engine.orders().get(id) else {
            return holds("I2", false, || format!("order {id} is worked but not open"));
        };
        let (mut filled, mut left, mut pending) = (worker.filled_by_closed.raw(), 0_u64, 0_u64);
        for child in &worker.children {
            let child = engine.orders().get(*child);
            let child = child.filter(|child| child.order.parent == Some(id));
            let Some(child) = child else {
                return holds("I2", false, || format!("a child of order {id} is not open"));
            };
            filled = filled.saturating_add(child.order.filled.raw());
            left = left.saturating_add(child.left().raw());
            pending = pending.saturating_add(child.pending().raw());
        }
        let order = &open.order;
        let counted = order.remaining().raw().saturating_sub(pending);
        let agrees = filled == order.filled.raw() && counted == open.pending().raw();
        holds("I2", agrees && left <= order.remaining().raw(), || {
            format!(
                "order {id} filled {} and counts {}; its children filled {filled}, have {pending} \
                 at work and {left} left",
                order.filled,
                open.pending()
            )
        })
    })
}

/// I3: a position is the sum of its signed fills, and of what splits, settlement and delivery did.
pub fn positions_equal_their_fills(engine: &Engine) -> Checked {
    engine
        .holdings()
        .iter()
        .try_for_each(|(strategy, instrument, holding)| {
            let sum = holding.filled.checked_add(holding.adjusted);
            holds("I3", sum == Ok(holding.position.quantity), || {
                format!(
                    "strategy {} holds {} of {} but filled {}, adjusted by {}",
                    strategy.number(),
                    holding.position.quantity,
                    instrument.number(),
                    holding.filled,
                    holding.adjusted
                )
            })
        })
}

/// I3 and I14, of hedging accounts: what a strategy holds of an instrument, what it cost, earned and
/// was charged is the sum over its positions, each on its own side, those that are over included.
pub fn positions_are_their_legs(engine: &Engine) -> Checked {
    engine
        .holdings()
        .iter()
        .try_for_each(|(strategy, instrument, holding)| {
            let sum = engine.legs().counted_anew(strategy, instrument);
            let agrees = sum.as_ref().is_none_or(|sum| *sum == Ok(holding.position));
            holds("I3", agrees, || {
                let (held, of) = (holding.position, instrument.number());
                format!("{held:?} of {of} is held, its positions give {sum:?}")
            })
        })
}

/// I4: every balance follows from deposits, trades, deliveries, fees, settlements, payments and
/// conversions, to the last unit.
pub fn cash_is_conserved(engine: &Engine) -> Checked {
    engine.accounts().try_for_each(|(id, account)| {
        account.balances().try_for_each(|(currency, balance)| {
            let expected = expected_total(engine, account, id, currency);
            holds("I4", expected.is(balance.total), || {
                format!(
                    "account {} has {} {}, its ledger says {expected:?}",
                    account.config().name,
                    balance.total,
                    engine.market().currency_name(currency)
                )
            })
        })
    })
}

/// A sum in the smallest unit. On the way it may leave what fits and come back: modulo 2^128 the
/// result is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum(i128);

impl Sum {
    fn of(amounts: &[Money]) -> Self {
        amounts
            .iter()
            .fold(Self(0), |sum, amount| sum.plus(*amount))
    }

    fn plus(self, amount: Money) -> Self {
        Self(self.0.wrapping_add(amount.raw()))
    }

    fn minus(self, amount: Money) -> Self {
        Self(self.0.wrapping_sub(amount.raw()))
    }

    fn is(self, amount: Money) -> bool {
        self.0 == amount.raw()
    }
}

fn expected_total(
    engine: &Engine,
    account: &Account,
    id: model::AccountId,
    currency: CurrencyId,
) -> Sum {
    let ledger = account.ledger(currency);
    let came = [
        ledger.deposits,
        ledger.delivered,
        ledger.settled,
        ledger.paid,
        ledger.converted,
    ];
    let total = Sum::of(&came).minus(ledger.traded).minus(ledger.fees);
    if account.config().kind == AccountKind::Cash {
        return total;
    }
    // A margin account pays for a position only when it closes.
    positions_of(engine, id, currency).fold(total, |total, position| total.plus(position.open_cost))
}

/// Positions of an account's strategies that are reckoned in a currency.
fn positions_of(
    engine: &Engine,
    id: model::AccountId,
    currency: CurrencyId,
) -> impl Iterator<Item = &PositionState> {
    let own = engine
        .holdings()
        .iter()
        .filter(move |(strategy, instrument, _)| {
            let config = engine.strategies.config(*strategy);
            let state = engine.market().get(*instrument);
            config.is_some_and(|config| config.account == id)
                && state.is_some_and(|state| state.instrument.quote_currency == currency)
        });
    own.map(|(_, _, holding)| &holding.position)
}

/// I14: what an account has is what was put in, converted and delivered, and what its strategies'
/// positions brought; in a cash account less what they cost.
pub fn accounts_equal_their_strategies(engine: &Engine) -> Checked {
    engine.accounts().try_for_each(|(id, account)| {
        account.balances().try_for_each(|(currency, balance)| {
            let expected = brought_by_strategies(engine, account, id, currency);
            holds("I14", expected.is(balance.total), || {
                format!(
                    "account {} has {} {}, its strategies made it {expected:?}",
                    account.config().name,
                    balance.total,
                    engine.market().currency_name(currency)
                )
            })
        })
    })
}

fn brought_by_strategies(
    engine: &Engine,
    account: &Account,
    id: model::AccountId,
    currency: CurrencyId,
) -> Sum {
    let ledger = account.ledger(currency);
    let total = Sum::of(&[ledger.deposits, ledger.converted, ledger.delivered]);
    let in_full = account.config().kind == AccountKind::Cash;
    positions_of(engine, id, currency).fold(total, |total, position| {
        let cost = if in_full {
            position.open_cost
        } else {
            Money::ZERO
        };
        total
            .plus(position.realized)
            .minus(position.fees)
            .minus(cost)
    })
}

/// I5, the part a state can show: nothing closed stays among the open orders.
pub fn open_orders_are_open(engine: &Engine) -> Checked {
    engine
        .orders()
        .iter()
        .try_for_each(|OpenOrder { order, .. }| {
            let open = !order.status.is_closed() && order.status != OrderStatus::Initialized;
            holds("I5", open, || {
                format!("order {} is {} yet open", order.id, order.status.name())
            })
        })
}

/// I6: every order that was sent was approved, under a sequence that is in the journal.
pub fn sent_orders_were_approved(engine: &Engine) -> Checked {
    engine.orders().iter().try_for_each(|open| {
        let approved = open.approval.as_ref();
        let before = approved.is_some_and(|approved| approved.sequence() <= engine.sequence());
        let held = open.order.status == OrderStatus::Emulated;
        holds("I6", before || held || open.foreign, || {
            format!("order {} was sent without approval", open.order.id)
        })
    })
}

/// I7: ids grow with the journal, so none comes back.
pub fn order_ids_are_unique(engine: &Engine) -> Checked {
    let last = engine.orders().last_id();
    holds(
        "I7",
        last.is_none_or(|id| id.sequence() <= engine.sequence()),
        || {
            format!(
                "order {last:?} is from after sequence {}",
                engine.sequence()
            )
        },
    )
}

/// I8, the part that always holds: what is on order is counted exactly.
pub fn exposure_is_counted(engine: &Engine) -> Checked {
    engine
        .holdings()
        .iter()
        .try_for_each(|(strategy, instrument, holding)| {
            let ids = engine.orders().ids_of(strategy, Some(instrument));
            holds("I8", ids.len() == holding.open_orders as usize, || {
                let (open, counted) = (ids.len(), holding.open_orders);
                format!("{open} orders are open, {counted} are counted")
            })?;
            [model::Side::Buy, model::Side::Sell]
                .into_iter()
                .try_for_each(|side| {
                    let open = ids.iter().filter_map(|id| engine.orders().get(*id));
                    let pending = open
                        .filter(|open| open.order.side == side)
                        .map(|open| u128::from(open.pending().raw()))
                        .sum::<u128>();
                    let counted = holding.on_order(side);
                    holds("I8", pending == u128::from(counted.raw()), || {
                        format!("{side:?} orders may fill {pending} units, {counted} is counted")
                    })
                })
        })
}

/// I8, of sums: the running totals of every scope, late marks taken in, are what holdings and marks
/// give; and what accounts could be short is what holdings give.
pub fn totals_are_counted(engine: &Engine) -> Checked {
    let shorts = engine.shorts_anew();
    holds("I8", shorts == engine.memory.shorts, || {
        let counted = &engine.memory.shorts;
        format!("{counted:?} is counted as short, holdings give {shorts:?}")
    })?;
    let (running, anew) = (engine.current_exposures(), engine.counted_anew());
    running.scopes().try_for_each(|(scope, totals)| {
        let agrees = anew
            .totals(scope)
            .is_some_and(|anew| totals.agree_with(anew));
        holds("I8", agrees || totals.are_broken(), || {
            let anew = anew.totals(scope);
            format!("{scope:?} counts {totals:?}, its holdings give {anew:?}")
        })
    })
}

/// I8, of orders that could meet one another: all that are on a book are found by their price.
pub fn own_orders_are_found(engine: &Engine) -> Checked {
    let mut anew = crate::risk::Resting::default();
    engine.orders().iter().for_each(|open| anew.add(open));
    holds("I8", anew == engine.memory.resting, || {
        format!("{:?} are found, {anew:?} are open", engine.memory.resting)
    })
}

/// I8, of sums: no gross or net exposure is above its limit. Holds after an order was let through;
/// prices may move beyond it, and limits may be lowered.
pub fn sums_within_limits(engine: &Engine, scope: crate::input::LimitScope) -> Checked {
    let used = engine.exposure_used(scope);
    let exceeded = used.is_some_and(|used| used.raw() > model::Rate::SCALE);
    holds("I8", !exceeded, || {
        format!("{scope:?} is above its exposure")
    })
}

/// I11: no open order of a scope that is halted or killed was approved after that. Cancels, and
/// changes that only take quantity away, need no approval.
pub fn only_cancels_leave(engine: &Engine) -> Checked {
    engine.orders().iter().try_for_each(|open| {
        let order = &open.order;
        let scopes = scopes_of(Some(order.account), order.strategy, order.instrument);
        let stops = scopes
            .into_iter()
            .flatten()
            .filter_map(|scope| engine.memory.levels.of(scope).stopped);
        // What closes positions of a liquidated account leaves while that is halted.
        let approved = open.approval.as_ref().filter(|_| !open.is_liquidation());
        let approved = approved.map(|approved| approved.sequence());
        let late = stops
            .min()
            .zip(approved)
            .is_some_and(|(stop, at)| at > stop);
        holds("I11", !late, || {
            format!("order {} left after its scope was stopped", order.id)
        })
    })
}

/// I8: no position can outgrow its limit, all open orders filled. Holds at every sequence unless a
/// limit was lowered below what was there already.
pub fn exposure_within_limits(engine: &Engine) -> Checked {
    engine
        .holdings()
        .iter()
        .try_for_each(|(strategy, instrument, holding)| {
            let within = engine
                .limits()
                .of(None, strategy, instrument)
                .all(|(_, limits)| is_within(engine, (strategy, instrument), holding, limits));
            holds("I8", within, || {
                format!("strategy {} can outgrow a limit", strategy.number())
            })
        })
}

/// Whether neither side's open orders can take the position beyond the limit, unless they bring
/// it nearer to zero or it was there before them. What may only reduce cannot, at its venue.
fn is_within(
    engine: &Engine,
    (strategy, instrument): (StrategyId, InstrumentId),
    holding: &Holding,
    limits: &Limits,
) -> bool {
    let position = holding.position.quantity.raw();
    let limit = u128::from(limits.max_position.raw()).max(position.unsigned_abs());
    let ids = engine.orders().ids_of(strategy, Some(instrument));
    let open = || ids.iter().filter_map(|id| engine.orders().get(*id));
    [Side::Buy, Side::Sell].into_iter().all(|side| {
        let pending = open()
            .filter(|open| open.order.side == side && !open.order.terms.reduce_only)
            .map(|open| i128::from(open.pending().raw()))
            .sum::<i128>();
        let worst = match side {
            Side::Buy => position.checked_add(pending),
            Side::Sell => position.checked_sub(pending),
        };
        worst.is_some_and(|worst| worst.unsigned_abs() <= limit)
    })
}

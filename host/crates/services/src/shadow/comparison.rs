//! The decisions of two versions beside each other, in the order of event time.
//!
//! A decision is an order as its strategy made it, whether the gate let it pass or not. Two are the
//! same when instrument, side, type with its prices, quantity, time in force and the flags are, and
//! their event times are no further apart than the tolerance. What has no counterpart by then is a
//! difference; if the other version wanted an order on the same side of the same instrument, the two
//! are told as one.

use super::report::{Difference, Wanted};
use engine::{Effect, FLATTEN_TAG, LIQUIDATION_TAG};
use model::{Duration, InstrumentId, Order, OrderChange, OrderId, Side, TimeInForce, Timestamp};
use std::collections::VecDeque;

/// Differences kept of the first, and as many of the latest.
const KEPT: usize = 50;
/// Orders of one version that may wait for a counterpart; the oldest of more becomes a difference.
const OPEN: usize = 1_024;

/// Whose decision it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Running,
    Shadow,
}

impl Whose {
    const fn other(self) -> Self {
        match self {
            Self::Running => Self::Shadow,
            Self::Shadow => Self::Running,
        }
    }
}

/// What one version did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) orders: u64,
    pub(crate) denied: u64,
    pub(crate) cancels: u64,
    pub(crate) changes: u64,
    pub(crate) fills: u64,
    pub(crate) faults: u64,
}

/// One version.
#[derive(Debug, Default)]
struct Version {
    counts: Counts,
    /// The latest order it made.
    last: Option<OrderId>,
    /// Orders that wait for a counterpart, oldest first.
    open: VecDeque<Wanted>,
}

/// Both.
#[derive(Debug)]
pub(crate) struct Comparison {
    tolerance: Duration,
    /// Orders before this one were made before the shadow began.
    from: Option<OrderId>,
    running: Version,
    shadow: Version,
    pub(crate) matched: u64,
    pub(crate) only_running: u64,
    pub(crate) only_shadow: u64,
    pub(crate) other_terms: u64,
    pub(crate) first: Vec<Difference>,
    pub(crate) latest: VecDeque<Difference>,
}

impl Comparison {
    /// A comparison of what is decided from an input on.
    pub(crate) fn new(begun_at: u64, tolerance: Duration) -> Self {
        Self {
            tolerance,
            from: OrderId::derive(begun_at, 0),
            running: Version::default(),
            shadow: Version::default(),
            matched: 0,
            only_running: 0,
            only_shadow: 0,
            other_terms: 0,
            first: Vec::new(),
            latest: VecDeque::new(),
        }
    }

    pub(crate) fn tolerance(&self) -> Duration {
        self.tolerance
    }

    pub(crate) fn counts(&self, whose: Whose) -> Counts {
        match whose {
            Whose::Running => self.running.counts,
            Whose::Shadow => self.shadow.counts,
        }
    }

    /// Orders that wait for a counterpart.
    pub(crate) fn open(&self) -> usize {
        self.running.open.len() + self.shadow.open.len()
    }

    /// Takes in what became of a version, in the order in which it happened.
    pub(crate) fn take(&mut self, whose: Whose, effect: &Effect) {
        let is_new = match effect {
            Effect::Order(_, order) => self.is_new(whose, order),
            _ => false,
        };
        let version = self.version(whose);
        let counts = &mut version.counts;
        match effect {
            Effect::Order(update, order) => {
                let mut denied = None;
                match update.change {
                    OrderChange::Denied(code) => {
                        counts.denied += 1;
                        denied = Some(code);
                    }
                    OrderChange::UpdateDenied(_) => counts.denied += 1,
                    OrderChange::PendingCancel => counts.cancels += 1,
                    OrderChange::PendingUpdate => counts.changes += 1,
                    _ => {}
                }
                if is_new {
                    counts.orders += 1;
                    version.last = Some(order.id);
                    let order = *order;
                    self.want(whose, Wanted { order, denied });
                }
            }
            Effect::Fill(_) => counts.fills += 1,
            Effect::Fault(..) => counts.faults += 1,
            _ => {}
        }
    }

    /// Whether an order is told of for the first time. Ids of one strategy only grow; what closes a
    /// position for the account is nobody's decision.
    fn is_new(&self, whose: Whose, order: &Order) -> bool {
        let last = match whose {
            Whose::Running => self.running.last,
            Whose::Shadow => self.shadow.last,
        };
        Some(order.id) >= self.from
            && Some(order.id) > last
            && ![LIQUIDATION_TAG, FLATTEN_TAG].contains(&order.terms.tag.as_str())
    }

    /// Time has come so far: what has found no counterpart is a difference.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        loop {
            let oldest = |version: &Version| {
                let oldest = version.open.front()?;
                let over = oldest.order.ts_created.after(self.tolerance) < now;
                over.then_some(oldest.order.ts_created)
            };
            let whose = match (oldest(&self.running), oldest(&self.shadow)) {
                (None, None) => return,
                (Some(running), Some(shadow)) if shadow < running => Whose::Shadow,
                (None, Some(_)) => Whose::Shadow,
                (Some(_), _) => Whose::Running,
            };
            self.give_up_oldest(whose);
        }
    }

    /// Nothing more comes.
    pub(crate) fn finish(&mut self) {
        self.advance(Timestamp::MAX);
    }

    fn version(&mut self, whose: Whose) -> &mut Version {
        match whose {
            Whose::Running => &mut self.running,
            Whose::Shadow => &mut self.shadow,
        }
    }

    fn want(&mut self, whose: Whose, wanted: Wanted) {
        if self.find(whose.other(), &wanted, is_same).is_some() {
            self.matched += 1;
            return;
        }
        let open = &mut self.version(whose).open;
        open.push_back(wanted);
        if open.len() > OPEN {
            self.give_up_oldest(whose);
        }
    }

    /// Takes the oldest open order of a version that could be this one's counterpart.
    fn find(
        &mut self,
        whose: Whose,
        wanted: &Wanted,
        fits: impl Fn(&Order, &Order) -> bool,
    ) -> Option<Wanted> {
        let (tolerance, order) = (self.tolerance, &wanted.order);
        let open = &mut self.version(whose).open;
        let place = open.iter().position(|other| {
            let (a, b) = (order.ts_created, other.order.ts_created);
            a.since(b).max(b.since(a)) <= tolerance && fits(order, &other.order)
        });
        open.remove(place?)
    }

    fn give_up_oldest(&mut self, whose: Whose) {
        let Some(wanted) = self.version(whose).open.pop_front() else {
            return;
        };
        let other = self.find(whose.other(), &wanted, |a, b| about(a) == about(b));
        let (running, shadow) = match whose {
            Whose::Running => (Some(wanted), other),
            Whose::Shadow => (other, Some(wanted)),
        };
        match (running, shadow) {
            (Some(_), Some(_)) => self.other_terms += 1,
            (Some(_), None) => self.only_running += 1,
            _ => self.only_shadow += 1,
        }
        let number = self.only_running + self.only_shadow + self.other_terms;
        let difference = Difference {
            number,
            running,
            shadow,
        };
        if self.first.len() < KEPT {
            return self.first.push(difference);
        }
        if self.latest.len() == KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back(difference);
    }
}

fn about(order: &Order) -> (InstrumentId, Side) {
    (order.instrument, order.side)
}

fn is_same(a: &Order, b: &Order) -> bool {
    let terms = |order: &Order| {
        let terms = &order.terms;
        let ends = match order.time_in_force {
            // Reckoned from a time that may differ as the orders' own may.
            TimeInForce::Gtd(_) => TimeInForce::Gtd(Timestamp::MAX),
            other => other,
        };
        let flags = (terms.post_only, terms.reduce_only, terms.display);
        (order.kind, order.quantity, ends, flags, order.algorithm)
    };
    about(a) == about(b) && terms(a) == terms(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shadow::report::DifferenceKind;
    use model::{
        AccountId, DenyCode, Money, OrderKind, OrderStatus, OrderUpdate, Price, Quantity,
        StrategyId, Tag, Terms,
    };

    fn order(n: u64, at_s: u64, side: Side, price: i64) -> Order {
        let price = Price::whole(price).unwrap();
        Order {
            id: OrderId::derive(100 + n, 0).unwrap(),
            strategy: StrategyId::new(1),
            account: AccountId::new(0),
            instrument: InstrumentId::new(0),
            side,
            kind: OrderKind::Limit { price },
            quantity: Quantity::ONE,
            time_in_force: TimeInForce::Gtc,
            terms: Terms::default(),
            intent: 0,
            list: None,
            parent: None,
            algorithm: None,
            trigger: None,
            status: OrderStatus::Submitted,
            filled: Quantity::ZERO,
            filled_value: Money::ZERO,
            ts_created: at(at_s),
            expires: Timestamp::MAX,
        }
    }

    fn at(s: u64) -> Timestamp {
        Timestamp::from_nanos(s * 1_000_000_000)
    }

    fn changed(order: Order, change: OrderChange) -> Effect {
        let update = OrderUpdate {
            order: order.id,
            strategy: order.strategy,
            instrument: order.instrument,
            side: order.side,
            change,
            status: order.status,
            filled: order.filled,
            quantity: order.quantity,
            ts_event: order.ts_created,
        };
        Effect::Order(update, order)
    }

    fn comparison() -> Comparison {
        Comparison::new(100, Duration::from_secs(5))
    }

    fn take(comparison: &mut Comparison, whose: Whose, order: Order) {
        comparison.take(whose, &changed(order, OrderChange::Submitted));
    }

    fn kinds(comparison: &Comparison) -> Vec<DifferenceKind> {
        comparison.first.iter().map(Difference::kind).collect()
    }

    #[test]
    fn the_same_order_within_the_tolerance_is_the_same_decision() {
        let mut both = comparison();
        take(&mut both, Whose::Running, order(1, 10, Side::Buy, 7));
        take(&mut both, Whose::Shadow, order(9, 15, Side::Buy, 7));
        // What follows of an order is no other order.
        let filled = changed(order(1, 10, Side::Buy, 7), OrderChange::Accepted);
        both.take(Whose::Running, &filled);
        both.finish();
        assert_eq!((both.matched, both.first.len()), (1, 0));
        assert_eq!(both.counts(Whose::Running).orders, 1);
    }

    #[test]
    fn what_comes_too_late_is_another_decision() {
        let mut both = comparison();
        take(&mut both, Whose::Running, order(1, 10, Side::Buy, 7));
        both.advance(at(15));
        assert_eq!((both.open(), both.first.len()), (1, 0));
        both.advance(at(16));
        take(&mut both, Whose::Shadow, order(1, 16, Side::Buy, 7));
        both.finish();
        let expect = [DifferenceKind::OnlyRunning, DifferenceKind::OnlyShadow];
        assert_eq!((kinds(&both), both.matched), (expect.to_vec(), 0));
        assert_eq!(both.first[1].time(), at(16));
    }

    #[test]
    fn other_terms_are_told_as_one_difference() {
        let mut both = comparison();
        take(&mut both, Whose::Running, order(1, 10, Side::Buy, 7));
        take(&mut both, Whose::Shadow, order(1, 10, Side::Sell, 7));
        take(&mut both, Whose::Shadow, order(2, 11, Side::Buy, 8));
        both.finish();
        let expect = [DifferenceKind::OtherTerms, DifferenceKind::OnlyShadow];
        assert_eq!(kinds(&both), expect);
        assert_eq!((both.other_terms, both.only_shadow), (1, 1));
        assert_eq!(both.first[0].time(), at(10));
    }

    #[test]
    fn orders_are_matched_one_to_one_and_the_earliest_first() {
        let mut both = comparison();
        for n in 1..=3 {
            take(&mut both, Whose::Shadow, order(n, 10 + n, Side::Buy, 7));
        }
        take(&mut both, Whose::Running, order(1, 12, Side::Buy, 7));
        take(&mut both, Whose::Running, order(2, 12, Side::Buy, 7));
        both.finish();
        assert_eq!((both.matched, both.only_shadow), (2, 1));
        assert_eq!(both.first[0].time(), at(13));
    }

    #[test]
    fn what_was_made_before_or_by_a_liquidation_does_not_count() {
        let mut both = comparison();
        let mut old = order(0, 1, Side::Buy, 7);
        old.id = OrderId::derive(99, 0).unwrap();
        both.take(Whose::Running, &changed(old, OrderChange::PendingCancel));
        let mut closing = order(1, 2, Side::Buy, 7);
        closing.terms.tag = LIQUIDATION_TAG.parse::<Tag>().unwrap();
        take(&mut both, Whose::Running, closing);
        both.finish();
        assert!(both.first.is_empty());
        let counts = both.counts(Whose::Running);
        assert_eq!((counts.orders, counts.cancels), (0, 1));
    }

    #[test]
    fn a_denied_order_is_a_decision_too() {
        let mut both = comparison();
        let denied = OrderChange::Denied(DenyCode::Loss);
        both.take(Whose::Running, &changed(order(1, 1, Side::Buy, 7), denied));
        take(&mut both, Whose::Shadow, order(1, 1, Side::Buy, 7));
        both.take(Whose::Running, &changed(order(2, 2, Side::Buy, 9), denied));
        both.finish();
        assert_eq!((both.matched, both.only_running), (1, 1));
        let wanted = both.first[0].running.unwrap();
        assert_eq!(wanted.denied, Some(DenyCode::Loss));
        assert_eq!(both.counts(Whose::Running).denied, 2);
    }

    #[test]
    fn all_of_it_is_bounded() {
        let mut both = comparison();
        for n in 1..=10_000 {
            take(&mut both, Whose::Shadow, order(n, 10, Side::Buy, 7));
        }
        assert_eq!(both.open(), OPEN);
        both.finish();
        assert_eq!(both.only_shadow, 10_000);
        assert_eq!((both.first.len(), both.latest.len()), (KEPT, KEPT));
        assert_eq!(both.first[0].number, 1);
        assert_eq!(both.latest.back().unwrap().number, 10_000);
    }
}

//! What the gate remembers: when messages were sent, and which orders were seen lately. Both are
//! bounded, and both forget by engine time only.

use crate::journal::codec::fields;
use model::{
    Duration, InstrumentId, OrderKind, OrderRequest, PositionId, Quantity, Side, StrategyId,
    Timestamp, VenueId,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Orders and intents remembered per strategy.
const REMEMBERED: usize = 1_024;

/// Times of sent messages, kept for the firm, per strategy and per venue.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    firm: VecDeque<Timestamp>,
    strategies: Vec<Memory>,
    /// To each venue, by all.
    venues: Vec<VecDeque<Timestamp>>,
}

/// How many times of messages are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    /// Of the firm, and of each strategy.
    pub(crate) senders: usize,
    /// To each venue.
    pub(crate) venues: usize,
}

/// By whom a message goes, and where to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) strategy: StrategyId,
    pub(crate) venue: VenueId,
}

#[derive(Debug, Default)]
struct Memory {
    sent: VecDeque<Timestamp>,
    intents: VecDeque<u64>,
    intent_set: BTreeSet<u64>,
    orders: VecDeque<(Timestamp, Fingerprint)>,
    /// When each of them was last seen, and how often it is remembered, so that a look-up need not
    /// walk them.
    last_seen: BTreeMap<Fingerprint, (Timestamp, usize)>,
}

/// What makes an order the same as another.
pub(super) type Fingerprint = (InstrumentId, Side, OrderKind, Quantity, Option<PositionId>);

impl Windows {
    /// Remembers a message (an order or a cancel) sent now, forgetting all beyond `keep`.
    pub(crate) fn sent(&mut self, way: Way, now: Timestamp, keep: Keep) {
        remember(&mut self.firm, now, keep.senders);
        remember(&mut self.entry(way.strategy).sent, now, keep.senders);
        remember(self.entry_of_venue(way.venue), now, keep.venues);
    }

    /// Forgets the latest message: it was not sent after all.
    pub(crate) fn unsent(&mut self, way: Way) {
        self.firm.pop_back();
        self.entry(way.strategy).sent.pop_back();
        self.entry_of_venue(way.venue).pop_back();
    }

    /// Remembers an approved order.
    pub(crate) fn approved(&mut self, strategy: StrategyId, now: Timestamp, order: &OrderRequest) {
        let memory = self.entry(strategy);
        memory.see(now, fingerprint(order));
        if order.intent == 0 {
            return;
        }
        memory.intent_set.insert(order.intent);
        memory.intents.push_back(order.intent);
        if memory.intents.len() > REMEMBERED
            && let Some(forgotten) = memory.intents.pop_front()
        {
            memory.intent_set.remove(&forgotten);
        }
    }

    /// Whether one more message would be more than `most` within `window`: of one strategy, or of
    /// all.
    pub(crate) fn is_full(
        &self,
        strategy: Option<StrategyId>,
        now: Timestamp,
        most: u32,
        window: Duration,
    ) -> bool {
        let full = |sent: &VecDeque<Timestamp>| is_full(sent, now, most, window);
        match strategy {
            None => full(&self.firm),
            Some(strategy) => self
                .strategies
                .get(strategy.index())
                .map_or(most == 0, |memory| full(&memory.sent)),
        }
    }

    /// Whether one more message to a venue would be more than `most` within `window`, by whomever.
    pub(crate) fn is_venue_full(
        &self,
        venue: VenueId,
        now: Timestamp,
        most: u32,
        window: Duration,
    ) -> bool {
        let sent = self.venues.get(venue.index());
        sent.map_or(most == 0, |sent| is_full(sent, now, most, window))
    }

    /// Whether the order repeats an intent, or an equal order within `window`.
    pub(crate) fn is_duplicate(
        &self,
        strategy: StrategyId,
        now: Timestamp,
        order: &OrderRequest,
        window: Duration,
    ) -> bool {
        let Some(memory) = self.strategies.get(strategy.index()) else {
            return false;
        };
        if order.intent != 0 && memory.intent_set.contains(&order.intent) {
            return true;
        }
        let seen = memory.last_seen.get(&fingerprint(order));
        seen.is_some_and(|(at, _)| now.since(*at) < window)
    }
}

impl Windows {
    fn entry(&mut self, strategy: StrategyId) -> &mut Memory {
        if self.strategies.len() <= strategy.index() {
            self.strategies
                .resize_with(strategy.index() + 1, Memory::default);
        }
        &mut self.strategies[strategy.index()]
    }

    fn entry_of_venue(&mut self, venue: VenueId) -> &mut VecDeque<Timestamp> {
        if self.venues.len() <= venue.index() {
            self.venues.resize_with(venue.index() + 1, VecDeque::new);
        }
        &mut self.venues[venue.index()]
    }
}

impl Memory {
    fn see(&mut self, now: Timestamp, order: Fingerprint) {
        self.orders.push_back((now, order));
        let seen = self.last_seen.entry(order).or_default();
        *seen = (now, seen.1 + 1);
        if self.orders.len() > REMEMBERED
            && let Some((_, forgotten)) = self.orders.pop_front()
            && let Some((_, count)) = self.last_seen.get_mut(&forgotten)
        {
            *count -= 1;
            if *count == 0 {
                self.last_seen.remove(&forgotten);
            }
        }
    }
}

pub(super) fn fingerprint(order: &OrderRequest) -> Fingerprint {
    // Two that each open a position of their own are as alike as any.
    let own = PositionId::opened_by(order.id);
    let named = order.terms.position.filter(|position| *position != own);
    (
        order.instrument,
        order.side,
        order.kind,
        order.quantity,
        named,
    )
}

fn is_full(sent: &VecDeque<Timestamp>, now: Timestamp, most: u32, window: Duration) -> bool {
    let Some(oldest) = sent.len().checked_sub(most as usize) else {
        return false;
    };
    sent.get(oldest).is_none_or(|at| now.since(*at) < window)
}

fn remember<T>(queue: &mut VecDeque<T>, item: T, keep: usize) {
    queue.push_back(item);
    while queue.len() > keep {
        queue.pop_front();
    }
}

fields! {
    Windows { firm, strategies, venues }
    Memory { sent, intents, intent_set, orders, last_seen }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_with_engine_time() {
        let mut windows = Windows::default();
        let window = Duration::from_nanos(10);
        let at = Timestamp::from_nanos;
        windows.sent(WAY, at(0), KEEP);
        windows.sent(WAY, at(5), KEEP);
        let full = |now| windows.is_full(Some(OWNER), at(now), 2, window);
        assert!(full(5) && full(9));
        assert!(!full(10));
        assert!(windows.is_full(None, at(100), 0, window));
    }

    const OWNER: StrategyId = StrategyId::new(0);
    const WAY: Way = Way {
        strategy: OWNER,
        venue: VenueId::new(1),
    };
    const KEEP: Keep = Keep {
        senders: 100,
        venues: 100,
    };

    /// An order for so many units, with an intent of the same number.
    fn order(units: i64) -> OrderRequest {
        let quantity = Quantity::whole(units).unwrap();
        let kind = OrderKind::Market;
        OrderRequest::new(InstrumentId::new(0), Side::Buy, kind, quantity)
    }

    fn intent(number: u64) -> OrderRequest {
        OrderRequest {
            intent: number,
            ..order(1_000_000)
        }
    }

    #[test]
    fn a_message_that_was_not_sent_makes_room_again() {
        let mut windows = Windows::default();
        let (now, window) = (Timestamp::from_nanos(1), Duration::from_nanos(10));
        windows.sent(WAY, now, KEEP);
        windows.unsent(WAY);
        assert!(!windows.is_full(Some(OWNER), now, 1, window));
        assert!(!windows.is_full(None, now, 1, window));
        assert!(!windows.is_venue_full(WAY.venue, now, 1, window));
    }

    #[test]
    fn a_venue_is_full_of_what_all_send_there_and_of_nothing_else() {
        let mut windows = Windows::default();
        let (now, window) = (Timestamp::from_nanos(1), Duration::from_nanos(10));
        let other = Way {
            strategy: StrategyId::new(3),
            ..WAY
        };
        windows.sent(WAY, now, KEEP);
        windows.sent(other, now, KEEP);
        let full = |venue, most| windows.is_venue_full(venue, now, most, window);
        assert!(full(WAY.venue, 2) && !full(WAY.venue, 3));
        let elsewhere = VenueId::new(7);
        assert!(!full(elsewhere, 1) && full(elsewhere, 0));
        let later = Timestamp::from_nanos(11);
        assert!(!windows.is_venue_full(WAY.venue, later, 1, window));
    }

    #[test]
    fn as_many_intents_are_remembered_as_said_and_no_more() {
        let mut windows = Windows::default();
        let now = Timestamp::from_nanos(1);
        let knows = |windows: &Windows, number| {
            windows.is_duplicate(OWNER, now, &intent(number), Duration::ZERO)
        };
        for number in 1..=1_024 {
            windows.approved(OWNER, now, &intent(number));
        }
        assert!(knows(&windows, 1));
        windows.approved(OWNER, now, &intent(1_025));
        assert!(!knows(&windows, 1) && knows(&windows, 2) && knows(&windows, 1_025));
    }

    #[test]
    fn as_many_orders_are_remembered_as_said_and_one_seen_twice_until_both_are_gone() {
        let mut windows = Windows::default();
        let now = Timestamp::from_nanos(1);
        let knows = |windows: &Windows, units| {
            windows.is_duplicate(OWNER, now, &order(units), Duration::from_nanos(10))
        };
        windows.approved(OWNER, now, &order(1));
        windows.approved(OWNER, now, &order(1));
        for units in 2..=1_023 {
            windows.approved(OWNER, now, &order(units));
        }
        assert!(knows(&windows, 1));
        windows.approved(OWNER, now, &order(2_001));
        assert!(knows(&windows, 1), "the second of it is still remembered");
        windows.approved(OWNER, now, &order(2_002));
        assert!(!knows(&windows, 1) && knows(&windows, 2));
        windows.approved(OWNER, now, &order(2_003));
        assert!(!knows(&windows, 2));
    }
}

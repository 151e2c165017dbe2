//! Who is told about which instrument, and the aggregators that make their bars.

mod books;

use crate::bars::Aggregator;
use crate::journal::codec::{fields, variants};
pub(crate) use books::BookFeeds;
use model::{BarSpec, InstrumentId, OrderId, StrategyId, Subscription};

/// Bar rules that one instrument may have listeners for at once.
const MAX_BAR_RULES: usize = 1_024;

/// Whether a strategy's running instance or its candidate listens, or an algorithm that works one of
/// its orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Primary,
    Candidate,
    Algorithm(OrderId),
}

/// One listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) strategy: StrategyId,
    pub(crate) role: Role,
}

/// Listeners of one kind of event in the order in which they joined. Each has a number that never
/// comes back, so that a walk over them neither skips nor repeats anybody while some leave or join.
#[derive(Debug, Default)]
pub(crate) struct Seats {
    numbered: Vec<(u64, Seat)>,
    joined: u64,
}

impl Seats {
    pub(crate) fn is_empty(&self) -> bool {
        self.numbered.is_empty()
    }

    /// The number the next listener to join will get.
    pub(crate) fn end(&self) -> u64 {
        self.joined
    }

    /// The first listener numbered `from` or above, but below `end`, with its number.
    pub(crate) fn next(&self, from: u64, end: u64) -> Option<(u64, Seat)> {
        let index = self.numbered.partition_point(|(number, _)| *number < from);
        let next = self.numbered.get(index).copied();
        next.filter(|(number, _)| *number < end)
    }

    fn has(&self, seat: Seat) -> bool {
        self.numbered.iter().any(|(_, other)| *other == seat)
    }

    fn add(&mut self, seat: Seat) {
        if !self.has(seat) {
            self.numbered.push((self.joined, seat));
            self.joined += 1;
        }
    }

    fn remove(&mut self, seat: Seat) {
        self.numbered.retain(|(_, other)| *other != seat);
    }

    fn replace(&mut self, old: Seat, new: Seat) {
        for (_, seat) in self.numbered.iter_mut().filter(|(_, seat)| *seat == old) {
            *seat = new;
        }
    }
}

/// An aggregator with those who listen to its bars. It stays when they leave, so that indices
/// into the list stay true; without listeners it is skipped, until its place is used again.
#[derive(Debug)]
pub(crate) struct BarFeed {
    pub(crate) aggregator: Aggregator,
    pub(crate) seats: Seats,
    /// Whether the end of the bar in the making is on the agenda.
    pub(crate) scheduled: bool,
}

/// The listeners of one instrument, in the order in which they subscribed.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    pub(crate) quotes: Seats,
    pub(crate) trades: Seats,
    pub(crate) bars: Vec<BarFeed>,
    pub(crate) books: BookFeeds,
}

impl Listeners {
    /// Adds a listener; one that is there already keeps its place. `false` when no more bar rules
    /// fit the instrument.
    pub(crate) fn add(&mut self, seat: Seat, subscription: &Subscription) -> bool {
        match subscription {
            Subscription::Quotes(_) => self.quotes.add(seat),
            Subscription::Trades(_) => self.trades.add(seat),
            Subscription::Bars(instrument, spec) => {
                let Some(feed) = self.feed_for(*instrument, *spec) else {
                    return false;
                };
                feed.seats.add(seat);
            }
            Subscription::Book(_, depth) => self.books.add(seat, *depth),
        }
        true
    }

    pub(crate) fn remove(&mut self, seat: Seat, subscription: &Subscription) {
        match subscription {
            Subscription::Quotes(_) => self.quotes.remove(seat),
            Subscription::Trades(_) => self.trades.remove(seat),
            Subscription::Bars(_, spec) => {
                if let Some(index) = self.feed(*spec) {
                    self.bars[index].seats.remove(seat);
                }
            }
            Subscription::Book(_, depth) => self.books.remove(seat, *depth),
        }
    }

    pub(crate) fn remove_all(&mut self, seat: Seat) {
        self.for_each_list(|seats| seats.remove(seat));
    }

    /// Puts a candidate's seats in the place of its predecessor's.
    pub(crate) fn promote(&mut self, strategy: StrategyId) {
        let (primary, candidate) = both(strategy);
        self.for_each_list(|seats| {
            seats.remove(primary);
            seats.replace(candidate, primary);
        });
    }

    /// Whether it listens to anything here.
    pub(crate) fn has(&self, seat: Seat) -> bool {
        let bars = self.bars.iter().map(|feed| &feed.seats);
        let mut lists = [&self.quotes, &self.trades]
            .into_iter()
            .chain(bars)
            .chain(self.books.lists());
        lists.any(|seats| seats.has(seat))
    }

    /// The same as [`Self::promote`], with the predecessor's seats behind those of all others instead
    /// of gone.
    pub(crate) fn exchange(&mut self, strategy: StrategyId) {
        let (primary, candidate) = both(strategy);
        self.for_each_list(|seats| {
            let was_there = seats.has(primary);
            seats.remove(primary);
            seats.replace(candidate, primary);
            if was_there {
                seats.add(candidate);
            }
        });
    }

    /// Puts a candidate's seats behind those of all others.
    pub(crate) fn put_behind(&mut self, strategy: StrategyId) {
        let (_, candidate) = both(strategy);
        self.for_each_list(|seats| {
            if seats.has(candidate) {
                seats.remove(candidate);
                seats.add(candidate);
            }
        });
    }

    fn for_each_list(&mut self, mut act: impl FnMut(&mut Seats)) {
        act(&mut self.quotes);
        act(&mut self.trades);
        self.bars.iter_mut().for_each(|feed| act(&mut feed.seats));
        self.books.for_each_list(act);
    }

    /// The feed of a rule, made when there is none. One that nobody listened to begins afresh: what
    /// it held is from before a gap.
    fn feed_for(&mut self, instrument: InstrumentId, spec: BarSpec) -> Option<&mut BarFeed> {
        let idle = |feed: &BarFeed| feed.seats.is_empty() && !feed.scheduled;
        let found = self
            .feed(spec)
            .or_else(|| self.bars.iter().position(idle))
            .or_else(|| (self.bars.len() < MAX_BAR_RULES).then_some(self.bars.len()))?;
        if found == self.bars.len() {
            self.bars.push(BarFeed {
                aggregator: Aggregator::new(instrument, spec),
                seats: Seats::default(),
                scheduled: false,
            });
        }
        let feed = &mut self.bars[found];
        if feed.seats.is_empty() {
            feed.aggregator = Aggregator::new(instrument, spec);
        }
        Some(feed)
    }

    fn feed(&self, spec: BarSpec) -> Option<usize> {
        self.bars
            .iter()
            .position(|feed| feed.aggregator.spec() == spec)
    }
}

/// The seats of a strategy's running instance and of the one beside it.
const fn both(strategy: StrategyId) -> (Seat, Seat) {
    let primary = Seat {
        strategy,
        role: Role::Primary,
    };
    let candidate = Seat {
        strategy,
        role: Role::Candidate,
    };
    (primary, candidate)
}

fields! {
    Seat { strategy, role }
    Seats { numbered, joined }
    BarFeed { aggregator, seats, scheduled }
    Listeners { quotes, trades, bars, books }
}
variants!(Role { 0 => Primary, 1 => Candidate, 2 => Algorithm(parent) });

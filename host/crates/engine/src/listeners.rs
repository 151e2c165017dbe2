//! Who is told about which instrument, and the aggregators that make their bars.

use crate::bars::Aggregator;
use model::{BarSpec, StrategyId, Subscription};

/// Whether a strategy's running instance or its candidate listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Primary,
    Candidate,
}

/// One listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) strategy: StrategyId,
    pub(crate) role: Role,
}

/// An aggregator with those who listen to its bars. It stays when they leave, so that indices
/// into the list stay true; without listeners it is skipped.
#[derive(Debug)]
pub(crate) struct BarFeed {
    pub(crate) aggregator: Aggregator,
    pub(crate) seats: Vec<Seat>,
    /// Whether the end of the bar in the making is on the agenda.
    pub(crate) scheduled: bool,
}

/// The listeners of one instrument, in the order in which they subscribed.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    pub(crate) quotes: Vec<Seat>,
    pub(crate) trades: Vec<Seat>,
    pub(crate) bars: Vec<BarFeed>,
}

impl Listeners {
    pub(crate) fn add(&mut self, seat: Seat, subscription: &Subscription) {
        let seats = match subscription {
            Subscription::Quotes(_) => &mut self.quotes,
            Subscription::Trades(_) => &mut self.trades,
            Subscription::Bars(instrument, spec) => {
                let index = self.feed(*spec).unwrap_or_else(|| {
                    let aggregator = Aggregator::new(*instrument, *spec);
                    self.bars.push(BarFeed {
                        aggregator,
                        seats: Vec::new(),
                        scheduled: false,
                    });
                    self.bars.len() - 1
                });
                &mut self.bars[index].seats
            }
        };
        if !seats.contains(&seat) {
            seats.push(seat);
        }
    }

    pub(crate) fn remove(&mut self, seat: Seat, subscription: &Subscription) {
        match subscription {
            Subscription::Quotes(_) => self.quotes.retain(|other| *other != seat),
            Subscription::Trades(_) => self.trades.retain(|other| *other != seat),
            Subscription::Bars(_, spec) => {
                if let Some(index) = self.feed(*spec) {
                    self.bars[index].seats.retain(|other| *other != seat);
                }
            }
        }
    }

    pub(crate) fn remove_all(&mut self, seat: Seat) {
        self.for_each_list(|seats| seats.retain(|other| *other != seat));
    }

    /// Puts a candidate's seats in the place of its predecessor's.
    pub(crate) fn promote(&mut self, strategy: StrategyId) {
        let primary = Seat {
            strategy,
            role: Role::Primary,
        };
        let candidate = Seat {
            strategy,
            role: Role::Candidate,
        };
        self.for_each_list(|seats| {
            seats.retain(|seat| *seat != primary);
            for seat in seats.iter_mut().filter(|seat| **seat == candidate) {
                *seat = primary;
            }
        });
    }

    fn for_each_list(&mut self, mut act: impl FnMut(&mut Vec<Seat>)) {
        act(&mut self.quotes);
        act(&mut self.trades);
        self.bars.iter_mut().for_each(|feed| act(&mut feed.seats));
    }

    fn feed(&self, spec: BarSpec) -> Option<usize> {
        self.bars
            .iter()
            .position(|feed| feed.aggregator.spec() == spec)
    }
}

//! What is due when. One ordered list for timers, bar ends, order expiries and commands on their
//! way to a venue, so that all of them happen in one order that replays.

use crate::journal::codec::{fields, variants, wrappers};
use model::{AccountId, InstrumentId, OrderId, StrategyId, Timestamp};
use std::collections::BTreeMap;

/// Something that happens when its time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// A command reaches its venue.
    Venue(crate::exchange::VenueCommand),
    /// A strategy is woken.
    Timer(StrategyId, u64),
    /// A time bar ends.
    BarEnd(InstrumentId, usize),
    /// An order's time is over.
    Expiry(OrderId),
    /// The algorithm that works an order is woken.
    AlgorithmTimer(OrderId, u64),
    /// A session of an instrument opens or closes.
    Session(InstrumentId),
    /// A venue outside should have answered about an order.
    Answer(OrderId),
    /// An account is compared with its venue outside.
    Reconcile(AccountId),
    /// Market data of an instrument reaches the host.
    Data(InstrumentId),
    /// An instrument stops trading for ever.
    Maturity(InstrumentId),
    /// A final price is waited for no longer.
    Settlement(InstrumentId),
    /// A day of an account is over.
    DayEnd(AccountId),
    /// The time is over that an account has to cover its margin.
    Grace(AccountId),
    /// A version was watched for long enough.
    ProbationEnd(StrategyId),
    /// The version before a canary is woken.
    TimerBeside(StrategyId, u64),
    /// The cancel of a broken strategy's order, once refused, is asked for again; at this place in its
    /// series.
    CancelAgain(OrderId, u8),
}

/// A handle by which an entry can be taken out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(Timestamp, u64);

impl Ticket {
    /// When the entry is due.
    pub(crate) const fn due(self) -> Timestamp {
        self.0
    }
}

/// Entries by time, then by the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    entries: BTreeMap<Ticket, Due>,
    made: u64,
    next: Option<Timestamp>,
}

impl Agenda {
    pub(crate) fn add(&mut self, at: Timestamp, due: Due) -> Ticket {
        let ticket = Ticket(at, self.made);
        self.made += 1;
        self.entries.insert(ticket, due);
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
        ticket
    }

    pub(crate) fn remove(&mut self, ticket: Ticket) {
        self.entries.remove(&ticket);
        self.refresh();
    }

    /// Whether there is such an entry. Looks at all of them.
    pub(crate) fn has(&self, is: impl Fn(&Due) -> bool) -> bool {
        self.entries.values().any(is)
    }

    /// When the next entry is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.next
    }

    /// Whether anything is due at or before `now`.
    #[inline]
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.next.is_some_and(|next| next <= now)
    }

    /// Takes the first entry due at or before `now`.
    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, Due)> {
        if !self.is_due(now) {
            return None;
        }
        let (ticket, due) = self.entries.pop_first()?;
        self.refresh();
        Some((ticket.0, due))
    }

    /// The same, leaving the ends of orders and instruments that are due at `now` itself for later.
    pub(crate) fn pop_but_ends_at(&mut self, now: Timestamp) -> Option<(Timestamp, Due)> {
        let (ticket, _) = self
            .entries
            .range(..=Ticket(now, u64::MAX))
            .find(|(ticket, due)| {
                ticket.0 < now || !matches!(due, Due::Expiry(_) | Due::Maturity(_))
            })?;
        let ticket = *ticket;
        let due = self.entries.remove(&ticket)?;
        self.refresh();
        Some((ticket.0, due))
    }

    /// Takes out all commands on their way to the venue of an instrument, in their order.
    pub(crate) fn recall(
        &mut self,
        instrument: InstrumentId,
    ) -> Vec<crate::exchange::VenueCommand> {
        let mut recalled = Vec::new();
        self.entries.retain(|_, due| match due {
            Due::Venue(command) if command.instrument() == instrument => {
                recalled.push(*command);
                false
            }
            _ => true,
        });
        self.refresh();
        recalled
    }

    /// Takes out what is awaited of venues outside.
    pub(crate) fn forget_outside(&mut self) {
        self.entries
            .retain(|_, due| !matches!(due, Due::Answer(_) | Due::Reconcile(_)));
        self.refresh();
    }

    fn refresh(&mut self) {
        self.next = self.entries.first_key_value().map(|(ticket, _)| ticket.0);
    }
}

fields! {
    Agenda { entries, made, next }
}
wrappers!(Ticket(at, number));
variants!(Due {
    0 => Venue(command),
    1 => Timer(strategy, id),
    2 => BarEnd(instrument, feed),
    3 => Expiry(order),
    4 => AlgorithmTimer(parent, id),
    5 => Session(instrument),
    6 => Answer(order),
    7 => Reconcile(account),
    8 => Data(instrument),
    9 => Maturity(instrument),
    10 => Settlement(instrument),
    11 => DayEnd(account),
    12 => Grace(account),
    13 => ProbationEnd(strategy),
    14 => TimerBeside(strategy, id),
    15 => CancelAgain(order, place),
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_out_by_time_then_by_making() {
        let mut agenda = Agenda::default();
        let at = Timestamp::from_nanos;
        agenda.add(at(5), Due::Timer(StrategyId::new(0), 1));
        let gone = agenda.add(at(3), Due::Timer(StrategyId::new(0), 2));
        agenda.add(at(3), Due::Timer(StrategyId::new(0), 3));
        agenda.remove(gone);
        assert_eq!(agenda.pop(at(2)), None);
        assert_eq!(
            agenda.pop(at(9)),
            Some((at(3), Due::Timer(StrategyId::new(0), 3)))
        );
        assert_eq!(
            agenda.pop(at(9)),
            Some((at(5), Due::Timer(StrategyId::new(0), 1)))
        );
        assert_eq!(agenda.pop(at(9)), None);
    }

    #[test]
    fn ends_of_orders_can_wait_for_the_bar_that_ends_with_them() {
        let mut agenda = Agenda::default();
        let at = Timestamp::from_nanos;
        let (early, late) = (OrderId::from_number(1), OrderId::from_number(2));
        agenda.add(at(5), Due::Expiry(late));
        agenda.add(at(4), Due::Expiry(early));
        agenda.add(at(5), Due::Session(InstrumentId::new(0)));
        let session = Due::Session(InstrumentId::new(0));
        assert_eq!(
            agenda.pop_but_ends_at(at(5)),
            Some((at(4), Due::Expiry(early)))
        );
        assert_eq!(agenda.pop_but_ends_at(at(5)), Some((at(5), session)));
        assert_eq!(agenda.pop_but_ends_at(at(5)), None);
        assert_eq!(agenda.next_due(), Some(at(5)));
        assert_eq!(agenda.pop(at(5)), Some((at(5), Due::Expiry(late))));
    }
}

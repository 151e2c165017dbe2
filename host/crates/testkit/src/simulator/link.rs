//! The link between host and venue. It loses, doubles, delays and reorders what the venue says, and
//! loses what it is asked; when it breaks, all that is on its way is gone.

use super::dice::Dice;
use super::faults::{Fault, Faults};
use crate::venue::Said;
use model::{Duration, Outbound, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// How much goes wrong on one day, of a hundred.
#[derive(Debug, Clone, Copy)]
struct Rates {
    lost: u64,
    doubled: u64,
    late: u64,
    commands_lost: u64,
}

/// A connection and all that is on its way.
#[derive(Debug)]
pub(super) struct Link {
    faults: Faults,
    rates: Rates,
    dice: Dice,
    up: bool,
    to_venue: VecDeque<(Timestamp, Outbound)>,
    to_host: BTreeMap<(Timestamp, u64), Said>,
    counter: u64,
    /// Nothing that keeps its place arrives before this.
    latest: Timestamp,
}

impl Link {
    pub(super) fn new(seed: u64, faults: Faults) -> Self {
        let mut dice = Dice::of(&[seed, 0x0117]);
        let rates = Rates {
            lost: dice.below(31),
            doubled: dice.below(51),
            late: dice.below(20),
            commands_lost: dice.below(5),
        };
        Self {
            faults,
            rates,
            dice,
            up: true,
            to_venue: VecDeque::new(),
            to_host: BTreeMap::new(),
            counter: 0,
            latest: Timestamp::ZERO,
        }
    }

    /// From now on nothing goes wrong.
    pub(super) fn mend(&mut self) {
        self.faults = Faults::NONE;
        self.up = true;
    }

    pub(super) fn is_up(&self) -> bool {
        self.up
    }

    pub(super) fn set_up(&mut self, up: bool) {
        self.up = up;
    }

    /// Everything on its way is gone. What the venue was sent may have reached it before.
    pub(super) fn cut(&mut self) -> Vec<Outbound> {
        self.to_host.clear();
        let count = self.to_venue.len();
        let arrives = self.dice.index(count + 1).unwrap_or(0);
        let arrived = self.to_venue.drain(..).take(arrives);
        arrived.map(|(_, message)| message).collect()
    }

    /// A message leaves for the venue; they stay in order.
    pub(super) fn send(&mut self, now: Timestamp, message: Outbound) {
        let lost =
            self.faults.has(Fault::LostCommands) && self.dice.chance(self.rates.commands_lost, 100);
        if !self.up || lost {
            return;
        }
        let arrives = now.after(Duration::from_millis(self.dice.below(150)));
        let before = self.to_venue.back().map(|(arrives, _)| *arrives);
        let arrives = before.map_or(arrives, |before| before.max(arrives));
        self.to_venue.push_back((arrives, message));
    }

    /// The next message that has reached the venue.
    pub(super) fn next_command(&mut self, now: Timestamp) -> Option<Outbound> {
        let (arrives, _) = self.to_venue.front()?;
        if *arrives > now {
            return None;
        }
        self.to_venue.pop_front().map(|(_, message)| message)
    }

    /// The venue says something.
    pub(super) fn say(&mut self, now: Timestamp, said: Said) {
        let lost = self.faults.has(Fault::LostReports) && self.dice.chance(self.rates.lost, 100);
        if !self.up || lost {
            return;
        }
        if self.faults.has(Fault::DoubledReports) && self.dice.chance(self.rates.doubled, 100) {
            self.deliver(now, said.clone());
        }
        self.deliver(now, said);
    }

    fn deliver(&mut self, now: Timestamp, said: Said) {
        let mut delay = 1 + self.dice.below(100);
        if self.faults.has(Fault::LateReports) && self.dice.chance(self.rates.late, 100) {
            delay += self.dice.below(6_000);
        }
        let mut arrives = now.after(Duration::from_millis(delay));
        if !self.faults.has(Fault::ReorderedReports) {
            arrives = arrives.max(self.latest);
            self.latest = arrives;
        }
        self.counter += 1;
        self.to_host.insert((arrives, self.counter), said);
    }

    /// The next thing the host hears.
    pub(super) fn next_said(&mut self, now: Timestamp) -> Option<Said> {
        let first = self.to_host.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        Some(first.remove())
    }

    /// How much is on its way.
    pub(super) fn in_flight(&self) -> u64 {
        (self.to_venue.len() + self.to_host.len()) as u64
    }
}

//! The venue outside: messages leave once the journal has them, answers come in, the connection
//! breaks, and in the end both sides must agree.

use super::{Day, Violation};
use crate::simulator::dice::Dice;
use crate::simulator::faults::Fault;
use crate::simulator::market::ticks;
use crate::simulator::scenario::Scenario;
use crate::simulator::setup::{ACCOUNTS, VENUE, grid};
use crate::simulator::trace::{command_in_words, report_in_words};
use crate::venue::Said;
use engine::{Command, Input, Standing};
use model::{Duration, InstrumentId, Timestamp};

/// Rounds of ten seconds in which both sides must agree once nothing goes wrong any more.
const MOST_ROUNDS: u32 = 30;

impl Day<'_> {
    /// The venue lives through a turn: the market moves it, messages reach it, answers come.
    pub(super) fn venue_turn(
        &mut self,
        dice: &mut Dice,
        number: u64,
        time: Timestamp,
    ) -> Result<(), Violation> {
        if !self.scenario.outside {
            return Ok(());
        }
        let now = self.market_time(&mut dice.clone(), number);
        self.venue.pass(now);
        let instrument = InstrumentId::new(index_below(dice, Scenario::INSTRUMENTS));
        let level = ticks(self.scenario.seed, instrument.number(), number);
        self.venue
            .trade(instrument, grid(instrument.number()).price(level));
        self.surprise(dice);
        self.exchange_messages(time)?;
        if self.has(Fault::Disconnects) {
            self.shake(dice, time)?;
        }
        Ok(())
    }

    /// What the venue does that nobody asked for.
    fn surprise(&mut self, dice: &mut Dice) {
        if self.has(Fault::Busts) && dice.chance(1, 200) {
            self.venue.revise_any();
        }
        if !self.has(Fault::ExternalOrders) {
            return;
        }
        if dice.chance(1, 150) {
            let account = dice.one_of(ACCOUNTS);
            let instrument = InstrumentId::new(index_below(dice, Scenario::INSTRUMENTS));
            self.venue.place_for_somebody(account, instrument);
        }
        if dice.chance(1, 200) {
            self.venue.withdraw_any();
        }
    }

    /// Delivers what has arrived on both sides.
    fn exchange_messages(&mut self, time: Timestamp) -> Result<(), Violation> {
        let now = self.venue.now();
        while let Some(message) = self.link.next_command(now) {
            self.trace.say(time, || {
                format!("venue gets {}", command_in_words(&message))
            });
            self.venue.take(&message);
        }
        self.collect();
        let flying = self.link.in_flight();
        self.summary.most_in_flight = self.summary.most_in_flight.max(flying);
        while let Some(said) = self.link.next_said(now) {
            let input = match said {
                Said::Report(report) => Input::VenueReport(Box::new(report)),
                Said::Snapshot(snapshot) => Input::VenueSnapshot(snapshot),
            };
            self.step(time, input)?;
        }
        Ok(())
    }

    /// Puts on the link what the venue has said.
    fn collect(&mut self) {
        let now = self.venue.now();
        for said in self.venue.hear() {
            self.summary.reports += 1;
            if let Said::Report(report) = &said {
                self.trace
                    .say(now, || format!("venue says {}", report_in_words(report)));
            }
            self.link.say(now, said);
        }
    }

    /// The connection breaks now and then, and comes back later.
    fn shake(&mut self, dice: &mut Dice, time: Timestamp) -> Result<(), Violation> {
        if self.link.is_up() {
            if dice.chance(1, 250) {
                self.cut();
                self.link.set_up(false);
                self.command(time, Command::SetVenueConnected(VENUE, false))?;
            }
        } else if dice.chance(1, 12) {
            self.link.set_up(true);
            self.command(time, Command::SetVenueConnected(VENUE, true))?;
        }
        Ok(())
    }

    /// Some of what was on its way to the venue still arrives; the rest is gone.
    pub(super) fn cut(&mut self) {
        self.collect();
        for message in self.link.cut() {
            self.venue.take(&message);
        }
        // What it says to that is said to nobody.
        let unheard = self.venue.hear();
        self.summary.reports += unheard.len() as u64;
    }

    /// A host that came back asks its venue for everything.
    pub(super) fn reconnect(&mut self) -> Result<(), Violation> {
        if !self.scenario.outside {
            return Ok(());
        }
        let now = self.engine.now();
        self.command(now, Command::SetVenueConnected(VENUE, false))?;
        if self.link.is_up() {
            self.command(now, Command::SetVenueConnected(VENUE, true))?;
        }
        Ok(())
    }

    /// Sends what the journal has now.
    pub(super) fn let_out(&mut self) {
        let now = self.venue.now();
        for message in std::mem::take(&mut self.outbox) {
            self.link.send(now, message);
        }
    }

    /// Nothing goes wrong any more: both sides must come to agree, and then be equal.
    pub(super) fn reconcile(&mut self) -> Result<(), Violation> {
        if !self.scenario.outside {
            return Ok(());
        }
        self.link.mend();
        self.reconnect()?;
        let mut asked = 0;
        for _ in 0..MOST_ROUNDS {
            self.round()?;
            let agree = |account| self.engine.standing(account) == Standing::Reconciled;
            let settled = ACCOUNTS.into_iter().all(agree)
                && self.link.in_flight() == 0
                && !self.is_anything_pending();
            if settled && asked == 2 {
                return self.compare();
            }
            if settled {
                asked += 1;
                self.command(self.engine.now(), Command::Reconcile(VENUE))?;
            }
        }
        let standings = ACCOUNTS.map(|account| self.engine.standing(account));
        Err(Violation::new(
            "I13",
            format!(
                "after {MOST_ROUNDS} rounds accounts are {standings:?}: {}",
                self.open_doubts()
            ),
        ))
    }

    /// Ten seconds in which all messages arrive.
    fn round(&mut self) -> Result<(), Violation> {
        for _ in 0..10 {
            self.commit()?;
            let second = Duration::from_secs(1);
            self.venue.pass(self.venue.now().after(second));
            let time = self.engine.now().after(second);
            self.exchange_messages(time)?;
            self.step(time, Input::Clock)?;
        }
        self.commit()
    }

    fn is_anything_pending(&self) -> bool {
        let mut open = self.engine.orders().iter();
        open.any(|open| open.order.status.is_in_flight() || self.engine.is_in_doubt(open.order.id))
    }

    fn open_doubts(&self) -> String {
        let open = self.engine.orders().iter().map(|open| &open.order);
        let open =
            open.filter(|order| order.status.is_in_flight() || self.engine.is_in_doubt(order.id));
        let words: Vec<String> = open
            .take(5)
            .map(|order| format!("{} is {}", order.id, order.status.name()))
            .collect();
        words.join(", ")
    }

    /// I13: executions, positions and open orders are those of the venue, none lost, none doubled,
    /// no order sent twice.
    fn compare(&mut self) -> Result<(), Violation> {
        let twice = self.venue.sent_twice();
        Violation::unless("G3", twice.is_empty(), || format!("sent twice: {twice:?}"))?;
        self.books.same_executions(self.venue.executions())?;
        let held = self.books.by_account();
        let theirs = self.venue.positions();
        Violation::unless("I13", held == theirs, || {
            format!("positions are {held:?}, the venue holds {theirs:?}")
        })?;
        self.compare_open_orders()
    }

    fn compare_open_orders(&self) -> Result<(), Violation> {
        let ours = self.engine.orders().iter().map(|open| open.order);
        let mut ours: Vec<_> = ours
            .filter(|order| order.status != model::OrderStatus::Emulated)
            .map(|order| {
                let key = (order.account, order.instrument, order.side);
                (key, order.remaining(), order.kind.price())
            })
            .collect();
        let mut theirs: Vec<_> = self
            .venue
            .open_orders()
            .map(|(_, order)| {
                let key = (order.account, order.instrument, order.side);
                (key, order.remaining(), order.kind.price())
            })
            .collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        Violation::unless("I13", ours == theirs, || {
            format!("open orders are {ours:?}, the venue holds {theirs:?}")
        })
    }
}

fn index_below(dice: &mut Dice, end: u32) -> u32 {
    u32::try_from(dice.below(end.into())).unwrap_or(0)
}

//! Random orders at a venue outside, over a line that loses, doubles, delays and shuffles messages in
//! both directions. Once the line is good again two reconciliations are enough for both ledgers to
//! be the same to the last unit, and no order was ever sent twice.

use crate::dice::Dice;
use crate::dice_outside::{any_report, any_snapshot};
use crate::fake_venue::FakeVenue;
use crate::outside_world::*;
use crate::world::*;
use engine::{Command, Effect, ExternalVenue, Input, Standing, invariants};
use model::{Amendment, Duration, Outbound, Side, VenueReportKind};
use std::collections::VecDeque;

/// In percent.
#[derive(Debug, Clone, Copy)]
struct Line {
    lost: u64,
    doubled: u64,
    /// Orders may arrive long after they were sent.
    delayed: u64,
    /// What waits may be overtaken.
    shuffled: bool,
}

struct Run {
    world: World,
    venue: FakeVenue,
    dice: Dice,
    line: Line,
    told: usize,
    outgoing: VecDeque<Outbound>,
    delayed: VecDeque<Outbound>,
    incoming: VecDeque<Input>,
}

impl Run {
    fn new(seed: u64, line: Line) -> Self {
        let mut world = outside_with(ExternalVenue {
            answer_within: Duration::from_nanos(WITHIN),
            reconcile_every: Duration::from_nanos(20 * WITHIN),
            ..ExternalVenue::default()
        });
        world.connect();
        let told = world.effects.len();
        Self {
            world,
            venue: FakeVenue::default(),
            dice: Dice::new(seed),
            line,
            told,
            outgoing: VecDeque::new(),
            delayed: VecDeque::new(),
            incoming: VecDeque::new(),
        }
    }

    /// Puts on the line what the engine handed out.
    fn collect(&mut self) {
        for effect in &self.world.effects[self.told..] {
            if let Effect::Outbound(message) = effect
                && self.dice.below(100) >= self.line.lost
            {
                self.outgoing.push_back(message.clone());
            }
        }
        self.told = self.world.effects.len();
    }

    fn take<T>(dice: &mut Dice, shuffled: bool, queue: &mut VecDeque<T>) -> Option<T> {
        if queue.is_empty() {
            return None;
        }
        let place = if shuffled {
            usize::try_from(dice.below(queue.len() as u64)).unwrap()
        } else {
            0
        };
        queue.remove(place)
    }

    fn say(&mut self, said: Vec<Input>) {
        for input in said {
            if self.dice.below(100) < self.line.lost {
                continue;
            }
            if self.dice.below(100) < self.line.doubled {
                self.incoming.push_back(input.clone());
            }
            self.incoming.push_back(input);
        }
    }

    fn send_one(&mut self) -> bool {
        // A connection keeps its messages in order; what is lost is lost.
        let Some(message) = self.outgoing.pop_front() else {
            return false;
        };
        if self.dice.below(100) < self.line.delayed {
            self.delayed.push_back(message);
            return true;
        }
        self.arrive(&message);
        true
    }

    fn arrive(&mut self, message: &Outbound) {
        let said = self.venue.receive(message, self.world.now, &mut self.dice);
        self.say(said);
    }

    fn arrive_late(&mut self) {
        if let Some(message) = Self::take(&mut self.dice, true, &mut self.delayed) {
            self.arrive(&message);
        }
    }

    fn hear_one(&mut self) -> bool {
        let shuffled = self.line.shuffled;
        let Some(input) = Self::take(&mut self.dice, shuffled, &mut self.incoming) else {
            return false;
        };
        self.world.step(input);
        self.collect();
        true
    }

    fn trade(&mut self) {
        let open: Vec<_> = self.world.engine.orders().ids_of(MARGIN_HAND, None);
        match self.dice.below(6) {
            0 if !open.is_empty() => {
                let order = self.dice.one_of(&open);
                self.world.cancel(order);
            }
            1 if !open.is_empty() => {
                let order = self.dice.one_of(&open);
                let units = 1 + self.dice.below(12);
                self.world.command(Command::ModifyOrder(Amendment {
                    order,
                    quantity: Some(quantity(&units.to_string())),
                    price: None,
                    trigger: None,
                }));
            }
            _ => {
                let units = (1 + self.dice.below(9)).to_string();
                let ask = match self.dice.side() {
                    Side::Buy => buy(EQUITY, &units).limit("100"),
                    Side::Sell => sell(EQUITY, &units).limit("100"),
                };
                self.world.place(MARGIN_HAND, ask);
            }
        }
        self.collect();
    }

    fn disturb(&mut self) {
        match self.dice.below(10) {
            0..3 => self.trade(),
            3..5 => {
                self.send_one();
            }
            5..7 => {
                self.hear_one();
            }
            7 => {
                let said = self.venue.act(self.world.now, &mut self.dice);
                self.say(said);
            }
            8 => {
                self.world.wait(WITHIN / 3);
                self.collect();
            }
            _ if self.dice.below(2) == 0 => self.arrive_late(),
            _ if self.dice.below(10) == 0 => {
                self.world.command(Command::SetVenueConnected(VENUE, false));
                self.world.command(Command::SetVenueConnected(VENUE, true));
                self.collect();
            }
            _ => {}
        }
    }

    /// Everything that is on the line arrives, and all that follows from it.
    fn quiesce(&mut self) {
        for _ in 0..10_000 {
            if !self.hear_one() && !self.send_one() {
                return;
            }
        }
        panic!("messages go on for ever");
    }

    fn cycle(&mut self) {
        self.world.command(Command::Reconcile(VENUE));
        self.collect();
        for _ in 0..2 {
            self.quiesce();
            self.world.wait(WITHIN);
            self.collect();
        }
        self.quiesce();
    }

    fn agrees(&self) -> Result<(), invariants::Violation> {
        let as_of = at(self.world.now + SECOND);
        let snapshot = self.venue.snapshot(0, as_of, as_of);
        invariants::agrees_with_venue(&self.world.engine, &snapshot)
    }

    fn check(&mut self, seed: u64) {
        assert_eq!(self.agrees(), Ok(()), "seed {seed}");
        let world = &mut self.world;
        let once = invariants::executions_count_once(&world.engine);
        assert_eq!(once, Ok(()), "seed {seed}");
        let standing = world.engine.standing(MARGIN);
        assert_eq!(standing, Standing::Reconciled, "seed {seed}");
        let [value, fees] = self.venue.spent();
        let ledger = world.account(MARGIN).ledger(USD);
        assert_eq!((ledger.traded, ledger.fees), (value, fees), "seed {seed}");
    }
}

/// Runs a seed; how many reconciliations it took.
fn run(seed: u64, line: Line, steps: u32) -> u32 {
    let mut run = Run::new(seed, line);
    for _ in 0..steps {
        run.disturb();
    }
    while !run.delayed.is_empty() {
        run.arrive_late();
    }
    run.line = Line {
        lost: 0,
        doubled: 0,
        delayed: 0,
        shuffled: false,
    };
    run.cycle();
    let standing = run.world.engine.standing(MARGIN);
    let done = run.agrees().is_ok() && standing == Standing::Reconciled;
    let cycles = if done { 1 } else { 2 };
    if cycles == 2 {
        run.cycle();
    }
    run.check(seed);
    cycles
}

#[test]
fn a_bad_line_ends_in_equal_ledgers() {
    let lines = [
        (0, 0, 0, false),
        (0, 50, 0, true),
        (10, 20, 5, false),
        (30, 50, 20, true),
    ];
    for (n, (lost, doubled, delayed, shuffled)) in (0_u64..).zip(lines) {
        let line = Line {
            lost,
            doubled,
            delayed,
            shuffled,
        };
        for seed in 0..40 {
            run(1_000 * n + seed, line, 300);
        }
    }
}

/// Whatever is reported, in the largest numbers too: nothing breaks, and the invariants hold.
#[test]
fn nonsense_breaks_nothing() {
    for seed in 0..150 {
        let mut run = Run::new(
            seed,
            Line {
                lost: 0,
                doubled: 0,
                delayed: 0,
                shuffled: true,
            },
        );
        for _ in 0..150 {
            match run.dice.below(3) {
                0 => run.trade(),
                1 => {
                    let said = nonsense(&mut run);
                    run.world.step(said);
                }
                _ => {
                    run.world.wait(WITHIN / 2);
                    run.collect();
                }
            }
        }
        let once = invariants::executions_count_once(&run.world.engine);
        assert_eq!(once, Ok(()), "seed {seed}");
    }
}

/// Words that make no sense, about orders and messages that are there.
fn nonsense(run: &mut Run) -> Input {
    let dice = &mut run.dice;
    let last = run.world.engine.orders().last_id();
    let ids: Vec<_> = run.world.engine.orders().ids_of(MARGIN_HAND, None);
    let known = ids.into_iter().chain(last).collect::<Vec<_>>();
    let sent = run.world.outbound().len() as u64;
    if dice.below(4) == 0 {
        let mut snapshot = any_snapshot(dice);
        (snapshot.venue, snapshot.account) = (VENUE, MARGIN);
        snapshot.request = run.world.last_request(MARGIN);
        let instruments = snapshot.positions.iter_mut();
        instruments.for_each(|position| position.instrument = EQUITY);
        for order in &mut snapshot.orders {
            order.instrument = EQUITY;
        }
        for listed in &mut snapshot.executions {
            listed.execution.instrument = EQUITY;
        }
        return Input::VenueSnapshot(Box::new(snapshot));
    }
    let mut report = any_report(dice);
    (report.venue, report.account) = (VENUE, MARGIN);
    if !known.is_empty() {
        report.order = dice.maybe(|dice| dice.one_of(&known));
    }
    match &mut report.kind {
        VenueReportKind::Filled(execution) | VenueReportKind::Corrected(execution) => {
            execution.instrument = EQUITY;
            if dice.flag() {
                execution.quantity = quantity(&(1 + dice.below(9)).to_string());
                execution.price = price("100");
                execution.revision = u32::try_from(dice.below(3)).unwrap();
            }
        }
        VenueReportKind::State { query, order } => {
            (*query, order.instrument) = (dice.below(sent + 1), EQUITY);
        }
        VenueReportKind::Unknown { query } => *query = dice.below(sent + 1),
        _ => {}
    }
    Input::VenueReport(Box::new(report))
}

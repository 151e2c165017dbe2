//! What goes wrong around the market and its venue: the clock, gaps and bursts of data, operators.

use super::{Day, Violation, all_instruments, is_native};
use crate::simulator::dice::Dice;
use crate::simulator::faults::Fault;
use crate::simulator::scenario::Scenario;
use crate::simulator::setup::{HAND, account_of, grid};
use engine::{Command, Input, LimitScope, Sequenced, StepError, StrategyState, TradingState};
use model::{InstrumentId, OrderKind, OrderRequest, Side, StrategyId, TimeInForce, Timestamp};

const SECOND_NS: i64 = 1_000_000_000;
/// Turns for which a clock that stands still does so.
const FROZEN_TURNS: u64 = 20;
/// Events in a turn during a burst.
const BURST_EVENTS: u64 = 100;

/// What is out of order at the moment. It outlives crashes of the host.
#[derive(Debug, Default)]
pub(super) struct Disturbance {
    /// How far the host's clock is ahead, in nanoseconds.
    ahead_ns: i64,
    /// The turn until which the clock stands still.
    frozen_until: u64,
    /// The turn until which there is a burst.
    burst_until: u64,
    /// What takes back what was done.
    repairs: Vec<Command>,
}

impl Day<'_> {
    /// The host's clock at a turn.
    pub(super) fn clock(&mut self, dice: &mut Dice, number: u64) -> Result<Timestamp, Violation> {
        let time = self.market_time(dice, number);
        if self.has(Fault::ClockJumps) && dice.chance(1, 150) {
            self.disturb_clock(dice, number)?;
        }
        if self.has(Fault::ClockJumps) && dice.chance(1, self.scenario.turns_per_hour_jump) {
            let hour = 3_600 * SECOND_NS;
            self.jump(if dice.chance(1, 2) { hour } else { -hour });
        }
        if number < self.disturbance.frozen_until {
            return Ok(self.engine.now());
        }
        let nanos = time
            .nanos()
            .saturating_add_signed(self.disturbance.ahead_ns);
        Ok(Timestamp::from_nanos(nanos))
    }

    fn disturb_clock(&mut self, dice: &mut Dice, number: u64) -> Result<(), Violation> {
        match dice.below(20) {
            0..=6 => self.jump(SECOND_NS),
            7..=12 => self.jump(-SECOND_NS),
            13..=15 => {
                self.disturbance.frozen_until = number + FROZEN_TURNS;
                let now = self.engine.now();
                self.trace.say(now, || "the clock stands still".to_owned());
            }
            _ => self.back()?,
        }
        Ok(())
    }

    fn jump(&mut self, by_ns: i64) {
        self.disturbance.ahead_ns += by_ns;
        let now = self.engine.now();
        self.trace.say(now, || {
            format!("the clock jumps by {} s", by_ns / SECOND_NS)
        });
    }

    /// Time that goes back is refused, and changes nothing.
    fn back(&mut self) -> Result<(), Violation> {
        let before = self.engine.journal().hash();
        let (now, sequence) = (self.engine.now(), self.engine.sequence());
        let back = Sequenced {
            sequence: sequence + 1,
            time: now.before(model::Duration::from_nanos(1)),
            input: Input::Clock,
        };
        let refused = matches!(self.engine.step(back), Err(StepError::Time { .. }));
        let same = self.engine.journal().hash() == before && self.engine.sequence() == sequence;
        Violation::unless("clock", refused && same, || {
            format!("time could go back from {now}")
        })
    }

    /// How many market events a turn has.
    pub(super) fn events_of(&mut self, dice: &mut Dice, number: u64) -> u64 {
        if self.has(Fault::Bursts) && dice.chance(1, self.scenario.turns_per_burst) {
            self.disturbance.burst_until = number + self.scenario.burst_turns;
        }
        if number < self.disturbance.burst_until {
            BURST_EVENTS
        } else {
            1
        }
    }

    /// Does something to the host now and then, and takes it back later.
    pub(super) fn disturb(&mut self, dice: &mut Dice, time: Timestamp) -> Result<(), Violation> {
        if self.has(Fault::DataGaps) && dice.chance(1, 150) {
            let instrument = InstrumentId::new(number_below(dice, Scenario::INSTRUMENTS));
            self.command(time, Command::SetDataIntact(instrument, false))?;
            let repair = Command::SetDataIntact(instrument, true);
            self.disturbance.repairs.push(repair);
        }
        if self.has(Fault::Operator) && dice.chance(1, 40) {
            self.operate(dice, time)?;
        }
        if dice.chance(1, 10) {
            self.repair(time)?;
        }
        Ok(())
    }

    fn operate(&mut self, dice: &mut Dice, time: Timestamp) -> Result<(), Violation> {
        let number = number_below(dice, Scenario::STRATEGIES);
        let strategy = StrategyId::new(number);
        let instrument = InstrumentId::new(number_below(dice, Scenario::INSTRUMENTS));
        let scope = dice.one_of([
            LimitScope::Firm,
            LimitScope::Account(account_of(number)),
            LimitScope::Strategy(strategy),
            LimitScope::Instrument(instrument),
        ]);
        match dice.below(10) {
            0 => {
                self.command(time, Command::Pause(strategy))?;
                self.disturbance.repairs.push(Command::Resume(strategy));
                Ok(())
            }
            1 => {
                let state = dice.one_of([TradingState::Reducing, TradingState::Halted]);
                self.command(time, Command::SetScopeState(scope, state))?;
                let repair = Command::SetScopeState(scope, TradingState::Active);
                self.disturbance.repairs.push(repair);
                Ok(())
            }
            2 => {
                self.command(time, Command::SetScopeKill(scope, true))?;
                let repair = Command::SetScopeKill(scope, false);
                self.disturbance.repairs.push(repair);
                Ok(())
            }
            3 if self.scenario.strategies.contains(&number) => self.restart(time, number),
            4 | 5 => self.cancel_any(dice, time),
            _ => self.place(dice, time),
        }
    }

    fn restart(&mut self, time: Timestamp, number: u32) -> Result<(), Violation> {
        let strategy = StrategyId::new(number);
        debug_assert!(is_native(strategy));
        let stopped = self.engine.strategy_state(strategy) == Some(StrategyState::Stopped);
        if !stopped {
            self.command(time, Command::Stop(strategy))?;
        }
        self.start(time, number)
    }

    fn cancel_any(&mut self, dice: &mut Dice, time: Timestamp) -> Result<(), Violation> {
        let open = self.engine.orders();
        let any = dice
            .index(open.len())
            .and_then(|index| open.iter().nth(index));
        match any.map(|open| open.order.id) {
            Some(id) => self.command(time, Command::CancelOrder(id)),
            None => Ok(()),
        }
    }

    /// An order by hand, sometimes one that makes no sense.
    fn place(&mut self, dice: &mut Dice, time: Timestamp) -> Result<(), Violation> {
        let grid = grid(number_below(dice, Scenario::INSTRUMENTS));
        let side = dice.one_of([Side::Buy, Side::Sell]);
        let price = grid.price(9_900 + i64::from(number_below(dice, 600)));
        let kind = dice.one_of([OrderKind::Market, OrderKind::Limit { price }]);
        let lots = dice.one_of([1, 5, 10, 0, u64::MAX]);
        let request = OrderRequest::new(grid.instrument, side, kind, grid.lots(lots));
        let lasting = dice.one_of([TimeInForce::Gtc, TimeInForce::Day, TimeInForce::Ioc]);
        let orders = vec![request.lasting(lasting)];
        self.command(time, Command::PlaceOrders(HAND, orders))
    }

    /// Takes back everything that was disturbed.
    pub(super) fn repair(&mut self, time: Timestamp) -> Result<(), Violation> {
        for command in std::mem::take(&mut self.disturbance.repairs) {
            self.command(time, command)?;
        }
        Ok(())
    }

    /// The end of the day: everything is taken back, and whatever is due happens.
    pub(super) fn calm(&mut self) -> Result<(), Violation> {
        let now = self.engine.now();
        self.repair(now)?;
        for instrument in all_instruments() {
            self.command(now, Command::SetDataIntact(instrument, true))?;
        }
        if self.scenario.outside {
            // Time passes while both sides reconcile, message by message.
            return Ok(());
        }
        let minute = model::Duration::from_secs(60);
        self.step(now.after(minute), Input::Clock)
    }
}

fn number_below(dice: &mut Dice, end: u32) -> u32 {
    u32::try_from(dice.below(end.into())).unwrap_or(0)
}

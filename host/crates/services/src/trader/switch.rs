//! The moment of a swap at which the engine thread is held: between two events the candidate is
//! given the last few it has not seen, and takes over.
//!
//! Only the engine thread can know that nothing more was recorded, because it is the one that
//! records. So the worker hands it the candidate together with the queue when nearly all is
//! caught up. First everything that is due happens (a clock input), then the rest of the queue is
//! drained, then the commit is stepped at that very time: nothing can come between.

use super::{Answer, Trader, as_nanos};
use crate::strategy::recorder::{Backlog, Next};
use crate::strategy::versions::Version;
use engine::{Candidate, Command, Effect, Input, Staged, SwapStage};
use model::{StrategyId, Timestamp};
use std::time::Instant;
use tokio::sync::oneshot;

/// Events the engine thread catches up on itself; with more the worker has another round.
pub(crate) const MAX_DRAINED: usize = 512;

/// A candidate that is nearly there.
pub(crate) struct SwitchRequest {
    pub(crate) strategy: StrategyId,
    pub(crate) version: Version,
    pub(crate) candidate: Box<Candidate>,
    pub(crate) backlog: Backlog,
    pub(crate) reply: oneshot::Sender<SwitchAnswer>,
}

/// What came of it.
pub(crate) enum SwitchAnswer {
    /// Too much was waiting; here is everything back.
    TooFar(Box<Candidate>, Backlog),
    /// The candidate runs.
    Committed {
        /// Sequence of the commit.
        sequence: u64,
        /// Events drained while the thread was held.
        drained: u64,
        /// How long the thread was held, in nanoseconds.
        held_ns: u64,
    },
    /// It broke on the last events, or the engine would not have it; the old one goes on.
    Failed {
        /// The stage: catch-up or switch.
        stage: &'static str,
        /// Why.
        reason: String,
    },
}

impl Trader {
    pub(super) fn switch(&mut self, request: SwitchRequest) {
        let SwitchRequest {
            strategy,
            version,
            candidate,
            backlog,
            reply,
        } = request;
        let begun = Instant::now();
        let answer = if backlog.waiting() > MAX_DRAINED {
            SwitchAnswer::TooFar(candidate, backlog)
        } else {
            match self.let_take_over(strategy, candidate, &backlog, begun) {
                Ok(committed) => {
                    self.took_over(strategy, version);
                    committed
                }
                Err((stage, reason)) => SwitchAnswer::Failed { stage, reason },
            }
        };
        self.answers.push(Answer::Switched(reply, answer));
    }

    fn let_take_over(
        &mut self,
        strategy: StrategyId,
        mut candidate: Box<Candidate>,
        backlog: &Backlog,
        begun: Instant,
    ) -> Result<SwitchAnswer, (&'static str, String)> {
        let time = self.time.stamp(None, self.engine.now());
        self.advance(Input::Clock, time);
        let drained = match drain(&mut candidate, backlog) {
            Ok(drained) => drained,
            Err(reason) => {
                let aborted = format!("catch-up: {reason}");
                self.swap_command(
                    Command::SwapAbort {
                        strategy,
                        reason: aborted,
                    },
                    time,
                );
                return Err(("catch-up", reason));
            }
        };
        // An unknown strategy is refused by the commit.
        let _unknown = self.engine.stage(strategy, Staged::CaughtUp(candidate));
        let effects = self.swap_command(Command::SwapCommit(strategy), time);
        let committed = effects.iter().any(
            |effect| matches!(effect, Effect::Swap(id, SwapStage::Committed(_)) if *id == strategy),
        );
        if !committed {
            return Err(("switch", refusal(&effects, strategy)));
        }
        let held_ns = as_nanos(begun.elapsed());
        Ok(SwitchAnswer::Committed {
            sequence: self.engine.sequence(),
            drained,
            held_ns,
        })
    }

    fn swap_command(&mut self, command: Command, time: Timestamp) -> Vec<Effect> {
        self.step(Input::Command(Box::new(command)), Some(time))
            .effects
    }
}

/// Why the engine would not have the candidate.
fn refusal(effects: &[Effect], strategy: StrategyId) -> String {
    let aborted = effects.iter().find_map(|effect| match effect {
        Effect::Swap(id, SwapStage::Aborted(reason)) if *id == strategy => Some(reason),
        _ => None,
    });
    let ended = "the strategy was stopped, or broke, before its successor took over";
    aborted
        .map_or(ended, |reason| reason.trim_start_matches("switch: "))
        .to_owned()
}

/// Gives the candidate what it has not seen yet; returns how many events that were.
fn drain(candidate: &mut Candidate, backlog: &Backlog) -> Result<u64, String> {
    let mut drained = 0;
    loop {
        match backlog.try_next() {
            Next::Event(time, event) => {
                candidate
                    .handle(time, &event)
                    .map_err(|fault| fault.to_string())?;
                drained += 1;
            }
            Next::Overflowed(reason) => return Err(reason),
            // The start was handled before the worker called it ready.
            Next::Start(..) | Next::Empty | Next::Ended => return Ok(drained),
        }
    }
}

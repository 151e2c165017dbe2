//! Hot swap, the worker's side: make the new version, let it take the state and catch up muted,
//! then hand it to the engine thread for the switch. Whatever fails, and wherever, the old version
//! runs on and the answer names the stage.

use super::recorder::{Backlog, Next, recorder};
use super::versions::Version;
use super::{Instance, Loaded, Strategies, no_effect};
use crate::handle::{HostError, PluginSource, SwapRequest, Terms};
use crate::outlet::Item;
use crate::trader::{Request, StepRequest, Stepped, SwitchAnswer, SwitchRequest, as_nanos};
use engine::{
    CanaryTerms, Candidate, Command, Effect, HandOver, Input, Probation, Staged, StrategyState,
    SwapStage, SwapTerms,
};
use journal::crash;
use model::{HistoryBlock, PluginHash, StrategyId};
use registry::Role;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Waiting events below which a candidate counts as caught up.
const NEARLY_THERE: usize = 64;
/// How long the worker waits for an event before it calls the candidate caught up.
const QUIET: Duration = Duration::from_millis(1);

/// What a swap did, for the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SwapDone {
    pub(crate) begun_at: u64,
    pub(crate) committed_at: u64,
    pub(crate) caught_up: u64,
    /// How long the engine thread was held to take the state, in nanoseconds.
    pub(crate) begin_ns: u64,
    pub(crate) switch_ns: u64,
    pub(crate) total_ns: u64,
}

/// How a version takes over.
pub(super) enum Way {
    /// All instruments.
    Swap(SwapTerms),
    /// Some of them.
    Canary(CanaryTerms),
}

impl Way {
    fn probation(&self) -> Option<&Probation> {
        match self {
            Self::Swap(terms) => terms.probation.as_ref(),
            Self::Canary(terms) => Some(&terms.probation),
        }
    }

    /// The command that begins it.
    fn begin(
        self,
        strategy: StrategyId,
        (plugin, parameters): (PluginHash, Vec<(String, String)>),
        history: Vec<HistoryBlock>,
    ) -> Command {
        match self {
            Self::Swap(terms) => Command::SwapBegin {
                strategy,
                plugin,
                parameters,
                terms,
                history,
            },
            Self::Canary(terms) => Command::CanaryBegin {
                strategy,
                plugin,
                parameters,
                terms,
                history,
            },
        }
    }
}

/// A swap whose candidate has begun to catch up.
struct Swap {
    strategy: StrategyId,
    version: Version,
    begun_at: u64,
    begin_ns: u64,
    caught_up: u64,
    deadline: Instant,
}

/// A failure after the engine has begun.
struct Failed {
    stage: &'static str,
    reason: String,
    /// Whether the engine knows already; otherwise it is told to give the swap up.
    told: bool,
}

fn failed(stage: &'static str, reason: impl ToString) -> Failed {
    Failed {
        stage,
        reason: reason.to_string(),
        told: false,
    }
}

impl From<Failed> for HostError {
    fn from(Failed { stage, reason, .. }: Failed) -> Self {
        HostError::Plugin { stage, reason }
    }
}

/// How a round of catching up ended.
enum Round {
    Ready(Box<Candidate>, Backlog),
    Ended,
}

impl Strategies {
    /// Swaps a strategy's plugin or parameters while it runs; starts one that does not with the new version,
    /// where that is asked for.
    pub(crate) fn swap(&self, name: &str, request: SwapRequest) -> Result<SwapDone, HostError> {
        let _occupied = self.occupy(name, "swap")?;
        let SwapRequest {
            plugin,
            parameters,
            terms,
            succession,
            start,
        } = request;
        let choose = |running: &Loaded| self.successor(running, plugin, &terms, parameters);
        match self.state_of(name) {
            Some(state) if !is_live(state) && start => self.start_as(name, succession, choose),
            Some(state) if !is_live(state) => Err(HostError::Conflict(format!(
                "`{name}` is {} and cannot be swapped; start it first, or swap it with `start` true, which \
                 starts the new version in its place",
                state.name()
            ))),
            _ => self.swap_to(name, Way::Swap(succession), choose),
        }
    }

    /// Lets the version take over that `choose` makes of the one that runs.
    pub(super) fn swap_to(
        &self,
        name: &str,
        way: Way,
        choose: impl FnOnce(&Loaded) -> Result<Loaded, HostError>,
    ) -> Result<SwapDone, HostError> {
        let began = Instant::now();
        let (id, running) = self.loaded(name)?;
        self.must_be_live(name, "swapped")?;
        self.must_not_be_on_probation(name)?;
        way.probation().map_or(Ok(()), checked)?;
        self.progress(id, Some("admission"));
        let done = choose(&running).and_then(|loaded| {
            let instance = self.make(name, &loaded)?;
            let hash = instance.hash;
            self.admission.note_use(hash, Role::Strategy, name)?;
            let done = self.hand_over(id, instance, way)?;
            Ok((hash, done))
        });
        self.progress(id, None);
        let (hash, mut done) = done?;
        self.hold_back(id, hash, "the new version took over")?;
        self.let_go_if_revoked(id)?;
        done.total_ns = as_nanos(began.elapsed());
        Ok(done)
    }

    /// Starts a strategy that is stopped or broken with the version that `choose` makes of the one that ran
    /// last: what that one saved last goes on, unless a fresh start is asked for. In the journal it is a start.
    fn start_as(
        &self,
        name: &str,
        terms: SwapTerms,
        choose: impl FnOnce(&Loaded) -> Result<Loaded, HostError>,
    ) -> Result<SwapDone, HostError> {
        let began = Instant::now();
        if terms.probation.is_some() {
            return Err(HostError::Disagrees {
                field: "probation",
                reason: format!(
                    "`{name}` does not run, so there is no version to go back to; leave it out"
                ),
            });
        }
        // One that broke may have the version before at hand.
        self.must_not_be_on_probation(name)?;
        let was = self.state_of(name);
        let (id, last) = self.loaded(name)?;
        let instance = self.make(name, &choose(&last)?)?;
        let hash = instance.hash;
        let state = match terms.hand_over {
            HandOver::Carry => self.saved(name),
            HandOver::Fresh => None,
        };
        let is_fresh = state.is_none();
        let stepped = self.start_from(name, id, instance, state)?;
        if let Some(fault) = super::broke(id, &stepped) {
            let reason = format!(
                "the new version of `{name}` broke while it started: {fault}; a plain start would start it \
                 again, so swap to another with `start` true"
            );
            self.keep_from_restart(name, id, (was, stepped.sequence));
            return Err(HostError::Conflict(reason));
        }
        if is_fresh {
            self.put_saved_aside(name, stepped.sequence);
        }
        self.hold_back(id, hash, "the new version was started")?;
        Ok(SwapDone {
            begun_at: stepped.sequence,
            committed_at: stepped.sequence,
            caught_up: 0,
            begin_ns: 0,
            switch_ns: stepped.held_ns,
            total_ns: as_nanos(began.elapsed()),
        })
    }

    /// A version that broke as it started is not started again by itself, which would put aside what the one
    /// before saved. What was stopped is stopped again; what was broken keeps the orders that it had.
    fn keep_from_restart(
        &self,
        name: &str,
        id: StrategyId,
        (was, broke_at): (Option<StrategyState>, u64),
    ) {
        self.note_stop(id, broke_at);
        if was != Some(StrategyState::Stopped) {
            return;
        }
        if let Err(error) = self.stop(name) {
            tracing::error!(strategy = %name, %error, "what broke as it started could not be stopped");
        }
    }

    fn must_not_be_on_probation(&self, name: &str) -> Result<(), HostError> {
        let watched = self.shared.read(|model| {
            let probation = model.strategy(name)?.probation.as_ref()?;
            Some((probation.until, probation.canary.is_some()))
        });
        match watched {
            None => Ok(()),
            Some((until, false)) => Err(HostError::Conflict(format!(
                "the version of `{name}` is on probation until {until}; roll it back with POST \
                 strategies/{name}/rollback, or keep it with DELETE strategies/{name}/probation"
            ))),
            Some((until, true)) => Err(HostError::Conflict(format!(
                "`{name}` has a canary until {until}; promote it with POST \
                 strategies/{name}/canary/promote, or end it with DELETE strategies/{name}/canary"
            ))),
        }
    }

    fn state_of(&self, name: &str) -> Option<StrategyState> {
        let view = self.shared.read(|model| model.strategy(name).cloned());
        view.map(|view| view.state)
    }

    pub(super) fn must_be_live(&self, name: &str, to_be: &str) -> Result<(), HostError> {
        match self.state_of(name) {
            Some(state) if is_live(state) => Ok(()),
            Some(state) => Err(HostError::Conflict(format!(
                "`{name}` is {} and cannot be {to_be}; start it first",
                state.name()
            ))),
            None => Err(super::not_found("strategy", name)),
        }
    }

    fn progress(&self, id: StrategyId, stage: Option<&'static str>) {
        self.outlet.note(Item::SwapProgress(id, stage));
    }

    /// Another plugin, or the one that runs, with the parameters that change.
    pub(super) fn successor(
        &self,
        running: &Loaded,
        plugin: Option<PluginSource>,
        terms: &Terms,
        changed: BTreeMap<String, String>,
    ) -> Result<Loaded, HostError> {
        let plugin = match plugin {
            Some(source) => self.admit(source, terms, Some(running.plugin.hash()))?,
            None => {
                self.admission.registry().may_run(running.plugin.hash())?;
                running.plugin.clone()
            }
        };
        let known = plugin.parameter_names();
        let kept = running
            .parameters
            .iter()
            .filter(|(name, _)| known.contains(name));
        let mut parameters: BTreeMap<String, String> = kept.cloned().collect();
        parameters.extend(changed);
        let parameters = plugin.check(&parameters).map_err(super::refused)?;
        Ok(Loaded::new(plugin, parameters))
    }

    fn hand_over(
        &self,
        id: StrategyId,
        instance: Instance,
        way: Way,
    ) -> Result<SwapDone, HostError> {
        let (swap, candidate, backlog) = self.begin(id, instance, way)?;
        let reached = crash::reach(crash::SWAP_BEGUN);
        let ran = match reached {
            Ok(()) => self.run(swap, candidate, backlog),
            Err(error) => Err(failed("hand-over", error)),
        };
        match ran {
            Ok(done) => Ok(done),
            Err(failure) => {
                if !failure.told {
                    let reason = format!("{}: {}", failure.stage, failure.reason);
                    let abort = Command::SwapAbort {
                        strategy: id,
                        reason,
                    };
                    self.step(StepRequest::command(abort))?;
                }
                Err(failure.into())
            }
        }
    }

    /// Has the engine take the old one's state and record events from here on.
    fn begin(
        &self,
        strategy: StrategyId,
        instance: Instance,
        way: Way,
    ) -> Result<(Swap, Box<Candidate>, Backlog), HostError> {
        let Instance {
            made,
            hash,
            version,
        } = instance;
        let history = self.history_for(made.instance.as_ref());
        let candidate = Box::new(Candidate::new(strategy, made.instance));
        let (recorder, backlog) = recorder(self.swaps.events_bound);
        let staged = Staged::Recorder {
            declared: candidate.declared().to_vec(),
            recorder: Box::new(recorder),
        };
        let begin = way.begin(strategy, (hash, made.parameters), history);
        let stepped = self.step(StepRequest::ask(
            Input::Command(Box::new(begin)),
            Some((strategy, staged)),
            None,
        ))?;
        has_begun(strategy, &stepped)?;
        let swap = Swap {
            strategy,
            version,
            begun_at: stepped.sequence,
            begin_ns: stepped.held_ns,
            caught_up: 0,
            deadline: Instant::now() + self.swaps.timeout,
        };
        Ok((swap, candidate, backlog))
    }

    /// Catches up until the engine thread accepts the candidate.
    fn run(
        &self,
        mut swap: Swap,
        mut candidate: Box<Candidate>,
        mut backlog: Backlog,
    ) -> Result<SwapDone, Failed> {
        loop {
            let (ready, waiting) = match swap.catch_up(candidate, backlog)? {
                Round::Ready(candidate, backlog) => (candidate, backlog),
                Round::Ended => {
                    return Err(failed(
                        "catch-up",
                        "the running instance was stopped, or broke",
                    ));
                }
            };
            crash::reach(crash::SWAP_READY).map_err(|error| failed("catch-up", error))?;
            match self.ask_to_switch(&swap, ready, waiting)? {
                SwitchAnswer::TooFar(back, rest) => (candidate, backlog) = (back, rest),
                SwitchAnswer::Failed { stage, reason } => {
                    return Err(Failed {
                        stage,
                        reason,
                        told: true,
                    });
                }
                SwitchAnswer::Committed {
                    sequence,
                    drained,
                    held_ns,
                } => {
                    // The candidate runs, and nothing of the swap can fail any more.
                    let _passed = crash::reach(crash::SWAP_DONE);
                    return Ok(SwapDone {
                        begun_at: swap.begun_at,
                        committed_at: sequence,
                        caught_up: swap.caught_up + drained,
                        begin_ns: swap.begin_ns,
                        switch_ns: held_ns,
                        total_ns: 0,
                    });
                }
            }
        }
    }

    fn ask_to_switch(
        &self,
        swap: &Swap,
        candidate: Box<Candidate>,
        backlog: Backlog,
    ) -> Result<SwitchAnswer, Failed> {
        let (reply, answer) = oneshot::channel();
        let request = SwitchRequest {
            strategy: swap.strategy,
            version: swap.version.clone(),
            candidate,
            backlog,
            reply,
        };
        let sent = self.inbox.send_command(Request::Switch(request));
        sent.map_err(|error| failed("switch", error))?;
        answer
            .blocking_recv()
            .map_err(|_| failed("switch", HostError::Stopped))
    }
}

impl Swap {
    /// Gives the candidate what was recorded until nearly nothing waits.
    fn catch_up(
        &mut self,
        mut candidate: Box<Candidate>,
        backlog: Backlog,
    ) -> Result<Round, Failed> {
        loop {
            match backlog.next(QUIET) {
                Next::Start(now, snapshot) => candidate
                    .start(now, &snapshot)
                    .map_err(|fault| failed("hand-over", fault))?,
                Next::Event(now, event) => {
                    candidate
                        .handle(now, &event)
                        .map_err(|fault| failed("catch-up", fault))?;
                    self.caught_up += 1;
                }
                Next::Empty => {}
                Next::Ended => return Ok(Round::Ended),
                Next::Overflowed(reason) => return Err(failed("catch-up", reason)),
            }
            if Instant::now() > self.deadline {
                return Err(failed("catch-up", "it did not catch up in time"));
            }
            if backlog.waiting() < NEARLY_THERE {
                return Ok(Round::Ready(candidate, backlog));
            }
        }
    }
}

/// The longest probation: long enough for whoever watches a month's end.
const LONGEST_PROBATION: model::Duration = model::Duration::from_secs(92 * 86_400);

/// Whether a probation can be meant.
pub(crate) fn checked(wanted: &Probation) -> Result<(), HostError> {
    let invalid = |field, reason: &str| {
        let reason = reason.to_owned();
        Err(HostError::Invalid { field, reason })
    };
    if wanted.lasts.nanos() == 0 || wanted.lasts > LONGEST_PROBATION {
        return invalid("probation.for_ns", "give more than 0 and at most 92 days");
    }
    let losses = [
        ("probation.max_loss", wanted.max_loss),
        ("probation.max_drawdown", wanted.max_drawdown),
    ];
    for (field, loss) in losses {
        if loss.is_some_and(|loss| loss < model::Money::ZERO) {
            return invalid(field, "a loss is given as an amount of 0 or more");
        }
    }
    if wanted.max_denied_percent.is_some_and(|most| most > 100) {
        return invalid("probation.max_denied_percent", "give at most 100");
    }
    Ok(())
}

/// Whether a version runs that can hand over.
const fn is_live(state: StrategyState) -> bool {
    matches!(state, StrategyState::Running | StrategyState::Paused)
}

/// Whether the engine took the candidate in.
fn has_begun(strategy: StrategyId, stepped: &Stepped) -> Result<(), HostError> {
    if let Some(why) = stepped.refusal() {
        return Err(no_effect(why));
    }
    let mut outcome = Err(failed("hand-over", "the engine did not begin the swap").into());
    for effect in &stepped.effects {
        match effect {
            Effect::Swap(id, SwapStage::Begun(_)) if *id == strategy => outcome = Ok(()),
            Effect::Swap(id, SwapStage::Aborted(reason)) if *id == strategy => {
                outcome = Err(failed("hand-over", reason).into());
            }
            Effect::Fault(id, fault) if *id == strategy => {
                let reason = format!("the running instance broke while it saved: {fault}");
                outcome = Err(failed("hand-over", reason).into());
            }
            _ => {}
        }
    }
    outcome
}

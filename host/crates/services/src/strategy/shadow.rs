//! Shadows, the worker's side: make the version that is tried, have the engine's thread begin and copy
//! itself, make the copy into a shadow, and give that a thread. Whatever fails, and wherever, the
//! running version runs on and the answer names the stage.

use super::swap::Way;
use super::{Loaded, Strategies, SwapDone, no_effect};
use crate::handle::{HostError, ShadowRequest};
use crate::shadow::ShadowReport;
use crate::shadow::comparison::Comparison;
use crate::shadow::runner::{Runner, Watched};
use crate::sync::lock;
use crate::trader::shadows::{BeginShadow, NotBegun, ShadowBegun};
use crate::trader::{Request, StepRequest};
use engine::{Command, Effect, Engine, HandOver, Probation, SwapTerms, Understudy};
use journal::crash;
use model::{Duration, PluginHash, StrategyId};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// How far apart in event time the same decision may be, unless somebody says otherwise.
const TOLERANCE: Duration = Duration::from_secs(1);
/// The most that somebody may say.
const MOST_TOLERANCE: Duration = Duration::from_secs(3_600);

/// A shadow that trades, or did.
pub(super) struct Shadowing {
    loaded: Loaded,
    watched: Arc<Watched>,
    thread: Option<JoinHandle<()>>,
}

impl Shadowing {
    /// What it tries, while it trades.
    pub(super) fn tried(&self) -> Option<Loaded> {
        self.watched.is_trading().then(|| self.loaded.clone())
    }
}

fn failed(stage: &'static str, reason: impl ToString) -> HostError {
    HostError::Plugin {
        stage,
        reason: reason.to_string(),
    }
}

impl Strategies {
    /// Lets another version trade beside the one that runs.
    pub(crate) fn begin_shadow(&self, name: &str, request: ShadowRequest) -> Result<(), HostError> {
        let _occupied = self.occupy(name, "shadow")?;
        let (id, running) = self.loaded(name)?;
        self.must_be_live(name, "shadowed")?;
        let tolerance = tolerance(request.tolerance)?;
        if self.trading(name).is_some() {
            return Err(HostError::Conflict(format!(
                "`{name}` has a shadow already; end or promote it first"
            )));
        }
        let (plugin, terms) = (request.plugin, request.terms);
        let loaded = self.successor(&running, plugin, &terms, request.parameters)?;
        let instance = self.make(name, &loaded)?;
        let history = self.history_for(instance.made.instance.as_ref());
        let (strategy, hand_over) = (id, request.hand_over);
        let (reply, answer) = oneshot::channel();
        let begin = BeginShadow {
            strategy,
            plugin: instance.version.view.clone(),
            hand_over,
            bound: self.swaps.events_bound,
            reply,
        };
        self.inbox.send_command(Request::Shadow(begin))?;
        let begun = answer.blocking_recv().map_err(|_| HostError::Stopped)?;
        let begun = begun.map_err(|why| match why {
            NotBegun::Refused(why) => no_effect(&why),
            NotBegun::Broke(reason) => failed("hand-over", reason),
        })?;
        let meters = [&running, &loaded].map(|loaded| Arc::clone(&loaded.meter));
        let comparison = Comparison::new(begun.view.begun_at, tolerance);
        let watched = Watched::new(begun.view.clone(), comparison, meters);
        let understudy = Understudy {
            strategy,
            plugin: instance.hash,
            parameters: instance.made.parameters.clone(),
            instance: instance.made.instance,
            history,
        };
        let thread = crash::reach(crash::SHADOW_BEGUN)
            .map_err(|error| failed("copy", error))
            .and_then(|()| self.raise(*begun, understudy, Arc::clone(&watched)));
        match thread {
            Ok(thread) => {
                let shadowing = Shadowing {
                    loaded,
                    watched,
                    thread: Some(thread),
                };
                if let Some(entry) = lock(&self.entries).get_mut(name) {
                    entry.shadow = Some(shadowing);
                }
                self.give_up_if_revoked(strategy, instance.hash)
            }
            Err(error) => {
                watched.end(error.to_string());
                self.tell_ended(strategy, error.to_string())?;
                Err(error)
            }
        }
    }

    /// Makes the copy into a shadow and gives it a thread.
    fn raise(
        &self,
        begun: ShadowBegun,
        understudy: Understudy,
        watched: Arc<Watched>,
    ) -> Result<JoinHandle<()>, HostError> {
        let strategy = understudy.strategy;
        let mut instances = self.admission.kept();
        let made = Engine::in_shadow(&begun.copy, understudy, &mut instances);
        let (engine, effects) = made.map_err(|error| failed("copy", error))?;
        let fault = effects.iter().find_map(|effect| match effect {
            Effect::Fault(id, fault) if *id == strategy => Some(fault),
            _ => None,
        });
        if let Some(fault) = fault {
            return Err(failed("hand-over", fault));
        }
        let runner = Runner {
            strategy,
            engine,
            instances: Box::new(instances),
            source: begun.source,
            watched,
            inbox: Arc::clone(&self.inbox),
            running: begun.positions,
            brought_before: None,
        };
        let runner = runner.begin(&effects);
        let thread = std::thread::Builder::new().name("shadow".to_owned());
        let thread = thread.spawn(move || runner.run());
        thread.map_err(|error| failed("copy", format!("no thread for it: {error}")))
    }

    /// Ends the shadow of a strategy; its report stays.
    pub(crate) fn end_shadow(&self, name: &str, reason: &str) -> Result<(), HostError> {
        let _occupied = self.occupy(name, "shadow")?;
        let id = self.plugged(name)?;
        if self.trading(name).is_none() {
            return Err(no_shadow(name));
        }
        self.tell_ended(id, reason.to_owned())?;
        self.join(name);
        Ok(())
    }

    /// Lets the version that is tried take over, made anew, by a swap.
    pub(crate) fn promote(
        &self,
        name: &str,
        probation: Option<Probation>,
    ) -> Result<SwapDone, HostError> {
        let _occupied = self.occupy(name, "promotion")?;
        let (tried, hand_over) = self.trading(name).ok_or_else(|| no_shadow(name))?;
        let terms = SwapTerms {
            hand_over,
            probation,
        };
        let again = |_: &Loaded| -> Result<Loaded, HostError> {
            self.may_run(&tried)?;
            Ok(Loaded::new(tried.plugin, tried.parameters))
        };
        let done = self.swap_to(name, Way::Swap(terms), again)?;
        self.join(name);
        Ok(done)
    }

    /// What is known of the shadow that trades, or was the last to.
    pub(crate) fn shadow_report(&self, name: &str) -> Result<ShadowReport, HostError> {
        self.plugged(name)?;
        let entries = lock(&self.entries);
        let shadow = entries.get(name).and_then(|entry| entry.shadow.as_ref());
        let shadow = shadow.ok_or_else(|| super::not_found("shadow of", name))?;
        let watched = Arc::clone(&shadow.watched);
        drop(entries);
        Ok(self.shared.read(|model| {
            watched.report(|id| {
                let view = model.instruments.get(id.index());
                view.map_or_else(|| "?".to_owned(), |view| view.instrument.symbol.clone())
            })
        }))
    }

    /// The version that is tried beside a strategy now.
    pub(super) fn trading(&self, name: &str) -> Option<(Loaded, HandOver)> {
        let entries = lock(&self.entries);
        let shadow = entries.get(name)?.shadow.as_ref()?;
        Some((shadow.tried()?, shadow.watched.hand_over()))
    }

    /// Ends one that has just begun if its plugin was revoked meanwhile.
    fn give_up_if_revoked(&self, strategy: StrategyId, hash: PluginHash) -> Result<(), HostError> {
        if let Err(refusal) = self.admission.registry().may_run(hash) {
            self.tell_ended(strategy, refusal.to_string())?;
            return Err(refusal.into());
        }
        Ok(())
    }

    pub(super) fn tell_ended(&self, strategy: StrategyId, reason: String) -> Result<(), HostError> {
        let end = Command::ShadowEnd { strategy, reason };
        // One that the engine ended meanwhile is no error.
        self.step(StepRequest::command(end)).map(drop)
    }

    /// Waits until the thread of a shadow that is over has seen all of it.
    fn join(&self, name: &str) {
        let mut entries = lock(&self.entries);
        let shadow = entries
            .get_mut(name)
            .and_then(|entry| entry.shadow.as_mut());
        let thread = shadow.and_then(|shadow| shadow.thread.take());
        drop(entries);
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(name, "the thread of a shadow panicked");
        }
    }
}

fn no_shadow(name: &str) -> HostError {
    HostError::Conflict(format!(
        "`{name}` has no shadow that trades; begin one with POST strategies/{name}/shadow"
    ))
}

fn tolerance(wanted: Option<Duration>) -> Result<Duration, HostError> {
    let tolerance = wanted.unwrap_or(TOLERANCE);
    if tolerance <= MOST_TOLERANCE {
        return Ok(tolerance);
    }
    Err(HostError::Invalid {
        field: "tolerance_ns",
        reason: "it is more than an hour; give 0 to 3600000000000".to_owned(),
    })
}

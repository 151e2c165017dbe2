//! What is done with strategies that broke, and with their plugins: noted, put into quarantine, released,
//! started again, saved now and then.

use super::{Strategies, no_effect};
use crate::faults::QuarantineRule;
use crate::faults::desk::Broke;
use crate::handle::{HostError, ReleasedPlugin};
use crate::outlet::Item;
use crate::sync::lock;
use crate::trader::StepRequest;
use crate::view::{CareNews, RestartOutcome};
use engine::{Command, StrategyState};
use model::{PluginHash, StrategyId};
use registry::{Decision, FaultNote};

/// The input of a stop that is not stepped yet.
const STOPPING: u64 = u64::MAX;

/// What came of a restart.
pub(crate) struct Restarted {
    pub(crate) started: Result<(), HostError>,
    /// Whether it goes on from what it saved.
    pub(crate) restored: bool,
    /// Whether it refused what it had saved.
    pub(crate) refused: bool,
}

impl Strategies {
    /// Notes a fault with the plugin that broke. One that broke too often goes into quarantine: what runs
    /// it is paused, nothing goes back to it, and no shadow tries it.
    pub(crate) fn note_fault(&self, broke: &Broke, name: &str, rule: QuarantineRule) {
        let note = FaultNote {
            journal: self.admission.journal().unwrap_or_default().to_owned(),
            strategy: name.to_owned(),
            sequence: broke.sequence,
            at_ns: broke.time.nanos(),
            fault: broke.fault.to_string(),
        };
        let (registry, now) = (self.admission.registry(), self.admission.now());
        match registry.note_fault(broke.plugin, note, rule, now) {
            Ok(None) => {}
            Ok(Some(record)) => {
                let reason = record.quarantine.as_ref().map(|it| it.reason.as_str());
                let plugin = broke.plugin;
                tracing::error!(%plugin, reason, "a plugin is in quarantine");
                if let Err(error) = self.isolate(plugin) {
                    tracing::error!(%plugin, %error, "what runs it could not be paused");
                }
                let reason = reason.unwrap_or_default().to_owned();
                self.tell_of(plugin, &CareNews::Quarantined(reason));
            }
            Err(error) => {
                tracing::error!(plugin = %broke.plugin, %error, "a fault could not be noted");
            }
        }
    }

    fn isolate(&self, plugin: PluginHash) -> Result<(), HostError> {
        self.pause_all_with(plugin)?;
        self.give_up_beside(plugin, "it is in quarantine")?;
        // A strategy may have gone back to it before that way was shut.
        self.pause_all_with(plugin).map(drop)
    }

    /// Tells readers of strategies whose plugin is in quarantine, after a restart of the host.
    pub(crate) fn tell_quarantines(&self) {
        for record in self.admission.registry().quarantined() {
            if let Some(quarantine) = &record.quarantine {
                let news = CareNews::Quarantined(quarantine.reason.clone());
                self.tell_of(record.manifest.hash, &news);
            }
        }
    }

    fn tell_of(&self, plugin: PluginHash, news: &CareNews) {
        for (id, _) in self.strategies_with(plugin) {
            self.outlet.note(Item::Care(id, news.clone()));
        }
    }

    /// Lets a plugin run again. Who is paused or broken stays so until somebody resumes or starts it.
    pub(crate) fn release(
        &self,
        text: &str,
        decision: Decision,
    ) -> Result<ReleasedPlugin, HostError> {
        let registry = self.admission.registry();
        let hash = registry.find(text)?.manifest.hash;
        let record = registry.release(hash, &self.admission.stamped(decision)?)?;
        self.tell_of(hash, &CareNews::Released);
        let waiting = self.strategies_with(hash).into_iter();
        let strategies = waiting.map(|(_, name)| name).collect();
        Ok(ReleasedPlugin { record, strategies })
    }

    /// Starts a broken strategy from what it saved last, or without where it does not take that.
    pub(crate) fn restart(&self, name: &str) -> Restarted {
        let had = self.saved(name).is_some();
        let mut started = self.start(name);
        let refused = started.is_err() && had && self.saved(name).is_none();
        if refused {
            started = self.start(name);
        }
        Restarted {
            restored: had && !refused,
            refused,
            started,
        }
    }

    /// Calls off the restart that a broken strategy waits for, if it waits for one, and any that is decided
    /// before the stop that follows is noted; whether readers saw that it waits.
    pub(super) fn call_off(&self, name: &str, id: StrategyId) -> bool {
        lock(&self.stops).insert(id, STOPPING);
        let waits = self.shared.read(|model| {
            let view = model.strategy(name)?;
            let restart = view.restart.as_ref()?;
            let waits = restart.outcome == RestartOutcome::Waiting;
            Some(waits && view.state == StrategyState::Error)
        });
        let waits = waits.unwrap_or_default();
        if waits {
            self.outlet.note(Item::Care(id, CareNews::Over));
        }
        waits
    }

    /// A stop was stepped, at this input.
    pub(super) fn note_stop(&self, id: StrategyId, sequence: u64) {
        lock(&self.stops).insert(id, sequence);
    }

    /// Whether a strategy that broke at this input was told to stop then or later, or is being told.
    pub(crate) fn was_called_off(&self, id: StrategyId, broke_at: u64) -> bool {
        let stops = lock(&self.stops);
        stops.get(&id).is_some_and(|stopped| *stopped >= broke_at)
    }

    /// Puts the version before back in its place where one is at hand, else denies its new orders; says which.
    /// One that is paused already stays so.
    pub(crate) fn demote(&self, name: &str) -> Result<Option<&'static str>, HostError> {
        let id = self.plugged(name)?;
        let view = self.shared.read(|model| model.strategy(name).cloned());
        let view = view.ok_or_else(|| super::not_found("strategy", name))?;
        let (command, said) = match (&view.probation, view.state) {
            (Some(_), _) => (Command::RollBack(id), "the version before is back"),
            (None, StrategyState::Running) => (Command::Pause(id), "it is paused"),
            (None, _) => return Ok(None),
        };
        let stepped = self.step(StepRequest::command(command))?;
        match stepped.refusal() {
            Some(why) => Err(no_effect(why)),
            None => Ok(Some(said)),
        }
    }

    /// Has a running strategy save its state, and keeps it for its next start.
    pub(crate) fn save(&self, name: &str) -> Result<(), HostError> {
        let id = self.plugged(name)?;
        let stepped = self.step(StepRequest::command(Command::Save(id)))?;
        self.keep_saved(name, id, &stepped);
        match stepped.refusal() {
            Some(why) => Err(no_effect(why)),
            None => Ok(()),
        }
    }
}

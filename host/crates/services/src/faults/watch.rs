//! The thread that takes care of strategies that broke.

use super::desk::{Broke, Desk};
use super::{CarePolicy, DeadLetter, FaultSettings, Letters};
use crate::handle::HostError;
use crate::outlet::Item;
use crate::strategy::{Restarted, Strategies};
use crate::view::{CareNews, RestartOutcome, RestartView};
use engine::journal::reader::Record;
use engine::{FLATTEN_TAG, Input, StrategyState};
use journal::{Blocks, Progress};
use model::{Duration as EngineDuration, FaultKind, Order, StrategyId, Timestamp};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Pause between looks while something is to be done later.
const LOOK: Duration = Duration::from_millis(20);
/// Pause when nothing is; a fault ends it.
const IDLE: Duration = Duration::from_secs(1);
/// How long an input that led to a fault may take until the journal has it.
const JOURNAL_PATIENCE: Duration = Duration::from_secs(5);
/// After how long a restart that could not be is tried again.
const BUSY: EngineDuration = EngineDuration::from_secs(1);
/// How often it is.
const MAX_BUSY: u32 = 60;

/// Where inputs can be read again.
pub(super) struct JournalOnDisk {
    pub(super) folder: PathBuf,
    pub(super) progress: Arc<Progress>,
}

/// What is known of one strategy.
#[derive(Debug, Default)]
struct Patient {
    /// Restarts in a row.
    attempts: u32,
    /// When the next one is due.
    due: Option<Timestamp>,
    /// How often it was put off.
    busy: u32,
    /// The input of its last fault.
    broke_at: u64,
    /// When it broke last.
    broke: Option<Timestamp>,
    /// Starts from a saved state that it refused and that were followed by a fresh one; their faults are
    /// on their way here.
    refused: u32,
    /// When it saves next.
    saves: Option<Timestamp>,
}

/// What the thread works with.
pub(super) struct Watcher {
    strategies: Arc<Strategies>,
    settings: Arc<FaultSettings>,
    letters: Arc<Letters>,
    journal: Option<JournalOnDisk>,
    patients: BTreeMap<StrategyId, Patient>,
}

impl Watcher {
    pub(super) fn new(
        strategies: Arc<Strategies>,
        settings: Arc<FaultSettings>,
        letters: Arc<Letters>,
        journal: Option<JournalOnDisk>,
    ) -> Self {
        let mut watcher = Self {
            strategies,
            settings,
            letters,
            journal,
            patients: BTreeMap::new(),
        };
        watcher.take_over();
        watcher
    }

    /// Those that were broken when the host began are started as if they had broken just then, and what is
    /// in quarantine is told.
    fn take_over(&mut self) {
        let shared = &self.strategies.shared;
        let (broken, sequence) = shared.read(|model| {
            let broken = model.strategies.iter();
            let broken = broken.filter(|view| view.state == StrategyState::Error);
            // Nobody has told of a fault that a snapshot has behind it.
            let broken = broken.map(|view| (view.id, view.name.clone(), !view.faults.is_empty()));
            (broken.collect::<Vec<_>>(), model.engine.sequence)
        });
        for (id, name, told) in broken {
            self.patients.entry(id).or_default().broke_at = sequence;
            match told {
                true => self.plan(id, &name),
                false => self.leave(id, &name),
            }
        }
        self.strategies.tell_quarantines();
    }

    /// One of which it is not known whether it was paused when it broke is not started by itself.
    fn leave(&self, id: StrategyId, name: &str) {
        if let Some(policy) = self.settings.of(name).restart {
            let reason = "the host came back by a snapshot, which does not say whether it was paused when it \
                          broke; start it yourself";
            self.give_up(id, (0, policy.attempts), reason.to_owned());
        }
    }

    /// Works until the engine's thread has ended.
    pub(super) fn run(mut self, desk: &Desk) {
        loop {
            let mut patience = self.patience();
            loop {
                match desk.take(patience) {
                    Ok(Some(broke)) => self.on_fault(broke),
                    Ok(None) => break,
                    Err(()) => return,
                }
                patience = Duration::ZERO;
            }
            self.restart_due();
            self.save_due();
            self.watch_budgets();
        }
    }

    fn patience(&self) -> Duration {
        let waits = |one: &Patient| one.due.is_some();
        let looks = |one: &CarePolicy| one.save_every.is_some() || one.budget.is_some();
        let settings = &self.settings;
        let looks = looks(&settings.usual) || settings.policies.values().any(looks);
        match looks || self.patients.values().any(waits) {
            true => LOOK,
            false => IDLE,
        }
    }

    fn on_fault(&mut self, broke: Broke) {
        let (id, left) = (broke.strategy, broke.left);
        let Some(name) = self.name(id) else {
            return;
        };
        let patient = self.patients.entry(id).or_default();
        patient.broke_at = broke.sequence;
        let refused = broke.at_start && broke.fault.kind == FaultKind::Refused;
        if refused && patient.refused > 0 {
            // It was started fresh since; that a state does not fit is no fault of the code that runs.
            patient.refused -= 1;
            return;
        }
        let policy = self.settings.of(&name).restart;
        let before = patient.broke.replace(broke.time);
        let calm = policy
            .zip(before)
            .is_some_and(|(policy, before)| before.after(policy.forget_after) <= broke.time);
        if calm {
            patient.attempts = 0;
        }
        tracing::warn!(strategy = %name, sequence = broke.sequence, fault = %broke.fault, "a strategy broke");
        let rule = self.settings.quarantine;
        self.strategies.note_fault(&broke, &name, rule);
        self.keep_letter(broke, &name);
        if left {
            self.plan(id, &name);
        }
    }

    /// Says when a broken strategy is started again, or that it is not.
    fn plan(&mut self, id: StrategyId, name: &str) {
        let Some(policy) = self.settings.of(name).restart else {
            return;
        };
        let now = self.now();
        let refusal = self.strategies.may_trade(name).err();
        let patient = self.patients.entry(id).or_default();
        let spent = patient.attempts >= policy.attempts;
        if self.strategies.was_called_off(id, patient.broke_at) {
            patient.due = None;
            return self.over(id);
        }
        if refusal.is_some() || spent {
            patient.due = None;
            let attempts = patient.attempts;
            let reason = refusal.map_or_else(
                || format!("it broke again after {attempts} restarts in a row"),
                |refusal| refusal.to_string(),
            );
            return self.give_up(id, (attempts, policy.attempts), reason);
        }
        patient.busy = 0;
        patient.attempts += 1;
        let due = now.after(policy.delay(patient.attempts));
        patient.due = Some(due);
        let view = RestartView {
            time: now,
            attempt: patient.attempts,
            of: policy.attempts,
            outcome: RestartOutcome::Waiting,
            due: Some(due),
            reason: None,
        };
        self.tell(id, view);
    }

    fn give_up(&self, id: StrategyId, (attempt, of): (u32, u32), reason: String) {
        let view = RestartView {
            time: self.now(),
            attempt,
            of,
            outcome: RestartOutcome::GaveUp,
            due: None,
            reason: Some(reason),
        };
        self.tell(id, view);
    }

    /// Nobody waits for a restart any more.
    fn over(&self, id: StrategyId) {
        let news = Item::Care(id, CareNews::Over);
        self.strategies.outlet.note(news);
    }

    fn restart_due(&mut self) {
        let now = self.now();
        let due = self.patients.iter();
        let due = due.filter(|(_, one)| one.due.is_some_and(|due| due <= now));
        let due: Vec<StrategyId> = due.map(|(id, _)| *id).collect();
        for id in due {
            self.restart(id, now);
        }
    }

    fn restart(&mut self, id: StrategyId, now: Timestamp) {
        let (Some(patient), shared) = (self.patients.get_mut(&id), &self.strategies.shared) else {
            return;
        };
        let broke_at = patient.broke_at;
        if self.strategies.was_called_off(id, broke_at) {
            patient.due = None;
            return self.over(id);
        }
        let shown = shared.read(|model| {
            let view = model.strategies.get(id.index())?;
            let is_seen = model.engine.sequence >= broke_at;
            is_seen.then(|| {
                (
                    Arc::clone(view),
                    model.orders().iter().any(|one| closes(id, one)),
                )
            })
        });
        // Readers do not see the fault yet.
        let Some((view, closing)) = shown else {
            return;
        };
        patient.due = None;
        let name = view.name.as_str();
        let policy = self.settings.of(name).restart.unwrap_or_default();
        let place = (patient.attempts, policy.attempts);
        match view.state {
            StrategyState::Error if view.broke_paused => {
                let reason = "it was paused when it broke; start it yourself".to_owned();
                return self.give_up(id, place, reason);
            }
            StrategyState::Error if closing => {
                let why = "orders that close its positions are open";
                return self.wait((id, name), place, now, why);
            }
            StrategyState::Error => {}
            // An operator was faster.
            StrategyState::Running | StrategyState::Paused | StrategyState::Stopped => {
                return self.over(id);
            }
        }
        let done = self.strategies.restart(name);
        self.patients.entry(id).or_default().refused += u32::from(done.refused);
        if self.strategies.was_called_off(id, broke_at) {
            // Whichever of the two came first, it does not stay.
            if let Err(error) = self.strategies.stop(name) {
                tracing::debug!(strategy = %name, %error, "it is not there to be stopped");
            }
            return self.over(id);
        }
        self.tell_restarted((id, name), place, now, &done);
    }

    /// A restart cannot be now: it is tried again a moment later, so many times.
    fn wait(
        &mut self,
        (id, name): (StrategyId, &str),
        place: (u32, u32),
        now: Timestamp,
        why: &str,
    ) {
        let patient = self.patients.entry(id).or_default();
        patient.busy += 1;
        if patient.busy > MAX_BUSY {
            let reason = format!("it could not be started, {MAX_BUSY} times: {why}");
            return self.give_up(id, place, reason);
        }
        tracing::warn!(strategy = %name, attempt = place.0, why, "it could not be started again yet");
        patient.due = Some(now.after(BUSY));
    }

    fn tell_restarted(
        &mut self,
        (id, name): (StrategyId, &str),
        (attempt, of): (u32, u32),
        now: Timestamp,
        done: &Restarted,
    ) {
        let outcome = match (&done.started, done.restored) {
            (Ok(()), true) => RestartOutcome::Restored,
            (Ok(()), false) => RestartOutcome::Fresh,
            (Err(HostError::Registry(refusal)), _) => {
                return self.give_up(id, (attempt, of), refusal.to_string());
            }
            (Err(HostError::Stopped), _) => return,
            (Err(error @ (HostError::Plugin { .. } | HostError::NotFound { .. })), _) => {
                return self.give_up(id, (attempt, of), error.to_string());
            }
            // If it broke as it started, that fault is here already, and plans the next restart.
            (Err(error), _) => {
                return self.wait((id, name), (attempt, of), now, &error.to_string());
            }
        };
        self.patients.entry(id).or_default().busy = 0;
        let reason = done.refused.then(|| {
            "it did not take the state back that it had saved, and was started without".to_owned()
        });
        let view = RestartView {
            time: now,
            attempt,
            of,
            outcome,
            due: None,
            reason,
        };
        self.tell(id, view);
    }

    /// Has strategies save that are to save now and then.
    fn save_due(&mut self) {
        let now = self.now();
        let running = self.strategies.shared.read(|model| {
            let views = model.strategies.iter();
            let running = views.filter(|view| view.state == StrategyState::Running && !view.manual);
            let running = running.map(|view| (view.id, view.name.clone()));
            running.collect::<Vec<_>>()
        });
        for (id, name) in running {
            let Some(every) = self.settings.of(&name).save_every else {
                continue;
            };
            let patient = self.patients.entry(id).or_default();
            let due = *patient.saves.get_or_insert_with(|| now.after(every));
            if due > now {
                continue;
            }
            patient.saves = Some(now.after(every));
            if let Err(error) = self.strategies.save(&name) {
                tracing::warn!(strategy = %name, %error, "a strategy could not save");
            }
        }
    }

    /// Looks at what events cost where there is a budget, and does what is to be done where it is missed.
    fn watch_budgets(&self) {
        let live = self.strategies.shared.read(|model| {
            let views = model.strategies.iter();
            let live = views.filter(|view| {
                matches!(view.state, StrategyState::Running | StrategyState::Paused)
            });
            let live = live.map(|view| (view.id, view.name.clone()));
            live.collect::<Vec<_>>()
        });
        for (id, name) in live {
            let budget = self.settings.of(&name).budget;
            let Some((budget, loaded)) = budget.zip(self.strategies.versions.running(id)) else {
                continue;
            };
            let Some(costs) = loaded.meter.cost().window(budget.window) else {
                continue;
            };
            let Some(missed) = budget.missed(&costs) else {
                self.strategies
                    .outlet
                    .note(Item::Care(id, CareNews::InBudget));
                continue;
            };
            let done = match budget.demote {
                true => self.strategies.demote(&name),
                false => Ok(None),
            };
            let said = match done {
                Ok(None) => missed,
                Ok(Some(done)) => format!("{missed}; {done}"),
                Err(error) => format!("{missed}; it could not be demoted: {error}"),
            };
            tracing::warn!(strategy = %name, "{said}");
            let news = CareNews::OverBudget(said);
            self.strategies.outlet.note(Item::Care(id, news));
        }
    }

    fn keep_letter(&self, broke: Broke, name: &str) {
        let input = match self.input(broke.sequence) {
            Ok(input) => input,
            Err(error) => {
                let sequence = broke.sequence;
                tracing::warn!(sequence, %error, "a dead letter is kept without its input");
                None
            }
        };
        let admission = &self.strategies.admission;
        let record = admission.registry().get(broke.plugin);
        let letter = DeadLetter {
            strategy: name.to_owned(),
            id: broke.strategy,
            plugin: broke.plugin,
            title: record.map(|record| record.title()).unwrap_or_default(),
            parameters: broke.parameters,
            journal: admission.journal().unwrap_or_default().to_owned(),
            sequence: broke.sequence,
            time: broke.time,
            fault: broke.fault,
            input,
            saved: broke.saved,
            definitions: broke.definitions.to_vec(),
        };
        if let Err(error) = self.letters.keep(letter, admission.now().nanos()) {
            tracing::error!(%error, "a dead letter could not be kept");
        }
    }

    /// The input of this sequence, as the journal has it.
    fn input(&self, sequence: u64) -> Result<Option<Input>, String> {
        let Some(JournalOnDisk { folder, progress }) = &self.journal else {
            return Ok(None);
        };
        if progress.wait(sequence.saturating_sub(1), JOURNAL_PATIENCE) < sequence {
            return Err("the journal does not have it yet".to_owned());
        }
        let mut blocks = Blocks::after(
            folder,
            sequence.saturating_sub(1),
            Some(Arc::clone(progress)),
        );
        let block = blocks.next_block().map_err(|error| error.to_string())?;
        let block = block.ok_or("the journal does not have it")?;
        let records = block.records().map_err(|error| error.to_string())?;
        let found = records.into_iter().find_map(|record| match record {
            Record::Input(input) if input.sequence == sequence => Some(input.input),
            _ => None,
        });
        Ok(found)
    }

    fn now(&self) -> Timestamp {
        let engine = self.strategies.shared.read(|model| model.engine.time);
        self.strategies.time.stamp(None, engine)
    }

    fn name(&self, id: StrategyId) -> Option<String> {
        let shared = &self.strategies.shared;
        shared.read(|model| {
            let view = model.strategies.get(id.index())?;
            Some(view.name.clone())
        })
    }

    fn tell(&self, id: StrategyId, view: RestartView) {
        let news = CareNews::Restart(Box::new(view));
        self.strategies.outlet.note(Item::Care(id, news));
    }
}

/// Whether an order is one that closes what a broken strategy holds, and is not over.
fn closes(strategy: StrategyId, order: &Order) -> bool {
    let own = order.strategy == strategy && order.terms.tag.as_str() == FLATTEN_TAG;
    own && !order.status.is_closed()
}

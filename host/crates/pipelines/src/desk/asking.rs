//! What people ask of the desk.

use super::{
    BeginRun, Desk, Known, PipelineEntry, Pipelines, Said, check_name, end_if_idle, no_pipeline,
    now,
};
use crate::definition::Definition;
use crate::live_run::{LiveRun, lock};
use crate::run::{Approval, Run, State};
use crate::stages::approve::may_approve;
use registry::Record;
use services::handle::{HostError, Queries};
use services::said;
use std::path::Path;
use std::sync::Arc;

/// What may stand before the digits of a component.
const HASH_PREFIX: &str = "sha256:";

fn invalid(field: &'static str, reason: impl Into<String>) -> HostError {
    HostError::Invalid {
        field,
        reason: reason.into(),
    }
}

/// A name of who asks.
pub(crate) fn check_by(by: Option<&str>) -> Result<(), HostError> {
    by.map_or(Ok(()), |by| said::check("by", by, said::LONGEST_NAME))
}

impl Said {
    fn check(&self) -> Result<(), HostError> {
        said::check("by", &self.by, said::LONGEST_NAME)?;
        let reason = self.reason.as_deref();
        reason.map_or(Ok(()), |reason| {
            said::check("reason", reason, said::LONGEST_REASON)
        })
    }
}

impl Pipelines {
    /// All pipelines that there are files of, by strategy, and how the latest run of each is.
    pub fn list(&self) -> Vec<PipelineEntry> {
        let desk = &self.0;
        let entries = std::fs::read_dir(&desk.config.folder).ok();
        let paths = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        let files = paths.filter(|path| path.extension().is_some_and(|end| end == "toml"));
        let stems = files.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
        let mut names: Vec<_> = stems.filter(|name| check_name(name).is_ok()).collect();
        names.sort();
        names.iter().map(|name| desk.entry(name)).collect()
    }

    /// The pipeline of a strategy.
    ///
    /// # Errors
    /// `NotFound` when there is no file.
    pub fn pipeline(&self, strategy: &str) -> Result<PipelineEntry, HostError> {
        check_name(strategy)?;
        match self.0.file(strategy).exists() {
            true => Ok(self.0.entry(strategy)),
            false => Err(no_pipeline(strategy)),
        }
    }

    /// The runs of a strategy, the latest first; the 100 latest are kept.
    pub fn runs(&self, strategy: &str) -> Vec<Run> {
        let known = lock(&self.0.known);
        let runs = known.runs.get(strategy).into_iter().flatten();
        runs.rev().map(|(_, live)| live.shown()).collect()
    }

    /// A run.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn run(&self, strategy: &str, id: u64) -> Result<Run, HostError> {
        let live = lock(&self.0.known).find(strategy, id)?;
        Ok(live.shown())
    }

    /// Begins a run; returns as soon as it is at work.
    ///
    /// # Errors
    /// `NotFound` without a file, strategy or component; `Conflict` with a bad file, while another run of
    /// the strategy is not over, or while the most are at work.
    pub fn begin_run(&self, strategy: &str, wanted: BeginRun) -> Result<Run, HostError> {
        let desk = &self.0;
        said::check("by", &wanted.by, said::LONGEST_NAME)?;
        let (definition, text) = desk.definition(strategy)?;
        if desk.host.strategy(strategy).is_none() {
            return Err(HostError::NotFound {
                what: "strategy",
                name: strategy.to_owned(),
            });
        }
        let digits = wanted.plugin.strip_prefix(HASH_PREFIX);
        let record = desk.host.plugin(digits.unwrap_or(&wanted.plugin))?;
        let mut parameters = definition.parameters.clone();
        parameters.extend(wanted.parameters);
        check_parameters(&record, parameters.keys())?;
        let mut known = lock(&desk.known);
        known.may_begin(strategy)?;
        known.room()?;
        let runs = known.runs.entry(strategy.to_owned()).or_default();
        let id = runs.last_key_value().map_or(1, |(last, _)| last + 1);
        let run = Run {
            id,
            strategy: strategy.to_owned(),
            plugin: record.manifest.hash.to_string(),
            title: record.title(),
            parameters,
            force: wanted.force,
            by: wanted.by,
            definition: text,
            state: State::Running,
            began_at_ns: now(),
            ended_at_ns: None,
            steps: Run::steps_of(&definition),
            approvals: Vec::new(),
            canary_after: None,
            canary: None,
            switching_after: None,
            live: None,
            verdict: "it begins".to_owned(),
        };
        let live = Arc::new(LiveRun::new(run));
        desk.keep(&live, |_| {}).map_err(HostError::Conflict)?;
        runs.insert(id, Arc::clone(&live));
        desk.prune(&mut known, strategy);
        desk.set_to_work(&mut known, &live)?;
        Ok(live.shown())
    }

    /// Somebody says yes to a run that waits for that.
    ///
    /// # Errors
    /// `Conflict` when it does not wait, or when this one's yes does not count.
    pub fn approve(&self, strategy: &str, id: u64, said: Said) -> Result<Run, HostError> {
        said.check()?;
        let desk = &self.0;
        let mut known = lock(&desk.known);
        let live = known.find(strategy, id)?;
        may_say_yes(&live.shown(), &said.by)?;
        known.room()?;
        let approval = Approval {
            by: said.by,
            reason: said.reason,
            at_ns: now(),
            may_approve_plugins: said.may_approve_plugins,
        };
        let take = |run: &mut Run| {
            run.approvals.push(approval);
            run.state = State::Running;
        };
        desk.keep(&live, take).map_err(HostError::Conflict)?;
        desk.set_to_work(&mut known, &live)?;
        Ok(live.shown())
    }

    /// Ends a run. One that is at work ends its stage first: a shadow is ended, a version on probation is
    /// sent back.
    ///
    /// # Errors
    /// `Conflict` when it is over.
    pub fn cancel(&self, strategy: &str, id: u64, said: Said) -> Result<Run, HostError> {
        said.check()?;
        let live = lock(&self.0.known).find(strategy, id)?;
        let state = live.shown().state;
        if state.is_over() {
            return Err(not_so(id, state, "it is over"));
        }
        let reason = said.reason.map(|reason| format!(": {reason}"));
        let mut words = format!("cancelled by {}{}", said.by, reason.unwrap_or_default());
        live.ask_to_end(words.clone());
        // Whoever is at work gives back what it began; nobody is here.
        if state == State::Interrupted {
            words = self.0.given_back(&live.shown(), words);
        }
        let ended = self.0.keep(&live, |run| end_if_idle(run, &words));
        ended.map_err(HostError::Conflict)?;
        Ok(live.shown())
    }

    /// Goes on with a run that was interrupted, at the stage in which it was.
    ///
    /// # Errors
    /// `Conflict` when it was not.
    pub fn resume(&self, strategy: &str, id: u64, said: Said) -> Result<Run, HostError> {
        said.check()?;
        let desk = &self.0;
        let mut known = lock(&desk.known);
        let live = known.find(strategy, id)?;
        let state = live.shown().state;
        if state != State::Interrupted {
            return Err(not_so(
                id,
                state,
                "only one that was interrupted is resumed",
            ));
        }
        known.room()?;
        let words = format!("resumed by {}", said.by);
        let take = |run: &mut Run| {
            run.state = State::Running;
            run.verdict = words;
        };
        desk.keep(&live, take).map_err(HostError::Conflict)?;
        desk.set_to_work(&mut known, &live)?;
        Ok(live.shown())
    }
}

fn not_so(id: u64, state: State, why: &str) -> HostError {
    HostError::Conflict(format!("run {id} is {}: {why}", state.name()))
}

fn may_say_yes(run: &Run, by: &str) -> Result<(), HostError> {
    if run.state != State::Waiting {
        let why = "only one that waits is approved";
        return Err(not_so(run.id, run.state, why));
    }
    let file = format!("{}.toml", run.strategy);
    let definition = Definition::parse(Path::new(&file), &run.definition);
    let definition = definition.map_err(|error| HostError::Conflict(error.to_string()))?;
    let Some(terms) = definition.approve else {
        return Err(not_so(run.id, run.state, "its file asks nobody"));
    };
    may_approve(&terms, &run.by, by).map_err(HostError::Conflict)?;
    let mut names = run.approvals.iter().map(|approval| approval.by.trim());
    if names.any(|name| name.eq_ignore_ascii_case(by.trim())) {
        return Err(not_so(run.id, run.state, "they have said yes already"));
    }
    Ok(())
}

/// Whether a component has all of these parameters.
pub(crate) fn check_parameters<'a>(
    record: &Record,
    mut names: impl Iterator<Item = &'a String>,
) -> Result<(), HostError> {
    let known = &record.manifest.parameters;
    let is_new = |name: &&String| !known.iter().any(|parameter| parameter.name == **name);
    let Some(name) = names.find(is_new) else {
        return Ok(());
    };
    let known: Vec<_> = known.iter().map(|one| format!("`{}`", one.name)).collect();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    let title = record.title();
    let reason = format!("{title} has no parameter `{name}`; it has {known}");
    Err(invalid("parameters", reason))
}

impl Known {
    /// One run of a strategy at a time.
    fn may_begin(&self, strategy: &str) -> Result<(), HostError> {
        let mut runs = self.runs.get(strategy).into_iter().flatten();
        let open = runs.find_map(|(id, live)| {
            let state = live.shown().state;
            (!state.is_over()).then_some((*id, state))
        });
        match open {
            None => Ok(()),
            Some((id, State::Interrupted)) => {
                Err(not_so(id, State::Interrupted, "resume or cancel it first"))
            }
            Some((id, state)) => Err(not_so(id, state, "wait for it, or cancel it first")),
        }
    }
}

impl Desk {
    fn entry(&self, strategy: &str) -> PipelineEntry {
        let file = self.file(strategy);
        let (stages, error) = match Definition::load(&file) {
            Ok((definition, _)) => (definition.stages(), None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let known = lock(&self.known);
        let latest = known
            .runs
            .get(strategy)
            .and_then(|runs| runs.values().next_back());
        PipelineEntry {
            strategy: strategy.to_owned(),
            file,
            stages,
            error,
            latest: latest.map(|live| live.shown()),
        }
    }
}

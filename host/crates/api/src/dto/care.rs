//! Strategies that broke: their restarts and dead letters, and quarantine of plugins.

use super::plugin::PluginDetailDto;
use super::text::{Name, pairs};
use model::Timestamp;
use registry::{FaultNote, Record};
use serde::Serialize;
use services::faults::{CostView, DeadLetter, Place, Spread};
use services::host::DeadLetters;
use services::view::RestartView;
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// How far the restart of a strategy is.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct RestartDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    /// Which of the restarts in a row it is.
    pub(crate) attempt: u32,
    pub(crate) of: u32,
    /// `WAITING`, `RESTORED`, `FRESH` or `GAVE_UP`.
    pub(crate) outcome: Name,
    /// When it is started again, while that waits.
    pub(crate) due_ns: Option<String>,
    pub(crate) reason: Option<String>,
}

/// The file of a dead letter, which is no JSON.
pub(crate) enum LetterFile {}

impl PartialSchema for LetterFile {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .description(Some("The file of a dead letter."))
            .into()
    }
}

impl ToSchema for LetterFile {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("DeadLetterFile")
    }
}

impl RestartDto {
    pub(crate) fn new(view: &RestartView) -> Self {
        let (time, time_ns) = moment(view.time);
        Self {
            time,
            time_ns,
            attempt: view.attempt,
            of: view.of,
            outcome: Name(view.outcome.name()),
            due_ns: view.due.map(|due| due.nanos().to_string()),
            reason: view.reason.clone(),
        }
    }
}

/// Answer to `GET strategies/{name}/dead-letters`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct DeadLettersDto {
    /// The newest first.
    letters: Vec<DeadLetterDto>,
    /// How many letters of the host made room for newer ones since it began.
    dropped: u64,
}

/// The input over which a strategy broke.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct DeadLetterDto {
    /// Its name, for `GET strategies/{name}/dead-letters/{letter}`.
    letter: String,
    time: String,
    time_ns: String,
    /// The run that began the journal.
    journal: String,
    /// The input during which it happened.
    sequence: u64,
    /// The SHA-256 of the component.
    plugin: String,
    /// Its name and version.
    title: String,
    #[serde(serialize_with = "pairs")]
    #[schema(value_type = BTreeMap<String, String>)]
    parameters: Vec<(String, String)>,
    kind: Name,
    message: String,
    /// Where in the plugin's source it happened, if the fault names a place.
    place: Option<PlaceDto>,
    /// The input in words; `null` where the journal could not be read.
    input: Option<String>,
    /// The version and size of what the strategy had saved last, if anything.
    saved: Option<SavedDto>,
}

/// A place in a plugin's source.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct PlaceDto {
    file: String,
    line: u32,
}

/// Saved state, without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
struct SavedDto {
    version: u32,
    bytes: usize,
}

/// Longest description of an input, in characters.
const LONGEST_INPUT: usize = 2_000;

impl DeadLettersDto {
    pub(crate) fn new(found: DeadLetters, limit: usize) -> Self {
        let letters = found.letters.iter().take(limit);
        let letters = letters.map(|(name, letter)| DeadLetterDto::new(name, letter));
        Self {
            letters: letters.collect(),
            dropped: found.dropped,
        }
    }
}

impl DeadLetterDto {
    fn new(name: &str, letter: &DeadLetter) -> Self {
        let (time, time_ns) = moment(letter.time);
        let input = letter.input.as_ref().map(|input| format!("{input:?}"));
        Self {
            letter: name.to_owned(),
            time,
            time_ns,
            journal: letter.journal.clone(),
            sequence: letter.sequence,
            plugin: letter.plugin.to_string(),
            title: letter.title.clone(),
            parameters: letter.parameters.clone(),
            kind: Name(letter.fault.kind.name()),
            message: letter.fault.message.clone(),
            place: letter.place().map(PlaceDto::new),
            input: input.map(|input| input.chars().take(LONGEST_INPUT).collect()),
            saved: letter.saved.as_ref().map(|saved| SavedDto {
                version: saved.version,
                bytes: saved.bytes.len(),
            }),
        }
    }
}

impl PlaceDto {
    fn new(place: Place) -> Self {
        let Place { file, line } = place;
        Self { file, line }
    }
}

/// Why a plugin may not run until somebody releases it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct QuarantineDto {
    time: String,
    time_ns: String,
    reason: String,
}

/// A fault of a plugin since it was released last.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct FaultNoteDto {
    time: String,
    time_ns: String,
    journal: String,
    strategy: String,
    sequence: u64,
    fault: String,
}

pub(crate) fn quarantine(record: &Record) -> Option<QuarantineDto> {
    record.quarantine.as_ref().map(|quarantine| {
        let (time, time_ns) = moment(quarantine.since());
        QuarantineDto {
            time,
            time_ns,
            reason: quarantine.reason.clone(),
        }
    })
}

/// Its latest faults, oldest first.
pub(crate) fn fault_notes(record: &Record) -> Vec<FaultNoteDto> {
    let note = |note: &FaultNote| {
        let (time, time_ns) = moment(Timestamp::from_nanos(note.at_ns));
        FaultNoteDto {
            time,
            time_ns,
            journal: note.journal.clone(),
            strategy: note.strategy.clone(),
            sequence: note.sequence,
            fault: note.fault.clone(),
        }
    };
    record.faults.iter().map(note).collect()
}

/// Answer to a release.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ReleasedDto {
    pub(crate) plugin: PluginDetailDto,
    /// Strategies that have it, and stay as they are until somebody resumes or starts them.
    pub(crate) strategies: Vec<String>,
}

/// What events cost the version of a strategy that runs.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct CostDto {
    /// The SHA-256 of the component.
    plugin: String,
    /// One event of so many is measured.
    every: u32,
    measured: u64,
    time_ns: Option<TimeSpreadDto>,
    fuel: Option<SpreadDto>,
    budget: Option<BudgetDto>,
}

/// How something is spread over events.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
struct SpreadDto {
    p50: u64,
    p99: u64,
    max: u64,
}

/// The same of lengths of time, in nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct TimeSpreadDto {
    p50: String,
    p99: String,
    max: String,
}

/// What they may cost.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct BudgetDto {
    time_ns: Option<String>,
    fuel: Option<u64>,
    window: u64,
    demote: bool,
}

impl CostDto {
    pub(crate) fn new(view: &CostView) -> Self {
        Self {
            plugin: view.plugin.to_string(),
            every: view.every,
            measured: view.costs.measured,
            time_ns: view.costs.time_ns.map(TimeSpreadDto::new),
            fuel: view.costs.fuel.map(SpreadDto::new),
            budget: view.budget.map(|budget| BudgetDto {
                time_ns: budget.time.map(|time| time.nanos().to_string()),
                fuel: budget.fuel,
                window: budget.window,
                demote: budget.demote,
            }),
        }
    }
}

impl SpreadDto {
    fn new(spread: Spread) -> Self {
        let Spread { p50, p99, max } = spread;
        Self { p50, p99, max }
    }
}

impl TimeSpreadDto {
    fn new(spread: Spread) -> Self {
        let Spread { p50, p99, max } = spread;
        Self {
            p50: p50.to_string(),
            p99: p99.to_string(),
            max: max.to_string(),
        }
    }
}

fn moment(time: Timestamp) -> (String, String) {
    (time.to_string(), time.nanos().to_string())
}

//! Plugins: what each is, what is known of it, and how two of them differ.

use super::care::{FaultNoteDto, QuarantineDto, fault_notes, quarantine};
use super::text::Name;
use model::Timestamp;
use registry::{
    Act, Change, Difference, Fuel, Manifest, Names, Parameter, ParameterChange, Record, Refusal,
    Source, Use,
};
use serde::{Deserialize, Serialize};
use services::handle::PluginUser;
use std::collections::BTreeMap;

/// A plugin in a list.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct PluginDto {
    /// The SHA-256 of its bytes.
    pub(crate) hash: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) world: String,
    pub(crate) state: Name,
    /// Whether its bytes are here.
    pub(crate) kept: bool,
    /// Whether it broke too often, and may not run until somebody releases it.
    pub(crate) quarantined: bool,
    pub(crate) size_bytes: u64,
    /// The number of the key that it is signed with.
    pub(crate) signed_by: Option<String>,
    /// When it came in first.
    pub(crate) time: String,
    pub(crate) time_ns: String,
    /// Who has it now.
    pub(crate) used_by: Vec<UserDto>,
}

/// Who has a plugin.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = PluginUserDto)]
pub(crate) struct UserDto {
    /// `strategy`, `algorithm`, `rule` or `venue model`.
    pub(crate) role: &'static str,
    pub(crate) name: String,
}

/// All that is known of a plugin.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct PluginDetailDto {
    #[serde(flatten)]
    plugin: PluginDto,
    #[serde(flatten)]
    more: MoreDto,
    signature: Option<SignatureDto>,
    /// `upload`, or the file that it is from.
    source: SourceDto,
    /// Why it may not run now; `null` when it may.
    refusal: Option<RefusalDto>,
    /// Why it is in quarantine, if it is.
    quarantine: Option<QuarantineDto>,
    /// Its latest faults since it was released last, oldest first.
    faults: Vec<FaultNoteDto>,
    acts: Vec<ActDto>,
    uses: Vec<UseDto>,
}

/// What a component says of itself, beyond its name.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct MoreDto {
    documentation: String,
    authors: Option<String>,
    /// Functions that it may call, as `interface#function`.
    imports: Vec<String>,
    /// Functions that it offers beyond its world.
    options: Vec<String>,
    parameters: Vec<ParameterDto>,
    limits: BTreeMap<String, u64>,
    fuel: Option<FuelDto>,
}

/// What a component is, for who has only the component.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ManifestDto {
    hash: String,
    name: String,
    version: String,
    world: String,
    size_bytes: u64,
    #[serde(flatten)]
    more: MoreDto,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct ParameterDto {
    name: String,
    kind: String,
    /// `null` when it must be given.
    default: Option<String>,
    minimum: Option<String>,
    maximum: Option<String>,
    documentation: String,
}

/// What made-up events cost, in fuel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
struct FuelDto {
    events: u32,
    median: u64,
    most: u64,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct SignatureDto {
    key: String,
    key_id: Option<String>,
    comment: String,
}

/// How a plugin came in.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum SourceDto {
    Upload,
    File(String),
}

/// Why a plugin may not run.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = PluginRefusalDto)]
struct RefusalDto {
    code: &'static str,
    detail: String,
}

/// Something that was done with a plugin.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ActDto {
    act: Name,
    time: String,
    time_ns: String,
    by: Option<String>,
    reason: Option<String>,
    forced: bool,
}

/// Where a plugin was put to use.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct UseDto {
    /// The run that began the journal.
    journal: String,
    role: &'static str,
    name: String,
    time: String,
    time_ns: String,
}

/// Body of `POST plugins/{plugin}/approve`.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionRequest {
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) by: Option<String>,
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) force: bool,
}

/// Body of `POST plugins/{plugin}/revoke` and `release`, which need no force.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonRequest {
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) by: Option<String>,
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
    )]
    pub(crate) reason: Option<String>,
}

/// Answer to a revocation.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct RevokedDto {
    pub(crate) plugin: PluginDetailDto,
    /// Strategies that ran it and are paused now.
    pub(crate) paused: Vec<String>,
}

impl PluginDto {
    pub(crate) fn new(record: &Record, users: Vec<PluginUser>) -> Self {
        let manifest = &record.manifest;
        let key = record.signature.as_ref();
        let key = key.and_then(|signature| signature.signer());
        let (time, time_ns) = moment(record.since());
        Self {
            hash: manifest.hash.to_string(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            world: manifest.world.clone(),
            state: Name(record.state.name()),
            kept: record.kept,
            quarantined: record.quarantine.is_some(),
            size_bytes: manifest.size_bytes,
            signed_by: key.map(|key| key.id().to_string()),
            time,
            time_ns,
            used_by: users.into_iter().map(UserDto::new).collect(),
        }
    }
}

impl UserDto {
    fn new(user: PluginUser) -> Self {
        Self {
            role: user.role.name(),
            name: user.name,
        }
    }
}

impl PluginDetailDto {
    pub(crate) fn new(record: &Record, users: Vec<PluginUser>, refusal: Option<Refusal>) -> Self {
        let signature = record.signature.as_ref();
        Self {
            plugin: PluginDto::new(record, users),
            more: MoreDto::new(&record.manifest),
            signature: signature.map(|signature| SignatureDto {
                key: signature.key.clone(),
                key_id: signature.signer().map(|key| key.id().to_string()),
                comment: signature.comment.clone(),
            }),
            source: match &record.source {
                Source::Upload => SourceDto::Upload,
                Source::File(path) => SourceDto::File(path.clone()),
            },
            refusal: refusal.map(|refusal| RefusalDto {
                code: refusal.code(),
                detail: refusal.to_string(),
            }),
            quarantine: quarantine(record),
            faults: fault_notes(record),
            acts: acts(record),
            uses: uses(record),
        }
    }
}

impl ManifestDto {
    /// Of a manifest.
    pub fn new(manifest: &Manifest) -> Self {
        Self {
            hash: manifest.hash.to_string(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            world: manifest.world.clone(),
            size_bytes: manifest.size_bytes,
            more: MoreDto::new(manifest),
        }
    }
}

impl MoreDto {
    fn new(manifest: &Manifest) -> Self {
        Self {
            documentation: manifest.documentation.clone(),
            authors: manifest.authors.clone(),
            imports: manifest.imports.clone(),
            options: manifest.options.clone(),
            parameters: manifest.parameters.iter().map(ParameterDto::new).collect(),
            limits: manifest.limits.clone(),
            fuel: manifest.fuel.map(FuelDto::new),
        }
    }
}

impl ParameterDto {
    fn new(parameter: &Parameter) -> Self {
        Self {
            name: parameter.name.clone(),
            kind: parameter.kind.clone(),
            default: parameter.default.clone(),
            minimum: parameter.minimum.clone(),
            maximum: parameter.maximum.clone(),
            documentation: parameter.documentation.clone(),
        }
    }
}

impl FuelDto {
    fn new(fuel: Fuel) -> Self {
        let Fuel {
            events,
            median,
            most,
        } = fuel;
        Self {
            events,
            median,
            most,
        }
    }
}

/// What was done with a plugin, oldest first.
pub(crate) fn acts(record: &Record) -> Vec<ActDto> {
    let act = |act: &Act| {
        let (time, time_ns) = moment(act.at());
        ActDto {
            act: Name(act.deed.name()),
            time,
            time_ns,
            by: act.by.clone(),
            reason: act.reason.clone(),
            forced: act.forced,
        }
    };
    record.acts.iter().map(act).collect()
}

/// Where a plugin was put to use.
pub(crate) fn uses(record: &Record) -> Vec<UseDto> {
    let used = |used: &Use| {
        let (time, time_ns) = moment(Timestamp::from_nanos(used.since_ns));
        UseDto {
            journal: used.journal.clone(),
            role: used.role.name(),
            name: used.name.clone(),
            time,
            time_ns,
        }
    };
    record.uses.iter().map(used).collect()
}

fn moment(time: Timestamp) -> (String, String) {
    (time.to_string(), time.nanos().to_string())
}

/// How a plugin differs from another. What did not change is `null` or empty.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = PluginDifferenceDto)]
pub struct DifferenceDto {
    /// Whether the bytes are the same.
    same: bool,
    world: Option<TextChangeDto>,
    name: Option<TextChangeDto>,
    version: Option<TextChangeDto>,
    /// `NEWER`, `OLDER`, `SAME`, or `UNORDERED` for versions without an order.
    order: Name,
    authors: Option<AuthorsChangeDto>,
    size_bytes: SizeChangeDto,
    imports: NamesDto,
    options: NamesDto,
    parameters: Vec<ParameterChangeDto>,
    fuel: FuelChangeDto,
}

/// A text before and after.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct TextChangeDto {
    before: String,
    after: String,
}

/// Who wrote it, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct AuthorsChangeDto {
    before: Option<String>,
    after: Option<String>,
}

/// How large it is, in bytes, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct SizeChangeDto {
    before: u64,
    after: u64,
}

/// What made-up events cost, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct FuelChangeDto {
    before: Option<FuelDto>,
    after: Option<FuelDto>,
}

/// Names in one list only.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct NamesDto {
    added: Vec<String>,
    removed: Vec<String>,
}

/// A parameter that changed; `null` before for a new one, after for one that is gone.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
struct ParameterChangeDto {
    name: String,
    before: Option<ParameterDto>,
    after: Option<ParameterDto>,
}

impl DifferenceDto {
    /// Of a difference.
    pub fn new(difference: Difference) -> Self {
        let order = match difference.order {
            Some(std::cmp::Ordering::Greater) => "NEWER",
            Some(std::cmp::Ordering::Less) => "OLDER",
            Some(std::cmp::Ordering::Equal) => "SAME",
            None => "UNORDERED",
        };
        let fuel = difference.fuel;
        Self {
            same: difference.same,
            world: changed(difference.world, TextChangeDto::new),
            name: changed(difference.name, TextChangeDto::new),
            version: changed(difference.version, TextChangeDto::new),
            order: Name(order),
            authors: changed(difference.authors, AuthorsChangeDto::new),
            size_bytes: SizeChangeDto {
                before: difference.size_bytes.before,
                after: difference.size_bytes.after,
            },
            imports: NamesDto::new(difference.imports),
            options: NamesDto::new(difference.options),
            parameters: difference
                .parameters
                .iter()
                .map(ParameterChangeDto::new)
                .collect(),
            fuel: FuelChangeDto {
                before: fuel.before.map(FuelDto::new),
                after: fuel.after.map(FuelDto::new),
            },
        }
    }
}

/// What changed, as `shown` from before and after; nothing where it is the same.
fn changed<T: PartialEq, D>(change: Change<T>, shown: impl FnOnce(T, T) -> D) -> Option<D> {
    let is_change = change.is_change();
    let Change { before, after } = change;
    is_change.then(|| shown(before, after))
}

impl TextChangeDto {
    fn new(before: String, after: String) -> Self {
        Self { before, after }
    }
}

impl AuthorsChangeDto {
    fn new(before: Option<String>, after: Option<String>) -> Self {
        Self { before, after }
    }
}

impl NamesDto {
    fn new(names: Names) -> Self {
        Self {
            added: names.added,
            removed: names.removed,
        }
    }
}

impl ParameterChangeDto {
    fn new(change: &ParameterChange) -> Self {
        Self {
            name: change.name.clone(),
            before: change.change.before.as_ref().map(ParameterDto::new),
            after: change.change.after.as_ref().map(ParameterDto::new),
        }
    }
}

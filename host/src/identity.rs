//! Identity beside a running host: its door and log opened, and its storage tied to the SQL store.

use crate::config::{Config, IdentitySection};
use anyhow::{Context, Result, anyhow};
use api::{Guarded, GuardedSettings};
use identity::audit::{Audit, Draft, Summary};
use identity::{
    Change, Cost, Entry, Identity, Kind, OsEntropy, Settings, Storage, StorageError, SystemClock,
};
use serde_json::{Value, json};
use std::future::Future;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::sql::{Register, RegisterChange, Registered, Registers, StoreError};
use tokio::runtime::Handle;

/// How long the database of identity may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Identity that is on.
pub struct Identified {
    /// For the API.
    pub guarded: Arc<Guarded>,
    /// While nobody can log in: what the first person takes up a name and a password with.
    pub invitation: Option<String>,
}

/// Opens identity where the configuration turns it on. Whoever calls holds the data folder's lock.
pub async fn begin(config: &Config) -> Result<Option<Identified>> {
    let section = &config.identity;
    if !section.is_on() {
        return Ok(None);
    }
    let data_dir = config.host.data_dir.clone();
    make_folder(&IdentitySection::folder(&data_dir))?;
    check_private(&data_dir)?;
    let location = section.location(&data_dir, &config.secrets());
    let location = location.map_err(|reason| anyhow!("identity.url: {reason}"))?;
    let opened = tokio::time::timeout(PATIENCE, Registers::open(&location)).await;
    let opened = opened.with_context(|| format!("identity.url: {location}: no answer in 5 s"))?;
    let registers = opened.with_context(|| format!("identity.url: {location}"))?;
    let storage = SqlStorage {
        registers,
        runtime: Handle::current(),
    };
    let settings = GuardedSettings {
        four_eyes: section.four_eyes,
        secure_cookie: section.behind_tls_proxy || config.tls.is_some(),
    };
    let is_new = section.new_audit_log;
    let by_address = config.tells_addresses();
    let opened = move || open(&data_dir, storage, (settings, by_address), is_new);
    let opened = tokio::task::spawn_blocking(opened);
    opened.await?.map(Some)
}

fn open(
    data_dir: &Path,
    storage: SqlStorage,
    (settings, by_address): (GuardedSettings, bool),
    is_new: bool,
) -> Result<Identified> {
    let clock = Arc::new(SystemClock);
    let door = Settings {
        token_keys: IdentitySection::folder(data_dir).join("token-keys.json"),
        cost: Cost::default(),
        by_address,
        clock: clock.clone(),
        entropy: Arc::new(OsEntropy),
    };
    let identity = Identity::open(Box::new(storage), door).context("identity")?;
    let log = IdentitySection::audit_log(data_dir);
    let kept = identity.kept_head();
    let noted = kept.as_ref().filter(|_| !is_new);
    let audit = Audit::open_after(&log, clock, noted).context(
        "identity: the audit log must be whole, and go on from where it was; put it back, or, if it \
         is lost, keep what there is of it elsewhere and start once with `new_audit_log = true` in \
         [identity]",
    )?;
    tell_of(&audit, kept.as_ref(), is_new)?;
    let invitation = identity.first_invitation().context("identity")?;
    let guarded = Arc::new(Guarded::new(identity, audit, settings));
    guarded.identity().keep_head().context("identity")?;
    Ok(Identified {
        guarded,
        invitation,
    })
}

/// Says, and writes down, what of a log is not there any more.
fn tell_of(audit: &Audit, kept: Option<&Summary>, is_new: bool) -> Result<()> {
    let draft = |action: &str, before: Option<Value>, after: Option<Value>| Draft {
        actor: "-".to_owned(),
        action: action.to_owned(),
        subject: "audit log".to_owned(),
        before,
        after,
        outcome: "DONE".to_owned(),
        ..Draft::default()
    };
    if let Some(dropped) = audit.dropped() {
        let (number, rest) = (dropped.number, &dropped.rest);
        tracing::warn!(number, %rest, "half a record at the end of the audit log was dropped");
        let before = json!({ "record": number, "rest": rest });
        audit.append(draft("audit.drop", Some(before), None))?;
    }
    if is_new {
        tracing::warn!("`new_audit_log` is set: records that are gone are not missed; unset it");
        let before = kept.map(|kept| json!({ "records": kept.records, "head": kept.head }));
        let now = audit.head();
        let after = json!({ "records": now.records, "head": now.head });
        audit.append(draft("audit.begin", before, Some(after)))?;
    }
    Ok(())
}

/// Keeps how far the audit log has come, as a host ends. Blocks.
pub fn end(guarded: Arc<Guarded>) {
    if let Err(error) = guarded.identity().keep_head() {
        tracing::error!(%error, "the head of the audit log is not kept");
    }
}

/// Makes a folder that only its owner may look into.
fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("identity: cannot make {}", folder.display()))
}

/// Refuses a folder or a file of identity that others than its owner can look into.
fn check_private(data_dir: &Path) -> Result<()> {
    let folder = IdentitySection::folder(data_dir);
    let files = [
        "identity.sqlite",
        "identity.sqlite-wal",
        "identity.sqlite-shm",
        "audit.log",
    ];
    let mut places = vec![(folder.clone(), "700")];
    places.extend(files.map(|file| (folder.join(file), "600")));
    for (place, mode) in places {
        let found = match std::fs::metadata(&place) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            found => found.with_context(|| format!("identity: {}", place.display()))?,
        };
        if found.permissions().mode() & 0o077 != 0 {
            return Err(anyhow!(
                "identity: {0} is open to others on this machine, who may have read or changed what it \
                 holds; if nobody else was, `chmod {mode} {0}` and start again",
                place.display()
            ));
        }
    }
    Ok(())
}

/// The storage of identity in registers. Calls block a thread that the runtime keeps for that.
struct SqlStorage {
    registers: Registers,
    runtime: Handle,
}

impl Storage for SqlStorage {
    fn load(&mut self) -> Result<Vec<Entry>, StorageError> {
        let rows = self.runtime.block_on(answered(self.registers.rows()))?;
        let entries = rows.into_iter().map(|row| Entry {
            kind: kind(row.register),
            id: row.id,
            owner: row.owner,
            expires_ms: row.expires_ms,
            record: row.record,
        });
        Ok(entries.collect())
    }

    fn write(&mut self, changes: &[Change]) -> Result<(), StorageError> {
        let changes: Vec<_> = changes.iter().map(register_change).collect();
        let change = self.registers.change(&changes);
        self.runtime.block_on(answered(change))
    }
}

/// What the database answers, within a bound: whoever waits for identity waits for it. A connection that
/// did not answer is not used again.
async fn answered<T>(
    asked: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StorageError> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer.map_err(|error| StorageError(error.to_string())),
        Err(_) => {
            let reason = "the database did not answer in 5 s; nobody knows whether it is done";
            Err(StorageError(reason.to_owned()))
        }
    }
}

fn register_change(change: &Change) -> RegisterChange {
    match change {
        Change::Put(entry) => RegisterChange::Put(Registered {
            register: register(entry.kind),
            id: entry.id.clone(),
            owner: entry.owner.clone(),
            expires_ms: entry.expires_ms,
            record: entry.record.clone(),
        }),
        Change::Remove(kind, id) => RegisterChange::Remove(register(*kind), id.clone()),
    }
}

fn register(kind: Kind) -> Register {
    match kind {
        Kind::User => Register::Users,
        Kind::Session => Register::Sessions,
        Kind::Key => Register::ApiKeys,
        Kind::Approval => Register::Approvals,
        Kind::Log => Register::Logs,
    }
}

fn kind(register: Register) -> Kind {
    match register {
        Register::Users => Kind::User,
        Register::Sessions => Kind::Session,
        Register::ApiKeys => Kind::Key,
        Register::Approvals => Kind::Approval,
        Register::Logs => Kind::Log,
    }
}

//! Identity beside a running host: its door and log opened, and its storage tied to the SQL store.

use crate::config::{Config, IdentitySection};
use anyhow::{Context, Result, anyhow};
use api::{Guarded, GuardedSettings};
use identity::audit::Audit;
use identity::{
    Change, Cost, Entry, Identity, Kind, OsEntropy, Settings, Storage, StorageError, SystemClock,
};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use store::sql::{Register, RegisterChange, Registered, Registers};
use tokio::runtime::Handle;

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
    let location = section.location(&data_dir);
    let location = location.map_err(|reason| anyhow!("identity.url: {reason}"))?;
    let registers = Registers::open(&location).await;
    let registers = registers.with_context(|| format!("identity.url: {location}"))?;
    let storage = SqlStorage {
        registers,
        runtime: Handle::current(),
    };
    let settings = GuardedSettings {
        four_eyes: section.four_eyes,
        secure_cookie: section.behind_tls_proxy,
    };
    let opened = tokio::task::spawn_blocking(move || open(&data_dir, storage, settings));
    opened.await?.map(Some)
}

fn open(data_dir: &Path, storage: SqlStorage, settings: GuardedSettings) -> Result<Identified> {
    let clock = Arc::new(SystemClock);
    let door = Settings {
        token_keys: IdentitySection::folder(data_dir).join("token-keys.json"),
        cost: Cost::default(),
        // Behind a proxy all come from its address.
        by_address: !settings.secure_cookie,
        clock: clock.clone(),
        entropy: Arc::new(OsEntropy),
    };
    let identity = Identity::open(Box::new(storage), door).context("identity")?;
    let log = IdentitySection::audit_log(data_dir);
    let audit = Audit::open(&log, clock).context(
        "identity: the audit log must be whole; keep the file as it is, move it away, and start \
         again with a new one",
    )?;
    let invitation = identity.first_invitation().context("identity")?;
    Ok(Identified {
        guarded: Arc::new(Guarded::new(identity, audit, settings)),
        invitation,
    })
}

/// Makes a folder that only its owner may look into.
fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("identity: cannot make {}", folder.display()))
}

/// The storage of identity in registers. Calls block a thread that the runtime keeps for that.
struct SqlStorage {
    registers: Registers,
    runtime: Handle,
}

impl Storage for SqlStorage {
    fn load(&mut self) -> Result<Vec<Entry>, StorageError> {
        let rows = self.runtime.block_on(self.registers.rows());
        let rows = rows.map_err(|error| StorageError(error.to_string()))?;
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
        let done = self.runtime.block_on(self.registers.change(&changes));
        done.map_err(|error| StorageError(error.to_string()))
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
    }
}

fn kind(register: Register) -> Kind {
    match register {
        Register::Users => Kind::User,
        Register::Sessions => Kind::Session,
        Register::ApiKeys => Kind::Key,
        Register::Approvals => Kind::Approval,
    }
}

//! The components a host has, by hash: what comes in, what may run, what is approved, revoked, deleted.
//!
//! A component goes from uploaded to approved to revoked. Revoked is for ever: the same bytes are refused
//! even when they were deleted and come again. Every change is on the disk before anybody is told.

use crate::Refusal;
use crate::folder::Folder;
use crate::manifest::Manifest;
use crate::quarantine::check_released;
use crate::record::{
    Act, Decision, Deed, MAX_ACTS, MAX_USES, Record, Role, Signature, Source, State, Use,
};
use crate::trust::{Signer, Trust, Untrusted};
use crate::version::compare;
use model::{PluginHash, Timestamp};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most components a registry has a record of.
const MAX_RECORDS: usize = 10_000;
/// Fewest digits by which a component can be named.
const MIN_DIGITS: usize = 8;

/// What may run on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Whose components are taken.
    pub trust: Trust,
    /// Whether somebody must approve a component before it runs.
    pub require_approval: bool,
}

/// A component that comes in.
#[derive(Debug, Clone)]
pub struct Arrival<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What it is.
    pub manifest: Manifest,
    /// The text of its `.minisig` file.
    pub signature: Option<&'a str>,
    /// Who signed it, as [`Registry::check`] said.
    pub signer: Option<&'a Signer>,
    /// How it comes.
    pub source: Source,
    /// Whether it comes although it is older than what is there.
    pub forced: bool,
}

/// What a component is going to run beside.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// All that run now.
    pub running: &'a [PluginHash],
    /// What runs in the very place that it is to take.
    pub replaced: Option<PluginHash>,
}

/// The components of one host. It alone may write the folder.
#[derive(Debug)]
pub struct Registry {
    folder: Folder,
    policy: Policy,
    records: Mutex<BTreeMap<PluginHash, Arc<Record>>>,
}

impl Registry {
    /// Reads the records of a folder, which is made if there is none.
    ///
    /// # Errors
    /// A record cannot be read: the file, why, and what would do.
    pub fn open(path: PathBuf, policy: Policy) -> Result<Self, String> {
        let folder = Folder::open(path)?;
        let records = folder.records()?.into_iter();
        let records = records.map(|record| (record.manifest.hash, Arc::new(record)));
        let records = Mutex::new(records.collect());
        Ok(Self {
            folder,
            policy,
            records,
        })
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<PluginHash, Arc<Record>>> {
        // A record is replaced as a whole, so nobody leaves half of one behind.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may run here.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Who signed these bytes; `None` for nobody, where that will do. `signature` is the text of a
    /// `.minisig` file.
    ///
    /// # Errors
    /// Why they are not to be trusted: also because they were revoked here.
    pub fn check(&self, bytes: &[u8], signature: Option<&str>) -> Result<Option<Signer>, Refusal> {
        let hash = PluginHash::of(bytes);
        let revoked = |record: Arc<Record>| record.state == State::Revoked;
        if self.get(hash).is_some_and(revoked) {
            return Err(Untrusted::Revoked(hash).into());
        }
        Ok(self.policy.trust.check(bytes, signature)?)
    }

    /// The record of a component.
    pub fn get(&self, hash: PluginHash) -> Option<Arc<Record>> {
        self.records().get(&hash).cloned()
    }

    /// All records, the newest first.
    pub fn all(&self) -> Vec<Arc<Record>> {
        let mut all: Vec<_> = self.records().values().cloned().collect();
        all.sort_by_key(|record| (std::cmp::Reverse(record.since()), record.manifest.hash));
        all
    }

    /// The record of a component that is named by its hash, or by the first digits of it.
    ///
    /// # Errors
    /// None begins like that, or several do.
    pub fn find(&self, text: &str) -> Result<Arc<Record>, Refusal> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let digits = digits.to_ascii_lowercase();
        let unknown = || Refusal::Unknown(text.chars().take(80).collect());
        if digits.len() < MIN_DIGITS {
            return Err(unknown());
        }
        let records = self.records();
        let named = |record: &&Arc<Record>| record.manifest.hash.to_string().starts_with(&digits);
        let found: Vec<_> = records.values().filter(named).collect();
        match found.as_slice() {
            [] => Err(unknown()),
            [one] => Ok(Arc::clone(one)),
            several => Err(Refusal::Ambiguous {
                text: digits,
                found: several.len(),
            }),
        }
    }

    /// The hash of a component whose bytes are here, named as for [`Registry::find`].
    ///
    /// # Errors
    /// As there; it was revoked or deleted.
    pub fn find_kept(&self, text: &str) -> Result<PluginHash, Refusal> {
        let record = self.find(text)?;
        check_kept(&record)?;
        Ok(record.manifest.hash)
    }

    /// Keeps a component that was checked and admitted. One that is here already stays as it is, and
    /// gets the signature if it had none.
    ///
    /// # Errors
    /// It was revoked meanwhile, there is no room, or the disk does not take it.
    pub fn take_in(
        &self,
        arrival: Arrival<'_>,
        decision: &Decision,
    ) -> Result<Arc<Record>, Refusal> {
        let hash = arrival.manifest.hash;
        let mut records = self.records();
        let known = records.get(&hash).map(Arc::clone);
        let signature = arrival.signer.map(Signature::from);
        let record = match known {
            Some(known) if known.state == State::Revoked => {
                return Err(Untrusted::Revoked(hash).into());
            }
            Some(known) if known.kept => Record {
                signature: signature.or_else(|| known.signature.clone()),
                ..Record::clone(&known)
            },
            Some(known) => {
                let mut record = Record::clone(&known);
                (record.state, record.kept) = (State::Uploaded, true);
                (record.signature, record.source) = (signature, arrival.source);
                add_act(
                    &mut record,
                    Act::new(Deed::Upload, decision, arrival.forced),
                )?;
                record
            }
            None if records.len() >= MAX_RECORDS => {
                return Err(Refusal::Full(format!(
                    "{MAX_RECORDS} plugins have records; stop the host and move those away that nothing \
                     needs"
                )));
            }
            None => Record {
                manifest: arrival.manifest,
                state: State::Uploaded,
                kept: true,
                signature,
                source: arrival.source,
                acts: vec![Act::new(Deed::Upload, decision, arrival.forced)],
                uses: Vec::new(),
                faults: Vec::new(),
                quarantine: None,
            },
        };
        let kept = self.folder.keep(hash, arrival.bytes, arrival.signature);
        kept.map_err(Refusal::Disk)?;
        self.put(&mut records, record)
    }

    /// Writes a record if it is new or changed, and takes it over.
    fn put(
        &self,
        records: &mut BTreeMap<PluginHash, Arc<Record>>,
        record: Record,
    ) -> Result<Arc<Record>, Refusal> {
        let hash = record.manifest.hash;
        if let Some(known) = records.get(&hash)
            && **known == record
        {
            return Ok(Arc::clone(known));
        }
        self.folder.write(&record).map_err(Refusal::Disk)?;
        let record = Arc::new(record);
        records.insert(hash, Arc::clone(&record));
        Ok(record)
    }

    /// Whether a component that is here may run at all: it is neither revoked nor in quarantine,
    /// whoever signed it is trusted still, and it is approved where that is asked for.
    ///
    /// # Errors
    /// Why not. What nobody knows may not.
    pub fn may_run(&self, hash: PluginHash) -> Result<Arc<Record>, Refusal> {
        let unknown = || Refusal::Unknown(hash.to_string());
        let record = self.get(hash).ok_or_else(unknown)?;
        let trust = &self.policy.trust;
        if trust.revokes(hash) {
            return Err(Untrusted::Revoked(hash).into());
        }
        check_kept(&record)?;
        check_released(&record)?;
        match &record.signature {
            None => trust.check_signer(None)?,
            Some(signature) => {
                let key = signature.signer().ok_or(Untrusted::Malformed)?;
                trust.check_signer(Some(&key))?;
            }
        }
        if self.policy.require_approval && record.state != State::Approved {
            return Err(Refusal::NotApproved {
                title: record.title(),
                hash: hash.to_string(),
            });
        }
        Ok(record)
    }

    /// Whether a component may take its place now: as [`Registry::may_run`], and it is not older than
    /// what is there. What was approved was decided on already, so only what it replaces counts then.
    ///
    /// # Errors
    /// Why not.
    pub fn may_begin(
        &self,
        hash: PluginHash,
        beside: Beside<'_>,
        force: bool,
    ) -> Result<(), Refusal> {
        let record = self.may_run(hash)?;
        if force {
            return Ok(());
        }
        match record.state {
            State::Approved => {
                let replaced = beside.replaced.into_iter().collect::<Vec<_>>();
                self.check_version(&record.manifest, &replaced, false)
            }
            _ => self.check_version(&record.manifest, beside.running, true),
        }
    }

    /// Whether a component is no older than those that run, and if so asked than those approved.
    fn check_version(
        &self,
        manifest: &Manifest,
        running: &[PluginHash],
        approved: bool,
    ) -> Result<(), Refusal> {
        let records = self.records();
        for other in records
            .values()
            .filter(|other| is_rival(&other.manifest, manifest))
        {
            let why = match running.contains(&other.manifest.hash) {
                true => "runs",
                false if approved && other.state == State::Approved => "is approved",
                false => continue,
            };
            let (name, version) = (manifest.name.clone(), manifest.version.clone());
            let (than, why) = (other.manifest.version.clone(), why.to_owned());
            match compare(&version, &than) {
                Some(Ordering::Less) => {
                    return Err(Refusal::Downgrade {
                        name,
                        version,
                        than,
                        why,
                    });
                }
                None => {
                    return Err(Refusal::Unordered {
                        name,
                        version,
                        than,
                        why,
                    });
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Whether a component that is about to come in is no older than what runs or is approved.
    ///
    /// # Errors
    /// Which it is older than.
    pub fn may_come(&self, manifest: &Manifest, running: &[PluginHash]) -> Result<(), Refusal> {
        self.check_version(manifest, running, true)
    }

    /// Says that a component may run. Saying so again changes nothing.
    ///
    /// # Errors
    /// It was revoked or deleted, is not trusted any more, or is older than what runs or is approved.
    pub fn approve(
        &self,
        hash: PluginHash,
        running: &[PluginHash],
        decision: &Decision,
    ) -> Result<Arc<Record>, Refusal> {
        let record = self.get(hash);
        let record = record.ok_or_else(|| Refusal::Unknown(hash.to_string()))?;
        match record.state {
            State::Approved => return Ok(record),
            State::Revoked => return Err(Untrusted::Revoked(hash).into()),
            State::Deleted | State::Uploaded => {}
        }
        match self.may_run(hash) {
            Ok(_) | Err(Refusal::NotApproved { .. }) => {}
            Err(refusal) => return Err(refusal),
        }
        let older = self.check_version(&record.manifest, running, true);
        if !decision.force {
            older.clone()?;
        }
        self.change(hash, |record| {
            record.state = State::Approved;
            add_act(record, Act::new(Deed::Approve, decision, older.is_err()))
        })
    }

    /// Says that a component may never run again. What runs it is the caller's business. Saying so again
    /// changes nothing.
    ///
    /// # Errors
    /// There is none, or the disk does not take it.
    pub fn revoke(&self, hash: PluginHash, decision: &Decision) -> Result<Arc<Record>, Refusal> {
        self.change(hash, |record| {
            if record.state == State::Revoked {
                return Ok(());
            }
            record.state = State::Revoked;
            // There is always room to revoke.
            record.acts.push(Act::new(Deed::Revoke, decision, false));
            Ok(())
        })
    }

    /// Removes a component's bytes and signature; what was known of it stays. `users` names who runs it,
    /// and `journals` those that exist: what one of them has is needed to step it again.
    ///
    /// # Errors
    /// Who needs it; it is deleted already; the disk.
    pub fn delete(
        &self,
        hash: PluginHash,
        users: Vec<String>,
        journals: &[String],
        decision: &Decision,
    ) -> Result<Arc<Record>, Refusal> {
        // Under one lock to the end, so that nobody notes a use, or keeps the bytes again, in between.
        let mut records = self.records();
        let record = records.get(&hash).cloned();
        let record = record.ok_or_else(|| Refusal::Unknown(hash.to_string()))?;
        let in_use = |users, fix| Refusal::InUse {
            hash: hash.to_string(),
            users,
            fix,
        };
        if !record.kept {
            return Err(Refusal::State {
                hash: hash.to_string(),
                state: "deleted",
                fix: "there is nothing to delete",
            });
        }
        if !users.is_empty() {
            return Err(in_use(users, "swap it for another one first"));
        }
        let needed = record.uses.iter();
        let needed = needed.filter(|used| journals.contains(&used.journal));
        let needed: Vec<_> = needed.map(needs).collect();
        if !needed.is_empty() {
            let fix = "move the journal to an archive, together with the plugin, to be rid of both";
            return Err(in_use(needed, fix));
        }
        let mut record = Record::clone(&record);
        record.kept = false;
        if record.state != State::Revoked {
            record.state = State::Deleted;
        }
        add_act(&mut record, Act::new(Deed::Delete, decision, false))?;
        let record = self.put(&mut records, record)?;
        self.folder.remove(hash).map_err(Refusal::Disk)?;
        Ok(record)
    }

    /// Notes that a component is about to be put to use, before a journal has it.
    ///
    /// # Errors
    /// There is none, it was revoked or deleted since it was asked for, or the disk does not take it: then
    /// it must not be used.
    pub fn note_use(
        &self,
        hash: PluginHash,
        (journal, role, name): (&str, Role, &str),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let changed = self.change(hash, |record| {
            check_kept(record)?;
            let same =
                |used: &Use| used.journal == journal && used.role == role && used.name == name;
            if record.uses.iter().any(same) {
                return Ok(());
            }
            if record.uses.len() >= MAX_USES {
                return Err(Refusal::Full(format!(
                    "the plugin {hash} was put to use in {MAX_USES} places; give it another version"
                )));
            }
            record.uses.push(Use {
                journal: journal.to_owned(),
                role,
                name: name.to_owned(),
                since_ns: now.nanos(),
            });
            Ok(())
        });
        changed.map(drop)
    }

    pub(crate) fn change(
        &self,
        hash: PluginHash,
        change: impl FnOnce(&mut Record) -> Result<(), Refusal>,
    ) -> Result<Arc<Record>, Refusal> {
        let mut records = self.records();
        let known = records.get(&hash);
        let known = known.ok_or_else(|| Refusal::Unknown(hash.to_string()))?;
        let mut record = Record::clone(known);
        change(&mut record)?;
        self.put(&mut records, record)
    }

    /// The bytes kept under a hash, at most one more than `most`. They are whatever lies there: whoever
    /// admits them compares the hash.
    ///
    /// # Errors
    /// Where they should be, and why they are not.
    pub fn bytes(&self, hash: PluginHash, most: u64) -> Result<Vec<u8>, String> {
        self.folder.bytes(hash, most)
    }

    /// The text of the signature kept with a component.
    pub fn signature(&self, hash: PluginHash) -> Option<String> {
        self.folder.signature_of(hash)
    }
}

/// Whether one is a version of what the other is.
fn is_rival(other: &Manifest, manifest: &Manifest) -> bool {
    other.hash != manifest.hash && (&other.name, &other.world) == (&manifest.name, &manifest.world)
}

/// Whether the bytes are here and may be used as far as the record says.
fn check_kept(record: &Record) -> Result<(), Refusal> {
    let hash = record.manifest.hash;
    if record.state == State::Revoked {
        return Err(Untrusted::Revoked(hash).into());
    }
    if !record.kept {
        return Err(Refusal::State {
            hash: hash.to_string(),
            state: "deleted",
            fix: "upload it again first",
        });
    }
    Ok(())
}

fn needs(used: &Use) -> String {
    let (journal, role, name) = (&used.journal, used.role.name(), &used.name);
    format!("the journal `{journal}` has it as the {role} `{name}`")
}

pub(crate) fn add_act(record: &mut Record, act: Act) -> Result<(), Refusal> {
    if record.acts.len() >= MAX_ACTS {
        let hash = record.manifest.hash;
        return Err(Refusal::Full(format!(
            "{MAX_ACTS} things were done with the plugin {hash}; give it another version"
        )));
    }
    record.acts.push(act);
    Ok(())
}

#[cfg(test)]
mod tests;

//! Quarantine: a component that broke too often within a while runs no more, whatever strategy it is for,
//! until somebody releases it. It is kept with its record, so it outlives the host.

use crate::Refusal;
use crate::record::{Act, Decision, Deed, Record, State};
use crate::registry::{Registry, add_act};
use crate::trust::Untrusted;
use model::{Duration, PluginHash, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Most faults that a record has; the oldest go.
const MAX_FAULTS: usize = 100;
/// Who puts components into quarantine.
const HOST: &str = "host";

/// When a component goes into quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuarantineRule {
    /// With so many faults; never where this is 0. At most 100.
    pub faults: u32,
    /// Within so much engine time.
    pub window: Duration,
}

impl Default for QuarantineRule {
    /// Three faults within an hour.
    fn default() -> Self {
        Self {
            faults: 3,
            window: Duration::from_secs(3_600),
        }
    }
}

/// A fault of a component, and where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultNote {
    /// The run that began the journal in which it is.
    pub journal: String,
    /// The strategy that ran the component.
    pub strategy: String,
    /// The input during which it happened.
    pub sequence: u64,
    /// When, in nanoseconds of engine time.
    pub at_ns: u64,
    /// How it broke.
    pub fault: String,
}

/// Why a component may not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// Since when, in nanoseconds since the epoch by the host's clock.
    pub since_ns: u64,
    /// Why, for people.
    pub reason: String,
}

impl Quarantine {
    /// Since when.
    pub fn since(&self) -> Timestamp {
        Timestamp::from_nanos(self.since_ns)
    }
}

/// Fails for a component in quarantine.
pub(crate) fn check_released(record: &Record) -> Result<(), Refusal> {
    match &record.quarantine {
        None => Ok(()),
        Some(quarantine) => Err(Refusal::Quarantined {
            title: record.title(),
            hash: record.manifest.hash.to_string(),
            reason: quarantine.reason.clone(),
        }),
    }
}

impl Registry {
    /// Notes a fault of a component at `now` by the host's clock; returns its record if that puts it into
    /// quarantine. A fault that is noted already changes nothing.
    ///
    /// # Errors
    /// There is no such component, or the disk does not take it.
    pub fn note_fault(
        &self,
        hash: PluginHash,
        note: FaultNote,
        rule: QuarantineRule,
        now: Timestamp,
    ) -> Result<Option<Arc<Record>>, Refusal> {
        let mut begun = false;
        let record = self.change(hash, |record| {
            if record.faults.iter().any(|known| is_same(known, &note)) {
                return Ok(());
            }
            if record.faults.len() >= MAX_FAULTS {
                record.faults.remove(0);
            }
            record.faults.push(note);
            let reason = reason_for(&record.faults, rule);
            if let (None, Some(reason)) = (&record.quarantine, reason) {
                begun = true;
                put_away(record, reason, now);
            }
            Ok(())
        })?;
        Ok(begun.then_some(record))
    }

    /// Lets a component run again; its faults so far count no more. Saying so again changes nothing.
    ///
    /// # Errors
    /// There is none, it was revoked, or the disk does not take it.
    pub fn release(&self, hash: PluginHash, decision: &Decision) -> Result<Arc<Record>, Refusal> {
        self.change(hash, |record| {
            if record.state == State::Revoked {
                return Err(Untrusted::Revoked(hash).into());
            }
            if record.quarantine.take().is_none() {
                return Ok(());
            }
            record.faults.clear();
            add_act(record, Act::new(Deed::Release, decision, false))
        })
    }

    /// All components in quarantine, the latest first.
    pub fn quarantined(&self) -> Vec<Arc<Record>> {
        let mut found = self.all();
        found.retain(|record| record.quarantine.is_some());
        found.sort_by_key(|record| {
            let since = record.quarantine.as_ref().map(Quarantine::since);
            std::cmp::Reverse(since)
        });
        found
    }
}

fn is_same(known: &FaultNote, other: &FaultNote) -> bool {
    let key = |note: &FaultNote| (note.sequence, note.strategy.clone(), note.journal.clone());
    key(known) == key(other)
}

/// Why the latest fault puts a component into quarantine, if it does.
fn reason_for(faults: &[FaultNote], rule: QuarantineRule) -> Option<String> {
    let latest = faults.last()?;
    let from = latest.at_ns.saturating_sub(rule.window.nanos());
    let recent: Vec<_> = faults
        .iter()
        .filter(|note| (from..=latest.at_ns).contains(&note.at_ns))
        .collect();
    let (count, most) = (recent.len(), usize::try_from(rule.faults).ok()?);
    if most == 0 || count < most {
        return None;
    }
    let within = rule.window.nanos() / 1_000_000_000;
    let FaultNote {
        strategy,
        sequence,
        fault,
        ..
    } = latest;
    Some(format!(
        "it broke {count} times within {within} s, the last time as `{strategy}` at input {sequence}: {fault}"
    ))
}

fn put_away(record: &mut Record, reason: String, now: Timestamp) {
    let decision = Decision {
        by: Some(HOST.to_owned()),
        reason: Some(reason.clone()),
        force: false,
        at: now,
    };
    record.quarantine = Some(Quarantine {
        since_ns: now.nanos(),
        reason,
    });
    // There is always room for this: unknown means deny.
    record
        .acts
        .push(Act::new(Deed::Quarantine, &decision, false));
}

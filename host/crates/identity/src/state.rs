//! What is known now, in memory. Changed only by [`State::apply`], after the storage has it.

use crate::approvals::{Changes, waits};
use crate::records::{ApiKey, Approval, ApprovalState, LogHead, Session, User, Write};
use crate::refusal::Refusal;
use crate::storage::{Entry, Kind};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What is known now.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) keys: BTreeMap<String, ApiKey>,
    pub(crate) approvals: BTreeMap<String, Approval>,
    /// What became of them since the process began.
    pub(crate) changes: Changes,
    pub(crate) log: Option<LogHead>,
}

impl State {
    /// Makes it of what was kept.
    pub(crate) fn of(entries: Vec<Entry>) -> Result<Self, Refusal> {
        let mut state = Self::default();
        for entry in entries {
            let write = match entry.kind {
                Kind::User => Write::User(read(&entry)?),
                Kind::Session => Write::Session(read(&entry)?),
                Kind::Key => Write::Key(read(&entry)?),
                Kind::Approval => Write::Approval(read(&entry)?),
                Kind::Log => Write::Log(read(&entry)?),
            };
            state.apply(write, 0);
        }
        // What was there before is no change.
        state.changes = Changes::default();
        Ok(state)
    }

    /// Lets a change hold, at a time in milliseconds since the epoch.
    pub(crate) fn apply(&mut self, write: Write, now_ms: u64) {
        match write {
            Write::User(user) => {
                self.users.insert(user.name.clone(), user);
            }
            Write::Session(session) => {
                self.sessions.insert(session.id.clone(), session);
            }
            Write::Key(key) => {
                self.keys.insert(key.id.clone(), key);
            }
            Write::Approval(approval) => {
                self.changes.note(now_ms, approval.clone());
                self.approvals.insert(approval.id.clone(), approval);
            }
            Write::Log(head) => self.log = Some(head),
            Write::Remove(Kind::Log, _) => self.log = None,
            Write::Remove(Kind::User, id) => {
                self.users.remove(&id);
            }
            Write::Remove(Kind::Session, id) => {
                self.sessions.remove(&id);
            }
            Write::Remove(Kind::Key, id) => {
                self.keys.remove(&id);
            }
            Write::Remove(Kind::Approval, id) => {
                // Whoever waits for it waits in vain: it is over, or who asked or agreed is gone.
                if let Some(gone) = self.approvals.remove(&id).filter(waits) {
                    let state = ApprovalState::Void;
                    self.changes.note(now_ms, Approval { state, ..gone });
                }
            }
        }
    }

    pub(crate) fn user(&self, name: &str) -> Result<&User, Refusal> {
        let user = self.users.get(name);
        user.ok_or_else(|| Refusal::unknown("user", name))
    }

    /// The removal of a person's keys.
    pub(crate) fn keys_of(&self, user: &str) -> Vec<Write> {
        let keys = self.keys.values().filter(|one| one.user == user);
        keys.map(|one| Write::Remove(Kind::Key, one.id.clone()))
            .collect()
    }

    /// The removal of what a person asked for or confirmed.
    pub(crate) fn approvals_of(&self, user: &str) -> Vec<Write> {
        let concerns = |one: &&Approval| {
            one.asked_by == user || one.decided_by.as_deref().is_some_and(|by| by == user)
        };
        let approvals = self.approvals.values().filter(concerns);
        approvals
            .map(|one| Write::Remove(Kind::Approval, one.id.clone()))
            .collect()
    }

    /// The removal of a person's sessions.
    pub(crate) fn sessions_of(&self, user: &str) -> Vec<Write> {
        let sessions = self.sessions.values().filter(|one| one.user == user);
        sessions
            .map(|one| Write::Remove(Kind::Session, one.id.clone()))
            .collect()
    }
}

fn read<T: DeserializeOwned>(entry: &Entry) -> Result<T, Refusal> {
    serde_json::from_str(&entry.record).map_err(|error| {
        Refusal::Storage(format!(
            "{:?} `{}` cannot be read: {error}",
            entry.kind, entry.id
        ))
    })
}

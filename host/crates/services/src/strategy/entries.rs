//! What is known of each strategy that was loaded: its plugin, what it saved last, and the one request that may be
//! under way.

use super::shadow::Shadowing;
use super::{Loaded, Strategies, not_found};
use crate::handle::HostError;
use crate::sync::lock;
use crate::trader::Stepped;
use engine::Effect;
use model::{SavedState, StrategyId};

/// Longest name of a strategy, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// A strategy that is or was loaded.
pub(super) struct Entry {
    pub(super) id: StrategyId,
    /// What it was loaded with; once it ran, [`Versions`](super::Versions) knows what runs.
    pub(super) loaded: Option<Loaded>,
    /// What it saved last.
    saved: Kept,
    /// The request that is under way.
    busy: Option<&'static str>,
    /// The shadow that trades, or was the last to.
    pub(super) shadow: Option<Shadowing>,
}

/// What a strategy saved last.
#[derive(Default)]
struct Kept {
    /// The input at which it did, or was found not to take it back.
    sequence: u64,
    state: Option<SavedState>,
}

impl Kept {
    /// Takes what was learnt at an input, unless something later is known: answers come to several threads.
    fn learn(&mut self, sequence: u64, state: Option<SavedState>) {
        if sequence >= self.sequence {
            *self = Self { sequence, state };
        }
    }
}

/// Marks a strategy as busy until dropped.
pub(super) struct Occupied<'a> {
    service: &'a Strategies,
    name: String,
}

impl Drop for Occupied<'_> {
    fn drop(&mut self) {
        let mut entries = lock(&self.service.entries);
        if let Some(entry) = entries.get_mut(&self.name) {
            entry.busy = None;
            // A load that failed leaves nothing.
            if entry.loaded.is_none() {
                entries.remove(&self.name);
            }
        }
    }
}

impl Strategies {
    /// Takes over what a journal says of a strategy, before anybody can ask.
    pub(crate) fn restore(
        &self,
        name: String,
        id: StrategyId,
        loaded: Loaded,
        saved: Option<SavedState>,
    ) {
        let entry = Entry {
            id,
            loaded: Some(loaded),
            saved: Kept {
                sequence: 0,
                state: saved,
            },
            busy: None,
            shadow: None,
        };
        lock(&self.entries).insert(name, entry);
    }

    /// What a strategy saved last.
    pub(crate) fn saved(&self, name: &str) -> Option<SavedState> {
        lock(&self.entries)
            .get(name)
            .and_then(|entry| entry.saved.state.clone())
    }

    /// What a strategy saved is not given to the next that starts.
    pub(super) fn put_saved_aside(&self, name: &str, sequence: u64) {
        if let Some(entry) = lock(&self.entries).get_mut(name) {
            entry.saved.learn(sequence, None);
        }
    }

    /// Takes note of what a strategy saved over an input, if it did.
    pub(super) fn keep_saved(&self, name: &str, id: StrategyId, stepped: &Stepped) {
        let saved = stepped
            .effects
            .iter()
            .rev()
            .find_map(|effect| match effect {
                Effect::Saved(strategy, state) if *strategy == id => Some(state.clone()),
                _ => None,
            });
        if let (Some(entry), Some(saved)) = (lock(&self.entries).get_mut(name), saved) {
            entry.saved.learn(stepped.sequence, Some(saved));
        }
    }

    /// The handle of a strategy that runs a plugin.
    pub(super) fn plugged(&self, name: &str) -> Result<StrategyId, HostError> {
        let view = self.shared.read(|model| model.strategy(name).cloned());
        match view {
            None => Err(not_found("strategy", name)),
            Some(view) if view.manual => Err(HostError::Conflict(format!(
                "`{name}` is traded by hand and has no plugin; pause and resume it instead"
            ))),
            Some(view) => Ok(view.id),
        }
    }

    /// The handle of a strategy with what runs, or would.
    pub(super) fn loaded(&self, name: &str) -> Result<(StrategyId, Loaded), HostError> {
        let id = self.plugged(name)?;
        let entries = lock(&self.entries);
        let loaded = entries.get(name).and_then(|entry| entry.loaded.clone());
        let loaded = self.versions.running(id).or(loaded);
        loaded.map(|loaded| (id, loaded)).ok_or_else(|| {
            HostError::Conflict(format!(
                "`{name}` has no plugin; load one under another name"
            ))
        })
    }

    /// The handle of a strategy that was defined in an earlier run and never had a plugin.
    pub(super) fn reserved(&self, name: &str) -> Result<Option<StrategyId>, HostError> {
        let known = self.shared.read(|model| model.strategy(name).cloned());
        match known {
            Some(view) if view.manual || view.plugin.is_some() => Err(HostError::Conflict(
                format!("there is a strategy `{name}` already"),
            )),
            known => Ok(known.map(|view| view.id)),
        }
    }

    /// Takes a name for a strategy that is being loaded.
    pub(super) fn reserve(&self, name: &str) -> Result<Occupied<'_>, HostError> {
        let mut entries = lock(&self.entries);
        if entries.contains_key(name) {
            return Err(HostError::Conflict(format!(
                "there is a strategy `{name}` already"
            )));
        }
        let entry = Entry {
            id: StrategyId::default(),
            loaded: None,
            saved: Kept::default(),
            busy: Some("load"),
            shadow: None,
        };
        entries.insert(name.to_owned(), entry);
        Ok(Occupied {
            service: self,
            name: name.to_owned(),
        })
    }

    /// Marks a strategy as having a request under way.
    pub(super) fn occupy(&self, name: &str, what: &'static str) -> Result<Occupied<'_>, HostError> {
        self.plugged(name)?;
        let mut entries = lock(&self.entries);
        let Some(entry) = entries.get_mut(name) else {
            return Err(HostError::Conflict(format!("`{name}` has no plugin")));
        };
        if let Some(busy) = entry.busy {
            return Err(HostError::Conflict(format!(
                "a {busy} of `{name}` is under way"
            )));
        }
        entry.busy = Some(what);
        Ok(Occupied {
            service: self,
            name: name.to_owned(),
        })
    }
}

/// Names go into paths, logs and URLs.
pub(super) fn check_name(name: &str) -> Result<(), HostError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name.len() <= MAX_NAME_BYTES && name.chars().all(plain) {
        return Ok(());
    }
    let reason = format!(
        "a name has 1 to {MAX_NAME_BYTES} letters, digits, `-`, `_` and `.`, which `{}` has not",
        name.escape_default()
            .take(MAX_NAME_BYTES)
            .collect::<String>()
    );
    Err(HostError::Invalid {
        field: "name",
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::{Kept, check_name};
    use model::SavedState;

    #[test]
    fn what_was_saved_earlier_and_comes_later_is_not_kept() {
        let state = |version| {
            Some(SavedState {
                version,
                bytes: Vec::new(),
            })
        };
        let mut kept = Kept::default();
        kept.learn(7, state(7));
        kept.learn(5, state(5));
        assert_eq!(kept.state, state(7));
        kept.learn(8, None);
        kept.learn(7, state(7));
        assert_eq!(kept.state, None, "it did not take that one back");
        kept.learn(9, state(9));
        assert_eq!(kept.state, state(9));
    }

    #[test]
    fn names_are_plain() {
        for good in ["a", "ema-cross.2", "MM_1"] {
            assert_eq!(check_name(good), Ok(()));
        }
        for bad in ["", "a b", "../x", "é", "a/b", "a\n", &"x".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}

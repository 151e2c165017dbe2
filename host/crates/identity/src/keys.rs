//! API keys: how machines come in. A key is of a person and never may more than that person.

use crate::door::{Identity, KEY_PREFIX, Principal};
use crate::records::{ApiKey, Write, networks};
use crate::refusal::Refusal;
use crate::role::{Role, Roles};
use crate::secret;
use crate::storage::Kind;

/// Keys of one person.
const MOST_OF_ONE: usize = 16;
/// Longest life of a key, in days.
const LONGEST_DAYS: u32 = 366;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A key that is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What it is for; 1 to 64 characters.
    pub name: String,
    /// What it may be of what its owner is.
    pub scopes: Roles,
    /// Addresses from which it may be used; from anywhere when empty.
    pub networks: Vec<String>,
    /// For how many days it is good.
    pub days: u32,
}

/// A key, to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyView {
    /// Its id: the readable part of the key.
    pub id: String,
    /// Whose.
    pub user: String,
    /// What it is for.
    pub name: String,
    /// What it may be of what its owner is.
    pub scopes: Roles,
    /// Addresses from which it may be used.
    pub networks: Vec<String>,
    /// When it was made, in milliseconds since the epoch.
    pub created_ms: u64,
    /// Until when it is good.
    pub expires_ms: u64,
}

impl Identity {
    /// Makes a key; the text that comes back is told this once. Blocks.
    ///
    /// # Errors
    /// A field cannot be used, a scope is no role of its owner, or there are too many.
    pub fn add_key(&self, who: &Principal, new: NewKey) -> Result<(KeyView, String), Refusal> {
        check(who, &new)?;
        let from = networks(&new.networks)?;
        let (id, secret) = (
            secret::name(self.entropy.as_ref())?,
            secret::fresh(self.entropy.as_ref())?,
        );
        let now = self.now();
        self.change(|state| {
            state.user(&who.user)?;
            let own = state.keys.values().filter(|key| key.user == who.user);
            let (over, lasting): (Vec<_>, Vec<_>) = own.partition(|key| key.expires_ms <= now);
            if lasting.len() >= MOST_OF_ONE {
                return Err(Refusal::Full {
                    what: "keys of yours",
                    most: MOST_OF_ONE,
                });
            }
            let text = format!("{KEY_PREFIX}{id}_{secret}");
            let key = ApiKey {
                digest: secret::digest(&secret),
                user: who.user.clone(),
                name: new.name,
                scopes: new.scopes,
                networks: from,
                created_ms: now,
                expires_ms: now + u64::from(new.days) * DAY_MS,
                id,
            };
            let over = over.into_iter();
            let mut writes: Vec<_> = over
                .map(|key| Write::Remove(Kind::Key, key.id.clone()))
                .collect();
            let answer = (view(&key), text);
            writes.push(Write::Key(key));
            Ok((writes, answer))
        })
    }

    /// Keys, of one person or of all, by id. Those that are over are among them until the next is made.
    #[must_use]
    pub fn keys(&self, of: Option<&str>) -> Vec<KeyView> {
        let state = self.state();
        let wanted = |key: &&ApiKey| of.is_none_or(|of| of == key.user);
        state.keys.values().filter(wanted).map(view).collect()
    }

    /// Revokes a key: one's own, or as an admin anybody's. Blocks.
    ///
    /// # Errors
    /// There is none of this id that concerns `who`; or [`Refusal::NotStored`], and it is revoked.
    pub fn revoke_key(&self, id: &str, who: &Principal) -> Result<KeyView, Refusal> {
        self.take_away(|state| {
            let mine = |key: &&ApiKey| key.user == who.user || who.roles.contains(&Role::Admin);
            let key = state.keys.get(id).filter(mine);
            let key = key.ok_or_else(|| Refusal::unknown("key", id))?;
            Ok((vec![Write::Remove(Kind::Key, id.to_owned())], view(key)))
        })
    }
}

fn check(who: &Principal, new: &NewKey) -> Result<(), Refusal> {
    let length = new.name.chars().count();
    if length == 0 || length > 64 || new.name.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            "name",
            "must be 1 to 64 printable characters",
        ));
    }
    if new.days == 0 || new.days > LONGEST_DAYS {
        let reason = format!("must be from 1 to {LONGEST_DAYS}");
        return Err(Refusal::invalid("days", reason));
    }
    if new.scopes.is_empty() {
        return Err(Refusal::invalid("scopes", "must name at least one role"));
    }
    match new.scopes.difference(&who.roles).next() {
        None => Ok(()),
        Some(role) => {
            let reason = format!("you are no {role}, so no key of yours can be");
            Err(Refusal::invalid("scopes", reason))
        }
    }
}

fn view(key: &ApiKey) -> KeyView {
    KeyView {
        id: key.id.clone(),
        user: key.user.clone(),
        name: key.name.clone(),
        scopes: key.scopes.clone(),
        networks: key.networks.clone(),
        created_ms: key.created_ms,
        expires_ms: key.expires_ms,
    }
}

//! The door: who somebody is, by what is shown.

use crate::attempts::Attempts;
use crate::audit::{Audit, Summary};
use crate::password::{Cost, Passwords};
use crate::policy;
use crate::ports::{Clock, Entropy};
use crate::records::{Invitation, LogHead, Write, is_within};
use crate::refusal::Refusal;
use crate::role::Roles;
use crate::secret;
use crate::state::State;
use crate::storage::{Change, Storage, StorageError};
use crate::tickets::Tickets;
use crate::tokens::Tokens;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

/// How long the first invitation is good, in milliseconds.
const FIRST_MS: u64 = 60 * 60 * 1_000;
/// What API keys begin with, so that a search for leaked ones finds them.
pub(crate) const KEY_PREFIX: &str = "argk_";

/// What identity is made with.
pub struct Settings {
    /// The file of the keys that tokens are made with; made where there is none.
    pub token_keys: PathBuf,
    /// What a password's hash costs.
    pub cost: Cost,
    /// Whether addresses tell people apart when they fail; behind a proxy all have the same.
    pub by_address: bool,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// By what somebody is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A session, by its id.
    Session(String),
    /// An API key, by its id.
    Key(String),
}

/// Somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The person's name.
    pub user: String,
    /// What may be done now: of a key, what its owner and its scopes have in common.
    pub roles: Roles,
    /// By what.
    pub by: Credential,
}

impl Principal {
    /// The person, and the key where it is one: for the log.
    #[must_use]
    pub fn actor(&self) -> String {
        match &self.by {
            Credential::Session(_) => self.user.clone(),
            Credential::Key(id) => format!("{}/{id}", self.user),
        }
    }
}

/// People, sessions, keys and approvals.
pub struct Identity {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) passwords: Passwords,
    pub(crate) attempts: Attempts,
    pub(crate) tokens: Tokens,
    pub(crate) tickets: Tickets,
    /// The invitation of the first person, while there is nobody.
    pub(crate) first: Mutex<Option<Invitation>>,
    state: RwLock<State>,
    kept: Mutex<Kept>,
    /// The log whose head is kept, too.
    log: OnceLock<Arc<Audit>>,
}

/// What is kept, and what is still to be.
struct Kept {
    storage: Box<dyn Storage>,
    /// What was taken away and could not be stored: it goes with the next change.
    owed: Vec<Change>,
}

impl Identity {
    /// Reads what is kept.
    ///
    /// # Errors
    /// It cannot be read, or the file of token keys may be read by others.
    pub fn open(mut storage: Box<dyn Storage>, settings: Settings) -> Result<Self, Refusal> {
        let entries = storage.load();
        let entries = entries.map_err(|error| Refusal::Storage(error.to_string()))?;
        let (clock, entropy) = (settings.clock, settings.entropy);
        Ok(Self {
            passwords: Passwords::new(settings.cost, entropy.as_ref())?,
            attempts: Attempts::new(settings.by_address),
            tokens: Tokens::open(&settings.token_keys, clock.now_ms(), entropy.as_ref())?,
            tickets: Tickets::default(),
            first: Mutex::new(None),
            state: RwLock::new(State::of(entries)?),
            kept: Mutex::new(Kept {
                storage,
                owed: Vec::new(),
            }),
            log: OnceLock::new(),
            clock,
            entropy,
        })
    }

    /// While nobody can log in: a secret with which the first person takes up a name, all roles and a
    /// password, once and within an hour. Each call makes the one before worthless.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn first_invitation(&self) -> Result<Option<String>, Refusal> {
        let somebody = |state: &State| state.users.values().any(|user| user.password.is_some());
        if somebody(&self.state()) {
            return Ok(None);
        }
        let token = secret::fresh(self.entropy.as_ref())?;
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        *first = Some(Invitation {
            digest: secret::digest(&token),
            expires_ms: self.now() + FIRST_MS,
        });
        Ok(Some(token))
    }

    /// Who shows an access token or an API key, coming from an address. Fast, and blocks for nobody.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] for whatever is wrong with it.
    pub fn authenticate(&self, shown: &str, address: IpAddr) -> Result<Principal, Refusal> {
        if let Some(key) = shown.strip_prefix(KEY_PREFIX) {
            return self.by_key(key, address);
        }
        let no_good = Refusal::Unauthenticated(
            "the access token is no good, or not any more; refresh it or log in again",
        );
        let Some((user, session)) = self.tokens.read(shown, self.now()) else {
            return Err(no_good);
        };
        let by = Credential::Session(session);
        match self.still(&user, &by, address) {
            Some(roles) => Ok(Principal { user, roles, by }),
            None => Err(no_good),
        }
    }

    fn by_key(&self, shown: &str, address: IpAddr) -> Result<Principal, Refusal> {
        let no_good = Refusal::Unauthenticated(
            "the API key is unknown, over, revoked, or may not be used from here",
        );
        let Some((id, secret)) = shown.split_once('_') else {
            return Err(no_good);
        };
        let owner = {
            let state = self.state();
            let key = state
                .keys
                .get(id)
                .filter(|key| secret::is(secret, &key.digest));
            key.map(|key| key.user.clone())
        };
        let Some(user) = owner else {
            return Err(no_good);
        };
        let by = Credential::Key(id.to_owned());
        match self.still(&user, &by, address) {
            Some(roles) => Ok(Principal { user, roles, by }),
            None => Err(no_good),
        }
    }

    /// Who shows a ticket. It is good no more after.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] for whatever is wrong with it.
    pub fn redeem(&self, ticket: &str, address: IpAddr) -> Result<Principal, Refusal> {
        let no_good = Refusal::Unauthenticated("the ticket is unknown, used or over");
        let Some(who) = self.tickets.take(ticket, self.now()) else {
            return Err(no_good);
        };
        self.again(&who, address).ok_or(no_good)
    }

    /// A ticket for somebody, good once and for half a minute.
    ///
    /// # Errors
    /// Too many are out.
    pub fn ticket(&self, who: &Principal) -> Result<String, Refusal> {
        self.tickets.give(who, self.now(), self.entropy.as_ref())
    }

    /// Somebody with the roles of now; `None` when the session or key is over, or the person may come
    /// no more.
    #[must_use]
    pub fn again(&self, who: &Principal, address: IpAddr) -> Option<Principal> {
        let roles = self.still(&who.user, &who.by, address)?;
        Some(Principal {
            roles,
            ..who.clone()
        })
    }

    /// The roles that a session or key stands for now.
    fn still(&self, user: &str, by: &Credential, address: IpAddr) -> Option<Roles> {
        let (state, now) = (self.state(), self.now());
        let user = state.users.get(user)?;
        if user.disabled || !is_within(&user.networks, address) {
            return None;
        }
        match by {
            Credential::Session(id) => {
                let session = state.sessions.get(id)?;
                let lasts = session.user == user.name && session.expires_ms > now;
                lasts.then(|| user.roles.clone())
            }
            Credential::Key(id) => {
                let key = state.keys.get(id)?;
                let lasts = key.user == user.name && key.expires_ms > now;
                let roles = || user.roles.intersection(&key.scopes).copied().collect();
                (lasts && is_within(&key.networks, address)).then(roles)
            }
        }
    }

    /// Whether somebody may do something; nobody may do what the policy does not name.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`], with the roles that may; [`Refusal::Unauthenticated`] when it takes
    /// somebody who is known.
    pub fn authorise(&self, who: Option<&Principal>, operation: &str) -> Result<(), Refusal> {
        policy::authorise(who, operation)
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.now_ms()
    }

    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plans a change by what is known, keeps it, and lets it hold then. Changes come one after the
    /// other; readers wait for none of them.
    pub(crate) fn change<T>(
        &self,
        plan: impl FnOnce(&State) -> Result<(Vec<Write>, T), Refusal>,
    ) -> Result<T, Refusal> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut writes, answer) = plan(&self.state())?;
        self.add_head(&mut writes);
        let stored = kept.write(changes(&writes)?);
        stored.map_err(|error| Refusal::Storage(error.to_string()))?;
        self.apply(writes);
        Ok(answer)
    }

    /// As [`Identity::change`], of what only takes away: that holds even when it cannot be stored.
    ///
    /// # Errors
    /// As the plan; and [`Refusal::NotStored`] when it holds, but would not outlive a crash.
    pub(crate) fn take_away<T>(
        &self,
        plan: impl FnOnce(&State) -> Result<(Vec<Write>, T), Refusal>,
    ) -> Result<T, Refusal> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut writes, answer) = plan(&self.state())?;
        self.add_head(&mut writes);
        let changes = changes(&writes)?;
        // First: whoever has it taken away may be at it while the storage does not answer.
        self.apply(writes);
        match kept.write(changes.clone()) {
            Ok(()) => Ok(answer),
            Err(error) => {
                kept.owed.extend(changes);
                Err(Refusal::NotStored(error.to_string()))
            }
        }
    }

    /// How far the audit log had come when that was kept last; nothing when it never was.
    #[must_use]
    pub fn kept_head(&self) -> Option<Summary> {
        let head = self.state().log.clone()?;
        Some(Summary {
            records: head.records,
            head: head.head,
        })
    }

    /// Keeps the head of this log from now on, with each change and by [`Identity::keep_head`].
    pub fn keep_head_of(&self, log: Arc<Audit>) {
        // There is one log; a second one would be a mistake, and changes nothing.
        let _ = self.log.set(log);
    }

    /// Keeps the head of the log now. Blocks.
    ///
    /// # Errors
    /// It could not be kept.
    pub fn keep_head(&self) -> Result<(), Refusal> {
        self.change(|_| Ok((self.head().into_iter().collect(), ())))
    }

    fn head(&self) -> Option<Write> {
        let Summary { records, head } = self.log.get()?.head();
        Some(Write::Log(LogHead { records, head }))
    }

    fn add_head(&self, writes: &mut Vec<Write>) {
        if !writes.is_empty() {
            writes.extend(self.head());
        }
    }

    fn apply(&self, writes: Vec<Write>) {
        let now = self.now();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        for write in writes {
            state.apply(write, now);
        }
    }
}

impl Kept {
    /// Stores what is owed, and these changes.
    fn write(&mut self, changes: Vec<Change>) -> Result<(), StorageError> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut all = self.owed.clone();
        all.extend(changes);
        self.storage.write(&all)?;
        self.owed.clear();
        Ok(())
    }
}

fn changes(writes: &[Write]) -> Result<Vec<Change>, Refusal> {
    writes.iter().map(Write::change).collect()
}

//! People: who there is, and how they get a password. Nobody ever sets another's: who adds a person
//! hands on an invitation, which is good once.

use crate::desk::Desk;
use crate::door::{Identity, Principal};
use crate::login::Granted;
use crate::records::{Invitation, User, Write, is_within, networks};
use crate::refusal::Refusal;
use crate::role::{Role, Roles};
use crate::secret;
use crate::state::State;
use crate::storage::Kind;
use std::net::IpAddr;
use std::sync::PoisonError;

/// How long an invitation is good, in milliseconds: a day.
const INVITATION_MS: u64 = 24 * 60 * 60 * 1_000;
/// Most people.
const MOST: usize = 1_000;
/// Longest name.
const LONGEST_NAME: usize = 32;

/// A person, to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserView {
    /// The name; it does not change.
    pub name: String,
    /// What the person is.
    pub roles: Roles,
    /// Whether the person may not come for now.
    pub disabled: bool,
    /// Addresses from which the person may come; from anywhere when empty.
    pub networks: Vec<String>,
    /// Whether an invitation was taken up.
    pub has_password: bool,
    /// Until when an invitation is good that was not taken up, in milliseconds since the epoch.
    pub invited_until_ms: Option<u64>,
    /// When the person was added, in milliseconds since the epoch.
    pub created_ms: u64,
    /// Counts up with each change.
    pub version: u64,
    /// For what the person may trade.
    pub desk: Desk,
}

/// What of a person is to change; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// What the person is to be.
    pub roles: Option<Roles>,
    /// Whether the person may not come.
    pub disabled: Option<bool>,
    /// From where the person may come.
    pub networks: Option<Vec<String>>,
    /// For what the person may trade.
    pub desk: Option<Desk>,
}

impl Identity {
    /// Everybody, by name.
    #[must_use]
    pub fn users(&self) -> Vec<UserView> {
        self.state().users.values().map(view).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// There is nobody of this name.
    pub fn user(&self, name: &str) -> Result<UserView, Refusal> {
        self.state().user(name).map(view)
    }

    /// Adds a person, who chooses a password by the invitation that comes back. Blocks.
    ///
    /// # Errors
    /// The name is taken or no name, or there are too many.
    pub fn add_user(
        &self,
        name: &str,
        roles: Roles,
        from: &[String],
    ) -> Result<(UserView, String), Refusal> {
        check_name(name)?;
        let networks = networks(from)?;
        let (token, invitation) = self.invitation()?;
        let created_ms = self.now();
        self.change(|state| {
            check_free(state, name)?;
            let user = User {
                name: name.to_owned(),
                roles,
                password: None,
                disabled: false,
                networks,
                invitation: Some(invitation),
                created_ms,
                version: 1,
                desk: Desk::default(),
            };
            let answer = (view(&user), token);
            Ok((vec![Write::User(user)], answer))
        })
    }

    fn invitation(&self) -> Result<(String, Invitation), Refusal> {
        let token = secret::fresh(self.entropy.as_ref())?;
        let invitation = Invitation {
            digest: secret::digest(&token),
            expires_ms: self.now() + INVITATION_MS,
        };
        Ok((token, invitation))
    }

    /// Invites a person again, who forgot the password say. The old one is good until it is taken up.
    /// Blocks.
    ///
    /// # Errors
    /// There is nobody of this name.
    pub fn invite(&self, name: &str) -> Result<(UserView, String), Refusal> {
        let (token, invitation) = self.invitation()?;
        self.change(|state| {
            let user = User {
                invitation: Some(invitation),
                ..next(state.user(name)?)
            };
            let answer = (view(&user), token);
            Ok((vec![Write::User(user)], answer))
        })
    }

    /// Takes up an invitation: chooses a password, ends whatever sessions there were, and begins one.
    /// The first invitation of a host gives the name that is asked for, and every role. Blocks.
    ///
    /// # Errors
    /// [`Refusal::Credentials`] for whatever is wrong with it; the password is none that may be used.
    pub fn claim(
        &self,
        token: &str,
        name: &str,
        password: &str,
        at: IpAddr,
    ) -> Result<Granted, Refusal> {
        check_name(name)?;
        self.attempts.begin(name, at, self.now())?;
        let now = self.now();
        let is_good = |invitation: &Invitation| {
            invitation.expires_ms > now && secret::is(token, &invitation.digest)
        };
        // Before the hash is made, which costs, and again when it is made.
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = first.as_ref().is_some_and(is_good);
        let invited = |state: &State| {
            let user = state.users.get(name);
            let user = user.filter(|user| user.invitation.as_ref().is_some_and(is_good));
            let user = user.filter(|user| is_within(&user.networks, at));
            user.cloned()
        };
        if !is_first && invited(&self.state()).is_none() {
            return Err(Refusal::Credentials);
        }
        let password = self.passwords.hash(name, password, self.entropy.as_ref())?;
        self.change(|state| {
            let user = if is_first {
                check_free(state, name)?;
                newcomer(name, now)
            } else {
                next(&invited(state).ok_or(Refusal::Credentials)?)
            };
            let mut writes = state.sessions_of(name);
            // Whoever had the account may have left a key behind.
            writes.extend(state.keys_of(name));
            writes.push(Write::User(User {
                password: Some(password),
                invitation: None,
                ..user
            }));
            Ok((writes, ()))
        })?;
        if is_first {
            *first = None;
        }
        drop(first);
        self.attempts.passed(name, at, self.now());
        self.grant(name, at)
    }

    /// Changes one's own password, and ends all other sessions. Blocks.
    ///
    /// # Errors
    /// [`Refusal::Credentials`] when the old one is another, [`Refusal::Locked`] after failed tries.
    pub fn set_password(
        &self,
        who: &Principal,
        session: &str,
        (old, new): (&str, &str),
        at: IpAddr,
    ) -> Result<(), Refusal> {
        self.attempts.begin(&who.user, at, self.now())?;
        let kept = self.state().user(&who.user)?.password.clone();
        if !self.passwords.is(old, kept.as_deref()) {
            return Err(Refusal::Credentials);
        }
        self.attempts.passed(&who.user, at, self.now());
        let password = self.passwords.hash(&who.user, new, self.entropy.as_ref())?;
        self.change(|state| {
            let user = state.user(&who.user)?;
            // Somebody else chose one meanwhile.
            if user.password != kept {
                return Err(Refusal::Credentials);
            }
            let sessions = state.sessions_of(&who.user).into_iter();
            let others =
                sessions.filter(|end| !matches!(end, Write::Remove(_, id) if id == session));
            let mut writes: Vec<_> = others.collect();
            writes.push(Write::User(User {
                password: Some(password),
                ..next(user)
            }));
            Ok((writes, ()))
        })
    }

    /// Changes what a person is; returns how it was and how it is. What is taken away holds at the next
    /// request, and who is disabled has no sessions any more. Blocks.
    ///
    /// # Errors
    /// There is nobody of this name, or nobody would be left who can manage people; or
    /// [`Refusal::NotStored`] of what only takes away, and it holds.
    pub fn change_user(
        &self,
        name: &str,
        change: UserChange,
    ) -> Result<(UserView, UserView), Refusal> {
        self.change_user_as(None, name, change)
    }

    /// The same as somebody, who may not be more by it. Blocks.
    ///
    /// # Errors
    /// As [`Identity::change_user`]; and [`Refusal::Forbidden`] where it is oneself who gets a role.
    pub fn change_user_as(
        &self,
        who: Option<&Principal>,
        name: &str,
        change: UserChange,
    ) -> Result<(UserView, UserView), Refusal> {
        let from = change.networks.as_deref().map(networks).transpose()?;
        let desk = change.desk.map(Desk::checked).transpose()?;
        let only_disables = change.disabled == Some(true)
            && change.roles.is_none()
            && from.is_none()
            && desk.is_none();
        let plan = |state: &State| {
            let before = state.user(name)?;
            let is_self = who.is_some_and(|who| who.user == name);
            let more = change
                .roles
                .as_ref()
                .map(|roles| !roles.is_subset(&before.roles));
            if is_self && more == Some(true) {
                let reason = "nobody gives themselves a role; somebody else who manages people can";
                return Err(Refusal::Forbidden(reason.to_owned()));
            }
            if is_self && desk.is_some() {
                let reason = "nobody says what they themselves may trade; somebody else who manages people can";
                return Err(Refusal::Forbidden(reason.to_owned()));
            }
            let mut user = next(before);
            user.roles = change.roles.unwrap_or(user.roles);
            user.disabled = change.disabled.unwrap_or(user.disabled);
            user.networks = from.unwrap_or(user.networks);
            user.desk = desk.unwrap_or(user.desk);
            if !is_admin(&user) {
                check_other_admin(state, before)?;
            }
            let mut writes = Vec::new();
            if user.disabled {
                writes = state.sessions_of(name);
            }
            let answer = (view(before), view(&user));
            writes.push(Write::User(user));
            Ok((writes, answer))
        };
        if only_disables {
            self.take_away(plan)
        } else {
            self.change(plan)
        }
    }

    /// Whether two or more people can manage people.
    #[must_use]
    pub fn has_second_admin(&self) -> bool {
        self.state()
            .users
            .values()
            .filter(|user| is_admin(user))
            .nth(1)
            .is_some()
    }

    /// Removes a person with all sessions, keys and approvals. The log keeps the name; to disable is better where
    /// somebody of the same name may come. Blocks.
    ///
    /// # Errors
    /// There is nobody of this name, or nobody would be left who can manage people; or
    /// [`Refusal::NotStored`], and the person is removed.
    pub fn remove_user(&self, name: &str) -> Result<UserView, Refusal> {
        self.take_away(|state| {
            let user = state.user(name)?;
            check_other_admin(state, user)?;
            let mut writes = state.sessions_of(name);
            writes.extend(state.keys_of(name));
            writes.extend(state.approvals_of(name));
            writes.push(Write::Remove(Kind::User, name.to_owned()));
            Ok((writes, view(user)))
        })
    }
}

fn newcomer(name: &str, created_ms: u64) -> User {
    User {
        name: name.to_owned(),
        roles: Role::ALL.into_iter().collect(),
        password: None,
        disabled: false,
        networks: Vec::new(),
        invitation: None,
        created_ms,
        version: 1,
        desk: Desk::default(),
    }
}

fn next(user: &User) -> User {
    User {
        version: user.version + 1,
        ..user.clone()
    }
}

fn is_admin(user: &User) -> bool {
    user.roles.contains(&Role::Admin) && !user.disabled && user.password.is_some()
}

/// Refuses when a person is the last who can manage people.
fn check_other_admin(state: &State, user: &User) -> Result<(), Refusal> {
    let other = |one: &&User| one.name != user.name && is_admin(one);
    if !is_admin(user) || state.users.values().any(|one| other(&one)) {
        return Ok(());
    }
    let reason = format!(
        "`{}` is the only admin who can log in; make somebody else one first",
        user.name
    );
    Err(Refusal::Conflict(reason))
}

fn check_free(state: &State, name: &str) -> Result<(), Refusal> {
    if state.users.contains_key(name) {
        return Err(Refusal::Conflict(format!(
            "there is a user `{name}` already"
        )));
    }
    if state.users.len() >= MOST {
        return Err(Refusal::Full {
            what: "users",
            most: MOST,
        });
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && name.len() <= LONGEST_NAME && name.chars().all(plain) {
        return Ok(());
    }
    let reason = format!(
        "must be 1 to {LONGEST_NAME} of a-z, 0-9, `.`, `-` and `_`, and begin with a letter"
    );
    Err(Refusal::invalid("name", reason))
}

fn view(user: &User) -> UserView {
    UserView {
        name: user.name.clone(),
        roles: user.roles.clone(),
        disabled: user.disabled,
        networks: user.networks.clone(),
        has_password: user.password.is_some(),
        invited_until_ms: user.invitation.as_ref().map(|one| one.expires_ms),
        created_ms: user.created_ms,
        version: user.version,
        desk: user.desk.clone(),
    }
}

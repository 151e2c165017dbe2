//! Logging in, going on, and logging out.

use crate::door::{Identity, Principal};
use crate::records::{Session, Write, is_within};
use crate::refusal::Refusal;
use crate::role::{Role, Roles};
use crate::secret;
use crate::state::State;
use crate::storage::Kind;
use std::net::IpAddr;

/// How long a session lasts without being used, in milliseconds: twelve hours.
const IDLE_MS: u64 = 12 * 60 * 60 * 1_000;
/// How long a session lasts at most, in milliseconds: thirty days.
const LIFETIME_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// Sessions of one person; the one that was used longest ago gives way.
const MOST_OF_ONE: usize = 16;
/// What refresh tokens begin with.
const PREFIX: &str = "argr_";

/// What a session is given.
#[derive(Debug, Clone)]
pub struct Granted {
    /// Shown with each request.
    pub access: String,
    /// Until when it is good, in milliseconds since the epoch.
    pub access_expires_ms: u64,
    /// Shown once, for the next two.
    pub refresh: String,
    /// Until when it is good, in milliseconds since the epoch.
    pub refresh_expires_ms: u64,
    /// Who it is.
    pub user: String,
    /// What the person is.
    pub roles: Roles,
    /// The session's id.
    pub session: String,
}

/// A session, to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// Its id.
    pub id: String,
    /// Whose.
    pub user: String,
    /// When it began, in milliseconds since the epoch.
    pub created_ms: u64,
    /// When it was refreshed last.
    pub used_ms: u64,
    /// When it is over.
    pub expires_ms: u64,
    /// From where it was refreshed last.
    pub address: IpAddr,
}

impl Identity {
    /// Lets a person in by name and password. Takes as long as a hash; blocks.
    ///
    /// # Errors
    /// [`Refusal::Credentials`] for whatever is wrong with them, [`Refusal::Locked`] after failed tries.
    pub fn login(&self, name: &str, password: &str, at: IpAddr) -> Result<Granted, Refusal> {
        let name = bounded(name);
        self.attempts.begin(name, at, self.now())?;
        let user = self.state().users.get(name).cloned();
        let kept = user.as_ref().and_then(|user| user.password.as_deref());
        let right = self.passwords.is(password, kept);
        let usable = user.filter(|user| right && !user.disabled && is_within(&user.networks, at));
        let Some(user) = usable else {
            return Err(Refusal::Credentials);
        };
        self.attempts.passed(name, at, self.now());
        self.grant(&user.name, at)
    }

    /// Begins a session.
    pub(crate) fn grant(&self, name: &str, at: IpAddr) -> Result<Granted, Refusal> {
        let now = self.now();
        let (id, family) = (
            secret::name(self.entropy.as_ref())?,
            secret::fresh(self.entropy.as_ref())?,
        );
        let newest = secret::fresh(self.entropy.as_ref())?;
        self.change(|state| {
            // Whoever was disabled while the password was hashed does not get in.
            let user = state.users.get(name).filter(|user| !user.disabled);
            let user = user.ok_or(Refusal::Credentials)?;
            let session = Session {
                user: user.name.clone(),
                family: secret::digest(&family),
                newest: secret::digest(&newest),
                created_ms: now,
                used_ms: now,
                expires_ms: now + IDLE_MS,
                address: at,
                id,
            };
            let granted = self.granted(&session, &user.roles, &family, &newest)?;
            let mut writes = make_room(state, name, now);
            writes.push(Write::Session(session));
            Ok((writes, granted))
        })
    }

    fn granted(
        &self,
        session: &Session,
        roles: &Roles,
        family: &str,
        newest: &str,
    ) -> Result<Granted, Refusal> {
        let made = self.tokens.make(&session.user, &session.id, self.now())?;
        let (access, access_expires_ms) = made;
        Ok(Granted {
            access,
            access_expires_ms: access_expires_ms.min(session.expires_ms),
            refresh: format!("{PREFIX}{}.{family}.{newest}", session.id),
            refresh_expires_ms: session.expires_ms,
            user: session.user.clone(),
            roles: roles.clone(),
            session: session.id.clone(),
        })
    }

    /// Gives new tokens for a refresh token. Blocks.
    ///
    /// # Errors
    /// [`Refusal::Reused`] when it was used before: the session is ended then, for one of two who have
    /// it stole it. [`Refusal::Unauthenticated`] for whatever else is wrong with it.
    pub fn refresh(&self, shown: &str, at: IpAddr) -> Result<Granted, Refusal> {
        let no_good = || Refusal::Unauthenticated("the session is over; log in again");
        let parts = shown.strip_prefix(PREFIX).and_then(|rest| {
            let (id, rest) = rest.split_once('.')?;
            let (family, newest) = rest.split_once('.')?;
            Some((id, family, newest))
        });
        let (id, family, newest) = parts.ok_or_else(no_good)?;
        // Who never had a token of this session cannot end it, nor have anything written.
        let known = self.state().sessions.get(id).cloned();
        let known = known.filter(|session| secret::is(family, &session.family));
        let known = known.ok_or_else(no_good)?;
        if !secret::is(newest, &known.newest) {
            return Err(self.reused(id, &known.user));
        }
        let next = secret::fresh(self.entropy.as_ref())?;
        let now = self.now();
        let refreshed = self.change(|state| {
            let session = state.sessions.get(id).ok_or_else(no_good)?;
            if !secret::is(family, &session.family) {
                return Err(no_good());
            }
            // Somebody was faster with the same one.
            if !secret::is(newest, &session.newest) {
                return Ok((Vec::new(), None));
            }
            let end = vec![Write::Remove(Kind::Session, id.to_owned())];
            let user = state.users.get(&session.user).filter(|user| !user.disabled);
            let Some(user) = user.filter(|_| session.expires_ms > now) else {
                return Ok((end, Some(Err(no_good()))));
            };
            if !is_within(&user.networks, at) {
                return Err(no_good());
            }
            let session = Session {
                newest: secret::digest(&next),
                used_ms: now,
                expires_ms: (now + IDLE_MS).min(session.created_ms + LIFETIME_MS),
                address: at,
                ..session.clone()
            };
            let granted = self.granted(&session, &user.roles, family, &next)?;
            Ok((vec![Write::Session(session)], Some(Ok(granted))))
        })?;
        refreshed.unwrap_or_else(|| Err(self.reused(id, &known.user)))
    }

    /// Ends a session of which a token came again.
    fn reused(&self, id: &str, user: &str) -> Refusal {
        let ended = self.take_away(|_| {
            let end = Write::Remove(Kind::Session, id.to_owned());
            Ok((vec![end], ()))
        });
        Refusal::Reused {
            user: user.to_owned(),
            session: id.to_owned(),
            is_stored: ended.is_ok(),
        }
    }

    /// Sessions that last, of one person or of all, the latest used first.
    #[must_use]
    pub fn sessions(&self, of: Option<&str>) -> Vec<SessionView> {
        let (state, now) = (self.state(), self.now());
        let wanted = |one: &&Session| one.expires_ms > now && of.is_none_or(|of| of == one.user);
        let mut views: Vec<_> = state.sessions.values().filter(wanted).map(view).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.used_ms));
        views
    }

    /// Ends a session: one's own, or as an admin anybody's. Blocks.
    ///
    /// # Errors
    /// There is none of this id that concerns `who`; or [`Refusal::NotStored`], and it is ended.
    pub fn end_session(&self, id: &str, who: &Principal) -> Result<SessionView, Refusal> {
        self.take_away(|state| {
            let mine = |one: &&Session| one.user == who.user || who.roles.contains(&Role::Admin);
            let session = state.sessions.get(id).filter(mine);
            let session = session.ok_or_else(|| Refusal::unknown("session", id))?;
            let end = Write::Remove(Kind::Session, id.to_owned());
            Ok((vec![end], view(session)))
        })
    }
}

fn view(session: &Session) -> SessionView {
    SessionView {
        id: session.id.clone(),
        user: session.user.clone(),
        created_ms: session.created_ms,
        used_ms: session.used_ms,
        expires_ms: session.expires_ms,
        address: session.address,
    }
}

/// Removes what is over, and the person's session that was used longest ago when there are too many.
fn make_room(state: &State, user: &str, now_ms: u64) -> Vec<Write> {
    let (over, lasting): (Vec<_>, Vec<_>) = state
        .sessions
        .values()
        .partition(|session| session.expires_ms <= now_ms);
    let mut own: Vec<_> = lasting.into_iter().filter(|one| one.user == user).collect();
    own.sort_by_key(|session| session.used_ms);
    let too_many = (own.len() + 1).saturating_sub(MOST_OF_ONE);
    let gone = over.into_iter().chain(own.into_iter().take(too_many));
    gone.map(|one| Write::Remove(Kind::Session, one.id.clone()))
        .collect()
}

/// As much of a name as any has, so that no try costs memory.
fn bounded(name: &str) -> &str {
    let end = name
        .char_indices()
        .nth(64)
        .map_or(name.len(), |(end, _)| end);
    name.get(..end).unwrap_or_default()
}

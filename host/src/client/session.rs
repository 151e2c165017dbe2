//! The session of `argonaut login`: kept in a file of the user's, one for each host, and refreshed when its
//! access token is about to end. What refreshes it is good once, so commands that run at once take turns.

use super::{Client, Credential, Failure, PATIENCE, fresh_key};
use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use ureq::http::{HeaderValue, Request as HttpRequest, header};

/// How long an access token is used, in seconds; the host takes it for a minute longer.
const ACCESS_LASTS_S: u64 = 540;
/// The cookie that refreshes a session.
const COOKIE: &str = "argonaut_refresh";
/// The same of a host that speaks TLS.
const SECURE_COOKIE: &str = "__Secure-argonaut_refresh";
/// How often a file is looked at that another command has.
const TURN: Duration = Duration::from_millis(20);
/// Only its owner reads it.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// A session, as it is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    user: String,
    access: String,
    /// By this machine's clock, in seconds since the epoch.
    access_until_s: u64,
    refresh: String,
}

/// An answer of the routes that log in and out.
struct Told {
    status: u16,
    body: Value,
    refresh: Option<String>,
    location: Option<String>,
}

impl Session {
    /// Logs in, and keeps the session for commands that follow. Returns who that is, without the tokens.
    pub(crate) fn begin(client: &Client, name: &str, password: &str) -> Result<Value> {
        let body = json!({"name": name, "password": password});
        let told = ask(client, "login", Some(&body), None)?;
        let (session, known) = Self::read(told)?;
        let mut file =
            open(client)?.context("there is no home folder to keep a session in; set HOME")?;
        session.write(&mut file)?;
        Ok(known)
    }

    /// Ends the session with a host, and forgets it; whether there was one.
    pub(crate) fn end(client: &Client) -> Result<bool> {
        let Some(path) = path(client).filter(|path| path.exists()) else {
            return Ok(false);
        };
        let is_over = |error: &anyhow::Error| {
            let failure = error.downcast_ref::<Failure>();
            matches!(failure, Some(Failure::Refused { .. }))
        };
        let shown = match Self::access(client) {
            Err(error) if is_over(&error) => None,
            shown => shown?,
        };
        let told = match &shown {
            Some(credential) => Some(ask(client, "logout", None, Some(credential))?),
            None => None,
        };
        std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
        told.map_or(Ok(true), |told| told.succeeded().map(|_| true))
    }

    /// What shows that it is the one who logged in; nothing where nobody did.
    pub(super) fn access(client: &Client) -> Result<Option<Credential>> {
        if path(client).is_none_or(|path| !path.exists()) {
            return Ok(None);
        }
        let Some(mut file) = open(client)? else {
            return Ok(None);
        };
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let Ok(session) = serde_json::from_str::<Self>(&text) else {
            // Half of one, as a crash leaves it, is none.
            return Ok(None);
        };
        if now_s()? < session.access_until_s {
            return Credential::bearer(&session.access).map(Some);
        }
        let Some(session) = session.refreshed(client)? else {
            return Ok(None);
        };
        if let Err(error) = session.write(&mut file) {
            session.unkept(client, &error);
        }
        Credential::bearer(&session.access).map(Some)
    }

    /// With tokens that are good for a while; nothing where the host does not ask any more who one is.
    fn refreshed(&self, client: &Client) -> Result<Option<Self>> {
        let cookie = Credential::cookie(&self.refresh)?;
        let told = ask(client, "refresh", None, Some(&cookie))?;
        match told.status {
            404 => Ok(None),
            401 => {
                let user = &self.user;
                let words =
                    format!("the session of {user} is over; say `argonaut login {user}` again");
                Err(Failure::Refused { status: 401, words }.into())
            }
            _ => Self::read(told).map(|(session, _)| Some(session)),
        }
    }

    fn read(told: Told) -> Result<(Self, Value)> {
        let refresh = told.refresh.clone();
        let mut body = told.succeeded()?;
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let parts = (text("user"), text("access"), refresh);
        let (Some(user), Some(access), Some(refresh)) = parts else {
            return Err(anyhow!("the host's answer has no session"));
        };
        if let Some(fields) = body.as_object_mut() {
            fields.remove("access");
        }
        let access_until_s = now_s()?.saturating_add(ACCESS_LASTS_S);
        let session = Self {
            user,
            access,
            access_until_s,
            refresh,
        };
        Ok((session, body))
    }

    /// Over what was there: a full disk has room for that still.
    fn write(&self, file: &mut File) -> Result<()> {
        let text = serde_json::to_string(self)?;
        file.rewind()?;
        file.write_all(text.as_bytes())?;
        file.set_len(u64::try_from(text.len())?)?;
        file.sync_all()?;
        Ok(())
    }

    /// What is done with it now, such as a kill, is not kept waiting for a disk.
    fn unkept(&self, client: &Client, error: &anyhow::Error) {
        let (user, place) = (&self.user, path(client).unwrap_or_default());
        let place = place.display();
        // Nobody is left to tell when standard error itself fails.
        let _ = writeln!(
            std::io::stderr(),
            "warning: {place}: the session is not kept: {error:#}; make room, and say `argonaut login {user}` again"
        );
    }
}

impl Told {
    fn succeeded(self) -> Result<Value> {
        let Self {
            status,
            body,
            location,
            ..
        } = self;
        let answer = super::Answer {
            status,
            body,
            location,
            tag: None,
            after: None,
        };
        answer.succeeded()
    }
}

fn ask(
    client: &Client,
    what: &str,
    body: Option<&Value>,
    shown: Option<&Credential>,
) -> Result<Told> {
    let url = format!("{}/auth/{what}", client.base());
    let mut request = HttpRequest::post(url)
        .header("content-type", "application/json")
        .header("idempotency-key", fresh_key()?);
    if let Some(credential) = shown {
        let (name, value) = credential.header();
        request = request.header(name, value);
    }
    let text = body.map(Value::to_string).unwrap_or_default();
    // Not as long as a client waits for a plugin: other commands wait for their turn meanwhile.
    let request = client.agent.configure_request(request.body(text)?);
    let request = request.timeout_global(Some(PATIENCE)).build();
    let answer = client.agent.run(request);
    let failed = |error| Failure::of_connection(client.base(), error, None);
    let mut answer = answer.map_err(failed)?;
    let mut cookies = answer.headers().get_all(header::SET_COOKIE).iter();
    let refresh = cookies.find_map(token_of);
    let location = answer.headers().get(header::LOCATION);
    let location = location.and_then(|value| Some(value.to_str().ok()?.to_owned()));
    let text = answer.body_mut().read_to_string().map_err(failed)?;
    Ok(Told {
        status: answer.status().as_u16(),
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        refresh,
        location,
    })
}

fn token_of(cookie: &HeaderValue) -> Option<String> {
    let pair = cookie.to_str().ok()?.split(';').next()?;
    let (name, token) = pair.trim().split_once('=')?;
    let is_it = [COOKIE, SECURE_COOKIE].contains(&name) && !token.is_empty();
    is_it.then(|| token.to_owned())
}

impl Credential {
    /// What refreshes a session, by both names: what encrypts may stand before a host that does not itself.
    fn cookie(token: &str) -> Result<Self> {
        let mut value =
            HeaderValue::try_from(format!("{COOKIE}={token}; {SECURE_COOKIE}={token}"))?;
        value.set_sensitive(true);
        Ok(Self::Cookie(value))
    }
}

/// Where the session with a host is kept; nowhere without a home.
fn path(client: &Client) -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let state = variable("XDG_STATE_HOME").map(PathBuf::from);
    let home = || variable("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let folder = state.or_else(home)?.join("argonaut");
    let name = super::encoded(client.origin());
    Some(folder.join(format!("session-{name}.json")))
}

/// The file, which is this command's alone until it is dropped; waits a while for one that has it.
fn open(client: &Client) -> Result<Option<File>> {
    let Some(path) = path(client) else {
        return Ok(None);
    };
    let place = || path.display().to_string();
    if let Some(folder) = path.parent() {
        let mut maker = std::fs::DirBuilder::new();
        maker.recursive(true).mode(FOLDER_MODE);
        maker.create(folder).with_context(place)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.mode(FILE_MODE).open(&path).with_context(place)?;
    locked(&file, &path, PATIENCE)?;
    Ok(Some(file))
}

fn locked(file: &File, path: &Path, patience: Duration) -> Result<()> {
    let (begun, place) = (Instant::now(), path.display());
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => {
                std::thread::sleep(TURN);
            }
            Err(TryLockError::WouldBlock) => bail!(
                "{place}: another command has this session, and does not let it go; end that one, or show a key \
                 (--key-file)"
            ),
            Err(TryLockError::Error(error)) => return Err(error).context(place.to_string()),
        }
    }
}

fn now_s() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(since.context("the clock is before 1970")?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_in_its_cookie() {
        let check = |text: &'static str, expect: Option<&str>| {
            let found = token_of(&HeaderValue::from_static(text));
            assert_eq!(found.as_deref(), expect);
        };
        check(
            "argonaut_refresh=abc; Path=/api/v1/auth; HttpOnly",
            Some("abc"),
        );
        check(
            "__Secure-argonaut_refresh=abc; Path=/api/v1/auth; Secure",
            Some("abc"),
        );
        check("argonaut_refresh=; Max-Age=0", None);
        check("argonaut_refresh_too=abc", None);
        check("other=abc", None);
    }

    #[test]
    fn a_session_is_shown_by_both_names() {
        let credential = Credential::cookie("abc").unwrap();
        let expect = "argonaut_refresh=abc; __Secure-argonaut_refresh=abc";
        assert_eq!(credential.text(), expect);
    }

    #[test]
    fn a_file_that_another_command_does_not_let_go_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session");
        std::fs::write(&path, "").unwrap();
        let [one, other] = [&path, &path].map(|path| File::open(path).unwrap());
        locked(&one, &path, Duration::ZERO).unwrap();
        let error = locked(&other, &path, Duration::ZERO).unwrap_err();
        assert!(
            error.to_string().starts_with(path.to_str().unwrap()),
            "{error}"
        );
        drop(one);
        locked(&other, &path, Duration::ZERO).unwrap();
    }

    #[test]
    fn a_shorter_session_takes_the_place_of_a_longer_one() {
        let session = |access: &str| Session {
            user: "anna".to_owned(),
            access: access.to_owned(),
            access_until_s: 1,
            refresh: "r".to_owned(),
        };
        let mut file = tempfile::tempfile().unwrap();
        for access in ["long and longer", "short"] {
            session(access).write(&mut file).unwrap();
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            let read: Session = serde_json::from_str(&text).unwrap();
            assert_eq!(read.access, access);
        }
    }
}

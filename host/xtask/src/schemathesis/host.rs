//! The host that is asked: a debug build in a folder of its own, and how to be let in where it knows who asks.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::http;
use crate::paths::{self, Profile};

/// How often it is looked whether the host takes requests, and how often at most.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 600;
/// Everything that anybody may do.
const ROLES: [&str; 5] = ["viewer", "operator", "author", "risk", "admin"];
/// Of the first person of a host that is thrown away.
const PASSWORD: &str = "correct horse battery staple";

/// A running host. Ends with this value.
pub(super) struct Host {
    process: Child,
    /// Kept open, so that the host does not write into nothing.
    output: BufReader<ChildStdout>,
    address: String,
    /// With which the first person comes in, where identity is on.
    invitation: Option<String>,
}

impl Host {
    /// Starts one in a fresh folder and waits until it takes requests.
    pub(super) fn start(configuration: &Path, identity: bool) -> Result<Self> {
        let folder = folder();
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        fs::create_dir_all(&folder)?;
        let mut process = command(configuration, identity, &folder)?
            .spawn()
            .context("the host cannot be started; `cargo xtask test` builds it")?;
        let output = process.stdout.take().context("the host has no output")?;
        let mut host = Self {
            process,
            output: BufReader::new(output),
            address: String::new(),
            invitation: None,
        };
        host.read()?;
        host.wait()?;
        Ok(host)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Its folder.
    pub(super) fn folder(&self) -> PathBuf {
        folder()
    }

    /// Reads what it says up to the word that it is ready.
    fn read(&mut self) -> Result<()> {
        let mut line = String::new();
        while self.output.read_line(&mut line)? > 0 {
            if self.address.is_empty()
                && let Some((_, rest)) = line.split_once("http://")
            {
                self.address = rest.split('/').next().unwrap_or_default().to_owned();
            }
            if let Some((_, rest)) = line.split_once("{\"token\":\"") {
                self.invitation = rest.split('"').next().map(str::to_owned);
            }
            if line.trim() == "ready" {
                return Ok(());
            }
            line.clear();
        }
        bail!("the host did not come up:\n{}", said())
    }

    fn wait(&self) -> Result<()> {
        for _ in 0..LOOKS {
            if http::ask(&self.address, "GET", "/readyz", &[], "")?.status == 200 {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
        bail!("the host is not ready:\n{}", said())
    }

    /// A key with all roles, of a person who takes up the invitation.
    pub(super) fn key(&self) -> Result<String> {
        let token = self.invitation.as_deref();
        let token = token.context("the host invited nobody")?;
        let claim = json!({"token": token, "name": "anna", "password": PASSWORD});
        let granted = self.told("/api/v1/auth/claim", &[], &claim, "access")?;
        let bearer = format!("Bearer {granted}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("idempotency-key", "the-only-key"),
        ];
        let wanted = json!({"name": "schemathesis", "scopes": ROLES});
        self.told("/api/v1/keys", &headers, &wanted, "secret")
    }

    /// A text of the answer to a body.
    fn told(
        &self,
        place: &str,
        headers: &[(&str, &str)],
        body: &Value,
        field: &str,
    ) -> Result<String> {
        let answer = http::ask(&self.address, "POST", place, headers, &body.to_string())?;
        let told: Value = serde_json::from_str(&answer.body)
            .with_context(|| format!("{place}: {} {}", answer.status, answer.body))?;
        let text = told.get(field).and_then(Value::as_str);
        let text = text.with_context(|| format!("{place}: no `{field}` in {told}"))?;
        Ok(text.to_owned())
    }

    /// That it still runs, and that nothing in it panicked.
    pub(super) fn lives(&mut self) -> Result<()> {
        let said = said();
        if let Some(status) = self.process.try_wait()? {
            bail!("the host ended with {status}:\n{said}");
        }
        if said.contains("panicked at") {
            bail!("something in the host panicked:\n{said}");
        }
        Ok(())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Gone already when these fail; its folder stays for whoever wants to look.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn folder() -> PathBuf {
    paths::target().join("schemathesis")
}

fn log() -> PathBuf {
    folder().join("host.log")
}

fn said() -> String {
    fs::read_to_string(log()).unwrap_or_default()
}

fn command(configuration: &Path, identity: bool, folder: &Path) -> Result<Command> {
    let mut command = Command::new(paths::argonaut(Profile::Debug));
    for (name, _) in std::env::vars_os() {
        // What is set for a real host must not change this one.
        if name.to_string_lossy().starts_with("ARGONAUT_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .args(["run", "--config"])
        .arg(configuration)
        .env("ARGONAUT_LOG", "warn")
        .env("ARGONAUT_HOST__LISTEN", "127.0.0.1:0")
        .env("ARGONAUT_HOST__DATA_DIR", folder.join("data"))
        .env("ARGONAUT_HOST__PLUGIN_DIR", paths::plugins_out())
        .env(
            "ARGONAUT_IDENTITY__MODE",
            if identity { "on" } else { "off" },
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(log()).context("the host's log")?);
    Ok(command)
}

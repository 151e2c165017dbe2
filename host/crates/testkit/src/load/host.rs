//! A host in a process and a folder of its own.

use super::LoadError;
use super::config::Setting;
use super::http::Client;
use super::vitals;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often it is looked whether prices have come.
const LOOK: Duration = Duration::from_millis(20);
/// How often at most.
const LOOKS: u32 = 3_000;

/// A running host. Ends with this value.
pub struct Host {
    process: Child,
    address: SocketAddr,
    /// Kept open, so that the host does not write into nothing.
    _output: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
}

impl Host {
    /// Starts one and waits until it trades.
    ///
    /// # Errors
    /// When it does not come up, with what it said.
    pub async fn start(setting: &Setting) -> Result<Self, LoadError> {
        let host = Self::spawn(setting)?;
        host.priced().await?;
        Ok(host)
    }

    fn spawn(setting: &Setting) -> Result<Self, LoadError> {
        let folder = tempfile::tempdir().map_err(LoadError::system("a folder for the host"))?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let text = setting.text(folder.path(), since.unwrap_or_default());
        let (file, log) = (folder.path().join("load.toml"), folder.path().join("log"));
        std::fs::write(&file, text).map_err(LoadError::system("the host's configuration"))?;
        let errors = File::create(&log).map_err(LoadError::system("the host's log"))?;
        let mut command = Command::new(&setting.program);
        for (name, _) in std::env::vars_os() {
            // What is set for a real host must not change this one.
            if name.to_string_lossy().starts_with("ARGONAUT_") {
                command.env_remove(name);
            }
        }
        command.env("ARGONAUT_LOG", "warn");
        command.args(["run", "--config"]).arg(&file);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command
            .stderr(errors)
            .spawn()
            .map_err(LoadError::system("the host"))?;
        let output = process.stdout.take();
        match output.map(BufReader::new).and_then(up) {
            Some((address, output)) => Ok(Self {
                process,
                address,
                _output: output,
                _folder: folder,
            }),
            None => {
                // Gone already when these fail.
                let _ended = process.kill();
                let _ended = process.wait();
                Err(said(&log))
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its resident memory, in KiB.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub fn resident_kib(&self) -> Result<u64, LoadError> {
        vitals::resident_kib(self.process.id())
    }

    /// What its engine's thread costs while something else goes on.
    ///
    /// # Errors
    /// When host or kernel do not say.
    pub async fn engine_cost_of(
        &self,
        meanwhile: impl Future<Output = ()>,
    ) -> Result<vitals::EngineCost, LoadError> {
        let (inputs, busy_ns) = (self.inputs().await?, self.engine_ns()?);
        meanwhile.await;
        Ok(vitals::EngineCost {
            busy_ns: self.engine_ns()?.saturating_sub(busy_ns),
            inputs: self.inputs().await?.saturating_sub(inputs),
        })
    }

    /// How many WebSocket connections it has open.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn connections(&self) -> Result<u64, LoadError> {
        let mut client = Client::connect(self.address).await?;
        let answer = client.request("GET", "/metrics", "", "").await?;
        let text = String::from_utf8_lossy(&answer.body);
        let mut lines = text.lines();
        let open = lines.find_map(|line| line.strip_prefix("argonaut_websocket_connections "));
        open.and_then(|open| open.trim().parse().ok())
            .ok_or_else(|| LoadError::Host("metrics without connections".into()))
    }

    fn engine_ns(&self) -> Result<u64, LoadError> {
        vitals::engine_ns(self.process.id())
    }

    async fn inputs(&self) -> Result<u64, LoadError> {
        let health = self.get("/api/v1/health").await?;
        let inputs = health.get("sequence").and_then(Value::as_u64);
        inputs.ok_or_else(|| LoadError::Host(format!("health without a sequence: {health}")))
    }

    /// Waits for a price: without one, orders are denied.
    async fn priced(&self) -> Result<(), LoadError> {
        let place = format!("/api/v1/instruments/{}", super::config::TRADED);
        for _ in 0..LOOKS {
            let instrument = self.get(&place).await?;
            if instrument
                .get("quote")
                .is_some_and(|quote| !quote.is_null())
            {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(LoadError::Host("no price came".into()))
    }

    async fn get(&self, place: &str) -> Result<Value, LoadError> {
        let mut client = Client::connect(self.address).await?;
        let answer = client.request("GET", place, "", "").await?;
        let body = serde_json::from_slice(&answer.body);
        body.map_err(|error| LoadError::Host(format!("GET {place}: {} {error}", answer.status)))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Gone already when these fail; nothing of it is kept.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

/// Reads what a host says until it is ready; the address that it named. `None` when it ends before.
fn up(mut output: BufReader<ChildStdout>) -> Option<(SocketAddr, BufReader<ChildStdout>)> {
    let (mut line, mut address) = (String::new(), None);
    while output.read_line(&mut line).is_ok_and(|read| read > 0) {
        if let Some((_, rest)) = line.split_once("http://") {
            address = address.or(rest.split('/').next().and_then(|text| text.parse().ok()));
        }
        if line.trim() == "ready" {
            return Some((address?, output));
        }
        line.clear();
    }
    None
}

fn said(log: &Path) -> LoadError {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    LoadError::Host(format!("the host did not come up:\n{text}"))
}

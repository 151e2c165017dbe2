//! The host of a drill: a child process on a simulated market, in a folder of its own.

use super::bad_state::{STUCK_PLUGIN, Scene};
use crate::kill::Client;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use services::handle::ScopeName;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// What the host of a drill runs on, for how many events per second.
const CONFIG: &str = r#"[host]
listen = "127.0.0.1:0"
data_dir = "data"
plugin_dir = "."
kill_file = "kill"

[feed]
kind = "simulated"
history_minutes = 0

[[venue]]
name = "SIM"
insert_latency = "1ms"
cancel_latency = "1ms"

[[instrument]]
symbol = "EUR/USD"
class = "fx_pair"
base = "EUR"
quote = "USD"
tick = "0.00001"
lot = "1000"
initial_margin = "0.03"
simulation = { start_price = "1.08500", volatility = 0.12, spread_ticks = 6.0, size_lots = 800.0, events_per_second = RATE }

[[account]]
name = "drill"
kind = "margin"
base_currency = "USD"
deposits = { USD = "100000000" }

"#;

/// What can be taken away from a running host.
#[derive(Debug, Clone, Copy)]
pub(super) enum Starved {
    /// No file grows any more.
    OfDisk,
    /// No file and no connection is opened any more.
    OfFiles,
}

/// A running host that ends with this value.
pub(super) struct DrillHost {
    child: Child,
    /// Kept open, so that the host does not write into nothing.
    output: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
    program: PathBuf,
    address: String,
}

impl DrillHost {
    /// Starts `program`, which must be this one.
    pub(super) fn start(program: &Path, scene: &Scene) -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for the drill")?;
        let rate = format!("{:.1}", scene.events_per_second());
        let config = CONFIG.replace("RATE", &rate) + &scene.sections()?;
        std::fs::write(folder.path().join("drill.toml"), config)?;
        std::fs::write(folder.path().join("stuck.wasm"), STUCK_PLUGIN)?;
        let (child, output) = spawn(program, folder.path())?;
        let mut host = Self {
            child,
            output,
            folder,
            program: program.to_owned(),
            address: String::new(),
        };
        host.address = host.read_address()?;
        Ok(host)
    }

    /// Kills it as hard as can be.
    pub(super) fn kill_hard(&self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::KILL).context("the host is gone")
    }

    /// Waits for the end of one that was killed, and starts it again where it was.
    pub(super) fn come_back(&mut self) -> Result<()> {
        self.child.wait()?;
        (self.child, self.output) = spawn(&self.program, self.folder.path())?;
        self.address = self.read_address()?;
        Ok(())
    }

    fn read_address(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let rest = line.split_once("http://").map(|(_, rest)| rest);
        match rest.and_then(|rest| rest.split_once('/')) {
            Some((address, _)) => Ok(address.to_owned()),
            None => bail!("the drill's host did not come up"),
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn client(&self) -> Client {
        Client::new(&self.address)
    }

    pub(super) fn kill_file(&self) -> PathBuf {
        self.folder.path().join("kill")
    }

    /// Takes something away from it for as long as it runs.
    pub(super) fn starve(&self, starved: Starved) -> Result<()> {
        let resource = match starved {
            Starved::OfDisk => Resource::Fsize,
            Starved::OfFiles => Resource::Nofile,
        };
        let nothing = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let before = prlimit(Some(Pid::from_child(&self.child)), resource, nothing);
        before
            .map(drop)
            .context("the host's limits cannot be changed")
    }

    /// Sends the signal that kills the firm.
    pub(super) fn signal(&self) -> Result<()> {
        let process = Pid::from_child(&self.child);
        kill_process(process, Signal::USR2).context("the signal cannot be sent")
    }

    /// Runs `argonaut kill` against it, with its kill file where its API is not to be relied on;
    /// whether the host confirmed.
    pub(super) fn kill_by_command(&self, scope: &ScopeName, with_file: bool) -> Result<bool> {
        let scope = scope.to_string().replacen('/', "=", 1);
        let mut command = Command::new(&self.program);
        command.args(["kill", "--address", &self.address, "--scope", &scope]);
        if with_file {
            command.arg("--kill-file").arg(self.kill_file());
        }
        let status = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if !status.success() && !with_file {
            bail!("argonaut kill ended with {status}");
        }
        Ok(status.success())
    }
}

fn spawn(program: &Path, folder: &Path) -> Result<(Child, BufReader<ChildStdout>)> {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        // What is set for the real host must not change the drill's.
        if name.to_string_lossy().starts_with("ARGONAUT_") {
            command.env_remove(name);
        }
    }
    let mut child = command
        .args(["run", "--config", "drill.toml"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let output = child.stdout.take().context("the host has no output")?;
    Ok((child, BufReader::new(output)))
}

impl Drop for DrillHost {
    fn drop(&mut self) {
        // Gone already when these fail; nothing of it is kept.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

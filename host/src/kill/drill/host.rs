//! The host of a drill: a child process on a simulated market, in a folder of its own.

use super::Client;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// What the host of a drill runs on.
const CONFIG: &str = r#"[host]
listen = "127.0.0.1:0"
data_dir = "data"
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
simulation = { start_price = "1.08500", volatility = 0.12, spread_ticks = 6.0, size_lots = 800.0, events_per_second = 200.0 }

[[account]]
name = "drill"
kind = "margin"
base_currency = "USD"
deposits = { USD = "100000000" }
"#;

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
    pub(super) fn start(program: &Path) -> Result<Self> {
        let folder = tempfile::tempdir().context("no folder for the drill")?;
        std::fs::write(folder.path().join("drill.toml"), CONFIG)?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            // What is set for the real host must not change the drill's.
            if name.to_string_lossy().starts_with("ARGONAUT_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(["run", "--config", "drill.toml"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let output = child.stdout.take().context("the host has no output")?;
        let mut host = Self {
            child,
            output: BufReader::new(output),
            folder,
            program: program.to_owned(),
            address: String::new(),
        };
        host.address = host.read_address()?;
        Ok(host)
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

    pub(super) fn client(&self) -> Client {
        Client::new(&self.address)
    }

    pub(super) fn kill_file(&self) -> PathBuf {
        self.folder.path().join("kill")
    }

    /// Sends the signal that kills the firm.
    pub(super) fn signal(&self) -> Result<()> {
        let process = Pid::from_child(&self.child);
        kill_process(process, Signal::USR2).context("the signal cannot be sent")
    }

    /// Runs `argonaut kill` against it.
    pub(super) fn kill_by_command(&self) -> Result<()> {
        let status = Command::new(&self.program)
            .args(["kill", "--address", &self.address])
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            bail!("argonaut kill ended with {status}");
        }
        Ok(())
    }
}

impl Drop for DrillHost {
    fn drop(&mut self) {
        // Gone already when these fail; nothing of it is kept.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

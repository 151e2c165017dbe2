//! A PostgreSQL of a test's own. Whoever uses it has the server installed; what goes wrong with it
//! ends the test.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "only tests call it, and nothing of theirs works without the server"
)]

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server that a test started. Ends with it.
pub struct Server {
    folder: tempfile::TempDir,
    bin: PathBuf,
    port: u16,
}

impl Server {
    /// A fresh server on a free port.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("argonaut-pg")
            .tempdir()
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self {
            folder,
            bin: bin(),
            port,
        };
        if is_root() {
            // PostgreSQL refuses to run as root.
            assert!(run(Command::new("chown")
                .arg("postgres")
                .arg(server.folder.path())));
        }
        let data = server.data();
        let data = data.to_str().unwrap();
        server.call(
            "initdb",
            &["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"],
        );
        drop(listener);
        server.up();
        server
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts it again.
    pub fn up(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off",
            self.port
        );
        let (data, log) = (self.data(), self.folder.path().join("log"));
        let (data, log) = (data.to_str().unwrap(), log.to_str().unwrap());
        self.call(
            "pg_ctl",
            &["-D", data, "-l", log, "-o", &options, "-w", "start"],
        );
    }

    /// Stops it, breaking connections off.
    pub fn down(&self) {
        let data = self.data();
        self.call(
            "pg_ctl",
            &[
                "-D",
                data.to_str().unwrap(),
                "-m",
                "immediate",
                "-w",
                "stop",
            ],
        );
    }

    /// Runs a statement in its database, behind everybody's back.
    pub fn run(&self, sql: &str) {
        let port = self.port.to_string();
        let server = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres"];
        let arguments = ["-v", "ON_ERROR_STOP=1", "-c", sql, "postgres"];
        self.call("psql", &[&server[..], &arguments[..]].concat());
    }

    /// Lets it stand still with all its connections, or go on.
    pub fn freeze(&self, still: bool) {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let first = file.lines().next().unwrap_or_default().to_owned();
        let children = Command::new("pgrep").args(["-P", &first]).output().unwrap();
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        let signal = if still { "-STOP" } else { "-CONT" };
        let mut kill = Command::new("kill");
        kill.arg(signal)
            .arg(&first)
            .args(children.split_whitespace());
        assert!(run(&mut kill), "{signal} {first} {children}");
    }

    fn call(&self, program: &str, arguments: &[&str]) {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        assert!(
            run(command.args(arguments).current_dir("/")),
            "{arguments:?}"
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
            self.down();
        }
    }
}

fn run(command: &mut Command) -> bool {
    // The server must not hold the test's pipes open.
    let command = command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Where `initdb` is: in the path, or where distributions keep it.
fn bin() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| {
            versions
                .flatten()
                .map(|entry| entry.path().join("bin"))
                .collect()
        })
        .unwrap_or_default();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop().unwrap_or_else(|| Path::new("").to_owned())
}

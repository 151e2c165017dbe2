//! PostgreSQL for tests: the server that answers on this machine, or one of the test's own.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use store::sql::Location;

/// The usual port.
const PORT: u16 = 5432;

/// A server that a test started. Ends with it.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    bin: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// A fresh server on a free port.
    pub(crate) fn start() -> Self {
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

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts it again.
    pub(crate) fn up(&self) {
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
    pub(crate) fn down(&self) {
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

/// A schema of its own, on the server that answers or on one that is started for the test.
pub(crate) struct Database {
    pub(crate) location: Location,
    schema: String,
    _own: Option<Server>,
}

impl Database {
    pub(crate) fn new() -> Self {
        let answers = TcpStream::connect((Ipv4Addr::LOCALHOST, PORT)).is_ok();
        let own = (!answers).then(Server::start);
        let (port, database) = match &own {
            Some(server) => (server.port, "postgres"),
            None => (PORT, "test"),
        };
        // Processes' numbers come again; a schema that a failed test left must not.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let schema = format!("store_test_{}_{}", std::process::id(), now.as_nanos());
        Self {
            location: at(port, database, &schema),
            schema,
            _own: own,
        }
    }

    /// Leaves nothing behind.
    pub(crate) async fn forget(self) {
        let sql = format!("DROP SCHEMA {} CASCADE", self.schema);
        crate::sql_cases::raw(&self.location, &sql).await;
    }
}

/// A schema of a server.
pub(crate) fn at(port: u16, database: &str, schema: &str) -> Location {
    let url = format!("postgres://postgres@127.0.0.1:{port}/{database}");
    Location::parse(&url, schema).unwrap()
}

/// Waits for something that has to come true.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < Duration::from_secs(60), "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

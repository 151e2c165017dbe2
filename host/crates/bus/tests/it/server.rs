//! A Redis server of a test's own: on a free port, with an append-only file, gone afterwards.

use bus::Settings;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .unwrap()
            .port();
        let mut server = Self {
            folder: tempfile::tempdir().unwrap(),
            port,
            process: None,
        };
        server.up();
        server
    }

    /// Starts it again, with what it had on disk, and waits until it answers.
    pub(crate) fn up(&mut self) {
        let process = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args([
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
            ])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: apt-get install redis-server");
        self.process = Some(process);
        let begun = Instant::now();
        while self.ask::<String>(&["PING"]).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "no answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it without a word.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            claim_after: Duration::from_millis(40),
            ..Settings::new(&format!("redis://127.0.0.1:{}/", self.port))
        }
    }

    pub(crate) fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> redis::RedisResult<T> {
        self.ask_database("0", command)
    }

    pub(crate) fn ask_database<T: redis::FromRedisValue>(
        &self,
        database: &str,
        command: &[&str],
    ) -> redis::RedisResult<T> {
        let address = format!("redis://127.0.0.1:{}/{database}", self.port);
        let client = redis::Client::open(address)?;
        let mut connection = client.get_connection()?;
        let mut asked = redis::cmd(command[0]);
        for argument in &command[1..] {
            asked.arg(*argument);
        }
        asked.query(&mut connection)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

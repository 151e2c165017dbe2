//! A server that speaks S3: `moto_server`, where it is on the path or named by `ARGONAUT_MOTO_SERVER`
//! (`pip install "moto[server]"`). It keeps what it is given in memory.

use super::process::signal;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Far longer than it takes to come up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with one bucket, `bucket`.
pub(super) struct Server {
    port: u16,
    process: Child,
}

/// What clients of an address need; the server takes any credentials.
pub(super) fn variables(address: &str) -> [(&str, &str); 4] {
    [
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ACCESS_KEY_ID", "somebody"),
        ("AWS_SECRET_ACCESS_KEY", "something"),
        ("AWS_REGION", "us-east-1"),
    ]
}

impl Server {
    /// Starts one, or says that none is at hand.
    pub(super) fn start() -> Option<Self> {
        let program = std::env::var_os("ARGONAUT_MOTO_SERVER");
        let program = program.unwrap_or_else(|| "moto_server".into());
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut command = Command::new(&program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let started = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let Ok(process) = started else {
            let named = std::env::var_os("ARGONAUT_MOTO_SERVER").is_some();
            assert!(!named, "{} cannot be started", program.display());
            eprintln!("skipped: {} is not at hand", program.display());
            return None;
        };
        let server = Self { port, process };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "it does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        let made = ureq::put(format!("{}/bucket", server.address())).send_empty();
        assert!(made.unwrap().status().is_success());
        Some(server)
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Lets it stand still, or go on.
    pub(super) fn stand_still(&mut self, still: bool) {
        signal(&self.process, if still { "-STOP" } else { "-CONT" });
    }

    /// The keys of all objects.
    pub(super) fn keys(&self) -> Vec<String> {
        let list = format!("{}/bucket?list-type=2", self.address());
        let text = ureq::get(list)
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        let keys = text.split("<Key>").skip(1);
        keys.map(|rest| rest.split("</Key>").next().unwrap().to_owned())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

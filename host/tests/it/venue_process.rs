//! A venue in a process of its own, with books that outlive it: `testkit`'s example `venue`.

use super::process::{freeze, signal};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use testkit::venue::outside::{Holdings, Question, Told, ask};

/// Far longer than anything here takes.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);

/// A venue with a gateway in front. Ends with this value.
pub(super) struct Outside {
    folder: tempfile::TempDir,
    process: Child,
    /// Where hosts reach it; the same after each start.
    pub(super) port: u16,
    /// Where tests reach it.
    control: SocketAddr,
}

impl Outside {
    /// Starts one where nothing happened yet, on a free port.
    pub(super) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (process, gateway, control) = start(folder.path(), 0);
        Self {
            folder,
            process,
            port: gateway.port(),
            control,
        }
    }

    /// Starts the venue that died again.
    pub(super) fn again(&mut self) {
        let begun = Instant::now();
        let (process, _, control) = start(self.folder.path(), self.port);
        self.process = process;
        self.control = control;
        eprintln!("the venue was back in {:.2?}", begun.elapsed());
    }

    pub(super) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to end in order.
    pub(super) fn end(&mut self) {
        let begun = Instant::now();
        signal(&self.process, "-TERM");
        let ended = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(ended.success(), "{ended}");
        eprintln!("the venue ended in {:.2?}", begun.elapsed());
    }

    /// Lets it stand still, or go on.
    pub(super) fn freeze(&self, still: bool) {
        freeze(&self.process, still);
    }

    fn ask(&self, question: Question) -> Told {
        ask(self.control, question).expect("the venue answers")
    }

    /// What it holds.
    pub(super) fn holdings(&self) -> Holdings {
        self.ask(Question::Holdings).holdings
    }

    /// How many connections hosts made since it was started.
    pub(super) fn connections(&self) -> u32 {
        self.ask(Question::Holdings).connections
    }

    /// How many limit orders rest there.
    pub(super) fn open_limits(&self) -> usize {
        let open = self.holdings().open.into_iter();
        open.filter(|order| order.limit.is_some()).count()
    }

    pub(super) fn executions(&self) -> usize {
        self.holdings().executions.len()
    }

    /// Waits until the market has traded with us so often.
    pub(super) fn until_executions(&self, count: usize) {
        let begun = Instant::now();
        while self.executions() < count {
            let executions = self.executions();
            assert!(begun.elapsed() < PATIENCE, "{executions} of {count}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until it was asked about orders more often than so.
    pub(super) fn until_asked(&self, more_than: u64) {
        let begun = Instant::now();
        while self.holdings().queries <= more_than {
            assert!(begun.elapsed() < PATIENCE, "nobody asks");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Puts everybody out; for a while nobody is let in.
    pub(super) fn cut(&self, time: Duration) {
        let milliseconds = u64::try_from(time.as_millis()).unwrap();
        self.ask(Question::Cut { milliseconds });
        std::thread::sleep(time);
    }
}

/// A test that fails leaves no venue behind.
impl Drop for Outside {
    fn drop(&mut self) {
        let _ended_already = self.process.kill();
        let _known = self.process.wait();
    }
}

/// Starts a venue on the books of a folder; where hosts and where tests reach it.
fn start(folder: &Path, port: u16) -> (Child, SocketAddr, SocketAddr) {
    let mut process = Command::new(program())
        .arg("--books")
        .arg(folder.join("books"))
        .args(["--port", &port.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    output.read_line(&mut first).unwrap();
    let addresses = first.trim().split_once(' ');
    let (gateway, control) = addresses.expect("it listens");
    (process, gateway.parse().unwrap(), control.parse().unwrap())
}

/// Built with all examples of the workspace, beside the program under test.
fn program() -> PathBuf {
    let host = Path::new(env!("CARGO_BIN_EXE_argonaut"));
    let file = host.with_file_name("examples").join("venue");
    assert!(
        file.exists(),
        "{} is missing: run `cargo build --workspace --example venue`",
        file.display()
    );
    file
}

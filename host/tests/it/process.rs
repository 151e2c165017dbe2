//! Running the binary, finding what it needs, and signals to processes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long a process may take to end; 10 s are promised of a host.
const ENDING: Duration = Duration::from_secs(30);

/// The repository's root.
pub fn root() -> PathBuf {
    let host = Path::new(env!("CARGO_MANIFEST_DIR"));
    host.parent()
        .expect("the host lies in the repository")
        .to_owned()
}

/// A built plugin; building them is the business of `cargo xtask test`.
pub fn plugin(name: &str) -> PathBuf {
    let file = plugin_dir().join(format!("{name}.wasm"));
    assert!(
        file.exists(),
        "{} is missing: run `cargo xtask test`",
        file.display()
    );
    file
}

/// An `Idempotency-Key` that no other request of these tests has.
pub fn fresh_key() -> String {
    static KEYS: AtomicU64 = AtomicU64::new(1);
    let number = KEYS.fetch_add(1, Ordering::Relaxed);
    format!("test-{}-{number}", std::process::id())
}

/// Where built plugins are.
pub fn plugin_dir() -> PathBuf {
    root().join("target/plugins")
}

/// Runs the binary under test in `folder`.
pub fn argonaut(folder: &Path, arguments: &[&str]) -> Output {
    run(Path::new(env!("CARGO_BIN_EXE_argonaut")), folder, arguments)
}

/// Runs the binary under test in `folder` with more environment variables.
pub fn execute(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_argonaut"))
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .expect("it starts")
}

/// Runs any build of the program in `folder`.
pub fn run(program: &Path, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("it starts")
}

/// Standard output of a run that must succeed.
pub fn stdout(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The one line of standard error of a run that must fail.
pub fn error_line(output: &Output) -> String {
    error_line_of(1, output)
}

/// The same of a run that must fail with this exit code.
pub fn error_line_of(code: i32, output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stderr.clone()).expect("text");
    let mut errors = text.lines().filter(|line| line.starts_with("error: "));
    let line = errors
        .next()
        .unwrap_or_else(|| panic!("no error in: {text}"))
        .to_owned();
    assert_eq!(errors.next(), None, "{text}");
    line
}

/// Sends a signal.
pub fn signal(process: &Child, name: &str) {
    let pid = process.id().to_string();
    let sent = Command::new("kill").args([name, &pid]).status().unwrap();
    assert!(sent.success(), "{name} {pid}");
}

/// Lets a process stand still, or go on. Returns once each of its threads stands: a stop reaches them one by one.
pub fn freeze(process: &Child, still: bool) {
    signal(process, if still { "-STOP" } else { "-CONT" });
    while still && !stands(process) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn stands(process: &Child) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let states = threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")));
    // Behind the name, which stands in brackets.
    let mut stats = states.filter_map(Result::ok);
    stats.all(|stat| {
        stat.rsplit_once(") ")
            .is_some_and(|(_, state)| state.starts_with('T'))
    })
}

/// The lines of a host up to the one that says it is ready, or to its end.
pub fn told_by(output: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let last = line.starts_with("ready");
            if sender.send(line).is_err() || last {
                return;
            }
        }
    });
    lines
}

/// How a process ended. One that does not is killed, and fails the test.
pub fn end_of(process: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = process.try_wait().expect("a child of this test") {
            return status;
        }
        if begun.elapsed() > ENDING {
            let _ended_now = process.kill();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

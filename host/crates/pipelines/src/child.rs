//! What computes for long: this program again, as a child process with a limit, watched by the run's
//! thread, ended when somebody cancels the run or the host ends.

use crate::driver::Halt;
use model::PluginHash;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Most that a child may answer, in bytes.
const MOST_ANSWER: u64 = 64 << 20;
/// Bytes kept of what a child says on the side, the latest.
const MOST_SAID: usize = 4 << 10;
/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(100);
/// What tells a child where compiled plugins are kept, as it tells `argonaut run`.
const DATA_DIR_VARIABLE: &str = "ARGONAUT_HOST__DATA_DIR";
/// How lines begin that tell progress.
const PROGRESS: &str = "progress ";

/// A child that came to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Whether it said that all went well.
    pub(crate) success: bool,
    /// Standard output.
    pub(crate) output: String,
    /// The latest of standard error.
    pub(crate) said: String,
}

impl Answer {
    /// Its error in one line.
    pub(crate) fn error(&self) -> String {
        let mut lines = self.said.lines().rev();
        let line = lines.find_map(|line| line.strip_prefix("error: "));
        line.unwrap_or("the child process ended without an answer")
            .to_owned()
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The run, or the host, ends.
    Halted(Halt),
    /// It could not be started, took too long, or said too much.
    Broken(String),
}

/// A command of this program, run in a folder.
pub(crate) fn command(program: &Path, folder: &Path, data_dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env(DATA_DIR_VARIABLE, data_dir);
    command
}

/// The file of a component that a host keeps, once its bytes are found to be its own.
pub(crate) fn component(data_dir: &Path, hash: PluginHash) -> Result<PathBuf, String> {
    let file = data_dir.join("plugins").join(format!("{hash}.wasm"));
    let bytes = std::fs::read(&file)
        .map_err(|error| format!("{}: cannot be read: {error}", file.display()))?;
    if PluginHash::of(&bytes) == hash {
        return Ok(file);
    }
    Err(format!(
        "{}: has other bytes than its name says",
        file.display()
    ))
}

/// Runs a command of this program to its end, unless `halted` says that it must stop. `progress` is told what
/// of it is done, from 0 to 1.
pub(crate) fn answer(
    halted: impl Fn() -> Option<Halt>,
    mut command: Command,
    limit: Duration,
    progress: impl Fn(f64),
) -> Result<Answer, NoAnswer> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let broken = |error: std::io::Error| {
        NoAnswer::Broken(format!("the child process could not be run: {error}"))
    };
    let mut child = command.spawn().map_err(broken)?;
    let told = Arc::new(AtomicU32::new(0));
    let output = child.stdout.take().map(|pipe| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let read = pipe.take(MOST_ANSWER + 1).read_to_end(&mut text);
            read.map(|_| text).unwrap_or_default()
        })
    });
    let thousandths = Arc::clone(&told);
    let said = child.stderr.take();
    let said = said.map(|pipe| std::thread::spawn(move || listen(pipe, &thousandths)));
    let ended = wait(halted, &mut child, limit, || {
        progress(f64::from(told.load(Ordering::Relaxed)) / 1_000.0);
    });
    if ended.is_err() {
        // One that has ended meanwhile cannot be killed, and need not be.
        let _ = child.kill();
        let _ = child.wait();
    }
    let output = output.map(joined).unwrap_or_default();
    let said = said.map(joined).unwrap_or_default();
    let success = ended?;
    if u64::try_from(output.len()).unwrap_or(u64::MAX) > MOST_ANSWER {
        let reason = "the child process answered more than is taken";
        return Err(NoAnswer::Broken(reason.to_owned()));
    }
    Ok(Answer {
        success,
        output: String::from_utf8_lossy(&output).into_owned(),
        said,
    })
}

fn joined<T: Default>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap_or_default()
}

/// Waits until it ends; says whether all went well.
fn wait(
    halted: impl Fn() -> Option<Halt>,
    child: &mut Child,
    limit: Duration,
    mut tell: impl FnMut(),
) -> Result<bool, NoAnswer> {
    let begun = Instant::now();
    loop {
        let ended = child
            .try_wait()
            .map_err(|error| NoAnswer::Broken(format!("the child process is lost: {error}")))?;
        if let Some(status) = ended {
            return Ok(status.success());
        }
        if let Some(halt) = halted() {
            return Err(NoAnswer::Halted(halt));
        }
        if begun.elapsed() > limit {
            let reason = format!("it took longer than its `limit`, {limit:?}");
            return Err(NoAnswer::Broken(reason));
        }
        tell();
        std::thread::sleep(PAUSE);
    }
}

/// Reads what a child says on the side, to its end: progress, and the latest lines of the rest.
fn listen(pipe: impl Read, thousandths: &AtomicU32) -> String {
    let mut kept = String::new();
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader
            .by_ref()
            .take(MOST_SAID as u64)
            .read_until(b'\n', &mut line)
        {
            Ok(0) | Err(_) => return kept,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let done = text.strip_prefix(PROGRESS);
        match done.and_then(|done| done.trim().parse::<u32>().ok()) {
            Some(done) => thousandths.store(done.min(1_000), Ordering::Relaxed),
            None => keep(&mut kept, &text),
        }
    }
}

/// Adds to the end, and drops from the beginning what is too much.
fn keep(kept: &mut String, text: &str) {
    kept.push_str(text);
    if kept.len() > MOST_SAID {
        let mut from = kept.len() - MOST_SAID;
        while !kept.is_char_boundary(from) {
            from += 1;
        }
        kept.drain(..from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_heard_and_the_latest_words_are_kept() {
        let told = AtomicU32::new(0);
        let long = "é".repeat(MOST_SAID);
        let said = format!("progress 250\n{long}\nprogress 900\nnote: x\nerror: it broke\n");
        let kept = listen(said.as_bytes(), &told);
        assert_eq!(told.load(Ordering::Relaxed), 900);
        assert!(kept.len() <= MOST_SAID && kept.ends_with("error: it broke\n"));
        let answer = Answer {
            success: false,
            output: String::new(),
            said: kept,
        };
        assert_eq!(answer.error(), "it broke");
    }
}

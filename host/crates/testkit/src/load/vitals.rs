//! What the kernel says of a host: its memory, and what its engine's thread cost.

use super::LoadError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::path::PathBuf;

/// The name of the thread that steps the engine.
const ENGINE: &str = "engine";

/// Lets this process, and those that it starts, open as many files as the machine allows; connections
/// are files too.
///
/// # Errors
/// When the limit cannot be raised.
pub fn allow_files() -> Result<(), LoadError> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised)
        .map_err(|error| LoadError::system("the limit of open files")(error.into()))
}

/// A process's resident memory, in KiB.
pub(super) fn resident_kib(process: u32) -> Result<u64, LoadError> {
    let file = format!("/proc/{process}/status");
    let status = fs::read_to_string(file).map_err(LoadError::system("the host's memory"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    line.ok_or_else(|| LoadError::Host("the kernel does not say what memory the host has".into()))
}

/// What a process's engine thread has taken of a processor, in nanoseconds.
pub(super) fn engine_ns(process: u32) -> Result<u64, LoadError> {
    let thread = thread(process)?;
    let schedule = fs::read_to_string(thread.join("schedstat"));
    let schedule = schedule.map_err(LoadError::system("the engine thread's time"))?;
    // The first of three numbers is the time on a processor.
    let first = schedule.split_whitespace().next();
    first
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| LoadError::Host("the kernel keeps no account of threads' time".into()))
}

fn thread(process: u32) -> Result<PathBuf, LoadError> {
    let all = fs::read_dir(format!("/proc/{process}/task"));
    let all = all.map_err(LoadError::system("the host's threads"))?;
    all.filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|thread| {
            let name = fs::read_to_string(thread.join("comm"));
            name.is_ok_and(|name| name.trim() == ENGINE)
        })
        .ok_or_else(|| LoadError::Host("the host has no thread `engine`".into()))
}

/// What the engine's thread cost between two looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineCost {
    /// On a processor, in nanoseconds.
    pub busy_ns: u64,
    /// Inputs stepped.
    pub inputs: u64,
}

impl EngineCost {
    /// Of an input, in nanoseconds; what waiting for inputs costs is in it.
    #[must_use]
    pub fn each_ns(&self) -> u64 {
        self.busy_ns / self.inputs.max(1)
    }
}

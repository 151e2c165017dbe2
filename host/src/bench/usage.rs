//! What this process has used so far.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The name of the thread that steps the engine.
pub(super) const ENGINE: &str = "engine";
/// The name of a shadow's.
pub(super) const SHADOW: &str = "shadow";

/// CPU time of all threads.
pub(super) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// CPU time of the thread of this name. Of one that works just now the kernel may lag by a tick.
pub(super) fn thread_time(name: &str) -> Result<Duration> {
    let all = std::fs::read_dir("/proc/self/task")?;
    let mut all = all.filter_map(Result::ok).map(|entry| entry.path());
    let thread = all.find(|thread| {
        let named = std::fs::read_to_string(thread.join("comm"));
        named.is_ok_and(|named| named.trim() == name)
    });
    let thread = thread.with_context(|| format!("there is no thread `{name}`"))?;
    let schedule = std::fs::read_to_string(thread.join("schedstat"))?;
    // The first of three numbers is the time on a processor, in nanoseconds.
    let first = schedule.split_whitespace().next();
    let nanos = first.and_then(|text| text.parse::<u64>().ok());
    let nanos = nanos.context("the kernel keeps no account of threads' time")?;
    Ok(Duration::from_nanos(nanos))
}

/// Most memory ever resident, in megabytes of 10^6 bytes.
pub(super) fn peak_rss_mb() -> Result<f64> {
    Ok(f64::from(status_kib("VmHWM:")?) * 1_024.0 / 1e6)
}

/// Memory that is resident now, in KiB.
pub(super) fn resident_kib() -> Result<u32> {
    status_kib("VmRSS:")
}

/// Descriptors that are open now.
pub(super) fn descriptors() -> Result<usize> {
    // One is the folder that is being read, each time.
    Ok(std::fs::read_dir("/proc/self/fd")?.count())
}

/// A size in the kernel's status file.
fn status_kib(name: &str) -> Result<u32> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    kib.with_context(|| format!("the kernel does not tell {name}"))
}

/// How many per second; exact up to 2^53 events.
#[allow(
    clippy::cast_precision_loss,
    reason = "a figure to read, far below 2^53"
)]
pub fn ratio(events: u64, seconds: f64) -> f64 {
    if seconds > 0.0 {
        events as f64 / seconds
    } else {
        0.0
    }
}

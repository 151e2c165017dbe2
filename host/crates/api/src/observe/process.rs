//! What this process takes of the machine. Of what the system does not tell there is no sample.

use super::table::Table;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::time::Duration;

/// What it takes; `None` for what the system does not tell.
pub(crate) struct Usage {
    /// Processor time, of the user and of the system.
    pub(crate) processor_time: Option<Duration>,
    /// Memory that is resident.
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) threads: Option<u64>,
    /// File descriptors that are open, and most that may be.
    pub(crate) open_files: Option<usize>,
    pub(crate) most_files: Option<u64>,
}

/// What it takes now.
pub(crate) fn usage() -> Usage {
    Usage {
        processor_time: processor_time(),
        memory_bytes: status("VmRSS:").map(|kib| kib * 1_024),
        threads: status("Threads:"),
        open_files: descriptors(),
        most_files: getrlimit(Resource::Nofile).current,
    }
}

/// Processor time, memory and descriptors, under the names that all exporters use.
pub(super) fn tables() -> Vec<Table> {
    let used = usage();
    vec![
        Table::counter(
            "process_cpu_seconds",
            "Processor time, of the user and of the system.",
        )
        .maybe(used.processor_time),
        Table::gauge("process_resident_memory_bytes", "Memory that is resident.")
            .maybe(used.memory_bytes),
        Table::gauge("process_threads", "Threads.").maybe(used.threads),
        Table::gauge("process_open_fds", "Open file descriptors.").maybe(used.open_files),
        Table::gauge("process_max_fds", "Most file descriptors that may be open.")
            .maybe(used.most_files),
    ]
}

fn processor_time() -> Option<Duration> {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(spent.tv_sec).ok()?;
    let nanos = u64::try_from(spent.tv_nsec).ok()?;
    Some(Duration::from_secs(seconds) + Duration::from_nanos(nanos))
}

/// A number of Linux's own account of this process.
fn status(field: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    number(&text, field)
}

fn number(text: &str, field: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(field))?;
    value.split_whitespace().next()?.parse().ok()
}

fn descriptors() -> Option<usize> {
    let open = fs::read_dir("/proc/self/fd").ok()?;
    // The folder is open itself while it is read.
    open.count().checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_by_its_field() {
        let text = "Name:\targonaut\nVmRSS:\t   1234 kB\nThreads:\t9\n";
        assert_eq!(number(text, "VmRSS:"), Some(1_234));
        assert_eq!(number(text, "Threads:"), Some(9));
        assert_eq!(number(text, "VmSwap:"), None);
    }

    #[test]
    fn this_process_takes_processor_time() {
        assert!(processor_time().is_some_and(|spent| spent > Duration::ZERO));
    }
}

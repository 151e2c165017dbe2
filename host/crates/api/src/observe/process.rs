//! What this process takes of the machine. Of what the system does not tell there is no sample.

use super::table::Table;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::time::Duration;

/// Processor time, memory and descriptors, under the names that all exporters use.
pub(super) fn tables() -> Vec<Table> {
    let limit = getrlimit(Resource::Nofile).current;
    vec![
        Table::counter(
            "process_cpu_seconds",
            "Processor time, of the user and of the system.",
        )
        .maybe(processor_time()),
        Table::gauge("process_resident_memory_bytes", "Memory that is resident.")
            .maybe(status("VmRSS:").map(|kib| kib * 1_024)),
        Table::gauge("process_threads", "Threads.").maybe(status("Threads:")),
        Table::gauge("process_open_fds", "Open file descriptors.").maybe(descriptors()),
        Table::gauge("process_max_fds", "Most file descriptors that may be open.").maybe(limit),
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

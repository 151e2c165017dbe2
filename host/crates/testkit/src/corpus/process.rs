//! What this process uses, where the system tells.

/// Resident memory in KiB.
#[must_use]
pub fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Open file descriptors.
#[must_use]
pub fn descriptors() -> Option<u64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?;
    // One is the folder that is being read, each time.
    u64::try_from(entries.count()).ok()
}

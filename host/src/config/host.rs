//! `[host]`: where a host listens, where it keeps its files, and how it keeps its journal.

use super::Span;
use journal::{Keep, SegmentOptions};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[host]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostSection {
    /// Where the API and the page are served; on anything but loopback `[identity]` must be on.
    pub listen: SocketAddr,
    /// Where journals, plugin copies and the compile cache are kept.
    pub data_dir: PathBuf,
    /// Where plugins named by path are looked for.
    pub plugin_dir: PathBuf,
    /// Where the files of deployment pipelines are, `STRATEGY.toml`; there need be none.
    pub pipeline_dir: PathBuf,
    /// When the journal is forced to the disk.
    pub fsync: Fsync,
    /// With `fsync = "interval"`: how long after it was written, at most.
    pub fsync_interval_ms: u32,
    /// Size at which the next segment of the journal begins, in MiB.
    pub journal_segment_mib: u32,
    /// What of the journal may wait in memory while the disk takes nothing, in MiB.
    pub journal_waiting_mib: u32,
    /// Inputs after which a snapshot is taken, from which the next start begins; 0 for none.
    pub journal_snapshot_inputs: u64,
    /// Size of the journal above which its oldest segments are dropped, in MiB; 0 for any size.
    pub journal_keep_mib: u64,
    /// Days after which a segment of the journal is dropped; 0 for never.
    pub journal_keep_days: u32,
    /// Where dropped segments are moved to, below the journal's name; they are deleted when left out.
    pub journal_archive_dir: Option<PathBuf>,
    /// A catalog of market data that `GET data-catalog` lists: a folder, or `s3://bucket/prefix`.
    pub catalog: Option<PathBuf>,
    /// While this file exists those do not trade whom it names, and nobody when it names none: see `docs/risk.md`.
    pub kill_file: Option<PathBuf>,
    /// How long an ordered end may take in all: requests under way, who follows the host, and what databases and
    /// Redis are to be given yet. What is not over then is left to the next run.
    pub drain_within: Span,
}

impl Default for HostSection {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_dir: PathBuf::from(".argonaut"),
            plugin_dir: PathBuf::from("target/plugins"),
            pipeline_dir: PathBuf::from("pipelines"),
            fsync: Fsync::Never,
            fsync_interval_ms: 50,
            journal_segment_mib: 256,
            journal_waiting_mib: 128,
            journal_snapshot_inputs: 0,
            journal_keep_mib: 0,
            journal_keep_days: 0,
            journal_archive_dir: None,
            catalog: None,
            kill_file: None,
            drain_within: Span(model::Duration::from_secs(10)),
        }
    }
}

/// When the journal is forced to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fsync {
    /// The operating system decides; a power cut may lose the last seconds.
    Never,
    /// Within `fsync_interval_ms`, without anybody waiting for it.
    Interval,
    /// Before any effect leaves.
    Commit,
}

impl HostSection {
    /// How long an ordered end may take in all.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_nanos(self.drain_within.0.nanos())
    }

    /// How the journal is written.
    pub fn segments(&self) -> SegmentOptions {
        let interval = Duration::from_millis(u64::from(self.fsync_interval_ms.max(1)));
        let waiting = usize::try_from(self.journal_waiting_mib.max(1)).unwrap_or(usize::MAX);
        SegmentOptions {
            fsync: match self.fsync {
                Fsync::Never => journal::Fsync::Never,
                Fsync::Interval => journal::Fsync::Interval(interval),
                Fsync::Commit => journal::Fsync::OnCommit,
            },
            rotate_bytes: u64::from(self.journal_segment_mib.max(1)) << 20,
            waiting_bytes: waiting.saturating_mul(1 << 20),
        }
    }

    /// How much of the journal is kept; `None` for all of it.
    ///
    /// # Errors
    /// The key that cannot be meant, and why.
    pub fn keep(&self) -> Result<Option<Keep>, (String, String)> {
        let said = |name: &str, reason: &str| Err((format!("host.{name}"), reason.to_owned()));
        let keep = Keep {
            bytes: (self.journal_keep_mib > 0)
                .then(|| self.journal_keep_mib.saturating_mul(1 << 20)),
            age: (self.journal_keep_days > 0).then(|| DAY * self.journal_keep_days),
        };
        if keep == Keep::default() {
            return match &self.journal_archive_dir {
                None => Ok(None),
                Some(_) => said(
                    "journal_archive_dir",
                    "nothing is ever moved there; say what is kept by `journal_keep_mib` or \
                     `journal_keep_days`",
                ),
            };
        }
        if self.journal_snapshot_inputs == 0 {
            let name = match keep.bytes {
                Some(_) => "journal_keep_mib",
                None => "journal_keep_days",
            };
            return said(
                name,
                "without snapshots a host comes back from the whole journal only; set \
                 `journal_snapshot_inputs` too, to 1000000 say",
            );
        }
        Ok(Some(keep))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_must_be_replaced_by_snapshots() {
        let parse = |text: &str| toml::from_str::<HostSection>(text).unwrap().keep();
        let key = |text: &str| parse(text).unwrap_err().0;
        assert_eq!(parse(""), Ok(None));
        assert_eq!(key("journal_keep_mib = 1"), "host.journal_keep_mib");
        assert_eq!(key("journal_keep_days = 1"), "host.journal_keep_days");
        let archive = "journal_snapshot_inputs = 9\njournal_archive_dir = \"x\"";
        assert_eq!(key(archive), "host.journal_archive_dir");
        let all = format!("{archive}\njournal_keep_mib = 3\njournal_keep_days = 2");
        let keep = Keep {
            bytes: Some(3 << 20),
            age: Some(Duration::from_secs(172_800)),
        };
        assert_eq!(parse(&all), Ok(Some(keep)));
    }
}

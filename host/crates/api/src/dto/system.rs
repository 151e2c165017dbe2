//! The process as a whole, for those who operate it.

use super::engine::HealthDto;
use crate::observe::Usage;
use crate::state::Begun;
use serde::Serialize;
use services::view::{VitalsView, Written};
use std::time::Duration;

/// The process as a whole.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SystemDto {
    pub(crate) version: &'static str,
    /// Names this run.
    pub(crate) run: String,
    pub(crate) build: BuildOfHostDto,
    /// When the API began.
    pub(crate) started: String,
    pub(crate) started_ns: String,
    /// How long ago that was.
    pub(crate) uptime_ns: String,
    pub(crate) features: FeaturesDto,
    pub(crate) process: ProcessDto,
    /// How long ago the engine's thread last asked for work; more than seconds: it is stuck.
    pub(crate) engine_quiet_ns: String,
    pub(crate) queues: QueuesDto,
    /// What was written to the journal; `null` without one on disk.
    pub(crate) journal: Option<JournalDto>,
    /// As `GET health` tells it: the engine, the store, the bus, what is kept of the journal, notifications.
    pub(crate) health: HealthDto,
}

/// How the program was built.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BuildOfHostDto {
    /// Operating system.
    pub(crate) os: &'static str,
    /// Processor.
    pub(crate) arch: &'static str,
    /// Whether it checks itself, as programs for development do.
    pub(crate) debug: bool,
}

/// What of the host is on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FeaturesDto {
    /// People log in.
    pub(crate) identity: bool,
    pub(crate) tls: bool,
    /// How often somebody may ask is limited.
    pub(crate) rates: bool,
    pub(crate) store: bool,
    pub(crate) bus: bool,
    /// Not all of the journal is kept.
    pub(crate) retention: bool,
    pub(crate) pipelines: bool,
    pub(crate) notifications: bool,
    /// Webhooks are taken.
    pub(crate) hooks: bool,
}

/// What the process takes of the machine; `null` is what the system does not tell.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ProcessDto {
    pub(crate) processor_time_ns: Option<String>,
    /// Memory that is resident.
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) threads: Option<u64>,
    /// File descriptors that are open.
    pub(crate) open_files: Option<usize>,
    /// Most that may be.
    pub(crate) most_files: Option<u64>,
}

/// What waits, and how much of it may.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct QueuesDto {
    pub(crate) market: QueueDto,
    pub(crate) commands: QueueDto,
    /// Changes that wait to be shown to readers.
    pub(crate) projection: QueueDto,
}

/// A queue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct QueueDto {
    pub(crate) waiting: usize,
    pub(crate) bound: usize,
}

/// What was written to the journal since the process began.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JournalDto {
    pub(crate) bytes: u64,
    /// Bytes that wait in memory because the disk takes nothing.
    pub(crate) waiting_bytes: u64,
    /// How often the disk did not take what it was given.
    pub(crate) failures: u64,
    /// How often blocks were forced onto the disk.
    pub(crate) syncs: u64,
    /// How long that took in all.
    pub(crate) sync_time_ns: String,
}

fn nanos(length: Duration) -> String {
    length.as_nanos().to_string()
}

impl From<Usage> for ProcessDto {
    fn from(usage: Usage) -> Self {
        Self {
            processor_time_ns: usage.processor_time.map(nanos),
            memory_bytes: usage.memory_bytes,
            threads: usage.threads,
            open_files: usage.open_files,
            most_files: usage.most_files,
        }
    }
}

impl QueuesDto {
    fn new(vitals: &VitalsView, health: &HealthDto) -> Self {
        let queue = |waiting, bound| QueueDto { waiting, bound };
        Self {
            market: queue(health.market_waiting, vitals.market_bound),
            commands: queue(health.commands_waiting, vitals.commands_bound),
            projection: queue(vitals.projection_waiting, vitals.projection_bound),
        }
    }
}

impl From<&Written> for JournalDto {
    fn from(written: &Written) -> Self {
        Self {
            bytes: written.bytes,
            waiting_bytes: written.waiting_bytes,
            failures: written.failures,
            syncs: written.syncs,
            sync_time_ns: nanos(written.sync_time),
        }
    }
}

impl SystemDto {
    pub(crate) fn new(
        run: &str,
        begun: Begun,
        features: FeaturesDto,
        usage: Usage,
        vitals: &VitalsView,
        health: HealthDto,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            run: run.to_owned(),
            build: BuildOfHostDto {
                os: std::env::consts::OS,
                arch: std::env::consts::ARCH,
                debug: cfg!(debug_assertions),
            },
            started: begun.time.to_string(),
            started_ns: begun.time.nanos().to_string(),
            uptime_ns: nanos(begun.instant.elapsed()),
            features,
            process: usage.into(),
            engine_quiet_ns: nanos(vitals.engine_quiet),
            queues: QueuesDto::new(vitals, &health),
            journal: vitals.journal.as_ref().map(JournalDto::from),
            health,
        }
    }
}

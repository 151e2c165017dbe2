//! What a command takes on when a host waits for it on a machine that trades: a low priority, a bound on memory,
//! and an end together with that host.

use anyhow::{Context, Result, bail};
use clap::Args;
use rustix::process::{Resource, Rlimit, Signal, nice, set_parent_process_death_signal, setrlimit};
use std::os::unix::process::parent_id;

/// By how much it is nicer than the host: beside one busy thread of that it gets a tenth of a core.
const NICER: i32 = 10;

/// For programs, not for people.
#[derive(Debug, Args)]
pub(super) struct BackgroundArguments {
    /// Give way to whatever else runs on this machine, and end when this process ends, which began this.
    #[arg(long, hide = true, value_name = "PROCESS")]
    background: Option<u32>,
    /// Take no more memory than so many MiB.
    #[arg(long, hide = true, value_name = "MIB")]
    memory_mib: Option<u64>,
}

impl BackgroundArguments {
    /// Takes it on, for good. Call it before there are other threads, which have a priority of their own, and on
    /// the command's own thread.
    ///
    /// # Errors
    /// The system does not let it.
    pub(super) fn take_on(&self) -> Result<()> {
        if let Some(parent) = self.background {
            nice(NICER).context("the priority cannot be lowered")?;
            set_parent_process_death_signal(Some(Signal::KILL))
                .context("its end cannot be bound to that of whoever began it")?;
            if parent_id() != parent {
                bail!("whoever began this has ended already");
            }
        }
        if let Some(memory_mib) = self.memory_mib {
            // What is written to, and not address space: a plugin's memory is set aside long before it is used.
            let bytes = memory_mib.saturating_mul(1 << 20);
            let limit = Rlimit {
                current: Some(bytes),
                maximum: Some(bytes),
            };
            setrlimit(Resource::Data, limit).context("memory cannot be bounded")?;
        }
        Ok(())
    }
}

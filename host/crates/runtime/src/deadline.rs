//! How long one call may run. The engine's epoch tells that wall-clock time has passed; whether the
//! guest really ran in that time is asked of the thread's processor clock, and only then. So a call
//! pays nothing for it, and a thread that the operating system left waiting breaks no strategy.

use crate::ticker;
use rustix::time::{ClockId, clock_gettime};
use wasmtime::UpdateDeadline;

/// The deadline of the current call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Deadline {
    half_ms: u64,
    /// Processor time of the thread when half of the wall-clock time had passed.
    mark_ns: Option<u64>,
}

impl Deadline {
    /// Begins a call that may run for `limit_ms`; returns the ticks until [`Deadline::check`] is
    /// due.
    pub(crate) fn begin(&mut self, limit_ms: u64) -> u64 {
        *self = Self {
            half_ms: limit_ms / 2,
            mark_ns: None,
        };
        ticker::ticks(self.half_ms)
    }

    /// What to do now that the ticks have passed.
    pub(crate) fn check(&mut self) -> UpdateDeadline {
        if self.has_passed(thread_cpu_ns()) {
            UpdateDeadline::Interrupt
        } else {
            UpdateDeadline::Continue(ticker::ticks(self.half_ms))
        }
    }

    /// Half the limit in wall-clock time comes first, then half of it in processor time: a guest
    /// that runs without pause is stopped at its limit.
    fn has_passed(&mut self, cpu_ns: u64) -> bool {
        match self.mark_ns {
            None => {
                self.mark_ns = Some(cpu_ns);
                false
            }
            Some(mark_ns) => {
                cpu_ns.saturating_sub(mark_ns) >= self.half_ms.saturating_mul(1_000_000)
            }
        }
    }
}

fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    seconds
        .unwrap_or(0)
        .saturating_mul(1_000_000_000)
        .saturating_add(nanos.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn time_spent_waiting_does_not_count() {
        let mut deadline = Deadline::default();
        deadline.begin(100);
        let mut check = |cpu_ns| deadline.has_passed(cpu_ns);
        assert!(!check(7 * MS), "half of the wall-clock time is over");
        assert!(!check(8 * MS), "the thread hardly ran since");
        assert!(!check(57 * MS - 1));
        assert!(check(57 * MS), "it ran for the other half");
    }

    #[test]
    fn every_call_begins_anew() {
        let mut deadline = Deadline::default();
        deadline.begin(10);
        assert!(!deadline.has_passed(0));
        deadline.begin(10);
        assert!(!deadline.has_passed(100 * MS));
    }

    #[test]
    fn the_processor_clock_moves_while_this_thread_works() {
        let start = thread_cpu_ns();
        let mut work = 0_u64;
        while thread_cpu_ns() == start {
            work = std::hint::black_box(work + 1);
        }
        assert!(thread_cpu_ns() > start);
    }
}

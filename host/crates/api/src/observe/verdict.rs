//! Whether a host lives, and whether it is ready. Codes only: who asks need not be known, so no reason says
//! more than that there is one.

use engine::TradingState;
use services::view::EngineState;
use std::time::Duration;

/// After how long a thread that does not ask for work counts as dead. A process that is is started again by
/// whoever watches it, so this is far longer than anything that the thread does.
const DEAD_AFTER: Duration = Duration::from_secs(30);
/// After how long it counts as stuck.
const STUCK_AFTER: Duration = Duration::from_secs(5);

/// What a verdict is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Situation {
    pub(crate) engine: EngineState,
    pub(crate) trading: TradingState,
    pub(crate) killed: bool,
    /// How long ago the engine's thread last asked for work.
    pub(crate) quiet: Duration,
    pub(crate) journal_writable: bool,
    /// Whether the audit log takes records; so it is where there is none.
    pub(crate) audit_writable: bool,
    /// Whether the host was told to stop.
    pub(crate) stopping: bool,
    /// Whether a store that there is can be written.
    pub(crate) store_there: bool,
    /// Whether a bus that there is is connected.
    pub(crate) bus_there: bool,
}

type Reason = (&'static str, bool);

/// Why the process should be started again; nothing while it lives. A journal that cannot be written is waited for:
/// it is written again by itself, and a host that is started on a full disk can do less than this one.
pub(crate) fn live(of: &Situation) -> Vec<&'static str> {
    let failed = of.engine == EngineState::Error && of.journal_writable;
    those(&[
        ("ENGINE_FAILED", failed),
        ("ENGINE_STUCK", of.quiet >= DEAD_AFTER),
    ])
}

/// Why it should not be sent requests; nothing while it is ready.
pub(crate) fn ready(of: &Situation) -> Vec<&'static str> {
    those(&[
        ("ENGINE_NOT_RUNNING", of.engine != EngineState::Running),
        ("ENGINE_STUCK", of.quiet >= STUCK_AFTER),
        ("JOURNAL_NOT_WRITABLE", !of.journal_writable),
        ("AUDIT_NOT_WRITABLE", !of.audit_writable),
        ("STOPPING", of.stopping),
    ])
}

/// What somebody should know though it is ready.
pub(crate) fn warnings(of: &Situation) -> Vec<&'static str> {
    those(&[
        ("KILLED", of.killed),
        ("TRADING_HALTED", of.trading == TradingState::Halted),
        ("TRADING_REDUCING", of.trading == TradingState::Reducing),
        ("STORE_AWAY", !of.store_there),
        ("BUS_AWAY", !of.bus_there),
    ])
}

fn those(reasons: &[Reason]) -> Vec<&'static str> {
    let holds = reasons.iter().filter(|(_, holds)| *holds);
    holds.map(|(reason, _)| *reason).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Situation = Situation {
        engine: EngineState::Running,
        trading: TradingState::Active,
        killed: false,
        quiet: Duration::from_millis(10),
        journal_writable: true,
        audit_writable: true,
        stopping: false,
        store_there: true,
        bus_there: true,
    };

    #[track_caller]
    fn check(of: Situation, dead: &[&str], unready: &[&str], warned: &[&str]) {
        assert_eq!((live(&of), ready(&of), warnings(&of)), {
            (dead.to_vec(), unready.to_vec(), warned.to_vec())
        });
    }

    #[test]
    fn a_host_that_is_well_is_ready() {
        check(WELL, &[], &[], &[]);
    }

    #[test]
    fn a_thread_that_is_quiet_is_first_stuck_and_then_dead() {
        let stuck = Situation {
            quiet: STUCK_AFTER,
            ..WELL
        };
        check(stuck, &[], &["ENGINE_STUCK"], &[]);
        let dead = Situation {
            quiet: DEAD_AFTER,
            ..WELL
        };
        check(dead, &["ENGINE_STUCK"], &["ENGINE_STUCK"], &[]);
    }

    #[test]
    fn what_orders_need_makes_it_unready_and_no_reason_to_start_again() {
        let starting = Situation {
            engine: EngineState::Starting,
            ..WELL
        };
        check(starting, &[], &["ENGINE_NOT_RUNNING"], &[]);
        let full = Situation {
            journal_writable: false,
            audit_writable: false,
            stopping: true,
            ..WELL
        };
        let reasons = ["JOURNAL_NOT_WRITABLE", "AUDIT_NOT_WRITABLE", "STOPPING"];
        check(full, &[], &reasons, &[]);
        let failed = Situation {
            engine: EngineState::Error,
            ..WELL
        };
        check(failed, &["ENGINE_FAILED"], &["ENGINE_NOT_RUNNING"], &[]);
        let full = Situation {
            journal_writable: false,
            ..failed
        };
        let waits = ["ENGINE_NOT_RUNNING", "JOURNAL_NOT_WRITABLE"];
        check(full, &[], &waits, &[]);
    }

    #[test]
    fn what_trading_can_do_without_is_a_warning() {
        let alone = Situation {
            killed: true,
            trading: TradingState::Halted,
            store_there: false,
            bus_there: false,
            ..WELL
        };
        let warned = ["KILLED", "TRADING_HALTED", "STORE_AWAY", "BUS_AWAY"];
        check(alone, &[], &[], &warned);
    }
}

//! H01 to H05: guests that compute, talk, allocate, recurse or trap.

use super::finding::{Ending, Finding};
use super::guests::{self, Guest};
use super::life::{admit, admit_bytes, intents, live, quote, running, serves};
use super::process::resident_kib;
use super::{Done, Length, Setting, said, sandbox};
use crate::hostile::{self, HostilePlugin};
use crate::plugin::Plugin;
use model::{Event, FaultKind, Strategy};
use runtime::{AdmissionError, AdmissionStage, Admitted, Limits, Runtime};

/// What a stop of a guest may take at the 99th percentile, in microseconds.
const STOP_US: u64 = 10_000;
/// What it may take from a fault to the next event served, in microseconds.
const RESTART_US: u64 = 5_000;
/// Stopped by what the guest itself did.
const STOPPED: Ending = (
    &[FaultKind::OutOfFuel, FaultKind::Deadline],
    &["used up its fuel", "ran longer"],
);
/// Stopped by what it had the host do.
const CHARGED: Ending = (
    &[FaultKind::OutOfFuel, FaultKind::BadOutput],
    &[
        "called the host more than",
        "moved more than",
        "asked for more than",
    ],
);
/// Stopped by either.
const STOPPED_OR_CHARGED: Ending = (&[FaultKind::OutOfFuel, FaultKind::BadOutput], &[]);
/// Refused memory, or what came of that.
const GROWN: Ending = (
    &[FaultKind::Memory, FaultKind::Trap, FaultKind::BadOutput],
    &[],
);
/// Out of stack.
const DEEP: Ending = (&[FaultKind::Trap], &["call stack exhausted"]);
/// What the host may keep of memory bombs, in KiB.
const KEPT_KIB: u64 = 16 * 1_024;

/// The fuel of an event for every call, so that all of them are stopped alike.
fn even(setting: &Setting) -> Limits {
    let fuel = setting.pick(1_000_000, Limits::default().event_fuel);
    Limits {
        event_fuel: fuel,
        init_fuel: fuel,
        history_fuel: fuel,
        ..Limits::default()
    }
}

fn admitted(
    runtime: &Runtime,
    guests: Vec<Guest>,
    limits: &Limits,
) -> Result<Vec<(String, Admitted)>, String> {
    let all = guests.into_iter();
    all.map(|(name, bytes)| {
        let admitted = admit_bytes(runtime, &bytes, limits);
        let admitted = admitted.map_err(|error| format!("{name}: {error}"))?;
        Ok((name, admitted))
    })
    .collect()
}

/// Lets guests live in turn until so many lives were led; each ends in a fault of these kinds and words.
fn provoke(
    finding: &mut Finding,
    guests: &[(String, Admitted)],
    limits: Limits,
    lives: u64,
    (kinds, words): Ending,
) {
    let lives = lives.max(guests.len() as u64);
    for (name, guest) in guests.iter().cycle() {
        if finding.runs() >= lives {
            return;
        }
        let (ended, took) = live(guest, limits);
        finding.took(took);
        finding.faulted(name, &ended, kinds, words);
    }
}

/// A neighbour in the same runtime, admitted before anything attacks.
fn neighbour(runtime: &Runtime) -> Result<Admitted, String> {
    admit(runtime, &Plugin::new(), &Limits::default())
}

pub(super) fn endless_loops(setting: &Setting, finding: &mut Finding) -> Done {
    let (runtime, limits) = (sandbox()?, even(setting));
    let neighbour = neighbour(&runtime)?;
    let guests = guests::everywhere("(loop $again (br $again)) unreachable")?;
    let guests = admitted(&runtime, guests, &limits)?;
    provoke(finding, &guests, limits, setting.pick(0, 10_000), STOPPED);
    finding.p99_figure("p99 with the fuel of an event", STOP_US);
    if setting.length == Length::Long {
        finding.note(longest_init(&runtime)?);
    }
    serves(&neighbour)
}

/// How long a loop takes that has the fuel of `init`.
fn longest_init(runtime: &Runtime) -> Result<String, String> {
    let bytes = hostile::component(HostilePlugin::LoopInInit).map_err(said)?;
    let guest = admit_bytes(runtime, &bytes, &Limits::default())?;
    let (ended, took) = live(&guest, Limits::default());
    let how = ended.err().map_or("no fault", |fault| fault.kind.name());
    let ms = took.as_millis();
    Ok(format!(
        "in `init`, off the engine's thread: {how} after {ms} ms"
    ))
}

pub(super) fn chatter(setting: &Setting, finding: &mut Finding) -> Done {
    let runtime = sandbox()?;
    let neighbour = neighbour(&runtime)?;
    // Nothing but the count of calls and bytes stops these.
    let plenty = u64::MAX >> 1;
    let rich = Limits {
        event_fuel: plenty,
        init_fuel: plenty,
        event_deadline_ms: 120_000,
        init_deadline_ms: 120_000,
        host_calls_per_call: setting.pick(2_000, Limits::default().host_calls_per_call),
        ..Limits::default()
    };
    let guests = admitted(&runtime, guests::chatter()?, &rich)?;
    let mut counted = Finding::default();
    provoke(&mut counted, &guests, rich, 0, CHARGED);
    for broken in counted.broken() {
        finding.expect(false, || format!("with all the fuel there is: {broken}"));
    }
    let usual = even(setting);
    provoke(
        finding,
        &guests,
        usual,
        setting.pick(0, 1_000),
        STOPPED_OR_CHARGED,
    );
    finding.p99_figure("p99 with the fuel of an event", STOP_US);
    serves(&neighbour)
}

pub(super) fn memory_bombs(setting: &Setting, finding: &mut Finding) -> Done {
    let (runtime, limits) = (sandbox()?, Limits::default());
    let neighbour = neighbour(&runtime)?;
    let refused = runtime.admit(&guests::ten_thousand_tables()?, &limits);
    let stage = refused.as_ref().err().map(AdmissionError::stage);
    finding.expect(stage == Some(AdmissionStage::Parse), || {
        format!("10,000 tables: {refused:?}")
    });
    let guests = admitted(&runtime, guests::memory_bombs()?, &limits)?;
    // The first lives show what the allocator keeps for the next ones.
    provoke(finding, &guests, limits, 0, GROWN);
    let before = resident_kib();
    provoke(finding, &guests, limits, setting.pick(21, 1_000), GROWN);
    if let (Some(before), Some(after)) = (before, resident_kib()) {
        let kept = after.saturating_sub(before);
        finding.figure("memory that the host keeps", kept, KEPT_KIB, "KiB");
    }
    for (name, guest) in &guests {
        let Ok(mut instance) = running(guest, limits) else {
            continue;
        };
        let ended = instance.handle(&Event::Quote(quote(2)), &mut intents(2));
        let used = instance.usage().memory_bytes;
        finding.expect(ended.is_err() && used <= limits.memory_bytes, || {
            format!("{name}: has {used} bytes, {ended:?}")
        });
    }
    serves(&neighbour)
}

pub(super) fn deep_stacks(setting: &Setting, finding: &mut Finding) -> Done {
    let limits = Limits {
        event_fuel: 1_000_000_000,
        init_fuel: 1_000_000_000,
        ..Limits::default()
    };
    let runtime = sandbox()?;
    let neighbour = neighbour(&runtime)?;
    let guests = admitted(&runtime, guests::deep_stacks()?, &limits)?;
    provoke(finding, &guests, limits, setting.pick(0, 1_000), DEEP);
    serves(&neighbour)
}

pub(super) fn traps(setting: &Setting, finding: &mut Finding) -> Done {
    let (runtime, limits) = (sandbox()?, Limits::default());
    let neighbour = neighbour(&runtime)?;
    let guests = admitted(&runtime, guests::everywhere("unreachable")?, &limits)?;
    for (name, guest) in &guests {
        let (ended, _) = live(guest, limits);
        finding.faulted(name, &ended, &[FaultKind::Trap], &["unreachable"]);
    }
    // Breaks at every second quote; the one after it must be served by a fresh instance.
    let odd = "(if (i64.eqz (i64.rem_u (local.get $ts_init) (i64.const 2000))) (then unreachable))";
    let moody = admit(&runtime, &Plugin::new().with("on-quote", odd), &limits)?;
    let mut instance = running(&moody, limits).map_err(said)?;
    for number in 1..=setting.pick(20, 10_000_u64) {
        let ended = instance.handle(&Event::Quote(quote(2 * number)), &mut intents(2 * number));
        finding.faulted(
            "the second quote",
            &ended,
            &[FaultKind::Trap],
            &["unreachable"],
        );
        let next = quote(2 * number + 1);
        let served = finding.clocked(|| {
            instance = running(&moody, limits)?;
            instance.handle(&Event::Quote(next), &mut intents(2 * number + 1))
        });
        finding.expect(served.is_ok(), || format!("a fresh instance: {served:?}"));
    }
    finding.p99_figure("p99 from a fault to the next event served", RESTART_US);
    serves(&neighbour)
}

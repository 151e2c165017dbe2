//! H06, H07, H08, H10 and H13: guests that attack by what passes between them and the host.

use super::finding::{Ending, Finding};
use super::guests::{self, Guest};
use super::life::{admit, admit_bytes, intents, live, quote, running, serves};
use super::{Done, Setting, said, sandbox};
use crate::hostile::{self, HostilePlugin};
use crate::plugin::Plugin;
use model::{Event, FaultKind, Intent, Intents, Strategy};
use runtime::{Instance, Limits};

/// Lives that a case leads in all when it is run long.
const LIVES: u64 = 10_000;
/// Lines that spam writes in each call, and what is behind them.
const SPAM_LINES: u64 = 10_000;
/// Bytes that a line may have beyond its limit: one character that was escaped, and the mark of a cut.
const BEYOND_LINE: usize = 32;

/// What came over was not what it said.
const TORN: Ending = (&[FaultKind::BadOutput, FaultKind::Trap], &[]);
/// The allocator broke, in one way or another.
const ALLOCATOR: Ending = (
    &[
        FaultKind::BadOutput,
        FaultKind::Trap,
        FaultKind::OutOfFuel,
        FaultKind::Memory,
    ],
    &[],
);
/// It called out while it was being called.
const INSIDE: Ending = (&[FaultKind::Trap], &["cannot leave component instance"]);

/// Whether a guest may come through, because what it did hurts only itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unharmed {
    /// It may.
    Fine,
    /// It must not.
    Broken,
}

/// Lets each guest live, some of them often; a fault must be of one of these kinds.
fn live_often(
    setting: &Setting,
    finding: &mut Finding,
    guests: Vec<Guest>,
    (kinds, words): Ending,
    unharmed: Unharmed,
) -> Done {
    let (runtime, limits) = (sandbox()?, Limits::default());
    // A guest that loops need not do so for long here.
    let limits = Limits {
        init_fuel: limits.event_fuel,
        ..limits
    };
    let neighbour = admit(&runtime, &Plugin::new(), &limits)?;
    let each = guests.len() as u64;
    let turns = setting.pick(1, (LIVES / each.max(1)).max(1));
    for (name, bytes) in guests {
        let admitted = admit_bytes(&runtime, &bytes, &limits);
        let admitted = admitted.map_err(|error| format!("{name}: {error}"))?;
        for _ in 0..turns {
            let (ended, took) = live(&admitted, limits);
            finding.took(took);
            match (&ended, unharmed) {
                (Ok(()), Unharmed::Fine) => finding.ended("hurt only itself"),
                _ => finding.faulted(&name, &ended, kinds, words),
            }
        }
    }
    serves(&neighbour)
}

pub(super) fn giant_results(setting: &Setting, finding: &mut Finding) -> Done {
    let guests = guests::giant_results()?;
    live_often(setting, finding, guests, TORN, Unharmed::Broken)?;
    largest_copies(finding)
}

/// The largest state there may be is copied; one byte more is refused in words, and what is much larger
/// before it is copied.
fn largest_copies(finding: &mut Finding) -> Done {
    let (runtime, limits) = (sandbox()?, Limits::default());
    let saves = |bytes: usize| {
        let length = u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        let [a, b, c, d] = length;
        let result = format!(
            r#"(data (i32.const 2048) "\01\00\00\00\00\00\00\00\{a:02x}\{b:02x}\{c:02x}\{d:02x}")"#
        );
        let body = "(drop (memory.grow (i32.const 200))) (i32.const 2048)";
        Plugin::new().items(&result).with("save", body)
    };
    let cap = limits.state_bytes;
    for (bytes, words) in [
        (cap, None),
        (cap + 1, Some("more than the 1048576 allowed")),
        (8 * cap, Some("too much data")),
    ] {
        let admitted = admit(&runtime, &saves(bytes), &limits)?;
        let mut instance = running(&admitted, limits).map_err(said)?;
        let ended = instance.save();
        let as_promised = match (&ended, words) {
            (Ok(saved), None) => saved.bytes.len() == bytes,
            (Err(fault), Some(words)) => fault.message.contains(words),
            _ => false,
        };
        finding.expect(as_promised, || {
            let ended = ended.map(|saved| saved.bytes.len());
            format!("a state of {bytes} bytes: {ended:?}")
        });
    }
    Ok(())
}

pub(super) fn evil_allocators(setting: &Setting, finding: &mut Finding) -> Done {
    let guests = guests::evil_allocators()?;
    live_often(setting, finding, guests, ALLOCATOR, Unharmed::Fine)
}

pub(super) fn re_entrancy(setting: &Setting, finding: &mut Finding) -> Done {
    let guests = guests::re_entrant()?;
    live_often(setting, finding, guests, INSIDE, Unharmed::Broken)
}

pub(super) fn handles(setting: &Setting, finding: &mut Finding) -> Done {
    let guests = guests::handles()?;
    live_often(setting, finding, guests, TORN, Unharmed::Broken)
}

pub(super) fn log_spam(setting: &Setting, finding: &mut Finding) -> Done {
    let (runtime, limits) = (sandbox()?, Limits::default());
    let kept = u64::from(limits.log_lines_per_call);
    let spam = hostile::component(HostilePlugin::LogSpam).map_err(said)?;
    let mut instance = running(&admit_bytes(&runtime, &spam, &limits)?, limits).map_err(said)?;
    let calls = setting.pick(3, 1_000_u64);
    for call in 1..=calls {
        let lines = lines_of(finding, &mut instance, call);
        finding.expect(lines.len() as u64 == kept + 1, || {
            format!("{} lines of a call", lines.len())
        });
        for line in lines {
            let limit = limits.log_line_bytes + BEYOND_LINE;
            let clean = line.len() <= limit && !line.contains(char::is_control);
            finding.expect(clean, || format!("a line as it came: {line:?}"));
        }
    }
    let dropped = instance.usage().dropped_log_lines;
    let expected = calls * (SPAM_LINES - kept);
    finding.expect(dropped == expected, || {
        format!("{dropped} lines counted as dropped, not {expected}")
    });
    for (bytes, mark) in [
        (hostile::component(HostilePlugin::LongLog), "(cut)"),
        (turned_around().build(), "\\u{202e}"),
    ] {
        let admitted = admit_bytes(&runtime, &bytes.map_err(said)?, &limits)?;
        let mut instance = running(&admitted, limits).map_err(said)?;
        let lines = lines_of(finding, &mut instance, 1);
        let only = matches!(&lines[..], [line] if line.contains(mark));
        finding.expect(only, || format!("no `{mark}`: {} lines", lines.len()));
    }
    Ok(())
}

/// Logs a mark that has a terminal write from right to left.
fn turned_around() -> Plugin {
    Plugin::new()
        .items(r#"(data (i32.const 2048) "\e2\80\aepaid")"#)
        .with(
            "on-quote",
            "(call $write (i32.const 1) (i32.const 2048) (i32.const 7))",
        )
}

/// What one quote has an instance say.
fn lines_of(finding: &mut Finding, instance: &mut Instance, call: u64) -> Vec<String> {
    let mut out: Intents = intents(1 + call);
    let told = finding.clocked(|| instance.handle(&Event::Quote(quote(1 + call)), &mut out));
    finding.ended("served");
    finding.expect(told.is_ok(), || format!("a call that logs: {told:?}"));
    let lines = out.items().iter().filter_map(|intent| match intent {
        Intent::Log { text, .. } => Some(text.clone()),
        _ => None,
    });
    lines.collect()
}

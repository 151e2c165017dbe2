//! H16: what guests do with the state that one version hands to the next.

use super::desk::Desk;
use super::finding::Finding;
use super::life::{admit_bytes, config};
use super::trading::listening;
use super::{Done, Setting, said, sandbox};
use crate::hostile::{self, HostilePlugin};
use crate::plugin::Plugin;
use engine::{Command, Effect, StrategyState, SwapStage, SwapTerms};
use model::{PluginHash, Strategy, StrategyId};
use runtime::{Admitted, Limits, Runtime};

/// The one that is swapped, and its neighbour.
const SWAPPED: StrategyId = StrategyId::new(0);
const NEIGHBOUR: StrategyId = StrategyId::new(1);

/// Says something at every quote.
fn ticking() -> Plugin {
    listening("(call $write (i32.const 1) (i32.const 512) (i32.const 3))")
}

/// Candidates that break over the state they are given, or refuse it.
fn candidates() -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let refusing = Plugin::new()
        .items(r#"(data (i32.const 2048) "state of version 1, not 9")"#)
        .items(r#"(data (i32.const 2080) "\01\00\00\00\00\08\00\00\19\00\00\00")"#)
        .with("load", "(i32.const 2080)");
    let plugins = [
        ("of another version", refusing),
        (
            "loading for ever",
            Plugin::new().with("load", "(loop $again (br $again)) unreachable"),
        ),
        (
            "recursive",
            Plugin::new()
                .items("(func $deeper (call $deeper) (call $deeper))")
                .with("load", "(call $deeper) (i32.const 1088)"),
        ),
    ];
    let mut all = vec![(
        "trapping",
        hostile::component(HostilePlugin::TrapInLoad).map_err(said)?,
    )];
    for (name, plugin) in plugins {
        all.push((name, plugin.build().map_err(said)?));
    }
    Ok(all)
}

/// Versions whose own state cannot be taken over.
fn savers() -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let gigabyte = Plugin::new()
        .items(r#"(data (i32.const 2048) "\01\00\00\00\00\00\00\00\00\00\00\40")"#)
        .with("save", "(i32.const 2048)");
    let component = |plugin| hostile::component(plugin).map_err(said);
    Ok(vec![
        ("1 GiB", gigabyte.build().map_err(said)?),
        ("16 MiB", component(HostilePlugin::HugeSave)?),
        ("out of bounds", component(HostilePlugin::SaveOutOfBounds)?),
        (
            "orders while it saves",
            component(HostilePlugin::OrderInSave)?,
        ),
    ])
}

/// A version, or one to be.
struct Version {
    admitted: Admitted,
    limits: Limits,
}

impl Version {
    fn of(runtime: &Runtime, bytes: &[u8]) -> Result<Self, String> {
        let limits = Limits {
            init_fuel: Limits::default().event_fuel,
            ..Limits::default()
        };
        let admitted = admit_bytes(runtime, bytes, &limits)?;
        Ok(Self { admitted, limits })
    }

    fn instance(&self) -> Result<Box<dyn Strategy>, String> {
        let instance = self.admitted.instantiate(config(self.limits));
        Ok(Box::new(instance.map_err(said)?))
    }

    fn hash(&self) -> PluginHash {
        self.admitted.hash()
    }
}

pub(super) fn state_abuse(setting: &Setting, finding: &mut Finding) -> Done {
    let runtime = sandbox()?;
    let good = Version::of(&runtime, &ticking().build().map_err(said)?)?;
    let turns = setting.pick(1, 200);
    for (name, bytes) in candidates()? {
        let bad = Version::of(&runtime, &bytes)?;
        for _ in 0..turns {
            rolls_back(finding, name, &good, &bad)?;
        }
    }
    for (name, bytes) in savers()? {
        let bad = Version::of(&runtime, &bytes)?;
        for _ in 0..turns {
            breaks_alone(finding, name, &good, &bad)?;
        }
    }
    Ok(())
}

fn desk(first: &Version, second: &Version) -> Result<Desk, String> {
    let names = ["swapped".to_owned(), "neighbour".to_owned()];
    let mut desk = Desk::new(&names, engine::Limits::default())?;
    desk.start(SWAPPED, first.hash(), first.instance()?)?;
    desk.start(NEIGHBOUR, second.hash(), second.instance()?)?;
    Ok(desk)
}

fn begin(desk: &mut Desk, candidate: &Version) -> Result<Vec<Effect>, String> {
    desk.stage(SWAPPED, candidate.instance()?)?;
    desk.command(Command::SwapBegin {
        strategy: SWAPPED,
        plugin: candidate.hash(),
        parameters: Vec::new(),
        terms: SwapTerms::default(),
        history: Vec::new(),
    })
}

/// Whether this one said something.
fn spoke(effects: &[Effect], who: StrategyId) -> bool {
    let theirs = |effect: &Effect| matches!(effect, Effect::Log(by, ..) if *by == who);
    effects.iter().any(theirs)
}

/// A candidate that breaks is given up, and the version that ran goes on.
fn rolls_back(finding: &mut Finding, name: &str, good: &Version, bad: &Version) -> Done {
    let mut desk = desk(good, good)?;
    let effects = finding.clocked(|| begin(&mut desk, bad))?;
    let aborted = effects.iter().any(|effect| {
        matches!(effect, Effect::Swap(SWAPPED, SwapStage::Aborted(reason)) if reason.starts_with("hand-over: "))
    });
    finding.ended(if aborted {
        "rolled back"
    } else {
        "not given up"
    });
    finding.expect(aborted, || format!("{name}: {effects:?}"));
    desk.command(Command::SwapAbort {
        strategy: SWAPPED,
        reason: "hand-over".to_owned(),
    })?;
    let same = desk.plugin(SWAPPED) == Some(good.hash());
    let runs = desk.state(SWAPPED) == Some(StrategyState::Running);
    let quoted = desk.quote()?;
    let served = spoke(&quoted, SWAPPED) && spoke(&quoted, NEIGHBOUR);
    finding.expect(same && runs && served, || {
        format!("{name}: the version that ran does not go on: {quoted:?}")
    });
    Ok(())
}

/// A version that cannot save breaks by itself, and nothing of its state is taken over.
fn breaks_alone(finding: &mut Finding, name: &str, good: &Version, bad: &Version) -> Done {
    let mut desk = desk(bad, good)?;
    let effects = finding.clocked(|| begin(&mut desk, good))?;
    let broke = effects.iter().any(
        |effect| matches!(effect, Effect::Fault(SWAPPED, fault) if fault.message.contains("save")),
    );
    finding.ended(if broke { "broke by itself" } else { "saved" });
    finding.expect(broke, || format!("{name}: {effects:?}"));
    let state = desk.state(SWAPPED);
    let served = spoke(&desk.quote()?, NEIGHBOUR);
    finding.expect(state == Some(StrategyState::Error) && served, || {
        format!("{name}: {state:?}, its neighbour served: {served}")
    });
    Ok(())
}

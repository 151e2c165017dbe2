//! H11, H12 and H18: what is refused before it runs, and code that was put where ours lay.

use super::finding::{Finding, nanos};
use super::life::{admit_bytes, intents, quote, running};
use super::mutants::{mutant, nested};
use super::{Done, Setting, said};
use crate::component::core_module;
use crate::hostile::{self, HostilePlugin};
use crate::plugin::Plugin;
use crate::simulator::Dice;
use model::{Event, Strategy};
use runtime::{
    AdmissionError, AdmissionStage, Admitted, CompileError, Compiler, Limits, Runtime,
    RuntimeOptions,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What a refusal may take, in milliseconds.
const REFUSAL_MS: u64 = 200;

fn with_compiler(compiler: Compiler) -> Result<Runtime, String> {
    let options = RuntimeOptions {
        compiler,
        ..RuntimeOptions::default()
    };
    Runtime::new(options).map_err(said)
}

/// A component that does not fit: what it is, its bytes, and a word that its refusal must have.
type Misfit = (String, Vec<u8>, &'static str);

/// Those that do not fit.
fn misfitting() -> Result<Vec<Misfit>, String> {
    use HostilePlugin as H;
    let known = [
        (H::ImportsWasi, "wasi:clocks/wall-clock@0.2.0"),
        (H::WrongVersion, "argonaut:plugin/orders@9.0.0"),
        (H::WrongImportType, "orders@1.0.0#cancel"),
        (H::AnotherWorld, "`describe`"),
        (H::WrongExportType, "`on-timer`"),
        (H::CoreModule, "core WebAssembly module"),
        (H::BillionLaughs, "`laugh`"),
    ];
    let written = [
        (
            "a file",
            "(component (import \"wasi:filesystem/types@0.2.0\" (instance)))",
            "wasi:filesystem/types@0.2.0",
        ),
        (
            "a module",
            "(component (import \"code\" (core module)))",
            "`code`",
        ),
        (
            "a resource",
            "(component (import \"key\" (type (sub resource))))",
            "`key`",
        ),
        (
            "a name like ours",
            "(component (import \"argonaut:plugin/orders@1.0.1\" (instance)))",
            "orders@1.0.1",
        ),
    ];
    let mut all = Vec::new();
    for (plugin, word) in known {
        let bytes = hostile::component(plugin).map_err(said)?;
        all.push((format!("{plugin:?}"), bytes, word));
    }
    for (name, text, word) in written {
        all.push((name.to_owned(), core_module(text).map_err(said)?, word));
    }
    Ok(all)
}

pub(super) fn misfits(setting: &Setting, finding: &mut Finding) -> Done {
    // With no compiler at hand, whoever tries to compile fails at that stage and at no other.
    let runtime = with_compiler(Compiler::Child {
        program: PathBuf::from("no-such-compiler"),
        args: Vec::new(),
    })?;
    let limits = Limits::default();
    let good = Plugin::new().build().map_err(said)?;
    let compiled = stage_of(&runtime.admit(&good, &limits));
    finding.expect(compiled == Some(AdmissionStage::Compile), || {
        format!("what fits was not compiled: {compiled:?}")
    });
    let all = misfitting()?;
    for _ in 0..setting.pick(1, 1_000) {
        for (name, bytes, word) in &all {
            let refused = finding.clocked(|| runtime.admit(bytes, &limits));
            let stage = stage_of(&refused);
            finding.ended(stage.map_or("admitted", AdmissionStage::name));
            let early = stage.is_some_and(|stage| stage != AdmissionStage::Compile);
            let text = refused.err().map(said).unwrap_or_default();
            finding.expect(early && text.contains(word), || format!("{name}: {text}"));
        }
    }
    Ok(())
}

fn stage_of(admitted: &Result<Admitted, AdmissionError>) -> Option<AdmissionStage> {
    admitted.as_ref().err().map(AdmissionError::stage)
}

/// What no mutation makes: depth and repetition.
fn bombs(blocks: usize) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let blocks = format!("{}{}", "block ".repeat(blocks), "end ".repeat(blocks));
    let deep = Plugin::new().with("on-quote", &blocks);
    let laughs = hostile::component(HostilePlugin::BillionLaughs);
    Ok(vec![
        ("components in components", nested(1_000)),
        ("blocks in blocks", deep.build().map_err(said)?),
        ("types of types", laughs.map_err(said)?),
    ])
}

pub(super) fn malformed(setting: &Setting, finding: &mut Finding) -> Done {
    let runtime = with_compiler(setting.compiler.clone())?;
    let limits = Limits {
        compile_cpu_s: 20,
        ..Limits::default()
    };
    let mut ends = Ends::default();
    for (name, bytes) in bombs(setting.pick(1_000, 20_000))? {
        let bytes = bytes.as_slice();
        try_out(finding, &runtime, (name, bytes), &limits, &mut ends);
    }
    let wholes = [
        Plugin::new().build().map_err(said)?,
        Plugin::with_books().build().map_err(said)?,
        hostile::component(HostilePlugin::StackOverflow).map_err(said)?,
    ];
    for (seed, whole) in (0..setting.pick(150, 10_000)).zip(wholes.iter().cycle()) {
        let bytes = mutant(whole, seed);
        let name = format!("mutant {seed}");
        let named = (name.as_str(), bytes.as_slice());
        try_out(finding, &runtime, named, &limits, &mut ends);
    }
    let refused = millis(ends.refusal);
    finding.figure(
        "slowest refusal, not by the compiler",
        refused,
        REFUSAL_MS,
        "ms",
    );
    // Of its own: it takes what the compiler takes, in a child that is killed at its limit.
    let compiled = millis(ends.compiler);
    let allowed = limits.compile_wall_ms;
    finding.figure("slowest end with the compiler", compiled, allowed, "ms");
    finding.note(format!(
        "{} ended with the compiler, {} of them after more than {REFUSAL_MS} ms",
        ends.compiled, ends.compiled_late
    ));
    Ok(())
}

/// How what was not admitted ended.
#[derive(Debug, Default)]
struct Ends {
    /// The slowest refusal of another stage than the compiler's.
    refusal: Duration,
    /// How many the compiler ended, how many of them late, and the slowest.
    compiled: u64,
    compiled_late: u64,
    compiler: Duration,
}

impl Ends {
    fn with_compiler(&mut self, took: Duration) {
        self.compiled += 1;
        self.compiled_late += u64::from(millis(took) > REFUSAL_MS);
        self.compiler = took.max(self.compiler);
    }
}

/// A time in milliseconds, begun ones counted.
fn millis(time: Duration) -> u64 {
    nanos(time).div_ceil(1_000_000)
}

/// Admits what may be anything. A refusal is timed, one by the compiler apart; what comes through is run, and
/// may only hurt itself.
fn try_out(
    finding: &mut Finding,
    runtime: &Runtime,
    (name, bytes): (&str, &[u8]),
    limits: &Limits,
    ends: &mut Ends,
) {
    let begun = Instant::now();
    let admitted = runtime.admit(bytes, limits);
    let took = begun.elapsed();
    match admitted {
        Ok(admitted) => {
            let tight = Limits {
                init_fuel: 1_000_000,
                event_fuel: 1_000_000,
                ..*limits
            };
            let served = running(&admitted, tight)
                .and_then(|mut ran| ran.handle(&Event::Quote(quote(2)), &mut intents(2)));
            finding.ended(match served {
                Ok(()) => "admitted, harmless".to_owned(),
                Err(fault) => format!("admitted, {}", fault.kind.name()),
            });
        }
        Err(AdmissionError::Compile(error)) => {
            // The child did its work, and nobody waited on the engine's thread for it.
            let unavailable = matches!(error, CompileError::Unavailable { .. });
            finding.expect(!unavailable, || format!("{name}: {error}"));
            ends.with_compiler(took);
            finding.ended("ended with the compiler");
        }
        Err(error) => {
            finding.took(took);
            ends.refusal = took.max(ends.refusal);
            finding.ended(error.stage().name());
        }
    }
}

pub(super) fn tampered_cache(setting: &Setting, finding: &mut Finding) -> Done {
    let folder = tempfile::tempdir().map_err(said)?;
    let bytes = Plugin::new().build().map_err(said)?;
    let cached = || {
        let options = RuntimeOptions {
            cache_directory: Some(folder.path().to_owned()),
            ..RuntimeOptions::default()
        };
        let runtime = Runtime::new(options).map_err(said)?;
        let admitted = admit_bytes(&runtime, &bytes, &Limits::default())?;
        let works = admitted.describe().is_ok_and(|told| told.name == "wat");
        let rejected = runtime.cache_statistics().map_or(0, |cache| cache.rejected);
        Ok::<_, String>((admitted.cached(), works, rejected))
    };
    cached()?;
    finding.expect(cached()? == (true, true, 0), || {
        "the cache does not help".to_owned()
    });
    let entry = entry(folder.path())?;
    let good = std::fs::read(&entry).map_err(said)?;
    let mut dice = Dice::of(&[18]);
    for _ in 0..setting.pick(12, 1_000) {
        let mut bad = good.clone();
        let place = dice.index(bad.len()).unwrap_or(0);
        match dice.below(4) {
            0 => bad.truncate(place),
            1 => bad.push(0),
            _ => bad[place] ^= 1 << dice.below(8),
        }
        std::fs::write(&entry, bad).map_err(said)?;
        let found = finding.clocked(cached)?;
        finding.ended("compiled anew");
        finding.expect(found == (false, true, 1), || {
            format!("byte {place}: {found:?}")
        });
        finding.expect(cached()? == (true, true, 0), || {
            "the entry was not replaced".to_owned()
        });
    }
    Ok(())
}

/// The one entry of a cache.
fn entry(folder: &Path) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder).map_err(said)?;
    let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let entry = paths.find(|path| path.extension().is_some_and(|end| end == "cwasm"));
    entry.ok_or_else(|| "the cache has no entry".to_owned())
}

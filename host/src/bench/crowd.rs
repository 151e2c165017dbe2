//! Hundreds of strategies in one host, loaded once, then started, told quotes and stopped again and again: each
//! start makes an instance and each stop lets it go, and what the process holds must stay what it was. A host
//! has no request that unloads a strategy; components are loaded and unloaded by H20 of the hostile corpus.

use super::usage;
use crate::plugins::{default_data_dir, runtime_options};
use anyhow::{Context, Result, bail};
use runtime::{Limits, Runtime};
use serde::Serialize;
use services::crowd::{CrowdConfig, Moment, crowd};
use services::wasm::WasmPlugins;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Quotes of a round.
const QUOTES: u32 = 20;
/// How much more memory there may be than after the first tenth of the rounds, in hundredths.
const MORE_PERCENT: u32 = 5;

/// What the process holds while all strategies run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// In which round.
    pub round: u32,
    /// Resident memory, in KiB.
    pub resident_kib: u32,
    /// Open descriptors.
    pub descriptors: usize,
}

/// The figures.
#[derive(Debug, Clone, Serialize)]
pub struct CrowdFigures {
    mode: &'static str,
    strategies: u32,
    rounds: u32,
    /// After the first tenth of the rounds.
    first_kib: u32,
    /// The most after that.
    most_kib: u32,
    /// The same after each tenth.
    descriptors: usize,
}

/// Runs it and tells what is held after each tenth of the rounds.
///
/// # Errors
/// A strategy breaks; or there is more memory than 5 % above what there was after the first tenth, or another
/// number of descriptors.
pub fn run(
    plugin_dir: &Path,
    (strategies, rounds): (u32, u32),
    mut tell: impl FnMut(&Held) -> Result<()>,
) -> Result<CrowdFigures> {
    let file = plugin_dir.join("noop.wasm");
    let component = std::fs::read(&file);
    let config = CrowdConfig {
        strategies,
        rounds,
        quotes: QUOTES,
        component: component.with_context(|| format!("{}: cannot be read", file.display()))?,
        parameters: BTreeMap::new(),
    };
    let runtime = Runtime::new(runtime_options(&default_data_dir())?)?;
    let plugins = Arc::new(WasmPlugins::new(runtime, Limits::default()));
    let (tenth, mut held) = ((rounds / 10).max(1), Vec::new());
    crowd(&config, plugins, |round, moment| {
        if moment != Moment::Running || !round.is_multiple_of(tenth) {
            return Ok(());
        }
        let now = look(round).and_then(|now| tell(&now).map(|()| now));
        held.push(now.map_err(|error| error.to_string())?);
        Ok(())
    })?;
    judge(&held)?;
    let Some(first) = held.first() else {
        bail!("there was no round")
    };
    let all = held.iter().map(|now| now.resident_kib);
    Ok(CrowdFigures {
        mode: "crowd",
        strategies,
        rounds,
        first_kib: first.resident_kib,
        most_kib: all.max().unwrap_or_default(),
        descriptors: first.descriptors,
    })
}

fn look(round: u32) -> Result<Held> {
    Ok(Held {
        round,
        resident_kib: usage::resident_kib()?,
        descriptors: usage::descriptors()?,
    })
}

/// Whether no more is held later than at first.
fn judge(held: &[Held]) -> Result<()> {
    let Some((first, later)) = held.split_first() else {
        return Ok(());
    };
    let most = u64::from(first.resident_kib) * u64::from(100 + MORE_PERCENT) / 100;
    for now in later {
        if u64::from(now.resident_kib) > most {
            bail!(
                "round {}: {} KiB, more than {MORE_PERCENT} % above the {} KiB of round {}",
                now.round,
                now.resident_kib,
                first.resident_kib,
                first.round
            );
        }
        if now.descriptors != first.descriptors {
            bail!(
                "round {}: {} descriptors, and {} in round {}",
                now.round,
                now.descriptors,
                first.descriptors,
                first.round
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_twentieth_more_memory_or_a_descriptor_fails() {
        let held = |resident_kib, descriptors| Held {
            round: 1,
            resident_kib,
            descriptors,
        };
        let first = held(100_000, 20);
        judge(&[]).unwrap();
        judge(&[first]).unwrap();
        judge(&[first, held(105_000, 20), held(60_000, 20)]).unwrap();
        assert!(judge(&[first, held(105_001, 20)]).is_err());
        assert!(judge(&[first, held(100_000, 21)]).is_err());
    }
}

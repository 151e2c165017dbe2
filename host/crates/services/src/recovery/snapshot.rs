//! Beginning from a snapshot. One that cannot be begun from is named and passed over: an earlier one may
//! do, and the whole journal always does while it is there.

use super::KeptPlugins;
use crate::trader::Trader;
use crate::trader::memory::Memory;
use engine::journal::codec::{DecodeError, decode_all};
use engine::replay::Instances;
use engine::{Engine, Journal};
use journal::{Blocks, Folder, JournalError, SnapshotFile, beginning, repeat_until, snapshots};
use model::{PluginHash, StrategyId};
use std::path::Path;

/// Snapshots that are tried before the whole journal is stepped: where a plugin forgets something, older
/// ones hardly do better.
const TRIALS: usize = 3;

/// Sets a trader to the newest snapshot of a folder that it can go on from; says of which input.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn begin(
    folder: &Folder,
    trader: &mut Trader,
    plugins: &mut KeptPlugins,
) -> Result<Option<u64>, JournalError> {
    let folder = folder.path();
    let found = snapshots(folder)?;
    // Without the beginning of the journal there is nothing else to begin from.
    let is_whole = beginning(folder)?.is_none_or(|begins| begins.is_whole());
    let trials = if is_whole { TRIALS } else { found.len() };
    for snapshot in found.into_iter().take(trials) {
        let agreed = agrees(folder, &snapshot, plugins, u64::MAX);
        match agreed.and_then(|()| read(folder, &snapshot, plugins)) {
            Ok((engine, memory)) => {
                trader.begin_from(engine, memory);
                load_again(trader, plugins);
                return Ok(Some(snapshot.last));
            }
            Err(reason) => {
                let path = snapshot.path.display();
                tracing::warn!(%path, %reason, "this snapshot is passed over");
            }
        }
    }
    Ok(None)
}

/// Whether what came after a snapshot, up to the input `until`, comes again from it. It does not where a
/// plugin does not save all that decides what it does next; a trader must not find that out halfway.
pub(super) fn agrees(
    folder: &Path,
    snapshot: &SnapshotFile,
    plugins: &mut KeptPlugins,
    until: u64,
) -> Result<(), String> {
    let (mut engine, _) = read(folder, snapshot, plugins)?;
    let repeated = repeat_until(folder, &mut engine, plugins, until, |_| {});
    plugins.forget_made();
    repeated.map_err(|error| error.to_string())?;
    let mut strategies = engine.strategies();
    let watched = strategies.any(|(id, _)| engine.probation(id).is_some());
    let begins = beginning(folder).map_err(|error| error.to_string())?;
    if watched && begins.is_none_or(|begins| begins.is_whole()) {
        return Err(
            "a version is on probation; the whole journal brings the one before back".into(),
        );
    }
    Ok(())
}

fn read(
    folder: &Path,
    snapshot: &SnapshotFile,
    plugins: &mut KeptPlugins,
) -> Result<(Engine, Memory), String> {
    let bytes = snapshot.read().map_err(|error| error.to_string())?;
    let (engine, memory) = parts(&bytes).map_err(|error| error.to_string())?;
    // A journal that ends before it: what came in between is lost, and so is what it led to.
    let next = Blocks::after(folder, snapshot.last, None).next_block();
    next.map_err(|error| error.to_string())?;
    let engine = Engine::from_snapshot(&engine, Journal::repeating(), plugins);
    let engine = engine.map_err(|error| error.to_string())?;
    if engine.sequence() != snapshot.last {
        return Err("it is of another input than its name says".to_owned());
    }
    Ok((engine, memory))
}

/// The engine's own bytes, and what a trader keeps beside it.
fn parts(bytes: &[u8]) -> Result<(Vec<u8>, Memory), DecodeError> {
    decode_all(bytes)
}

/// The bytes of the engine in what a host's snapshot holds, for [`Engine::from_snapshot`].
///
/// # Errors
/// These are no bytes of a snapshot.
pub fn engine_of(snapshot: &[u8]) -> Result<Vec<u8>, DecodeError> {
    parts(snapshot).map(|(engine, _)| engine)
}

/// Finds out again what fills each strategy, stopped ones too. A plugin that is gone keeps a stopped
/// strategy from starting, and nothing else.
fn load_again(trader: &mut Trader, plugins: &mut KeptPlugins) {
    let engine = trader.engine();
    let strategies = engine.strategies();
    let plugged = strategies.filter_map(|(id, _)| Some((id, engine.plugin(id)?)));
    let plugged: Vec<(StrategyId, PluginHash)> = plugged.collect();
    for (id, plugin) in plugged {
        let parameters = trader.engine().parameters(id).to_vec();
        let made = plugins.made(id).or_else(|| {
            let made = plugins.make(trader.engine(), id, plugin, &parameters);
            if let Err(reason) = &made {
                tracing::warn!(strategy = id.number(), %reason, "its plugin does not come back");
            }
            made.ok().and_then(|_| plugins.made(id))
        });
        if let Some(version) = made {
            trader.started(id, version);
        }
    }
}

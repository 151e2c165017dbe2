//! Many strategies in one host, started and stopped again together, round after round. What the process
//! holds meanwhile should be the same each time; whoever asks looks.

use crate::clock::SystemClock;
use crate::handle::{LoadRequest, PluginSource, Queries, Terms};
use crate::host::{Host, HostConfig, HostHandle};
use crate::plugin::PluginHost;
use crate::swap_bench::{SwapBenchError, definitions, numbered, until, until_handled};
use engine::{OrdersOnFault, StrategyState};
use model::SavedState;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many, and how often.
#[derive(Debug, Clone)]
pub struct CrowdConfig {
    /// Strategies, all of one component.
    pub strategies: u32,
    /// How often all are started, told quotes and stopped.
    pub rounds: u32,
    /// Quotes of a round.
    pub quotes: u32,
    /// The component.
    pub component: Vec<u8>,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
}

/// When somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// All run and were told the quotes of the round.
    Running,
    /// All are stopped again.
    Stopped,
}

/// Runs all rounds, looking twice in each, and returns what each strategy saved last. Blocks; must not be
/// called on a thread of an async runtime.
///
/// # Errors
/// The host or a strategy does not start, one breaks, or whoever looks is not content.
pub fn crowd(
    config: &CrowdConfig,
    plugins: Arc<dyn PluginHost>,
    mut look: impl FnMut(u32, Moment) -> Result<(), String>,
) -> Result<Vec<SavedState>, SwapBenchError> {
    let folder = tempfile::tempdir().map_err(|error| SwapBenchError::Broken(error.to_string()))?;
    let host = HostConfig::new(definitions()?, folder.path());
    let (handle, run) = Host::start(host, plugins, Arc::new(SystemClock))?;
    let names: Vec<String> = (0..config.strategies).map(|n| format!("s{n}")).collect();
    let done = rounds(&handle, config, &names, &mut look);
    let saved = names.iter().map(|name| {
        let saved = handle.strategies_service().saved(name);
        saved.unwrap_or_default()
    });
    let saved: Vec<SavedState> = saved.collect();
    drop(handle);
    run.join()
        .map_err(|_| SwapBenchError::Broken("the engine died".into()))?;
    done.map(|()| saved)
}

fn rounds(
    handle: &HostHandle,
    config: &CrowdConfig,
    names: &[String],
    look: &mut impl FnMut(u32, Moment) -> Result<(), String>,
) -> Result<(), SwapBenchError> {
    let service = handle.strategies_service();
    for name in names {
        service.load(loaded(config, name))?;
    }
    let mut sent = 0;
    for round in 1..=config.rounds {
        for name in names {
            service.start(name)?;
        }
        let last = sent + u64::from(config.quotes);
        let quotes: Vec<_> = (sent + 1..=last).map(numbered).collect();
        handle.send_market(&quotes)?;
        until_handled(handle, last)?;
        sent = last;
        all_are(handle, StrategyState::Running)?;
        look(round, Moment::Running).map_err(SwapBenchError::Broken)?;
        for name in names {
            service.stop(name)?;
        }
        all_are(handle, StrategyState::Stopped)?;
        look(round, Moment::Stopped).map_err(SwapBenchError::Broken)?;
    }
    Ok(())
}

/// Waits until readers see all in a state. One that broke never gets there.
fn all_are(handle: &HostHandle, state: StrategyState) -> Result<(), SwapBenchError> {
    until(&format!("all are {}", state.name()), || {
        let strategies = handle.strategies();
        let mut plugged = strategies.iter().filter(|view| !view.manual);
        plugged.all(|view| view.state == state)
    })
}

fn loaded(config: &CrowdConfig, name: &str) -> LoadRequest {
    LoadRequest {
        name: name.to_owned(),
        account: None,
        plugin: PluginSource::unsigned(config.component.clone()),
        parameters: config.parameters.clone(),
        on_fault: OrdersOnFault::Cancel,
        start: false,
        terms: Terms::default(),
    }
}

//! Strategies that come and go leave nothing behind: no instance, and no descriptor.

use crate::wasm::component;
use model::{
    Event, Fault, Hears, HistoryRequest, Intents, PluginHash, SavedState, StartSnapshot, Strategy,
    Subscription,
};
use registry::Manifest;
use runtime::{Limits, Runtime, RuntimeOptions};
use services::crowd::{CrowdConfig, Moment, crowd};
use services::plugin::{InstanceRequest, Made, Plugin, PluginHost, Progress, Refusal};
use services::wasm::WasmPlugins;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::corpus::descriptors;

const STRATEGIES: u32 = 20;
const ROUNDS: u32 = 5;
const QUOTES: u32 = 10;

/// Plugins of another host; each instance holds `alive` as long as it lives.
struct Counting<T> {
    inner: T,
    alive: Arc<()>,
}

impl PluginHost for Counting<WasmPlugins> {
    fn admit(&self, bytes: &[u8]) -> Result<Arc<dyn Plugin>, Refusal> {
        Ok(Arc::new(Counting {
            inner: self.inner.admit(bytes)?,
            alive: Arc::clone(&self.alive),
        }))
    }

    fn inspect(&self, bytes: &[u8], progress: &Progress) -> Result<Manifest, Refusal> {
        self.inner.inspect(bytes, progress)
    }
}

impl Plugin for Counting<Arc<dyn Plugin>> {
    fn hash(&self) -> PluginHash {
        self.inner.hash()
    }

    fn name(&self) -> &str {
        self.inner.name()
    }

    fn version(&self) -> &str {
        self.inner.version()
    }

    fn parameter_names(&self) -> Vec<String> {
        self.inner.parameter_names()
    }

    fn check(&self, given: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, Refusal> {
        self.inner.check(given)
    }

    fn make(&self, request: InstanceRequest) -> Result<Made, Refusal> {
        let made = self.inner.make(request)?;
        let instance = Living {
            inner: made.instance,
            _alive: Arc::clone(&self.alive),
        };
        Ok(Made {
            instance: Box::new(instance),
            parameters: made.parameters,
        })
    }
}

/// An instance that is counted.
struct Living {
    inner: Box<dyn Strategy>,
    _alive: Arc<()>,
}

impl Strategy for Living {
    fn declared(&self) -> &[Subscription] {
        self.inner.declared()
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        self.inner.history_requests()
    }

    fn hears(&self) -> Hears {
        self.inner.hears()
    }

    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault> {
        self.inner.start(snapshot, out)
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        self.inner.handle(event, out)
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        self.inner.stop(out)
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        self.inner.save()
    }

    fn fuel(&self) -> Option<u64> {
        self.inner.fuel()
    }
}

#[test]
fn a_crowd_that_comes_and_goes_leaves_nothing_behind() {
    let cache = tempfile::tempdir().unwrap();
    let options = RuntimeOptions {
        cache_directory: Some(cache.path().to_owned()),
        ..RuntimeOptions::default()
    };
    let plugins = WasmPlugins::new(Runtime::new(options).unwrap(), Limits::default());
    // One by the test, one by the host's plugins; each plugin that is loaded holds one more.
    let alive = Arc::new(());
    let plugins = Counting {
        inner: plugins,
        alive: Arc::clone(&alive),
    };
    let config = CrowdConfig {
        strategies: STRATEGIES,
        rounds: ROUNDS,
        quotes: QUOTES,
        component: component("counter"),
        parameters: BTreeMap::from([("sequence".to_owned(), "true".to_owned())]),
    };
    let loaded = STRATEGIES as usize + 2;
    let mut held = Vec::new();
    let saved = crowd(&config, Arc::new(plugins), |_, moment| {
        match moment {
            Moment::Running => {
                assert_eq!(Arc::strong_count(&alive), loaded + STRATEGIES as usize);
                held.push(descriptors().unwrap());
            }
            // The last is dropped a moment after it is seen to have stopped.
            Moment::Stopped => until_dropped(&alive, loaded),
        }
        Ok(())
    });
    let seen = saved.unwrap().into_iter().map(|saved| {
        let (words, _) = saved.bytes.as_chunks::<8>();
        (words.len(), u64::from_le_bytes(words[0]))
    });
    let expect = (5, u64::from(ROUNDS * QUOTES));
    assert_eq!(
        seen.collect::<Vec<_>>(),
        vec![expect; STRATEGIES as usize],
        "each was told every quote of every round"
    );
    assert_eq!(held, vec![held[0]; ROUNDS as usize], "descriptors");
}

fn until_dropped(alive: &Arc<()>, expect: usize) {
    let begun = Instant::now();
    while Arc::strong_count(alive) != expect {
        let count = Arc::strong_count(alive);
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{count} are held, not {expect}"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

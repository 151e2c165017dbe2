//! Components in a host. They are built from `plugins/` before the tests run.

use services::swap_bench::{SwapBenchConfig, swap_bench};
use services::wasm::WasmPlugins;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The bytes of a plugin of this repository.
pub(crate) fn component(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let path: PathBuf = root.join("target/plugins").join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; build the plugins first, as `cargo xtask test` does",
            path.display()
        )
    })
}

fn plugins() -> Arc<WasmPlugins> {
    let runtime = runtime::Runtime::new(runtime::RuntimeOptions::default()).unwrap();
    Arc::new(WasmPlugins::new(runtime, runtime::Limits::default()))
}

#[test]
fn a_component_is_swapped_under_load_without_a_missed_or_doubled_event() {
    let counter = component("counter");
    let config = SwapBenchConfig {
        swaps: 20,
        events_per_second: 10_000,
        component_a: counter.clone(),
        component_b: counter,
        parameters: BTreeMap::from([("sequence".to_owned(), "true".to_owned())]),
    };
    let report = swap_bench(&config, plugins()).unwrap();
    println!("{report:?}");
    assert_eq!(
        (report.missed, report.doubled, report.seen),
        (0, 0, report.events)
    );
    assert!(report.events > 0);
}

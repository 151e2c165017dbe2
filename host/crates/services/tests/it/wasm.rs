//! Components in a host. They are built from `plugins/` before the tests run.

use crate::native::Natives;
use crate::stand::Stand;
use engine::StrategyState;
use services::handle::HostError;
use services::swap_bench::{SwapBenchConfig, swap_bench};
use services::wasm::WasmPlugins;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use testkit::hostile::{self, HostilePlugin as H};
use testkit::plugin::Plugin;

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

pub(crate) fn plugins() -> Arc<WasmPlugins> {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_component_is_refused_at_its_stage_and_the_old_one_counts_on() {
    let mut stand = Stand::with_plugins(plugins(), Natives::default(), |_| {});
    stand.load("one", component("counter")).await.unwrap();
    stand.quotes(3).await;
    let before = stand.view("one").plugin.clone();
    for (plugin, expect) in [
        (H::NotWasm, "parse"),
        (H::Truncated, "parse"),
        (H::CoreModule, "parse"),
        (H::ImportsWasi, "imports"),
        (H::AnotherWorld, "world"),
        (H::TrapInInit, "init"),
        (H::RefuseInInit, "init"),
        (H::LoopInInit, "init"),
        (H::TrapInLoad, "hand-over"),
    ] {
        match stand.swap("one", hostile::component(plugin).unwrap()).await {
            Err(HostError::Plugin { stage, reason }) => {
                assert_eq!(stage, expect, "{plugin:?}: {reason}");
                assert!(!reason.is_empty());
            }
            other => panic!("{plugin:?}: {other:?}"),
        }
        let view = stand.view("one");
        assert_eq!(
            (view.state, &view.plugin),
            (StrategyState::Running, &before),
            "{plugin:?}"
        );
        stand.quotes(1).await;
    }
    let stopped = stand.host.stop("one").await.unwrap();
    assert_eq!(
        stopped.log.last().unwrap().text,
        "12 quotes, 0 missing, 0 doubled"
    );
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_breaks_goes_to_error_and_its_neighbour_does_not_notice() {
    let mut stand = Stand::with_plugins(plugins(), Natives::default(), |_| {});
    stand.load("good", component("counter")).await.unwrap();
    for (name, on_quote) in [
        ("trap", "unreachable"),
        ("loop", "(loop $again (br $again))"),
    ] {
        let plugin = Plugin::new()
            .with(
                "init",
                "(call $subscribe-quotes (i32.const 0)) (i32.const 1088)",
            )
            .with("on-quote", on_quote);
        stand.load(name, plugin.build().unwrap()).await.unwrap();
        stand.quotes(2).await;
        let view = stand.view(name);
        assert_eq!(
            (view.state, view.faults.len()),
            (StrategyState::Error, 1),
            "{name}"
        );
    }
    let stopped = stand.host.stop("good").await.unwrap();
    assert_eq!(
        stopped.log.last().unwrap().text,
        "4 quotes, 0 missing, 0 doubled"
    );
    stand.end().await;
}

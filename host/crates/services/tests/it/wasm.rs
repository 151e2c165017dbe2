//! Components in a host. They are built from `plugins/` before the tests run.

use crate::native::Natives;
use crate::stand::{SYMBOL, Stand, copy};
use engine::{Definition, StrategyState};
use model::{AssetClass, CurrencyId, Money};
use services::handle::{HostError, InstrumentNews, Queries};
use services::host::HostConfig;
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

/// The stand's first instrument as a perpetual, and a snapshot now and then.
fn perpetual(config: &mut HostConfig) {
    for definition in &mut config.definitions {
        if let Definition::Instrument(instrument) = definition {
            let base = CurrencyId::new(0);
            instrument.class = AssetClass::CryptoPerpetual { base };
        }
    }
    let journal = config.journal.as_mut().unwrap();
    journal.snapshot_inputs = std::num::NonZeroU64::new(20);
}

async fn fund(stand: &Stand, rate: &str) {
    let news = InstrumentNews::Funding(rate.parse().unwrap());
    stand.host.instrument_news(SYMBOL, news).await.unwrap();
}

/// What the strategy said, and what it holds.
fn carried(stand: &Stand) -> (Vec<String>, String) {
    let view = stand.view("carry");
    let said = view.log.iter().map(|line| line.text.clone()).collect();
    let positions = stand.host.positions();
    let own = positions.iter().find(|held| held.strategy == view.id);
    let held = own.map(|held| (held.state.quantity, held.state.realized));
    (said, format!("{held:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_hears_of_funding_and_after_a_crash_it_has_heard_the_same() {
    let mut stand = Stand::with_plugins(plugins(), Natives::default(), perpetual);
    let loaded = stand.load("carry", component("funding-carry")).await;
    assert_eq!(loaded.unwrap().state, StrategyState::Running);
    // Its order takes a millisecond to the venue.
    stand.quotes(4).await;
    fund(&stand, "0.0001").await;
    stand.quotes(1).await;
    fund(&stand, "-0.0002").await;
    stand.quotes(4).await;
    let (said, held) = carried(&stand);
    let flows = stand.host.cash_flows();
    let [paid, received] = &flows[..] else {
        panic!("{flows:?}");
    };
    let expect = [
        format!("funding of {0} USD, {0} in all", received.flow.amount),
        format!(
            "funding of {} USD, {} in all",
            paid.flow.amount,
            received.flow.amount.checked_add(paid.flow.amount).unwrap()
        ),
    ];
    assert_eq!(said, expect);
    assert!(received.flow.amount > Money::ZERO && paid.flow.amount < Money::ZERO);
    // It bought back what it was short of once it heard the rate.
    assert!(held.starts_with("Some((0, "), "{held}");
    let again = |folder| Stand::on(folder, plugins(), Natives::default(), perpetual);
    // A host that comes back steps the plugin again, and each record must be the same.
    let whole = copy(stand.folder.path());
    let journal = whole.path().join("journal");
    for file in journal::snapshots(&journal).unwrap() {
        std::fs::remove_file(file.path).unwrap();
    }
    let stepped = again(whole).unwrap();
    assert_eq!(carried(&stepped), (said, held.clone()));
    stepped.end().await;
    // From a snapshot its log begins anew, and what it kept goes on.
    stand.quotes(30).await;
    while journal::snapshots(&stand.journal()).unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let mut next = again(copy(stand.folder.path())).unwrap().has_sent(39);
    fund(&next, "0.0003").await;
    next.quotes(4).await;
    fund(&next, "0.0003").await;
    let (said, _) = carried(&next);
    let last = next.host.cash_flows()[0].flow.amount;
    let sum = [received.flow.amount, paid.flow.amount, last];
    let sum = sum
        .iter()
        .fold(Money::ZERO, |sum, amount| sum.checked_add(*amount).unwrap());
    assert_eq!(
        said.last().unwrap(),
        &format!("funding of {last} USD, {sum} in all")
    );
    next.end().await;
    stand.end().await;
}

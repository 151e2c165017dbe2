//! Hosts that come back: after a crash, after an ordered end, and those that may not.

use crate::native::Natives;
use crate::stand::{Stand, copy, ticket};
use engine::{Definition, LimitScope, StrategyState, TradingState};
use model::{OrderStatus, Side, StrategyId};
use services::handle::{Queries, ScopeName};
use services::host::{HostConfig, StartError};
use std::sync::Arc;

/// All that readers see of trading.
fn seen(stand: &Stand) -> String {
    let host = &stand.host;
    let strategies: Vec<_> = host
        .strategies()
        .iter()
        .map(|view| {
            (
                view.name.clone(),
                view.state,
                view.plugin.clone(),
                view.log.clone(),
            )
        })
        .collect();
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        host.orders(),
        host.fills(),
        host.positions(),
        host.accounts(),
        strategies,
        (host.engine().trading_state, host.engine().killed),
    )
}

pub(crate) fn again(
    stand: &Stand,
    edit: impl FnOnce(&mut HostConfig),
) -> Result<Stand, StartError> {
    // What it knows serves a replay of all that ran; a host is given bytes that were kept.
    let natives = stand.natives.clone();
    let plugins = Arc::new(natives.clone());
    Stand::on(copy(stand.folder.path()), plugins, natives, edit)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loses_nothing_that_was_shown_and_the_host_goes_on() {
    let mut stand = Stand::new();
    stand.load("taker", "taker").await.unwrap();
    stand.load("rester", "rester").await.unwrap();
    stand.load("idle", "counter").await.unwrap();
    stand.quotes(25).await;
    stand.swap("taker", "taker@2").await.unwrap();
    stand.host.pause("idle").await.unwrap();
    let state = TradingState::Reducing;
    let scope = ScopeName::Strategy("rester".to_owned());
    stand.host.set_scope_state(&scope, state).await.unwrap();
    let open = stand.host.place_order(ticket(Side::Buy, 3)).await.unwrap();
    stand.quotes(10).await;
    assert_eq!(
        stand.host.order(open.id).unwrap().status,
        OrderStatus::Filled
    );

    let mut next = stand.after_a_crash();
    assert_eq!(seen(&next), seen(&stand));
    let recovered = next.host.recovered().unwrap().clone();
    assert_eq!((recovered.sealed, recovered.going), (false, Vec::new()));
    assert_eq!(next.view("taker").plugin.as_ref().unwrap().version, "2");
    assert_eq!(next.view("idle").state, StrategyState::Paused);
    // Strategies go on in the middle of their counting, and a second crash changes nothing.
    let orders = next.host.orders().len();
    next.quotes(5).await;
    assert_eq!(
        next.host.orders().len(),
        orders + 1,
        "the 40th quote is an order"
    );
    let mut last = next.after_a_crash();
    assert_eq!(seen(&last), seen(&next));
    last.swap("taker", "taker@3").await.unwrap();
    last.quotes(10).await;
    let stopped = last.host.stop("taker").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 50");
    last.end_and_verify().await;
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

/// What readers see of what stands, not of what is over.
pub(crate) fn standing(stand: &Stand) -> String {
    let host = &stand.host;
    let strategies = host.strategies();
    let strategies: Vec<_> = strategies
        .iter()
        .map(|view| (view.name.clone(), view.state, view.plugin.clone()))
        .collect();
    let orders = host.orders();
    let open = orders.iter().filter(|order| !order.status.is_closed());
    let positions = host.positions();
    let held: Vec<_> = positions
        .iter()
        .map(|view| (view.strategy, view.instrument, view.position, view.state))
        .collect();
    let firm = (host.engine().trading_state, host.engine().killed);
    let scopes = (0..6).map(|number| LimitScope::Strategy(StrategyId::new(number)));
    let risk: Vec<_> = std::iter::once(LimitScope::Firm)
        .chain(scopes)
        .map(|scope| (host.risk_state(scope), host.limits(scope)))
        .collect();
    format!(
        "{:?}\n{held:?}\n{:?}\n{strategies:?}\n{firm:?}\n{risk:?}",
        open.collect::<Vec<_>>(),
        host.accounts(),
    )
}

pub(crate) fn with_snapshots(config: &mut HostConfig) {
    let journal = config.journal.as_mut().unwrap();
    journal.snapshot_inputs = std::num::NonZeroU64::new(20);
}

/// Snapshots in a stand's folder, once there are so many.
pub(crate) async fn taken(stand: &Stand, count: usize) -> Vec<journal::SnapshotFile> {
    loop {
        let found = journal::snapshots(&stand.journal()).unwrap();
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

async fn traded() -> Stand {
    traded_with(with_snapshots).await
}

pub(crate) async fn traded_with(edit: impl FnOnce(&mut HostConfig)) -> Stand {
    let mut stand = Stand::with(edit);
    stand.load("taker", "taker").await.unwrap();
    stand.load("rester", "rester").await.unwrap();
    stand.load("idle", "counter").await.unwrap();
    stand.load("over", "counter").await.unwrap();
    stand.quotes(25).await;
    stand.swap("taker", "taker@2").await.unwrap();
    stand.host.pause("idle").await.unwrap();
    stand.host.stop("over").await.unwrap();
    let scope = ScopeName::Strategy("rester".to_owned());
    let state = TradingState::Reducing;
    stand.host.set_scope_state(&scope, state).await.unwrap();
    stand.host.place_order(ticket(Side::Buy, 3)).await.unwrap();
    stand.quotes(40).await;
    taken(&stand, 2).await;
    stand.quotes(3).await;
    stand
}

#[tokio::test(flavor = "multi_thread")]
async fn each_snapshot_is_looked_at_and_keeps_every_promise() {
    let stand = traded().await;
    // Once as it began, and the thread that wrote a snapshot looks afterwards.
    let looked = async {
        loop {
            let looked = stand.host.vitals().invariants;
            if looked.checks >= 3 {
                return looked;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let bound = std::time::Duration::from_secs(20);
    let looked = tokio::time::timeout(bound, looked).await.unwrap();
    assert_eq!(looked.violations, 0);
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_begins_from_its_last_snapshot_and_is_the_same() {
    let stand = traded().await;
    let newest = taken(&stand, 2).await[0].last;
    let mut next = again(&stand, with_snapshots).unwrap().has_sent(68);
    let recovered = next.host.recovered().unwrap().clone();
    assert_eq!(recovered.snapshot, Some(newest));
    assert!(recovered.inputs > newest);
    assert_eq!(recovered.inputs, stand.host.engine().sequence);
    assert_eq!(standing(&next), standing(&stand));
    let whole = again(&stand, |_| {}).unwrap();
    assert_eq!(standing(&whole), standing(&stand));
    // It trades on, what was stopped starts from what it saved, and a full replay agrees.
    next.quotes(22).await;
    let stopped = next.host.stop("taker").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 90");
    next.host.start("over").await.unwrap();
    let stopped = next.host.stop("over").await.unwrap();
    assert_eq!(stopped.log.last().unwrap().text, "stopped after 25");
    let third = again(&next, with_snapshots).unwrap();
    assert_eq!(standing(&third), standing(&next));
    third.end_and_verify().await;
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_cannot_be_begun_from_is_passed_over() {
    let stand = traded().await;
    let found = taken(&stand, 2).await;
    let (newest, older) = (&found[0], &found[1]);
    // Damaged: the one before it does.
    let mut bytes = std::fs::read(&newest.path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&newest.path, bytes).unwrap();
    let next = again(&stand, |_| {}).unwrap();
    assert_eq!(next.host.recovered().unwrap().snapshot, Some(older.last));
    assert_eq!(standing(&next), standing(&stand));
    next.end_and_verify().await;
    // All are: the whole journal does.
    for snapshot in found {
        std::fs::write(snapshot.path, "nothing").unwrap();
    }
    let next = again(&stand, |_| {}).unwrap();
    assert_eq!(next.host.recovered().unwrap().snapshot, None);
    assert_eq!(seen(&next), seen(&stand));
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

/// A snapshot whose end does not come again is no use, however whole: the journal is stepped instead.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_does_not_save_everything_costs_a_long_start() {
    let mut stand = Stand::with(with_snapshots);
    stand.load("forgetful", "forgetful").await.unwrap();
    stand.quotes(30).await;
    let mut sent = 30;
    while taken(&stand, 1).await[0].last + 3 > stand.host.engine().sequence {
        stand.quotes(1).await;
        sent += 1;
    }
    let mut next = again(&stand, with_snapshots).unwrap().has_sent(sent);
    assert_eq!(next.host.recovered().unwrap().snapshot, None);
    assert_eq!(standing(&next), standing(&stand));
    next.quotes(7).await;
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

/// Nothing came after the snapshot that could tell: what was not saved is forgotten, as in a swap, and
/// whoever steps the whole journal forgets it at the same place.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_snapshot_forgot_a_full_replay_forgets_too() {
    let mut stand = Stand::with(with_snapshots);
    stand.load("forgetful", "forgetful").await.unwrap();
    stand.quotes(12).await;
    let mut sent = 12;
    let newest = |stand: &Stand| {
        journal::snapshots(&stand.journal())
            .unwrap()
            .first()
            .map(|s| s.last)
    };
    while newest(&stand) != Some(stand.host.engine().sequence) {
        stand.quotes(1).await;
        sent += 1;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut next = again(&stand, with_snapshots).unwrap().has_sent(sent);
    assert!(next.host.recovered().unwrap().snapshot.is_some());
    next.quotes(30).await;
    let third = again(&next, |_| {}).unwrap();
    assert_eq!(standing(&third), standing(&next));
    third.end_and_verify().await;
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordered_end_after_a_snapshot_is_gone_on_from() {
    let stand = traded().await;
    let (ended, folder, natives) = stand.end().await;
    let plugins = Arc::new(natives.clone());
    let next = Stand::on(folder, plugins, natives, with_snapshots).unwrap();
    let recovered = next.host.recovered().unwrap().clone();
    assert!(recovered.sealed && recovered.snapshot.is_some());
    assert_eq!(recovered.inputs, ended.sequence);
    let again = ["idle", "rester", "taker"].map(str::to_owned);
    let mut going: Vec<_> = recovered.going.into_iter().map(|(name, _)| name).collect();
    going.sort();
    assert_eq!(going, again);
    assert_eq!(next.host.start_again().await, Vec::new());
    next.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_ordered_end_those_who_ran_run_again_and_others_do_not() {
    let mut stand = Stand::new();
    for name in ["runs", "paused", "stopped"] {
        stand.load(name, "counter").await.unwrap();
    }
    stand.quotes(7).await;
    stand.host.pause("paused").await.unwrap();
    stand.host.stop("stopped").await.unwrap();
    let (first, folder, natives) = stand.end().await;

    let plugins = Arc::new(natives.clone());
    let next = Stand::on(folder, plugins, natives, |_| {}).unwrap();
    let mut next = next.has_sent(7);
    assert!(next.host.recovered().unwrap().sealed);
    assert_eq!(next.host.start_again().await, Vec::new());
    let states = ["runs", "paused", "stopped"].map(|name| next.view(name).state);
    let (running, paused, stopped) = (
        StrategyState::Running,
        StrategyState::Paused,
        StrategyState::Stopped,
    );
    assert_eq!(states, [running, paused, stopped]);
    next.quotes(3).await;
    // Each from what it saved.
    next.host.start("stopped").await.unwrap();
    for (name, text) in [("runs", "stopped after 10"), ("stopped", "stopped after 7")] {
        let stopped = next.host.stop(name).await.unwrap();
        assert_eq!(stopped.log.last().unwrap().text, text);
    }
    let (second, _) = next.end_and_verify().await;
    assert!(second.sequence > first.sequence);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_may_add_and_may_not_contradict() {
    let mut stand = Stand::new();
    stand.quotes(1).await;
    let more = again(&stand, |config| {
        config
            .definitions
            .push(Definition::Currency("EUR".to_owned()));
    });
    more.unwrap().end_and_verify().await;
    let fewer = again(&stand, |config| {
        config
            .definitions
            .retain(|one| !matches!(one, Definition::Instrument(_)));
    });
    fewer.unwrap().end_and_verify().await;
    let other = again(&stand, |config| {
        for definition in &mut config.definitions {
            if let Definition::Account(account) = definition {
                account.deposits.clear();
            }
        }
    });
    let error = other.err().unwrap().to_string();
    assert!(
        error.starts_with("account `main`: the configuration contradicts"),
        "{error}"
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_gone_is_named_with_its_folder() {
    let mut stand = Stand::new();
    stand.load("one", "taker").await.unwrap();
    stand.quotes(1).await;
    let folder = copy(stand.folder.path());
    std::fs::remove_dir_all(folder.path().join("plugins")).unwrap();
    let natives = Natives::default();
    let shown = folder.path().join("plugins").display().to_string();
    let next = Stand::on(folder, Arc::new(natives.clone()), natives, |_| {});
    let error = next.err().unwrap().to_string();
    assert!(error.contains(&shown), "{error}");
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_that_an_operator_changed_stay_changed() {
    let firm = |config: &mut HostConfig| {
        let limits = engine::Limits::default();
        config
            .definitions
            .push(Definition::Limits(LimitScope::Firm, limits));
    };
    let stand = Stand::with(firm);
    let lower = engine::Limits {
        max_open_orders: 3,
        ..engine::Limits::default()
    };
    stand
        .host
        .set_limits(&ScopeName::Firm, lower)
        .await
        .unwrap();
    let next = again(&stand, firm).unwrap();
    assert_eq!(seen_limits(&next), seen_limits(&stand));
    next.end_and_verify().await;
    stand.end_and_verify().await;
}

fn seen_limits(stand: &Stand) -> String {
    let limits = stand.host.limits(LimitScope::Firm);
    assert!(format!("{limits:?}").contains("max_open_orders: 3"));
    format!("{limits:?}")
}

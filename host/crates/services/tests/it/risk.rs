//! What operators decide about risk, what readers see of it, and what survives a replay.

use crate::stand::{SYMBOL, Stand, received, ticket};
use engine::{LimitScope, Limits, TradingState};
use model::{DenyCode, OrderKind, OrderStatus, Rate, Side};
use services::handle::{HostError, OrderTicket, Queries, ScopeName};
use services::kill_file::KillFile;
use services::view::Change;

/// One of each level.
pub(crate) fn scopes() -> [ScopeName; 4] {
    [
        ScopeName::Firm,
        ScopeName::Account("main".to_owned()),
        ScopeName::Strategy("manual".to_owned()),
        ScopeName::Instrument(SYMBOL.to_owned()),
    ]
}

/// A buy order far below the market.
pub(crate) fn resting() -> OrderTicket {
    OrderTicket {
        kind: OrderKind::Limit {
            price: "50".parse().unwrap(),
        },
        ..ticket(Side::Buy, 1)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_of_any_scope_cancels_and_denies_until_cleared_and_replays() {
    let mut stand = Stand::new();
    stand.quotes(1).await;
    for scope in scopes() {
        let open = stand.host.place_order(resting()).await.unwrap();
        stand.quotes(3).await;
        let mut updates = stand.host.subscribe();
        let view = stand.host.kill_scope(&scope, true).await.unwrap();
        assert!(view.killed, "{scope}");
        assert_eq!(stand.host.risk_state(view.scope), view);
        let told = received(&mut updates);
        let told = told
            .iter()
            .any(|update| update.change == Change::Risk(view));
        assert!(told, "{scope}");
        let before = stand.host.denials(DenyCode::Latch);
        let denied = stand.host.place_order(resting()).await.unwrap();
        assert_eq!(denied.status, OrderStatus::Denied, "{scope}");
        assert_eq!(stand.host.denials(DenyCode::Latch), before + 1);
        stand.quotes(3).await;
        let status = stand.host.order(open.id).unwrap().status;
        assert_eq!(status, OrderStatus::Canceled, "{scope}");
        let view = stand.host.kill_scope(&scope, false).await.unwrap();
        assert!(!view.killed, "{scope}");
    }
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_states_and_factors_are_shown_as_they_were_set() {
    let mut stand = Stand::new();
    stand.quotes(1).await;
    for scope in scopes() {
        let limits = Limits {
            max_open_orders: 3,
            ..Limits::default()
        };
        let view = stand.host.set_limits(&scope, limits).await.unwrap();
        assert_eq!(view.limits, limits);
        let half = Rate::from_raw(Rate::SCALE / 2);
        let view = stand.host.scale_limits(&scope, half).await.unwrap();
        assert_eq!((view.factor, view.limits), (half, limits));
        let state = TradingState::Halted;
        let view = stand.host.set_scope_state(&scope, state).await.unwrap();
        assert_eq!(view.state, state);
        assert_eq!(stand.host.limits(view.scope).factor, half);
    }
    let twice = Rate::whole(2).unwrap();
    let refused = stand.host.scale_limits(&ScopeName::Firm, twice).await;
    assert!(matches!(
        refused,
        Err(HostError::Invalid {
            field: "factor",
            ..
        })
    ));
    let nobody = ScopeName::Account("nobody".to_owned());
    let refused = stand.host.kill_scope(&nobody, true).await;
    assert!(matches!(
        refused,
        Err(HostError::NotFound {
            what: "account",
            ..
        })
    ));
    stand.host.clear_repeats("manual").await.unwrap();
    assert!(
        stand.host.acknowledge(1, "anna").await.is_err(),
        "no alert was raised"
    );
    stand.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_file_at_the_start_begins_killed_and_keeps_the_latch_from_being_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kill");
    std::fs::write(&file, "").unwrap();
    let mut stand = Stand::with(|config| config.kill_file = Some(file.clone()));
    assert!(stand.host.engine().killed);
    assert!(stand.host.risk_state(LimitScope::Firm).killed);
    stand.quotes(1).await;
    let denied = stand.host.place_order(resting()).await.unwrap();
    assert_eq!(denied.status, OrderStatus::Denied);
    let refused = stand.host.kill(false).await;
    assert!(
        matches!(refused, Err(HostError::Conflict(_))),
        "{refused:?}"
    );
    std::fs::remove_file(&file).unwrap();
    assert!(!stand.host.kill(false).await.unwrap().killed);
    stand.host.kill(true).await.unwrap();
    assert!(file.exists(), "a kill of the firm writes it");
    stand.end_and_verify().await;
}

/// Waits until a scope is killed.
async fn until_killed(stand: &Stand, scope: LimitScope) {
    let begun = std::time::Instant::now();
    while !stand.host.risk_state(scope).killed {
        let waited = begun.elapsed();
        assert!(waited < std::time::Duration::from_secs(60), "{scope:?}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_file_kills_what_it_names_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kill");
    let mut stand = Stand::with(|config| config.kill_file = Some(file.clone()));
    stand.quotes(1).await;
    let [firm, parts @ ..] = scopes();
    for scope in parts {
        let open = stand.host.place_order(resting()).await.unwrap();
        stand.quotes(3).await;
        KillFile::new(file.clone()).write(&scope).unwrap();
        let id = scope.find(&stand.host).unwrap();
        until_killed(&stand, id).await;
        assert!(!stand.host.engine().killed, "{scope}");
        let denied = stand.host.place_order(resting()).await.unwrap();
        assert_eq!(denied.status, OrderStatus::Denied, "{scope}");
        stand.quotes(3).await;
        let status = stand.host.order(open.id).unwrap().status;
        assert_eq!(status, OrderStatus::Canceled, "{scope}");
        // What it does not name can be killed and cleared as ever.
        assert!(
            !stand
                .host
                .kill_scope(&scopes_but(&scope), false)
                .await
                .unwrap()
                .killed
        );
        let refused = stand.host.kill_scope(&scope, false).await;
        assert!(
            matches!(&refused, Err(HostError::Conflict(reason)) if reason.contains("remove it first")),
            "{refused:?}"
        );
        std::fs::remove_file(&file).unwrap();
        assert!(!stand.host.kill_scope(&scope, false).await.unwrap().killed);
        let passes = stand.host.place_order(resting()).await.unwrap();
        assert_ne!(passes.status, OrderStatus::Denied, "{scope}");
    }
    // A scope more, in a file that is there, is seen too.
    KillFile::new(file.clone()).write(&scopes()[1]).unwrap();
    until_killed(&stand, scopes()[1].find(&stand.host).unwrap()).await;
    KillFile::new(file.clone()).write(&firm).unwrap();
    until_killed(&stand, LimitScope::Firm).await;
    stand.end_and_verify().await;
}

/// A scope that is another one.
fn scopes_but(scope: &ScopeName) -> ScopeName {
    let mut others = scopes().into_iter().skip(1).filter(|one| one != scope);
    others.next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_file_that_names_nobody_kills_the_firm() {
    let wrong: [&[u8]; 5] = [
        b"",
        b"account/main\nstrategy/nobody\n",
        b"strategy/\xff",
        b"account=main",
        b"instrument/NONE",
    ];
    for text in wrong {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kill");
        let mut stand = Stand::with(|config| config.kill_file = Some(file.clone()));
        stand.quotes(1).await;
        std::fs::write(folder.path().join("beside"), text).unwrap();
        std::fs::rename(folder.path().join("beside"), &file).unwrap();
        until_killed(&stand, LimitScope::Firm).await;
        let refused = stand.host.kill(false).await;
        assert!(matches!(refused, Err(HostError::Conflict(_))), "{text:?}");
        // Its thread may write it once more, for the firm was killed.
        let begun = std::time::Instant::now();
        while stand.host.kill(false).await.is_err() {
            let waited = begun.elapsed();
            assert!(waited < std::time::Duration::from_secs(60), "{text:?}");
            let _gone_already = std::fs::remove_file(&file);
        }
        stand.end_and_verify().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_kill_file_names_at_the_start_begins_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kill");
    let account = &scopes()[1];
    KillFile::new(file.clone()).write(account).unwrap();
    let mut stand = Stand::with(|config| config.kill_file = Some(file.clone()));
    let id = account.find(&stand.host).unwrap();
    assert!(stand.host.risk_state(id).killed && !stand.host.engine().killed);
    stand.quotes(1).await;
    let denied = stand.host.place_order(resting()).await.unwrap();
    assert_eq!(denied.status, OrderStatus::Denied);
    // A kill of the firm is kept beside what was there.
    stand.host.kill(true).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let named: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(
        named.contains(&"account/main") && named.contains(&"firm"),
        "{text}"
    );
    stand.end_and_verify().await;
}

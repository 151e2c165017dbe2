//! Kill latches of every level over a crash: the host that comes back is killed where the one before was,
//! by the journal alone, by a snapshot, and by what came after one.

use crate::recovery::{again, taken, with_snapshots};
use crate::risk::{resting, scopes};
use crate::stand::Stand;
use model::{OrderId, OrderStatus};
use services::handle::{Queries, ScopeName};

/// Leaves an order open and kills a scope; the order, and the input that killed.
async fn kill(stand: &mut Stand, scope: &ScopeName) -> (OrderId, u64) {
    let open = stand.host.place_order(resting()).await.unwrap();
    stand.quotes(3).await;
    let before = stand.host.order(open.id).unwrap();
    assert_eq!(before.status, OrderStatus::Accepted, "{scope}");
    let view = stand.host.kill_scope(scope, true).await.unwrap();
    assert!(view.killed, "{scope}");
    (open.id, stand.host.engine().sequence)
}

/// Which scopes are killed.
fn killed(stand: &Stand) -> Vec<String> {
    let is_killed = |scope: &ScopeName| {
        let scope = scope.find(&stand.host).unwrap();
        stand.host.risk_state(scope).killed
    };
    let scopes = scopes().into_iter().filter(is_killed);
    scopes.map(|scope| scope.to_string()).collect()
}

/// A host that came back denies by the latch of this scope and no other, has nothing open, and trades when
/// the latch is cleared, also after another crash.
async fn is_latched(next: &mut Stand, scope: &ScopeName, open: OrderId) {
    assert_eq!(killed(next), [scope.to_string()]);
    next.quotes(3).await;
    // One that a snapshot did not need to keep is not known any more.
    let order = next.host.order(open);
    assert!(
        order.is_none_or(|order| order.status == OrderStatus::Canceled),
        "{scope}"
    );
    let denied = next.host.place_order(resting()).await.unwrap();
    assert_eq!(denied.status, OrderStatus::Denied, "{scope}");
    assert!(
        next.host
            .orders()
            .iter()
            .all(|order| order.status.is_closed()),
        "{scope}"
    );
    next.host.kill_scope(scope, false).await.unwrap();
    let last = again(next, |_| {}).unwrap();
    assert!(killed(&last).is_empty(), "{scope}");
    let placed = last.host.place_order(resting()).await.unwrap();
    assert_ne!(placed.status, OrderStatus::Denied, "{scope}");
    last.end_and_verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_of_any_scope_comes_back_from_the_journal_alone() {
    for scope in scopes() {
        let mut stand = Stand::new();
        stand.quotes(1).await;
        let (open, _) = kill(&mut stand, &scope).await;
        let mut next = stand.after_a_crash();
        assert_eq!(next.host.recovered().unwrap().snapshot, None);
        is_latched(&mut next, &scope, open).await;
        next.end_and_verify().await;
        stand.end_and_verify().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_of_any_scope_comes_back_from_a_snapshot() {
    for scope in scopes() {
        let mut stand = Stand::with(with_snapshots);
        stand.quotes(1).await;
        let (open, at) = kill(&mut stand, &scope).await;
        let mut sent = 4;
        while taken(&stand, 1).await[0].last <= at {
            stand.quotes(1).await;
            sent += 1;
        }
        let next = again(&stand, with_snapshots).unwrap();
        let mut next = next.has_sent(sent);
        assert!(next.host.recovered().unwrap().snapshot > Some(at));
        is_latched(&mut next, &scope, open).await;
        next.end_and_verify().await;
        stand.end_and_verify().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_of_any_scope_comes_back_from_what_came_after_a_snapshot() {
    for scope in scopes() {
        let mut stand = Stand::with(with_snapshots);
        let mut sent = 0;
        // One that is not followed by the next at once.
        loop {
            stand.quotes(1).await;
            sent += 1;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            let found = journal::snapshots(&stand.journal()).unwrap();
            let newest = found.first().map(|snapshot| snapshot.last);
            let after = newest.map(|last| stand.host.engine().sequence - last);
            if after.is_some_and(|after| after < 5) {
                break;
            }
        }
        let (open, at) = kill(&mut stand, &scope).await;
        let next = again(&stand, with_snapshots).unwrap();
        let mut next = next.has_sent(sent + 3);
        let snapshot = next.host.recovered().unwrap().snapshot;
        assert!(snapshot.is_some_and(|last| last < at), "{snapshot:?}");
        is_latched(&mut next, &scope, open).await;
        next.end_and_verify().await;
        stand.end_and_verify().await;
    }
}

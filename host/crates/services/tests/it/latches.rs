//! Kill latches of every level over a crash: the host that comes back is killed where the one before was.

use crate::recovery::again;
use crate::risk::{resting, scopes};
use crate::stand::Stand;
use model::{OrderId, OrderStatus};
use services::handle::{Queries, ScopeName};

/// Leaves an order open and kills a scope.
async fn kill(stand: &mut Stand, scope: &ScopeName) -> OrderId {
    let open = stand.host.place_order(resting()).await.unwrap();
    stand.quotes(3).await;
    let before = stand.host.order(open.id).unwrap();
    assert_eq!(before.status, OrderStatus::Accepted, "{scope}");
    let view = stand.host.kill_scope(scope, true).await.unwrap();
    assert!(view.killed, "{scope}");
    open.id
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
        let open = kill(&mut stand, &scope).await;
        let mut next = stand.after_a_crash();
        assert_eq!(next.host.recovered().unwrap().snapshot, None);
        is_latched(&mut next, &scope, open).await;
        next.end_and_verify().await;
        stand.end_and_verify().await;
    }
}

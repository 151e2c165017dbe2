//! Signals to components: they trade as they are told, once, also across a crash.

use crate::native::Natives;
use crate::stand::{Stand, copy};
use crate::wasm::{component, plugins};
use model::Signal;
use services::handle::{HostError, Queries};
use testkit::plugin::Plugin;

async fn tell(stand: &Stand, strategy: &str, id: &str, action: &str) -> Result<bool, HostError> {
    let values = [("quantity", "3"), ("action", action)];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let signal = Signal::new("chart", values).unwrap();
    stand.host.signal(strategy, id.to_owned(), signal).await
}

/// What the strategy holds.
fn held(stand: &Stand, strategy: &str) -> String {
    let view = stand.view(strategy);
    let positions = stand.host.positions();
    let own = positions.iter().find(|held| held.strategy == view.id);
    own.map(|held| held.state.quantity.to_string())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_trades_as_it_is_told_and_is_told_nothing_twice_after_a_crash() {
    let mut stand = Stand::with_plugins(plugins(), Natives::default(), |_| {});
    let loaded = stand.load("one", component("signal-follower")).await;
    loaded.unwrap();
    stand.quotes(1).await;
    assert_eq!(tell(&stand, "one", "a", "buy").await, Ok(true));
    assert_eq!(tell(&stand, "one", "a", "buy").await, Ok(false));
    // Its order takes a millisecond to the venue.
    stand.quotes(4).await;
    assert_eq!(held(&stand, "one"), "3");
    let said: Vec<_> = stand
        .view("one")
        .log
        .iter()
        .map(|line| line.text.clone())
        .collect();
    assert_eq!(said, ["signal chart action=buy quantity=3"]);
    let folder = copy(stand.folder.path());
    let next = Stand::on(folder, plugins(), Natives::default(), |_| {});
    let mut next = next.unwrap().has_sent(5);
    assert_eq!(held(&next, "one"), "3");
    assert_eq!(tell(&next, "one", "a", "buy").await, Ok(false));
    assert_eq!(tell(&next, "one", "b", "flat").await, Ok(true));
    next.quotes(4).await;
    assert_eq!(held(&next, "one"), "0");
    next.end().await;
    stand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_be_told_says_why() {
    let stand = Stand::with_plugins(plugins(), Natives::default(), |_| {});
    let one = stand.load("one", component("signal-follower")).await;
    one.unwrap();
    let deaf = stand.load("deaf", Plugin::new().build().unwrap()).await;
    deaf.unwrap();
    stand.host.pause("one").await.unwrap();
    for (strategy, expect) in [
        ("one", "PAUSED and cannot take a signal"),
        ("deaf", "the export `on-signal`"),
        ("nobody", "there is no strategy `nobody`"),
    ] {
        let error = tell(&stand, strategy, "a", "buy").await.unwrap_err();
        assert!(error.to_string().contains(expect), "{error}");
    }
    stand.host.resume("one").await.unwrap();
    assert_eq!(tell(&stand, "one", "a", "buy").await, Ok(true));
    stand.end().await;
}

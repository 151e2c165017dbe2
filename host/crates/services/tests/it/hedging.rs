//! A hedging account driven by a component: it opens a long and a short in one instrument and closes
//! the long by its name, which it was told.

use crate::native::Natives;
use crate::stand::{Stand, copy};
use crate::wasm::plugins;
use engine::{Definition, StrategyState};
use model::{HedgeMargin, PositionId, Quantity};
use services::handle::Queries;
use services::host::HostConfig;
use testkit::new_order::{NewOrder, at};
use testkit::plugin::Plugin;

/// Where its three orders lie: one to buy 3, one to sell 2, one to sell 3 of a position.
const ORDERS: u32 = 2048;

/// Sends the orders at its first, third and fifth quote, the last for the position that it remembers.
const ON_QUOTE: &str = "
    (local $order i32)
    (global.set $quotes (i32.add (global.get $quotes) (i32.const 1)))
    (if (i32.and (global.get $quotes) (i32.const 1)) (then
      (if (i32.le_u (global.get $quotes) (i32.const 5)) (then
        (local.set $order (i32.add (i32.const 2048) (i32.mul
          (i32.const 184) (i32.shr_u (global.get $quotes) (i32.const 1)))))
        (if (i32.eq (global.get $quotes) (i32.const 5)) (then
          (i64.store offset=176 (local.get $order) (global.get $first))))
        (drop (call $submit (local.get $order)))))))";

/// Remembers the name of the first position that has one.
const ON_POSITION: &str = "
    (if (i32.and (local.get $named) (i64.eqz (global.get $first))) (then
      (global.set $first (local.get $position))))";

fn hedger() -> Vec<u8> {
    let whole = |quantity| Quantity::whole(quantity).unwrap().raw();
    let order = |quantity| NewOrder::default().number(at::QUANTITY, whole(quantity));
    let sell = |quantity| order(quantity).byte(at::SIDE, 1);
    let orders = [order(3), sell(2), sell(3).byte(at::POSITION, 1)];
    let items = "(global $quotes (mut i32) (i32.const 0)) (global $first (mut i64) (i64.const 0))";
    let subscribe = "(call $subscribe-quotes (i32.const 0)) (i32.const 1088)";
    Plugin::new()
        .items(&format!("{items} {}", NewOrder::data(&orders, ORDERS)))
        .with("init", subscribe)
        .with("on-quote", ON_QUOTE)
        .with("on-position-event", ON_POSITION)
        .build()
        .unwrap()
}

fn hedging(config: &mut HostConfig) {
    for definition in &mut config.definitions {
        if let Definition::Account(account) = definition {
            account.hedging = Some(HedgeMargin::Gross);
        }
    }
}

/// What is held in all, and in each position by its name.
fn held(stand: &Stand) -> (String, Vec<(PositionId, String)>) {
    let (mut sum, mut named) = (String::from("none"), Vec::new());
    for view in stand.host.positions() {
        let quantity = view.state.quantity.to_string();
        match view.position {
            Some(position) => named.push((position, quantity)),
            None => sum = quantity,
        }
    }
    (sum, named)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_holds_a_long_and_a_short_and_closes_the_long_by_its_name() {
    let mut stand = Stand::with_plugins(plugins(), Natives::default(), hedging);
    stand.load("hedger", hedger()).await.unwrap();
    stand.quotes(2).await;
    let (sum, long) = held(&stand);
    assert_eq!((sum.as_str(), long.len()), ("3", 1));
    stand.quotes(2).await;
    let (sum, both) = held(&stand);
    let [(first, three), (second, two)] = &both[..] else {
        panic!("{both:?}");
    };
    assert_eq!(
        (first, three.as_str(), two.as_str()),
        (&long[0].0, "3", "-2")
    );
    assert_eq!(sum, "1");
    stand.quotes(2).await;
    let left = (String::from("-2"), vec![(*second, String::from("-2"))]);
    assert_eq!(held(&stand), left);
    let fills = stand.host.fills();
    let mut named: Vec<_> = fills.iter().rev().map(|fill| fill.position).collect();
    // In as many parts as the market gave.
    named.dedup();
    assert_eq!(named, [Some(*first), Some(*second), Some(*first)]);
    assert_eq!(stand.view("hedger").state, StrategyState::Running);
    // Nothing is opened or closed by the way back.
    let folder = copy(stand.folder.path());
    let back = Stand::on(folder, plugins(), Natives::default(), hedging).unwrap();
    assert_eq!(held(&back), left);
    back.end().await;
    stand.end().await;
}

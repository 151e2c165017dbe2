//! The component's side of the world `execution-algorithm`.

use super::bindings::argonaut::plugin::{timers, types};
use super::{Slot, convert, imports, log_panics, running};
use crate::{
    AlgorithmConfig, AlgorithmHost, AlgorithmRunner, AlgorithmSnapshot, Amendment, ChildOrder,
    Config, ExecutionAlgorithm, LogLevel, MarketFeed, OrderId, ParentOrder, Price, Quantity,
    Timestamp,
};
use bindings::argonaut::plugin::{children, parent};

/// What `wit-bindgen` makes of the world.
#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated code that calls across the boundary"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "execution-algorithm",
        with: {
            "argonaut:plugin/types@1.0.0": crate::guest::bindings::argonaut::plugin::types,
            "argonaut:plugin/timers@1.0.0": crate::guest::bindings::argonaut::plugin::timers,
            "argonaut:plugin/log@1.0.0": crate::guest::bindings::argonaut::plugin::log,
        },
        pub_export_macro: true,
        export_macro_name: "export_execution_algorithm",
    });
}

/// The host behind the imports.
struct Imports;

impl AlgorithmHost for Imports {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(timers::now())
    }

    fn subscribe(&mut self, feed: MarketFeed) {
        match feed {
            MarketFeed::Quotes => parent::subscribe_quotes(),
            MarketFeed::Trades => parent::subscribe_trades(),
            MarketFeed::Bars(spec) => parent::subscribe_bars(convert::to_bar_spec(spec)),
        }
    }

    fn submit(&mut self, child: &ChildOrder) -> Option<OrderId> {
        let id = children::submit(&children::ChildOrder {
            kind: convert::to_order_kind(child.kind),
            quantity: child.quantity.raw(),
            tif: convert::to_time_in_force(child.time_in_force),
            post_only: child.post_only,
            display: child.display.map(Quantity::raw),
            tag: child.tag.as_str().to_owned(),
        });
        imports::given(id)
    }

    fn modify(&mut self, order: OrderId, amendment: Amendment) {
        children::modify(
            order.number(),
            amendment.quantity.map(Quantity::raw),
            amendment.price.map(Price::raw),
            amendment.trigger.map(Price::raw),
        );
    }

    fn cancel(&mut self, order: OrderId) {
        children::cancel(order.number());
    }

    fn done(&mut self) {
        children::done();
    }

    fn set_timer(&mut self, id: u64, due: Timestamp) {
        timers::set_timer(id, due.nanos());
    }

    fn cancel_timer(&mut self, id: u64) {
        timers::cancel_timer(id);
    }

    fn log(&mut self, level: LogLevel, text: &str) {
        imports::log_line(level, text);
    }
}

fn parent_order(order: &parent::ParentOrder) -> ParentOrder {
    ParentOrder {
        order: OrderId::new(order.order),
        side: convert::side(order.side),
        quantity: Quantity::from_raw(order.quantity),
        filled: Quantity::from_raw(order.filled),
        limit_price: order.limit_price.map(Price::from_raw),
        time_in_force: convert::time_in_force(order.tif),
        // The host keeps what it was sent, which was a tag.
        tag: order.tag.parse().unwrap_or_default(),
    }
}

fn config(config: parent::AlgorithmConfig) -> AlgorithmConfig {
    let instrument = convert::instrument(config.instrument);
    AlgorithmConfig {
        parent: parent_order(&config.parent),
        parameters: Config::new(
            config.algorithm,
            vec![instrument.clone()],
            config.parameters,
        ),
        instrument,
    }
}

fn snapshot(snapshot: &parent::AlgorithmSnapshot) -> AlgorithmSnapshot {
    AlgorithmSnapshot {
        now: Timestamp::from_nanos(snapshot.now),
        parent: parent_order(&snapshot.parent),
        children: snapshot.children.iter().map(convert::open_order).collect(),
        quote: snapshot.quote.as_ref().map(convert::quote),
        last: snapshot.last.map(Price::from_raw),
    }
}

impl<P, A> bindings::Guest for P
where
    P: Slot<Running = AlgorithmRunner<A>>,
    A: ExecutionAlgorithm + 'static,
{
    fn describe() -> types::Description {
        log_panics();
        convert::description(A::describe())
    }

    fn init(given: parent::AlgorithmConfig) -> Result<(), String> {
        log_panics();
        let runner = AlgorithmRunner::new(&config(given), &mut Imports)?;
        P::with(|slot| *slot = Some(runner));
        Ok(())
    }

    fn load(state: types::SavedState) -> Result<(), String> {
        running::<P, _>(|runner| runner.load(convert::saved_state(state)))
    }

    fn on_start(given: parent::AlgorithmSnapshot) {
        running::<P, _>(|runner| runner.on_start(&snapshot(&given), &mut Imports));
    }

    fn on_quote(quote: types::Quote) {
        running::<P, _>(|runner| runner.on_quote(&convert::quote(&quote), &mut Imports));
    }

    fn on_trade(trade: types::Trade) {
        running::<P, _>(|runner| runner.on_trade(&convert::trade(&trade), &mut Imports));
    }

    fn on_bar(bar: types::Bar) {
        running::<P, _>(|runner| runner.on_bar(&convert::bar(&bar), &mut Imports));
    }

    fn on_timer(id: u64, due: u64) {
        let due = Timestamp::from_nanos(due);
        running::<P, _>(|runner| runner.on_timer(id, due, &mut Imports));
    }

    fn on_child_event(event: types::OrderEvent) {
        let event = convert::order_event(&event);
        running::<P, _>(|runner| runner.on_child_event(&event, &mut Imports));
    }

    fn on_amended(quantity: u64, limit_price: Option<i64>) {
        let (quantity, limit) = (
            Quantity::from_raw(quantity),
            limit_price.map(Price::from_raw),
        );
        running::<P, _>(|runner| runner.on_amended(quantity, limit, &mut Imports));
    }

    fn on_ending() {
        running::<P, _>(|runner| runner.on_ending(&mut Imports));
    }

    fn save() -> types::SavedState {
        let state = running::<P, _>(|runner| runner.save());
        convert::to_saved_state(state)
    }
}

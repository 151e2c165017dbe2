//! The component's side of the plugin contract: `wit/v1` to and from the types of this crate.
//!
//! Authors never use it; [`export!`](crate::export) does. It holds no logic but conversions.

pub mod algorithm;
mod convert;
pub mod factor;
mod imports;
pub mod indicator;
pub mod rule;
pub mod venue_model;

use crate::{Book, History, InstrumentId, LifeEvent, Runner, Signal, Strategy, Timestamp};
use bindings::argonaut::plugin::types;
use bindings::exports::argonaut::plugin::{on_book, on_cash_flow, on_lifecycle, on_signal};
use imports::Imports;

/// What `wit-bindgen` makes of the contract: strategies with all they may export besides.
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
        inline: "
            package argonaut:sdk;
            world plugin {
                include argonaut:plugin/strategy@1.0.0;
                include argonaut:plugin/strategy-options@1.0.0;
            }
        ",
        world: "argonaut:sdk/plugin",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_strategy",
    });
}

/// Where a component keeps the one thing it runs.
pub trait Slot {
    /// What it runs: a strategy or an algorithm with what is known of its orders, a rule, a model, a
    /// factor or an indicator.
    type Running: 'static;

    /// Lends the place; empty before `init`.
    fn with<R>(call: impl FnOnce(&mut Option<Self::Running>) -> R) -> R;
}

/// Runs `call` on what the component runs. The host calls nothing but `describe` before `init`, so an
/// empty place is a broken host and stops the call.
#[allow(
    clippy::panic,
    reason = "a host that breaks the contract must not be served"
)]
fn running<P: Slot, R>(call: impl FnOnce(&mut P::Running) -> R) -> R {
    P::with(|slot| match slot {
        Some(running) => call(running),
        None => panic!("called before init"),
    })
}

/// Makes the type `Plugin` with a place for what the component runs.
#[doc(hidden)]
#[macro_export]
macro_rules! plugin_slot {
    ($running:ty) => {
        struct Plugin;

        ::std::thread_local! {
            static RUNNING: ::std::cell::RefCell<::std::option::Option<$running>> =
                const { ::std::cell::RefCell::new(::std::option::Option::None) };
        }

        impl $crate::guest::Slot for Plugin {
            type Running = $running;

            fn with<R>(
                call: impl ::std::ops::FnOnce(&mut ::std::option::Option<$running>) -> R,
            ) -> R {
                RUNNING.with_borrow_mut(call)
            }
        }
    };
}

/// Sends the text of a panic, with its file and line, to the log before the trap.
fn log_panics() {
    std::panic::set_hook(Box::new(|info| {
        use bindings::argonaut::plugin::log;
        log::write(log::Level::Error, &info.to_string());
    }));
}

impl<P: Slot<Running = Runner<S>>, S: Strategy + 'static> bindings::Guest for P {
    fn describe() -> types::Description {
        log_panics();
        convert::description(S::describe())
    }

    fn init(config: types::Config) -> Result<(), String> {
        log_panics();
        let runner = Runner::new(&convert::config(config), &mut Imports)?;
        P::with(|slot| *slot = Some(runner));
        Ok(())
    }

    fn load(state: types::SavedState) -> Result<(), String> {
        running::<P, _>(|runner| runner.load(convert::saved_state(state)))
    }

    fn on_history(instrument: u32, spec: types::BarSpec, block: Vec<u64>) {
        let instrument = InstrumentId::new(instrument);
        let history = History::from_words(instrument, convert::bar_spec(spec), &block);
        running::<P, _>(|runner| runner.on_history(&history, &mut Imports));
    }

    fn on_start(snapshot: types::Snapshot) {
        running::<P, _>(|runner| runner.on_start(&convert::snapshot(&snapshot), &mut Imports));
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

    fn on_order_event(event: types::OrderEvent) {
        let event = convert::order_event(&event);
        running::<P, _>(|runner| runner.on_order_event(&event, &mut Imports));
    }

    fn on_position_event(event: types::PositionEvent) {
        let position = convert::position(&event);
        running::<P, _>(|runner| runner.on_position(&position, &mut Imports));
    }

    fn on_stop() {
        running::<P, _>(|runner| runner.on_stop(&mut Imports));
    }

    fn save() -> types::SavedState {
        let state = running::<P, _>(|runner| runner.save());
        convert::to_saved_state(state)
    }
}

impl<P: Slot<Running = Runner<S>>, S: Strategy + 'static> on_book::Guest for P {
    fn on_book(instrument: u32, bids: u32, levels: Vec<u64>, ts_event: u64, ts_init: u64) {
        let book = Book::from_words(
            InstrumentId::new(instrument),
            usize::try_from(bids).unwrap_or(usize::MAX),
            &levels,
            Timestamp::from_nanos(ts_event),
            Timestamp::from_nanos(ts_init),
        );
        running::<P, _>(|runner| runner.on_book(&book, &mut Imports));
    }

    fn on_book_lost(instrument: u32) {
        let instrument = InstrumentId::new(instrument);
        running::<P, _>(|runner| runner.on_book_lost(instrument, &mut Imports));
    }
}

impl<P: Slot<Running = Runner<S>>, S: Strategy + 'static> on_cash_flow::Guest for P {
    fn on_cash_flow(flow: on_cash_flow::CashFlow) {
        let flow = convert::cash_flow(flow);
        running::<P, _>(|runner| runner.on_cash_flow(&flow, &mut Imports));
    }
}

impl<P: Slot<Running = Runner<S>>, S: Strategy + 'static> on_lifecycle::Guest for P {
    fn on_lifecycle(instrument: u32, event: on_lifecycle::LifeEvent, ts_event: u64) {
        let event = LifeEvent {
            instrument: InstrumentId::new(instrument),
            kind: convert::life_event(event),
            ts_event: Timestamp::from_nanos(ts_event),
        };
        running::<P, _>(|runner| runner.on_lifecycle(&event, &mut Imports));
    }
}

impl<P: Slot<Running = Runner<S>>, S: Strategy + 'static> on_signal::Guest for P {
    fn on_signal(name: String, values: Vec<(String, String)>, ts_event: u64) {
        let signal = Signal {
            name,
            values,
            ts_event: Timestamp::from_nanos(ts_event),
        };
        running::<P, _>(|runner| runner.on_signal(&signal, &mut Imports));
    }
}

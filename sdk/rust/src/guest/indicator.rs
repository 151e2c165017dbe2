//! The component's side of the world `indicator`.

use super::bindings::argonaut::plugin::types;
use super::{Slot, convert, log_panics, running};
use crate::{Config, Feed, Indicator, Line, Pane, Shape};
use bindings::argonaut::plugin::readings;

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
        world: "indicator",
        with: {
            "argonaut:plugin/types@1.0.0": crate::guest::bindings::argonaut::plugin::types,
            "argonaut:plugin/log@1.0.0": crate::guest::bindings::argonaut::plugin::log,
        },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_the_indicator",
    });
}

fn line(line: Line) -> readings::Line {
    readings::Line {
        name: line.name,
        documentation: line.documentation,
        pane: match line.pane {
            Pane::Price => readings::Pane::Price,
            Pane::Apart => readings::Pane::Apart,
        },
    }
}

fn shape(shape: Shape) -> readings::IndicatorShape {
    readings::IndicatorShape {
        lines: shape.lines.into_iter().map(line).collect(),
        feed: match shape.feed {
            Feed::Bars => readings::Feed::Bars,
            Feed::Quotes => readings::Feed::Quotes,
            Feed::Both => readings::Feed::Both,
        },
        warm_up: u32::try_from(shape.warm_up).unwrap_or(u32::MAX),
    }
}

impl<P: Slot<Running: Indicator>> bindings::Guest for P {
    fn describe() -> types::Description {
        log_panics();
        convert::description(P::Running::describe())
    }

    fn init(given: readings::IndicatorConfig) -> Result<readings::IndicatorShape, String> {
        log_panics();
        let config = Config::new(given.indicator, Vec::new(), given.parameters);
        let indicator = P::Running::new(&config)?;
        let shown = shape(indicator.shape());
        P::with(|slot| *slot = Some(indicator));
        Ok(shown)
    }

    fn load(state: types::SavedState) -> Result<(), String> {
        running::<P, _>(|indicator| indicator.load(convert::saved_state(state)))
    }

    fn update_bar(bar: types::Bar) -> Option<Vec<f64>> {
        let bar = convert::bar(&bar);
        running::<P, _>(|indicator| indicator.on_bar(&bar))
    }

    fn update_quote(quote: types::Quote) -> Option<Vec<f64>> {
        let quote = convert::quote(&quote);
        running::<P, _>(|indicator| indicator.on_quote(&quote))
    }

    fn save() -> types::SavedState {
        let state = running::<P, _>(|indicator| indicator.save());
        convert::to_saved_state(state)
    }
}

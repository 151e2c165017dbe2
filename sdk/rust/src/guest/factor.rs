//! The component's side of the world `factor`.

use super::bindings::argonaut::plugin::types;
use super::{Slot, convert, log_panics, running};
use crate::{Better, Config, Factor, Needs, Panel, Timestamp};
use bindings::argonaut::plugin::panels;

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
        world: "factor",
        with: {
            "argonaut:plugin/types@1.0.0": crate::guest::bindings::argonaut::plugin::types,
            "argonaut:plugin/log@1.0.0": crate::guest::bindings::argonaut::plugin::log,
        },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_the_factor",
    });
}

fn needs(needs: &Needs) -> panels::FactorNeeds {
    panels::FactorNeeds {
        fields: needs
            .fields
            .iter()
            .map(|field| field.name().to_owned())
            .collect(),
        lookback: u32::try_from(needs.lookback).unwrap_or(u32::MAX),
        better: match needs.better {
            Better::Higher => panels::Better::High,
            Better::Lower => panels::Better::Low,
            Better::Neither => panels::Better::Neither,
        },
    }
}

/// The panel, whose fields are those of `needs` in their order.
fn panel(given: panels::Panel, needs: &Needs) -> Result<Panel, String> {
    Panel::new(
        given.times.into_iter().map(Timestamp::from_nanos).collect(),
        given.instruments,
        needs.fields.iter().copied().zip(given.fields).collect(),
        usize::try_from(given.first).unwrap_or(usize::MAX),
    )
}

impl<P: Slot<Running: Factor>> bindings::Guest for P {
    fn describe() -> types::Description {
        log_panics();
        convert::description(P::Running::describe())
    }

    fn init(given: panels::FactorConfig) -> Result<panels::FactorNeeds, String> {
        log_panics();
        let config = Config::new(given.factor, Vec::new(), given.parameters);
        let factor = P::Running::new(&config)?;
        let needed = needs(&factor.needs());
        P::with(|slot| *slot = Some(factor));
        Ok(needed)
    }

    fn score(given: panels::Panel) -> Result<Vec<f64>, String> {
        running::<P, _>(|factor| {
            let panel = panel(given, &factor.needs())?;
            factor.score_panel(&panel)
        })
    }
}

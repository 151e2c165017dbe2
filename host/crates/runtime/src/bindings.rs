//! The host's side of `wit/v1`, generated from the WIT files themselves. Nothing is written here
//! by hand; conversions to and from the model are in `convert`.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "generated; the WIT files carry the documentation"
)]
#![allow(clippy::all, reason = "generated")]

wasmtime::component::bindgen!({
    world: "strategy",
    path: "../../../wit/v1",
    imports: { default: trappable },
    include_component_type: true,
});

/// What strategies may export besides.
pub mod options {
    wasmtime::component::bindgen!({
        world: "strategy-options",
        path: "../../../wit/v1",
        imports: { default: trappable },
        include_component_type: true,
        with: { "argonaut:plugin/types": super::argonaut::plugin::types },
    });
}

/// Execution algorithms.
pub mod algorithm {
    wasmtime::component::bindgen!({
        world: "execution-algorithm",
        path: "../../../wit/v1",
        imports: { default: trappable },
        include_component_type: true,
        with: {
            "argonaut:plugin/types": super::argonaut::plugin::types,
            "argonaut:plugin/timers": super::argonaut::plugin::timers,
            "argonaut:plugin/log": super::argonaut::plugin::log,
        },
    });
}

/// Custom pre-trade rules.
pub mod rule {
    wasmtime::component::bindgen!({
        world: "pre-trade-rule",
        path: "../../../wit/v1",
        imports: { default: trappable },
        include_component_type: true,
        with: {
            "argonaut:plugin/types": super::argonaut::plugin::types,
            "argonaut:plugin/log": super::argonaut::plugin::log,
        },
    });
}

/// Models of simulated venues.
pub mod model {
    wasmtime::component::bindgen!({
        world: "venue-model",
        path: "../../../wit/v1",
        imports: { default: trappable },
        include_component_type: true,
        with: {
            "argonaut:plugin/types": super::argonaut::plugin::types,
            "argonaut:plugin/log": super::argonaut::plugin::log,
        },
    });
}

/// Factors.
pub mod factor {
    wasmtime::component::bindgen!({
        world: "factor",
        path: "../../../wit/v1",
        imports: { default: trappable },
        include_component_type: true,
        with: {
            "argonaut:plugin/types": super::argonaut::plugin::types,
            "argonaut:plugin/log": super::argonaut::plugin::log,
        },
    });
}

/// Indicators.
pub mod indicator {
    wasmtime::component::bindgen!({
        world: "indicator",
        path: "../../../wit/v1",
        imports: { default: trappable },
        include_component_type: true,
        with: {
            "argonaut:plugin/types": super::argonaut::plugin::types,
            "argonaut:plugin/log": super::argonaut::plugin::log,
        },
    });
}

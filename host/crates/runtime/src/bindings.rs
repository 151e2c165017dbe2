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

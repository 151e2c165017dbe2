//! The plugins a host has: whom it trusts, what each component is, and what may run.
//!
//! ```text
//! bytes, signature ── Registry::check ──▶ Signer ── take_in ──▶ Record ── may_begin ──▶ it may run
//!                                                                 │
//!                                                  approve, revoke, delete, note_use, diff
//! ```
//!
//! Components lie in one folder, named by the SHA-256 of their bytes: `<hash>.wasm`, beside it the
//! signature (`<hash>.wasm.minisig`) and the record (`<hash>.json`). Replays find bytes there, too.
//!
//! What is absent on purpose: WebAssembly (what a component is, is told), clocks (when something
//! happened, is told), and who may ask for what.

mod diff;
mod folder;
mod manifest;
mod quarantine;
mod record;
mod refusal;
mod registry;
mod trust;
mod version;

pub use diff::{Change, Difference, Names, ParameterChange, diff};
pub use manifest::{Fuel, Manifest, Parameter};
pub use quarantine::{FaultNote, Quarantine, QuarantineRule};
pub use record::{Act, Decision, Deed, Record, Role, Signature, Source, State, Use};
pub use refusal::Refusal;
pub use registry::{Arrival, Beside, Policy, Registry};
pub use trust::{
    Key, KeyId, MAX_SIGNATURE_BYTES, Signer, Trust, TrustError, Untrusted, signature_from_base64,
    signature_to_base64,
};

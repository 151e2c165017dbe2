//! REST under `/api/v1`, WebSocket at `/ws` and the live page at `/`.
//!
//! Everything here is translation: requests become commands to a [`HostPort`], its views become
//! JSON. No trading rule lives here, and no state but what the translation needs.
//!
//! * [`Api`] is what handlers share, [`router`] builds the routes, [`serve`] runs them on a socket.
//! * `dto` holds the wire types, the only ones with serde; `routes` has one file per resource;
//!   `stream` speaks WebSocket; `problem` is the one form of an error (RFC 9457).
//! * `guard` answers loopback clients only. There is no login: whoever can open a local socket may
//!   trade, so never bind this to a public address.

mod denials;
mod dto;
mod entries;
mod extract;
mod guard;
mod names;
mod page;
mod port;
mod problem;
mod records;
mod router;
mod routes;
mod runs;
mod serve;
mod state;
mod stream;

pub use dto::plugin::{DifferenceDto, ManifestDto};
pub use entries::{Entries, EntryBody, Urgency};
pub use port::{FaultPort, HostPort, PluginPort, StrategyCommand, VersionPort};
pub use records::Records;
pub use router::router;
pub use serve::serve;
pub use state::{Api, BusProbe, BusView, Settings, StreamSettings};

//! REST under `/api/v1`, WebSocket at `/ws`, the live page at `/`, and for those who watch `/metrics`, `/livez`
//! and `/readyz`.
//!
//! Everything here is translation: requests become commands to a [`HostPort`], its views become
//! JSON. No trading rule lives here, and no state but what the translation needs.
//!
//! * [`Api`] is what handlers share, [`router`] builds the routes, [`serve`] runs them on a socket.
//! * `dto` holds the wire types, the only ones with serde; `routes` has one file per resource;
//!   `stream` speaks WebSocket; `problem` is the one form of an error (RFC 9457).
//! * `guard` keeps other web sites out, but for those that an operator lists (`cors`). `network` says from which
//!   addresses requests may come, and `rate` how often. `gate` knows who asks, whether they may, and has it written
//!   down, where identity is on ([`Api::with_identity`]). Where it is off there is no login: whoever can
//!   open the socket may trade, so never bind that to a public address.
//! * `sockets` serves connections, in the clear and over TLS: who keeps one and asks for nothing loses it.
//! * `tls` is how the host is spoken with from outside: certificates that are renewed while it runs, and handshakes
//!   that keep nobody out.
//! * `idempotency` stands behind the gate: what is sent again with the same `Idempotency-Key` is done once.
//!   `conditional` behind it tags what is shown, and refuses changes of what has another tag by now.
//! * `jobs` answers at once what takes long, where that is preferred.
//! * `observe` names and counts every request before all of that, and gathers what `/metrics` tells.
//! * `hooks` is who may call webhooks that we take, and what those may order or tell strategies.
//! * [`Outlet`] tells the stream to other processes, and [`FanOut`] is what one of those serves by [`serve_fan_out`].
//! * [`openapi()`] is the description of all of it, which `/docs` shows.
//! * [`operations()`] lists every route with the name that the policy of `identity` knows it by.

mod addresses;
mod conditional;
mod cors;
mod denials;
mod dto;
mod entries;
mod extract;
mod fan_out;
mod gate;
mod guard;
mod guarded;
mod hooks;
mod idempotency;
mod instrument_paths;
mod jobs;
mod names;
mod network;
mod observe;
mod openapi;
mod operations;
mod page;
mod performance;
mod port;
mod problem;
mod rate;
mod records;
mod router;
mod routes;
mod runs;
mod serve;
mod sockets;
mod state;
mod stream;
mod tls;
mod whole_file;

pub use addresses::Networks;
pub use cors::parse_origin;
pub use dto::plugin::{DifferenceDto, ManifestDto};
pub use dto::stream::channels;
pub use entries::{Entries, EntryBody, Urgency, is_market_data};
pub use fan_out::{FanOutReach, serve_fan_out};
pub use guarded::{Guarded, GuardedSettings};
pub use hooks::{
    HookConfig, HookKind, HookOrder, HookPurpose, Hooks, OrderTemplate, SignalTemplate, ValueKind,
    ValueTemplate,
};
pub use idempotency::{IdempotencyKeys, KeyUse};
pub use jobs::Jobs;
pub use network::NetworkSettings;
pub use openapi::openapi;
pub use operations::Operation;
pub use port::{FaultPort, HostPort, PluginPort, StrategyCommand, VersionPort, VitalsPort};
pub use rate::{Pace, RateSettings};
pub use records::Records;
pub use router::{operations, router};
pub use serve::serve;
pub use state::{Api, BusProbe, BusView, Settings, StreamSettings};
pub use stream::{FanOut, Outlet, Telling, ToldEntry, ToldValue};
pub use tls::{Tls, TlsError, TlsFiles};

//! The load of a gateway: a real host in a process of its own, a thousand WebSocket clients beside it, clients
//! that read too slowly, and requests as fast as they are answered or at a steady pace.
//!
//! Clients are cheap, since server and clients share a machine: of a message they read its numbers and its
//! time, and nothing of what it says. `cargo xtask load` measures with this, a test of the program runs it short.

mod config;
mod crowd;
mod figures;
mod frames;
mod head;
mod host;
mod http;
mod latency;
mod requests;
mod vitals;

pub use config::Setting;
pub use crowd::{Crowd, Heard, Pace, Part};
pub use figures::{Row, Run, Scene, measure};
pub use head::{Encoding, Head};
pub use host::Host;
pub use http::{Answer, Client};
pub use latency::Latencies;
pub use requests::{Requests, orders, reads};
pub use vitals::{EngineCost, allow_files};

/// Why a load could not be put on a host.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operating system did not do what it was asked.
    #[error("{what}: {reason}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        reason: std::io::Error,
    },
    /// The host did not come up, or said something that no host says.
    #[error("{0}")]
    Host(String),
}

impl LoadError {
    /// For `map_err`.
    fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |reason| Self::System { what, reason }
    }
}

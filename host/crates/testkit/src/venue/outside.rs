//! The fake venue as a process of its own, with a gateway in front of it: one instrument, one account, a
//! market that moves by itself.
//!
//! Like a real one it forgets nothing when its process dies: what it took and what its market did stand in a
//! file before it answers (`books`). Tests ask it what it holds over a connection of their own (`control`).

mod books;
mod control;
mod serving;

use connectors::gateway::Misfit;
use model::{AccountId, InstrumentId, Price, Quantity, VenueId};
use serde::Serialize;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};

pub use books::{Books, Execution, Holdings, Open};
pub use control::{Question, Told, ask};

/// What hosts call it.
pub const NAME: &str = "OUT";
/// What is traded there.
pub const SYMBOL: &str = "EUR/USD.OUT";
/// Whose account it keeps.
pub const ACCOUNT: &str = "main";

const VENUE: VenueId = VenueId::new(0);
const TRADED: InstrumentId = InstrumentId::new(0);
const OWNER: AccountId = AccountId::new(0);
/// 0.00001
const TICK: Price = Price::from_raw(Price::SCALE / 100_000);
const LOT: Quantity = Quantity::from_raw(1_000 * Quantity::SCALE);
/// 1.085
const FIRST_PRICE: Price = Price::from_raw(Price::SCALE / 1_000 * 1_085);

/// Why a venue cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// The operating system did not do what it was asked.
    #[error("{what}: {reason}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        reason: std::io::Error,
    },
    /// A whole line of the books that no venue wrote.
    #[error("line {line} of the books: {reason}")]
    Line {
        /// Which, from one.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A host said something that no host says.
    #[error("the host said {0}")]
    Host(String),
    /// A message names what is not known here.
    #[error(transparent)]
    Misfit(#[from] Misfit),
}

impl VenueError {
    /// For `map_err`.
    fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |reason| Self::System { what, reason }
    }
}

/// Where a venue is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// By hosts.
    pub gateway: SocketAddr,
    /// By tests.
    pub control: SocketAddr,
}

/// Runs a venue until its process is asked to end by SIGTERM. It goes on from the books, if they are there; port
/// 0 is a free one. `listens` is told where it is reached.
///
/// # Errors
/// The books cannot be read or written, it cannot listen, or a host says what no host says.
pub fn run(
    books: &Path,
    port: u16,
    listens: impl FnOnce(Addresses) -> std::io::Result<()>,
) -> Result<(), VenueError> {
    let stop = Arc::new(AtomicBool::new(false));
    end_by_signal(Arc::clone(&stop)).map_err(VenueError::system("signals"))?;
    let server = serving::Server::open(books, port, stop)?;
    let addresses = server.addresses();
    addresses
        .and_then(listens)
        .map_err(VenueError::system("saying where it is"))?;
    server.serve()
}

/// From now on SIGTERM sets `stop`.
fn end_by_signal(stop: Arc<AtomicBool>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let inside = runtime.enter();
    let mut asked = signal(SignalKind::terminate())?;
    drop(inside);
    let thread = std::thread::Builder::new().name("signals".to_owned());
    thread.spawn(move || {
        runtime.block_on(asked.recv());
        stop.store(true, Ordering::Relaxed);
    })?;
    Ok(())
}

/// Writes a value as a line of JSON, at once.
fn write_line(out: &mut TcpStream, value: &impl Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    out.write_all(&line)
}

//! Who may do what in a host: people and their roles, sessions, API keys, requests that a second
//! person must confirm, and the log of what was done.
//!
//! Nothing here knows HTTP or SQL, the wall clock or the system's randomness: [`Clock`], [`Entropy`]
//! and [`Storage`] are passed in. All of it is bounded and held in memory; every change is written
//! through the storage before it holds, so a crash forgets nothing that was answered.
//!
//! * [`Identity`] is the door. Methods that hash a password or write block: call them off an async
//!   thread. [`Identity::authenticate`] does neither.
//! * [`policy`] is the one table of which role may do what. What is not in it is denied.
//! * [`TokenReader`] reads access tokens in a process that knows nobody.
//! * [`audit`] is the log: each record carries the hash of all before it.

mod approvals;
mod attempts;
pub mod audit;
mod desk;
mod door;
mod files;
mod keys;
mod login;
mod password;
mod people;
pub mod policy;
mod ports;
mod reader;
mod records;
mod refusal;
mod role;
mod secret;
mod state;
mod storage;
mod tickets;
mod tokens;

pub use approvals::{ApprovalChange, Wanted};
pub use desk::Desk;
pub use door::{Credential, Identity, Principal, Settings};
pub use keys::{KeyView, NewKey};
pub use login::{Granted, SessionView};
pub use password::Cost;
pub use people::{UserChange, UserView};
pub use ports::{Clock, Entropy, OsEntropy, SystemClock};
pub use reader::{Shown, TokenReader};
pub use records::{Approval, ApprovalState};
pub use refusal::Refusal;
pub use role::{Role, Roles};
pub use storage::{Change, Entry, Kind, MemoryStorage, Storage, StorageError};

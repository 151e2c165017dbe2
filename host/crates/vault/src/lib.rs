//! Secrets in a file, by envelope encryption: each value is sealed by a random data key of its own, and
//! each data key is wrapped by the master key, which is in another file or in the environment.
//!
//! ```text
//! master key ──wraps──▶ data key ──seals──▶ value        one pair per secret, XChaCha20-Poly1305
//!      └──────authenticates──────▶ the whole file        keyed BLAKE3
//! ```
//!
//! * [`Place`] says where the file is and what opens it; every change is made through it, whole or not at
//!   all, by one process at a time.
//! * [`Vault`] is the file as it was when it was opened. A value is unsealed when it is asked for.
//! * [`Value`] and [`MasterKey`] show nowhere and are wiped from memory when they are dropped.
//!
//! What is absent on purpose: configuration, the wall clock (times are passed in), and any use of a secret.
//! A whole file that was put in the place of a newer one cannot be told from it.

mod document;
mod error;
mod files;
mod master;
mod name;
mod place;
mod rotation;
mod seal;
mod value;
mod vault;

pub use error::VaultError;
pub use master::{KeyPlace, MasterKey};
pub use name::Name;
pub use place::{MOST_SECRETS, Place};
pub use rotation::{Rotate, Rotated};
pub use value::{LONGEST_VALUE, Value};
pub use vault::{Listed, Vault};

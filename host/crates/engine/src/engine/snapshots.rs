//! The engine as bytes, and back (invariant I12): one that was read from them and steps what came after
//! does what one does that stepped everything.
//!
//! Everything the engine owns is written as it is. What it owns behind a port (instances of strategies
//! and algorithms, rules, models) is asked for its state by an input, `Command::Snapshot`: asking runs
//! the plugin's code, so a replay must ask at the same place. Coming back they are made as they were
//! made then and take that state, strategies and algorithms as the successor in a swap does.
//!
//! A snapshot is of one layout: a change of any type in it needs a new version in [`FORMAT`]. Nobody
//! has to read an old one, since the journal is the truth.

mod parts;

use super::Engine;
use crate::effect::Ignored;
use crate::invariants::{self, Violation};
use crate::journal::Journal;
use crate::journal::codec::{Decode, DecodeError, Encode, decode_all};
use crate::replay::Instances;
use model::StrategyId;
pub(super) use parts::{Parts, Saved};

/// The first bytes of a snapshot: name and version of its layout.
pub const FORMAT: &[u8; 8] = b"ARGOSNP\x05";
/// Bytes of the hash over the rest that follows them.
const HASH_BYTES: usize = 32;

/// Why no snapshot can be taken. It may be possible later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsaved {
    /// The input before was no `Command::Snapshot`.
    #[error("the last input did not ask for a snapshot")]
    NotAsked,
    /// A successor catches up.
    #[error("a swap of strategy {} is under way", .0.number())]
    Swap(StrategyId),
    /// A version is on probation, with the one before warm beside it.
    #[error("a version of strategy {} is on probation", .0.number())]
    Probation(StrategyId),
    /// A part keeps state that nobody can take from it.
    #[error("{0} cannot give its state")]
    Stateless(String),
    /// An order is worked by a version of its algorithm that is defined no more.
    #[error("order {0} is worked by an earlier version of its algorithm")]
    Outdated(model::OrderId),
    /// A part broke as it was asked.
    #[error("{0}")]
    Broke(String),
}

/// Why a snapshot is no engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Another layout, or no snapshot at all.
    #[error("it is in format {found}, this program reads {}", FORMAT.escape_ascii())]
    Format {
        /// Its first bytes.
        found: String,
    },
    /// Bytes are missing or others.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// It is whole, and this program cannot read it.
    #[error("it cannot be read: {0}")]
    Undecodable(#[from] DecodeError),
    /// A part could not be made again, or is another one now.
    #[error("{part}: {reason}")]
    Part {
        /// Which.
        part: String,
        /// Why.
        reason: String,
    },
}

impl Engine {
    /// Why `Command::Snapshot` would be in vain now.
    ///
    /// # Errors
    /// The first reason.
    pub fn can_snapshot(&mut self) -> Result<(), Unsaved> {
        self.find_unsavable()
    }

    /// Handles `Command::Snapshot`.
    pub(super) fn save_parts(&mut self) {
        self.parts = None;
        if self.find_unsavable().is_err() {
            return self.ignore(Ignored::BadCommand("no snapshot can be taken now"));
        }
        self.parts = Some(self.collect_parts());
    }

    /// The engine as it is after an input `Command::Snapshot`, for [`Engine::from_snapshot`].
    ///
    /// # Errors
    /// Why there is none.
    pub fn snapshot_bytes(&self) -> Result<Vec<u8>, Unsaved> {
        let asked = |parts: &&Parts| parts.sequence() == self.sequence;
        let parts = self.parts.as_ref().filter(asked);
        let parts = parts.ok_or(Unsaved::NotAsked)?;
        let mut out = FORMAT.to_vec();
        out.resize(FORMAT.len() + HASH_BYTES, 0);
        self.write_state(&mut out);
        parts.saved()?.encode(&mut out);
        let hash = blake3::hash(&out[FORMAT.len() + HASH_BYTES..]);
        out[FORMAT.len()..FORMAT.len() + HASH_BYTES].copy_from_slice(hash.as_bytes());
        Ok(out)
    }

    /// All that decides what comes next, but for what is behind ports: two engines with equal bytes are
    /// equal. Between steps only.
    pub fn state_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_state(&mut out);
        out
    }

    /// Reads everything that a snapshot holds back from its own bytes, and keeps what is behind ports.
    /// For tests: it changes nothing, or snapshots lack something.
    ///
    /// # Errors
    /// It cannot be read.
    #[doc(hidden)]
    pub fn pass_through_bytes(&mut self) -> Result<(), SnapshotError> {
        let mut bytes = Vec::new();
        self.encode(&mut bytes);
        let mut other: Self = decode_all(&bytes)?;
        other.strategies.take_ports(&mut self.strategies);
        other.algorithms.take_ports(&mut self.algorithms);
        for (id, rule) in self.rules.iter_mut() {
            if let Some(other) = other.rules.get_mut(id) {
                other.instance = rule.instance.take();
            }
        }
        for (own, venue) in other.venues.iter_mut().zip(&mut self.venues) {
            own.take_ports(venue);
        }
        std::mem::swap(&mut self.journal, &mut other.journal);
        std::mem::swap(&mut self.effects, &mut other.effects);
        std::mem::swap(&mut self.staged_custom, &mut other.staged_custom);
        std::mem::swap(&mut self.staged_models, &mut other.staged_models);
        std::mem::swap(&mut self.expected_faults, &mut other.expected_faults);
        std::mem::swap(&mut self.parts, &mut other.parts);
        *self = other;
        Ok(())
    }

    pub(super) fn write_state(&self, out: &mut Vec<u8>) {
        let idle = self.outbox.is_empty() && self.reports.is_empty() && self.happenings.is_empty();
        debug_assert!(idle, "a step is not over");
        self.encode(out);
        self.journal.keep(out);
    }

    /// An engine from the bytes of another. Its journal goes on where that one's was; `journal` says
    /// what becomes of new records.
    ///
    /// # Errors
    /// See [`SnapshotError`].
    pub fn from_snapshot(
        bytes: &[u8],
        journal: Journal,
        instances: &mut dyn Instances,
    ) -> Result<Self, SnapshotError> {
        let mut from = checked(bytes)?;
        let mut engine = Self::decode(&mut from)?;
        engine.journal = journal;
        engine.journal.resume(&mut from)?;
        let saved = Decode::decode(&mut from)?;
        if !from.is_empty() {
            return Err(DecodeError::Trailing(from.len()).into());
        }
        engine.make_parts(saved, instances)?;
        engine.lacks_nothing()?;
        Ok(engine)
    }

    /// Checks [`invariants::check_all`] on the engine in the bytes of a snapshot, on whatever thread: what
    /// is behind ports is not made for it, and the one that trades is not asked.
    ///
    /// # Errors
    /// The bytes are no engine.
    pub fn check_snapshot(bytes: &[u8]) -> Result<Result<(), Violation>, SnapshotError> {
        let engine = Self::decode(&mut checked(bytes)?)?;
        Ok(invariants::check_all(&engine))
    }
}

/// What follows format and hash, if they are right.
fn checked(bytes: &[u8]) -> Result<&[u8], SnapshotError> {
    let Some((format, rest)) = bytes.split_at_checked(FORMAT.len()) else {
        return Err(SnapshotError::Damaged("it is too short"));
    };
    if format != FORMAT {
        let found = format.escape_ascii().to_string();
        return Err(SnapshotError::Format { found });
    }
    let Some((hash, state)) = rest.split_at_checked(HASH_BYTES) else {
        return Err(SnapshotError::Damaged("it is too short"));
    };
    if blake3::hash(state).as_bytes() != hash {
        return Err(SnapshotError::Damaged("its hash is wrong"));
    }
    Ok(state)
}

//! The layout of what has grown since format 6 was released: first what it had then, and behind all of
//! that what came later. A definition that says nothing by what came later is written as it was then, so
//! that journals of before are read, and the same run is the same bytes.

use crate::input::{Allowed, Permissions, StrategyConfig};
use crate::journal::codec::{Decode, DecodeError, Encode};

/// A type with fields that came later.
pub(super) trait Grown: Sized {
    /// Whether a later field says anything.
    fn uses_later(&self) -> bool;
    /// Appends the fields of then.
    fn encode_first(&self, out: &mut Vec<u8>);
    /// Appends the later fields.
    fn encode_later(&self, out: &mut Vec<u8>);
    /// Reads the fields of then; the later ones say nothing.
    fn decode_first(from: &mut &[u8]) -> Result<Self, DecodeError>;
    /// Reads the later fields.
    fn decode_later(&mut self, from: &mut &[u8]) -> Result<(), DecodeError>;
}

/// Appends a value, its later fields only where they say something.
pub(super) fn encode_sparingly(value: &impl Grown, out: &mut Vec<u8>) {
    value.encode_first(out);
    if value.uses_later() {
        value.encode_later(out);
    }
}

/// Both parts, always: where something follows, as in a snapshot.
macro_rules! whole {
    ($($name:ident),*) => {$(
        impl Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                self.encode_first(out);
                self.encode_later(out);
            }
        }
        impl Decode for $name {
            fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
                let mut value = Self::decode_first(from)?;
                value.decode_later(from)?;
                Ok(value)
            }
        }
    )*};
}
whole!(Permissions, StrategyConfig);

impl Grown for Permissions {
    fn uses_later(&self) -> bool {
        self.accounts != Allowed::All
    }

    fn encode_first(&self, out: &mut Vec<u8>) {
        let Self {
            instruments,
            sides,
            venues,
            accounts: _,
        } = self;
        (instruments, sides, venues).encode(out);
    }

    fn encode_later(&self, out: &mut Vec<u8>) {
        self.accounts.encode(out);
    }

    fn decode_first(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let (instruments, sides, venues) = Decode::decode(from)?;
        Ok(Self {
            instruments,
            sides,
            venues,
            accounts: Allowed::All,
        })
    }

    fn decode_later(&mut self, from: &mut &[u8]) -> Result<(), DecodeError> {
        self.accounts = Decode::decode(from)?;
        Ok(())
    }
}

impl Grown for StrategyConfig {
    fn uses_later(&self) -> bool {
        self.permissions.uses_later()
    }

    fn encode_first(&self, out: &mut Vec<u8>) {
        let Self {
            name,
            account,
            on_fault,
            manual,
            permissions,
        } = self;
        (name, account, on_fault, manual).encode(out);
        permissions.encode_first(out);
    }

    fn encode_later(&self, out: &mut Vec<u8>) {
        self.permissions.encode_later(out);
    }

    fn decode_first(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let (name, account, on_fault, manual) = Decode::decode(from)?;
        Ok(Self {
            name,
            account,
            on_fault,
            manual,
            permissions: Permissions::decode_first(from)?,
        })
    }

    fn decode_later(&mut self, from: &mut &[u8]) -> Result<(), DecodeError> {
        self.permissions.decode_later(from)
    }
}

//! The layout of what has grown since format 6 was released: first what it had then, and behind all of
//! that what came later. A definition that says nothing by what came later is written as it was then, so
//! that journals of before are read, and the same run is the same bytes.

use crate::input::{Allowed, Limits, Permissions, ShortLimits, StrategyConfig, VolumeLimits};
use crate::journal::codec::{Decode, DecodeError, Encode};
use model::Rate;

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
whole!(Limits, Permissions, StrategyConfig);

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

impl Grown for Limits {
    fn uses_later(&self) -> bool {
        self.volume.uses_later() || self.max_venue_messages != u32::MAX || self.short.uses_later()
    }

    fn encode_first(&self, out: &mut Vec<u8>) {
        let Self {
            max_order_quantity,
            max_order_notional,
            max_open_orders,
            max_position,
            max_messages,
            message_window,
            duplicate_window,
            price,
            volume,
            exposure,
            loss,
            conduct,
            data,
            short,
            escalation,
            scaling,
            max_venue_messages: _,
        } = self;
        (max_order_quantity, max_order_notional, max_open_orders).encode(out);
        (max_position, max_messages, message_window, duplicate_window).encode(out);
        price.encode(out);
        volume.encode_first(out);
        (exposure, loss, conduct, data).encode(out);
        short.encode_first(out);
        (escalation, scaling).encode(out);
    }

    fn encode_later(&self, out: &mut Vec<u8>) {
        self.volume.encode_later(out);
        self.max_venue_messages.encode(out);
        self.short.encode_later(out);
    }

    fn decode_first(from: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            max_order_quantity: Decode::decode(from)?,
            max_order_notional: Decode::decode(from)?,
            max_open_orders: Decode::decode(from)?,
            max_position: Decode::decode(from)?,
            max_messages: Decode::decode(from)?,
            message_window: Decode::decode(from)?,
            duplicate_window: Decode::decode(from)?,
            price: Decode::decode(from)?,
            volume: VolumeLimits::decode_first(from)?,
            exposure: Decode::decode(from)?,
            loss: Decode::decode(from)?,
            conduct: Decode::decode(from)?,
            data: Decode::decode(from)?,
            short: ShortLimits::decode_first(from)?,
            escalation: Decode::decode(from)?,
            scaling: Decode::decode(from)?,
            max_venue_messages: u32::MAX,
        })
    }

    fn decode_later(&mut self, from: &mut &[u8]) -> Result<(), DecodeError> {
        self.volume.decode_later(from)?;
        self.max_venue_messages = Decode::decode(from)?;
        self.short.decode_later(from)
    }
}

impl Grown for VolumeLimits {
    fn uses_later(&self) -> bool {
        self.max_depth_share != Rate::MAX
    }

    fn encode_first(&self, out: &mut Vec<u8>) {
        let Self {
            max_book_share,
            max_day_share,
            max_depth_share: _,
        } = self;
        (max_book_share, max_day_share).encode(out);
    }

    fn encode_later(&self, out: &mut Vec<u8>) {
        self.max_depth_share.encode(out);
    }

    fn decode_first(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let (max_book_share, max_day_share) = Decode::decode(from)?;
        Ok(Self {
            max_book_share,
            max_day_share,
            max_depth_share: Rate::MAX,
        })
    }

    fn decode_later(&mut self, from: &mut &[u8]) -> Result<(), DecodeError> {
        self.max_depth_share = Decode::decode(from)?;
        Ok(())
    }
}

impl Grown for ShortLimits {
    fn uses_later(&self) -> bool {
        self.locate_required
    }

    fn encode_first(&self, out: &mut Vec<u8>) {
        let Self {
            no_short_sale,
            max_day_trades,
            day_trade_days,
            locate_required: _,
        } = self;
        (no_short_sale, max_day_trades, day_trade_days).encode(out);
    }

    fn encode_later(&self, out: &mut Vec<u8>) {
        self.locate_required.encode(out);
    }

    fn decode_first(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let (no_short_sale, max_day_trades, day_trade_days) = Decode::decode(from)?;
        Ok(Self {
            no_short_sale,
            max_day_trades,
            day_trade_days,
            locate_required: false,
        })
    }

    fn decode_later(&mut self, from: &mut &[u8]) -> Result<(), DecodeError> {
        self.locate_required = Decode::decode(from)?;
        Ok(())
    }
}

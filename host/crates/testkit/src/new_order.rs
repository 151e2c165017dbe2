//! A `new-order` record of `wit/v1` as it lies in a guest's memory, by the layout of the canonical
//! ABI. Written by hand, so that a mistake in what reads it cannot hide behind the same mistake.

use std::fmt::Write;

/// Where the parts of the record are, in bytes from its start.
pub mod at {
    #![allow(missing_docs, reason = "the names are the contract's")]

    pub const SIDE: usize = 4;
    pub const KIND: usize = 8;
    /// The first number of what the kind carries: a price, a trigger's price or an offset's case.
    pub const KIND_VALUE: usize = 16;
    pub const QUANTITY: usize = 72;
    pub const TIF: usize = 80;
    pub const TIF_VALUE: usize = 88;
    pub const INTENT: usize = 96;
    pub const POST_ONLY: usize = 104;
    pub const REDUCE_ONLY: usize = 105;
    pub const QUOTE_QUANTITY: usize = 106;
    pub const DISPLAY: usize = 112;
    pub const DISPLAY_VALUE: usize = 120;
    pub const HOLD: usize = 128;
    pub const HOLD_PRICE: usize = 136;
    pub const HOLD_BY: usize = 144;
    pub const PARENT: usize = 152;
    pub const PARENT_VALUE: usize = 153;
    pub const PEERS: usize = 154;
    pub const GROUP: usize = 155;
    pub const RULE: usize = 156;
    pub const TAG: usize = 160;
    pub const TAG_LENGTH: usize = 164;
    pub const POSITION: usize = 168;
    pub const POSITION_VALUE: usize = 176;
}

/// The record under construction; all zero it is a market order to buy nothing of instrument 0.
#[derive(Debug, Clone, Copy)]
pub struct NewOrder([u8; NewOrder::SIZE]);

impl Default for NewOrder {
    fn default() -> Self {
        Self([0; Self::SIZE])
    }
}

impl NewOrder {
    /// Bytes of the record.
    pub const SIZE: usize = 184;

    /// Sets one byte: a case, a flag or a small number.
    #[must_use]
    pub fn byte(mut self, place: usize, value: u8) -> Self {
        self.0[place] = value;
        self
    }

    /// Sets a 64-bit number.
    #[must_use]
    pub fn number(mut self, place: usize, value: u64) -> Self {
        self.0[place..place + 8].copy_from_slice(&value.to_le_bytes());
        self
    }

    /// Points at a tag in memory.
    #[must_use]
    pub fn tag(mut self, address: u32, length: u32) -> Self {
        self.0[at::TAG..at::TAG + 4].copy_from_slice(&address.to_le_bytes());
        self.0[at::TAG_LENGTH..at::POSITION].copy_from_slice(&length.to_le_bytes());
        self
    }

    /// A data segment that puts orders at an address, one after the other.
    pub fn data(orders: &[NewOrder], address: u32) -> String {
        let mut text = format!("(data (i32.const {address}) \"");
        for byte in orders.iter().flat_map(|order| order.0) {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\{byte:02x}");
        }
        text.push_str("\")");
        text
    }
}

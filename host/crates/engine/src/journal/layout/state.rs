//! The layout of what only a snapshot of the engine holds, of the model's types.

use crate::journal::codec::{Decode, DecodeError, Encode, fields, variants};
use model::{Balance, BookRefusal, BookView, Interner, MarginState, MarginStatus, PriceLevel};

fields! {
    Balance { total, locked }
    PriceLevel { price, size }
    BookView { instrument, bids, asks, ts_event, ts_init }
    MarginStatus { state, equity, maintenance, since }
}

variants!(MarginState { 0 => Covered, 1 => Called, 2 => Liquidating, 3 => Short });
variants!(BookRefusal {
    0 => Old { applied, last },
    1 => NoSnapshot,
    2 => Gap { applied, first },
    3 => Crossed,
    4 => BadLevel,
    5 => OtherKind,
    6 => TooLarge,
});

impl Encode for Interner {
    fn encode(&self, out: &mut Vec<u8>) {
        self.names().to_vec().encode(out);
    }
}

impl Decode for Interner {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let mut interner = Self::default();
        for name in Vec::<String>::decode(from)? {
            interner.intern(&name);
        }
        Ok(interner)
    }
}

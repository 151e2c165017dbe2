//! Names are interned once and travel as u32 handles; text appears only at the edges.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(u32);

        impl $name {
            /// From the handle's number.
            pub const fn new(number: u32) -> Self {
                Self(number)
            }

            /// The handle's number.
            pub const fn number(self) -> u32 {
                self.0
            }

            /// The handle as an index into a table.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl From<u32> for $name {
            fn from(number: u32) -> Self {
                Self(number)
            }
        }
    };
}

handle!(
    /// An instrument, by the order in which it was added to the engine.
    InstrumentId
);
handle!(
    /// A venue or simulated exchange.
    VenueId
);
handle!(
    /// A currency or other unit of account, such as USD or BTC.
    CurrencyId
);
handle!(
    /// An account at one venue.
    AccountId
);
handle!(
    /// A strategy; orders and positions belong to it through every swap of its plugin.
    StrategyId
);

handle!(
    /// An execution algorithm, by the order of definition.
    AlgorithmId
);
handle!(
    /// A custom pre-trade rule, by the order of definition.
    RuleId
);

/// A client order id: unique within a run, derived from the input's sequence and a counter, so
/// that a retry after a crash repeats the same id instead of making a second order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OrderId(u64);

impl OrderId {
    /// Bits that count orders within one input.
    const COUNTER_BITS: u32 = 12;
    /// Orders that one input may create.
    pub const PER_SEQUENCE: u64 = 1 << Self::COUNTER_BITS;
    /// Marks ids of a muted candidate, which never become orders.
    const MUTED: u64 = 1 << 63;

    /// The `n`-th order made by the input with `sequence`; `None` when out of range.
    pub const fn derive(sequence: u64, n: u64) -> Option<Self> {
        if n >= Self::PER_SEQUENCE || sequence >= Self::MUTED >> Self::COUNTER_BITS {
            return None;
        }
        Some(Self(sequence << Self::COUNTER_BITS | n))
    }

    /// The `n`-th id handed to a muted candidate.
    pub const fn muted(n: u64) -> Self {
        Self(Self::MUTED | n)
    }

    /// Whether this id was handed to a muted candidate.
    pub const fn is_muted(self) -> bool {
        self.0 & Self::MUTED != 0
    }

    /// From its number, as a guest or the journal gives it back.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The id as a number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The sequence of the input that made the order.
    pub const fn sequence(self) -> u64 {
        self.0 >> Self::COUNTER_BITS
    }

    /// The next id of the same input; `None` when the input has made all it may.
    pub const fn next(self) -> Option<Self> {
        if self.is_muted() {
            return Some(Self(self.0 + 1));
        }
        let n = self.0 & (Self::PER_SEQUENCE - 1);
        if n + 1 == Self::PER_SEQUENCE {
            None
        } else {
            Some(Self(self.0 + 1))
        }
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_muted() {
            return write!(f, "muted-{}", self.0 & !Self::MUTED);
        }
        write!(
            f,
            "{}-{}",
            self.sequence(),
            self.0 & (Self::PER_SEQUENCE - 1)
        )
    }
}

impl fmt::Debug for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for OrderId {
    type Err = String;

    /// Reads `sequence-n`, the form in which ids are shown.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text
            .split_once('-')
            .and_then(|(sequence, n)| OrderId::derive(sequence.parse().ok()?, n.parse().ok()?));
        parts.ok_or_else(|| format!("`{text}` is not an order id such as 1024-0"))
    }
}

/// One of several positions that a strategy of a hedging account holds in one instrument at once: named
/// by the order that opened it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PositionId(OrderId);

impl PositionId {
    /// The position that an order opens.
    pub const fn opened_by(order: OrderId) -> Self {
        Self(order)
    }

    /// The order that opened it.
    pub const fn opener(self) -> OrderId {
        self.0
    }
}

impl fmt::Display for PositionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for PositionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for PositionId {
    type Err = String;

    /// Reads `sequence-n`, the id of the order that opened it.
    fn from_str(text: &str) -> Result<Self, String> {
        let order = text.parse();
        let order = order.map_err(|_| format!("`{text}` is not a position id such as 1024-0"));
        order.map(Self)
    }
}

/// The content hash (SHA-256, FIPS 180-4) that names a plugin's bytes: what `sha256sum` prints of its
/// file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PluginHash([u8; 32]);

impl PluginHash {
    /// Of a plugin's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From the digest.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From text as it is shown; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        // `from_str_radix` would take a sign for a digit.
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for PluginHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PluginHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A table from names to handles. Handles count up from zero in the order of first use, so the
/// same names in the same order give the same handles in every run.
#[derive(Debug, Clone, Default)]
pub struct Interner {
    names: Vec<String>,
    handles: HashMap<String, u32>,
}

impl Interner {
    /// The handle of `name`, made on first use.
    pub fn intern(&mut self, name: &str) -> u32 {
        if let Some(&handle) = self.handles.get(name) {
            return handle;
        }
        // More than u32::MAX names would exhaust memory first.
        let handle = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.handles.insert(name.to_owned(), handle);
        handle
    }

    /// The handle of `name` if it is known.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.handles.get(name).copied()
    }

    /// The name behind a handle.
    pub fn name(&self, handle: u32) -> Option<&str> {
        self.names.get(handle as usize).map(String::as_str)
    }

    /// All names in the order of their handles.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_ids_derive_from_sequence_and_counter() {
        let id = OrderId::derive(7, 3).unwrap();
        assert_eq!((id.sequence(), id.to_string().as_str()), (7, "7-3"));
        assert_eq!("7-3".parse(), Ok(id));
        assert_eq!(OrderId::derive(7, OrderId::PER_SEQUENCE), None);
        assert_eq!(
            OrderId::derive(7, OrderId::PER_SEQUENCE - 1)
                .unwrap()
                .next(),
            None
        );
        assert!(OrderId::muted(4).is_muted() && !id.is_muted());
        assert!("seven".parse::<OrderId>().is_err());
        assert_eq!("7-3".parse(), Ok(PositionId::opened_by(id)));
        let wrong = "seven".parse::<PositionId>();
        assert!(wrong.is_err_and(|reason| reason.contains("`seven` is not a position id")));
    }

    #[test]
    fn a_plugin_is_named_by_sha_256() {
        // The one-block example of NIST's test vectors.
        let expect = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(PluginHash::of(b"abc").to_string(), expect);
        assert_eq!(PluginHash::parse(expect), Some(PluginHash::of(b"abc")));
        assert_eq!(PluginHash::parse(&expect[1..]), None);
        assert_eq!(PluginHash::parse(&"+f".repeat(32)), None);
    }

    #[test]
    fn interning_is_stable() {
        let mut names = Interner::default();
        assert_eq!(
            (
                names.intern("EUR"),
                names.intern("USD"),
                names.intern("EUR")
            ),
            (0, 1, 0)
        );
        assert_eq!((names.name(1), names.get("JPY")), (Some("USD"), None));
    }
}

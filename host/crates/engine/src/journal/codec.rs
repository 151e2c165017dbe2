//! How values become bytes and come back: little-endian, in the order of their fields, lists with
//! a u32 length. Decoding never trusts a length and never panics.

use super::Tag;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Why bytes could not be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The record ends before its last field.
    #[error("the record ends too early")]
    Truncated,
    /// The record goes on after its last field.
    #[error("the record has {0} bytes too many")]
    Trailing(usize),
    /// A number that stands for nothing in this format.
    #[error("unknown {what} {number}")]
    Unknown {
        /// What it should have been.
        what: &'static str,
        /// The number found.
        number: u8,
    },
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    Text,
}

/// A value that can be written to the journal.
pub trait Encode {
    /// Appends the value.
    fn encode(&self, out: &mut Vec<u8>);
}

/// A value that can be read from the journal.
pub trait Decode: Sized {
    /// Reads the value off the front of `from`.
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError>;
}

/// Appends a framed record.
pub(super) fn encode_frame(out: &mut Vec<u8>, tag: Tag, payload: &impl Encode) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, tag as u8]);
    payload.encode(out);
    // Payloads are bounded far below 4 GiB by the limits on state, history and intents.
    let length = u32::try_from(out.len() - start - 5).unwrap_or(u32::MAX);
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// Reads a whole payload.
pub fn decode_all<T: Decode>(mut bytes: &[u8]) -> Result<T, DecodeError> {
    let value = T::decode(&mut bytes)?;
    if bytes.is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::Trailing(bytes.len()))
    }
}

pub(super) fn take<'a>(from: &mut &'a [u8], count: usize) -> Result<&'a [u8], DecodeError> {
    let (head, tail) = from.split_at_checked(count).ok_or(DecodeError::Truncated)?;
    *from = tail;
    Ok(head)
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Encode for $number {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
        impl Decode for $number {
            fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
                let bytes = take(from, size_of::<$number>())?;
                bytes.try_into().map(<$number>::from_le_bytes).map_err(|_| DecodeError::Truncated)
            }
        }
    )*};
}
numbers!(u8, u32, u64, i64, i128);

impl Encode for usize {
    fn encode(&self, out: &mut Vec<u8>) {
        (*self as u64).encode(out);
    }
}

impl Decode for usize {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        u64::decode(from)?
            .try_into()
            .map_err(|_| DecodeError::Truncated)
    }
}

impl Encode for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Decode for bool {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        match u8::decode(from)? {
            0 => Ok(false),
            1 => Ok(true),
            number => Err(DecodeError::Unknown {
                what: "truth value",
                number,
            }),
        }
    }
}

impl<T: Encode, const N: usize> Encode for [T; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|item| item.encode(out));
    }
}

impl<T: Decode, const N: usize> Decode for [T; N] {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let items: Result<Vec<T>, DecodeError> = (0..N).map(|_| T::decode(from)).collect();
        items?.try_into().map_err(|_| DecodeError::Truncated)
    }
}

impl Encode for String {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        out.extend_from_slice(self.as_bytes());
    }
}

impl Decode for String {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let length = u32::decode(from)? as usize;
        let bytes = take(from, length)?;
        std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|_| DecodeError::Text)
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        self.iter().for_each(|item| item.encode(out));
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let length = u32::decode(from)? as usize;
        // No item is smaller than a byte, so a lying length cannot ask for more than is there.
        if length > from.len() {
            return Err(DecodeError::Truncated);
        }
        (0..length).map(|_| T::decode(from)).collect()
    }
}

impl<T: Encode> Encode for VecDeque<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        self.iter().for_each(|item| item.encode(out));
    }
}

impl<T: Decode> Decode for VecDeque<T> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        Vec::decode(from).map(Self::from)
    }
}

impl<T: Encode> Encode for BTreeSet<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        self.iter().for_each(|item| item.encode(out));
    }
}

impl<T: Decode + Ord> Decode for BTreeSet<T> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        Vec::decode(from).map(Self::from_iter)
    }
}

impl<K: Encode, V: Encode> Encode for BTreeMap<K, V> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        for (key, value) in self {
            key.encode(out);
            value.encode(out);
        }
    }
}

impl<K: Decode + Ord, V: Decode> Decode for BTreeMap<K, V> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        Vec::decode(from).map(Self::from_iter)
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_some().encode(out);
        if let Some(value) = self {
            value.encode(out);
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        if bool::decode(from)? {
            T::decode(from).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<T: Encode, E: Encode> Encode for Result<T, E> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_ok().encode(out);
        match self {
            Ok(value) => value.encode(out),
            Err(error) => error.encode(out),
        }
    }
}

impl<T: Decode, E: Decode> Decode for Result<T, E> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        if bool::decode(from)? {
            T::decode(from).map(Ok)
        } else {
            E::decode(from).map(Err)
        }
    }
}

impl<T: Encode> Encode for &T {
    fn encode(&self, out: &mut Vec<u8>) {
        (*self).encode(out);
    }
}

macro_rules! tuples {
    ($($name:ident),*) => {
        impl<$($name: Encode),*> Encode for ($($name,)*) {
            #[allow(non_snake_case, reason = "the macro names values after their types")]
            fn encode(&self, out: &mut Vec<u8>) {
                let ($($name,)*) = self;
                $($name.encode(out);)*
            }
        }
        impl<$($name: Decode),*> Decode for ($($name,)*) {
            fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
                Ok(($($name::decode(from)?,)*))
            }
        }
    };
}
tuples!(A, B);
tuples!(A, B, C);
tuples!(A, B, C, D);
tuples!(A, B, C, D, E);

fn encode_length(length: usize, out: &mut Vec<u8>) {
    u32::try_from(length).unwrap_or(u32::MAX).encode(out);
}

/// Writes a struct as its fields in order. Those behind the minus are not written, and come back as
/// their defaults. A field that is named in neither place does not compile.
macro_rules! fields {
    ($($name:ident { $($field:ident),* $(,)? } $(- { $($left:ident),* $(,)? })?)*) => {$(
        impl $crate::journal::codec::Encode for $name {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                let Self { $($field,)* $($($left: _,)*)? } = self;
                $($crate::journal::codec::Encode::encode($field, out);)*
            }
        }
        impl $crate::journal::codec::Decode for $name {
            fn decode(
                from: &mut &[u8],
            ) -> Result<Self, $crate::journal::codec::DecodeError> {
                Ok(Self {
                    $($field: $crate::journal::codec::Decode::decode(from)?,)*
                    $($($left: Default::default(),)*)?
                })
            }
        }
    )*};
}

/// Writes a struct of nameless fields as those in order.
macro_rules! wrappers {
    ($($name:ident($($field:ident),*)),* $(,)?) => {$(
        impl $crate::journal::codec::Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                let Self($($field),*) = self;
                $($crate::journal::codec::Encode::encode($field, out);)*
            }
        }
        impl $crate::journal::codec::Decode for $name {
            fn decode(
                from: &mut &[u8],
            ) -> Result<Self, $crate::journal::codec::DecodeError> {
                $(let $field = $crate::journal::codec::Decode::decode(from)?;)*
                Ok(Self($($field),*))
            }
        }
    )*};
}

/// Writes a newtype as the number inside.
macro_rules! newtypes {
    ($($name:ident: $raw:ty, $into:ident, $from:path;)*) => {$(
        impl $crate::journal::codec::Encode for $name {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                self.$into().encode(out);
            }
        }
        impl $crate::journal::codec::Decode for $name {
            fn decode(
                from: &mut &[u8],
            ) -> Result<Self, $crate::journal::codec::DecodeError> {
                <$raw>::decode(from).map($from)
            }
        }
    )*};
}

/// Writes an enum as a number and the variant's fields in order.
macro_rules! variants {
    ($name:ident { $($number:literal => $variant:ident
        $(( $($item:ident),* ))? $({ $($field:ident),* })? ),* $(,)? }) => {
        impl $crate::journal::codec::Encode for $name {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(( $($item),* ))? $({ $($field),* })? => {
                        out.push($number);
                        $($($crate::journal::codec::Encode::encode($item, out);)*)?
                        $($($crate::journal::codec::Encode::encode($field, out);)*)?
                    })*
                }
            }
        }
        impl $crate::journal::codec::Decode for $name {
            fn decode(
                from: &mut &[u8],
            ) -> Result<Self, $crate::journal::codec::DecodeError> {
                Ok(match u8::decode(from)? {
                    $($number => {
                        $($(let $item = $crate::journal::codec::Decode::decode(from)?;)*)?
                        $($(let $field = $crate::journal::codec::Decode::decode(from)?;)*)?
                        Self::$variant $(( $($item),* ))? $({ $($field),* })?
                    })*
                    number => return Err($crate::journal::codec::DecodeError::Unknown {
                        what: stringify!($name),
                        number,
                    }),
                })
            }
        }
    };
}
pub(crate) use {fields, newtypes, variants, wrappers};

impl<T: Encode> Encode for Box<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (**self).encode(out);
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        T::decode(from).map(Box::new)
    }
}

impl<T: Encode> Encode for Arc<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (**self).encode(out);
    }
}

impl<T: Decode> Decode for Arc<T> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        T::decode(from).map(Arc::new)
    }
}

//! A short text that travels with an order.

use std::fmt;
use std::str::FromStr;

/// A label a strategy puts on an order, to find it again: at most 32 printable ASCII characters.
/// People see it, and so does the version that takes over after a swap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tag {
    bytes: [u8; Tag::MAX_LENGTH],
    length: u8,
}

/// Why a text is not a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tag: it must be at most 32 printable ASCII characters")]
pub struct TagError(String);

impl Tag {
    /// The most characters of a tag.
    pub const MAX_LENGTH: usize = 32;
    /// No tag.
    pub const NONE: Self = Self {
        bytes: [0; Self::MAX_LENGTH],
        length: 0,
    };

    /// The text.
    pub fn as_str(&self) -> &str {
        let text = self.bytes.get(..usize::from(self.length));
        // Only ASCII ever gets in.
        std::str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let mut tag = Self::NONE;
        let place = tag.bytes.get_mut(..text.len()).filter(|_| printable);
        let (Some(place), Ok(length)) = (place, u8::try_from(text.len())) else {
            return Err(TagError(text.to_owned()));
        };
        place.copy_from_slice(text.as_bytes());
        tag.length = length;
        Ok(tag)
    }
}

impl PartialEq<str> for Tag {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == text
    }
}

impl PartialEq<&str> for Tag {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_back_as_they_were_given() {
        for text in ["", "entry", "a tag of thirty-two characters!!"] {
            assert_eq!(text.parse::<Tag>().unwrap(), *text);
        }
        for bad in ["a tag of thirty-three characters!", "new\nline", "ü", "\0"] {
            assert!(bad.parse::<Tag>().is_err(), "{bad:?}");
        }
    }
}

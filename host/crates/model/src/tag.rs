//! A short text that travels with an order.

use std::fmt;

/// The most bytes a tag has.
pub const MAX_TAG: usize = 32;

/// A label its sender puts on an order, to find it again; empty for none. Printable ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Tag([u8; MAX_TAG]);

/// Why a text is not a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tag is at most {MAX_TAG} printable ASCII characters")]
pub struct BadTag;

impl Tag {
    /// No tag.
    pub const NONE: Tag = Tag([0; MAX_TAG]);

    /// The text.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0);
        let bytes = self.0.get(..end.unwrap_or(MAX_TAG)).unwrap_or_default();
        // Only ASCII ever gets in.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0[0] == 0
    }
}

impl std::str::FromStr for Tag {
    type Err = BadTag;

    fn from_str(text: &str) -> Result<Self, BadTag> {
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let mut bytes = [0; MAX_TAG];
        let place = bytes.get_mut(..text.len()).filter(|_| printable);
        place.ok_or(BadTag)?.copy_from_slice(text.as_bytes());
        Ok(Self(bytes))
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
            assert_eq!(text.parse::<Tag>().unwrap().as_str(), text);
        }
        for bad in ["a tag of thirty-three characters!", "new\nline", "ü", "\0"] {
            assert_eq!(bad.parse::<Tag>(), Err(BadTag));
        }
    }
}

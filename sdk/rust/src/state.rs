//! State that outlives an instance: what `save` returns and `load` takes.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes with the author's version number for their format.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SavedState {
    /// The version of the format.
    pub version: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl SavedState {
    /// Nothing to keep: version 0, no bytes.
    pub const EMPTY: Self = Self {
        version: 0,
        bytes: Vec::new(),
    };

    /// Packs `value` in the [postcard](https://postcard.jamesmunns.com) format. A value that cannot
    /// be packed (a sequence of unknown length) leaves the bytes empty, which [`Self::decode`]
    /// refuses.
    pub fn encode<T: Serialize>(version: u32, value: &T) -> Self {
        Self {
            version,
            bytes: postcard::to_allocvec(value).unwrap_or_default(),
        }
    }

    /// The state itself if it has the version this strategy reads, or an error that names both.
    pub fn expect_version(self, version: u32) -> Result<Self, String> {
        if self.version == version {
            return Ok(self);
        }
        Err(format!(
            "saved state has version {}, this strategy reads {version}",
            self.version
        ))
    }

    /// Unpacks what [`Self::encode`] packed. All bytes must be used, so that a longer, newer format
    /// is not read by half.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, String> {
        match postcard::take_from_bytes(&self.bytes) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => Err(format!("saved state has {} bytes too many", rest.len())),
            Err(error) => Err(format!("saved state of version {}: {error}", self.version)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_survives_the_round_trip_and_nothing_else_does() {
        let state = SavedState::encode(3, &(7_u64, "seven".to_owned(), vec![1.5_f64]));
        assert_eq!(
            state.decode(),
            Ok((7_u64, "seven".to_owned(), vec![1.5_f64]))
        );
        assert!(
            state
                .decode::<(u64, String)>()
                .unwrap_err()
                .contains("too many")
        );
        assert!(SavedState::EMPTY.decode::<u64>().is_err());
    }
}

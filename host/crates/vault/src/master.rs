//! The master key, and where it is. It wraps data keys and authenticates the file; it seals no value itself.

use crate::error::VaultError;
use crate::files;
use crate::seal::{self, KEY, Key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// How the text of a key begins: its kind and the version of its form.
const BEGINNING: &str = "argonaut-master-1.";
/// One key for each use, and an id that tells nothing of any.
const WRAPPING: &str = "argonaut secrets 2026-11 wrapping of data keys";
const WHOLE: &str = "argonaut secrets 2026-11 the whole file";
const ID: &str = "argonaut secrets 2026-11 id of a master key";
/// Hex digits of an id.
const ID_DIGITS: usize = 16;

/// A master key. Its debug form shows its id only.
#[derive(Clone)]
pub struct MasterKey {
    bytes: Key,
    id: String,
}

impl MasterKey {
    /// A new one.
    ///
    /// # Errors
    /// [`VaultError::Entropy`].
    pub fn generate() -> Result<Self, VaultError> {
        Ok(Self::of(seal::random()?))
    }

    fn of(bytes: Key) -> Self {
        let digest = blake3::Hash::from(blake3::derive_key(ID, &bytes[..]));
        let id = digest.to_hex().chars().take(ID_DIGITS).collect();
        Self { bytes, id }
    }

    /// Reads the text of a key.
    ///
    /// # Errors
    /// What is wrong with it; never the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("there is no master key; one is a line that begins with `{BEGINNING}`");
        let coded = text.trim().strip_prefix(BEGINNING).ok_or_else(wrong)?;
        let bytes = URL_SAFE_NO_PAD.decode(coded).map_err(|_| wrong())?;
        let bytes = Zeroizing::new(bytes);
        let bytes: [u8; KEY] = bytes.as_slice().try_into().map_err(|_| wrong())?;
        Ok(Self::of(Zeroizing::new(bytes)))
    }

    /// The key's text, as its file has it.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        let coded = Zeroizing::new(URL_SAFE_NO_PAD.encode(&self.bytes[..]));
        Zeroizing::new(format!("{BEGINNING}{}\n", coded.as_str()))
    }

    /// The name of the key, which says nothing of it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What wraps data keys.
    pub(crate) fn wrapping(&self) -> Key {
        Zeroizing::new(blake3::derive_key(WRAPPING, &self.bytes[..]))
    }

    /// The proof that bytes were written by who had the key.
    pub(crate) fn proof(&self, bytes: &[u8]) -> blake3::Hash {
        let key = Zeroizing::new(blake3::derive_key(WHOLE, &self.bytes[..]));
        blake3::keyed_hash(&key, bytes)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// Where the master key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a file that only its owner may read.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Environment(name) => write!(f, "the environment's {name}"),
        }
    }
}

impl KeyPlace {
    /// The key that is there.
    ///
    /// # Errors
    /// There is none, or others may read its file.
    pub fn read(&self) -> Result<MasterKey, VaultError> {
        let wrong = |reason: String| VaultError::Key {
            place: self.to_string(),
            reason,
        };
        match self {
            Self::File(file) => {
                let missing =
                    || wrong("there is no such file; `argonaut secrets init` makes one".to_owned());
                let bytes = files::read(file)?.ok_or_else(missing)?;
                let text = std::str::from_utf8(&bytes).unwrap_or_default();
                MasterKey::parse(text).map_err(wrong)
            }
            Self::Environment(name) => {
                let text = Zeroizing::new(std::env::var(name).unwrap_or_default());
                MasterKey::parse(&text).map_err(wrong)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_its_text_and_shows_nowhere() {
        let key = MasterKey::generate().unwrap();
        let text = key.text();
        let again = MasterKey::parse(&text).unwrap();
        assert_eq!(again.id(), key.id());
        assert_eq!(again.proof(b"x"), key.proof(b"x"));
        assert_eq!(key.id().len(), ID_DIGITS);
        let shown = format!("{key:?}");
        let coded = text.trim().strip_prefix(BEGINNING).unwrap();
        assert!(
            !shown.contains(coded) && shown.contains(key.id()),
            "{shown}"
        );
        assert_ne!(MasterKey::generate().unwrap().id(), key.id());
    }

    #[test]
    fn what_is_no_key_is_not_repeated() {
        let good = MasterKey::generate().unwrap().text();
        let short = good.trim().get(..40).unwrap().to_owned();
        let other = good.replace("master-1", "master-2");
        for wrong in ["", "hunter2", short.as_str(), other.as_str()] {
            let error = MasterKey::parse(wrong).unwrap_err();
            assert!(wrong.is_empty() || !error.contains(wrong), "{error}");
        }
    }
}

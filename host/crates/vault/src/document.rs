//! The file: a line of JSON, and a line with the proof that it was written by who had the master key. So
//! no byte of it can be changed, no entry removed and none put in the place of another.

use crate::error::VaultError;
use crate::master::MasterKey;
use crate::name::Name;
use crate::seal::{self, KEY, Key};
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

const FORMAT: &str = "argonaut-secrets";
const VERSION: u32 = 1;
/// Bound into what is sealed, so that nothing that is sealed for something else opens here.
const VALUE: &str = "argonaut secret 1 value";
const DATA_KEY: &str = "argonaut secret 1 data key";

/// What the first line says of itself.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// The first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    format: String,
    version: u32,
    /// The id of the master key that wraps the data keys.
    pub(crate) master: String,
    /// By name.
    pub(crate) secrets: Vec<Entry>,
}

/// A secret, sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) name: Name,
    /// 1, and one more each time it is set.
    pub(crate) version: u64,
    /// Milliseconds since the epoch.
    pub(crate) set_ms: u64,
    /// The name of the data key.
    data_key: String,
    /// The data key, wrapped by the master key.
    wrapped: String,
    /// The value, sealed by the data key.
    sealed: String,
}

impl Document {
    /// One without secrets.
    pub(crate) fn empty(master: &MasterKey) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            master: master.id().to_owned(),
            secrets: Vec::new(),
        }
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self, master: &MasterKey) -> Result<Vec<u8>, VaultError> {
        let refused = |error: serde_json::Error| VaultError::Refused(error.to_string());
        let mut bytes = serde_json::to_vec(self).map_err(refused)?;
        let proof = master.proof(&bytes).to_hex();
        bytes.push(b'\n');
        bytes.extend_from_slice(proof.as_bytes());
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads the bytes of `file`. `find` gives the master key of an id. Returns the key, too.
    pub(crate) fn read(
        file: &Path,
        bytes: &[u8],
        find: impl FnOnce(&str) -> Result<MasterKey, VaultError>,
    ) -> Result<(Self, MasterKey), VaultError> {
        let broken = |reason: &str| VaultError::broken(file, reason);
        let cut = || broken("is not whole: it has two lines, each with its end");
        let text = std::str::from_utf8(bytes).map_err(|_| broken("is no text"))?;
        let (body, rest) = text.split_once('\n').ok_or_else(cut)?;
        let proof = rest.strip_suffix('\n').ok_or_else(cut)?;
        let no_json = |_| broken("its first line is not what a file of secrets begins with");
        let head: Head = serde_json::from_str(body).map_err(no_json)?;
        if head.format != FORMAT {
            return Err(broken("is no file of secrets"));
        }
        if head.version != VERSION {
            let reason = format!(
                "is of version {}, and this program reads version {VERSION}; use the one that wrote it",
                head.version
            );
            return Err(broken(&reason));
        }
        let document: Self = serde_json::from_str(body).map_err(no_json)?;
        let master = find(&document.master)?;
        let expected = master.proof(body.as_bytes());
        // As text too: one hash has many spellings, and only one was written.
        let is_same = blake3::Hash::from_hex(proof).is_ok_and(|given| given == expected);
        if !is_same || expected.to_hex().as_str() != proof {
            return Err(broken(
                "is not as it was written; put back a copy that is whole, and look who can write it",
            ));
        }
        Ok((document, master))
    }

    /// The secret of that name.
    pub(crate) fn find(&self, name: &Name) -> Option<&Entry> {
        self.secrets.iter().find(|entry| entry.name == *name)
    }

    /// Puts a secret in its place by name, in the place of the one before.
    pub(crate) fn put(&mut self, entry: Entry) {
        self.secrets.retain(|known| known.name != entry.name);
        self.secrets.push(entry);
        self.secrets.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

impl Entry {
    /// Seals a value by a new data key.
    pub(crate) fn seal(
        name: &Name,
        version: u64,
        set_ms: u64,
        value: &Value,
        master: &MasterKey,
    ) -> Result<Self, VaultError> {
        let key: Key = seal::random()?;
        let id = u64::from_be_bytes(*seal::random::<8>()?);
        let mut entry = Self {
            name: name.clone(),
            version,
            set_ms,
            data_key: format!("{id:016x}"),
            wrapped: String::new(),
            sealed: String::new(),
        };
        entry.sealed = seal::seal(&key, &entry.value_bound(), value.reveal().as_bytes())?;
        entry.wrap(&key, master)?;
        Ok(entry)
    }

    /// Wraps the data key by another master key. The value is not unsealed for that.
    pub(crate) fn rewrap(
        &mut self,
        old: &MasterKey,
        new: &MasterKey,
        file: &Path,
    ) -> Result<(), VaultError> {
        let key = self.unwrap_key(old, file)?;
        self.wrap(&key, new)
    }

    /// The value.
    pub(crate) fn value(&self, master: &MasterKey, file: &Path) -> Result<Value, VaultError> {
        let key = self.unwrap_key(master, file)?;
        let bytes = seal::open(&key, &self.value_bound(), &self.sealed);
        let bytes = bytes.ok_or_else(|| self.broken(file, "value"))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| self.broken(file, "value"))?;
        Value::new(text.to_owned()).map_err(|_| self.broken(file, "value"))
    }

    fn wrap(&mut self, key: &Key, master: &MasterKey) -> Result<(), VaultError> {
        let bound = self.key_bound(master);
        self.wrapped = seal::seal(&master.wrapping(), &bound, &key[..])?;
        Ok(())
    }

    fn unwrap_key(&self, master: &MasterKey, file: &Path) -> Result<Key, VaultError> {
        let bytes = seal::open(&master.wrapping(), &self.key_bound(master), &self.wrapped);
        let key = bytes.and_then(|bytes| <[u8; KEY]>::try_from(bytes.as_slice()).ok());
        let key = key.map(Zeroizing::new);
        key.ok_or_else(|| self.broken(file, "data key"))
    }

    fn key_bound(&self, master: &MasterKey) -> Vec<u8> {
        let version = self.version.to_string();
        let name = self.name.as_str();
        seal::bound(&[DATA_KEY, name, &version, &self.data_key, master.id()])
    }

    fn value_bound(&self) -> Vec<u8> {
        let version = self.version.to_string();
        seal::bound(&[VALUE, self.name.as_str(), &version, &self.data_key])
    }

    fn broken(&self, file: &Path, what: &str) -> VaultError {
        let reason = format!(
            "the {what} of `{}` is not what was sealed; set it anew, or put back a copy that is whole",
            self.name
        );
        VaultError::broken(file, reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn made(master: &MasterKey) -> Document {
        let mut document = Document::empty(master);
        for (version, text) in (1..).zip(["one", "two"]) {
            let value = Value::new(format!("value of {text}")).unwrap();
            document.put(Entry::seal(&name(text), version, 7, &value, master).unwrap());
        }
        document
    }

    fn read(bytes: &[u8], master: &MasterKey) -> Result<Document, VaultError> {
        let find = |id: &str| {
            let is_ours = id == master.id();
            is_ours
                .then(|| master.clone())
                .ok_or_else(|| VaultError::Refused("another key".to_owned()))
        };
        Document::read(Path::new("secrets"), bytes, find).map(|(document, _)| document)
    }

    fn value(document: &Document, text: &str, master: &MasterKey) -> Option<String> {
        let entry = document.find(&name(text))?;
        let value = entry.value(master, Path::new("secrets")).ok()?;
        Some(value.reveal().to_owned())
    }

    #[test]
    fn what_was_written_is_read_and_no_value_stands_there() {
        let master = MasterKey::generate().unwrap();
        let bytes = made(&master).bytes(&master).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(!text.contains("value of"), "{text}");
        let document = read(&bytes, &master).unwrap();
        assert_eq!(value(&document, "one", &master).unwrap(), "value of one");
        assert_eq!(value(&document, "two", &master).unwrap(), "value of two");
        let other = MasterKey::generate().unwrap();
        assert!(read(&bytes, &other).is_err());
        assert!(value(&document, "one", &other).is_none());
    }

    #[test]
    fn every_byte_that_is_changed_is_found() {
        let master = MasterKey::generate().unwrap();
        let good = made(&master).bytes(&master).unwrap();
        for place in 0..good.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut bytes = good.clone();
                bytes[place] ^= flip;
                assert!(read(&bytes, &master).is_err(), "byte {place}, {flip:x}");
            }
            assert!(read(&good[..place], &master).is_err(), "cut at {place}");
        }
        let longer = [good.as_slice(), b"\n"].concat();
        assert!(read(&longer, &master).is_err());
        assert!(read(&good, &master).is_ok());
    }

    #[test]
    fn entries_open_in_their_own_place_only() {
        let master = MasterKey::generate().unwrap();
        // What somebody with the means to prove the whole file could not do either.
        let check = |change: &dyn Fn(&mut Document), what: &str| {
            let mut document = made(&master);
            change(&mut document);
            let bytes = document.bytes(&master).unwrap();
            let document = read(&bytes, &master).unwrap();
            assert_eq!(value(&document, "one", &master), None, "{what}");
        };
        let swapped = |document: &mut Document| {
            let (one, two) = (document.secrets[0].clone(), document.secrets[1].clone());
            document.secrets[0].name = two.name;
            document.secrets[1].name = one.name;
        };
        check(&swapped, "names");
        let other = made(&master).secrets[1].clone();
        let (sealed, wrapped) = (other.sealed.clone(), other.wrapped.clone());
        check(
            &|document| document.secrets[0].sealed = sealed.clone(),
            "values",
        );
        check(
            &|document| document.secrets[0].wrapped = wrapped.clone(),
            "data keys",
        );
        check(&|document| document.secrets[0].version += 1, "versions");
        check(
            &|document| document.secrets[0].data_key = "0".repeat(16),
            "names of data keys",
        );
        let whole = |document: &mut Document| {
            document.secrets[0] = Entry {
                name: name("one"),
                ..other.clone()
            };
        };
        check(&whole, "whole entries");
    }

    #[test]
    fn another_format_is_told() {
        let master = MasterKey::generate().unwrap();
        let mut document = made(&master);
        document.version = 2;
        let bytes = document.bytes(&master).unwrap();
        let error = read(&bytes, &master).unwrap_err().to_string();
        assert!(error.contains("version 2"), "{error}");
    }
}

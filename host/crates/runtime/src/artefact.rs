//! Compiled code, and the only place of the host where it is trusted.
//!
//! Deserialising an artefact is safe only for bytes that wasmtime wrote: they contain machine code.
//! An [`Artefact`] therefore exists in two ways only: our own compiler has just made it, or its
//! seal, a MAC under a key that only this user can read, says that we stored exactly these bytes
//! for exactly this component and engine. The bytes checked are the bytes loaded; no file is read
//! twice.

use model::PluginHash;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes that precede the artefact in a sealed entry: a magic number and the MAC.
pub(crate) const SEAL_BYTES: usize = MAGIC.len() + blake3::OUT_LEN;
const MAGIC: &[u8; 8] = b"argocwa1";

/// What an artefact was made from and for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// The component.
    pub(crate) plugin: &'a PluginHash,
    /// The engine's configuration, target and version.
    pub(crate) fingerprint: &'a [u8; 32],
}

/// Compiled code that may be run.
pub(crate) struct Artefact {
    bytes: Vec<u8>,
    /// Where the code begins; what comes before is the seal.
    start: usize,
}

impl Artefact {
    /// Wraps what our own compiler has just produced, here or at the other end of a pipe to a
    /// process that we started from our own program.
    pub(crate) fn from_own_compiler(bytes: Vec<u8>) -> Self {
        Self { bytes, start: 0 }
    }

    /// Opens a stored entry; `None` when it is not one that we sealed for `origin`.
    pub(crate) fn open(entry: Vec<u8>, key: &[u8; KEY_BYTES], origin: Origin<'_>) -> Option<Self> {
        let (seal, code) = entry.split_at_checked(SEAL_BYTES)?;
        let (magic, stored) = seal.split_at_checked(MAGIC.len())?;
        let stored: [u8; blake3::OUT_LEN] = stored.try_into().ok()?;
        // `blake3::Hash` compares in constant time.
        let genuine = magic == MAGIC && mac(key, origin, code) == blake3::Hash::from(stored);
        genuine.then_some(Self {
            bytes: entry,
            start: SEAL_BYTES,
        })
    }

    /// The head of an entry that [`Artefact::open`] accepts; the code follows it.
    pub(crate) fn seal(&self, key: &[u8; KEY_BYTES], origin: Origin<'_>) -> [u8; SEAL_BYTES] {
        let mut seal = [0; SEAL_BYTES];
        let (magic, stored) = seal.split_at_mut(MAGIC.len());
        magic.copy_from_slice(MAGIC);
        stored.copy_from_slice(mac(key, origin, self.code()).as_bytes());
        seal
    }

    /// The code.
    pub(crate) fn code(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Makes a component of it. Fails when it was compiled for another engine.
    #[allow(
        unsafe_code,
        reason = "the one audited exception: loading our own compiled code"
    )]
    pub(crate) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: `deserialize` requires bytes written by `Engine::precompile_component`. The
        // constructors above let in nothing else: `from_own_compiler` is called on the output of
        // that function, and `open` checks a MAC over the same slice that is passed on here, under
        // a key that nobody else holds. The slice is private memory, so it cannot change between
        // the check and this call.
        unsafe { Component::deserialize(engine, self.code()) }
    }
}

fn mac(key: &[u8; KEY_BYTES], origin: Origin<'_>, code: &[u8]) -> blake3::Hash {
    // Every part but the last has a fixed length, so no two inputs run together.
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(MAGIC);
    hasher.update(origin.fingerprint);
    hasher.update(origin.plugin.bytes());
    hasher.update(code);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(key: &[u8; 32], plugin: &PluginHash, fingerprint: &[u8; 32]) -> Vec<u8> {
        let artefact = Artefact::from_own_compiler(b"code".to_vec());
        let mut entry = artefact
            .seal(
                key,
                Origin {
                    plugin,
                    fingerprint,
                },
            )
            .to_vec();
        entry.extend_from_slice(artefact.code());
        entry
    }

    #[test]
    fn only_the_exact_entry_opens() {
        let (key, plugin, fingerprint) = ([7; 32], PluginHash::new([1; 32]), [2; 32]);
        let origin = Origin {
            plugin: &plugin,
            fingerprint: &fingerprint,
        };
        let entry = sealed(&key, &plugin, &fingerprint);
        assert_eq!(
            Artefact::open(entry.clone(), &key, origin).unwrap().code(),
            b"code"
        );
        for index in 0..entry.len() {
            let mut changed = entry.clone();
            changed[index] ^= 1;
            assert!(
                Artefact::open(changed, &key, origin).is_none(),
                "byte {index}"
            );
            assert!(
                Artefact::open(entry[..index].to_vec(), &key, origin).is_none(),
                "cut {index}"
            );
        }
        assert!(
            Artefact::open(entry.clone(), &[8; 32], origin).is_none(),
            "another key"
        );
        let other = PluginHash::new([9; 32]);
        let foreign = Origin {
            plugin: &other,
            fingerprint: &fingerprint,
        };
        assert!(
            Artefact::open(entry.clone(), &key, foreign).is_none(),
            "another plugin"
        );
        let foreign = Origin {
            plugin: &plugin,
            fingerprint: &[9; 32],
        };
        assert!(
            Artefact::open(entry, &key, foreign).is_none(),
            "another engine"
        );
    }
}

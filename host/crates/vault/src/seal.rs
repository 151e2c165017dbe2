//! Sealing: XChaCha20-Poly1305, whose nonces are long enough to be drawn at random. What a thing is of is
//! bound into it, so that it opens in no other place.

use crate::error::VaultError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use orion::hazardous::aead::xchacha20poly1305::{Nonce, SecretKey, XChaCha20Poly1305};
use zeroize::Zeroizing;

/// Bytes of a key.
pub(crate) const KEY: usize = 32;
const NONCE: usize = 24;
const TAG: usize = 16;

/// A key in memory, wiped when it is dropped.
pub(crate) type Key = Zeroizing<[u8; KEY]>;

/// Fills bytes so that nobody can guess them.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, VaultError> {
    let mut bytes = Zeroizing::new([0_u8; N]);
    getrandom::fill(&mut bytes[..]).map_err(|error| VaultError::Entropy(error.to_string()))?;
    Ok(bytes)
}

/// What is bound into a thing: parts that cannot run into each other, as each begins with its length.
pub(crate) fn bound(parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&part.len().to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// Seals bytes: the nonce, what is sealed and the tag, as text.
pub(crate) fn seal(key: &Key, bound: &[u8], plain: &[u8]) -> Result<String, VaultError> {
    let nonce = random::<NONCE>()?;
    let mut sealed = vec![0_u8; plain.len() + TAG];
    let done = XChaCha20Poly1305::seal(
        &SecretKey::from(**key),
        &Nonce::from(*nonce),
        plain,
        Some(bound),
        &mut sealed,
    );
    done.map_err(|_| VaultError::Refused("nothing so long can be sealed".to_owned()))?;
    let mut all = nonce.to_vec();
    all.append(&mut sealed);
    Ok(URL_SAFE_NO_PAD.encode(all))
}

/// Opens what [`seal`] made by this key with this bound into it; `None` for anything else.
pub(crate) fn open(key: &Key, bound: &[u8], text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let all = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (nonce, sealed) = all.split_first_chunk::<NONCE>()?;
    let length = sealed.len().checked_sub(TAG)?;
    let mut plain = Zeroizing::new(vec![0_u8; length]);
    XChaCha20Poly1305::open(
        &SecretKey::from(**key),
        &Nonce::from(*nonce),
        sealed,
        Some(bound),
        &mut plain,
    )
    .ok()?;
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_by_its_key_and_in_its_place_only() {
        let (key, other) = (random().unwrap(), random().unwrap());
        let place = bound(&["a", "bc"]);
        let sealed = seal(&key, &place, b"hunter2").unwrap();
        assert_eq!(open(&key, &place, &sealed).unwrap().as_slice(), b"hunter2");
        assert!(open(&other, &place, &sealed).is_none());
        assert!(open(&key, &bound(&["ab", "c"]), &sealed).is_none());
        assert!(open(&key, &place, &sealed[1..]).is_none());
        assert!(open(&key, &place, "").is_none());
        assert_ne!(sealed, seal(&key, &place, b"hunter2").unwrap());
    }
}

//! Secrets that machines carry: made of 256 random bits, kept as hashes only. A slow hash would add
//! nothing to what nobody can guess.

use crate::ports::Entropy;
use crate::refusal::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use blake3::Hash;

/// Says what a hash is of, so that no hash stands for another thing's.
const CONTEXT: &str = "argonaut identity 2026-11 secret";

/// A new secret as text without `.`, `+` or `/`.
pub(crate) fn fresh(entropy: &dyn Entropy) -> Result<String, Refusal> {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A new name for a thing: lower-case hex digits.
pub(crate) fn name(entropy: &dyn Entropy) -> Result<String, Refusal> {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// What is kept of a secret.
pub(crate) fn digest(secret: &str) -> String {
    hash(secret).to_hex().to_string()
}

/// Whether a secret is the one of which this digest was kept. Takes as long whatever differs.
pub(crate) fn is(secret: &str, digest: &str) -> bool {
    Hash::from_hex(digest).is_ok_and(|kept| kept == hash(secret))
}

fn hash(secret: &str) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(secret.as_bytes());
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::OsEntropy;

    #[test]
    fn a_secret_is_known_by_its_digest_only() {
        let secret = fresh(&OsEntropy).unwrap();
        let kept = digest(&secret);
        assert!(is(&secret, &kept));
        assert!(!is(&secret[1..], &kept));
        assert!(!is(&kept, &kept));
        assert!(!is("", "no digest"));
        assert!(!kept.contains(&secret));
        assert_ne!(secret, fresh(&OsEntropy).unwrap());
        assert_eq!(name(&OsEntropy).unwrap().len(), 16);
    }
}

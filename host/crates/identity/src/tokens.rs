//! Access tokens: PASETO v4.local, which has one algorithm and names none to be argued about. Short,
//! and they say who and which session only: what a person may do is looked up at each use.

use crate::files;
use crate::ports::Entropy;
use crate::refusal::Refusal;
use crate::secret;
use pasetors::Local;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How long an access token is good, in milliseconds.
pub(crate) const LIFETIME_MS: u64 = 10 * 60 * 1_000;
/// How far clocks may be apart, in milliseconds.
const SKEW_MS: u64 = 60 * 1_000;
/// Age at which a key signs no more, in milliseconds: thirty days.
const ROTATE_MS: u64 = 30 * 24 * 60 * 60 * 1_000;
/// Keys that are kept: the one that signs and those before it.
const KEYS: usize = 3;
/// Longest token, in bytes.
const LONGEST: usize = 1_024;
/// Bound into every token, so that a key used for something else makes none.
const PURPOSE: &[u8] = b"argonaut access token 1";
const ISSUER: &str = "argonaut";
const AUDIENCE: &str = "api";

/// A key of the file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    kid: String,
    secret: String,
    created_ms: u64,
}

/// What a token says. All of it must be there, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat_ms: u64,
    exp_ms: u64,
}

/// Makes and reads tokens.
pub(crate) struct Tokens {
    /// The newest first.
    keys: Vec<(String, SymmetricKey<V4>)>,
}

impl Tokens {
    /// Reads the keys of a file, or makes it; a key that is too old gets a successor.
    pub(crate) fn open(file: &Path, now_ms: u64, entropy: &dyn Entropy) -> Result<Self, Refusal> {
        let broken = |reason: String| broken(file, &reason);
        let mut keys = kept(file)?.unwrap_or_default();
        let is_old = |key: &Key| now_ms.saturating_sub(key.created_ms) > ROTATE_MS;
        if keys.first().is_none_or(is_old) {
            let key = Key {
                kid: secret::name(entropy)?,
                secret: secret::fresh(entropy)?,
                created_ms: now_ms,
            };
            keys.insert(0, key);
            keys.truncate(KEYS);
            let bytes = serde_json::to_vec(&keys).map_err(|error| broken(error.to_string()))?;
            files::replace(file, &bytes).map_err(|error| broken(error.to_string()))?;
        }
        Self::of(file, keys)
    }

    /// Reads the keys of a file that there is, and changes nothing.
    pub(crate) fn read_only(file: &Path) -> Result<Self, Refusal> {
        let keys = kept(file)?.filter(|keys| !keys.is_empty());
        Self::of(file, keys.ok_or_else(|| broken(file, "no keys are there"))?)
    }

    fn of(file: &Path, keys: Vec<Key>) -> Result<Self, Refusal> {
        let keys = keys.into_iter().map(|key| {
            // The text is as random as the bytes it was made of; the hash has the size of a key.
            let bytes =
                blake3::derive_key("argonaut identity 2026-11 token", key.secret.as_bytes());
            let symmetric = SymmetricKey::<V4>::from(&bytes);
            let symmetric = symmetric.map_err(|error| broken(file, &format!("{error:?}")))?;
            Ok((key.kid, symmetric))
        });
        Ok(Self {
            keys: keys.collect::<Result<_, Refusal>>()?,
        })
    }

    /// A token for a person's session, and until when it is good.
    pub(crate) fn make(
        &self,
        user: &str,
        session: &str,
        now_ms: u64,
    ) -> Result<(String, u64), Refusal> {
        let broken = Refusal::Internal;
        let no_key = || broken("there is no key for tokens".to_owned());
        let (kid, key) = self.keys.first().ok_or_else(no_key)?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.to_owned(),
            sid: session.to_owned(),
            iat_ms: now_ms,
            exp_ms: now_ms + LIFETIME_MS,
        };
        let message = serde_json::to_vec(&claims).map_err(|error| broken(error.to_string()))?;
        let token = LocalToken::encrypt(key, &message, Some(kid.as_bytes()), Some(PURPOSE));
        let token = token.map_err(|error| broken(format!("{error:?}")))?;
        Ok((token, claims.exp_ms))
    }

    /// Who a token is of, and which session; `None` for whatever is wrong with it.
    pub(crate) fn read(&self, text: &str, now_ms: u64) -> Option<(String, String)> {
        if text.len() > LONGEST {
            return None;
        }
        let token = UntrustedToken::<Local, V4>::try_from(text).ok()?;
        let kid = token.untrusted_footer();
        let (kid, key) = self
            .keys
            .iter()
            .find(|(known, _)| known.as_bytes() == kid)?;
        let trusted = LocalToken::decrypt(key, &token, Some(kid.as_bytes()), Some(PURPOSE)).ok()?;
        let claims: Claims = serde_json::from_str(trusted.payload()).ok()?;
        let is_ours = claims.iss == ISSUER && claims.aud == AUDIENCE;
        let began = claims.iat_ms <= now_ms.saturating_add(SKEW_MS);
        let lasts = claims.exp_ms > now_ms && claims.exp_ms <= claims.iat_ms + LIFETIME_MS;
        (is_ours && began && lasts).then_some((claims.sub, claims.sid))
    }
}

/// The keys of a file; `None` where there is no file.
fn kept(file: &Path) -> Result<Option<Vec<Key>>, Refusal> {
    match std::fs::read(file) {
        Ok(bytes) => {
            files::check_private(file)?;
            let keys = serde_json::from_slice::<Vec<Key>>(&bytes);
            let keys = keys.map_err(|error| broken(file, &error.to_string()))?;
            Ok(Some(keys))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(broken(file, &error.to_string())),
    }
}

fn broken(file: &Path, reason: &str) -> Refusal {
    Refusal::Storage(format!("{}: {reason}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::OsEntropy;

    const NOW: u64 = 1_800_000_000_000;

    fn open(folder: &Path, now_ms: u64) -> Tokens {
        Tokens::open(&folder.join("keys.json"), now_ms, &OsEntropy).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_time_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (token, expires) = open(folder.path(), NOW).make("anna", "s1", NOW).unwrap();
        let tokens = open(folder.path(), NOW + 1);
        let who = Some(("anna".to_owned(), "s1".to_owned()));
        assert_eq!(tokens.read(&token, NOW), who);
        assert_eq!(tokens.read(&token, expires - 1), who);
        assert_eq!(tokens.read(&token, expires), None);
        // A clock that was set back by an hour.
        assert_eq!(tokens.read(&token, NOW - 3_600_000), None);
    }

    #[test]
    fn a_key_that_is_old_gets_a_successor_and_is_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let later = NOW + ROTATE_MS + 1;
        let (token, _) = open(folder.path(), NOW).make("anna", "s1", later).unwrap();
        let tokens = open(folder.path(), later);
        assert_eq!(tokens.keys.len(), 2);
        assert!(tokens.read(&token, later).is_some());
        let mut now = later;
        for _ in 0..4 {
            now += ROTATE_MS + 1;
            open(folder.path(), now);
        }
        assert_eq!(open(folder.path(), now).keys.len(), KEYS);
        assert!(open(folder.path(), now).read(&token, later).is_none());
    }

    #[test]
    fn forged_tokens_are_no_tokens() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = open(folder.path(), NOW);
        let (good, _) = tokens.make("anna", "s1", NOW).unwrap();
        let mut forged = vec![
            String::new(),
            "v4.local.".to_owned(),
            good.replace("v4.local", "v4.public"),
            good.replace("v4.local", "v3.local"),
            good.replace("v4.local", "v2.local"),
            good.rsplit_once('.').unwrap().0.to_owned(),
            format!("{good}x"),
            format!("{good}.x"),
            "x".repeat(2_000),
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIn0.".to_owned(),
        ];
        // Each place of the token changed.
        for place in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            forged.push(String::from_utf8(bytes).unwrap());
        }
        let other = tempfile::tempdir().unwrap();
        forged.push(open(other.path(), NOW).make("anna", "s1", NOW).unwrap().0);
        for token in forged {
            assert_eq!(tokens.read(&token, NOW), None, "{token}");
        }
        assert!(tokens.read(&good, NOW).is_some());
    }

    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), NOW);
        let file = folder.path().join("keys.json");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let wide = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&file, wide).unwrap();
        let refused = Tokens::open(&file, NOW, &OsEntropy).err().unwrap();
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
}

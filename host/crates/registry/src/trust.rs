//! Whom a host trusts: keys of authors, and what was revoked. Signatures are those of minisign.
//!
//! A signature counts only if its key is one of those that are trusted, and only for the very bytes
//! that are then admitted. Nothing is fetched and nothing is learnt: the lists are the configuration's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{Error, PublicKey, Signature};
use model::PluginHash;
use std::collections::BTreeSet;
use std::fmt;

/// Longest signature file that is read, in bytes. Minisign's own have some 350, and a comment of at
/// most 8 KiB.
pub const MAX_SIGNATURE_BYTES: usize = 16 << 10;
/// Bytes of a public key: its algorithm, its id and the key.
const KEY_BYTES: usize = 42;

/// The text of a `.minisig` file from the Base64 of it, as it travels where only one line may.
///
/// # Errors
/// What it is not.
pub fn signature_from_base64(text: &str) -> Result<String, String> {
    let wrong = "is no Base64 of a `.minisig` file; send `base64 -w0 FILE.minisig`";
    if text.len() > MAX_SIGNATURE_BYTES / 3 * 4 + 4 {
        return Err(format!(
            "is longer than the {MAX_SIGNATURE_BYTES} bytes of a signature"
        ));
    }
    let bytes = STANDARD.decode(text.trim()).map_err(|_| wrong)?;
    String::from_utf8(bytes).map_err(|_| wrong.to_owned())
}

/// The other way round.
pub fn signature_to_base64(file: &[u8]) -> String {
    STANDARD.encode(file)
}

/// The number by which minisign names a key. It is chosen by whoever made the key, so it finds a key
/// and proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(u64);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    text: String,
    id: KeyId,
    public: PublicKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Key {
    /// From the line that minisign prints and keeps in its `.pub` files: `RW` and 54 more characters.
    ///
    /// # Errors
    /// What it is not.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{}` is no public key of minisign: write the line that begins with RW, 56 characters, of \
                 the `.pub` file",
                text.chars().take(64).collect::<String>()
            )
        };
        let bytes = STANDARD.decode(text).map_err(|_| wrong())?;
        let id = id_in(&bytes).filter(|_| bytes.len() == KEY_BYTES);
        let public = PublicKey::from_base64(text).map_err(|_| wrong())?;
        Ok(Self {
            text: text.to_owned(),
            id: id.ok_or_else(wrong)?,
            public,
        })
    }

    /// Its number.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The line it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The id behind the algorithm, as keys and signatures have it.
fn id_in(bytes: &[u8]) -> Option<KeyId> {
    let id = bytes.get(2..10)?.try_into().ok()?;
    Some(KeyId(u64::from_le_bytes(id)))
}

/// Who signed a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// With this key.
    pub key: Key,
    /// What the signer said about it; covered by the signature.
    pub comment: String,
}

/// What of a configuration cannot be meant; the field and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct TrustError {
    /// The key at fault, such as `trusted[0]`.
    pub field: String,
    /// Why, and what would do.
    pub reason: String,
}

/// Whose components are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    trusted: Vec<Key>,
    revoked_keys: Vec<Key>,
    revoked_components: BTreeSet<PluginHash>,
    required: bool,
}

impl Trust {
    /// From texts. A signature is required when a key is trusted, unless `required` says otherwise;
    /// `revoked` holds keys and SHA-256 hashes of components.
    ///
    /// # Errors
    /// Which entry is no key and no hash.
    pub fn new(
        trusted: &[String],
        required: Option<bool>,
        revoked: &[String],
    ) -> Result<Self, TrustError> {
        let mut trust = Self {
            required: required.unwrap_or(!trusted.is_empty()),
            ..Self::default()
        };
        for (place, text) in trusted.iter().enumerate() {
            let key = Key::parse(text).map_err(|reason| at("trusted", place, reason))?;
            trust.trusted.push(key);
        }
        for (place, text) in revoked.iter().enumerate() {
            match (PluginHash::parse(text), Key::parse(text)) {
                (Some(hash), _) => drop(trust.revoked_components.insert(hash)),
                (None, Ok(key)) => trust.revoked_keys.push(key),
                (None, Err(_)) => {
                    let reason = format!(
                        "`{text}` is neither a public key, which begins with RW, nor the SHA-256 of a \
                         component, which has 64 hexadecimal digits"
                    );
                    return Err(at("revoked", place, reason));
                }
            }
        }
        if trust.required && trust.trusted.is_empty() {
            let reason = "nothing could ever be loaded: no key is trusted; add one to `trusted`";
            return Err(TrustError {
                field: "require_signature".to_owned(),
                reason: reason.to_owned(),
            });
        }
        Ok(trust)
    }

    /// Whether components must be signed.
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// The keys whose signatures count.
    pub fn trusted(&self) -> &[Key] {
        &self.trusted
    }

    /// Who signed these bytes; `None` for nobody, where that will do. `signature` is the text of a
    /// `.minisig` file.
    ///
    /// # Errors
    /// Why they are not to be trusted.
    pub fn check(
        &self,
        bytes: &[u8],
        signature: Option<&str>,
    ) -> Result<Option<Signer>, Untrusted> {
        let hash = PluginHash::of(bytes);
        if self.revoked_components.contains(&hash) {
            return Err(Untrusted::Revoked(hash));
        }
        let Some(text) = signature else {
            return self.check_signer(None).map(|()| None);
        };
        let signature = Signature::decode(text).map_err(|_| Untrusted::Malformed)?;
        let id = id_of(text).ok_or(Untrusted::Malformed)?;
        let known = self.revoked_keys.iter().chain(&self.trusted);
        let candidates: Vec<&Key> = known.filter(|key| key.id == id).collect();
        if candidates.is_empty() {
            return Err(self.unknown(id));
        }
        let mut old = false;
        for key in candidates {
            match key.public.verify(bytes, &signature, false) {
                Ok(()) => {
                    self.check_signer(Some(key))?;
                    let comment = signature.trusted_comment().to_owned();
                    return Ok(Some(Signer {
                        key: key.clone(),
                        comment,
                    }));
                }
                Err(error) => old |= matches!(error, Error::UnexpectedAlgorithm),
            }
        }
        Err(match old {
            true => Untrusted::OldFormat,
            false => Untrusted::WrongSignature(id),
        })
    }

    /// Whether a component that was signed by this key, or by nobody, is still to be trusted: for what
    /// was checked when it came in.
    ///
    /// # Errors
    /// Why not.
    pub fn check_signer(&self, signer: Option<&Key>) -> Result<(), Untrusted> {
        let Some(key) = signer else {
            return match self.required {
                true => Err(Untrusted::Unsigned),
                false => Ok(()),
            };
        };
        if self.revoked_keys.contains(key) {
            return Err(Untrusted::KeyRevoked(key.id));
        }
        match self.trusted.contains(key) {
            true => Ok(()),
            false => Err(self.unknown(key.id)),
        }
    }

    /// Whether the configuration revokes a component.
    pub fn revokes(&self, hash: PluginHash) -> bool {
        self.revoked_components.contains(&hash)
    }

    fn unknown(&self, id: KeyId) -> Untrusted {
        let trusted: Vec<_> = self.trusted.iter().map(|key| key.id.to_string()).collect();
        Untrusted::KeyUnknown {
            id,
            trusted: match trusted.is_empty() {
                true => "no key is".to_owned(),
                false => format!("{} is", trusted.join(", ")),
            },
        }
    }
}

/// The key's id in the second line of a signature file.
fn id_of(text: &str) -> Option<KeyId> {
    let line = text.lines().nth(1)?;
    id_in(&STANDARD.decode(line.trim()).ok()?)
}

fn at(list: &str, place: usize, reason: String) -> TrustError {
    TrustError {
        field: format!("{list}[{place}]"),
        reason,
    }
}

/// Why bytes are not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// There is no signature where one is required.
    #[error(
        "this host takes signed plugins only, and no signature came with this one; sign it with \
         `argonaut plugin sign FILE --key KEY` and send FILE.minisig with it, or put that beside the file"
    )]
    Unsigned,
    /// The signature is none.
    #[error(
        "the signature is no signature of minisign: it has four lines, as `argonaut plugin sign` and \
         `minisign -S` write them; send the whole `.minisig` file"
    )]
    Malformed,
    /// The signature has the form that minisign had before it hashed files first.
    #[error(
        "the signature has minisign's old form (`-l`); sign again with `argonaut plugin sign` or \
         `minisign -S`"
    )]
    OldFormat,
    /// Nobody here knows the key.
    #[error(
        "the plugin is signed with the key {id}, which this host does not trust ({trusted}); have it \
         signed by one of these, or add the key to `trusted` of `[plugins]`"
    )]
    KeyUnknown {
        /// The key.
        id: KeyId,
        /// Those that are trusted, with a verb.
        trusted: String,
    },
    /// The key was revoked.
    #[error(
        "the plugin is signed with the key {0}, which was revoked; sign it with another key that is \
         trusted"
    )]
    KeyRevoked(KeyId),
    /// Bytes and signature do not belong together.
    #[error(
        "the signature by the key {0} does not fit the plugin: one of them was altered, or it is the \
         signature of another build; sign this build again"
    )]
    WrongSignature(KeyId),
    /// The component was revoked.
    #[error("the plugin {0} was revoked; build and sign another version")]
    Revoked(PluginHash),
}

impl Untrusted {
    /// The stable name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "PLUGIN_UNSIGNED",
            Self::Malformed => "PLUGIN_SIGNATURE_MALFORMED",
            Self::OldFormat => "PLUGIN_SIGNATURE_OLD",
            Self::KeyUnknown { .. } => "PLUGIN_KEY_UNKNOWN",
            Self::KeyRevoked(_) => "PLUGIN_KEY_REVOKED",
            Self::WrongSignature(_) => "PLUGIN_SIGNATURE_WRONG",
            Self::Revoked(_) => "PLUGIN_REVOKED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minisign::KeyPair;
    use std::io::Cursor;

    struct Author {
        pair: KeyPair,
        key: String,
    }

    fn author() -> Author {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        let key = pair.pk.to_base64();
        Author { pair, key }
    }

    impl Author {
        fn sign(&self, bytes: &[u8]) -> String {
            let comment = Some("build 7");
            let signed = minisign::sign(None, &self.pair.sk, Cursor::new(bytes), comment, None);
            signed.unwrap().into_string()
        }
    }

    fn trusting(trusted: &[&Author], revoked: &[String]) -> Trust {
        let trusted: Vec<String> = trusted.iter().map(|author| author.key.clone()).collect();
        Trust::new(&trusted, None, revoked).unwrap()
    }

    #[track_caller]
    fn refused(trust: &Trust, bytes: &[u8], signature: Option<&str>) -> (&'static str, String) {
        let error = trust.check(bytes, signature).unwrap_err();
        (error.code(), error.to_string())
    }

    #[test]
    fn what_a_trusted_key_signed_is_taken() {
        let (anna, ben) = (author(), author());
        let trust = trusting(&[&anna, &ben], &[]);
        assert!(trust.is_required());
        let signer = trust.check(b"plugin", Some(&ben.sign(b"plugin"))).unwrap();
        let signer = signer.unwrap();
        assert_eq!(
            (signer.key.text(), signer.comment.as_str()),
            (ben.key.as_str(), "build 7")
        );
        // The same number as the tool shows.
        let shown = ben.pair.pk.to_box().unwrap().to_string();
        assert!(shown.contains(&signer.key.id().to_string()), "{shown}");
    }

    #[test]
    fn everything_else_is_refused_by_code() {
        let (anna, ben, stranger) = (author(), author(), author());
        let trust = trusting(&[&anna], &[]);
        let signature = anna.sign(b"plugin");
        let check = |bytes: &[u8], signature: Option<&str>, code: &str, words: &str| {
            let (found, text) = refused(&trust, bytes, signature);
            assert_eq!(found, code, "{text}");
            assert!(text.contains(words), "{text}");
        };
        check(b"plugin", None, "PLUGIN_UNSIGNED", "argonaut plugin sign");
        check(
            b"plugin",
            Some("hello"),
            "PLUGIN_SIGNATURE_MALFORMED",
            "four lines",
        );
        check(
            b"plugin",
            Some(""),
            "PLUGIN_SIGNATURE_MALFORMED",
            "four lines",
        );
        check(
            b"plugim",
            Some(&signature),
            "PLUGIN_SIGNATURE_WRONG",
            "sign this build again",
        );
        let strange = stranger.sign(b"plugin");
        check(
            b"plugin",
            Some(&strange),
            "PLUGIN_KEY_UNKNOWN",
            "add the key to `trusted`",
        );

        let revoking = trusting(&[&anna, &ben], std::slice::from_ref(&anna.key));
        let (code, _) = refused(&revoking, b"plugin", Some(&signature));
        assert_eq!(code, "PLUGIN_KEY_REVOKED");
        assert!(
            revoking
                .check(b"plugin", Some(&ben.sign(b"plugin")))
                .is_ok()
        );
        let hash = PluginHash::of(b"plugin").to_string();
        let revoking = trusting(&[&anna], &[hash]);
        let (code, _) = refused(&revoking, b"plugin", Some(&signature));
        assert_eq!(code, "PLUGIN_REVOKED");
    }

    #[test]
    fn no_byte_of_a_signature_can_be_changed() {
        let anna = author();
        let trust = trusting(&[&anna], &[]);
        let signature = anna.sign(b"plugin");
        // The first line is a comment that nothing vouches for, and says so.
        let start = signature.find('\n').unwrap() + 1;
        for place in start..signature.len() {
            let mut bytes = signature.clone().into_bytes();
            bytes[place] ^= 1;
            let Ok(text) = String::from_utf8(bytes) else {
                continue;
            };
            assert!(
                trust.check(b"plugin", Some(&text)).is_err(),
                "byte {place}: {text}"
            );
        }
    }

    #[test]
    fn a_key_of_the_same_number_is_not_the_key() {
        let (anna, twin) = (author(), author());
        // The number stands behind the algorithm, and anybody may write any.
        let mut bytes = STANDARD.decode(&twin.key).unwrap();
        bytes[2..10].copy_from_slice(&STANDARD.decode(&anna.key).unwrap()[2..10]);
        let twin = STANDARD.encode(bytes);
        let trust = Trust::new(&[twin.clone(), anna.key.clone()], None, &[]).unwrap();
        let signer = trust.check(b"plugin", Some(&anna.sign(b"plugin"))).unwrap();
        assert_eq!(signer.unwrap().key.text(), anna.key);
        // And revoking the twin revokes nobody else.
        let trust = Trust::new(std::slice::from_ref(&anna.key), None, &[twin]).unwrap();
        assert!(trust.check(b"plugin", Some(&anna.sign(b"plugin"))).is_ok());
    }

    #[test]
    fn without_keys_unsigned_plugins_are_taken_and_signed_ones_are_not_believed() {
        let trust = Trust::default();
        assert_eq!(trust.check(b"plugin", None), Ok(None));
        let (code, text) = refused(&trust, b"plugin", Some(&author().sign(b"plugin")));
        assert_eq!(code, "PLUGIN_KEY_UNKNOWN");
        assert!(text.contains("no key is"), "{text}");
        let anna = author();
        let lenient = Trust::new(std::slice::from_ref(&anna.key), Some(false), &[]).unwrap();
        assert_eq!(lenient.check(b"plugin", None), Ok(None));
    }

    #[test]
    fn lists_that_cannot_be_meant_are_named() {
        let check = |trusted: &[&str], required, revoked: &[&str], field: &str, words: &str| {
            let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
            let (trusted, revoked): (Vec<String>, Vec<String>) = (texts(trusted), texts(revoked));
            let error = Trust::new(&trusted, required, &revoked).unwrap_err();
            assert_eq!(error.field, field);
            assert!(error.reason.contains(words), "{error}");
        };
        let key = author().key;
        check(&[&key, "RWabc"], None, &[], "trusted[1]", "56 characters");
        check(&[&key[..55]], None, &[], "trusted[0]", "no public key");
        check(&[], None, &["abc"], "revoked[0]", "64 hexadecimal digits");
        check(
            &[],
            Some(true),
            &[],
            "require_signature",
            "no key is trusted",
        );
    }
}

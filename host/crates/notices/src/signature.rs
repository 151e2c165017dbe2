//! Signatures of webhooks, those we send and those we take: HMAC-SHA256 over the moment, a dot and the
//! body, so that neither can be changed without the secret, nor an old body be sent with a new moment.

use crate::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that has the moment, in whole seconds since the epoch.
pub const TIMESTAMP_HEADER: &str = "x-argonaut-timestamp";
/// The header that has the signature, `v1=` and 64 hexadecimal digits.
pub const SIGNATURE_HEADER: &str = "x-argonaut-signature";
/// The header that names a message; the same message has the same name however often it is sent.
pub const ID_HEADER: &str = "x-argonaut-id";

/// How signatures begin: the way they are made.
const VERSION: &str = "v1=";

/// The signature of a body that is sent at a moment (its text, in seconds since the epoch).
#[must_use]
pub fn sign(secret: &Secret, timestamp: &str, body: &[u8]) -> String {
    let code = keyed(secret, &[timestamp.as_bytes(), b".", body]);
    let digits: String = code
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{VERSION}{digits}")
}

/// Whether a signature is that of a body and its moment. How long it takes says nothing of the right one.
#[must_use]
pub fn is_signed(secret: &Secret, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let Some(given) = signature.strip_prefix(VERSION).and_then(bytes) else {
        return false;
    };
    let code = keyed(secret, &[timestamp.as_bytes(), b".", body]);
    code.verify_slice(&given).is_ok()
}

/// Whether a text is the secret. Their codes are compared, so that the time it takes says nothing of how
/// they differ, nor of how long the secret is.
#[must_use]
pub fn is_same(secret: &Secret, given: &str) -> bool {
    let right = keyed(secret, &[secret.reveal().as_bytes()]).finalize();
    let code = keyed(secret, &[given.as_bytes()]);
    code.verify_slice(&right.into_bytes()).is_ok() && !secret.is_empty()
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed(secret: &Secret, parts: &[&[u8]]) -> Hmac<Sha256> {
    let key = secret.reveal().as_bytes();
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    for part in parts {
        code.update(part);
    }
    code
}

/// The bytes of hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let places = (0..digits.len()).step_by(2);
    places
        .map(|place| u8::from_str_radix(&digits[place..place + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case 2 of RFC 4231 has the key `Jefe` and one text; ours is in three parts.
    #[test]
    fn the_code_is_that_of_the_rfc() {
        let code = keyed(
            &Secret::new("Jefe"),
            &[b"what do ya want ", b"for nothing?"],
        );
        let expect = bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(code.finalize().into_bytes().to_vec(), expect.unwrap());
    }

    #[test]
    fn a_signature_binds_secret_moment_and_body() {
        let secret = Secret::new("s");
        let signature = sign(&secret, "100", b"{}");
        let check = |secret: &str, timestamp: &str, body: &[u8], signature: &str, expect: bool| {
            let is = is_signed(&Secret::new(secret), timestamp, body, signature);
            assert_eq!(is, expect, "{secret} {timestamp} {signature}");
        };
        check("s", "100", b"{}", &signature, true);
        check("t", "100", b"{}", &signature, false);
        check("s", "101", b"{}", &signature, false);
        check("s", "100", b"{ }", &signature, false);
        for wrong in [
            "",
            "v1=",
            "v1=0",
            "v1=zz",
            &signature[3..],
            &signature[..60],
        ] {
            check("s", "100", b"{}", wrong, false);
        }
    }

    #[test]
    fn secrets_are_the_same_or_not() {
        let secret = Secret::new("correct horse");
        assert!(is_same(&secret, "correct horse"));
        for wrong in ["", "correct", "correct horse ", "Correct horse"] {
            assert!(!is_same(&secret, wrong), "{wrong}");
        }
        assert!(!is_same(&Secret::new(""), ""), "no secret is no way in");
    }
}

//! Passwords: argon2id, whose cost is chosen once and stands in each hash.

use crate::ports::Entropy;
use crate::refusal::Refusal;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// Shortest password, in characters.
const SHORTEST: usize = 12;
/// Longest password, in bytes.
const LONGEST: usize = 256;

/// What a hash costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Cost {
    /// 19 MiB and two passes, the least that OWASP recommends with one lane.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1_024,
            passes: 2,
        }
    }
}

/// Makes and checks hashes.
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    /// The hash of a password that nobody has: checked where there is none, so that an answer takes as
    /// long for names that do not exist.
    nobody: String,
}

impl Passwords {
    pub(crate) fn new(cost: Cost, entropy: &dyn Entropy) -> Result<Self, Refusal> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None)
            .map_err(|error| Refusal::Internal(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash(&argon2, &crate::secret::fresh(entropy)?, entropy)?;
        Ok(Self { argon2, nobody })
    }

    /// Hashes a password that may be used.
    pub(crate) fn hash(
        &self,
        name: &str,
        password: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, Refusal> {
        let refuse = |reason: String| Err(Refusal::invalid("password", reason));
        if password.chars().count() < SHORTEST {
            return refuse(format!("must have at least {SHORTEST} characters"));
        }
        if password.len() > LONGEST {
            return refuse(format!("must have at most {LONGEST} bytes"));
        }
        let mut distinct: Vec<char> = password.chars().collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < 4 || password.to_lowercase().contains(&name.to_lowercase()) {
            return refuse("must not be the same few characters, nor hold the name".to_owned());
        }
        hash(&self.argon2, password, entropy)
    }

    /// Whether a password is the one of this hash; takes as long when there is no hash.
    pub(crate) fn is(&self, password: &str, kept: Option<&str>) -> bool {
        // What is longer is nobody's, and must not cost.
        let password = if password.len() > LONGEST {
            ""
        } else {
            password
        };
        let Ok(parsed) = PasswordHash::new(kept.unwrap_or(&self.nobody)) else {
            return false;
        };
        let same = self.argon2.verify_password(password.as_bytes(), &parsed);
        same.is_ok() && kept.is_some()
    }
}

fn hash(
    argon2: &Argon2<'static>,
    password: &str,
    entropy: &dyn Entropy,
) -> Result<String, Refusal> {
    let mut salt = [0; 16];
    entropy.fill(&mut salt)?;
    let hashed: PasswordHash = argon2
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok(hashed.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::OsEntropy;

    const CHEAP: Cost = Cost {
        memory_kib: 64,
        passes: 1,
    };

    #[test]
    fn a_password_is_known_by_its_hash_only() {
        let passwords = Passwords::new(CHEAP, &OsEntropy).unwrap();
        let kept = passwords.hash("anna", "correct horse battery", &OsEntropy);
        let kept = kept.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{kept}");
        assert!(passwords.is("correct horse battery", Some(&kept)));
        assert!(!passwords.is("correct horse batterz", Some(&kept)));
        assert!(!passwords.is("", Some(&kept)));
        assert!(!passwords.is("correct horse battery", None));
        assert!(!passwords.is("anything at all", Some("no hash")));
        // A hash keeps its own cost when the cost of new ones changes.
        let dearer = Cost {
            memory_kib: 128,
            passes: 2,
        };
        let dearer = Passwords::new(dearer, &OsEntropy).unwrap();
        assert!(dearer.is("correct horse battery", Some(&kept)));
    }

    #[test]
    fn what_is_easily_guessed_is_refused() {
        let passwords = Passwords::new(CHEAP, &OsEntropy).unwrap();
        let long = "ab1-".repeat(65);
        for bad in ["", "short", "aaaaaaaaaaaaaaaa", "xxAnNaxx-and-more", &long] {
            let refused = passwords.hash("anna", bad, &OsEntropy).unwrap_err();
            assert!(
                matches!(
                    refused,
                    Refusal::Invalid {
                        field: "password",
                        ..
                    }
                ),
                "{bad}"
            );
        }
    }
}

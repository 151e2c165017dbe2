//! Access tokens in a process beside the host: who they are of, by the host's file of keys. Whether their sessions
//! still hold is the host's to say.

use crate::door::KEY_PREFIX;
use crate::ports::Clock;
use crate::refusal::Refusal;
use crate::tokens::Tokens;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who a token is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The person's name.
    pub user: String,
    /// The id of the session.
    pub session: String,
}

/// Reads access tokens that a host made, and makes none.
pub struct TokenReader {
    file: PathBuf,
    clock: Arc<dyn Clock>,
}

impl TokenReader {
    /// By the file of the host's token keys, which nobody else may read.
    ///
    /// # Errors
    /// It is not there, holds no keys, or may be read by others.
    pub fn open(file: &Path, clock: Arc<dyn Clock>) -> Result<Self, Refusal> {
        Tokens::read_only(file)?;
        Ok(Self {
            file: file.to_owned(),
            clock,
        })
    }

    /// Who a token is of. Reads the file each time: a host that starts may have another key.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] for whatever is wrong with the token; [`Refusal::Storage`] where the keys cannot be
    /// read any more.
    pub fn read(&self, token: &str) -> Result<Shown, Refusal> {
        if token.starts_with(KEY_PREFIX) {
            return Err(Refusal::Unauthenticated(
                "API keys are known to the host alone; connect to the host itself, or log in there and show the \
                 access token",
            ));
        }
        let read = Tokens::read_only(&self.file)?.read(token, self.clock.now_ms());
        let (user, session) = read.ok_or(Refusal::Unauthenticated(
            "the access token is no good, or not any more; refresh it at the host or log in there again",
        ))?;
        Ok(Shown { user, session })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::OsEntropy;

    const NOW: u64 = 1_800_000_000_000;

    struct Still(u64);

    impl Clock for Still {
        fn now_ms(&self) -> u64 {
            self.0
        }
    }

    fn reader(file: &Path, now_ms: u64) -> Result<TokenReader, Refusal> {
        TokenReader::open(file, Arc::new(Still(now_ms)))
    }

    #[test]
    fn a_token_is_read_while_it_is_good_also_by_a_key_that_came_later() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        assert!(reader(&file, NOW).is_err(), "there are no keys yet");
        assert!(!file.exists(), "and it makes none");
        let make = |now_ms| {
            let tokens = Tokens::open(&file, now_ms, &OsEntropy).unwrap();
            tokens.make("anna", "s1", now_ms).unwrap().0
        };
        let token = make(NOW);
        let anna = Shown {
            user: "anna".to_owned(),
            session: "s1".to_owned(),
        };
        assert_eq!(reader(&file, NOW).unwrap().read(&token), Ok(anna.clone()));
        let later = NOW + 40 * 24 * 3_600 * 1_000;
        let reader = reader(&file, later).unwrap();
        assert!(reader.read(&token).is_err(), "ten minutes are over");
        assert_eq!(reader.read(&make(later)), Ok(anna));
        for wrong in ["", "argk_1_2", "v4.local.x"] {
            let refused = reader.read(wrong).unwrap_err();
            assert!(matches!(refused, Refusal::Unauthenticated(_)), "{wrong}");
        }
        std::fs::remove_file(&file).unwrap();
        let refused = reader.read(&token).unwrap_err();
        assert!(matches!(refused, Refusal::Storage(_)), "{refused}");
    }
}

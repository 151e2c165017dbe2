//! Secrets that a configuration names and does not hold: `KEY = "secret:NAME"` is one of the file of secrets,
//! `KEY_env` a variable of the environment, `KEY_file` a file whose first line it is.

use super::vault::{SecretName, Secrets};
use notices::Secret;
use std::path::Path;
use zeroize::Zeroizing;

/// A key that cannot be meant, and why.
pub(super) type Problem = (String, String);

/// Where a secret is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    /// The key without `_env` or `_file`.
    pub(super) key: &'a str,
    pub(super) variable: Option<&'a str>,
    pub(super) file: Option<&'a Path>,
    /// Its name in the file of secrets.
    pub(super) sealed: Option<&'a SecretName>,
    /// That file.
    pub(super) secrets: &'a Secrets,
}

impl Named<'_> {
    /// The secret; `None` when no key is there.
    ///
    /// # Errors
    /// Two keys are there, or there is no secret where one says. Never shows a secret.
    pub(super) fn read(self) -> Result<Option<Secret>, Problem> {
        let key = self.key;
        match (self.variable, self.file) {
            (None, None) => {
                let value = self.sealed.map(|name| self.secrets.value(name)).transpose();
                let value = value.map_err(|reason| (key.to_owned(), reason))?;
                Ok(value.map(|value| Secret::new(value.reveal())))
            }
            _ if self.sealed.is_some() => {
                let reason = format!("leave out this one, or `{key}_env` and `{key}_file`");
                Err((key.to_owned(), reason))
            }
            (Some(_), Some(_)) => {
                let reason = format!("leave out this one or `{key}_env`");
                Err((format!("{key}_file"), reason))
            }
            (Some(name), None) => {
                let found = std::env::var(name).ok().map(Zeroizing::new);
                let found = found.filter(|text| !text.trim().is_empty());
                let missing =
                    || format!("the environment has no variable `{name}`, or an empty one");
                let text = found.ok_or_else(|| (format!("{key}_env"), missing()))?;
                Ok(Some(Secret::new(text.trim())))
            }
            (None, Some(file)) => from_file(file)
                .map(Some)
                .map_err(|reason| (format!("{key}_file"), reason)),
        }
    }

    /// The secret, which must be there.
    pub(super) fn needed(self, what: &str) -> Result<Secret, Problem> {
        let key = self.key;
        self.read()?.ok_or_else(|| {
            let reason = format!(
                "{what} is needed; say where it is by this, by `{key}_file`, or by `{key} = \"secret:NAME\"`"
            );
            (format!("{key}_env"), reason)
        })
    }
}

fn from_file(file: &Path) -> Result<Secret, String> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let text = Zeroizing::new(text);
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(format!("the first line of {} is empty", file.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SecretsSection;
    use crate::config::vault::tests::made;

    #[test]
    fn a_secret_is_the_first_line_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let secrets = Secrets::new(&SecretsSection::default(), folder.path());
        let read = |text: &str| {
            std::fs::write(&file, text).unwrap();
            let named = Named {
                key: "token",
                variable: None,
                file: Some(&file),
                sealed: None,
                secrets: &secrets,
            };
            named.read().map_err(|(key, _)| key)
        };
        assert_eq!(read(" abc \nmore\n"), Ok(Some(Secret::new("abc"))));
        assert_eq!(read("\nabc"), Err("token_file".to_owned()));
        assert_eq!(read(""), Err("token_file".to_owned()));
    }

    #[test]
    fn a_secret_is_in_one_place_and_may_be_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = made(folder.path(), "abc");
        let names: Vec<SecretName> = ["secret:desk", "secret:other"]
            .iter()
            .map(|name| toml::Value::String((*name).to_owned()).try_into().unwrap())
            .collect();
        let read = |sealed, variable| {
            let named = Named {
                key: "token",
                variable,
                file: None,
                sealed: Some(sealed),
                secrets: &secrets,
            };
            named.read().map_err(|(key, _)| key)
        };
        assert_eq!(read(&names[0], None), Ok(Some(Secret::new("abc"))));
        assert_eq!(read(&names[1], None), Err("token".to_owned()));
        assert_eq!(read(&names[0], Some("A")), Err("token".to_owned()));
    }

    #[test]
    fn what_is_not_there_is_told_by_its_key() {
        let secrets = Secrets::new(&SecretsSection::default(), Path::new("nowhere"));
        let named = |variable, file| Named {
            key: "token",
            variable,
            file,
            sealed: None,
            secrets: &secrets,
        };
        let key = |named: Named<'_>| named.needed("a token").unwrap_err().0;
        let nowhere = Path::new("/nowhere/at/all");
        assert_eq!(named(None, None).read(), Ok(None));
        assert_eq!(key(named(None, None)), "token_env");
        assert_eq!(
            key(named(Some("ARGONAUT_NO_SUCH_SECRET"), None)),
            "token_env"
        );
        assert_eq!(key(named(None, Some(nowhere))), "token_file");
        assert_eq!(key(named(Some("A"), Some(nowhere))), "token_file");
    }
}

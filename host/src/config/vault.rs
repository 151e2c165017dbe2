//! `[secrets]`: where the file of secrets is and what opens it, and names of secrets in its place
//! wherever a configuration says something that nobody may read there: `secret:NAME`.

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use vault::{KeyPlace, Name, Place, Value, Vault};
use zeroize::Zeroizing;

/// How the name of a secret begins.
const BEGINNING: &str = "secret:";
/// The variable that has the master key, unless told.
const VARIABLE: &str = "ARGONAUT_MASTER_KEY";
const NO_PLACE: &str = "a secret has no place in this file; keep it by `argonaut secrets set NAME`, and write \"secret:NAME\"";

/// `[secrets]`. Without it: `secrets.json` in the data folder, and a master key in the environment.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsSection {
    /// The file of secrets; `secrets.json` in the data folder when left out.
    pub file: Option<PathBuf>,
    /// A file that has the master key. Keep it away from the other one and its copies.
    pub master_key_file: Option<PathBuf>,
    /// A variable that has it; `ARGONAUT_MASTER_KEY` when left out.
    pub master_key_env: Option<String>,
}

impl SecretsSection {
    /// Where the secrets of a host with that data folder are.
    ///
    /// # Errors
    /// The key that cannot be meant, and why.
    pub fn place(&self, data_dir: &Path) -> Result<Place, (&'static str, String)> {
        let key = match (&self.master_key_file, &self.master_key_env) {
            (Some(_), Some(_)) => {
                let reason = "leave out this one or `master_key_env`".to_owned();
                return Err(("secrets.master_key_file", reason));
            }
            (Some(file), None) => KeyPlace::File(file.clone()),
            (None, Some(name)) => KeyPlace::Environment(name.clone()),
            (None, None) => KeyPlace::Environment(VARIABLE.to_owned()),
        };
        let file = self.file.clone();
        Ok(Place {
            file: file.unwrap_or_else(|| data_dir.join("secrets.json")),
            key,
        })
    }
}

/// The name of a secret as a configuration has it. What is no such name is not repeated in errors: it may be the
/// secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretName(Name);

impl SecretName {
    /// The name of which a text is; `None` for a text that is none.
    fn of(text: &str) -> Option<Result<Self, String>> {
        let name = text.strip_prefix(BEGINNING)?;
        Some(name.parse().map(Self))
    }
}

impl<'de> Deserialize<'de> for SecretName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = SecretName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a secret, such as \"secret:NAME\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretName, E> {
        let name = SecretName::of(text).unwrap_or_else(|| Err(NO_PLACE.to_owned()));
        name.map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretName, E> {
        Err(E::custom(NO_PLACE))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretName, E> {
        Err(E::custom(NO_PLACE))
    }
}

/// The secrets that a configuration names. Their file is opened when the first one is asked for.
#[derive(Debug)]
pub struct Secrets {
    place: Result<Place, String>,
    opened: OnceLock<Result<Vault, String>>,
}

impl Secrets {
    /// Those of a host with that data folder.
    #[must_use]
    pub fn new(section: &SecretsSection, data_dir: &Path) -> Self {
        let place = section.place(data_dir);
        Self {
            place: place.map_err(|(key, reason)| format!("{key}: {reason}")),
            opened: OnceLock::new(),
        }
    }

    /// The secret of that name.
    pub(super) fn value(&self, name: &SecretName) -> Result<Value, String> {
        let opened = self.opened.get_or_init(|| {
            let place = self.place.as_ref().map_err(Clone::clone)?;
            place.open().map_err(|error| format!("secrets: {error}"))
        });
        let vault = opened.as_ref().map_err(Clone::clone)?;
        vault.get(&name.0).map_err(|error| error.to_string())
    }

    /// A text of the configuration: the secret that it names, or else the text itself.
    ///
    /// # Errors
    /// It names none that there is. Never shows a secret.
    pub fn text(&self, text: &str) -> Result<Zeroizing<String>, String> {
        match SecretName::of(text) {
            None => Ok(Zeroizing::new(text.to_owned())),
            Some(name) => Ok(Zeroizing::new(self.value(&name?)?.reveal().to_owned())),
        }
    }
}

/// Whether a text of the configuration names a secret.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(BEGINNING)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Secrets in a folder, one of them `desk` with this value.
    pub(in crate::config) fn made(folder: &Path, value: &str) -> Secrets {
        let section = SecretsSection {
            master_key_file: Some(folder.join("master.key")),
            ..SecretsSection::default()
        };
        let place = section.place(folder).unwrap();
        place.init().unwrap();
        let value = Value::new(value.to_owned()).unwrap();
        place.set(&"desk".parse().unwrap(), &value, 1).unwrap();
        Secrets::new(&section, folder)
    }

    #[test]
    fn a_text_may_be_the_name_of_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = made(folder.path(), "hunter2");
        let text = |text: &str| secrets.text(text).map(|text| text.as_str().to_owned());
        assert_eq!(text("redis://a/0").as_deref(), Ok("redis://a/0"));
        assert_eq!(text("secret:desk").as_deref(), Ok("hunter2"));
        assert!(text("secret:other").unwrap_err().contains("`other`"));
        assert!(text("secret:No Name").unwrap_err().contains("lower-case"));
        assert!(!format!("{secrets:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_no_name_is_not_repeated() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only whether it can be read matters")]
        struct Section {
            token: SecretName,
        }
        assert!(toml::from_str::<Section>("token = \"secret:desk\"").is_ok());
        for wrong in ["\"hunter2\"", "\"secret:Hunter2\"", "4711", "47.11"] {
            let error = toml::from_str::<Section>(&format!("token = {wrong}"));
            let error = error.unwrap_err().message().to_owned();
            let shown = wrong.trim_matches('"').trim_start_matches("secret:");
            assert!(!error.contains(shown), "{error}");
        }
    }

    #[test]
    fn there_is_one_master_key() {
        let place = |text: &str| {
            let section: SecretsSection = toml::from_str(text).unwrap();
            section.place(Path::new("data"))
        };
        let usual = place("").unwrap();
        assert_eq!(usual.file, Path::new("data/secrets.json"));
        assert_eq!(usual.key, KeyPlace::Environment(VARIABLE.to_owned()));
        let both = place("master_key_file = \"a\"\nmaster_key_env = \"B\"");
        assert_eq!(both.unwrap_err().0, "secrets.master_key_file");
        let absent = SecretsSection {
            master_key_env: Some("ARGONAUT_NO_SUCH_MASTER_KEY".to_owned()),
            ..SecretsSection::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::new(&absent, folder.path());
        assert!(secrets.text("plain").is_ok());
        assert!(
            secrets
                .text("secret:desk")
                .unwrap_err()
                .contains("secrets init")
        );
    }
}

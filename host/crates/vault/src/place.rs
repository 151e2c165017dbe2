//! A file of secrets at its place: made, opened, and changed, whole or not at all, by one process at a time.

use crate::document::{Document, Entry};
use crate::error::VaultError;
use crate::files;
use crate::master::{KeyPlace, MasterKey};
use crate::name::Name;
use crate::rotation;
use crate::value::Value;
use crate::vault::Vault;
use std::path::PathBuf;

/// Most secrets in a file.
pub const MOST_SECRETS: usize = 500;
/// How often a file is looked at again whose key is just being rotated.
const TRIES: usize = 3;

/// Where secrets are, and what opens them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file of secrets.
    pub file: PathBuf,
    /// The master key.
    pub key: KeyPlace,
}

impl Place {
    /// Makes the file, without secrets; and a master key, where a file is named for it and there is none.
    /// Returns the id of the key.
    ///
    /// # Errors
    /// [`VaultError::Exists`], or the key or the file cannot be made.
    pub fn init(&self) -> Result<String, VaultError> {
        let _lock = files::lock(&self.file)?;
        if self.file.exists() {
            return Err(VaultError::Exists(self.file.clone()));
        }
        let master = match &self.key {
            KeyPlace::File(file) if !file.exists() => {
                let master = MasterKey::generate()?;
                files::create(file, master.text().as_bytes())?;
                master
            }
            place => place.read()?,
        };
        self.write(&Document::empty(&master), &master)?;
        Ok(master.id().to_owned())
    }

    /// Opens the file, which must be whole and private.
    ///
    /// # Errors
    /// There is none, it is broken, or its master key is not there: see [`VaultError`].
    pub fn open(&self) -> Result<Vault, VaultError> {
        for _ in 1..TRIES {
            match self.open_once() {
                // Between a look at the file and one at the key, both may have become others.
                Err(VaultError::WrongKey { .. }) => {}
                done => return done,
            }
        }
        self.open_once()
    }

    fn open_once(&self) -> Result<Vault, VaultError> {
        let missing = || VaultError::Missing(self.file.clone());
        let bytes = files::read(&self.file)?.ok_or_else(missing)?;
        let find = |id: &str| rotation::find(&self.key, id);
        let (document, master) = Document::read(&self.file, &bytes, find)?;
        Ok(Vault {
            file: self.file.clone(),
            document,
            master,
        })
    }

    /// Keeps a secret, in the place of the one before of that name. Returns its version.
    ///
    /// # Errors
    /// The file cannot be opened or written, or has [`MOST_SECRETS`].
    pub fn set(&self, name: &Name, value: &Value, now_ms: u64) -> Result<u64, VaultError> {
        self.change(|document, master| {
            let before = document.find(name).map(|entry| entry.version);
            if before.is_none() && document.secrets.len() >= MOST_SECRETS {
                let reason =
                    format!("there are {MOST_SECRETS} secrets, which is the most; remove one");
                return Err(VaultError::Refused(reason));
            }
            let version = before.unwrap_or_default().saturating_add(1);
            document.put(Entry::seal(name, version, now_ms, value, master)?);
            Ok(version)
        })
    }

    /// Forgets a secret.
    ///
    /// # Errors
    /// [`VaultError::Unknown`], or the file cannot be opened or written.
    pub fn remove(&self, name: &Name) -> Result<(), VaultError> {
        self.change(|document, _| {
            if document.find(name).is_none() {
                return Err(VaultError::Unknown(name.clone()));
            }
            document.secrets.retain(|entry| entry.name != *name);
            Ok(())
        })
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Document, &MasterKey) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let _lock = files::lock(&self.file)?;
        self.finish_rotation()?;
        let mut vault = self.open()?;
        let done = change(&mut vault.document, &vault.master)?;
        self.write(&vault.document, &vault.master)?;
        Ok(done)
    }

    /// Writes the file. Whoever calls holds its lock.
    pub(crate) fn write(&self, document: &Document, master: &MasterKey) -> Result<(), VaultError> {
        files::replace(&self.file, &document.bytes(master)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    fn place(folder: &Path) -> Place {
        Place {
            file: folder.join("secrets.json"),
            key: KeyPlace::File(folder.join("master.key")),
        }
    }

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn value(text: &str) -> Value {
        Value::new(text.to_owned()).unwrap()
    }

    #[test]
    fn secrets_are_kept_under_their_names_and_versions() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        assert!(matches!(place.open(), Err(VaultError::Missing(_))));
        let id = place.init().unwrap();
        assert!(matches!(place.init(), Err(VaultError::Exists(_))));
        assert_eq!(place.set(&name("b"), &value("one"), 5).unwrap(), 1);
        assert_eq!(place.set(&name("a"), &value("two\nlines"), 6).unwrap(), 1);
        assert_eq!(place.set(&name("b"), &value("three"), 7).unwrap(), 2);
        let vault = place.open().unwrap();
        assert_eq!(vault.master_id(), id);
        assert_eq!(vault.get(&name("a")).unwrap().reveal(), "two\nlines");
        assert_eq!(vault.get(&name("b")).unwrap().reveal(), "three");
        let listed = vault.list();
        let listed = listed
            .iter()
            .map(|one| (one.name.as_str(), one.version, one.set_ms));
        assert_eq!(listed.collect::<Vec<_>>(), [("a", 1, 6), ("b", 2, 7)]);
        place.remove(&name("a")).unwrap();
        assert!(matches!(
            place.remove(&name("a")),
            Err(VaultError::Unknown(_))
        ));
        assert_eq!(place.open().unwrap().verify().unwrap(), 1);
        assert!(!format!("{vault:?}").contains("three"));
    }

    #[test]
    fn another_master_key_is_told_by_both_ids() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (place, other) = (place(folder.path()), place(other.path()));
        let wanted = place.init().unwrap();
        let found = other.init().unwrap();
        let wrong = Place {
            key: other.key.clone(),
            ..place.clone()
        };
        let error = wrong.open().unwrap_err().to_string();
        assert!(error.contains(&wanted) && error.contains(&found), "{error}");
        let missing = Place {
            key: KeyPlace::Environment("ARGONAUT_NO_SUCH_MASTER_KEY".to_owned()),
            ..place.clone()
        };
        let error = missing.open().unwrap_err().to_string();
        assert!(error.contains("ARGONAUT_NO_SUCH_MASTER_KEY"), "{error}");
        assert!(place.open().is_ok());
    }

    #[test]
    fn files_that_others_may_read_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        place.init().unwrap();
        for file in ["secrets.json", "master.key"] {
            let file = folder.path().join(file);
            let mode = |mode| {
                let wide = std::fs::Permissions::from_mode(mode);
                std::fs::set_permissions(&file, wide).unwrap();
            };
            let found = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(found & 0o777, 0o600);
            mode(0o644);
            assert!(matches!(place.open(), Err(VaultError::Open { .. })));
            let refused = place.set(&name("a"), &value("x"), 1);
            assert!(matches!(refused, Err(VaultError::Open { .. })));
            mode(0o600);
        }
        assert!(place.open().is_ok());
    }

    #[test]
    fn who_changes_it_waits_for_nobody_and_harms_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        place.init().unwrap();
        let held = files::lock(&place.file).unwrap();
        let refused = place.set(&name("a"), &value("x"), 1);
        assert!(matches!(refused, Err(VaultError::Locked(_))));
        assert!(place.open().is_ok());
        drop(held);
        // Half a file that a crash left.
        std::fs::write(folder.path().join("secrets.json.new"), "half").unwrap();
        assert_eq!(place.set(&name("a"), &value("x"), 1).unwrap(), 1);
    }

    #[test]
    fn there_is_a_most() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        place.init().unwrap();
        let mut vault = place.open().unwrap();
        for number in 0..MOST_SECRETS {
            let name = name(&format!("s{number}"));
            let entry = Entry::seal(&name, 1, 1, &value("x"), &vault.master).unwrap();
            vault.document.secrets.push(entry);
        }
        place.write(&vault.document, &vault.master).unwrap();
        assert!(matches!(
            place.set(&name("one-more"), &value("x"), 1),
            Err(VaultError::Refused(_))
        ));
        assert_eq!(place.set(&name("s7"), &value("y"), 1).unwrap(), 2);
    }
}

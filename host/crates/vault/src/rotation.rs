//! Another master key. Which key is the right one the file of secrets says: so a new key is written beside
//! the old one, then the file is replaced, then the key; whenever that is cut off, one of both opens what
//! is there, and the next change finishes it.

use crate::document::{Document, Entry};
use crate::error::VaultError;
use crate::files;
use crate::master::{KeyPlace, MasterKey};
use crate::place::Place;
use std::path::{Path, PathBuf};

/// What a new master key's file is called until it is the master key's.
const NEXT: &str = ".next";

/// How a master key is rotated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotate {
    /// Where the new key goes; in the place of the old one when left out, which a file only has.
    pub to: Option<PathBuf>,
    /// Where the old key is kept; nowhere when left out, but it stays where it is when the new one goes elsewhere.
    pub keep_old: Option<PathBuf>,
}

/// A rotation that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The id of the key before.
    pub old: String,
    /// The id of the key now.
    pub new: String,
    /// Where it is.
    pub place: KeyPlace,
    /// Data keys that were wrapped anew.
    pub secrets: usize,
}

/// What has been done of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    OldKept,
    NewWritten,
    Rewrapped,
    Moved,
}

/// Called after each step; tests end there.
type AfterStep<'a> = &'a mut dyn FnMut(Step) -> Result<(), VaultError>;

/// The master key of an id: the one at its place, or the one that was about to become it.
pub(crate) fn find(place: &KeyPlace, id: &str) -> Result<MasterKey, VaultError> {
    let key = place.read()?;
    if key.id() == id {
        return Ok(key);
    }
    if let KeyPlace::File(file) = place
        && let Some(next) = next(file)?
        && next.id() == id
    {
        return Ok(next);
    }
    Err(VaultError::WrongKey {
        wanted: id.to_owned(),
        found: key.id().to_owned(),
        place: place.to_string(),
    })
}

/// The key of a rotation that was cut off. What is not even a key was never used.
fn next(file: &Path) -> Result<Option<MasterKey>, VaultError> {
    let bytes = files::read(&files::beside(file, NEXT))?;
    Ok(bytes.and_then(|bytes| MasterKey::parse(std::str::from_utf8(&bytes).ok()?).ok()))
}

impl Place {
    /// Makes a new master key and wraps all data keys by it. Values are not unsealed.
    ///
    /// # Errors
    /// The file cannot be opened, a file that is to be made is there, or one cannot be written; then what
    /// was there opens by the key that is there.
    pub fn rotate(&self, how: &Rotate) -> Result<Rotated, VaultError> {
        self.rotate_in_steps(how, &mut |_| Ok(()))
    }

    fn rotate_in_steps(&self, how: &Rotate, after: AfterStep<'_>) -> Result<Rotated, VaultError> {
        let (to, place) = self.way(how)?;
        let _lock = files::lock(&self.file)?;
        self.finish_rotation()?;
        let mut vault = self.open()?;
        let new = MasterKey::generate()?;
        for entry in &mut vault.document.secrets {
            entry.rewrap(&vault.master, &new, &self.file)?;
        }
        new.id().clone_into(&mut vault.document.master);
        if let Some(keep) = &how.keep_old {
            files::create(keep, vault.master.text().as_bytes())?;
            after(Step::OldKept)?;
        }
        files::create(&to, new.text().as_bytes())?;
        after(Step::NewWritten)?;
        self.write(&vault.document, &new)?;
        after(Step::Rewrapped)?;
        if let (None, KeyPlace::File(file)) = (&how.to, &self.key) {
            files::rename(&to, file)?;
            after(Step::Moved)?;
        }
        Ok(Rotated {
            old: vault.master.id().to_owned(),
            new: new.id().to_owned(),
            place,
            secrets: vault.document.secrets.len(),
        })
    }

    /// Where a new key is written, and where it is in the end.
    fn way(&self, how: &Rotate) -> Result<(PathBuf, KeyPlace), VaultError> {
        match (&how.to, &self.key) {
            (Some(to), _) => Ok((to.clone(), KeyPlace::File(to.clone()))),
            (None, KeyPlace::File(file)) => Ok((files::beside(file, NEXT), self.key.clone())),
            (None, KeyPlace::Environment(name)) => Err(VaultError::Refused(format!(
                "the master key is in the environment's {name}, which cannot be changed from here; say by \
                 `--to FILE` where the new one goes"
            ))),
        }
    }

    /// Seals all secrets by new data keys, and wraps those by the master key that is here now. `from` is
    /// where the one is that they are wrapped by, if that is another. Returns how many there are.
    ///
    /// # Errors
    /// The file cannot be opened or written.
    pub fn rewrap(&self, from: Option<&KeyPlace>) -> Result<usize, VaultError> {
        let _lock = files::lock(&self.file)?;
        let before = match from {
            None => {
                self.finish_rotation()?;
                self.clone()
            }
            Some(from) => Self {
                file: self.file.clone(),
                key: from.clone(),
            },
        };
        let vault = before.open()?;
        let master = match from {
            None => vault.master.clone(),
            Some(_) => self.key.read()?,
        };
        let mut document = Document::empty(&master);
        for entry in &vault.document.secrets {
            let (name, value) = (&entry.name, vault.value(entry)?);
            let sealed = Entry::seal(name, entry.version, entry.set_ms, &value, &master)?;
            document.secrets.push(sealed);
        }
        self.write(&document, &master)?;
        Ok(document.secrets.len())
    }

    /// Finishes a rotation that was cut off, or undoes one that had changed nothing yet. Whoever calls holds
    /// the lock.
    pub(crate) fn finish_rotation(&self) -> Result<(), VaultError> {
        let KeyPlace::File(file) = &self.key else {
            return Ok(());
        };
        let beside = files::beside(file, NEXT);
        if !beside.exists() {
            return Ok(());
        }
        let vault = self.open()?;
        if next(file)?.is_some_and(|next| next.id() == vault.master.id()) {
            return files::rename(&beside, file);
        }
        files::remove(&beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;
    use crate::value::Value;

    fn name() -> Name {
        "venue".parse().unwrap()
    }

    fn made(folder: &Path) -> Place {
        let place = Place {
            file: folder.join("secrets.json"),
            key: KeyPlace::File(folder.join("master.key")),
        };
        place.init().unwrap();
        let value = Value::new("hunter2".to_owned()).unwrap();
        place.set(&name(), &value, 1).unwrap();
        place
    }

    fn opens(place: &Place) -> String {
        let vault = place.open().unwrap();
        assert_eq!(vault.get(&name()).unwrap().reveal(), "hunter2");
        vault.master_id().to_owned()
    }

    #[test]
    fn a_rotation_that_is_cut_off_anywhere_leaves_one_key_that_opens() {
        let steps = [
            Step::OldKept,
            Step::NewWritten,
            Step::Rewrapped,
            Step::Moved,
        ];
        for cut in steps {
            let folder = tempfile::tempdir().unwrap();
            let place = made(folder.path());
            let old = opens(&place);
            let how = Rotate {
                keep_old: Some(folder.path().join("old.key")),
                to: None,
            };
            let crash = &mut |step: Step| {
                if step == cut {
                    return Err(VaultError::Refused("a crash".to_owned()));
                }
                Ok(())
            };
            place.rotate_in_steps(&how, crash).unwrap_err();
            let is_new = matches!(cut, Step::Rewrapped | Step::Moved);
            assert_eq!(opens(&place) != old, is_new, "{cut:?}");
            // Whatever is next finishes it.
            let value = Value::new("more".to_owned()).unwrap();
            place.set(&"more".parse().unwrap(), &value, 2).unwrap();
            assert_eq!(opens(&place) != old, is_new, "{cut:?}");
            assert!(!folder.path().join("master.key.next").exists(), "{cut:?}");
            let again = place.rotate(&Rotate::default()).unwrap();
            assert_eq!((again.secrets, opens(&place)), (2, again.new), "{cut:?}");
        }
    }

    #[test]
    fn the_old_key_is_kept_only_where_told() {
        let folder = tempfile::tempdir().unwrap();
        let place = made(folder.path());
        let (old, before) = (opens(&place), std::fs::read(&place.file).unwrap());
        let files = || std::fs::read_dir(folder.path()).unwrap().count();
        let count = files();
        let rotated = place.rotate(&Rotate::default()).unwrap();
        assert_eq!((rotated.old, rotated.new), (old, opens(&place)));
        assert_eq!(files(), count);
        // A copy from before does not open any more, and the error says by which key it would.
        std::fs::write(&place.file, before).unwrap();
        assert!(matches!(place.open(), Err(VaultError::WrongKey { .. })));
    }

    #[test]
    fn a_copy_is_wrapped_anew_by_the_key_that_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let place = made(folder.path());
        let before = std::fs::read(&place.file).unwrap();
        let kept = folder.path().join("old.key");
        let how = Rotate {
            keep_old: Some(kept.clone()),
            to: None,
        };
        let new = place.rotate(&how).unwrap().new;
        assert!(matches!(place.rotate(&how), Err(VaultError::Exists(_))));
        std::fs::write(&place.file, before).unwrap();
        assert_eq!(place.rewrap(Some(&KeyPlace::File(kept))).unwrap(), 1);
        assert_eq!(opens(&place), new);
        let bytes = std::fs::read(&place.file).unwrap();
        assert_eq!(place.rewrap(None).unwrap(), 1);
        assert_ne!(std::fs::read(&place.file).unwrap(), bytes);
        assert_eq!(opens(&place), new);
    }

    #[test]
    fn a_new_key_may_go_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let place = made(folder.path());
        let to = folder.path().join("new.key");
        let how = Rotate {
            to: Some(to.clone()),
            keep_old: None,
        };
        let rotated = place.rotate(&how).unwrap();
        assert!(matches!(place.open(), Err(VaultError::WrongKey { .. })));
        let moved = Place {
            key: rotated.place,
            ..place
        };
        assert_eq!(
            (opens(&moved), moved.key),
            (rotated.new, KeyPlace::File(to))
        );
        let of_environment = Place {
            key: KeyPlace::Environment("X".to_owned()),
            file: moved.file,
        };
        let refused = of_environment.rotate(&Rotate::default());
        assert!(matches!(refused, Err(VaultError::Refused(_))));
    }
}

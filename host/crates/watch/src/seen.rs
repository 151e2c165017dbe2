//! What lies at a path, as far as that shows without reading it.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What lies at a path, links followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing, or a link that leads nowhere.
    Absent,
    /// Something that is no file, or that cannot be looked at, and why.
    Unreadable(String),
    /// A file.
    File(Print),
}

/// By what a file is known again. Whatever changes its content changes this, also where its length and
/// the time that programs can set stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    /// When the file system itself saw the last change.
    changed: (i64, i64),
}

impl Print {
    /// When its content was changed last, as far as programs say: seconds since 1970, and nanoseconds.
    /// Permissions and links leave it as it was.
    pub fn modified(&self) -> (i64, i64) {
        self.modified
    }

    fn of(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
            bytes: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

impl Seen {
    /// Looks at a path.
    pub fn at(path: &Path) -> Self {
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() => Self::File(Print::of(&found)),
            Ok(_) => Self::Unreadable("it is not a file".to_owned()),
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Absent,
                _ => Self::Unreadable(error.to_string()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_lies_there_is_known_again_and_what_changed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let file = at("one");
        assert_eq!(Seen::at(&file), Seen::Absent);
        std::fs::write(&file, b"a").unwrap();
        let first = Seen::at(&file);
        assert!(matches!(first, Seen::File(_)), "{first:?}");
        assert_eq!(std::fs::read(&file).unwrap(), b"a");
        assert_eq!(Seen::at(&file), first, "a reader changes nothing");
        std::fs::write(&file, b"ab").unwrap();
        let second = Seen::at(&file);
        assert_ne!(second, first);
        std::fs::write(at("two"), b"cd").unwrap();
        std::fs::rename(at("two"), &file).unwrap();
        assert_ne!(Seen::at(&file), second, "another file of the same length");
    }

    #[test]
    fn links_are_followed_as_far_as_they_lead() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("v1")).unwrap();
        std::fs::write(at("v1/one"), b"a").unwrap();
        symlink("v1", at("data")).unwrap();
        symlink("data/one", at("one")).unwrap();
        assert_eq!(Seen::at(&at("one")), Seen::at(&at("v1/one")));
        std::fs::remove_file(at("data")).unwrap();
        assert_eq!(Seen::at(&at("one")), Seen::Absent);
        symlink("round", at("round")).unwrap();
        assert!(matches!(Seen::at(&at("round")), Seen::Unreadable(_)));
        let no_file = Seen::Unreadable("it is not a file".to_owned());
        assert_eq!(Seen::at(&at("v1")), no_file);
    }
}

//! The text files of the repository, read once. Skips build output, git and what is not text.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Folders that hold nothing written by hand.
const SKIPPED_FOLDERS: &[&str] = &["target", ".git", ".argonaut", "node_modules"];

/// One text file.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// Path from the root, with forward slashes.
    pub(super) path: String,
    /// Its content.
    pub(super) text: String,
}

/// All files, in path order.
#[derive(Clone, Debug, Default)]
pub(super) struct Files(Vec<File>);

impl Files {
    /// Reads every text file below `root`.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut files = Self::default();
        files.read_folder(root, "")?;
        files.0.sort_by(|left, right| left.path.cmp(&right.path));
        Ok(files)
    }

    /// Files made of (path, text) pairs, for the tests of the rules.
    #[cfg(test)]
    pub(super) fn of(pairs: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self(pairs.iter().map(file).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &File> {
        self.0.iter()
    }

    /// Only the Rust sources.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.iter().filter(|file| file.path.ends_with(".rs"))
    }

    pub(super) fn get(&self, path: &str) -> Option<&File> {
        self.iter().find(|file| file.path == path)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let listing = folder
            .read_dir()
            .with_context(|| format!("cannot list {prefix}"))?;
        for entry in listing {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if !SKIPPED_FOLDERS.contains(&name.as_str()) {
                    self.read_folder(&entry.path(), &format!("{path}/"))?;
                }
            } else if kind.is_file()
                && let Ok(text) = String::from_utf8(fs::read(entry.path())?)
            {
                self.0.push(File { path, text });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_output_and_binaries_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, bytes: &[u8]| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        write("a/target/x.rs", b"x");
        write(".git/y.rs", b"y");
        write("a/b/z.rs", b"z");
        write("a/picture", &[0xff, 0xfe]);
        write(".ci/run", b"run");
        let files = Files::read(folder.path()).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, [".ci/run", "a/b/z.rs"]);
        assert_eq!(files.rust().count(), 1);
        assert!(files.get("a/b/z.rs").is_some());
    }
}

//! Plugins on disk: reading them from the operators' folder only, and keeping the bytes of every
//! plugin that ran, named by their hash, so that a replay finds them.

use crate::handle::{HostError, PluginSource};
use model::PluginHash;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// Where plugins are read from and kept.
#[derive(Debug, Clone)]
pub(crate) struct PluginFiles {
    /// The folder below which requests may name files; `None` refuses all paths.
    source: Option<PathBuf>,
    /// The folder of kept bytes.
    kept: PathBuf,
    /// Largest file that is read, in bytes.
    max_bytes: u64,
}

fn refused(reason: String) -> HostError {
    HostError::Plugin {
        stage: "read",
        reason,
    }
}

impl PluginFiles {
    pub(crate) fn new(source: Option<PathBuf>, data: &Path, max_bytes: u64) -> Self {
        Self {
            source,
            kept: data.join("plugins"),
            max_bytes,
        }
    }

    /// The bytes of a plugin.
    pub(crate) fn read(&self, source: PluginSource) -> Result<Vec<u8>, HostError> {
        match source {
            PluginSource::Bytes(bytes) => Ok(bytes),
            PluginSource::Path(path) => self.read_file(&path),
        }
    }

    /// Reads a file below the plugin folder. What lies elsewhere, also through a link, is refused
    /// before it is opened.
    fn read_file(&self, path: &Path) -> Result<Vec<u8>, HostError> {
        let shown = path.display();
        let Some(folder) = &self.source else {
            return Err(refused(
                "this host has no plugin folder; send the plugin's bytes".into(),
            ));
        };
        let root = folder
            .canonicalize()
            .map_err(|error| refused(format!("the plugin folder cannot be read: {error}")))?;
        let outside = || {
            refused(format!(
                "`{shown}` is not below the plugin folder `{}`",
                folder.display()
            ))
        };
        let file = match root.join(path).canonicalize() {
            Ok(file) => file,
            // Whether something exists elsewhere is nobody's business.
            Err(_) if path.is_absolute() && !path.starts_with(&root) => return Err(outside()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(refused(format!(
                    "there is no file `{shown}` in the plugin folder"
                )));
            }
            Err(error) => return Err(refused(format!("`{shown}` cannot be read: {error}"))),
        };
        if !file.starts_with(&root) {
            return Err(outside());
        }
        self.read_bounded(&file)
            .map_err(|error| refused(format!("`{shown}` cannot be read: {error}")))
    }

    /// At most one byte more than allowed: admission then says that it is too large.
    fn read_bounded(&self, file: &Path) -> std::io::Result<Vec<u8>> {
        let file = File::open(file)?;
        if !file.metadata()?.is_file() {
            return Err(std::io::Error::other("it is not a file"));
        }
        let mut bytes = Vec::new();
        file.take(self.max_bytes.saturating_add(1))
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The bytes that were kept under a hash.
    pub(crate) fn kept(&self, hash: PluginHash) -> Result<Vec<u8>, String> {
        let file = self.kept.join(format!("{hash}.wasm"));
        self.read_bounded(&file).map_err(|error| {
            format!(
                "plugin {hash} cannot be read from `{}`: {error}; put its bytes there as `{hash}.wasm`",
                self.kept.display()
            )
        })
    }

    /// Keeps the bytes under their hash. Bytes that are there already are not written again.
    pub(crate) fn keep(&self, hash: PluginHash, bytes: &[u8]) -> Result<(), HostError> {
        let target = self.kept.join(format!("{hash}.wasm"));
        let kept = || -> std::io::Result<()> {
            if std::fs::read(&target).is_ok_and(|known| known == bytes) {
                return Ok(());
            }
            std::fs::create_dir_all(&self.kept)?;
            // Written beside and renamed, so that no reader ever sees half a file.
            let mut draft = tempfile::NamedTempFile::new_in(&self.kept)?;
            draft.write_all(bytes)?;
            draft
                .persist(&target)
                .map(drop)
                .map_err(|error| error.error)
        };
        kept().map_err(|error| refused(format!("`{}` cannot be kept: {error}", target.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(root: &Path) -> PluginFiles {
        PluginFiles::new(Some(root.join("plugins")), &root.join("data"), 16)
    }

    fn read(root: &Path, path: impl Into<PathBuf>) -> Result<Vec<u8>, String> {
        let source = PluginSource::Path(path.into());
        files(root).read(source).map_err(|error| error.to_string())
    }

    #[test]
    fn only_files_below_the_folder_are_read() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path();
        std::fs::create_dir_all(root.join("plugins/deep")).unwrap();
        std::fs::write(root.join("plugins/deep/one.wasm"), b"one").unwrap();
        std::fs::write(root.join("secret"), b"secret").unwrap();
        std::os::unix::fs::symlink(root.join("secret"), root.join("plugins/link.wasm")).unwrap();

        assert_eq!(read(root, "deep/one.wasm"), Ok(b"one".to_vec()));
        assert_eq!(read(root, "deep/../deep/one.wasm"), Ok(b"one".to_vec()));
        assert_eq!(
            read(root, root.join("plugins/deep/one.wasm")),
            Ok(b"one".to_vec())
        );
        for escape in [
            PathBuf::from("../secret"),
            PathBuf::from("link.wasm"),
            root.join("secret"),
            root.join("no such file"),
        ] {
            let error = read(root, &escape).unwrap_err();
            assert!(
                error.contains("is not below the plugin folder"),
                "{escape:?}: {error}"
            );
        }
        assert!(
            read(root, "two.wasm")
                .unwrap_err()
                .contains("there is no file `two.wasm`")
        );
        assert!(read(root, "deep").unwrap_err().contains("it is not a file"));
    }

    #[test]
    fn bytes_are_kept_once_under_their_hash() {
        let temporary = tempfile::tempdir().unwrap();
        let files = files(temporary.path());
        let hash = PluginHash::new([7; 32]);
        let path = temporary.path().join(format!("data/plugins/{hash}.wasm"));
        for _ in 0..2 {
            files.keep(hash, b"bytes").unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
        }
        std::fs::write(&path, b"altered").unwrap();
        files.keep(hash, b"bytes").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
    }
}

//! Plugins on disk: reading them from the operators' folder only, and checking who signed them. What was
//! read is kept by the registry, where replays find it.

use crate::handle::{HostError, PluginSource};
use model::PluginHash;
use registry::{MAX_SIGNATURE_BYTES, Registry, Signer, Source};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A plugin's bytes that may be admitted: nobody reads them again between the check of their
/// signature and their compilation.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) bytes: Vec<u8>,
    /// The text of their `.minisig` file.
    pub(crate) signature: Option<String>,
    /// Who signed them, if anybody did.
    pub(crate) signer: Option<Signer>,
    /// Where they are from; `None` for what the registry had.
    pub(crate) source: Option<Source>,
}

/// Where plugins are read from and kept. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct PluginFiles {
    registry: Arc<Registry>,
    /// The folder below which requests may name files; `None` refuses all paths.
    source: Option<PathBuf>,
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
    pub(crate) fn new(registry: Arc<Registry>, source: Option<PathBuf>, max_bytes: u64) -> Self {
        Self {
            registry,
            source,
            max_bytes,
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The bytes of a plugin, if they are to be trusted. Every plugin that is new to this host comes
    /// through here.
    pub(crate) fn read(&self, source: PluginSource) -> Result<Checked, HostError> {
        let (bytes, signature, source) = match source {
            PluginSource::Bytes { bytes, signature } => (bytes, signature, Some(Source::Upload)),
            PluginSource::Path(path) => {
                let (bytes, signature) = self.read_signed(&path)?;
                (bytes, signature, Some(file(&path)))
            }
            PluginSource::Found {
                file: path,
                bytes,
                signature,
            } => (bytes, signature, Some(file(&path))),
            PluginSource::Kept(text) => {
                let hash = self.registry.find_kept(&text)?;
                let bytes = self.kept(hash).map_err(refused)?;
                (bytes, self.registry.signature(hash), None)
            }
        };
        let signer = self.registry.check(&bytes, signature.as_deref())?;
        Ok(Checked {
            bytes,
            signature,
            signer,
            source,
        })
    }

    /// A file below the plugin folder, with the signature beside it.
    pub(crate) fn read_signed(&self, path: &Path) -> Result<(Vec<u8>, Option<String>), HostError> {
        let file = self.find(path)?;
        let unreadable = |error: std::io::Error| {
            refused(format!("`{}` cannot be read: {error}", path.display()))
        };
        let bytes = read_bounded(&file, self.max_bytes).map_err(unreadable)?;
        let beside = signature_of(file);
        if matches!(beside.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound) {
            return Ok((bytes, None));
        }
        let read = read_bounded(&self.find(&beside)?, MAX_SIGNATURE_BYTES as u64);
        let text = read.map_err(unreadable)?;
        Ok((bytes, Some(String::from_utf8_lossy(&text).into_owned())))
    }

    /// Where a file below the plugin folder really is. What lies elsewhere, also through a link, is
    /// refused before it is opened.
    fn find(&self, path: &Path) -> Result<PathBuf, HostError> {
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
        Ok(file)
    }

    /// The bytes that were kept under a hash, as they were when they came in.
    ///
    /// # Errors
    /// Where they should be, and why they are not.
    pub(crate) fn kept(&self, hash: PluginHash) -> Result<Vec<u8>, String> {
        let bytes = self.registry.bytes(hash, self.max_bytes)?;
        let found = PluginHash::of(&bytes);
        if found != hash {
            return Err(format!(
                "the bytes kept for plugin {hash} are those of {found}; put its own there, or, if the journal is \
                 of a host that named plugins by BLAKE3, run it with that host"
            ));
        }
        Ok(bytes)
    }
}

/// Where the signature of a component lies, whose path has no links.
pub(crate) fn signature_of(file: PathBuf) -> PathBuf {
    let mut beside = file.into_os_string();
    beside.push(".minisig");
    PathBuf::from(beside)
}

fn file(path: &Path) -> Source {
    Source::File(path.display().to_string())
}

/// At most one byte more than allowed: who looks at it then says that it is too large.
fn read_bounded(file: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    // A pipe would be waited for.
    let mut options = File::options();
    let file = options
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(file)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use registry::{Policy, Trust};

    fn trusting(root: &Path, trust: Trust) -> PluginFiles {
        let policy = Policy {
            trust,
            ..Policy::default()
        };
        let registry = Registry::open(root.join("data/plugins"), policy).unwrap();
        PluginFiles::new(Arc::new(registry), Some(root.join("plugins")), 4096)
    }

    fn read(root: &Path, path: impl Into<PathBuf>) -> Result<Vec<u8>, String> {
        let source = PluginSource::Path(path.into());
        let read = trusting(root, Trust::default()).read(source);
        let bytes = read.map(|checked| checked.bytes);
        bytes.map_err(|error| error.to_string())
    }

    /// A folder of plugins with `deep/one.wasm`.
    fn folder() -> tempfile::TempDir {
        let temporary = tempfile::tempdir().unwrap();
        let deep = temporary.path().join("plugins/deep");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("one.wasm"), b"one").unwrap();
        temporary
    }

    #[test]
    fn only_files_below_the_folder_are_read() {
        let temporary = folder();
        let root = temporary.path();
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
    fn a_signature_lies_beside_its_file() {
        let temporary = folder();
        let root = temporary.path();
        let signature = root.join("plugins/deep/one.wasm.minisig");
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let trusted = [pair.pk.to_base64()];
        let files = trusting(root, Trust::new(&trusted, None, &[]).unwrap());
        let code = || {
            let read = files.read(PluginSource::Path("deep/one.wasm".into()));
            match read {
                Ok(checked) => checked.signer.map(|signer| signer.comment).unwrap(),
                Err(HostError::Registry(refusal)) => refusal.code().to_owned(),
                Err(other) => other.to_string(),
            }
        };
        assert_eq!(code(), "PLUGIN_UNSIGNED");
        let sign = |bytes: &'static [u8]| {
            let signed = minisign::sign(None, &pair.sk, bytes, Some("by anna"), None);
            std::fs::write(&signature, signed.unwrap().into_string()).unwrap();
        };
        sign(b"another");
        assert_eq!(code(), "PLUGIN_SIGNATURE_WRONG");
        sign(b"one");
        assert_eq!(code(), "by anna");
        std::fs::write(root.join("plugins/deep/one.wasm"), b"onf").unwrap();
        assert_eq!(code(), "PLUGIN_SIGNATURE_WRONG");
        std::fs::write(&signature, [0xff; 5]).unwrap();
        assert_eq!(code(), "PLUGIN_SIGNATURE_MALFORMED");
        std::fs::remove_file(&signature).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", &signature).unwrap();
        assert!(
            code().contains("is not below the plugin folder"),
            "{}",
            code()
        );
    }
}

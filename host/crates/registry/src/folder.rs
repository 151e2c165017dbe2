//! The files of a registry. Each is written under another name, forced to the disk and renamed, so that
//! nobody ever sees half of one.

use crate::record::Record;
use model::PluginHash;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The form of a record's file that this program writes.
const FORMAT: u32 = 1;

/// A record's file.
#[derive(Serialize, Deserialize)]
struct Sheet {
    format: u32,
    record: Record,
}

/// The folder.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes it, if there is none.
    pub(crate) fn open(path: PathBuf) -> Result<Self, String> {
        std::fs::create_dir_all(&path)
            .map_err(|error| format!("{}: cannot be made: {error}", path.display()))?;
        Ok(Self(path))
    }

    fn component(&self, hash: PluginHash) -> PathBuf {
        self.0.join(format!("{hash}.wasm"))
    }

    fn signature(&self, hash: PluginHash) -> PathBuf {
        self.0.join(format!("{hash}.wasm.minisig"))
    }

    fn sheet(&self, hash: PluginHash) -> PathBuf {
        self.0.join(format!("{hash}.json"))
    }

    /// All records.
    pub(crate) fn records(&self) -> Result<Vec<Record>, String> {
        let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
            format!("{}: cannot be read: {error}", path.display())
        };
        let entries = std::fs::read_dir(&self.0).map_err(|error| unreadable(&self.0, &error))?;
        let mut records = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&self.0, &error))?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let is_sheet = path
                .extension()
                .is_some_and(|extension| extension == "json");
            let Some(hash) = stem.filter(|_| is_sheet).and_then(PluginHash::parse) else {
                continue;
            };
            let text = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
            let fix = "take it back from a copy, or move it away together with its `.wasm`";
            let sheet: Sheet = serde_json::from_slice(&text)
                .map_err(|error| format!("{}; {fix}", unreadable(&path, &error)))?;
            if sheet.format != FORMAT || sheet.record.manifest.hash != hash {
                let reason = "it is of another format, or of another plugin";
                return Err(format!("{}; {fix}", unreadable(&path, &reason)));
            }
            records.push(sheet.record);
        }
        Ok(records)
    }

    /// Writes a record.
    pub(crate) fn write(&self, record: &Record) -> Result<(), String> {
        let sheet = Sheet {
            format: FORMAT,
            record: record.clone(),
        };
        let text = serde_json::to_vec_pretty(&sheet).map_err(|error| error.to_string())?;
        self.put(&self.sheet(record.manifest.hash), &text)
    }

    /// Keeps a component, and its signature if it has one.
    pub(crate) fn keep(
        &self,
        hash: PluginHash,
        bytes: &[u8],
        signature: Option<&str>,
    ) -> Result<(), String> {
        if let Some(signature) = signature {
            self.put(&self.signature(hash), signature.as_bytes())?;
        }
        let target = self.component(hash);
        // What is there already is not written again.
        if std::fs::read(&target).is_ok_and(|known| known == bytes) {
            return Ok(());
        }
        self.put(&target, bytes)
    }

    /// Removes a component and its signature; the record stays.
    pub(crate) fn remove(&self, hash: PluginHash) -> Result<(), String> {
        for file in [self.component(hash), self.signature(hash)] {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(format!("{}: cannot be removed: {error}", file.display()));
                }
                _ => {}
            }
        }
        self.sync()
    }

    /// The bytes kept under a hash, at most one more than `most`.
    pub(crate) fn bytes(&self, hash: PluginHash, most: u64) -> Result<Vec<u8>, String> {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            let file = File::open(self.component(hash))?;
            file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error| {
            format!(
                "plugin {hash} cannot be read from `{}`: {error}; put its bytes there as `{hash}.wasm`",
                self.0.display()
            )
        })
    }

    /// The signature kept beside a component.
    pub(crate) fn signature_of(&self, hash: PluginHash) -> Option<String> {
        std::fs::read_to_string(self.signature(hash)).ok()
    }

    fn put(&self, target: &Path, bytes: &[u8]) -> Result<(), String> {
        let put = || -> std::io::Result<()> {
            let mut draft = tempfile::NamedTempFile::new_in(&self.0)?;
            draft.write_all(bytes)?;
            draft.as_file().sync_all()?;
            draft.persist(target).map_err(|error| error.error)?;
            Ok(())
        };
        let written = put();
        written.map_err(|error| format!("{}: cannot be written: {error}", target.display()))?;
        self.sync()
    }

    fn sync(&self) -> Result<(), String> {
        let synced = File::open(&self.0).and_then(|folder| folder.sync_all());
        synced.map_err(|error| format!("{}: cannot be synced: {error}", self.0.display()))
    }
}

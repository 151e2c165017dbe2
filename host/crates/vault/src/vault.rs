//! Secrets as they were when their file was opened. Each is unsealed when it is asked for, and not before.

use crate::document::{Document, Entry};
use crate::error::VaultError;
use crate::master::MasterKey;
use crate::name::Name;
use crate::value::Value;
use std::path::PathBuf;

/// An opened file of secrets: whole, and of the master key that is there. Its debug form shows no secret.
#[derive(Debug, Clone)]
pub struct Vault {
    pub(crate) file: PathBuf,
    pub(crate) document: Document,
    pub(crate) master: MasterKey,
}

/// What may be shown of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: Name,
    /// 1, and one more each time it was set.
    pub version: u64,
    /// When it was set, in milliseconds since the epoch.
    pub set_ms: u64,
}

impl Vault {
    /// The secret of that name.
    ///
    /// # Errors
    /// [`VaultError::Unknown`], or it is not what was sealed.
    pub fn get(&self, name: &Name) -> Result<Value, VaultError> {
        let unknown = || VaultError::Unknown(name.clone());
        let entry = self.document.find(name).ok_or_else(unknown)?;
        self.value(entry)
    }

    /// All there are, by name, without their values.
    #[must_use]
    pub fn list(&self) -> Vec<Listed> {
        let entries = self.document.secrets.iter();
        let listed = entries.map(|entry| Listed {
            name: entry.name.clone(),
            version: entry.version,
            set_ms: entry.set_ms,
        });
        listed.collect()
    }

    /// The id of the master key that opens it.
    #[must_use]
    pub fn master_id(&self) -> &str {
        self.master.id()
    }

    /// Unseals each secret once. Returns how many there are.
    ///
    /// # Errors
    /// The first that is not what was sealed.
    pub fn verify(&self) -> Result<usize, VaultError> {
        for entry in &self.document.secrets {
            self.value(entry)?;
        }
        Ok(self.document.secrets.len())
    }

    pub(crate) fn value(&self, entry: &Entry) -> Result<Value, VaultError> {
        entry.value(&self.master, &self.file)
    }
}

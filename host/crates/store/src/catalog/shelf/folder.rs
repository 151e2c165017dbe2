//! Files of a folder: under a hidden name until they are whole.

use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::catalog::error::CatalogError;
use crate::catalog::layout::UNFINISHED;

/// All files below a folder.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(CatalogError::io(folder))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(CatalogError::io(folder))?;
        let path = entry.path();
        if fs::metadata(&path)
            .map_err(CatalogError::io(&path))?
            .is_dir()
        {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// A hidden file that goes away unless it is given a name.
pub(in crate::catalog) fn unfinished(folder: &Path) -> Result<NamedTempFile, CatalogError> {
    tempfile::Builder::new()
        .prefix(UNFINISHED)
        // As any other file: the user's mask decides.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(CatalogError::io(folder))
}

/// Gives a file of the same folder its name.
pub(in crate::catalog) fn place(file: NamedTempFile, path: &Path) -> Result<(), CatalogError> {
    file.persist(path)
        .map_err(|error| CatalogError::io(path)(error.error))?;
    sync(path)
}

/// Removes files of one folder.
pub(super) fn remove(paths: &[&Path]) -> Result<(), CatalogError> {
    for path in paths {
        fs::remove_file(path).map_err(CatalogError::io(path))?;
    }
    paths.last().map_or(Ok(()), |path| sync(path))
}

/// Makes a renamed or removed name durable.
fn sync(path: &Path) -> Result<(), CatalogError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(CatalogError::io(folder))
}

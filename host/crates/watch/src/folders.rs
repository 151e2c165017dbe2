//! Which folders have to be listened to for one file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folders in which something happens when what lies at `path` below `root` becomes something else:
/// each on the way, the one in which `root` lies, for it may be made again, and the one in which the file
/// really is, behind links.
pub fn folders_of(root: &Path, path: &Path) -> BTreeSet<PathBuf> {
    let file = root.join(path);
    let on_the_way = file.ancestors().skip(1);
    let mut folders: BTreeSet<_> = on_the_way
        .take_while(|folder| folder.starts_with(root))
        .map(Path::to_owned)
        .collect();
    folders.insert(root.to_owned());
    folders.extend(root.parent().map(Path::to_owned));
    let real = file.canonicalize().ok();
    folders.extend(real.as_deref().and_then(Path::parent).map(Path::to_owned));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_between_root_and_file_is_listened_to() {
        let temporary = tempfile::tempdir().unwrap();
        let above = temporary.path().canonicalize().unwrap();
        let root = above.join("plugins");
        let all = |path: &str| -> Vec<PathBuf> {
            let folders = folders_of(&root, Path::new(path)).into_iter();
            let below = |folder: PathBuf| folder.strip_prefix(&above).unwrap().to_owned();
            folders.map(below).collect()
        };
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(all("one.wasm"), paths(&["", "plugins"]));
        let deep = ["", "plugins", "plugins/a", "plugins/a/b"];
        assert_eq!(all("a/b/one.wasm"), paths(&deep));
        std::fs::create_dir_all(root.join("..v1")).unwrap();
        std::fs::write(root.join("..v1/one.wasm"), b"one").unwrap();
        std::os::unix::fs::symlink("..v1", root.join("..data")).unwrap();
        std::os::unix::fs::symlink("..data/one.wasm", root.join("one.wasm")).unwrap();
        assert_eq!(all("one.wasm"), paths(&["", "plugins", "plugins/..v1"]));
    }
}

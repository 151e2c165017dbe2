//! Nothing in the repository names one machine's folders or a package registry's host: the first
//! breaks on every other machine, the second belongs into the user's own configuration.

use super::Violation;
use super::files::Files;

/// Folders of one machine, at the root of its file system. A match counts where a path starts, not
/// in the middle of one.
const MACHINE_FOLDERS: &[&str] = &["work", "root", "tmp"];

/// Hosts of package registries.
const REGISTRY_HOSTS: &[&str] = &[
    "crates.io",
    "pypi.org",
    "npmjs.org",
    "docker.io",
    "ghcr.io",
    "quay.io",
    "deb.debian.org",
];

/// This list cannot do without.
const EXEMPT: &str = "host/xtask/src/tidy/leaks.rs";
/// Cargo writes these itself, hosts and all.
const LOCK_FILE: &str = "Cargo.lock";

pub(super) fn check(files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.path != EXEMPT && !file.path.ends_with(LOCK_FILE))
    {
        for (index, line) in file.text.lines().enumerate() {
            for folder in MACHINE_FOLDERS
                .iter()
                .map(|name| absolute(name))
                .filter(|folder| starts_a_path(line, folder))
            {
                let message = format!("names a folder of one machine: {folder}");
                violations.push(Violation::new(&file.path, index + 1, message));
            }
            for host in REGISTRY_HOSTS.iter().filter(|host| line.contains(**host)) {
                let message = format!("names a package registry: {host}");
                violations.push(Violation::new(&file.path, index + 1, message));
            }
        }
    }
    violations
}

fn absolute(name: &str) -> String {
    format!("/{name}/")
}

fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "_-.}".contains(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, violations: usize) {
        let files = Files::of(&[("docs/a.md", line)]);
        assert_eq!(super::check(&files).len(), violations, "{line}");
    }

    #[test]
    fn machine_folders_are_found_where_a_path_starts() {
        for name in MACHINE_FOLDERS {
            let folder = absolute(name);
            check(&format!("data in {folder}shared"), 1);
            check(&format!("open(\"{folder}x\")"), 1);
            check(&format!("{folder}.cargo"), 1);
            check(&format!("file://{folder}x"), 1);
            check(&format!("let out = folder.join(\"frame{folder}x\")"), 0);
            check(&format!("..{folder}x and $HOME{folder}x"), 0);
        }
    }

    #[test]
    fn registry_hosts_are_found() {
        check("index = \"https://index.crates.io/\"", 1);
        check("FROM docker.io/library/debian", 1);
        check("the default registry", 0);
    }
}

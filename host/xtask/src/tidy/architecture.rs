//! ARCHITECTURE.md is the newcomer's map: every crate must be on it.

use super::Violation;
use super::files::Files;
use super::metadata::Member;

/// The map.
const FILE: &str = "ARCHITECTURE.md";

pub(super) fn check(files: &Files, members: &[Member]) -> Vec<Violation> {
    let map = files.get(FILE).map_or("", |file| file.text.as_str());
    let missing = members.iter().filter(|member| !mentions(map, member));
    missing
        .map(|member| Violation::new(FILE, 0, format!("does not mention `{}`", member.name)))
        .collect()
}

/// A crate is on the map by name in backticks; sample plugins also as part of `plugins/`.
fn mentions(map: &str, member: &Member) -> bool {
    map.contains(&format!("`{}`", member.name))
        || (member.folder.starts_with("plugins/") && map.contains("`plugins/`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(map: &str, name: &str, folder: &str, violations: usize) {
        let member = Member {
            name: name.to_owned(),
            folder: folder.to_owned(),
        };
        let found = super::check(&Files::of(&[(FILE, map)]), &[member]);
        assert_eq!(found.len(), violations, "{map}");
    }

    #[test]
    fn a_crate_that_is_not_on_the_map_is_found() {
        check("the `engine` is", "engine", "host/crates/engine", 0);
        check("the engine is", "engine", "host/crates/engine", 1);
        check("the `engines` are", "engine", "host/crates/engine", 1);
        check("samples in `plugins/`", "ema-cross", "plugins/ema-cross", 0);
        check("samples", "ema-cross", "plugins/ema-cross", 1);
    }
}

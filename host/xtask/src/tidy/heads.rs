//! Every Rust file says first what it is for.

use super::Violation;
use super::files::Files;

pub(super) fn check(files: &Files) -> Vec<Violation> {
    files
        .rust()
        .filter(|file| !opens_with_purpose(&file.text))
        .map(|file| {
            Violation::new(
                &file.path,
                1,
                "must open with `//!` and what the file is for",
            )
        })
        .collect()
}

fn opens_with_purpose(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first
        .strip_prefix("//!")
        .is_some_and(|purpose| purpose.contains(char::is_alphabetic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, violations: usize) {
        assert_eq!(
            super::check(&Files::of(&[("a.rs", text)])).len(),
            violations,
            "{text}"
        );
    }

    #[test]
    fn a_file_without_a_head_is_found() {
        check("//! What it is for.\nfn f() {}", 0);
        check("fn f() {}", 1);
        check("// An ordinary comment.", 1);
        check("//!\n//! Late.", 1);
        check("", 1);
    }
}

//! Which of two versions is the older one: by Semantic Versioning 2.0.0, where what is left out is zero.

use semver::Version;
use std::cmp::Ordering;

/// How `version` stands to `other`; `None` when one of them is not `MAJOR.MINOR.PATCH` and they differ.
/// What a version says of its build does not matter.
pub(crate) fn compare(version: &str, other: &str) -> Option<Ordering> {
    if version == other {
        return Some(Ordering::Equal);
    }
    Some(read(version)?.cmp_precedence(&read(other)?))
}

/// `1` and `1.2` are `1.0.0` and `1.2.0`; a `v` before it is not counted.
fn read(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches('v');
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let missing = 2_usize.checked_sub(numbers.matches('.').count())?;
    Version::parse(&format!("{numbers}{}{rest}", ".0".repeat(missing))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_an_order_or_none() {
        use Ordering::{Equal, Greater, Less};
        let check = |version: &str, other: &str, expect| {
            assert_eq!(compare(version, other), expect, "{version} and {other}");
            let turned = compare(other, version);
            assert_eq!(
                turned,
                expect.map(Ordering::reverse),
                "{other} and {version}"
            );
        };
        check("1.2.3", "1.10.0", Some(Less));
        check("2", "1.9.9", Some(Greater));
        check("1.0", "1", Some(Equal));
        check("v1.4", "1.4.0", Some(Equal));
        check("1.0.0-rc.1", "1.0.0", Some(Less));
        check("1-beta", "1.0", Some(Less));
        check("1.0.0+7", "1.0.0+8", Some(Equal));
        check("late", "late", Some(Equal));
        check("late", "1.0.0", None);
        check("1.2.3.4", "1.2.3", None);
        check("", "1", None);
    }
}

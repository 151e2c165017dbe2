//! The description of the API, as the program prints it.

use super::process::{argonaut, root, stdout};

#[test]
fn what_is_printed_is_what_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let printed = stdout(&argonaut(folder.path(), &["openapi"]));
    let kept = std::fs::read_to_string(root().join("docs/openapi.json")).unwrap();
    assert_eq!(printed.trim_end(), kept.trim_end());
}

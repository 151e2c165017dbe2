//! Builds real plugins from source, and crates with something wrong.
//!
//! What compiles for the guest needs the guest's toolchain, which the builder finds or installs.

#![allow(clippy::unwrap_used, reason = "tests")]

use builder::{BuildError, BuildOptions, build, build_many, componentize, imports};
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../..")
        .canonicalize()
        .unwrap()
}

/// A crate of its own with this name, manifest tail and code. Names differ, because all are built in
/// one target folder.
fn crate_with(name: &str, tail: &str, code: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let head = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n");
    fs::write(directory.path().join("Cargo.toml"), format!("{head}{tail}")).unwrap();
    fs::create_dir(directory.path().join("src")).unwrap();
    fs::write(directory.path().join("src/lib.rs"), code).unwrap();
    directory
}

/// The text of the error that building `directory` ends in.
fn failure(directory: &Path) -> String {
    build(&BuildOptions::new(directory), &mut |_| {})
        .unwrap_err()
        .to_string()
}

const CDYLIB: &str = "[lib]\ncrate-type = [\"cdylib\"]\n";

#[test]
fn plugins_of_the_repository_import_nothing_but_the_contract() {
    let plugins = repository().join("plugins");
    let second = BuildOptions {
        features: vec!["v2".to_owned()],
        name: Some("counter-v2".to_owned()),
        ..BuildOptions::new(plugins.join("counter"))
    };
    let options = [BuildOptions::new(plugins.join("noop")), second];
    let mut said = Vec::new();
    let built = build_many(&options, &mut |line| said.push(line.to_owned())).unwrap();
    let stems: Vec<_> = built
        .iter()
        .map(|built| built.component.file_stem().unwrap())
        .collect();
    assert_eq!(stems, ["noop", "counter-v2"]);
    assert!(said[0].starts_with("plugins are compiled by"), "{said:?}");
    for one in &built {
        let bytes = fs::read(&one.component).unwrap();
        let names = imports("plugin", &bytes).unwrap();
        assert!(!names.is_empty());
        assert!(
            names
                .iter()
                .all(|name| name.starts_with("argonaut:plugin/")),
            "{names:?}"
        );
        assert_eq!(one.bytes, bytes.len() as u64);
    }
}

#[test]
fn a_mistake_is_shown_with_its_file_and_line() {
    let broken = crate_with(
        "broken",
        CDYLIB,
        "//! Broken.\n\nfn broken() -> u32 { \"text\" }\n",
    );
    let message = failure(broken.path());
    assert!(message.contains("src/lib.rs:3:"), "{message}");
    assert!(message.contains("mismatched types"), "{message}");
}

#[test]
fn a_crate_that_exports_nothing_is_no_plugin() {
    let empty = crate_with("sample", CDYLIB, "//! Empty: no `export!`.\n");
    let message = failure(empty.path());
    assert!(message.contains("`sample`"), "{message}");
    assert!(message.contains("export!"), "{message}");
}

#[test]
fn what_is_no_plugin_crate_is_named() {
    let nothing = tempfile::tempdir().unwrap();
    assert!(failure(nothing.path()).contains("holds no plugin"));
    let library = crate_with("library", "", "//! A plain library.\n");
    assert!(failure(library.path()).contains("makes no cdylib"));
    let malformed = crate_with("malformed", "[lib\n", "");
    assert!(failure(malformed.path()).contains("cannot read"));
}

#[test]
fn features_are_refused_where_there_are_none() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("strategy.c"), "").unwrap();
    let options = BuildOptions {
        features: vec!["fast".to_owned()],
        ..BuildOptions::new(folder.path())
    };
    let error = build(&options, &mut |_| {}).unwrap_err().to_string();
    assert!(
        error.contains("`fast`") && error.contains("in C"),
        "{error}"
    );
}

#[test]
fn a_module_with_a_forbidden_import_is_refused_by_name() {
    let module = wat::parse_str(
        r#"(module (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32))))"#,
    );
    let error = componentize("sample", &module.unwrap()).unwrap_err();
    assert!(matches!(error, BuildError::Component { .. }));
    assert!(
        error.to_string().contains("wasi_snapshot_preview1"),
        "{error}"
    );
    assert!(componentize("sample", b"not a module").is_err());
    assert!(imports("sample", b"not a component").is_err());
}

//! `argonaut secrets`, by the program: what is set is kept sealed, and shown nowhere.

use crate::process::{argonaut, stdout};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const VALUE: &str = "https://hooks.example/0123456789abcdef";

/// Sets a secret by standard input.
fn set(folder: &Path, name: &str, value: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_argonaut"))
        .args(["secrets", "set", name, "--key-file", "master.key"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One that refuses at once has closed it.
    let _refused = stdin.write_all(value.as_bytes());
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn secrets(folder: &Path, arguments: &[&str]) -> Output {
    let all = [&["secrets"][..], arguments, &["--key-file", "master.key"]].concat();
    argonaut(folder, &all)
}

#[test]
fn secrets_are_kept_rotated_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let early = set(folder, "desk", VALUE);
    assert!(String::from_utf8_lossy(&early.stderr).contains("secrets init"));
    stdout(&secrets(folder, &["init"]));
    assert!(stdout(&set(folder, "desk", &format!("{VALUE}\n"))).contains("version 1"));
    assert!(stdout(&set(folder, "desk", VALUE)).contains("version 2"));
    let empty = set(folder, "empty", "\n");
    assert!(String::from_utf8_lossy(&empty.stderr).contains("must not be empty"));
    let file = folder.join(".argonaut/secrets.json");
    assert!(
        !std::fs::read_to_string(&file)
            .unwrap()
            .contains("hooks.example")
    );
    let rotated = stdout(&secrets(folder, &["rotate", "--keep-old", "old.key"]));
    assert!(rotated.contains("kept in old.key"), "{rotated}");
    // The host finds the new one where it is told to look from then on.
    let moved = stdout(&secrets(folder, &["rotate", "--to", "new.key"]));
    assert!(moved.contains("still in master.key"), "{moved}");
    assert!(folder.join("master.key").exists());
    std::fs::rename(folder.join("new.key"), folder.join("master.key")).unwrap();
    let listed = stdout(&secrets(folder, &["list", "--json"]));
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["secrets"][0]["name"], "desk");
    assert_eq!(listed["secrets"][0]["version"], 2);
    assert!(stdout(&secrets(folder, &["verify"])).contains("1 secrets open"));

    let mut bytes = std::fs::read(&file).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(secrets(folder, &["verify"]).status.code(), Some(3));
}

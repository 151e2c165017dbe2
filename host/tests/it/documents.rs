//! What documents tell to type, typed by a shell at a host in a debug build: every command must succeed.

use super::journeys::{Desk, at_a_host};
use super::process::{plugin, root};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Stops at what fails, answers of a host too, and types no faster than a person: what is sent to a venue is
/// there when it is changed.
const TYPIST: &str = r#"
set -euo pipefail
curl() { command curl --fail-with-body "$@"; }
trap 'sleep 0.3' DEBUG
set -x
"#;

/// A shell in a folder that knows the program under test and the host.
fn shell(desk: &Desk, folder: &Path) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_argonaut"));
    let mut path = vec![program.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut command = Command::new("bash");
    command
        .current_dir(folder)
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("ARGONAUT_URL", &desk.url)
        .env("XDG_STATE_HOME", folder.join("state"))
        .stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(text).unwrap()
}

/// The blocks of a section that a shell is to read, without those of sections below it.
fn blocks(document: &str, heading: &str) -> Vec<String> {
    let (_, section) = document.split_once(&format!("\n{heading}\n")).unwrap();
    let section = section.split("\n##").next().unwrap();
    let begun = section.split("```sh\n").skip(1);
    let blocks = begun.map(|text| text.split_once("\n```").unwrap().0.to_owned());
    blocks.collect()
}

/// Types what sections of `docs/command-line.md` say for the program, or for curl.
fn type_out(desk: &Desk, folder: &Path, headings: &[&str], by_program: bool) {
    let document = fs::read_to_string(root().join("docs/command-line.md")).unwrap();
    let mut script = vec![TYPIST.to_owned()];
    let before = blocks(&document, "## Three journeys");
    assert_eq!(before.len(), 1, "{before:?}");
    script.extend(before);
    for heading in headings {
        let blocks = blocks(&document, heading);
        let chosen = blocks
            .into_iter()
            .filter(|block| block.contains("argonaut ") == by_program);
        let chosen: Vec<String> = chosen.collect();
        assert!(!chosen.is_empty(), "{heading}");
        script.extend(chosen);
    }
    let script = script.join("\n");
    let script = script.replace("http://127.0.0.1:8080", &desk.url);
    let ended = script.lines().map(|line| match line {
        // Who looks on ends it when they have seen enough.
        line if line.starts_with("argonaut watch ") => format!("{line} --count 3"),
        line => line.to_owned(),
    });
    let script: Vec<String> = ended.collect();
    let mut typed = shell(desk, folder);
    let output = typed.args(["-c", &script.join("\n")]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

/// A folder as the repository is after `cargo xtask run`.
fn built() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("target/plugins");
    fs::create_dir_all(&plugins).unwrap();
    let name = "order-every";
    fs::copy(plugin(name), plugins.join(format!("{name}.wasm"))).unwrap();
    folder
}

fn operate_and_look_on(by_program: bool) {
    at_a_host(&[], move |desk, _| {
        let headings = ["### The operator's", "### A dashboard's"];
        type_out(desk, built().path(), &headings, by_program);
    });
}

#[test]
fn operators_and_dashboards_get_along_with_the_program_as_it_is_written() {
    operate_and_look_on(true);
}

#[test]
fn operators_and_dashboards_get_along_with_curl_as_it_is_written() {
    operate_and_look_on(false);
}

#[test]
#[ignore = "needs componentize-py"]
fn authors_get_along_with_the_program_and_with_curl_as_it_is_written() {
    let folder = built();
    // What the program builds curl sends, to another host.
    for by_program in [true, false] {
        let place = folder.path().to_owned();
        at_a_host(&[], move |desk, _| {
            type_out(desk, &place, &["### The author's"], by_program);
        });
    }
}

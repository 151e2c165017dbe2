//! What documents and examples tell to type, typed by a shell at a host in a debug build: every command must
//! succeed, and those of an example must come out as it says.

use super::journeys::{Desk, at_a_host};
use super::process::{plugin, plugin_dir, root};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Stops at what fails, answers of a host too, and types no faster than a person: what is sent to a venue is
/// there when it is changed.
pub(super) const TYPIST: &str = r#"
set -euo pipefail
curl() { command curl --fail-with-body "$@"; }
trap 'sleep 0.3' DEBUG
set -x
"#;

/// A shell in a folder that knows the program under test and the host.
pub(super) fn shell(desk: &Desk, folder: &Path) -> Command {
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
pub(super) fn blocks(document: &str, heading: &str) -> Vec<String> {
    let (_, section) = document.split_once(&format!("\n{heading}\n")).unwrap();
    let section = section.split("\n##").next().unwrap();
    let begun = section.split("```sh\n").skip(1);
    let blocks = begun.map(|text| text.split_once("\n```").unwrap().0.to_owned());
    blocks.collect()
}

/// A document, with the heading below which the last block is what all others build upon.
type Document = (&'static str, &'static str);

const COMMAND_LINE: Document = ("docs/command-line.md", "## Three journeys");
const OPERATIONS: Document = ("examples/operations/README.md", "# An operator's day");

fn read((file, _): Document) -> String {
    let text = fs::read_to_string(root().join(file)).unwrap();
    format!("\n{text}")
}

/// Types what sections of a document say for the program, or for curl.
fn type_out(desk: &Desk, folder: &Path, of: Document, headings: &[&str], by_program: bool) {
    let document = read(of);
    let mut script = vec![TYPIST.to_owned()];
    script.extend(blocks(&document, of.1).pop());
    assert_eq!(script.len(), 2, "{}", of.1);
    for heading in headings {
        let blocks = blocks(&document, heading);
        let chosen = blocks
            .into_iter()
            .filter(|block| block.contains("argonaut ") == by_program);
        let chosen: Vec<String> = chosen.collect();
        assert!(!chosen.is_empty(), "{heading}");
        script.extend(chosen);
    }
    type_in(shell(desk, folder), &at(desk, &script.join("\n")));
}

/// A script as somebody types it at this host: who looks on ends it when they have seen enough.
pub(super) fn at(desk: &Desk, script: &str) -> String {
    let script = script.replace("http://127.0.0.1:8080", &desk.url);
    let ended = script.lines().map(|line| match line {
        line if line.starts_with("argonaut watch ") => format!("{line} --count 3"),
        line => line.to_owned(),
    });
    ended.collect::<Vec<_>>().join("\n")
}

/// Types a script, which must succeed.
pub(super) fn type_in(mut shell: Command, script: &str) {
    let output = shell.args(["-c", script]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

/// A folder as the repository is after `cargo xtask run`.
pub(super) fn built() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("target/plugins");
    fs::create_dir_all(&plugins).unwrap();
    for name in ["order-every", "order-every-v2", "order-every-v3"] {
        fs::copy(plugin(name), plugins.join(format!("{name}.wasm"))).unwrap();
    }
    folder
}

fn operate_and_look_on(by_program: bool) {
    at_a_host(&[], move |desk, _| {
        let headings = ["### The operator's", "### A dashboard's"];
        type_out(desk, built().path(), COMMAND_LINE, &headings, by_program);
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
            let headings = ["### The author's"];
            type_out(desk, &place, COMMAND_LINE, &headings, by_program);
        });
    }
}

#[test]
fn an_operators_day_is_done_by_hand_as_it_is_written() {
    for by_program in [true, false] {
        at_a_host(&[], move |desk, _| {
            let document = read(OPERATIONS);
            let headings = document.lines().filter(|line| line.starts_with("## "));
            let headings: Vec<&str> = headings.collect();
            type_out(desk, built().path(), OPERATIONS, &headings, by_program);
        });
    }
}

/// Runs the operator's journey with the components of a folder.
fn journey(desk: &Desk, plugins: &Path, name: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut journey = shell(desk, folder.path());
    journey
        .arg(root().join("examples/operations/journey.sh"))
        .env("PLUGINS", plugins)
        .env("NAME", name);
    journey.output().unwrap()
}

#[test]
fn an_operators_journey_goes_as_told_and_says_so_where_it_does_not() {
    at_a_host(&[], |desk, _| {
        // One who takes the first version for the second.
        let mistaken = built();
        let plugins = mistaken.path().join("target/plugins");
        fs::copy(plugin("order-every"), plugins.join("order-every-v2.wasm")).unwrap();
        let output = journey(desk, &plugins, "mistaken");
        let told = said(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("journey: it is newer"), "{told}");

        let output = journey(desk, &plugin_dir(), "every");
        let told = said(&output);
        assert!(output.status.success(), "{told}");
        assert!(told.contains("the second version runs again"), "{told}");
    });
}

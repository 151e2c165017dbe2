//! Whole documents, typed by a shell from top to bottom as by somebody who reads them: every command must succeed.
//! A block that cannot be typed as it stands, for it needs what a reader has to have first, says `sh no-run`.

use super::documents::{TYPIST, at, blocks, built, shell, type_in};
use super::journeys::{Desk, at_a_host, at_a_host_of};
use super::process::{argonaut, plugin, root, stdout};
use argonaut::config::{self, Config};
use argonaut::run::DEFAULT_CONFIG;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

/// Of somebody who has built components and made keys already.
const AHEAD: &str = r#"
argonaut() {
    case "$1 ${2-}" in
        "plugin build" | "plugin keygen") ;;
        *) command argonaut "$@" ;;
    esac
}
"#;

const README: &str = "README.md";
const PASSWORD: &str = "correct horse battery staple";

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// All that a document tells to type.
fn whole(file: &str) -> String {
    let document = read(file);
    let begun = document.split("```sh\n").skip(1);
    let blocks = begun.map(|text| text.split_once("\n```").unwrap().0);
    blocks.collect::<Vec<_>>().join("\n")
}

/// What sections of it tell.
fn sections(file: &str, headings: &[&str]) -> String {
    let document = read(file);
    let blocks = headings.iter().flat_map(|heading| {
        let blocks = blocks(&document, heading);
        assert!(!blocks.is_empty(), "{heading}");
        blocks
    });
    blocks.collect::<Vec<_>>().join("\n")
}

/// The folder of the repository after `cargo xtask run`, with components under these names.
fn folder(components: &[(&str, &str)]) -> TempDir {
    let folder = built();
    for (name, component) in components {
        let file = folder.path().join(format!("target/plugins/{name}.wasm"));
        fs::copy(plugin(component), file).unwrap();
    }
    symlink(root().join("examples"), folder.path().join("examples")).unwrap();
    folder
}

/// Types a script in a folder, in which the host keeps its data; `answers` are given to what asks for a line.
fn type_there(desk: &Desk, folder: &Path, script: &str, answers: &str) {
    symlink(&desk.folder, folder.join(".argonaut")).unwrap();
    let lines = folder.join("answers");
    fs::write(&lines, answers).unwrap();
    let mut shell = shell(desk, folder);
    shell.stdin(File::open(lines).unwrap());
    type_in(shell, &[TYPIST, &at(desk, script)].join("\n"));
}

/// The strategies that are there when a host begins without a configuration.
fn with_samples(config: &mut Config) {
    let built_in = config::parse(Path::new("built-in"), DEFAULT_CONFIG, &[]).unwrap();
    config.strategies = built_in.strategies;
}

#[test]
fn a_newcomer_operates_and_looks_on_as_the_first_page_says() {
    at_a_host_of(&[], with_samples, |desk, _| {
        let script = sections(README, &["### You operate", "### You look on"]);
        let folder = folder(&[("ema-cross", "ema-cross")]);
        type_there(desk, folder.path(), &script, "");
    });
}

#[test]
#[ignore = "needs componentize-py"]
fn a_newcomer_writes_a_strategy_as_the_first_page_says() {
    at_a_host(&[], |desk, _| {
        let script = sections(README, &["### You write strategies"]);
        type_there(desk, folder(&[]).path(), &script, "");
    });
}

#[test]
fn versions_come_and_go_as_the_page_of_operations_says() {
    at_a_host(&[], |desk, _| {
        let components = [("counter", "counter"), ("counter-v2", "counter-v2")];
        let script = whole("docs/operations.md");
        type_there(desk, folder(&components).path(), &script, "");
    });
}

#[test]
fn a_component_is_signed_looked_at_and_run_as_the_page_of_plugins_says() {
    let folder = folder(&[("my-strategy", "order-every-v2")]);
    let keygen = ["plugin", "keygen", "anna.key", "--no-password"];
    stdout(&argonaut(folder.path(), &keygen));
    let public = fs::read_to_string(folder.path().join("anna.pub")).unwrap();
    let public = public.lines().nth(1).unwrap().to_owned();
    let trust = |config: &mut Config| {
        config.plugins.trusted = vec![public];
        config.plugins.require_approval = true;
    };
    at_a_host_of(&[], trust, move |desk, _| {
        let script = [AHEAD, &whole("docs/plugins.md")].join("\n");
        type_there(desk, folder.path(), &script, "");
    });
}

#[test]
fn people_and_keys_are_made_as_the_page_of_identity_says() {
    let identity = [("ARGONAUT_IDENTITY__MODE", "on")];
    at_a_host(&identity, |desk, invitation| {
        let script = whole("docs/identity.md");
        let answers = format!("{}\n{PASSWORD}\n", invitation.unwrap());
        type_there(desk, folder(&[]).path(), &script, &answers);
    });
}

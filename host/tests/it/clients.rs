//! The example clients, against a real host: their own tests, by the interpreters that `cargo xtask test`
//! installs below the folder that `ARGONAUT_TOOLS` names.

use super::journeys::at_a_host;
use super::process::root;
use std::path::PathBuf;
use std::process::Command;

fn tools() -> PathBuf {
    let folder = std::env::var_os("ARGONAUT_TOOLS").expect("ARGONAUT_TOOLS names the tools");
    folder.into()
}

/// Runs a client's tests while a host runs.
fn passes(mut tests: Command) {
    at_a_host(&[], move |desk, _| {
        let done = tests.env("ARGONAUT_URL", &desk.url).output().unwrap();
        let said = [done.stdout, done.stderr].concat();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
    });
}

#[test]
#[ignore = "needs websockets of Python"]
fn the_client_in_python_trades_and_follows() {
    let mut python = Command::new(tools().join("clients/bin/python"));
    let tests = root().join("examples/clients/python/tests");
    python.args(["-B", "-m", "unittest", "discover", "-s"]);
    python.arg(tests);
    passes(python);
}

#[test]
#[ignore = "needs Node"]
fn the_client_in_typescript_trades_and_follows() {
    let mut node = Command::new(tools().join("node_modules/node/bin/node"));
    let tests = root().join("examples/clients/typescript/tests");
    node.arg("--test").arg(tests.join("client.test.ts"));
    passes(node);
}

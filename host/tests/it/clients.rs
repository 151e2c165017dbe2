//! The example clients: whether their types are those of the API, and their own tests against a real host, by
//! the interpreters that `cargo xtask test` installs below the folder that `ARGONAUT_TOOLS` names.

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
        succeeds(tests.env("ARGONAUT_URL", &desk.url));
    });
}

fn succeeds(command: &mut Command) {
    let done = command.output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn their_types_are_those_of_the_descriptions() {
    let generate = root().join("examples/clients/generate.py");
    succeeds(Command::new("python3").arg(generate).arg("--check"));
}

#[test]
#[ignore = "needs mypy"]
fn the_client_in_python_keeps_to_its_types() {
    let mut mypy = Command::new(tools().join("clients/bin/python"));
    mypy.current_dir(root().join("examples/clients/python"));
    mypy.args(["-B", "-m", "mypy", "--check-untyped-defs"]);
    mypy.args(["--cache-dir", "/dev/null"]);
    succeeds(mypy.args(["argonaut_client.py", "argonaut_stream.py", "example.py"]));
}

#[test]
#[ignore = "needs the compiler of TypeScript"]
fn the_client_in_typescript_keeps_to_its_types() {
    let packages = tools().join("clients-node/node_modules");
    let mut compiler = Command::new(tools().join("node_modules/node/bin/node"));
    compiler.arg(packages.join("typescript/bin/tsc"));
    compiler.arg("--project");
    compiler.arg(root().join("examples/clients/typescript"));
    succeeds(compiler.arg("--typeRoots").arg(packages.join("@types")));
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

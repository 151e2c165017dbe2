//! `cargo xtask test`: everything that must hold before a change goes in. CI runs the same.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::cargo::{cargo, check, fake_venue};
use crate::paths::{self, Profile};
use crate::steps::{Cost, Steps};
use crate::{optimised, plugins, provision, schemathesis, tidy};

/// Names the optimised host to tests that compare it with the debug build. Such tests are
/// `#[ignore]`d, so that a plain `cargo test` needs no second build.
const OPTIMISED_HOST_VARIABLE: &str = "ARGONAUT_OPTIMISED_BIN";

/// The same of the simulator.
const OPTIMISED_SIMULATOR_VARIABLE: &str = "SIMULATOR_OPTIMISED_BIN";

/// Names the folder of tools to tests that build plugins in other languages than Rust, and to
/// `argonaut plugin build` itself.
const TOOLS_VARIABLE: &str = "ARGONAUT_TOOLS";

/// Names the server of buckets to the tests of catalogs.
const OBJECT_STORE_VARIABLE: &str = "ARGONAUT_MOTO_SERVER";

/// Runs the steps. `quick` leaves out the documentation, what asks a host all that its description says, and the
/// optimised build with its tests.
pub(crate) fn test(quick: bool) -> Result<ExitCode> {
    let mut steps = Steps::default();
    steps.run("tools", Cost::Cheap, || {
        let installed = [provision::format_and_lints()?, provision::servers()?].concat();
        if !installed.is_empty() {
            println!("installed {}", installed.join(", "));
        }
        provision::object_store(&paths::object_store())
    });
    steps.run("format", Cost::Cheap, || {
        check(&mut cargo(["fmt", "--all", "--check"]))
    });
    steps.run("tidy", Cost::Cheap, tidy::check_repository);
    steps.run("lints", Cost::Heavy, lints);
    steps.run("debug host", Cost::Heavy, || {
        check(&mut cargo(["build", "--workspace", "--bins"]))
    });
    steps.run("plugins from source", Cost::Heavy, || {
        plugins::build(Profile::Debug)
    });
    steps.run("fake venue", Cost::Heavy, || check(&mut fake_venue()));
    steps.run("tests", Cost::Heavy, || check(&mut tests(Selection::Usual)));
    steps.run("documentation examples", Cost::Heavy, || {
        check(&mut cargo(["test", "--workspace", "--doc", "--quiet"]))
    });
    if !quick {
        steps.run("documentation", Cost::Heavy, documentation);
        steps.run(
            "the API keeps its description",
            Cost::Heavy,
            schemathesis::short,
        );
        steps.run(
            "optimised host and simulator",
            Cost::Heavy,
            optimised::build,
        );
        steps.run("tools of authors' languages", Cost::Heavy, || {
            provision::author_tools(&paths::author_tools())
        });
        steps.run("kits of authors' languages", Cost::Heavy, kits);
        steps.run(
            "debug and release agree, and so do languages",
            Cost::Heavy,
            || {
                let mut tests = tests(Selection::Ignored);
                tests.env(OPTIMISED_HOST_VARIABLE, optimised::host());
                tests.env(OPTIMISED_SIMULATOR_VARIABLE, optimised::simulator());
                tests.env(TOOLS_VARIABLE, paths::author_tools());
                check(&mut tests)
            },
        );
    }
    println!("\n{}", steps.summary());
    Ok(if steps.failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn lints() -> Result<()> {
    check(
        cargo(["clippy", "--workspace", "--all-targets", "--quiet"]).args(["--", "-D", "warnings"]),
    )
}

fn documentation() -> Result<()> {
    let mut command = cargo(["doc", "--workspace", "--no-deps", "--quiet"]);
    check(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// The tests that kits and the live page have in their own languages; plugins made with kits are tested by
/// the host's.
fn kits() -> Result<()> {
    let tools = paths::author_tools();
    let python = tools.join("venv/bin/python");
    let sdk = paths::root().join("sdk");
    let page = paths::root().join("host/crates/api/tests/page");
    check(
        Command::new(python)
            .args(["-B", "-m", "unittest", "discover", "-s"])
            .arg(sdk.join("python/tests")),
    )?;
    check(
        Command::new(tools.join("node_modules/node/bin/node"))
            .env(TOOLS_VARIABLE, &tools)
            .arg("--test")
            // A file: newer versions of Node take no folder.
            .arg(sdk.join("js/tests/kit.test.mjs"))
            .arg(page.join("page.test.mjs"))
            .arg(page.join("session.test.mjs")),
    )
}

/// Which tests to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selection {
    /// All that are not ignored.
    Usual,
    /// Only the ignored ones: they need the optimised host or simulator, or tools of other languages.
    Ignored,
}

/// The tests, with the server of buckets at hand.
fn tests(selection: Selection) -> Command {
    let mut command = runner(selection);
    command.env(
        OBJECT_STORE_VARIABLE,
        provision::program_of_object_store(&paths::object_store()),
    );
    command
}

/// Both selections name the same packages and targets, so the binaries are linked once.
fn runner(selection: Selection) -> Command {
    if provision::has_nextest() {
        let mut command = cargo(["nextest", "run", "--workspace", "--no-fail-fast"]);
        if selection == Selection::Ignored {
            command.args(["--run-ignored", "only", "--no-tests", "pass"]);
        }
        return command;
    }
    let mut command = cargo([
        "test",
        "--workspace",
        "--lib",
        "--bins",
        "--tests",
        "--no-fail-fast",
    ]);
    if selection == Selection::Ignored {
        command.args(["--", "--ignored"]);
    }
    command
}

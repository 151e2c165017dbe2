//! Compiling in a child process, and what its limits stop.

use runtime::{AdmissionError, CompileError, Compiler, Limits, Runtime, RuntimeOptions};
use std::path::PathBuf;
use testkit::plugin::Plugin;

fn admit(program: PathBuf, args: &[&str], limits: Limits) -> Result<bool, CompileError> {
    let args = args.iter().map(Into::into).collect();
    let compiler = Compiler::Child { program, args };
    let runtime = Runtime::new(RuntimeOptions {
        compiler,
        ..RuntimeOptions::default()
    })
    .unwrap();
    match runtime.admit(&Plugin::new().build().unwrap(), &limits) {
        Ok(admitted) => Ok(admitted.describe().unwrap().name == "wat"),
        Err(AdmissionError::Compile(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

/// The example that Cargo builds beside the tests.
fn child() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/compile_child")
}

#[test]
fn a_child_compiles_what_the_parent_runs() {
    assert_eq!(admit(child(), &[], Limits::default()), Ok(true));
}

#[test]
fn a_child_at_its_memory_limit_dies_alone() {
    let limits = Limits {
        compile_memory_bytes: 1 << 20,
        ..Limits::default()
    };
    let error = admit(child(), &[], limits).unwrap_err();
    assert!(matches!(error, CompileError::Died { .. }), "{error}");
}

#[test]
fn a_child_that_takes_too_long_is_killed() {
    let limits = Limits {
        compile_wall_ms: 50,
        ..Limits::default()
    };
    let error = admit("sleep".into(), &["60"], limits).unwrap_err();
    assert_eq!(error, CompileError::Deadline { limit_ms: 50 });
}

#[test]
fn a_child_that_writes_too_much_is_killed() {
    let limits = Limits {
        artefact_bytes: 10_000,
        ..Limits::default()
    };
    let error = admit("yes".into(), &[], limits).unwrap_err();
    assert_eq!(error, CompileError::TooLarge { limit: 10_000 });
}

#[test]
fn a_child_that_fails_or_is_not_there_is_told_apart() {
    let error = admit(
        "sh".into(),
        &["-c", "echo broken >&2; exit 3"],
        Limits::default(),
    );
    let text = error.unwrap_err().to_string();
    assert!(
        text.contains("exit status: 3") && text.ends_with(": broken"),
        "{text}"
    );
    let error = admit("no-such-program".into(), &[], Limits::default()).unwrap_err();
    assert!(matches!(error, CompileError::Unavailable { .. }), "{error}");
}

#[test]
fn an_answer_that_is_not_code_is_not_loaded() {
    let error = admit(
        "sh".into(),
        &["-c", "cat >/dev/null; echo garbage"],
        Limits::default(),
    );
    assert!(matches!(error, Err(CompileError::Died { .. })), "{error:?}");
}

#[test]
fn code_larger_than_allowed_is_refused_in_process_too() {
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let limits = Limits {
        artefact_bytes: 1_000,
        ..Limits::default()
    };
    let error = runtime
        .admit(&Plugin::new().build().unwrap(), &limits)
        .unwrap_err();
    assert_eq!(
        error,
        AdmissionError::Compile(CompileError::TooLarge { limit: 1_000 })
    );
}

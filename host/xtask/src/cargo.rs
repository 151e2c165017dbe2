//! Starting child processes: cargo and the programs it built.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::paths;

/// A cargo command in the repository's root. Uses the cargo that started us.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(paths::root());
    command
}

/// Builds the fake venue that tests of the host start, from the same libraries as the tests.
pub(crate) fn fake_venue() -> Command {
    cargo(["build", "--workspace", "--example", "venue"])
}

/// Runs a command to its end with our own output; a non-zero exit is an error that names it.
pub(crate) fn check(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {}", words(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", words(command));
    }
    Ok(())
}

/// Runs a command and returns its standard output; its errors go to ours.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let result = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", words(command)))?;
    if !result.status.success() {
        bail!("{} ended with {}", words(command), result.status);
    }
    String::from_utf8(result.stdout).with_context(|| format!("{} printed no text", words(command)))
}

/// Whether a command starts and succeeds; its output is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The command as a person would type it.
fn words(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut text = program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_named_with_its_arguments() {
        let error = check(Command::new("false").args(["a", "b"])).unwrap_err();
        assert!(
            error.to_string().starts_with("false a b ended with"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_program_does_not_succeed() {
        assert!(!succeeds(&mut Command::new("no-such-program-here")));
        assert!(succeeds(&mut Command::new("true")));
    }
}

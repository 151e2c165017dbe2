//! Running other programs: what they say goes to the progress line by line, what they complain of
//! into the error.

use crate::{BuildError, Progress};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder with `node_modules` and `venv` for machines that build many plugins; unset or empty
/// means that each plugin has its own.
const TOOLS: &str = "ARGONAUT_TOOLS";

/// The folder of shared tools, where there is one.
pub(crate) fn shared_tools() -> Option<PathBuf> {
    std::env::var_os(TOOLS)
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
}

/// Runs a compiler. Its standard output is progress; its standard error, with files and lines, is
/// the error when it fails, and progress too when it does not.
pub(crate) fn compile(
    command: &mut Command,
    plugin: &str,
    progress: Progress<'_>,
) -> Result<(), BuildError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let run = |source| BuildError::Run {
        program: program.clone(),
        source,
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(run)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let complaint = std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut bytes = Vec::new();
            // A pipe that breaks ends the text; the exit status tells the rest.
            if let Some(mut stderr) = stderr {
                stderr.read_to_end(&mut bytes).unwrap_or_default();
            }
            bytes
        });
        for line in stdout
            .into_iter()
            .flat_map(|out| BufReader::new(out).lines())
        {
            progress(line.unwrap_or_default().trim_end());
        }
        reader.join().unwrap_or_default()
    });
    let complaint = String::from_utf8_lossy(&complaint).trim_end().to_owned();
    if child.wait().map_err(run)?.success() {
        complaint.lines().for_each(progress);
        return Ok(());
    }
    Err(BuildError::Compile {
        crates: plugin.to_owned(),
        message: complaint,
    })
}

/// Whether a program starts and succeeds; what it prints is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The first of `places` that is a file.
pub(crate) fn first_file(places: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    places.into_iter().find(|path: &PathBuf| path.is_file())
}

/// Where a program called `name` is, by the folders of the variable PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    first_file(std::env::split_paths(&path).map(|folder| folder.join(Path::new(name))))
}

//! Turns a component into machine code: in this process, or in a child process with limits on time,
//! memory and output, so that a component made to exhaust the compiler exhausts only the child.

use crate::Limits;
use crate::artefact::Artefact;
use crate::compile_child::{Answer, Request};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasmtime::Engine;

/// Bytes of the child's standard error that are shown.
const COMPLAINT_BYTES: u64 = 1_024;
/// How often a running child is looked at.
const POLL: Duration = Duration::from_millis(2);

/// Where components are compiled.
#[derive(Debug, Clone, Default)]
pub enum Compiler {
    /// In this process, without limits. For tests and for plugins of known origin.
    #[default]
    InProcess,
    /// In a child process per component, limited by [`Limits`].
    Child {
        /// The program: this very binary.
        program: PathBuf,
        /// What makes it call [`crate::compile_child_main`] on its standard streams.
        args: Vec<OsString>,
    },
}

/// Why a component could not be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The compiler refused the component.
    #[error("{0}")]
    Refused(String),
    /// The compiled code is larger than allowed.
    #[error("the compiled code is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The child took too long and was killed.
    #[error("the compiler took longer than {limit_ms} ms and was stopped")]
    Deadline {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// The child ended without an answer, most likely at its memory or CPU limit.
    #[error("the compiler process ended without an answer ({status}){complaint}")]
    Died {
        /// How it ended.
        status: String,
        /// What it said, if anything.
        complaint: String,
    },
    /// The child could not be started or spoken to.
    #[error("cannot run the compiler process `{program}`: {reason}")]
    Unavailable {
        /// The program.
        program: String,
        /// Why.
        reason: String,
    },
}

impl Compiler {
    /// Compiles `component`, which has been validated.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        canonical_nans: bool,
        component: &[u8],
        limits: &Limits,
    ) -> Result<Artefact, CompileError> {
        let code = match self {
            Compiler::InProcess => engine
                .precompile_component(component)
                .map_err(|error| CompileError::Refused(one_line(&error)))?,
            Compiler::Child { program, args } => {
                let request = Request {
                    canonical_nans,
                    memory_bytes: limits.compile_memory_bytes,
                    cpu_s: limits.compile_cpu_s,
                };
                run_child(program, args, &request, component, limits)?
            }
        };
        if code.len() > limits.artefact_bytes {
            return Err(CompileError::TooLarge {
                limit: limits.artefact_bytes,
            });
        }
        Ok(Artefact::from_own_compiler(code))
    }
}

/// An error with its causes on one line.
pub(crate) fn one_line(error: &wasmtime::Error) -> String {
    format!("{error:#}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn run_child(
    program: &Path,
    args: &[OsString],
    request: &Request,
    component: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, CompileError> {
    let unavailable = |reason: io::Error| CompileError::Unavailable {
        program: program.display().to_string(),
        reason: reason.to_string(),
    };
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(unavailable)?;
    let (mut input, output, errors) =
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(input), Some(output), Some(errors)) => (input, output, errors),
            _ => return Err(unavailable(io::Error::other("it has no standard streams"))),
        };
    let overflow = AtomicBool::new(false);
    let limit = limits.artefact_bytes;
    std::thread::scope(|scope| {
        // A child that dies early closes the pipe; its status then says what happened.
        scope.spawn(move || {
            let _ = request
                .write(&mut input)
                .and_then(|()| input.write_all(component));
        });
        let answer = scope.spawn(|| read_answer(output, limit, &overflow));
        let complaint = scope.spawn(|| {
            let mut text = Vec::new();
            // Read on to the end, so that the child never blocks on a full pipe.
            let mut errors = errors;
            let _ = errors.by_ref().take(COMPLAINT_BYTES).read_to_end(&mut text);
            let _ = io::copy(&mut errors, &mut io::sink());
            text
        });
        let status = wait(
            &mut child,
            Duration::from_millis(limits.compile_wall_ms),
            &overflow,
        );
        let answer = answer.join().unwrap_or_default();
        let complaint = complaint.join().unwrap_or_default();
        if overflow.load(Ordering::Acquire) {
            return Err(CompileError::TooLarge { limit });
        }
        match status.map_err(unavailable)? {
            None => Err(CompileError::Deadline {
                limit_ms: limits.compile_wall_ms,
            }),
            Some(status) => judge(answer, status, &complaint),
        }
    })
}

/// What the child wrote, up to `limit` bytes of code; more sets `overflow`.
fn read_answer(mut output: impl Read, limit: usize, overflow: &AtomicBool) -> Vec<u8> {
    let most = u64::try_from(limit)
        .unwrap_or(u64::MAX)
        .saturating_add(Answer::HEAD_BYTES);
    let mut answer = Vec::new();
    let read = output
        .by_ref()
        .take(most.saturating_add(1))
        .read_to_end(&mut answer);
    if read.is_ok() && u64::try_from(answer.len()).unwrap_or(u64::MAX) > most {
        overflow.store(true, Ordering::Release);
        answer.clear();
    }
    answer
}

/// Waits for the child; kills it after `patience` or on `overflow`. `None` means killed for time.
fn wait(
    child: &mut Child,
    patience: Duration,
    overflow: &AtomicBool,
) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let late = start.elapsed() >= patience;
        if late || overflow.load(Ordering::Acquire) {
            child.kill()?;
            let status = child.wait()?;
            return Ok(if late { None } else { Some(status) });
        }
        std::thread::sleep(POLL);
    }
}

fn judge(answer: Vec<u8>, status: ExitStatus, complaint: &[u8]) -> Result<Vec<u8>, CompileError> {
    match Answer::read(answer) {
        Some(Answer::Code(code)) if status.success() => Ok(code),
        Some(Answer::Refused(reason)) if status.success() => Err(CompileError::Refused(reason)),
        _ => {
            let text = String::from_utf8_lossy(complaint)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let complaint = if text.is_empty() {
                text
            } else {
                format!(": {text}")
            };
            Err(CompileError::Died {
                status: status.to_string(),
                complaint,
            })
        }
    }
}

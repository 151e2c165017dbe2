//! Plugins in Rust: runs cargo for the guest and turns the modules it makes into components.

mod manifest;
mod toolchain;

use crate::build::{BuildOptions, Built, file_error, write_whole};
use crate::{BuildError, Language, Progress, TARGET, componentize, kit};
use manifest::{Plugin, Target};
use serde::Deserialize;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use toolchain::{Toolchain, prepare_toolchain};

/// Given to crates whose workspace has no profile `plugin`: small and fast, panics trap.
const PROFILE: [&str; 6] = [
    "profile.plugin.inherits='release'",
    "profile.plugin.opt-level=3",
    "profile.plugin.lto=true",
    "profile.plugin.codegen-units=1",
    "profile.plugin.panic='abort'",
    "profile.plugin.strip='symbols'",
];

/// Builds several plugins, those of one workspace in one run of cargo. The results come in the
/// order of `options`.
pub(crate) fn build_many(
    options: &[&BuildOptions],
    progress: Progress<'_>,
) -> Result<Vec<Built>, BuildError> {
    let Some(first) = options.first() else {
        return Ok(Vec::new());
    };
    for options in options {
        lay_out_kit(&options.manifest_dir)?;
    }
    let toolchain = prepare_toolchain(&first.manifest_dir, progress)?;
    let jobs: Result<Vec<Job>, BuildError> = options
        .iter()
        .map(|options| Job::read(options, toolchain))
        .collect();
    let jobs = jobs?;
    let mut built: Vec<Option<Built>> = vec![None; jobs.len()];
    for batch in batches(&jobs) {
        let together: Vec<Job> = batch.iter().map(|&index| jobs[index].clone()).collect();
        for (index, one) in batch
            .into_iter()
            .zip(run_jobs(&together, toolchain, progress)?)
        {
            built[index] = Some(one);
        }
    }
    Ok(built.into_iter().flatten().collect())
}

/// Lays out the kit for a crate that names the one in its own folder.
fn lay_out_kit(folder: &Path) -> Result<(), BuildError> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    if manifest.contains(&format!("{}/sdk/rust", kit::FOLDER)) {
        kit::lay_out(folder, Language::Rust)?;
    }
    Ok(())
}

/// A plugin with how it is to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Job {
    plugin: Plugin,
    features: Vec<String>,
    /// Where the component goes, and beside it what cargo keeps between builds.
    directory: PathBuf,
    name: String,
}

impl Job {
    fn read(options: &BuildOptions, toolchain: Toolchain) -> Result<Self, BuildError> {
        let plugin = manifest::read(&options.manifest_dir, toolchain)?;
        let directory = match &options.out_dir {
            // cargo runs elsewhere, so the path must not depend on where we are.
            Some(path) => std::path::absolute(path).map_err(|source| file_error(path, source))?,
            None => plugin.target_directory.join("plugins"),
        };
        let name = options
            .name
            .clone()
            .unwrap_or_else(|| plugin.package.replace('_', "-"));
        let features = options.features.clone();
        Ok(Self {
            plugin,
            features,
            directory,
            name,
        })
    }

    fn component(&self) -> PathBuf {
        self.directory.join(format!("{}.wasm", self.name))
    }
}

/// Indices of jobs that one run of cargo can do: one workspace, one output, no features, no crate
/// twice.
fn batches(jobs: &[Job]) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for (index, job) in jobs.iter().enumerate() {
        let fits = |batch: &Vec<usize>| {
            job.features.is_empty()
                && batch.iter().all(|&other| {
                    let other = &jobs[other];
                    other.features.is_empty()
                        && other.plugin.workspace == job.plugin.workspace
                        && other.directory == job.directory
                        && other.plugin.package != job.plugin.package
                })
        };
        match batches.iter_mut().find(|batch| fits(batch)) {
            Some(batch) => batch.push(index),
            None => batches.push(vec![index]),
        }
    }
    batches
}

fn run_jobs(
    jobs: &[Job],
    toolchain: Toolchain,
    progress: Progress<'_>,
) -> Result<Vec<Built>, BuildError> {
    let Some(first) = jobs.first() else {
        return Ok(Vec::new());
    };
    let mut command = cargo_build(first, toolchain);
    for job in jobs {
        command.args(["--package", &job.plugin.package]);
    }
    if !first.features.is_empty() {
        command.args(["--features", &first.features.join(",")]);
    }
    let names: Vec<&str> = jobs.iter().map(|job| job.plugin.package.as_str()).collect();
    let modules = run_cargo(&mut command, &names.join(", "), progress)?;
    jobs.iter()
        .map(|job| wrap(job, &modules, toolchain, progress))
        .collect()
}

/// `cargo build` for the guest, in a target directory of its own so that it never waits for, or
/// blocks, a build of the host; plugins with one output directory share what they have in common.
fn cargo_build(job: &Job, toolchain: Toolchain) -> Command {
    let target_directory = job.directory.join("cargo").join(toolchain.word());
    let mut command = toolchain.cargo();
    command
        .current_dir(&job.plugin.workspace)
        .args(["build", "--profile", "plugin", "--target", TARGET])
        .args([
            "--message-format",
            "json-render-diagnostics",
            "--target-dir",
        ])
        .arg(target_directory)
        .args(toolchain.build_arguments());
    if !manifest::has_plugin_profile(&job.plugin.workspace) {
        command.args(PROFILE.iter().flat_map(|setting| ["--config", setting]));
    }
    command
}

/// A line of cargo's output that names what was made.
#[derive(Deserialize)]
struct Artifact {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Runs cargo and returns what it made. Its status lines go to `progress`; so do warnings, once it
/// has succeeded; after a failure they are in the error.
fn run_cargo(
    command: &mut Command,
    crates: &str,
    progress: Progress<'_>,
) -> Result<Vec<Artifact>, BuildError> {
    let run = |source| BuildError::Run {
        program: "cargo".to_owned(),
        source,
    };
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(run)?;
    let (output, messages) = drain(&mut child, progress);
    let status = child.wait().map_err(run)?;
    if !status.success() {
        let message = messages.join("\n");
        return Err(BuildError::Compile {
            crates: crates.to_owned(),
            message,
        });
    }
    messages.iter().for_each(|line| progress(line));
    let artifacts = output
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok(artifacts
        .filter(|artifact: &Artifact| artifact.reason == "compiler-artifact")
        .collect())
}

/// Reads both outputs of cargo to their ends at the same time; returns standard output and what is
/// more than a status line of standard error.
fn drain(child: &mut Child, progress: Progress<'_>) -> (String, Vec<String>) {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut text = String::new();
            // Output that is not text names no artifact either way.
            if let Some(mut stdout) = stdout {
                stdout.read_to_string(&mut text).unwrap_or_default();
            }
            text
        });
        let mut messages = Vec::new();
        for line in stderr
            .into_iter()
            .flat_map(|stderr| BufReader::new(stderr).lines())
            .flatten()
        {
            if is_status(&line) {
                progress(line.trim())
            } else {
                messages.push(line)
            }
        }
        (reader.join().unwrap_or_default(), messages)
    })
}

/// Whether a line says what cargo is doing, such as `   Compiling noop v0.1.0`.
fn is_status(line: &str) -> bool {
    const WORDS: [&str; 9] = [
        "Blocking",
        "Compiling",
        "Downloaded",
        "Downloading",
        "Finished",
        "Fresh",
        "Locking",
        "Updating",
        "Adding",
    ];
    let word = line.trim_start();
    line.starts_with(' ') && WORDS.iter().any(|status| word.starts_with(status))
}

/// Wraps the module of one plugin and writes the component.
fn wrap(
    job: &Job,
    artifacts: &[Artifact],
    toolchain: Toolchain,
    progress: Progress<'_>,
) -> Result<Built, BuildError> {
    let module = artifacts
        .iter()
        .filter(|artifact| artifact.manifest_path == job.plugin.manifest)
        .filter(|artifact| artifact.target.as_ref().is_some_and(Target::is_module))
        .flat_map(|artifact| &artifact.filenames)
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .ok_or_else(|| BuildError::NotAPlugin(job.plugin.manifest.clone()))?;
    let bytes = fs::read(module).map_err(|source| file_error(module, source))?;
    let component = componentize(&job.plugin.package, &bytes)?;
    let path = job.component();
    write_whole(&path, &component)?;
    let bytes = component.len() as u64;
    progress(&format!("{} ({bytes} bytes)", path.display()));
    Ok(Built {
        component: path,
        toolchain: toolchain.to_string(),
        bytes,
    })
}

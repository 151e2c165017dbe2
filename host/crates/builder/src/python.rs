//! Plugins in Python: `strategy.py` of the plugin's folder under the kit's guards, made a component
//! by componentize-py.

use crate::build::{Built, Project, file_error};
use crate::component::only_the_contract;
use crate::{BuildError, Language, Progress, kit, tool};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the kit is tested with.
const COMPONENTIZER: &str = "componentize-py==0.25.1";
/// The author's file.
const MAIN: &str = "strategy.py";

pub(crate) fn build(project: &Project, progress: Progress<'_>) -> Result<Built, BuildError> {
    let main = project.folder.join(MAIN);
    if !main.is_file() {
        return Err(file_error(&main, std::io::ErrorKind::NotFound.into()));
    }
    let componentizer = componentizer(&project.folder)?;
    let kit = kit::lay_out(&project.folder, Language::Python)?;
    progress(&format!(
        "{} is made by {}, which takes some twenty seconds",
        project.name,
        componentizer.display()
    ));
    let made = project.work.join("component.wasm");
    let mut command = Command::new(&componentizer);
    command
        .current_dir(&project.folder)
        // A build must not depend on which environment the shell is in.
        .env_remove("VIRTUAL_ENV")
        .env_remove("PYTHONPATH")
        .env("RUST_BACKTRACE", "0")
        .arg("--wit-path")
        .arg(kit::world(&project.folder))
        .args([
            "--world",
            "plugin",
            "--quiet",
            "componentize",
            "--stub-wasi",
        ])
        .args(["--python-path", "."])
        .arg("--python-path")
        .arg(&kit);
    if let Some(packages) = packages(&project.folder) {
        command.arg("--python-path").arg(packages);
    }
    command.arg("argonaut_main").arg("--output").arg(&made);
    tool::compile(&mut command, &project.name, progress).map_err(of_the_author)?;
    let component = fs::read(&made).map_err(|source| file_error(&made, source))?;
    only_the_contract(&project.name, &component)?;
    project.finish(&component, COMPONENTIZER)
}

/// The error with what concerns the author: the componentizer wraps it in its own stack, and calls
/// the plugin's folder `/0`.
fn of_the_author(error: BuildError) -> BuildError {
    let BuildError::Compile { crates, message } = error else {
        return error;
    };
    let told = message.split_once("AssertionError: ");
    let told = told.map_or(message.as_str(), |(_, told)| told);
    let told = told.split("\n\nCaused by:").next().unwrap_or_default();
    let message = told.trim_end().replace("\"/0/", "\"");
    BuildError::Compile { crates, message }
}

/// Python environments: the plugin's own, and the shared one.
fn environments(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let shared = tool::shared_tools().map(|tools| tools.join("venv"));
    std::iter::once(folder.join(".venv")).chain(shared)
}

/// Where Python may be: in an environment, or on the path.
pub(crate) fn interpreters(folder: &Path) -> impl Iterator<Item = PathBuf> {
    environments(folder)
        .map(|environment| environment.join("bin/python"))
        .filter(|python| python.is_file())
        .chain(tool::on_path("python3"))
}

fn componentizer(folder: &Path) -> Result<PathBuf, BuildError> {
    let name = "componentize-py";
    let places = environments(folder).map(|environment| environment.join("bin").join(name));
    tool::first_file(places)
        .or_else(|| tool::on_path(name))
        .ok_or_else(|| BuildError::MissingTool {
            language: Language::Python,
            what: name.to_owned(),
            command: format!(
                "cd {} && python3 -m venv .venv && .venv/bin/pip install {COMPONENTIZER}",
                folder.display()
            ),
        })
}

/// Where the packages are that the plugin's own environment has: the strategy may import them.
fn packages(folder: &Path) -> Option<PathBuf> {
    let libraries = folder.join(".venv/lib").read_dir().ok()?;
    let packages = libraries
        .flatten()
        .map(|entry| entry.path().join("site-packages"));
    packages.into_iter().find(|path| path.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_without_the_stack_of_the_tool() {
        let message = "Traceback\nAssertionError: Traceback:\n  File \"/0/strategy.py\", line 12\n\
                       NameError: x\n\n\nCaused by:\n    NameError: x\n\nStack backtrace:\n  0: a";
        let error = of_the_author(BuildError::Compile {
            crates: "a".to_owned(),
            message: message.to_owned(),
        });
        let expect =
            "`a` does not compile:\nTraceback:\n  File \"strategy.py\", line 12\nNameError: x";
        assert_eq!(error.to_string(), expect);
    }

    #[test]
    fn the_example_installs_the_version_that_the_kit_is_tested_with() {
        let manifest = "../../../examples/strategies/python";
        for file in ["pyproject.toml", "README.md"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(manifest)
                .join(file);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(COMPONENTIZER), "{}", path.display());
        }
    }
}

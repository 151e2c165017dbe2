//! Plugins in TypeScript and JavaScript: checked by `tsc` where it is installed, bundled by esbuild
//! under the kit's guards, made a component by componentize-js. The three run in Node, in the script
//! `build.mjs` of the kit.

use crate::build::{Built, Project, file_error};
use crate::component::only_the_contract;
use crate::{BuildError, Language, Progress, kit, tool};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package that must be installed at the least.
const COMPONENTIZER: &str = "@bytecodealliance/componentize-js";

pub(crate) fn build(project: &Project, progress: Progress<'_>) -> Result<Built, BuildError> {
    let tools = tools(&project.folder)?;
    let Some(node) = node(&tools) else {
        return Err(missing("Node.js 20 or newer", "apt-get install nodejs npm"));
    };
    let kit = kit::lay_out(&project.folder, Language::TypeScript)?;
    let script = kit.join("build.mjs");
    let script = fs::read_to_string(&script).map_err(|source| file_error(&script, source))?;
    progress(&format!(
        "{} is made by {COMPONENTIZER}, which takes some fifteen seconds",
        project.name
    ));
    let made = project.work.join("component.wasm");
    let mut command = Command::new(node);
    command
        // Packages are looked for from here: the script has no place of its own.
        .current_dir(&tools)
        .args(["--input-type=module", "--eval", &script, "--"])
        .args([&project.folder, &kit])
        .arg(kit::world(&project.folder))
        .arg(&project.work)
        .arg(&made);
    tool::compile(&mut command, &project.name, progress)?;
    let component = fs::read(&made).map_err(|source| file_error(&made, source))?;
    only_the_contract(&project.name, &component)?;
    project.finish(&component, COMPONENTIZER)
}

/// The folder whose `node_modules` has the tools: the plugin's own, or the shared one.
fn tools(folder: &Path) -> Result<PathBuf, BuildError> {
    std::iter::once(folder.to_owned())
        .chain(tool::shared_tools())
        .find(|tools| tools.join("node_modules").join(COMPONENTIZER).is_dir())
        .ok_or_else(|| {
            let command = format!("cd {} && npm install", folder.display());
            missing(&format!("the npm package {COMPONENTIZER}"), &command)
        })
}

/// The Node of the tools, which npm installs where the manifest names it, or the system's: that of a
/// Debian 12 is too old for the tools.
fn node(tools: &Path) -> Option<PathBuf> {
    let own = tools.join("node_modules/node/bin/node");
    if own.is_file() {
        return Some(own);
    }
    tool::on_path("node")
}

fn missing(what: &str, command: &str) -> BuildError {
    BuildError::MissingTool {
        language: Language::TypeScript,
        what: what.to_owned(),
        command: command.to_owned(),
    }
}

//! Plugins in C: bindings generated from the contract, the kit's sources and the author's compiled
//! by one call of a C compiler for WebAssembly.

mod bindings;
mod compiler;

use crate::build::{Built, Project, file_error};
use crate::language::sources;
use crate::{BuildError, Language, Progress, componentize, kit, tool};
use compiler::Compiler;
use std::fs;

/// Optimised by the linker too, so that handlers that do nothing cost nothing; without debugging
/// sections, which nobody reads in the host.
const FLAGS: [&str; 7] = [
    "-std=c17",
    "-O2",
    "-flto",
    "-Wall",
    "-Wextra",
    "-mexec-model=reactor",
    "-Wl,--strip-debug",
];

/// Builds the `.c` files directly in the plugin's folder.
pub(crate) fn build(project: &Project, progress: Progress<'_>) -> Result<Built, BuildError> {
    let kit = kit::lay_out(&project.folder, Language::C)?;
    let types = bindings::generate(&kit::world(&project.folder), &kit, &project.work)?;
    let compiler = Compiler::find(&project.folder, &project.work, progress)?;
    progress(&format!("{} is compiled by {compiler}", project.name));
    let module = project.work.join("module.wasm");
    let mut own: Vec<_> = sources(&project.folder, "c").collect();
    own.sort();
    let mut all: Vec<_> = sources(&kit.join("src"), "c").collect();
    all.sort();
    let mut command = compiler.command();
    command
        .current_dir(&project.folder)
        .args(FLAGS)
        .arg("-I")
        .arg(kit.join("include"))
        .args(&all)
        .arg(types)
        .arg("-o")
        .arg(&module);
    // Names as the author writes them, so that messages and assertions show them short.
    command.args(own.iter().filter_map(|path| path.file_name()));
    tool::compile(&mut command, &project.name, progress)?;
    let bytes = fs::read(&module).map_err(|source| file_error(&module, source))?;
    let component = componentize(&project.name, &bytes)?;
    project.finish(&component, &compiler.to_string())
}

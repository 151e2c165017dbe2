//! From a core module to a component, and what a component imports.

use crate::BuildError;
use wasmparser::{BinaryReaderError, ComponentTypeRef, Parser, Payload};
use wit_component::ComponentEncoder;

/// Wraps a core module that carries its `wit-bindgen` types into a component. `name` is for the
/// error only. A module that exports nothing of a plugin is refused: its author forgot the macro.
pub fn componentize(name: &str, module: &[u8]) -> Result<Vec<u8>, BuildError> {
    // `{:#}` keeps the chain of causes, which names the import at fault.
    let failed = |error: &dyn std::fmt::Display| component_error(name, &format!("{error:#}"));
    let module = without_unused_worlds(module).map_err(|error| failed(&error))?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .map_err(|error| failed(&error))?
        .encode()
        .map_err(|error| failed(&error))?;
    if surface(&component).map_err(|error| failed(&error))?.exports == 0 {
        let message = "it exports no plugin: name your type in `argonaut_sdk::export!`, or in the macro of another world, such as `export_factor!`";
        return Err(component_error(name, message));
    }
    Ok(component)
}

/// What `wit-bindgen` names the description of a world's imports that every user of its bindings
/// carries; the world's own name stands before it. Only a module that exports the world carries the
/// whole description too.
const IMPORTS_ONLY: &str = "-with-all-of-its-exports-removed:";

/// The module without descriptions of worlds that it does not export. The SDK knows several, and
/// whatever a described world names would be asked for, used or not.
fn without_unused_worlds(module: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::CustomSection(section) = payload? {
            names.push(section.name());
        }
    }
    let is_unused = |name: &str| {
        name.split_once(IMPORTS_ONLY).is_some_and(|(world, _)| {
            let whole = format!("{world}:");
            !names.iter().any(|other| other.starts_with(&whole))
        })
    };
    let mut kept = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if matches!(&payload, Payload::CustomSection(section) if is_unused(section.name())) {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = module.get(range).unwrap_or_default();
            kept.section(&wasm_encoder::RawSection { id, data });
        }
    }
    Ok(kept.finish())
}

/// The names of the interfaces and functions a component imports, in order. Imported types are left
/// out: they give a component nothing to call.
pub fn imports(name: &str, component: &[u8]) -> Result<Vec<String>, BuildError> {
    match surface(component) {
        Ok(surface) => Ok(surface.imports),
        Err(error) => Err(component_error(name, error.message())),
    }
}

/// What the names of the contract's interfaces begin with.
const CONTRACT: &str = "argonaut:plugin/";

/// Refuses a component that another program made and that imports what no plugin may have.
pub(crate) fn only_the_contract(name: &str, component: &[u8]) -> Result<(), BuildError> {
    let foreign: Vec<String> = imports(name, component)?
        .into_iter()
        .filter(|import| !import.starts_with(CONTRACT))
        .collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let message = format!("it imports {}, which no plugin may use", foreign.join(", "));
    Err(component_error(name, &message))
}

fn component_error(name: &str, message: &str) -> BuildError {
    BuildError::Component {
        name: name.to_owned(),
        message: message.to_owned(),
    }
}

/// What of a component is seen from outside.
#[derive(Default)]
struct Surface {
    imports: Vec<String>,
    exports: u32,
}

fn surface(component: &[u8]) -> Result<Surface, BinaryReaderError> {
    let mut surface = Surface::default();
    // Modules and components inside have imports and exports of their own.
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import?;
                    if !matches!(import.ty, ComponentTypeRef::Type(_)) {
                        surface.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                surface.exports += section.count();
            }
            _ => {}
        }
    }
    Ok(surface)
}

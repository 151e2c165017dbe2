//! From a core module to a component, and what a component imports.

use crate::BuildError;
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

/// Wraps a core module that carries its `wit-bindgen` types into a component. `name` is for the
/// error only.
pub fn componentize(name: &str, module: &[u8]) -> Result<Vec<u8>, BuildError> {
    // `{:#}` keeps the chain of causes, which names the import at fault.
    let failed = |error: &dyn std::fmt::Display| BuildError::Component {
        name: name.to_owned(),
        message: format!("{error:#}"),
    };
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .map_err(|error| failed(&error))?
        .encode()
        .map_err(|error| failed(&error))
}

/// The names a component imports, in order; empty for one that imports nothing.
pub fn imports(name: &str, component: &[u8]) -> Result<Vec<String>, BuildError> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        let failed = |error: &wasmparser::BinaryReaderError| BuildError::Component {
            name: name.to_owned(),
            message: error.to_string(),
        };
        match payload.map_err(|error| failed(&error))? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import.map_err(|error| failed(&error))?;
                    names.push(import.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

//! Makes calls into a component cheaper by one indirection that costs nothing to follow.
//!
//! On every call into a component wasmtime 48 looks up the core function behind the export, and
//! when that function is *defined* by its core instance, it builds the function's reference anew: a
//! search through the table of compiled functions and one through the registry of modules, a third
//! of a call's whole cost. When the core instance has merely *imported* the function, the reference
//! is at hand. So a plugin gets one more core instance, without code of its own, which imports the
//! functions that the component exports and exports them again. The guest runs the same code with
//! the same fuel; the plugin's hash stays that of the bytes as they came.
//!
//! Components of a shape this file does not expect are left as they are. With a wasmtime that keeps
//! function references, the file can go.

use std::collections::BTreeMap;
use std::ops::Range;
use wasm_encoder as encoder;
use wasmparser::types::Types;
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind,
    ComponentTypeRef, CompositeInnerType, ExternalKind, FuncType, Parser, Payload, ValType,
    Validator,
};

/// Bumped when what is made here changes: artefacts depend on it.
pub(crate) const VERSION: &[u8] = b"reexport-1";

/// Bytes of the header of a component.
const HEADER_BYTES: usize = 8;

/// `component`, validated into `types`, with its functions exported again; `None` when its shape is
/// not the usual one.
pub(crate) fn reexported(component: &[u8], types: &Types) -> Option<Vec<u8>> {
    let layout = Layout::read(component)?;
    let functions = layout.functions();
    if functions.is_empty() {
        return None;
    }
    let result = layout.write(component, types, &functions)?;
    match Validator::new_with_features(crate::contract::features()).validate_all(&result) {
        Ok(_) => Some(result),
        Err(error) => {
            tracing::debug!(%error, "a component could not be given cheaper exports");
            None
        }
    }
}

/// The component's sections, and where its core functions come from.
#[derive(Default)]
struct Layout<'a> {
    sections: Vec<Section<'a>>,
    /// Where the last core module or instance ends, as an index into the sections.
    end_of_instances: usize,
    modules: u32,
    instances: u32,
    /// By index: the section and entry of the alias that made the function, if one did.
    core_functions: Vec<Option<(usize, usize)>>,
    /// Core functions that the component exports.
    lifted: Vec<usize>,
}

struct Section<'a> {
    id: u8,
    range: Range<usize>,
    aliases: Vec<ComponentAlias<'a>>,
}

/// A function to export again: where it comes from.
struct Function<'a> {
    index: usize,
    instance: u32,
    name: &'a str,
}

impl<'a> Layout<'a> {
    fn read(component: &'a [u8]) -> Option<Self> {
        let mut layout = Self::default();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.ok()?;
            match &payload {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.checked_sub(1)?,
                _ if depth == 1 => layout.add(&payload)?,
                _ => {}
            }
        }
        Some(layout)
    }

    /// Notes one section; `None` when it holds something unusual.
    fn add(&mut self, payload: &Payload<'a>) -> Option<()> {
        let (id, range) = payload.as_section()?;
        let mut section = Section {
            id,
            range,
            aliases: Vec::new(),
        };
        match payload {
            Payload::ModuleSection { .. } => {
                self.modules += 1;
                self.end_of_instances = self.sections.len() + 1;
            }
            Payload::InstanceSection(reader) => {
                self.instances += reader.count();
                self.end_of_instances = self.sections.len() + 1;
            }
            Payload::ComponentAliasSection(reader) => {
                for alias in reader.clone() {
                    let alias = alias.ok()?;
                    self.add_alias(&alias, section.aliases.len())?;
                    section.aliases.push(alias);
                }
            }
            Payload::ComponentCanonicalSection(reader) => {
                for function in reader.clone() {
                    match function.ok()? {
                        CanonicalFunction::Lift {
                            core_func_index, ..
                        } => {
                            self.lifted.push(usize::try_from(core_func_index).ok()?);
                        }
                        // Everything else makes a core function.
                        _ => self.core_functions.push(None),
                    }
                }
            }
            Payload::ComponentImportSection(reader) => {
                for import in reader.clone() {
                    if matches!(import.ok()?.ty, ComponentTypeRef::Module(_)) {
                        return None;
                    }
                }
            }
            Payload::ComponentExportSection(reader) => {
                for export in reader.clone() {
                    if export.ok()?.kind == ComponentExternalKind::Module {
                        return None;
                    }
                }
            }
            _ => {}
        }
        self.sections.push(section);
        Some(())
    }

    fn add_alias(&mut self, alias: &ComponentAlias<'a>, entry: usize) -> Option<()> {
        match alias {
            ComponentAlias::CoreInstanceExport {
                kind: ExternalKind::Func,
                ..
            } => {
                self.core_functions.push(Some((self.sections.len(), entry)));
            }
            // These would number the modules in another way than `modules` does.
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Module,
                ..
            }
            | ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::CoreModule,
                ..
            } => {
                return None;
            }
            _ => {}
        }
        Some(())
    }

    /// Exported functions whose alias comes after all instances, by section and entry.
    fn functions(&self) -> BTreeMap<(usize, usize), Function<'a>> {
        let mut functions = BTreeMap::new();
        for &index in &self.lifted {
            let Some(Some((section, entry))) = self.core_functions.get(index).copied() else {
                continue;
            };
            let alias = self
                .sections
                .get(section)
                .and_then(|section| section.aliases.get(entry));
            if let Some(ComponentAlias::CoreInstanceExport {
                instance_index,
                name,
                ..
            }) = alias
                && section >= self.end_of_instances
            {
                let function = Function {
                    index,
                    instance: *instance_index,
                    name,
                };
                functions.insert((section, entry), function);
            }
        }
        functions
    }

    fn write(
        &self,
        component: &[u8],
        types: &Types,
        functions: &BTreeMap<(usize, usize), Function<'a>>,
    ) -> Option<Vec<u8>> {
        let mut result = component.get(..HEADER_BYTES)?.to_vec();
        for (number, section) in self.sections.iter().enumerate() {
            if number == self.end_of_instances {
                self.write_instance(&mut result, types, functions)?;
            }
            if functions
                .range((number, 0)..=(number, usize::MAX))
                .next()
                .is_some()
            {
                self.write_aliases(&mut result, number, section, functions)?;
            } else {
                let data = component.get(section.range.clone())?;
                append(
                    &mut result,
                    &encoder::RawSection {
                        id: section.id,
                        data,
                    },
                );
            }
        }
        Some(result)
    }

    /// The module that imports and exports, and its instance.
    fn write_instance(
        &self,
        result: &mut Vec<u8>,
        types: &Types,
        functions: &BTreeMap<(usize, usize), Function<'a>>,
    ) -> Option<()> {
        let mut signatures = encoder::TypeSection::new();
        let mut imports = encoder::ImportSection::new();
        let mut exports = encoder::ExportSection::new();
        let mut sources = BTreeMap::new();
        for (number, function) in (0_u32..).zip(functions.values()) {
            let signature = signature(types, function.index)?;
            signatures
                .ty()
                .function(values(signature.params())?, values(signature.results())?);
            let source = format!("instance-{}", function.instance);
            imports.import(
                &source,
                function.name,
                encoder::EntityType::Function(number),
            );
            exports.export(
                &export_name(function.index),
                encoder::ExportKind::Func,
                number,
            );
            sources.insert(source, function.instance);
        }
        let mut module = encoder::Module::new();
        module
            .section(&signatures)
            .section(&imports)
            .section(&exports);
        append(result, &encoder::ModuleSection(&module));
        let arguments = sources
            .iter()
            .map(|(name, instance)| (name.as_str(), encoder::ModuleArg::Instance(*instance)));
        let mut instances = encoder::InstanceSection::new();
        instances.instantiate(self.modules, arguments.collect::<Vec<_>>());
        append(result, &instances);
        Some(())
    }

    /// A section of aliases in which exported functions come from the new instance.
    fn write_aliases(
        &self,
        result: &mut Vec<u8>,
        number: usize,
        section: &Section<'a>,
        functions: &BTreeMap<(usize, usize), Function<'a>>,
    ) -> Option<()> {
        let mut aliases = encoder::ComponentAliasSection::new();
        for (entry, alias) in section.aliases.iter().enumerate() {
            let ComponentAlias::CoreInstanceExport {
                kind,
                instance_index,
                name,
            } = alias
            else {
                return None;
            };
            let function = functions.get(&(number, entry));
            let again = function.map(|function| export_name(function.index));
            aliases.alias(encoder::Alias::CoreInstanceExport {
                instance: if function.is_some() {
                    self.instances
                } else {
                    *instance_index
                },
                kind: export_kind(*kind)?,
                name: again.as_deref().unwrap_or(name),
            });
        }
        append(result, &aliases);
        Some(())
    }
}

fn append(result: &mut Vec<u8>, section: &impl encoder::ComponentSection) {
    section.append_to_component(result);
}

fn export_name(index: usize) -> String {
    format!("function-{index}")
}

fn signature(types: &Types, function: usize) -> Option<&FuncType> {
    let types = types.as_ref();
    let id = types.core_function_at(u32::try_from(function).ok()?);
    match &types.get(id)?.composite_type.inner {
        CompositeInnerType::Func(signature) => Some(signature),
        _ => None,
    }
}

fn values(types: &[ValType]) -> Option<Vec<encoder::ValType>> {
    let value = |value: &ValType| match value {
        ValType::I32 => Some(encoder::ValType::I32),
        ValType::I64 => Some(encoder::ValType::I64),
        ValType::F32 => Some(encoder::ValType::F32),
        ValType::F64 => Some(encoder::ValType::F64),
        // The canonical ABI passes nothing else.
        ValType::V128 | ValType::Ref(_) => None,
    };
    types.iter().map(value).collect()
}

fn export_kind(kind: ExternalKind) -> Option<encoder::ExportKind> {
    match kind {
        ExternalKind::Func => Some(encoder::ExportKind::Func),
        ExternalKind::Table => Some(encoder::ExportKind::Table),
        ExternalKind::Memory => Some(encoder::ExportKind::Memory),
        ExternalKind::Global => Some(encoder::ExportKind::Global),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::plugin::Plugin;

    fn validated(component: &[u8]) -> Types {
        Validator::new_with_features(crate::contract::features())
            .validate_all(component)
            .unwrap()
    }

    #[test]
    fn every_export_of_a_plugin_is_exported_again() {
        let component = Plugin::new().build().unwrap();
        let result = reexported(&component, &validated(&component)).unwrap();
        let (before, after) = (
            Layout::read(&component).unwrap(),
            Layout::read(&result).unwrap(),
        );
        assert_eq!(
            (after.modules, after.instances),
            (before.modules + 1, before.instances + 1)
        );
        let functions = after.functions();
        assert_eq!(functions.len(), 13);
        assert!(
            functions
                .values()
                .all(|function| function.instance == before.instances)
        );
    }

    #[test]
    fn what_is_not_a_plugin_is_left_alone() {
        let check = |text: &str| {
            let component = testkit::component::core_module(text).unwrap();
            assert!(
                reexported(&component, &validated(&component)).is_none(),
                "{text}"
            );
        };
        check("(component)");
        check("(component (import \"m\" (core module)))");
        check("(component (core module $m) (export \"m\" (core module $m)))");
    }
}

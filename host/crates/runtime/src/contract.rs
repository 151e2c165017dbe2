//! The world a plugin must fit, read from the same WIT that the bindings are generated from, and
//! what a component really imports and exports. Compared before anything is compiled.

use crate::{World, bindings, type_text};
use std::collections::BTreeMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId,
};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

/// What a plugin may import and must export, as text types.
#[derive(Debug)]
pub(crate) struct Contract {
    /// The world's name.
    pub(crate) world: String,
    /// Functions by interface.
    imports: BTreeMap<String, Functions>,
    exports: Functions,
    /// Interfaces a plugin may export or not.
    options: BTreeMap<String, Functions>,
}

/// Function types by name.
type Functions = BTreeMap<String, String>;

/// Longest text about the authors that is shown, in characters.
const MAX_AUTHORS: usize = 256;

/// What a component imports and exports.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    imports: Vec<(String, Item)>,
    exports: BTreeMap<String, Item>,
    authors: Option<String>,
}

/// What a component may ask of a host, what it offers beyond its world, and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// The functions it imports, as `interface#function`, sorted.
    pub imports: Vec<String>,
    /// The functions of optional interfaces that it exports, in the same form.
    pub options: Vec<String>,
    /// Who made it, by its section `authors`, if it has one.
    pub authors: Option<String>,
}

/// One import or export.
#[derive(Debug)]
enum Item {
    Function(String),
    Interface(Functions),
    /// A plain type: an alias that carries no capability.
    Type,
    /// A core module, a component, a value or a resource.
    Other(&'static str),
}

impl Contract {
    /// A world of `wit/v1`. Fails only if the embedded description is unreadable.
    pub(crate) fn of(world: World) -> Result<Self, String> {
        let bytes = match world {
            World::Strategy => bindings::COMPONENT_TYPE,
            World::ExecutionAlgorithm => bindings::algorithm::COMPONENT_TYPE,
            World::PreTradeRule => bindings::rule::COMPONENT_TYPE,
            World::VenueModel => bindings::model::COMPONENT_TYPE,
            World::Factor => bindings::factor::COMPONENT_TYPE,
            World::Indicator => bindings::indicator::COMPONENT_TYPE,
        };
        let mut contract = Self::read(bytes, world.name())?;
        if world == World::Strategy {
            let options = Self::read(bindings::options::COMPONENT_TYPE, "strategy-options")?;
            contract.options = options.options;
        }
        Ok(contract)
    }

    fn read(bytes: &[u8], name: &str) -> Result<Self, String> {
        let types = Validator::new()
            .validate_all(bytes)
            .map_err(|error| error.to_string())?;
        let types = types.as_ref();
        let package = types
            .component_item_for_export(name)
            .and_then(|item| component_type(&item.ty))
            .ok_or("the embedded contract names no world")?;
        let (world, id) = types[package]
            .exports
            .iter()
            .find_map(|(name, item)| Some((name.clone(), component_type(&item.ty)?)))
            .ok_or("the embedded contract has no world")?;
        let mut contract = Self {
            world,
            imports: BTreeMap::new(),
            exports: BTreeMap::new(),
            options: BTreeMap::new(),
        };
        for (name, item) in &types[id].imports {
            if let Item::Interface(functions) = read_item(types, &item.ty) {
                contract.imports.insert(name.clone(), functions);
            }
        }
        for (name, item) in &types[id].exports {
            match read_item(types, &item.ty) {
                Item::Function(function) => {
                    contract.exports.insert(name.clone(), function);
                }
                Item::Interface(functions) => {
                    contract.options.insert(name.clone(), functions);
                }
                Item::Type | Item::Other(_) => {}
            }
        }
        Ok(contract)
    }

    /// The interfaces a plugin may import.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = &str> {
        self.imports.keys().map(String::as_str)
    }

    /// The functions a plugin must export.
    pub(crate) fn demanded(&self) -> impl Iterator<Item = &str> {
        self.exports.keys().map(String::as_str)
    }

    /// What a component that fits says of itself.
    pub(crate) fn interface(&self, surface: &Surface) -> Interface {
        let imports = surface.imports.iter();
        let options = self.options.keys();
        let options = options.filter_map(|name| Some((name, surface.exports.get(name)?)));
        Interface {
            imports: functions_of(imports.map(|(name, item)| (name, item))),
            options: functions_of(options),
            authors: surface.authors.clone(),
        }
    }

    /// Imports of `surface` that the contract does not know.
    pub(crate) fn forbidden_imports(&self, surface: &Surface) -> Vec<String> {
        surface
            .imports
            .iter()
            .filter(|(name, item)| !matches!(item, Item::Type) && !self.imports.contains_key(name))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Imports of `surface` that the contract knows in another form.
    pub(crate) fn wrong_imports(&self, surface: &Surface) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, item) in &surface.imports {
            let Some(offered) = self.imports.get(name) else {
                continue;
            };
            match item {
                Item::Interface(wanted) => {
                    for (function, wanted) in wanted {
                        wrong.extend(difference(
                            &format!("{name}#{function}"),
                            wanted,
                            offered.get(function).map(String::as_str),
                        ));
                    }
                }
                Item::Type => {}
                other => wrong.push(format!(
                    "`{name}` is {} instead of an interface",
                    other.kind()
                )),
            }
        }
        wrong
    }

    /// Exports of the contract that `surface` lacks.
    pub(crate) fn missing_exports(&self, surface: &Surface) -> Vec<String> {
        self.exports
            .keys()
            .filter(|name| !surface.exports.contains_key(*name))
            .cloned()
            .collect()
    }

    /// Exports of the contract that `surface` has in another form.
    pub(crate) fn wrong_exports(&self, surface: &Surface) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, expected) in &self.exports {
            match surface.exports.get(name) {
                Some(Item::Function(found)) => {
                    wrong.extend(difference(name, found, Some(expected)));
                }
                Some(other) => {
                    wrong.push(format!(
                        "`{name}` is {} instead of a function",
                        other.kind()
                    ));
                }
                None => {}
            }
        }
        for (name, expected) in &self.options {
            if let Some(found) = surface.exports.get(name) {
                wrong.extend(wrong_option(name, expected, found));
            }
        }
        wrong
    }
}

/// All functions of interfaces, sorted. What has none gives nothing to call.
fn functions_of<'a>(interfaces: impl Iterator<Item = (&'a String, &'a Item)>) -> Vec<String> {
    let mut functions = Vec::new();
    for (name, item) in interfaces {
        match item {
            Item::Interface(found) => {
                functions.extend(found.keys().map(|function| format!("{name}#{function}")));
            }
            Item::Function(_) => functions.push(name.clone()),
            Item::Type | Item::Other(_) => {}
        }
    }
    functions.sort_unstable();
    functions
}

/// What is wrong with an interface that a plugin need not, but does export.
fn wrong_option(name: &str, expected: &Functions, found: &Item) -> Vec<String> {
    let Item::Interface(found) = found else {
        let kind = found.kind();
        return vec![format!("`{name}` is {kind} instead of an interface")];
    };
    let wrong = expected.iter().filter_map(|(function, expected)| {
        let full = format!("{name}#{function}");
        match found.get(function) {
            Some(found) => difference(&full, found, Some(expected)),
            None => Some(format!("`{full}` is missing")),
        }
    });
    wrong.collect()
}

impl Surface {
    /// What the component in `bytes`, validated into `types`, imports and exports.
    pub(crate) fn read(bytes: &[u8], types: &Types) -> Result<Self, wasmparser::Error> {
        let types = types.as_ref();
        let mut surface = Self::default();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CustomSection(section) if depth == 1 && section.name() == "authors" => {
                    surface.authors = authors(section.data());
                }
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        let name = import?.name.name;
                        if let Some(item) = types.component_item_for_import(name) {
                            surface
                                .imports
                                .push((name.to_owned(), read_item(types, &item.ty)));
                        }
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        let name = export?.name.name;
                        if let Some(item) = types.component_item_for_export(name) {
                            surface
                                .exports
                                .insert(name.to_owned(), read_item(types, &item.ty));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(surface)
    }
}

/// The text of the section `authors`, on one line.
fn authors(data: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(data).ok()?.trim();
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let line: String = line.take(MAX_AUTHORS).collect();
    (!line.is_empty()).then_some(line)
}

impl Item {
    const fn kind(&self) -> &'static str {
        match self {
            Item::Function(_) => "a function",
            Item::Interface(_) => "an interface",
            Item::Type => "a type",
            Item::Other(kind) => kind,
        }
    }
}

/// The features a plugin may use: what the engine is configured for.
pub(crate) fn features() -> WasmFeatures {
    let mut features = WasmFeatures::WASM3 | WasmFeatures::COMPONENT_MODEL;
    features.remove(
        WasmFeatures::GC_TYPES
            | WasmFeatures::EXCEPTIONS
            | WasmFeatures::RELAXED_SIMD
            | WasmFeatures::MEMORY64
            | WasmFeatures::THREADS,
    );
    features
}

/// What kind of binary the header announces, if it is WebAssembly at all.
pub(crate) fn encoding(bytes: &[u8]) -> Option<Encoding> {
    if Parser::is_component(bytes) {
        Some(Encoding::Component)
    } else if Parser::is_core_wasm(bytes) {
        Some(Encoding::Module)
    } else {
        None
    }
}

fn difference(name: &str, found: &str, expected: Option<&str>) -> Option<String> {
    match expected {
        Some(expected) if expected == found => None,
        Some(expected) => Some(format!("`{name}` is `{found}` instead of `{expected}`")),
        None => Some(format!("`{name}` does not exist in the contract")),
    }
}

fn component_type(
    entity: &ComponentEntityType,
) -> Option<wasmparser::component_types::ComponentTypeId> {
    match entity {
        ComponentEntityType::Component(id) => Some(*id),
        ComponentEntityType::Type {
            referenced: ComponentAnyTypeId::Component(id),
            ..
        } => Some(*id),
        _ => None,
    }
}

fn read_item(types: TypesRef<'_>, entity: &ComponentEntityType) -> Item {
    match entity {
        ComponentEntityType::Func(id) => Item::Function(type_text::function(types, *id)),
        ComponentEntityType::Instance(id) => read_interface(types, *id),
        ComponentEntityType::Type {
            referenced: ComponentAnyTypeId::Resource(_),
            ..
        } => Item::Other("a resource"),
        ComponentEntityType::Type { .. } => Item::Type,
        ComponentEntityType::Module(_) => Item::Other("a core module"),
        ComponentEntityType::Value(_) => Item::Other("a value"),
        ComponentEntityType::Component(_) => Item::Other("a component"),
    }
}

fn read_interface(types: TypesRef<'_>, id: ComponentInstanceTypeId) -> Item {
    let mut functions = Functions::new();
    for (name, item) in &types[id].exports {
        match read_item(types, &item.ty) {
            Item::Function(text) => {
                functions.insert(name.clone(), text);
            }
            Item::Type => {}
            other => {
                functions.insert(name.clone(), other.kind().to_owned());
            }
        }
    }
    Item::Interface(functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_reads_as_the_wit_files_say() {
        let contract = Contract::of(World::Strategy).unwrap();
        assert_eq!(contract.world, "argonaut:plugin/strategy@1.0.0");
        let allowed: Vec<_> = contract.allowed().collect();
        let names = ["log", "market-data", "orders", "state", "timers", "types"];
        assert_eq!(
            allowed,
            names.map(|name| format!("argonaut:plugin/{name}@1.0.0"))
        );
        assert_eq!(contract.exports["on-timer"], "func(id: u64, due: u64)");
        assert_eq!(
            contract.exports["load"],
            "func(state: record { version: u32, bytes: list<u8> }) -> result<_, <string>>"
        );
        assert_eq!(contract.exports.len(), 13);
        assert!(contract.imports["argonaut:plugin/types@1.0.0"].is_empty());
        let hook = &contract.options["argonaut:plugin/on-book@1.0.0"];
        assert_eq!(hook["on-book-lost"], "func(instrument: u32)");
        let options: Vec<_> = contract.options.keys().collect();
        let names = ["on-book", "on-cash-flow", "on-lifecycle", "on-signal"];
        assert_eq!(
            options,
            names
                .map(|name| format!("argonaut:plugin/{name}@1.0.0"))
                .iter()
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn an_interface_that_is_exported_must_be_whole_and_fit() {
        let functions = |of: &[(&str, &str)]| -> Functions {
            let owned = of
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
            owned.collect()
        };
        let expected = functions(&[("a", "func()"), ("b", "func(x: u32)")]);
        let check = |found: Item, words: &[&str]| {
            assert_eq!(wrong_option("hook", &expected, &found), words);
        };
        let whole = functions(&[("a", "func()"), ("b", "func(x: u32)"), ("c", "func()")]);
        check(Item::Interface(whole), &[]);
        let part = functions(&[("b", "func(x: u64)")]);
        let words = [
            "`hook#a` is missing",
            "`hook#b` is `func(x: u64)` instead of `func(x: u32)`",
        ];
        check(Item::Interface(part), &words);
        check(
            Item::Function("func()".to_owned()),
            &["`hook` is a function instead of an interface"],
        );
    }

    #[test]
    fn each_world_has_imports_and_exports_of_its_own() {
        let check = |world, imports: &[&str], exports| {
            let contract = Contract::of(world).unwrap();
            assert_eq!(contract.world, format!("argonaut:plugin/{world}@1.0.0"));
            let names = imports.iter();
            let names = names.map(|name| format!("argonaut:plugin/{name}@1.0.0"));
            assert_eq!(
                contract.allowed().collect::<Vec<_>>(),
                names.collect::<Vec<_>>()
            );
            assert_eq!(contract.exports.len(), exports, "{world}");
        };
        let algorithm = ["children", "log", "parent", "timers", "types"];
        check(World::ExecutionAlgorithm, &algorithm, 12);
        check(World::PreTradeRule, &["facts", "log", "types"], 3);
        check(World::VenueModel, &["log", "types", "venue"], 8);
        check(World::Factor, &["log", "panels", "types"], 3);
        check(World::Indicator, &["log", "readings", "types"], 6);
    }
}

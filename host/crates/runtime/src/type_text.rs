//! Prints component-model types as WIT-like text, so that two types can be compared and shown.
//! Structure decides, not names of aliases: `price` and `s64` print alike.

use wasmparser::component_types::{ComponentDefinedType, ComponentFuncTypeId, ComponentValType};
use wasmparser::types::TypesRef;

/// Longest text; a type that prints longer is not one of the contract's.
const MAX_CHARS: usize = 16 * 1024;

/// A function type as text, such as `func(id: u64, due: u64)`.
pub(crate) fn function(types: TypesRef<'_>, id: ComponentFuncTypeId) -> String {
    let mut printer = Printer {
        types,
        text: String::new(),
    };
    let function = &types[id];
    printer.push(if function.async_ {
        "async func("
    } else {
        "func("
    });
    for (index, (name, value)) in function.params.iter().enumerate() {
        printer.separator(index);
        printer.push(name);
        printer.push(": ");
        printer.value(*value);
    }
    printer.push(")");
    if let Some(result) = function.result {
        printer.push(" -> ");
        printer.value(result);
    }
    printer.text
}

struct Printer<'a> {
    types: TypesRef<'a>,
    text: String,
}

impl Printer<'_> {
    fn push(&mut self, text: &str) {
        if self.text.len() < MAX_CHARS {
            self.text.push_str(text);
        }
    }

    fn separator(&mut self, index: usize) {
        if index > 0 {
            self.push(", ");
        }
    }

    fn value(&mut self, value: ComponentValType) {
        // Types may share structure, so that printing could take exponential time.
        if self.text.len() >= MAX_CHARS {
            return;
        }
        match value {
            ComponentValType::Primitive(primitive) => self.push(&primitive.to_string()),
            ComponentValType::Type(id) => {
                let types = self.types;
                self.defined(&types[id]);
            }
        }
    }

    fn defined(&mut self, defined: &ComponentDefinedType) {
        use ComponentDefinedType as T;
        match defined {
            T::Primitive(primitive) => self.push(&primitive.to_string()),
            T::Record(record) => {
                self.push("record { ");
                for (index, (name, value)) in record.fields.iter().enumerate() {
                    self.separator(index);
                    self.push(name);
                    self.push(": ");
                    self.value(*value);
                }
                self.push(" }");
            }
            T::Variant(variant) => {
                self.push("variant { ");
                for (index, (name, case)) in variant.cases.iter().enumerate() {
                    self.separator(index);
                    self.push(name);
                    self.optional(case.ty);
                }
                self.push(" }");
            }
            T::Tuple(tuple) => self.list_of("tuple", &tuple.types),
            T::List { element, .. } => self.list_of("list", &[*element]),
            T::Option { ty, .. } => self.list_of("option", &[*ty]),
            T::Map { key, value, .. } => self.list_of("map", &[*key, *value]),
            T::Flags(names) => self.names("flags", names.iter().map(|name| name.as_str())),
            T::Enum(names) => self.names("enum", names.iter().map(|name| name.as_str())),
            T::Result { ok, err, .. } => {
                self.push("result<");
                self.optional(*ok);
                self.push(", ");
                self.optional(*err);
                self.push(">");
            }
            T::FixedLengthList {
                element, length, ..
            } => {
                self.list_of("list", &[*element]);
                self.push(&format!("[{length}]"));
            }
            T::Own(_) | T::Borrow(_) => self.push("resource"),
            T::Future { ty, .. } => {
                self.push("future");
                self.optional(*ty);
            }
            T::Stream { ty, .. } => {
                self.push("stream");
                self.optional(*ty);
            }
        }
    }

    fn optional(&mut self, value: Option<ComponentValType>) {
        match value {
            Some(value) => self.list_of("", &[value]),
            None => self.push("_"),
        }
    }

    fn list_of(&mut self, name: &str, values: &[ComponentValType]) {
        self.push(name);
        self.push("<");
        for (index, value) in values.iter().enumerate() {
            self.separator(index);
            self.value(*value);
        }
        self.push(">");
    }

    fn names<'n>(&mut self, kind: &str, names: impl Iterator<Item = &'n str>) {
        self.push(kind);
        self.push(" { ");
        for (index, name) in names.enumerate() {
            self.separator(index);
            self.push(name);
        }
        self.push(" }");
    }
}

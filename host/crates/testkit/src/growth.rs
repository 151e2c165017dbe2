//! How a contract may grow: whether plugins that were built against one run against a later one. It compares
//! what plugins and hosts say to each other, not words: comments and the order of files do not count.

use crate::component::{ComponentError, Contract, resolve};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use wit_parser::{Function, InterfaceId, PackageId, Resolve, Type, TypeDefKind, World, WorldItem};

/// The world of which a plugin exports what it wants.
const OPTIONS: &str = "strategy-options";

/// Why a plugin that was built against the contract before may not run against the one after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// It may need this, which is gone.
    Gone(String),
    /// It reads or writes this as it was; is.
    Changed(String, String, String),
    /// It does not export this, which a host demands now.
    Demanded(String),
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone(what) => write!(f, "{what} is gone: plugins out there need it"),
            Self::Changed(what, was, is) => write!(
                f,
                "{what} was `{was}` and is `{is}`: plugins out there have it as it was; \
                 give what is new a name of its own"
            ),
            Self::Demanded(what) => write!(
                f,
                "{what} is new: plugins out there do not export it; make it an interface of its own, \
                 listed by `{OPTIONS}`"
            ),
        }
    }
}

/// Everything that breaks plugins of `before`. Interfaces, types and worlds may be added, functions to
/// interfaces that plugins import, and imports to worlds.
///
/// # Errors
/// One of the two cannot be read.
pub fn breaks(before: &Contract, after: &Contract) -> Result<Vec<Break>, ComponentError> {
    let (before, after) = (Spoken::of(before)?, Spoken::of(after)?);
    let mut found: Vec<Break> = before
        .items
        .iter()
        .filter_map(|(what, was)| match after.items.get(what) {
            None => Some(Break::Gone(what.clone())),
            Some(is) if is != was => Some(Break::Changed(what.clone(), was.clone(), is.clone())),
            Some(_) => None,
        })
        .collect();
    let demanded = after.demands.iter().filter(|(owner, what)| {
        let is_known = before.owners.contains(owner);
        is_known && !before.items.contains_key(what)
    });
    found.extend(demanded.map(|(_, what)| Break::Demanded(what.clone())));
    Ok(found)
}

/// What a contract says, each thing by its name.
#[derive(Default)]
struct Spoken {
    /// Types, functions, imports and exports, and what each is.
    items: BTreeMap<String, String>,
    /// Whoever exports anything of the first exports the second.
    demands: BTreeSet<(String, String)>,
    /// What has demands, or might have.
    owners: BTreeSet<String>,
}

impl Spoken {
    fn of(contract: &Contract) -> Result<Self, ComponentError> {
        let (resolve, package) = resolve(contract, &[])?;
        let mut spoken = Self::default();
        let exported = exported(&resolve, package);
        for (name, id) in &resolve.packages[package].interfaces {
            spoken.interface(&resolve, name, *id, exported.contains(id));
        }
        for (name, id) in &resolve.packages[package].worlds {
            spoken.world(&resolve, name, &resolve.worlds[*id]);
        }
        Ok(spoken)
    }

    fn interface(&mut self, resolve: &Resolve, name: &str, id: InterfaceId, exported: bool) {
        let interface = &resolve.interfaces[id];
        let owner = format!("interface `{name}`");
        for (of, id) in &interface.types {
            let is = kind(resolve, &resolve.types[*id].kind);
            self.items.insert(format!("type `{of}` of {owner}"), is);
        }
        for (of, function) in &interface.functions {
            let what = format!("function `{of}` of {owner}");
            if exported {
                self.demands.insert((owner.clone(), what.clone()));
            }
            self.items.insert(what, signature(resolve, function));
        }
        self.owners.insert(owner);
    }

    fn world(&mut self, resolve: &Resolve, name: &str, world: &World) {
        let owner = format!("world `{name}`");
        for (way, items) in [("import", &world.imports), ("export", &world.exports)] {
            for (key, item) in items {
                let what = format!("{way} `{}` of {owner}", resolve.name_world_key(key));
                let is = match item {
                    WorldItem::Function(function) => signature(resolve, function),
                    WorldItem::Interface { .. } => "an interface".to_owned(),
                    WorldItem::Type { .. } => continue,
                };
                if way == "export" && name != OPTIONS {
                    self.demands.insert((owner.clone(), what.clone()));
                }
                self.items.insert(what, is);
            }
        }
        self.owners.insert(owner);
    }
}

/// The interfaces that plugins export.
fn exported(resolve: &Resolve, package: PackageId) -> BTreeSet<InterfaceId> {
    let worlds = resolve.packages[package].worlds.values();
    let items = worlds.flat_map(|id| resolve.worlds[*id].exports.values());
    let interfaces = items.filter_map(|item| match item {
        WorldItem::Interface { id, .. } => Some(*id),
        WorldItem::Function(_) | WorldItem::Type { .. } => None,
    });
    interfaces.collect()
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters = function.params.iter();
    let parameters = parameters.map(|one| format!("{}: {}", one.name, of_type(resolve, &one.ty)));
    let parameters: Vec<_> = parameters.collect();
    let result = maybe(resolve, function.result.as_ref());
    format!("func({}) -> {result}", parameters.join(", "))
}

/// A type as another one names it.
fn of_type(resolve: &Resolve, of: &Type) -> String {
    let Type::Id(id) = of else {
        return format!("{of:?}").to_lowercase();
    };
    let known = &resolve.types[*id];
    match &known.name {
        Some(name) => name.clone(),
        None => kind(resolve, &known.kind),
    }
}

fn maybe(resolve: &Resolve, of: Option<&Type>) -> String {
    of.map_or_else(|| "_".to_owned(), |of| of_type(resolve, of))
}

/// What a type is made of. Resources, streams and futures, which the contract does not have, are not looked into.
fn kind(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let all = |parts: Vec<String>| parts.join(", ");
    let inside = match kind {
        TypeDefKind::Type(of) => return of_type(resolve, of),
        TypeDefKind::Record(record) => all(record
            .fields
            .iter()
            .map(|field| format!("{}: {}", field.name, of_type(resolve, &field.ty)))
            .collect()),
        TypeDefKind::Variant(variant) => all(variant
            .cases
            .iter()
            .map(|case| format!("{}({})", case.name, maybe(resolve, case.ty.as_ref())))
            .collect()),
        TypeDefKind::Enum(cases) => all(cases.cases.iter().map(|case| case.name.clone()).collect()),
        TypeDefKind::Flags(flags) => {
            all(flags.flags.iter().map(|flag| flag.name.clone()).collect())
        }
        TypeDefKind::Tuple(tuple) => {
            all(tuple.types.iter().map(|of| of_type(resolve, of)).collect())
        }
        TypeDefKind::Option(of) | TypeDefKind::List(of) => of_type(resolve, of),
        TypeDefKind::Result(result) => {
            let (ok, err) = (result.ok.as_ref(), result.err.as_ref());
            format!("{}, {}", maybe(resolve, ok), maybe(resolve, err))
        }
        _ => String::new(),
    };
    format!("{} {{ {inside} }}", kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "package argonaut:plugin@1.0.0;
        interface types { enum side { buy, sell } record quote { bid: s64, side: side } }
        interface orders { use types.{side}; send: func(side: side) -> u64; }
        interface on-book { on-book: func(levels: list<u64>); }
        world strategy { use types.{quote}; import orders; export on-quote: func(quote: quote); }
        world strategy-options { export on-book; }";

    #[track_caller]
    fn check(from: &str, to: &str, expect: &[&str]) {
        assert!(BEFORE.contains(from), "{from}");
        let after: &'static str = Box::leak(BEFORE.replace(from, to).into_boxed_str());
        let found = breaks(&[("all.wit", BEFORE)], &[("all.wit", after)]).unwrap();
        let found: Vec<_> = found.iter().map(Break::to_string).collect();
        assert_eq!(found.len(), expect.len(), "{found:#?}");
        for (found, expect) in found.iter().zip(expect) {
            assert!(found.starts_with(expect), "{found}");
        }
    }

    #[test]
    fn what_old_plugins_do_not_use_may_be_added() {
        check("interface on-book", "/// Books.\n interface on-book", &[]);
        check("send:", "withdraw: func(); send:", &[]);
        check(
            "world strategy { use types.{quote}; import orders;",
            "interface books { ask: func(); } world strategy { use types.{quote}; import orders; import books;",
            &[],
        );
    }

    #[test]
    fn types_and_functions_stay_as_they_are() {
        check(
            "buy, sell }",
            "buy, sell, short }",
            &["type `side` of interface `types` was `enum { buy, sell }` and is"],
        );
        check(
            "bid: s64",
            "bid: u64",
            &["type `quote` of interface `types` was"],
        );
        check(
            "-> u64",
            "-> u32",
            &["function `send` of interface `orders` was"],
        );
        check(
            "send: func(side: side) -> u64;",
            "",
            &["function `send` of interface `orders` is gone"],
        );
    }

    #[test]
    fn nothing_more_is_demanded_of_plugins() {
        check(
            "export on-quote",
            "export on-news: func(); export on-quote",
            &["export `on-news` of world `strategy` is new"],
        );
        check(
            "on-book: func(levels: list<u64>);",
            "on-book: func(levels: list<u64>); on-more: func();",
            &["function `on-more` of interface `on-book` is new"],
        );
    }

    #[test]
    fn options_may_be_added_and_not_taken_away() {
        check(
            "world strategy-options {",
            "interface on-news { on-news: func(); } world strategy-options { export on-news;",
            &[],
        );
        check(
            "world strategy-options { export on-book; }",
            "world strategy-options { }",
            &["export `argonaut:plugin/on-book@1.0.0` of world `strategy-options` is gone"],
        );
    }
}

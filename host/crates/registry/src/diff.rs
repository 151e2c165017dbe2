//! How two components differ, for whoever decides between them.

use crate::manifest::{Fuel, Manifest, Parameter};
use crate::version::compare;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<T> {
    /// Of the first component.
    pub before: T,
    /// Of the second one.
    pub after: T,
}

impl<T: PartialEq> Change<T> {
    fn new(before: T, after: T) -> Self {
        Self { before, after }
    }

    /// Whether anything changed.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

/// Names that only one of two lists has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// In the second list only.
    pub added: Vec<String>,
    /// In the first list only.
    pub removed: Vec<String>,
}

impl Names {
    fn new(before: &[String], after: &[String]) -> Self {
        let sets = [before, after].map(|list| list.iter().collect::<BTreeSet<_>>());
        let without = |one: usize, other: usize| {
            let left = sets[one].difference(&sets[other]);
            left.map(|name| (*name).clone()).collect()
        };
        Self {
            added: without(1, 0),
            removed: without(0, 1),
        }
    }
}

/// What became of a parameter: `None` before for a new one, after for one that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterChange {
    /// Its name.
    pub name: String,
    /// Before and after.
    pub change: Change<Option<Parameter>>,
}

/// How one component differs from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whether the bytes are the same.
    pub same: bool,
    /// Their worlds.
    pub world: Change<String>,
    /// Their names.
    pub name: Change<String>,
    /// Their versions.
    pub version: Change<String>,
    /// Whether the second one is newer or older; `None` when their versions have no order.
    pub order: Option<Ordering>,
    /// Their authors.
    pub authors: Change<Option<String>>,
    /// Their sizes in bytes.
    pub size_bytes: Change<u64>,
    /// What they may ask of a host.
    pub imports: Names,
    /// What they offer beyond their world.
    pub options: Names,
    /// Parameters that are not the same, first those that the first one has.
    pub parameters: Vec<ParameterChange>,
    /// What events cost them.
    pub fuel: Change<Option<Fuel>>,
}

/// How `after` differs from `before`.
pub fn diff(before: &Manifest, after: &Manifest) -> Difference {
    let texts = |of: fn(&Manifest) -> &String| Change::new(of(before).clone(), of(after).clone());
    Difference {
        same: before.hash == after.hash,
        world: texts(|manifest| &manifest.world),
        name: texts(|manifest| &manifest.name),
        version: texts(|manifest| &manifest.version),
        order: compare(&after.version, &before.version),
        authors: Change::new(before.authors.clone(), after.authors.clone()),
        size_bytes: Change::new(before.size_bytes, after.size_bytes),
        imports: Names::new(&before.imports, &after.imports),
        options: Names::new(&before.options, &after.options),
        parameters: parameters(&before.parameters, &after.parameters),
        fuel: Change::new(before.fuel, after.fuel),
    }
}

fn parameters(before: &[Parameter], after: &[Parameter]) -> Vec<ParameterChange> {
    let find = |list: &[Parameter], name: &str| {
        let mut list = list.iter();
        list.find(|parameter| parameter.name == name).cloned()
    };
    let new = after
        .iter()
        .filter(|parameter| find(before, &parameter.name).is_none());
    let changes = before.iter().chain(new).map(|parameter| ParameterChange {
        name: parameter.name.clone(),
        change: Change::new(find(before, &parameter.name), find(after, &parameter.name)),
    });
    changes
        .filter(|parameter| parameter.change.is_change())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::PluginHash;
    use std::collections::BTreeMap;

    fn parameter(name: &str, default: &str) -> Parameter {
        Parameter {
            name: name.to_owned(),
            kind: "integer".to_owned(),
            default: Some(default.to_owned()),
            minimum: None,
            maximum: None,
            documentation: String::new(),
        }
    }

    fn manifest(version: &str, imports: &[&str], parameters: &[Parameter]) -> Manifest {
        Manifest {
            hash: PluginHash::of(version.as_bytes()),
            size_bytes: 100,
            world: "strategy".to_owned(),
            name: "ema".to_owned(),
            version: version.to_owned(),
            documentation: String::new(),
            authors: None,
            imports: imports.iter().map(|name| (*name).to_owned()).collect(),
            options: Vec::new(),
            parameters: parameters.to_vec(),
            limits: BTreeMap::new(),
            fuel: None,
        }
    }

    #[test]
    fn what_changed_is_named_and_the_rest_is_not() {
        let before = manifest(
            "1.0.0",
            &["log#write", "orders#submit-market"],
            &[
                parameter("fast", "10"),
                parameter("slow", "20"),
                parameter("old", "1"),
            ],
        );
        let after = manifest(
            "1.1.0",
            &["log#write", "orders#submit-limit"],
            &[
                parameter("new", "1"),
                parameter("slow", "20"),
                parameter("fast", "5"),
            ],
        );
        let found = diff(&before, &after);
        assert!(!found.same && !found.size_bytes.is_change() && !found.name.is_change());
        assert_eq!(found.order, Some(Ordering::Greater));
        assert_eq!(found.imports.added, ["orders#submit-limit"]);
        assert_eq!(found.imports.removed, ["orders#submit-market"]);
        let changed: Vec<_> = found
            .parameters
            .iter()
            .map(|change| {
                let default =
                    |side: &Option<Parameter>| side.as_ref().and_then(|p| p.default.clone());
                let Change { before, after } = &change.change;
                (change.name.as_str(), default(before), default(after))
            })
            .collect();
        let text = |text: &str| Some(text.to_owned());
        let expect = [
            ("fast", text("10"), text("5")),
            ("old", text("1"), None),
            ("new", None, text("1")),
        ];
        assert_eq!(changed, expect);
        assert!(diff(&before, &before).same);
    }
}

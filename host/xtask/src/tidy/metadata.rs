//! What cargo knows about the workspace: its crates, what they declare, what they reach.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo::{cargo, output};
use crate::paths;

/// A crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Its folder from the root, with forward slashes.
    pub(super) folder: String,
}

/// Which section of the manifest a dependency stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// `[dependencies]` and `[build-dependencies]`: ends up in what is shipped.
    Normal,
    /// `[dev-dependencies]`: only in tests.
    Dev,
}

/// One declared dependency of a workspace crate, for any platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) section: Section,
}

/// The parts of `cargo metadata` that the rules need.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata {
    members: Vec<Member>,
    edges: Vec<Edge>,
    /// Normal dependencies after resolution, by package name, all platforms and features in use.
    resolved: BTreeMap<String, BTreeSet<String>>,
}

impl Metadata {
    /// Asks cargo. Filtered to this machine's platform, so that nothing more than a build needs is
    /// downloaded.
    pub(super) fn read() -> Result<Self> {
        let version = output(std::process::Command::new("rustc").arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("rustc does not name its platform")?;
        let text = output(&mut cargo([
            "metadata",
            "--format-version",
            "1",
            "--filter-platform",
            host,
        ]))?;
        Self::parse(&text, &format!("{}/", paths::root().display()))
    }

    /// Reads cargo's JSON; manifest paths start with `root`.
    pub(super) fn parse(text: &str, root: &str) -> Result<Self> {
        let json: Value = serde_json::from_str(text).context("cargo metadata is not JSON")?;
        let ids: BTreeSet<&str> = list(&json, "workspace_members")
            .filter_map(Value::as_str)
            .collect();
        let mut metadata = Self {
            resolved: resolved(&json),
            ..Self::default()
        };
        for package in list(&json, "packages") {
            if ids.contains(text_of(package, "id")) {
                metadata.add_member(package, root);
            }
        }
        Ok(metadata)
    }

    fn add_member(&mut self, package: &Value, root: &str) {
        let name = text_of(package, "name").to_owned();
        let manifest = text_of(package, "manifest_path");
        let folder = manifest
            .trim_start_matches(root)
            .trim_end_matches("/Cargo.toml")
            .to_owned();
        for dependency in list(package, "dependencies") {
            let dev = text_of(dependency, "kind") == "dev";
            let section = if dev { Section::Dev } else { Section::Normal };
            let to = text_of(dependency, "name").to_owned();
            self.edges.push(Edge {
                from: name.clone(),
                to,
                section,
            });
        }
        self.members.push(Member { name, folder });
    }

    /// The crates of the workspace.
    pub(super) fn members(&self) -> Vec<Member> {
        self.members.clone()
    }

    /// Every declared dependency of every workspace crate.
    pub(super) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// All packages that end up in what `from` ships.
    pub(super) fn reach(&self, from: &str) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(name) = open.pop() {
            for next in self.resolved.get(&name).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    }
}

fn resolved(json: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let names: BTreeMap<&str, &str> = list(json, "packages")
        .map(|package| (text_of(package, "id"), text_of(package, "name")))
        .collect();
    let mut resolved = BTreeMap::<String, BTreeSet<String>>::new();
    for node in json["resolve"]["nodes"].as_array().into_iter().flatten() {
        let Some(name) = names.get(text_of(node, "id")) else {
            continue;
        };
        let ships = list(node, "deps").filter(|dependency| {
            list(dependency, "dep_kinds").any(|kind| text_of(kind, "kind") != "dev")
        });
        let to = ships.filter_map(|dependency| names.get(text_of(dependency, "pkg")));
        // Two versions of a package share a name: their dependencies are taken together.
        resolved
            .entry((*name).to_owned())
            .or_default()
            .extend(to.map(|name| (*name).to_owned()));
    }
    resolved
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"{
        "workspace_members": ["m#engine"],
        "packages": [
            {"id": "m#engine", "name": "engine", "manifest_path": "base/host/crates/engine/Cargo.toml",
             "dependencies": [{"name": "hash", "kind": null}, {"name": "testkit", "kind": "dev"}]},
            {"id": "r#hash", "name": "hash", "manifest_path": "x", "dependencies": []},
            {"id": "r#deep", "name": "deep", "manifest_path": "x", "dependencies": []},
            {"id": "r#testkit", "name": "testkit", "manifest_path": "x", "dependencies": []}],
        "resolve": {"nodes": [
            {"id": "m#engine", "deps": [
                {"pkg": "r#hash", "dep_kinds": [{"kind": null}]},
                {"pkg": "r#testkit", "dep_kinds": [{"kind": "dev"}]}]},
            {"id": "r#hash", "deps": [{"pkg": "r#deep", "dep_kinds": [{"kind": "build"}]}]}]}}"#;

    #[test]
    fn members_edges_and_reach_come_from_cargo() {
        let metadata = Metadata::parse(SAMPLE, "base/").unwrap();
        let engine = Member {
            name: "engine".into(),
            folder: "host/crates/engine".into(),
        };
        assert_eq!(metadata.members(), [engine]);
        let sections: Vec<Section> = metadata.edges().iter().map(|edge| edge.section).collect();
        assert_eq!(sections, [Section::Normal, Section::Dev]);
        let reach: Vec<String> = metadata.reach("engine").into_iter().collect();
        assert_eq!(reach, ["deep", "hash"], "dev-dependencies are not shipped");
    }
}

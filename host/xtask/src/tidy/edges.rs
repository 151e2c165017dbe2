//! Which crate may depend on which. ARCHITECTURE.md explains the layers; this is their definition.

use super::Violation;
use super::metadata::{Edge, Metadata, Section};

/// Our crates and which of our crates each may ship with. A crate that is missing here is refused:
/// decide its layer first.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("engine", &["model"]),
    ("quant", &["model"]),
    ("runtime", &["model"]),
    ("store", &["model"]),
    ("bus", &[]),
    ("connectors", &["model"]),
    ("builder", &[]),
    ("watch", &[]),
    ("registry", &["model"]),
    ("identity", &[]),
    ("vault", &[]),
    ("telemetry", &[]),
    ("journal", &["model", "engine"]),
    ("report", &["model", "quant"]),
    (
        "services",
        &[
            "model",
            "engine",
            "quant",
            "runtime",
            "store",
            "journal",
            "bus",
            "connectors",
            "registry",
            "watch",
        ],
    ),
    ("pipelines", &["model", "engine", "services", "registry"]),
    ("notices", &["model", "engine", "services"]),
    (
        "api",
        &[
            "model",
            "engine",
            "quant",
            "services",
            "pipelines",
            "notices",
            "store",
            "registry",
            "identity",
            "telemetry",
        ],
    ),
    (
        "testkit",
        &[
            "model",
            "engine",
            "runtime",
            "builder",
            "registry",
            "connectors",
        ],
    ),
    ("argonaut", HOST),
    ("xtask", &[]),
    ("argonaut-sdk", &[]),
];

/// The binary ties everything together. It also links the sample strategies natively, to compare
/// them with their WebAssembly twins.
const HOST: &[&str] = &[
    "model",
    "engine",
    "quant",
    "runtime",
    "store",
    "journal",
    "bus",
    "connectors",
    "builder",
    "registry",
    "identity",
    "vault",
    "telemetry",
    "report",
    "services",
    "pipelines",
    "notices",
    "api",
    "argonaut-sdk",
    "plugins/",
];

/// What tests may use besides: helpers that are never shipped, and real plugins to run.
const ALLOWED_IN_TESTS: &[&str] = &["testkit", "builder"];

/// What every plugin may use of ours.
const ALLOWED_IN_PLUGINS: &[&str] = &["argonaut-sdk"];

/// Heavy libraries and the few crates that may name them, so that each can be replaced in one
/// place. A trailing `*` stands for a family.
const CONFINED: &[(&str, &[&str])] = &[
    ("wasmtime*", &["runtime"]),
    ("wasmparser", &["runtime", "builder", "testkit"]),
    ("wit-component", &["builder", "testkit"]),
    ("wit-parser", &["builder", "testkit"]),
    ("wit-bindgen*", &["argonaut-sdk", "builder"]),
    ("arrow*", &["store"]),
    ("parquet", &["store"]),
    ("csv", &["store"]),
    ("object_store", &["store"]),
    ("reqwest", &["store"]),
    // The program names it for the client of a host that speaks TLS.
    (
        "rustls*",
        &["store", "notices", "telemetry", "api", "argonaut"],
    ),
    ("tokio-rustls", &["api"]),
    ("ureq", &["argonaut", "notices", "telemetry"]),
    ("tungstenite", &["argonaut"]),
    ("lettre", &["notices"]),
    ("hmac", &["notices"]),
    ("minisign-verify", &["registry"]),
    ("minisign", &["argonaut", "testkit"]),
    ("notify*", &["watch"]),
    ("argon2", &["identity"]),
    ("pasetors", &["identity"]),
    ("orion", &["vault"]),
    ("rpassword", &["argonaut"]),
    ("sqlx*", &["store"]),
    ("redis", &["bus"]),
    ("axum*", &["api"]),
    ("hyper*", &["api"]),
    ("tower*", &["api"]),
    ("prometheus-client", &["api"]),
    ("utoipa*", &["api"]),
    ("opentelemetry*", &["telemetry"]),
    ("tracing-opentelemetry", &["telemetry"]),
    ("rmp-serde", &["api"]),
    ("clap*", &["argonaut"]),
    ("indicatif", &["argonaut"]),
    ("anyhow", &["argonaut", "xtask"]),
];

/// What the deterministic core must not even reach through others.
const UNREACHABLE: &[(&str, &[&str])] = &[("model", OUTSIDE_CORE), ("engine", OUTSIDE_CORE)];
const OUTSIDE_CORE: &[&str] = &[
    "wasmtime", "sqlx", "redis", "axum", "tokio", "serde", "rand", "chrono",
];

pub(super) fn check(metadata: &Metadata) -> Vec<Violation> {
    let members = metadata.members();
    let folder = |name: &str| {
        members
            .iter()
            .find(|member| member.name == name)
            .map(|member| member.folder.as_str())
    };
    let mut violations = Vec::new();
    for member in &members {
        if !is_plugin(&member.folder) && !ALLOWED.iter().any(|(name, _)| *name == member.name) {
            let message = format!(
                "`{}` has no layer yet: add it to tidy/edges.rs",
                member.name
            );
            violations.push(Violation::new(&member.folder, 0, message));
        }
    }
    for edge in metadata.edges() {
        let (Some(from), to) = (folder(&edge.from), folder(&edge.to)) else {
            continue;
        };
        let allowed = match to {
            Some(to) => may_use(edge, from, to),
            None => may_name(edge),
        };
        if !allowed {
            let message = format!("`{}` must not depend on `{}`", edge.from, edge.to);
            violations.push(Violation::new(from, 0, message));
        }
    }
    violations.extend(check_reach(metadata));
    violations
}

/// Whether one of our crates may depend on another.
fn may_use(edge: &Edge, from: &str, to: &str) -> bool {
    if edge.section == Section::Dev && ALLOWED_IN_TESTS.contains(&edge.to.as_str()) {
        return true;
    }
    if is_plugin(from) {
        return ALLOWED_IN_PLUGINS.contains(&edge.to.as_str());
    }
    let allowed = ALLOWED
        .iter()
        .find(|(name, _)| *name == edge.from)
        .map_or(HOST, |(_, to)| *to);
    allowed.contains(&edge.to.as_str()) || (is_plugin(to) && allowed.contains(&"plugins/"))
}

/// Whether a crate may name an outside library. Tests may name any.
fn may_name(edge: &Edge) -> bool {
    let owners = CONFINED
        .iter()
        .find(|(library, _)| matches(library, &edge.to));
    edge.section == Section::Dev
        || owners.is_none_or(|(_, owners)| owners.contains(&edge.from.as_str()))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(family) => name.starts_with(family),
        None => name == pattern,
    }
}

fn check_reach(metadata: &Metadata) -> Vec<Violation> {
    let mut violations = Vec::new();
    for member in metadata.members() {
        let Some((_, banned)) = UNREACHABLE.iter().find(|(name, _)| *name == member.name) else {
            continue;
        };
        let reach = metadata.reach(&member.name);
        for library in banned.iter().filter(|library| reach.contains(**library)) {
            let message = format!("`{}` reaches `{library}` through others", member.name);
            violations.push(Violation::new(&member.folder, 0, message));
        }
    }
    violations
}

fn is_plugin(folder: &str) -> bool {
    folder.starts_with("plugins/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn package(name: &str, folder: &str, dependencies: &[(&str, Value)]) -> Value {
        let dependencies: Vec<Value> = dependencies
            .iter()
            .map(|(name, kind)| json!({"name": name, "kind": kind}))
            .collect();
        json!({"id": name, "name": name, "manifest_path": format!("{folder}/Cargo.toml"),
            "dependencies": dependencies})
    }

    /// A workspace of model, engine, services, testkit and a plugin, where `name` has one more
    /// dependency on `to`.
    fn workspace(name: &str, to: &str, kind: &Value) -> Metadata {
        let crates = [
            ("model", "host/crates/model"),
            ("engine", "host/crates/engine"),
            ("services", "host/crates/services"),
            ("testkit", "host/crates/testkit"),
            ("argonaut-sdk", "sdk/rust"),
            ("ema-cross", "plugins/ema-cross"),
            ("stray", "host/crates/stray"),
        ];
        let known = crates
            .iter()
            .filter(|(each, _)| *each != "stray" || name == "stray");
        let packages: Vec<Value> = known
            .map(|(each, folder)| {
                let edge = [(to, kind.clone())];
                package(each, folder, if *each == name { &edge } else { &[] })
            })
            .collect();
        let ids: Vec<Value> = packages
            .iter()
            .map(|package| package["id"].clone())
            .collect();
        let text = json!({"workspace_members": ids, "packages": packages}).to_string();
        Metadata::parse(&text, "").unwrap()
    }

    #[track_caller]
    fn check(name: &str, to: &str, kind: Value, violations: usize) {
        let found = super::check(&workspace(name, to, &kind));
        assert_eq!(found.len(), violations, "{name} -> {to}: {found:?}");
    }

    #[test]
    fn edges_point_down_the_layers() {
        check("engine", "model", Value::Null, 0);
        check("model", "engine", Value::Null, 1);
        check("engine", "services", Value::Null, 1);
        check("engine", "services", json!("build"), 1);
        check("argonaut-sdk", "model", Value::Null, 1);
    }

    #[test]
    fn plugins_use_the_sdk_only() {
        check("ema-cross", "argonaut-sdk", Value::Null, 0);
        check("ema-cross", "model", Value::Null, 1);
        check("services", "ema-cross", Value::Null, 1);
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        check("engine", "testkit", json!("dev"), 0);
        check("engine", "testkit", Value::Null, 1);
    }

    #[test]
    fn heavy_libraries_stay_in_their_crate() {
        check("services", "wasmtime", Value::Null, 1);
        check("services", "wasmtime-environ", Value::Null, 1);
        check("services", "axum", json!("dev"), 0);
        check("services", "tracing", Value::Null, 0);
    }

    #[test]
    fn a_crate_without_a_layer_is_refused() {
        check("stray", "tracing", Value::Null, 1);
    }

    #[test]
    fn the_core_may_not_reach_an_async_runtime_through_others() {
        let text = json!({
            "workspace_members": ["engine"],
            "packages": [package("engine", "host/crates/engine", &[("harmless", Value::Null)]),
                package("harmless", "x", &[]), package("tokio", "x", &[])],
            "resolve": {"nodes": [
                {"id": "engine", "deps": [{"pkg": "harmless", "dep_kinds": [{"kind": null}]}]},
                {"id": "harmless", "deps": [{"pkg": "tokio", "dep_kinds": [{"kind": null}]}]}]}
        });
        let found = super::check(&Metadata::parse(&text.to_string(), "").unwrap());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].message.contains("reaches `tokio`"), "{found:?}");
    }
}

//! `[validate]`: what the component is, as admission found it, and whether it may run.

use crate::definition::Validate;
use crate::driver::Context;
use crate::gate::{Bound, Criterion, Gate};
use registry::Record;

/// The world of strategies.
const WORLD: &str = "strategy";

pub(crate) fn run(context: &Context<'_>, terms: &Validate) -> Gate {
    match context.host.plugin(&context.run.plugin) {
        Ok(record) => {
            let refusal = context.host.plugin_refusal(context.plugin);
            judge(terms, &record, refusal.map(|refusal| refusal.to_string()))
        }
        Err(error) => Gate::broken(error),
    }
}

fn judge(terms: &Validate, record: &Record, refusal: Option<String>) -> Gate {
    let manifest = &record.manifest;
    let is_strategy = manifest.world == WORLD;
    let mut criteria = vec![
        Criterion::stated("world", WORLD, &*manifest.world, is_strategy),
        match refusal {
            None => Criterion::stated("registry", "it may run", "it may run", true),
            Some(reason) => Criterion::stated("registry", "it may run", reason, false),
        },
    ];
    if let Some(most) = terms.max_size {
        let bound = Bound::AtMost(most);
        criteria.push(Criterion::bounded(
            "size in bytes",
            &bound,
            Some(manifest.size_bytes),
        ));
    }
    if let Some(most) = terms.max_fuel {
        let measured = manifest.fuel.map(|fuel| fuel.most);
        let bound = Bound::AtMost(most);
        criteria.push(Criterion::bounded("fuel of an event", &bound, measured));
    }
    if let Some(allowed) = &terms.imports {
        criteria.push(imports(allowed, &manifest.imports));
    }
    if terms.signed {
        let is_signed = record.signature.is_some();
        let found = if is_signed { "signed" } else { "unsigned" };
        criteria.push(Criterion::stated("signature", "signed", found, is_signed));
    }
    Gate::of(criteria)
}

fn imports(allowed: &[String], found: &[String]) -> Criterion {
    let is_allowed = |import: &&String| {
        allowed.iter().any(|one| {
            let rest = import.strip_prefix(one.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
        })
    };
    let others = found.iter().filter(|import| !is_allowed(import));
    let others: Vec<_> = others.map(String::as_str).collect();
    let wanted = "none but those of the file";
    match others.is_empty() {
        true => Criterion::stated("imports", wanted, "none but those of the file", true),
        false => Criterion::stated("imports", wanted, others.join(", "), false),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::record;
    use super::*;

    fn check(terms: &Validate, record: &Record, expect: Option<&str>) {
        let gate = judge(terms, record, None);
        assert_eq!(gate.passes(), expect.is_none(), "{}", gate.verdict());
        let words = expect.unwrap_or("passed");
        assert!(gate.verdict().contains(words), "{}", gate.verdict());
    }

    #[test]
    fn size_and_fuel_are_bounded_and_unknown_fuel_is_refused() {
        let size = |max_size| Validate {
            max_size: Some(max_size),
            ..Validate::default()
        };
        check(&size(1_001), &record(), None);
        check(&size(1_000), &record(), None);
        check(
            &size(999),
            &record(),
            Some("size in bytes: 1000, wanted at most 999"),
        );
        let fuel = |max_fuel| Validate {
            max_fuel: Some(max_fuel),
            ..Validate::default()
        };
        check(&fuel(500), &record(), None);
        check(&fuel(499), &record(), Some("fuel of an event: 500"));
        let mut unknown = record();
        unknown.manifest.fuel = None;
        check(&fuel(499), &unknown, Some("could not be measured"));
    }

    #[test]
    fn world_imports_signature_and_registry_are_asked() {
        let terms = Validate::default();
        check(&terms, &record(), None);
        let mut rule = record();
        rule.manifest.world = "pre-trade-rule".to_owned();
        check(&terms, &rule, Some("world: pre-trade-rule"));
        let allowing = |imports: &[&str]| Validate {
            imports: Some(imports.iter().map(|one| (*one).to_owned()).collect()),
            ..Validate::default()
        };
        check(&allowing(&["argonaut:plugin/log#info"]), &record(), None);
        check(&allowing(&["argonaut:plugin/log"]), &record(), None);
        check(
            &allowing(&["argonaut:plugin/lo"]),
            &record(),
            Some("imports: argonaut"),
        );
        check(&allowing(&[]), &record(), Some("imports: argonaut"));
        let signed = Validate {
            signed: true,
            ..Validate::default()
        };
        check(&signed, &record(), Some("signature: unsigned"));
        let gate = judge(&terms, &record(), Some("it was revoked".to_owned()));
        assert_eq!(
            gate.verdict(),
            "failed: registry: it was revoked, wanted it may run"
        );
    }
}

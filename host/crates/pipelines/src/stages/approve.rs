//! `[approve]`: people who say yes. Enough of them approve the component in the registry, too, as
//! `argonaut plugin approve` would; so one of them must be somebody who may do that.

use crate::definition::Approve;
use crate::driver::{Context, Outcome};
use crate::gate::{Bound, Criterion, Gate};
use crate::run::Approval;
use registry::Decision;
use std::collections::BTreeSet;

pub(crate) fn run(context: &Context<'_>, terms: &Approve) -> Outcome {
    let gate = judge(terms, &context.run.by, &context.run.approvals);
    if !gate.passes() {
        return Outcome::Waits(gate);
    }
    let decision = Decision {
        by: signer(terms, &context.run.by, &context.run.approvals),
        reason: Some(format!("run {} of its pipeline", context.run.id)),
        force: context.run.force,
        ..Decision::default()
    };
    let approved = context.host.approve_plugin(&context.run.plugin, decision);
    match context.ask(approved) {
        Ok(_) => Outcome::Judged(gate),
        Err(error) => Outcome::Judged(Gate {
            broken: Some(error.to_string()),
            ..gate
        }),
    }
}

/// Names are the same when they differ in case alone.
pub(crate) fn same(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Whether somebody's yes would count; why not, otherwise.
pub(crate) fn may_approve(terms: &Approve, beginner: &str, by: &str) -> Result<(), String> {
    if same(by) == same(beginner) {
        return Err(format!("`{by}` began the run; somebody else must say yes"));
    }
    match &terms.by {
        Some(names) if !names.iter().any(|name| same(name) == same(by)) => Err(format!(
            "`{by}` is none of {}, whom the pipeline asks",
            names.join(", ")
        )),
        _ => Ok(()),
    }
}

/// Those whose yes counts.
fn counted<'a>(
    terms: &'a Approve,
    beginner: &'a str,
    approvals: &'a [Approval],
) -> impl DoubleEndedIterator<Item = &'a Approval> {
    let counts = move |one: &&Approval| may_approve(terms, beginner, &one.by).is_ok();
    approvals.iter().filter(counts)
}

/// The last of those who may approve the component, in whose name that is done.
fn signer(terms: &Approve, beginner: &str, approvals: &[Approval]) -> Option<String> {
    let mut latest = counted(terms, beginner, approvals).rev();
    let signer = latest.find(|one| one.may_approve_plugins);
    signer.map(|one| one.by.clone())
}

fn judge(terms: &Approve, beginner: &str, approvals: &[Approval]) -> Gate {
    let counted = counted(terms, beginner, approvals);
    let persons: BTreeSet<String> = counted.map(|one| same(&one.by)).collect();
    let measured = u32::try_from(persons.len()).ok();
    let bound = Bound::AtLeast(terms.persons);
    let mut criterion = Criterion::bounded("approvals", &bound, measured);
    if let Some(names) = &terms.by {
        criterion
            .wanted
            .push_str(&format!(" of {}", names.join(", ")));
    }
    if !persons.is_empty() {
        let names: Vec<_> = persons.into_iter().collect();
        let measured = criterion.measured.unwrap_or_default();
        criterion.measured = Some(format!("{measured}, by {}", names.join(", ")));
    }
    let signer = signer(terms, beginner, approvals);
    let signed = Criterion::stated(
        "approver of the component",
        "somebody who may approve plugins",
        signer.as_deref().unwrap_or("nobody"),
        signer.is_some(),
    );
    Gate::of(vec![criterion, signed])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(terms: &str, by: &[&str], passes: bool, expect: &str) {
        let terms: Approve = toml::from_str(terms).unwrap();
        let approval = |by: &&str| Approval {
            by: (*by).to_owned(),
            reason: None,
            at_ns: 5,
            may_approve_plugins: true,
        };
        let approvals: Vec<_> = by.iter().map(approval).collect();
        let gate = judge(&terms, "anna", &approvals);
        assert_eq!(gate.passes(), passes, "{}", gate.verdict());
        assert!(gate.verdict().contains(expect), "{}", gate.verdict());
    }

    #[test]
    fn so_many_different_persons_must_say_yes_and_not_who_began() {
        check("", &[], false, "approvals: 0, wanted at least 1");
        check("", &["anna"], false, "approvals: 0");
        check("", &["ben"], true, "approvals: 1, by ben");
        check(
            "persons = 2",
            &["ben", "Ben ", "anna"],
            false,
            "approvals: 1, by ben",
        );
        check(
            "persons = 2",
            &["ben", "cleo"],
            true,
            "approvals: 2, by ben, cleo",
        );
        check("persons = 2", &["ben", "cleo", "dan"], true, "approvals: 3");
        let named = "by = [\"Cleo\"]";
        check(
            named,
            &["ben"],
            false,
            "approvals: 0, wanted at least 1 of Cleo",
        );
        check(named, &["cleo"], true, "approvals: 1");
    }

    #[test]
    fn one_of_them_must_be_somebody_who_may_approve_plugins() {
        let terms: Approve = toml::from_str("persons = 2").unwrap();
        let yes = |by: &str, may_approve_plugins| Approval {
            by: by.to_owned(),
            reason: None,
            at_ns: 5,
            may_approve_plugins,
        };
        let check = |approvals: &[Approval], expect: Option<&str>| {
            let gate = judge(&terms, "anna", approvals);
            assert_eq!(gate.passes(), expect.is_some(), "{}", gate.verdict());
            assert_eq!(signer(&terms, "anna", approvals).as_deref(), expect);
        };
        let (ben, cleo) = (yes("ben", false), yes("cleo", false));
        check(&[ben.clone(), cleo.clone()], None);
        check(&[ben.clone(), cleo, yes("dan", true)], Some("dan"));
        check(&[yes("dan", true), ben.clone()], Some("dan"));
        // Who began the run counts as nobody here either.
        check(&[ben, yes("eve", false), yes("anna", true)], None);
    }
}

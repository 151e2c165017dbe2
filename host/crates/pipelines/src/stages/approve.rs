//! `[approve]`: people who say yes. Enough of them approve the component in the registry, too, as
//! `argonaut plugin approve` would.

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
    let by = context.run.approvals.last().map(|one| one.by.clone());
    let decision = Decision {
        by,
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

fn judge(terms: &Approve, beginner: &str, approvals: &[Approval]) -> Gate {
    let counted = approvals.iter().map(|approval| approval.by.as_str());
    let counted = counted.filter(|by| may_approve(terms, beginner, by).is_ok());
    let persons: BTreeSet<String> = counted.map(same).collect();
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
    Gate::of(vec![criterion])
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
}

//! Who may do what: the one table, by operation. What is not in it nobody may do.
//!
//! Roles do not contain each other, so a row names all that may. Reading is for everybody who is
//! known; trading for operators; limits and letting trade again for risk. Whoever may trade or guards
//! risk may stop.

use crate::door::{Credential, Principal};
use crate::refusal::Refusal;
use crate::role::{Role, Roles};

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, known or not.
    Open,
    /// People and keys with one of these roles.
    Roles(&'static [Role]),
    /// People with one of these roles who are logged in, and no key.
    People(&'static [Role]),
}

use Access::{Open, People};
use Role::{Admin, Author, Operator, Risk};

const ANY: &[Role] = &Role::ALL;
const NOBODY: &[Role] = &[];
const READ: Access = Access::Roles(ANY);
const TRADE: Access = Access::Roles(&[Operator]);
const STOP: Access = Access::Roles(&[Operator, Risk]);
const GUARD: Access = Access::Roles(&[Risk]);
const WRITE: Access = Access::Roles(&[Author]);
const TRY: Access = Access::Roles(&[Author, Operator]);
const MANAGE: Access = People(&[Admin]);
/// Whoever is logged in; the operation itself looks whether it concerns them.
const SELF: Access = People(ANY);

/// The table.
pub const POLICY: &[(&str, Access)] = &[
    // The page holds no data; its connection authenticates by the first frame.
    ("page.show", Open),
    ("stream.connect", Open),
    // What can be said on it, and nothing that was.
    ("asyncapi.show", Open),
    // A call shows by a signature or a secret that it is genuine.
    ("hooks.take", Open),
    // What there is to ask for is in the sources, too; it holds no data.
    ("openapi.show", Open),
    ("docs.show", Open),
    ("docs.file", Open),
    ("health.show", Open),
    // For those who start the process again, or send it requests: codes, and nothing else.
    ("livez.show", Open),
    ("readyz.show", Open),
    // Names of strategies and how much they trade are nobody's who is not known: an API key reads them.
    ("metrics.show", READ),
    ("auth.login", Open),
    ("auth.refresh", Open),
    ("auth.claim", Open),
    ("auth.logout", SELF),
    ("auth.password", SELF),
    ("auth.me", READ),
    ("auth.ticket", READ),
    ("users.list", MANAGE),
    ("users.show", MANAGE),
    ("users.add", MANAGE),
    ("users.change", MANAGE),
    ("users.remove", MANAGE),
    ("users.invite", MANAGE),
    ("keys.list", SELF),
    ("keys.add", SELF),
    ("keys.revoke", SELF),
    ("sessions.list", SELF),
    ("sessions.end", SELF),
    ("approvals.list", SELF),
    ("approvals.confirm", SELF),
    ("approvals.refuse", SELF),
    ("audit.list", Access::Roles(&[Admin, Risk])),
    ("engine.show", READ),
    ("engine.trading_state.set", STOP),
    ("engine.kill", STOP),
    ("sources.list", READ),
    ("system.show", Access::Roles(&[Admin, Operator, Risk])),
    ("venues.list", READ),
    ("instruments.list", READ),
    ("instruments.show", READ),
    ("instruments.happen", TRADE),
    // Whoever sets these plays a simulated market; what stops trading for risk is `risk.states.set`.
    ("instruments.status.set", TRADE),
    ("instruments.prices.set", TRADE),
    ("orders.list", READ),
    ("orders.place", TRADE),
    ("orders.place_list", TRADE),
    ("orders.show", READ),
    ("orders.modify", TRADE),
    ("orders.cancel", STOP),
    ("fills.list", READ),
    ("cash_flows.list", READ),
    ("life_events.list", READ),
    ("history.page", READ),
    ("data_catalog.list", READ),
    ("market_data.show", READ),
    ("performance.list", READ),
    ("performance.show", READ),
    ("portfolio.show", READ),
    ("positions.list", READ),
    ("accounts.list", READ),
    ("accounts.convert", TRADE),
    ("account.show", READ),
    ("algorithms.list", READ),
    ("strategies.list", READ),
    ("strategies.load", TRADE),
    ("strategies.show", READ),
    ("strategies.faults", READ),
    ("strategies.cost", READ),
    ("strategies.dead_letters.list", READ),
    ("strategies.dead_letters.show", READ),
    ("strategies.log", READ),
    ("strategies.start", TRADE),
    ("strategies.pause", STOP),
    ("strategies.resume", TRADE),
    ("strategies.stop", STOP),
    // Whoever sends one makes it trade.
    ("strategies.signal", TRADE),
    ("strategies.swap", TRADE),
    ("strategies.parameters.set", TRADE),
    ("strategies.roll_back", STOP),
    ("strategies.probation.end", TRADE),
    ("strategies.flip", TRADE),
    ("canaries.begin", TRADE),
    ("canaries.end", STOP),
    ("canaries.promote", TRADE),
    ("pipelines.list", READ),
    ("pipelines.show", READ),
    ("pipelines.runs.list", READ),
    ("pipelines.runs.show", READ),
    // What it begins ends in trading.
    ("pipelines.runs.begin", TRADE),
    // Different persons are counted, so it takes persons.
    ("pipelines.runs.approve", People(&[Operator, Risk])),
    ("pipelines.runs.cancel", STOP),
    ("pipelines.runs.resume", TRADE),
    ("backtests.list", READ),
    ("backtests.show", READ),
    ("backtests.report", READ),
    // They take time of the machine, and touch nothing that trades.
    ("backtests.run", TRY),
    ("backtests.cancel", TRY),
    ("backtests.remove", TRY),
    ("jobs.list", READ),
    ("jobs.show", READ),
    // What they are of is looked at by the operation.
    ("jobs.cancel", Access::Roles(&[Author, Operator, Risk])),
    ("jobs.resume", TRADE),
    ("shadows.show", READ),
    ("shadows.begin", Access::Roles(&[Author, Operator])),
    ("shadows.end", Access::Roles(&[Author, Operator])),
    ("shadows.promote", TRADE),
    ("plugins.list", READ),
    ("plugins.show", READ),
    ("plugins.compare", READ),
    ("plugins.history", READ),
    ("plugins.upload", WRITE),
    ("plugins.delete", WRITE),
    ("plugins.approve", GUARD),
    ("plugins.revoke", STOP),
    ("plugins.quarantine.list", READ),
    ("plugins.release", GUARD),
    ("risk.controls.list", READ),
    ("risk.limits.show", READ),
    ("risk.limits.set", GUARD),
    ("risk.factors.set", GUARD),
    ("risk.locates.list", READ),
    ("risk.locates.set", GUARD),
    ("risk.rules.list", READ),
    ("risk.rules.show", READ),
    ("risk.rules.set", GUARD),
    ("risk.rules.remove", GUARD),
    ("risk.states.list", READ),
    ("risk.states.show", READ),
    ("risk.states.set", STOP),
    ("risk.kill.set", STOP),
    ("risk.kill.clear", GUARD),
    ("risk.repeats.clear", GUARD),
    ("risk.metrics.show", READ),
    ("risk.metrics.reckon", READ),
    ("risk.correlation.show", READ),
    ("risk.regimes.list", READ),
    ("risk.regimes.set", GUARD),
    ("risk.scenarios.list", READ),
    ("risk.scenarios.show", READ),
    ("risk.scenarios.set", GUARD),
    ("risk.scenarios.remove", GUARD),
    ("risk.scenarios.run", READ),
    ("risk.alerts.list", READ),
    ("risk.alerts.acknowledge", STOP),
    ("notifications.list", READ),
    (
        "notifications.test",
        Access::Roles(&[Admin, Operator, Risk]),
    ),
];

/// When a second person must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// Each time.
    Always,
    /// Where it loosens, which the request says, and how things stand. Who turns requests into operations tells;
    /// what lets trade more than now also takes who may do `risk.kill.clear`.
    Loosening,
    /// Where there is another admin, who could.
    OtherAdmin,
}

use Second::{Always, Loosening, OtherAdmin};

/// What takes a second person. What is not in it takes none.
pub const FOUR_EYES: &[(&str, Second)] = &[
    ("plugins.approve", Always),
    ("plugins.release", Always),
    ("shadows.promote", Always),
    // One that promotes itself.
    ("canaries.begin", Loosening),
    ("canaries.promote", Always),
    ("risk.limits.set", Always),
    ("risk.locates.set", Always),
    // A factor of nothing stops.
    ("risk.factors.set", Loosening),
    ("risk.regimes.set", Always),
    ("risk.rules.set", Always),
    ("risk.rules.remove", Always),
    ("risk.repeats.clear", Always),
    ("risk.kill.clear", Always),
    ("engine.kill", Loosening),
    ("engine.trading_state.set", Loosening),
    ("risk.states.set", Loosening),
    ("users.add", OtherAdmin),
    // But for disabling somebody, which waits for nobody.
    ("users.change", OtherAdmin),
    ("users.remove", OtherAdmin),
    ("users.invite", OtherAdmin),
];

/// When a second person must agree to an operation; `None` for never.
#[must_use]
pub fn second(operation: &str) -> Option<Second> {
    let row = FOUR_EYES.iter().find(|(known, _)| *known == operation);
    row.map(|(_, second)| *second)
}

/// The row of an operation.
#[must_use]
pub fn access(operation: &str) -> Option<Access> {
    let row = POLICY.iter().find(|(known, _)| *known == operation);
    row.map(|(_, access)| *access)
}

/// Whether somebody may do something.
///
/// # Errors
/// [`Refusal::Unauthenticated`] when it takes somebody who is known, [`Refusal::Forbidden`] when it
/// takes somebody else.
pub fn authorise(who: Option<&Principal>, operation: &str) -> Result<(), Refusal> {
    let (roles, people_only) = match access(operation) {
        Some(Open) => return Ok(()),
        Some(Access::Roles(roles)) => (roles, false),
        Some(People(roles)) => (roles, true),
        None => (NOBODY, false),
    };
    let Some(who) = who else {
        return Err(Refusal::Unauthenticated(
            "show an access token as `Authorization: Bearer …`, or an API key as `X-Api-Key`",
        ));
    };
    if people_only && matches!(who.by, Credential::Key(_)) {
        let reason = format!("{operation} is for people who are logged in, and no API key");
        return Err(Refusal::Forbidden(reason));
    }
    if is_one_of(&who.roles, roles) {
        return Ok(());
    }
    let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
    let reason = match names.as_slice() {
        [] => format!("{operation} is not in the policy, so nobody may do it"),
        names => format!("{operation} takes one of the roles {}", names.join(", ")),
    };
    Err(Refusal::Forbidden(reason))
}

/// Whether roles are enough for something, by whatever they are shown.
#[must_use]
pub fn roles_may(roles: &Roles, operation: &str) -> bool {
    match access(operation) {
        Some(Open) => true,
        Some(Access::Roles(wanted) | People(wanted)) => is_one_of(roles, wanted),
        None => false,
    }
}

fn is_one_of(has: &Roles, wanted: &[Role]) -> bool {
    wanted.iter().any(|role| has.contains(role))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Role::Viewer;

    fn who(roles: &[Role], by: Credential) -> Principal {
        Principal {
            user: "anna".to_owned(),
            roles: roles.iter().copied().collect(),
            by,
        }
    }

    fn session() -> Credential {
        Credential::Session("s".to_owned())
    }

    #[test]
    fn no_operation_has_two_rows_and_four_eyes_are_on_known_ones() {
        let mut names: Vec<_> = POLICY.iter().map(|(name, _)| *name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for (operation, _) in FOUR_EYES {
            assert!(access(operation).is_some(), "{operation}");
        }
    }

    #[test]
    fn roles_may_what_their_rows_say() {
        let check = |role: Role, operation: &str, expect: bool| {
            let may = authorise(Some(&who(&[role], session())), operation).is_ok();
            assert_eq!(may, expect, "{role} {operation}");
        };
        check(Viewer, "orders.list", true);
        check(Viewer, "orders.place", false);
        check(Viewer, "risk.kill.set", false);
        check(Operator, "orders.place", true);
        check(Operator, "risk.limits.set", false);
        check(Operator, "risk.kill.set", true);
        check(Operator, "risk.kill.clear", false);
        check(Author, "plugins.upload", true);
        check(Author, "plugins.approve", false);
        check(Author, "backtests.run", true);
        check(Operator, "backtests.cancel", true);
        check(Risk, "backtests.run", false);
        check(Viewer, "backtests.report", true);
        check(Author, "orders.place", false);
        check(Risk, "risk.limits.set", true);
        check(Risk, "orders.place", false);
        check(Admin, "users.add", true);
        check(Admin, "orders.place", false);
        for role in Role::ALL {
            check(role, "nothing.known", false);
        }
    }

    #[test]
    fn strangers_and_keys_get_what_is_theirs() {
        assert!(authorise(None, "auth.login").is_ok());
        for (operation, access) in POLICY.iter().filter(|(_, access)| *access != Open) {
            let refused = authorise(None, operation);
            assert!(
                matches!(refused, Err(Refusal::Unauthenticated(_))),
                "{access:?}"
            );
        }
        let key = who(&Role::ALL, Credential::Key("k".to_owned()));
        assert!(authorise(Some(&key), "orders.place").is_ok());
        for operation in [
            "users.add",
            "keys.add",
            "approvals.confirm",
            "pipelines.runs.approve",
        ] {
            let refused = authorise(Some(&key), operation);
            assert!(matches!(refused, Err(Refusal::Forbidden(_))), "{operation}");
        }
        let nobody = who(&[], session());
        assert!(authorise(Some(&nobody), "orders.list").is_err());
    }
}

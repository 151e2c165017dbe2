//! Which routes take an `Idempotency-Key`, and which are not done without one.

use axum::http::Method;

/// What a route makes of an `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// It is not looked at: the route changes nothing, or tells by other means that a request comes again.
    Unused,
    /// A request that has one is done once.
    Optional,
    /// The same; but the answer has a secret, so it is kept that it was done, and not the answer.
    Withheld,
    /// Without one nothing is done.
    Required,
}

/// Orders, deployments and kills: what costs money when it is done twice, or undone by a late copy.
const REQUIRED: &[&str] = &[
    "orders.place",
    "orders.place_list",
    "engine.kill",
    "risk.kill.set",
    "risk.kill.clear",
    "strategies.load",
    "strategies.swap",
    "strategies.parameters.set",
    "strategies.flip",
    "strategies.roll_back",
    "shadows.begin",
    "shadows.promote",
    "canaries.begin",
    "canaries.promote",
    "plugins.upload",
    "pipelines.runs.begin",
];
/// Their answers tell a secret once.
const WITHHELD: &[&str] = &["users.add", "users.invite", "keys.add"];
/// Their bodies have passwords or codes of one use; a webhook's calls have ids of their own; what is only
/// reckoned changes nothing, and its answers would push out those of what does.
const UNUSED: &[&str] = &[
    "auth.login",
    "auth.claim",
    "auth.refresh",
    "auth.logout",
    "auth.password",
    "auth.ticket",
    "hooks.take",
    "risk.metrics.reckon",
    "risk.scenarios.run",
];

impl KeyUse {
    /// That of an operation by its method.
    pub(crate) fn of(operation: &str, method: &Method) -> Self {
        let reads = *method == Method::GET || *method == Method::HEAD;
        if reads || UNUSED.contains(&operation) {
            Self::Unused
        } else if REQUIRED.contains(&operation) {
            Self::Required
        } else if WITHHELD.contains(&operation) {
            Self::Withheld
        } else {
            Self::Optional
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use identity::policy;

    #[test]
    fn what_is_only_reckoned_takes_no_key() {
        for operation in ["risk.metrics.reckon", "risk.scenarios.run"] {
            assert_eq!(KeyUse::of(operation, &Method::POST), KeyUse::Unused);
        }
    }

    #[test]
    fn what_is_named_here_is_in_the_policy() {
        for operation in [REQUIRED, WITHHELD, UNUSED].concat() {
            assert!(policy::access(operation).is_some(), "{operation}");
        }
    }
}

//! What has a tag, and what the tag is a hash of.

use crate::port::HostPort;
use crate::state::Api;
use model::{Order, OrderId};
use services::handle::ScopeName;
use std::fmt::Debug;

/// Hexadecimal digits of a tag.
const DIGITS: usize = 16;

/// What can be shown and changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thing {
    Strategy,
    Order,
    Limits,
    State,
    Rule,
    Scenario,
    User,
}

/// The operations that show or change one thing, whose name stands in their path.
const TAGGED: &[(&str, Thing)] = &[
    ("strategies.show", Thing::Strategy),
    ("strategies.start", Thing::Strategy),
    ("strategies.resume", Thing::Strategy),
    ("strategies.swap", Thing::Strategy),
    ("strategies.parameters.set", Thing::Strategy),
    ("strategies.flip", Thing::Strategy),
    ("strategies.probation.end", Thing::Strategy),
    ("shadows.promote", Thing::Strategy),
    ("canaries.begin", Thing::Strategy),
    ("canaries.promote", Thing::Strategy),
    ("orders.show", Thing::Order),
    ("orders.modify", Thing::Order),
    ("orders.cancel", Thing::Order),
    ("risk.limits.show", Thing::Limits),
    ("risk.limits.set", Thing::Limits),
    // The factor is among what the limits show.
    ("risk.factors.set", Thing::Limits),
    ("risk.states.show", Thing::State),
    ("risk.states.set", Thing::State),
    ("risk.rules.show", Thing::Rule),
    ("risk.rules.set", Thing::Rule),
    ("risk.rules.remove", Thing::Rule),
    ("risk.scenarios.show", Thing::Scenario),
    ("risk.scenarios.set", Thing::Scenario),
    ("risk.scenarios.remove", Thing::Scenario),
    ("users.show", Thing::User),
    ("users.change", Thing::User),
    ("users.remove", Thing::User),
];

impl Thing {
    /// What an operation shows or changes.
    pub(super) fn of(operation: &str) -> Option<Self> {
        let row = TAGGED.iter().find(|(known, _)| *known == operation);
        row.map(|(_, thing)| *thing)
    }

    /// Whether changing one that does not exist makes it.
    pub(super) fn is_made_by_changing(self) -> bool {
        matches!(self, Self::Rule | Self::Scenario)
    }
}

/// The tag of a thing as it is now, in quotation marks; nothing for what does not exist.
pub(crate) fn tag<H: HostPort>(api: &Api<H>, thing: Thing, name: &str) -> Option<String> {
    let host = &api.host;
    match thing {
        Thing::Strategy => {
            let view = host.strategy(name)?;
            let (state, plugin) = (&view.state, &view.plugin);
            Some(hashed(&(state, plugin, &view.probation)))
        }
        Thing::Order => Some(of_order(&host.order(name.parse::<OrderId>().ok()?)?)),
        Thing::Limits => {
            let scope = name.parse::<ScopeName>().ok()?.find(host).ok()?;
            let view = host.limits(scope);
            Some(hashed(&(&view.limits, &view.factor, &view.regime)))
        }
        Thing::State => {
            let scope = name.parse::<ScopeName>().ok()?.find(host).ok()?;
            let view = host.risk_state(scope);
            Some(hashed(&(&view.state, view.killed)))
        }
        Thing::Rule => {
            let mut rules = host.rules().into_iter();
            Some(hashed(&rules.find(|rule| rule.name == name)?))
        }
        Thing::Scenario => {
            let mut scenarios = host.scenarios().into_iter();
            Some(hashed(&scenarios.find(|one| one.name == name)?))
        }
        Thing::User => {
            let user = api.guarded.as_ref()?.identity.user(name).ok()?;
            Some(hashed(&(user.created_ms, user.version)))
        }
    }
}

/// That of an order: what was asked for and its status. Where a trigger has trailed to moves by itself, and so
/// does what is filled, which is part of the quantity that a change names.
fn of_order(order: &Order) -> String {
    let lasts = (order.time_in_force, order.expires);
    hashed(&(order.kind, order.quantity, lasts, order.terms, order.status))
}

/// The hash of what a thing is, as this build writes it: another build has other tags, and a change that was
/// decided before an upgrade is decided anew.
fn hashed(what: &impl Debug) -> String {
    let hash = blake3::hash(format!("{what:?}").as_bytes()).to_hex();
    format!("\"{}\"", hash.get(..DIGITS).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use identity::policy;

    #[test]
    fn what_has_a_tag_is_in_the_policy() {
        for (operation, _) in TAGGED {
            assert!(policy::access(operation).is_some(), "{operation}");
        }
    }
}

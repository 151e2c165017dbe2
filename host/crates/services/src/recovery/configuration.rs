//! A configuration beside a journal: what the journal has defined already is not defined again, what
//! is new is added, and what contradicts it is named.

use engine::Definition;
use std::mem::discriminant;

/// What of `wanted` the journal does not define yet, in order.
///
/// # Errors
/// The first definition that contradicts the journal, by name.
pub(crate) fn missing(
    known: &[Definition],
    wanted: Vec<Definition>,
) -> Result<Vec<Definition>, String> {
    let mut missing = Vec::new();
    for (index, definition) in wanted.iter().enumerate() {
        let same_kind = |other: &&Definition| discriminant(*other) == discriminant(definition);
        let key = key(definition);
        let mut of_kind = known.iter().filter(same_kind);
        let Some(place) = of_kind.position(|other| self::key(other) == key) else {
            let earlier = wanted[..index].iter().filter(same_kind).count();
            fits(known, definition, earlier)?;
            missing.push(definition.clone());
            continue;
        };
        let first = known.iter().filter(same_kind).nth(place);
        if first != Some(definition) {
            return Err(contradiction(&key, "it was defined otherwise"));
        }
        let wanted_place = wanted[..index].iter().filter(same_kind).count();
        if is_numbered(definition) && wanted_place != place {
            let reason = format!("it is number {} there", place + 1);
            return Err(contradiction(&key, &reason));
        }
    }
    Ok(missing)
}

/// Handles are numbers, so new things of a kind come after the known ones.
fn fits(known: &[Definition], new: &Definition, earlier: usize) -> Result<(), String> {
    let mut of_kind = known
        .iter()
        .filter(|other| discriminant(*other) == discriminant(new));
    match of_kind.nth(earlier) {
        Some(there) if is_numbered(new) && !matches!(new, Definition::Strategy(_)) => {
            let reason = format!(
                "{} has its place there; put what is new after what is known",
                key(there)
            );
            Err(contradiction(&key(new), &reason))
        }
        _ => Ok(()),
    }
}

fn contradiction(key: &str, reason: &str) -> String {
    format!(
        "{key}: the configuration contradicts the journal: {reason}; change it back, or begin a new \
         journal with `--fresh`"
    )
}

/// Whether its handle is its number among those of its kind.
const fn is_numbered(definition: &Definition) -> bool {
    matches!(
        definition,
        Definition::Currency(_)
            | Definition::Venue(_)
            | Definition::Instrument(_)
            | Definition::Account(_)
            | Definition::Strategy(_)
    )
}

/// What a definition is of, as a configuration names it.
fn key(definition: &Definition) -> String {
    match definition {
        Definition::Currency(name) => format!("currency `{name}`"),
        Definition::Venue(config) => format!("venue `{}`", config.name),
        Definition::Instrument(instrument) => format!("instrument `{}`", instrument.symbol),
        Definition::Account(config) => format!("account `{}`", config.name),
        Definition::Strategy(config) => format!("strategy `{}`", config.name),
        Definition::Limits(scope, _) => format!("limits of {scope:?}"),
        Definition::Permissions(id, _) => format!("permissions of strategy {}", id.number()),
        Definition::AverageVolume(id, _) => {
            format!("average_daily_volume of instrument {}", id.number())
        }
        Definition::Adopter(id) => format!("adopter {}", id.number()),
        Definition::FeeTiers(id, _) => format!("fee_tiers of instrument {}", id.number()),
        Definition::AccountRules(id, _) => format!("rules of account {}", id.number()),
        Definition::Algorithm(config) => format!("algorithm `{}`", config.name),
        Definition::Rule(config) => format!("rule `{}`", config.name),
        Definition::Locate(account, instrument, _) => {
            let (account, instrument) = (account.number(), instrument.number());
            format!("locates of account {account} in instrument {instrument}")
        }
        Definition::SelfMatch(id, _) => format!("self_match of venue {}", id.number()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{LimitScope, Limits};

    fn currency(name: &str) -> Definition {
        Definition::Currency(name.to_owned())
    }

    fn limits(max_open_orders: u32) -> Definition {
        let limits = Limits {
            max_open_orders,
            ..Limits::default()
        };
        Definition::Limits(LimitScope::Firm, limits)
    }

    #[test]
    fn what_is_new_is_added_after_what_is_known() {
        let known = [currency("USD"), currency("EUR"), limits(9)];
        let same = known.to_vec();
        assert_eq!(missing(&known, same.clone()), Ok(Vec::new()));
        let more = [same, vec![currency("JPY")]].concat();
        assert_eq!(missing(&known, more), Ok(vec![currency("JPY")]));
    }

    #[test]
    fn contradictions_are_named() {
        let known = [currency("USD"), currency("EUR"), limits(9), limits(3)];
        let check = |wanted: &[Definition], expect: &str| {
            let error = missing(&known, wanted.to_vec()).unwrap_err();
            assert!(error.starts_with(expect), "{error}");
        };
        check(
            &[currency("EUR"), currency("USD")],
            "currency `EUR`: the configuration contradicts",
        );
        check(
            &[currency("JPY"), currency("USD")],
            "currency `JPY`: the configuration contradicts",
        );
        // What an operator changed since does not matter; what the configuration said does.
        check(
            &[limits(3)],
            "limits of Firm: the configuration contradicts",
        );
    }
}

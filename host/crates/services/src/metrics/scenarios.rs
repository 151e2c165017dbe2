//! The scenarios a host knows: a bounded table by name.

pub use super::scenario::MOST_SHOCKS;
use super::scenario::{Scenario, ScenarioKind, ShockTarget};
use crate::handle::HostError;
use crate::sync::{read, write};
use std::collections::BTreeMap;
use std::sync::RwLock;

/// Most scenarios.
pub const MOST_SCENARIOS: usize = 100;

/// What exists that can be shocked.
pub(crate) struct Targets {
    pub(crate) symbols: Vec<String>,
    pub(crate) sectors: Vec<String>,
    pub(crate) currencies: Vec<String>,
}

impl Targets {
    /// Whether a scenario shocks only what is there.
    fn check(&self, scenario: &Scenario) -> Result<(), HostError> {
        let ScenarioKind::Shocks(shocks) = &scenario.kind else {
            return Ok(());
        };
        let is_there = |target: &ShockTarget| match target {
            ShockTarget::Market => true,
            ShockTarget::Instrument(symbol) => self.symbols.contains(symbol),
            ShockTarget::Sector(name) => self.sectors.contains(name),
            ShockTarget::Currency(name) => self.currencies.contains(name),
        };
        match shocks.iter().find(|shock| !is_there(&shock.target)) {
            Some(shock) => Err(HostError::Invalid {
                field: "shocks.target",
                reason: format!("there is no `{}` here", shock.target),
            }),
            None => Ok(()),
        }
    }
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Scenarios(RwLock<BTreeMap<String, Scenario>>);

impl Scenarios {
    pub(crate) fn all(&self) -> Vec<Scenario> {
        read(&self.0).values().cloned().collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Scenario> {
        read(&self.0).get(name).cloned()
    }

    /// Adds or replaces one.
    pub(crate) fn set(&self, scenario: Scenario, targets: &Targets) -> Result<(), HostError> {
        scenario.check_asked()?;
        targets.check(&scenario)?;
        let mut table = write(&self.0);
        if table.len() >= MOST_SCENARIOS && !table.contains_key(&scenario.name) {
            let what = format!("there are {MOST_SCENARIOS} scenarios already; delete one");
            return Err(HostError::Conflict(what));
        }
        table.insert(scenario.name.clone(), scenario);
        Ok(())
    }

    /// Forgets one; whether it was there.
    pub(crate) fn remove(&self, name: &str) -> bool {
        write(&self.0).remove(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Shock;

    fn scenario(name: &str, target: &str) -> Scenario {
        let shock = Shock {
            target: target.parse().unwrap(),
            price: Some("-0.1".parse().unwrap()),
            volatility: None,
        };
        Scenario {
            name: name.to_owned(),
            kind: ScenarioKind::Shocks(vec![shock]),
        }
    }

    #[test]
    fn only_what_is_there_can_be_shocked_and_the_table_is_bounded() {
        let targets = Targets {
            symbols: vec!["X".to_owned()],
            sectors: vec!["oil".to_owned()],
            currencies: vec!["USD".to_owned()],
        };
        let scenarios = Scenarios::default();
        for target in ["market", "instrument/X", "sector/oil", "currency/USD"] {
            assert_eq!(scenarios.set(scenario("one", target), &targets), Ok(()));
        }
        for target in ["instrument/Y", "sector/gas", "currency/EUR"] {
            let refused = scenarios.set(scenario("two", target), &targets);
            assert!(
                matches!(refused, Err(HostError::Invalid { .. })),
                "{target}"
            );
        }
        assert_eq!(scenarios.all().len(), 1);
        for n in 1..MOST_SCENARIOS {
            assert_eq!(
                scenarios.set(scenario(&n.to_string(), "market"), &targets),
                Ok(())
            );
        }
        let full = scenarios.set(scenario("more", "market"), &targets);
        assert!(matches!(full, Err(HostError::Conflict(_))));
        assert_eq!(scenarios.set(scenario("one", "market"), &targets), Ok(()));
        assert!(scenarios.remove("one") && !scenarios.remove("one"));
        assert_eq!(scenarios.get("one"), None);
    }
}

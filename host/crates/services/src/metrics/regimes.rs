//! Named states of the market, each with the factor that limits are multiplied by in it.

use crate::limits::Fault;
use model::Rate;
use std::collections::BTreeMap;

/// Most regimes.
const MOST: usize = 32;

/// Factors by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Regimes(BTreeMap<String, Rate>);

impl Regimes {
    /// A table of factors from 0 to 1.
    ///
    /// # Errors
    /// The regime whose factor is outside, as a fault of the field `regimes`.
    pub fn new(factors: BTreeMap<String, Rate>) -> Result<Self, Fault> {
        if factors.len() > MOST {
            return Err(("regimes", format!("are more than {MOST}")));
        }
        let outside = |factor: Rate| factor < Rate::ZERO || factor.raw() > Rate::SCALE;
        match factors.iter().find(|(_, factor)| outside(**factor)) {
            Some((name, factor)) => {
                let what = format!("`{name}` is {factor}; a factor is from 0 to 1");
                Err(("regimes", what))
            }
            None => Ok(Self(factors)),
        }
    }

    /// The factor of a regime.
    pub fn factor(&self, name: &str) -> Option<Rate> {
        self.0.get(name).copied()
    }

    /// All of them by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Rate)> {
        self.0.iter().map(|(name, factor)| (name.as_str(), *factor))
    }

    /// Their names, for people.
    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        if names.is_empty() {
            "none; `[risk.regimes]` of the configuration names them".to_owned()
        } else {
            names.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_from_nothing_to_all() {
        let table = |factor: &str| {
            let entry = ("stressed".to_owned(), factor.parse().unwrap());
            Regimes::new(BTreeMap::from([entry]))
        };
        for good in ["0", "0.5", "1"] {
            let factor = table(good).unwrap().factor("stressed");
            assert_eq!(factor, Some(good.parse().unwrap()));
        }
        assert!(table("1.000000001").is_err() && table("-0.1").is_err());
        assert_eq!(table("1").unwrap().factor("calm"), None);
    }
}

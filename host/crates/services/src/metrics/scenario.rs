//! What might happen: shocks of prices, volatilities and currencies, or a past window once more.

use crate::handle::HostError;
use crate::limits::Fault;
use model::{Rate, Timestamp};
use std::fmt;
use std::str::FromStr;

/// A named scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Unique name.
    pub name: String,
    /// What happens in it.
    pub kind: ScenarioKind,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScenarioKind {
    /// These shocks, at once. Of price shocks, and of volatility shocks, the most specific counts:
    /// the instrument's, else its sector's, else the market's. Shocks of currencies come on top.
    Shocks(Vec<Shock>),
    /// The sampled returns of a past window, after `from` up to `to`, over today's holdings.
    Window {
        /// Where it begins.
        from: Timestamp,
        /// Where it ends.
        to: Timestamp,
    },
}

/// A shock of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shock {
    /// Of what.
    pub target: ShockTarget,
    /// By how much its price changes: -0.2 is a fall by a fifth. Of a currency, its worth.
    pub price: Option<Rate>,
    /// By how much its volatility changes: 1 doubles it. Not of a currency.
    pub volatility: Option<Rate>,
}

/// What is shocked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShockTarget {
    /// Everything.
    Market,
    /// An instrument, by its symbol.
    Instrument(String),
    /// All instruments of a sector.
    Sector(String),
    /// A currency, against all others.
    Currency(String),
}

/// A text that names nothing to shock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no target; write market, instrument/SYMBOL, sector/NAME or currency/NAME")]
pub struct NoTarget(String);

impl FromStr for ShockTarget {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        let wrong = || NoTarget(text.to_owned());
        if text == "market" {
            return Ok(Self::Market);
        }
        match text.split_once('/').filter(|(_, name)| !name.is_empty()) {
            Some(("instrument", name)) => Ok(Self::Instrument(name.to_owned())),
            Some(("sector", name)) => Ok(Self::Sector(name.to_owned())),
            Some(("currency", name)) => Ok(Self::Currency(name.to_owned())),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for ShockTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Market => f.write_str("market"),
            Self::Instrument(symbol) => write!(f, "instrument/{symbol}"),
            Self::Sector(name) => write!(f, "sector/{name}"),
            Self::Currency(name) => write!(f, "currency/{name}"),
        }
    }
}

/// Longest name.
const NAME_LENGTH: usize = 64;
/// Most shocks of a scenario.
pub const MOST_SHOCKS: usize = 100;
const MINUS_ONE: Rate = Rate::from_raw(-Rate::SCALE);

impl Scenario {
    /// Whether it can be meant, whatever is defined.
    ///
    /// # Errors
    /// The field at fault (of a shock without its place), and what would do.
    pub fn check(&self) -> Result<(), Fault> {
        self.values()?;
        self.relations()
    }

    /// As [`Scenario::check`], of one that a request asks for.
    ///
    /// # Errors
    /// `Invalid` for a field that is none by itself, `Disagrees` for one that does not go with the others.
    pub fn check_asked(&self) -> Result<(), HostError> {
        let invalid = |(field, reason)| HostError::Invalid { field, reason };
        let disagrees = |(field, reason)| HostError::Disagrees { field, reason };
        self.values().map_err(invalid)?;
        self.relations().map_err(disagrees)
    }

    /// Whether each field is one by itself.
    fn values(&self) -> Result<(), Fault> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
        let fits = (1..=NAME_LENGTH).contains(&self.name.len());
        if !fits || !self.name.chars().all(plain) {
            let what = "must be 1 to 64 letters, digits, spaces, `-`, `_` or `.`";
            return Err(("name", what.to_owned()));
        }
        match &self.kind {
            ScenarioKind::Window { .. } => Ok(()),
            ScenarioKind::Shocks(shocks) => shock_values(shocks),
        }
    }

    /// Whether the fields go together.
    fn relations(&self) -> Result<(), Fault> {
        match &self.kind {
            ScenarioKind::Window { from, to } if from >= to => {
                Err(("window.to", "must be after window.from".to_owned()))
            }
            ScenarioKind::Window { .. } => Ok(()),
            ScenarioKind::Shocks(shocks) => shock_relations(shocks),
        }
    }
}

fn shock_values(shocks: &[Shock]) -> Result<(), Fault> {
    if !(1..=MOST_SHOCKS).contains(&shocks.len()) {
        return Err(("shocks", format!("must be 1 to {MOST_SHOCKS}")));
    }
    for shock in shocks {
        if shock.price.is_some_and(|price| price < MINUS_ONE) {
            return Err(("shocks.price", below_all(shock)));
        }
        if shock.volatility.is_some_and(|change| change < MINUS_ONE) {
            let what = format!("of `{}` is below -1", shock.target);
            return Err(("shocks.volatility", what));
        }
    }
    Ok(())
}

fn below_all(shock: &Shock) -> String {
    format!("of `{}` is below what can be lost", shock.target)
}

fn shock_relations(shocks: &[Shock]) -> Result<(), Fault> {
    for (place, shock) in shocks.iter().enumerate() {
        if shocks[..place].iter().any(|one| one.target == shock.target) {
            return Err((
                "shocks.target",
                format!("`{}` is shocked twice", shock.target),
            ));
        }
        let of_currency = matches!(shock.target, ShockTarget::Currency(_));
        if shock.price.is_none() && shock.volatility.is_none() {
            let what = format!("`{}` needs a price or a volatility", shock.target);
            return Err(("shocks.price", what));
        }
        if of_currency && shock.price == Some(MINUS_ONE) {
            return Err(("shocks.price", below_all(shock)));
        }
        if of_currency && shock.volatility.is_some() {
            let what = "a currency has none; shock the volatility of instruments".to_owned();
            return Err(("shocks.volatility", what));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shock(target: &str, price: Option<&str>, volatility: Option<&str>) -> Shock {
        Shock {
            target: target.parse().unwrap(),
            price: price.map(|text| text.parse().unwrap()),
            volatility: volatility.map(|text| text.parse().unwrap()),
        }
    }

    fn check(name: &str, shocks: Vec<Shock>, expect: Option<&str>) {
        let scenario = Scenario {
            name: name.to_owned(),
            kind: ScenarioKind::Shocks(shocks),
        };
        let found = scenario.check().err();
        assert_eq!(found.map(|(field, _)| field), expect, "{scenario:?}");
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let fall = || shock("market", Some("-0.2"), None);
        check(
            "crash",
            vec![fall(), shock("sector/oil", None, Some("1"))],
            None,
        );
        check("crash", vec![shock("instrument/X", Some("-1"), None)], None);
        check("", vec![fall()], Some("name"));
        check("a/b", vec![fall()], Some("name"));
        check(&"x".repeat(65), vec![fall()], Some("name"));
        check("crash", vec![], Some("shocks"));
        check("crash", vec![fall(); 101], Some("shocks"));
        check("crash", vec![fall(), fall()], Some("shocks.target"));
        check(
            "crash",
            vec![shock("market", None, None)],
            Some("shocks.price"),
        );
        check(
            "crash",
            vec![shock("market", Some("-1.1"), None)],
            Some("shocks.price"),
        );
        check(
            "crash",
            vec![shock("currency/USD", Some("-1"), None)],
            Some("shocks.price"),
        );
        check(
            "crash",
            vec![shock("currency/USD", Some("0"), Some("1"))],
            Some("shocks.volatility"),
        );
        check(
            "crash",
            vec![shock("market", None, Some("-1.5"))],
            Some("shocks.volatility"),
        );
        let at = Timestamp::from_nanos;
        let window = |from, to| Scenario {
            name: "past".to_owned(),
            kind: ScenarioKind::Window {
                from: at(from),
                to: at(to),
            },
        };
        assert!(window(1, 2).check().is_ok());
        assert_eq!(window(2, 2).check().unwrap_err().0, "window.to");
    }

    #[test]
    fn targets_read_as_they_are_written() {
        for text in [
            "market",
            "instrument/EUR/USD.SIM",
            "sector/oil",
            "currency/USD",
        ] {
            assert_eq!(text.parse::<ShockTarget>().unwrap().to_string(), text);
        }
        for wrong in ["", "Market", "sector", "sector/", "venue/SIM"] {
            assert!(wrong.parse::<ShockTarget>().is_err(), "{wrong}");
        }
    }
}

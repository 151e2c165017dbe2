//! What a strategy may trade: `permissions` of a strategy. What is left out is not restricted; a
//! list allows what is on it and nothing else.

use super::build::Problem;
use crate::universe::Universe;
use engine::{Allowed, Permissions};
use model::Side;
use serde::Deserialize;

/// `permissions` of a strategy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PermissionsSection {
    /// Symbols.
    pub instruments: Option<Vec<String>>,
    /// `buy`, `sell`.
    pub sides: Option<Vec<SideName>>,
    /// Venues' names.
    pub venues: Option<Vec<String>>,
    /// Accounts' names.
    pub accounts: Option<Vec<String>>,
}

/// Buying or selling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideName {
    /// To buy.
    Buy,
    /// To sell.
    Sell,
}

impl From<SideName> for Side {
    fn from(name: SideName) -> Self {
        match name {
            SideName::Buy => Self::Buy,
            SideName::Sell => Self::Sell,
        }
    }
}

impl PermissionsSection {
    /// As the engine takes them.
    ///
    /// # Errors
    /// The key that names something unknown, and what there is.
    pub fn permissions(&self, universe: &Universe) -> Result<Permissions, Problem> {
        let instruments = allowed(
            self.instruments.as_deref(),
            |name| universe.find_instrument(name),
            ("permissions.instruments", "instrument", universe.symbols()),
        )?;
        let venues = allowed(
            self.venues.as_deref(),
            |name| universe.find_venue(name),
            ("permissions.venues", "venue", universe.venue_names()),
        )?;
        let accounts = allowed(
            self.accounts.as_deref(),
            |name| universe.find_account(name),
            ("permissions.accounts", "account", universe.account_names()),
        )?;
        let sides = match &self.sides {
            None => Allowed::All,
            Some(sides) => Allowed::Only(sides.iter().map(|side| Side::from(*side)).collect()),
        };
        Ok(Permissions {
            instruments,
            sides,
            venues,
            accounts,
        })
    }
}

fn allowed<T>(
    names: Option<&[String]>,
    find: impl Fn(&str) -> Option<T>,
    (key, what, known): (&'static str, &str, &[String]),
) -> Result<Allowed<T>, Problem> {
    let Some(names) = names else {
        return Ok(Allowed::All);
    };
    let found = names.iter().map(|name| {
        find(name).ok_or_else(|| {
            let known = known.join(", ");
            (
                key,
                format!("there is no {what} `{name}`; there are: {known}"),
            )
        })
    });
    found
        .collect::<Result<Vec<T>, Problem>>()
        .map(Allowed::Only)
}

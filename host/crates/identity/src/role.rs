//! Roles: what people are at a desk. A person may have several; none contains another.

use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Trades: orders, strategies, stops.
    Operator,
    /// Writes strategies: uploads plugins, tries them in shadows.
    Author,
    /// Sets limits, approves plugins, stops and lets trade again.
    Risk,
    /// Manages people. Does not trade by that alone.
    Admin,
}

/// The roles of one person or key.
pub type Roles = BTreeSet<Role>;

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Viewer,
        Self::Operator,
        Self::Author,
        Self::Risk,
        Self::Admin,
    ];

    /// Its name, as in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Author => "author",
            Self::Risk => "risk",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Refusal::invalid("roles", format!("`{text}` is none of {names}"))
        })
    }
}

//! What a strategy may trade. A permission is a positive list: what is not on it is denied.

use model::{AccountId, InstrumentId, Side, VenueId};

/// Which of a kind are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed<T> {
    /// Every one, also those defined later.
    All,
    /// These and no others.
    Only(Vec<T>),
}

impl<T: Ord> Allowed<T> {
    /// Whether `item` is allowed. A list must have been put in order by [`Permissions::sorted`].
    pub(crate) fn allows(&self, item: &T) -> bool {
        match self {
            Self::All => true,
            Self::Only(items) => items.binary_search(item).is_ok(),
        }
    }

    fn sorted(self) -> Self {
        match self {
            Self::All => Self::All,
            Self::Only(mut items) => {
                items.sort();
                Self::Only(items)
            }
        }
    }
}

/// What a strategy, and so whoever trades by it, may trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    /// On which instruments.
    pub instruments: Allowed<InstrumentId>,
    /// To buy, to sell.
    pub sides: Allowed<Side>,
    /// At which venues.
    pub venues: Allowed<VenueId>,
    /// For which accounts.
    pub accounts: Allowed<AccountId>,
}

impl Permissions {
    /// Everything.
    pub const ALL: Self = Self {
        instruments: Allowed::All,
        sides: Allowed::All,
        venues: Allowed::All,
        accounts: Allowed::All,
    };

    /// The same with lists in order, so that a look-up need not walk them.
    pub(crate) fn sorted(self) -> Self {
        Self {
            instruments: self.instruments.sorted(),
            sides: self.sides.sorted(),
            venues: self.venues.sorted(),
            accounts: self.accounts.sorted(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_allows_what_is_on_it_in_any_order() {
        let listed = Allowed::Only(vec![9, 1, 4]).sorted();
        assert!([1, 4, 9].iter().all(|item| listed.allows(item)));
        assert!(![0, 5].iter().any(|item| listed.allows(item)));
        assert!(Allowed::All.allows(&7) && !Allowed::Only(Vec::new()).allows(&7));
    }
}

//! For which strategies and accounts a person may trade. The engine knows no people, so it is asked where
//! a request comes in.

use crate::door::Identity;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// Names in one list.
const MOST: usize = 64;
/// Longest name, in bytes.
const LONGEST: usize = 64;

/// What a person is bound to. A list that is there is a positive one: what is not on it is denied, and so is
/// what is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Strategies by name; any when there is no list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategies: Option<Vec<String>>,
    /// Accounts by name; any when there is no list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
}

impl Desk {
    /// Whether it binds to nothing.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.strategies.is_none() && self.accounts.is_none()
    }

    /// Whether something may be done that is of a strategy and of an account; `None` is of none, or unknown.
    #[must_use]
    pub fn allows(&self, strategy: Option<&str>, account: Option<&str>) -> bool {
        is_on(self.strategies.as_deref(), strategy) && is_on(self.accounts.as_deref(), account)
    }

    /// The same, if it is no longer than may be kept.
    pub(crate) fn checked(self) -> Result<Self, Refusal> {
        let lists = [
            ("desk.strategies", &self.strategies),
            ("desk.accounts", &self.accounts),
        ];
        for (field, names) in lists {
            let names = names.as_deref().unwrap_or_default();
            let fits = |name: &String| (1..=LONGEST).contains(&name.len());
            if names.len() > MOST || !names.iter().all(fits) {
                let reason = format!("at most {MOST} names of 1 to {LONGEST} bytes");
                return Err(Refusal::invalid(field, reason));
            }
        }
        Ok(self)
    }
}

fn is_on(list: Option<&[String]>, name: Option<&str>) -> bool {
    let Some(list) = list else {
        return true;
    };
    name.is_some_and(|name| list.iter().any(|known| known == name))
}

impl Identity {
    /// What a person is bound to; `None` when there is nobody of this name.
    #[must_use]
    pub fn desk(&self, user: &str) -> Option<Desk> {
        let state = self.state();
        state.users.get(user).map(|user| user.desk.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(strategies: Option<&[&str]>, accounts: Option<&[&str]>) -> Desk {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Desk {
            strategies: strategies.map(owned),
            accounts: accounts.map(owned),
        }
    }

    #[test]
    fn a_list_allows_what_is_on_it_and_nothing_that_is_unknown() {
        let check = |desk: &Desk, what: [Option<&str>; 2], expect: bool| {
            assert_eq!(desk.allows(what[0], what[1]), expect, "{desk:?} {what:?}");
        };
        let (open, none) = (Desk::default(), desk(Some(&[]), None));
        assert!(open.is_open() && !none.is_open());
        check(&open, [Some("a"), Some("main")], true);
        check(&open, [None, None], true);
        check(&none, [Some("a"), Some("main")], false);
        let own = desk(Some(&["a", "b"]), Some(&["main"]));
        check(&own, [Some("b"), Some("main")], true);
        check(&own, [Some("c"), Some("main")], false);
        check(&own, [Some("a"), Some("other")], false);
        check(&own, [None, Some("main")], false);
        check(&own, [Some("a"), None], false);
        check(&desk(None, Some(&["main"])), [None, Some("main")], true);
    }

    #[test]
    fn lists_and_names_are_bounded() {
        let many = |count: usize| Desk {
            strategies: Some(vec!["a".to_owned(); count]),
            accounts: None,
        };
        assert!(many(64).checked().is_ok() && many(65).checked().is_err());
        let named = |length: usize| desk(None, Some(&["a".repeat(length).as_str()]));
        assert!(named(64).checked().is_ok());
        assert!(named(65).checked().is_err() && named(0).checked().is_err());
    }

    #[test]
    fn a_person_of_before_reads_as_bound_to_nothing() {
        assert_eq!(
            serde_json::from_str::<Desk>("{}").ok(),
            Some(Desk::default())
        );
        let text = serde_json::to_string(&Desk::default()).unwrap();
        assert_eq!(text, "{}");
    }
}

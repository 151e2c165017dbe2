//! Names of secrets: they stand in configurations, on command lines and in messages.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest name, in bytes.
const LONGEST: usize = 64;

/// The name of a secret: 1 to 64 lower-case letters, digits, `.`, `_` and `-`, the first one a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = String;

    /// The text is not repeated in an error: whoever mistakes a secret for its name shows it nowhere.
    fn from_str(text: &str) -> Result<Self, String> {
        let is_first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_other = |byte: u8| is_first(byte) || matches!(byte, b'.' | b'_' | b'-');
        let begins = text.bytes().next().is_some_and(is_first);
        if begins && text.len() <= LONGEST && text.bytes().all(is_other) {
            return Ok(Self(text.to_owned()));
        }
        Err(
            "the name of a secret has 1 to 64 lower-case letters, digits, `.`, `_` and `-`, and begins with a \
             letter or digit"
                .to_owned(),
        )
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_plain() {
        for good in ["a", "0", "slack.desk", "bus-url_2", &"x".repeat(64)] {
            assert_eq!(good.parse::<Name>().unwrap().as_str(), good);
        }
        for wrong in [
            "",
            "-a",
            ".",
            "A",
            "a b",
            "a/b",
            "ü",
            "a\n",
            &"x".repeat(65),
        ] {
            let error = wrong.parse::<Name>().unwrap_err();
            assert!(wrong.len() < 3 || !error.contains(wrong), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_taken_whole_or_not_at_all(text in "\\PC{0,70}") {
            match text.parse::<Name>() {
                Ok(name) => {
                    prop_assert_eq!(name.as_str(), text.as_str());
                    let json = serde_json::to_string(&name).unwrap();
                    prop_assert_eq!(serde_json::from_str::<Name>(&json).unwrap(), name);
                }
                Err(_) => {
                    let json = serde_json::to_string(&text).unwrap();
                    prop_assert!(serde_json::from_str::<Name>(&json).is_err());
                }
            }
        }

        #[test]
        fn every_plain_name_is_taken(text in "[a-z0-9][a-z0-9._-]{0,63}") {
            prop_assert!(text.parse::<Name>().is_ok());
        }
    }
}

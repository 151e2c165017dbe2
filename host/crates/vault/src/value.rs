//! The value of a secret in memory: shown nowhere, and wiped when it is dropped.

use zeroize::Zeroizing;

/// Longest value, in bytes.
pub const LONGEST_VALUE: usize = 16 * 1_024;

/// The text of a secret. Its debug form shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Value(Zeroizing<String>);

impl Value {
    /// Takes a text over.
    ///
    /// # Errors
    /// It is empty or longer than [`LONGEST_VALUE`].
    pub fn new(text: String) -> Result<Self, String> {
        let text = Zeroizing::new(text);
        if text.is_empty() {
            return Err("a secret must not be empty".to_owned());
        }
        if text.len() > LONGEST_VALUE {
            return Err(format!("a secret has {LONGEST_VALUE} bytes at most"));
        }
        Ok(Self(text))
    }

    /// The text, for whoever needs the secret now. Do not keep it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_bounds_and_shows_nowhere() {
        let value = Value::new("hunter2".to_owned()).unwrap();
        assert_eq!(format!("{value:?}"), "Value(…)");
        assert_eq!(value.reveal(), "hunter2");
        assert!(Value::new(String::new()).is_err());
        assert!(Value::new("x".repeat(LONGEST_VALUE)).is_ok());
        assert!(Value::new("x".repeat(LONGEST_VALUE + 1)).is_err());
    }
}

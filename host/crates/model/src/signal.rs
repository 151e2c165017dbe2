//! Signals: what somebody outside tells a strategy, such as an alert of a charting program. A name and a
//! few values as text; what they mean is between the two.

use crate::Timestamp;

/// The most values of a signal.
pub const MAX_SIGNAL_VALUES: usize = 32;
/// The longest name of a signal or of a value, in bytes.
pub const MAX_SIGNAL_NAME: usize = 64;
/// The longest value, in bytes.
pub const MAX_SIGNAL_VALUE: usize = 256;
/// The most bytes of all names and values of a signal.
pub const MAX_SIGNAL_BYTES: usize = 4_096;
/// The longest id of a signal, in bytes.
pub const MAX_SIGNAL_ID: usize = 256;

/// A signal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signal {
    /// What it is, such as `buy`.
    pub name: String,
    /// Values by name, sorted. Decimals are plain text, such as `1.0852`.
    pub values: Vec<(String, String)>,
}

/// A signal, as it reached its strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalEvent {
    /// What was told.
    pub signal: Signal,
    /// When.
    pub ts_event: Timestamp,
}

/// Why something is no signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignal {
    /// The name of it, or of a value.
    #[error("names of signals and their values have 1 to 64 letters, digits, `-`, `_` and `.`")]
    Name,
    /// Too many values.
    #[error("a signal has at most 32 values")]
    Values,
    /// A value is too long, or has a control character.
    #[error("values of signals have at most 256 bytes and no control characters")]
    Value,
    /// All of it is too long.
    #[error("a signal has at most 4096 bytes in all")]
    Bytes,
    /// Not sorted, or one named twice.
    #[error("values of signals are sorted by their names, each once")]
    Order,
}

impl Signal {
    /// A signal with values in any order.
    ///
    /// # Errors
    /// See [`BadSignal`].
    pub fn new(
        name: impl Into<String>,
        values: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, BadSignal> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort();
        let name = name.into();
        let signal = Self { name, values };
        signal.check()?;
        Ok(signal)
    }

    /// Whether it is one.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), BadSignal> {
        let values = &self.values;
        if !is_name(&self.name) || !values.iter().all(|(name, _)| is_name(name)) {
            return Err(BadSignal::Name);
        }
        if values.len() > MAX_SIGNAL_VALUES {
            return Err(BadSignal::Values);
        }
        if !values.iter().all(|(_, value)| is_value(value)) {
            return Err(BadSignal::Value);
        }
        let sizes = values.iter().map(|(name, value)| name.len() + value.len());
        if self.name.len() + sizes.sum::<usize>() > MAX_SIGNAL_BYTES {
            return Err(BadSignal::Bytes);
        }
        let mut pairs = values.iter().zip(values.iter().skip(1));
        match pairs.all(|((one, _), (next, _))| one < next) {
            true => Ok(()),
            false => Err(BadSignal::Order),
        }
    }

    /// A value by name.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.values.iter();
        let found = values.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// `buy quantity=100 stop=1.0790`.
impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        let mut values = self.values.iter();
        values.try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// Whether a text may name a signal or a value: such names stand in paths, logs and code.
pub fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=MAX_SIGNAL_NAME).contains(&text.len()) && text.bytes().all(plain)
}

fn is_value(text: &str) -> bool {
    text.len() <= MAX_SIGNAL_VALUE && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, values: &[(&str, &str)], expect: Result<&str, BadSignal>) {
        let values = values.iter().map(|(name, value)| {
            let value = (*value).to_owned();
            ((*name).to_owned(), value)
        });
        let made = Signal::new(name, values).map(|signal| signal.to_string());
        assert_eq!(made, expect.map(str::to_owned));
    }

    #[test]
    fn a_signal_is_small_plain_and_sorted() {
        check("buy", &[], Ok("buy"));
        check("buy", &[("b", "1.5"), ("a", "x y")], Ok("buy a=x y b=1.5"));
        check("", &[], Err(BadSignal::Name));
        check("a b", &[], Err(BadSignal::Name));
        check(&"x".repeat(64), &[], Ok(&"x".repeat(64)));
        check(&"x".repeat(65), &[], Err(BadSignal::Name));
        check("buy", &[("é", "1")], Err(BadSignal::Name));
        check("buy", &[("a", "1\n")], Err(BadSignal::Value));
        check("buy", &[("a", &"x".repeat(257))], Err(BadSignal::Value));
        check("buy", &[("a", "1"), ("a", "2")], Err(BadSignal::Order));
    }

    #[test]
    fn there_are_bounds_to_all_of_it() {
        let numbered = |count: usize, value: &str| {
            let value = value.to_owned();
            (0..count).map(move |n| (format!("v{n}"), value.clone()))
        };
        assert!(Signal::new("buy", numbered(32, "1")).is_ok());
        let many = Signal::new("buy", numbered(33, "1"));
        assert_eq!(many, Err(BadSignal::Values));
        let long = Signal::new("buy", numbered(16, &"x".repeat(256)));
        assert_eq!(long, Err(BadSignal::Bytes));
    }

    #[test]
    fn values_are_found_by_name() {
        let values = [("a", "1"), ("b", "")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let signal = Signal::new("buy", values).unwrap();
        assert_eq!(
            [signal.value("a"), signal.value("b"), signal.value("c")],
            [Some("1"), Some(""), None]
        );
    }
}

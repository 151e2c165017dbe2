//! Signals: what somebody outside tells the strategy, by a webhook or the API.

use crate::{NumberError, Timestamp};
use std::str::FromStr;

/// A signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// What it is, such as `buy`.
    pub name: String,
    /// Values by name, sorted, each name once.
    pub values: Vec<(String, String)>,
    /// When the host took it.
    pub ts_event: Timestamp,
}

impl Signal {
    /// A value by name, as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        let mut values = self.values.iter();
        let found = values.find(|(known, _)| known == name);
        found.map(|(_, text)| text.as_str())
    }

    /// A value by name, as an exact number: a [`Quantity`](crate::Quantity), a [`Price`](crate::Price)
    /// and the like. `None` where the signal has none of that name.
    ///
    /// # Errors
    /// [`NumberError`] for text that is no such number.
    pub fn number<T: FromStr<Err = NumberError>>(
        &self,
        name: &str,
    ) -> Result<Option<T>, NumberError> {
        self.text(name).map(str::parse).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Price, Quantity};

    #[test]
    fn values_are_read_by_name() {
        let values = [("note", "x"), ("price", "-1.5")];
        let values = values.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let signal = Signal {
            name: "buy".to_owned(),
            values: values.to_vec(),
            ts_event: Timestamp::from_nanos(1),
        };
        assert_eq!(signal.text("note"), Some("x"));
        assert_eq!(signal.number::<Quantity>("quantity"), Ok(None));
        let price = signal.number::<Price>("price");
        assert_eq!(price, Ok(Some("-1.5".parse().unwrap())));
        assert!(signal.number::<Quantity>("note").is_err());
    }
}

//! Values that are written as text in the file: exact amounts, and lengths of time with a unit.

use model::{Duration, Money};
use serde::Deserialize;

/// An exact amount of money in the account's base currency, written in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Amount(pub Money);

impl TryFrom<String> for Amount {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let money = text.parse().map(Self);
        money.map_err(|error| format!("`{text}`: {error}; write an amount such as \"250.5\""))
    }
}

/// A length of time, written in quotes with its unit: `ns`, `us`, `ms`, `s`, `min`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Length(pub Duration);

impl TryFrom<String> for Length {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let nanos: u64 = match unit.trim() {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "min" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => {
                return Err(format!(
                    "`{text}` needs a unit: ns, us, ms, s, min, h or d, as in \"2h\""
                ));
            }
        };
        let number = number.parse::<u64>().ok();
        let length = number.and_then(|number| number.checked_mul(nanos));
        let length = length.ok_or_else(|| format!("`{text}` is no length of time"))?;
        Ok(Self(Duration::from_nanos(length)))
    }
}

impl Length {
    /// Of so many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// For waiting.
    pub(crate) const fn std(self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.0.nanos())
    }

    /// In words, in the largest unit that leaves no rest.
    pub(crate) fn words(self) -> String {
        words(self.0)
    }
}

/// A length of time in the largest unit that leaves no rest.
pub(crate) fn words(length: Duration) -> String {
    let units = [
        (86_400_000_000_000, "d"),
        (3_600_000_000_000, "h"),
        (60_000_000_000, "min"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
    ];
    let nanos = length.nanos();
    let fits = |(unit, _): &&(u64, &str)| nanos > 0 && nanos.is_multiple_of(*unit);
    match units.iter().find(fits) {
        Some((unit, name)) => format!("{} {name}", nanos / unit),
        None => format!("{nanos} ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_need_their_unit() {
        let read = |text: &str| Length::try_from(text.to_owned());
        assert_eq!(read("2h"), Ok(Length::from_secs(7_200)));
        assert_eq!(read("1 d"), Ok(Length::from_secs(86_400)));
        assert_eq!(read("90min").unwrap().words(), "90 min");
        assert_eq!(read("120min").unwrap().words(), "2 h");
        assert_eq!(read("0s").unwrap().words(), "0 ns");
        for wrong in ["5", "h", "5 parsecs", "-5ms", "99999999999999d", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn amounts_are_exact() {
        let read = |text: &str| Amount::try_from(text.to_owned());
        assert_eq!(read("-0.1").unwrap().0.to_string(), "-0.1");
        assert!(read("a lot").unwrap_err().contains("write an amount"));
    }
}

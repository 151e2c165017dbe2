//! What a strategy is made with: its name, its instruments and its parameters, read by type.

use crate::{
    BarSpec, Description, Instrument, Money, NumberError, Parameter, ParameterKind, Price,
    Quantity, Rate,
};
use std::fmt::Display;
use std::str::FromStr;

/// Why a parameter cannot be used. Turns into the text that `Strategy::new` returns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It has no value and no default.
    #[error("parameter `{0}` is missing")]
    Missing(String),
    /// No such parameter is described.
    #[error("parameter `{0}` is unknown")]
    Unknown(String),
    /// Its text cannot be read as the wanted type.
    #[error("parameter `{name}`: {reason}")]
    Invalid {
        /// Which parameter.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It names an instrument the strategy was not given, or none was given at all.
    #[error("instrument `{0}` is not configured for this strategy")]
    Instrument(String),
}

impl From<ConfigError> for String {
    fn from(error: ConfigError) -> String {
        error.to_string()
    }
}

/// Name, instruments and parameters of one running strategy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    strategy: String,
    instruments: Vec<Instrument>,
    parameters: Vec<(String, String)>,
}

impl Config {
    /// From parameters whose defaults are filled in already, as the host gives them.
    pub fn new(
        strategy: impl Into<String>,
        instruments: Vec<Instrument>,
        parameters: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let parameters = parameters.into_iter().collect();
        Self {
            strategy: strategy.into(),
            instruments,
            parameters,
        }
    }

    /// Fills in the defaults of `description` and checks kinds and ranges as the host does.
    pub fn checked(self, description: &Description) -> Result<Self, ConfigError> {
        let unknown = |name: &String| description.parameters.iter().all(|p| p.name != *name);
        if let Some((name, _)) = self.parameters.iter().find(|(name, _)| unknown(name)) {
            return Err(ConfigError::Unknown(name.clone()));
        }
        let mut parameters = Vec::new();
        for parameter in &description.parameters {
            let name = &parameter.name;
            let text = self
                .given(name)
                .or(parameter.default.as_deref())
                .ok_or_else(|| ConfigError::Missing(name.clone()))?;
            check_value(parameter, text).map_err(|reason| ConfigError::Invalid {
                name: name.clone(),
                reason,
            })?;
            parameters.push((name.clone(), text.to_owned()));
        }
        Ok(Self { parameters, ..self })
    }

    /// The name under which the strategy runs.
    pub fn strategy(&self) -> &str {
        &self.strategy
    }

    /// The instruments the strategy may use.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// The instrument named by the parameter `instrument`, or the first one when it is empty.
    pub fn instrument(&self) -> Result<&Instrument, ConfigError> {
        let symbol = self.given("instrument").unwrap_or_default();
        self.instruments
            .iter()
            .find(|instrument| symbol.is_empty() || instrument.symbol == symbol)
            .ok_or_else(|| ConfigError::Instrument(symbol.to_owned()))
    }

    /// The parameter `quantity`, or the smallest order of `instrument` when it is zero.
    pub fn order_quantity(&self, instrument: &Instrument) -> Result<Quantity, ConfigError> {
        let quantity = self.quantity("quantity")?;
        Ok(if quantity.is_zero() {
            instrument.min_quantity
        } else {
            quantity
        })
    }

    /// Time bars by the parameters `bar_seconds` and `basis`.
    pub fn bar_spec(&self) -> Result<BarSpec, ConfigError> {
        Ok(BarSpec::seconds(
            self.count("bar_seconds")?,
            self.parse("basis")?,
        ))
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Result<i64, ConfigError> {
        self.parse(name)
    }

    /// A whole number that must not be negative, such as a count or a period.
    pub fn count(&self, name: &str) -> Result<u64, ConfigError> {
        self.parse(name)
    }

    /// A decimal as floating point, for ratios and thresholds.
    pub fn decimal(&self, name: &str) -> Result<f64, ConfigError> {
        self.parse(name)
    }

    /// A decimal as an exact price.
    pub fn price(&self, name: &str) -> Result<Price, ConfigError> {
        self.parse(name)
    }

    /// A decimal as an exact amount of money.
    pub fn money(&self, name: &str) -> Result<Money, ConfigError> {
        self.parse(name)
    }

    /// A decimal as an exact share.
    pub fn rate(&self, name: &str) -> Result<Rate, ConfigError> {
        self.parse(name)
    }

    /// A decimal as an exact quantity.
    pub fn quantity(&self, name: &str) -> Result<Quantity, ConfigError> {
        self.parse(name)
    }

    /// `true` or `false`.
    pub fn boolean(&self, name: &str) -> Result<bool, ConfigError> {
        self.parse(name)
    }

    /// The text as it stands.
    pub fn text(&self, name: &str) -> Result<&str, ConfigError> {
        self.given(name)
            .ok_or_else(|| ConfigError::Missing(name.to_owned()))
    }

    fn given(&self, name: &str) -> Option<&str> {
        let (_, text) = self.parameters.iter().find(|(given, _)| given == name)?;
        Some(text)
    }

    /// Anything that can be read from text, such as a [`BarBasis`](crate::BarBasis).
    pub fn parse<T>(&self, name: &str) -> Result<T, ConfigError>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text(name)?;
        text.parse().map_err(|error: T::Err| {
            let reason = format!("`{text}`: {error}");
            ConfigError::Invalid {
                name: name.to_owned(),
                reason,
            }
        })
    }
}

/// Checks a value against what is declared. Decimals are compared exactly.
fn check_value(parameter: &Parameter, text: &str) -> Result<(), String> {
    let wrong = |kind: &str| format!("`{text}` is not {kind}");
    match parameter.kind {
        ParameterKind::Text => Ok(()),
        ParameterKind::Boolean => text
            .parse::<bool>()
            .map(|_| ())
            .map_err(|_| wrong("true or false")),
        ParameterKind::Integer => {
            let value = text.parse::<i64>().map_err(|_| wrong("a whole number"))?;
            check_range(value, parameter)
        }
        ParameterKind::Decimal => {
            let value: crate::Money = text.parse().map_err(|e: NumberError| e.to_string())?;
            check_range(value, parameter)
        }
    }
}

fn check_range<T: FromStr + PartialOrd + Display>(
    value: T,
    parameter: &Parameter,
) -> Result<(), String> {
    let bound = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<T>().ok());
    match (bound(&parameter.minimum), bound(&parameter.maximum)) {
        (Some(minimum), _) if value < minimum => Err(format!("{value} is below {minimum}")),
        (_, Some(maximum)) if value > maximum => Err(format!("{value} is above {maximum}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Description {
        Description::new("test", "1", "")
            .with(Parameter::integer("fast", "").default(10).range(1, 100))
            .with(
                Parameter::decimal("skew", "")
                    .default("0.5")
                    .range("0", "1"),
            )
            .with(Parameter::boolean("sequence", "").default(false))
            .with(Parameter::text("basis", ""))
    }

    fn config(given: &[(&str, &str)]) -> Result<Config, String> {
        let given = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Ok(Config::new("test", Vec::new(), given).checked(&description())?)
    }

    #[test]
    fn defaults_are_filled_in_and_types_read() {
        let config = config(&[("basis", "mid"), ("fast", "7")]).unwrap();
        assert_eq!(
            (config.integer("fast"), config.decimal("skew")),
            (Ok(7), Ok(0.5))
        );
        assert_eq!(
            (config.boolean("sequence"), config.text("basis")),
            (Ok(false), Ok("mid"))
        );
        assert_eq!(config.parse("basis"), Ok(crate::BarBasis::Mid));
    }

    #[test]
    fn errors_name_the_parameter() {
        let check = |given: &[(&str, &str)], expect: &str| {
            assert_eq!(config(given).unwrap_err(), expect);
        };
        check(&[], "parameter `basis` is missing");
        check(
            &[("basis", ""), ("slow", "1")],
            "parameter `slow` is unknown",
        );
        check(
            &[("basis", ""), ("fast", "x")],
            "parameter `fast`: `x` is not a whole number",
        );
        check(
            &[("basis", ""), ("fast", "0")],
            "parameter `fast`: 0 is below 1",
        );
        check(
            &[("basis", ""), ("skew", "1.5")],
            "parameter `skew`: 1.5 is above 1",
        );
        check(
            &[("basis", ""), ("sequence", "1")],
            "parameter `sequence`: `1` is not true or false",
        );
        let wrong = config(&[("basis", "middle")])
            .unwrap()
            .parse::<crate::BarBasis>("basis");
        assert!(
            wrong
                .unwrap_err()
                .to_string()
                .starts_with("parameter `basis`: `middle`")
        );
    }
}

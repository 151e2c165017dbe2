//! Parameters a person sets, checked exactly against what the plugin described. Numbers are parsed
//! as integers and fixed-point decimals; no floating point comes near them.

use crate::description::{Description, Parameter};
use model::Money;
use model::number::{Excess, parse_decimal};
use std::collections::BTreeMap;
use std::fmt;

/// Digits after the point that a decimal may have.
const DECIMAL_DIGITS: u32 = Money::DIGITS;
/// Longest text, in bytes.
const MAX_TEXT_BYTES: usize = 4_096;

/// What kind of value a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// A whole number that fits 64 bits with a sign.
    Integer,
    /// A decimal with at most nine digits after the point.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// Any text of at most 4,096 bytes.
    Text,
}

impl ParameterKind {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::Text => "text",
        }
    }

    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal)
    }

    /// The shortest text of the same value; says what is wrong with one that is not of this kind.
    pub(crate) fn canonical(self, value: &str) -> Result<String, String> {
        match self {
            Self::Integer => integer(value).map(|number| number.to_string()),
            Self::Decimal => decimal(value).map(|units| Money::from_raw(units).to_string()),
            Self::Boolean if matches!(value, "true" | "false") => Ok(value.to_owned()),
            Self::Boolean => Err(format!("is `{value}`, which is neither `true` nor `false`")),
            Self::Text if value.len() <= MAX_TEXT_BYTES => Ok(value.to_owned()),
            Self::Text => Err(format!("has more than {MAX_TEXT_BYTES} bytes")),
        }
    }

    /// Whether a canonical `value` lies within canonical bounds. Other kinds have none.
    pub(crate) fn is_within(
        self,
        value: &str,
        minimum: Option<&str>,
        maximum: Option<&str>,
    ) -> bool {
        if !self.is_number() {
            return true;
        }
        // Both kinds of number compare as decimals; what does not parse is not within anything.
        let Ok(value) = decimal(value) else {
            return false;
        };
        minimum.is_none_or(|minimum| decimal(minimum).is_ok_and(|minimum| minimum <= value))
            && maximum.is_none_or(|maximum| decimal(maximum).is_ok_and(|maximum| value <= maximum))
    }
}

fn integer(value: &str) -> Result<i64, String> {
    value
        .parse::<i64>()
        .map_err(|_| format!("is `{value}`, which is not a whole number"))
}

fn decimal(value: &str) -> Result<i128, String> {
    parse_decimal(value, DECIMAL_DIGITS, Excess::Refuse)
        .map_err(|error| format!("is `{value}`: {error}"))
}

/// Why a parameter was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// The plugin has no parameter of that name.
    #[error("`{plugin}` has no parameter `{name}`; {known}")]
    Unknown {
        /// The plugin.
        plugin: String,
        /// The name given.
        name: String,
        /// What there is instead.
        known: String,
    },
    /// A parameter without a default was not given.
    #[error("parameter `{name}` is required ({expected}); set it with `{name}=…`")]
    Missing {
        /// The parameter.
        name: String,
        /// Kind and range.
        expected: String,
    },
    /// The value is not of the parameter's kind.
    #[error("parameter `{name}` {problem}; expected {expected}")]
    Malformed {
        /// The parameter.
        name: String,
        /// What is wrong, with the value.
        problem: String,
        /// Kind and range.
        expected: String,
    },
    /// The value is outside the parameter's range.
    #[error("parameter `{name}` is `{value}`, which is out of range; expected {expected}")]
    OutOfRange {
        /// The parameter.
        name: String,
        /// The value.
        value: String,
        /// Kind and range.
        expected: String,
    },
}

/// A complete, checked list of parameters: every one the plugin has, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Checks what was given against the description and fills in defaults.
    ///
    /// # Errors
    /// The first problem found, unknown names before wrong values.
    pub fn check(
        description: &Description,
        given: &BTreeMap<String, String>,
    ) -> Result<Self, ParameterError> {
        let parameters = &description.parameters;
        for name in given.keys() {
            if !parameters.iter().any(|parameter| parameter.name == *name) {
                return Err(ParameterError::Unknown {
                    plugin: description.name.clone(),
                    name: name.clone(),
                    known: known(parameters),
                });
            }
        }
        let values = parameters.iter().map(|parameter| {
            let value = value(parameter, given.get(&parameter.name).map(String::as_str))?;
            Ok((parameter.name.clone(), value))
        });
        values.collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// Names and values, in the order in which the plugin described them.
    pub fn as_slice(&self) -> &[(String, String)] {
        &self.0
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Whether a canonical value lies within a parameter's bounds.
pub(crate) fn within(parameter: &Parameter, value: &str) -> bool {
    let (minimum, maximum) = (parameter.minimum.as_deref(), parameter.maximum.as_deref());
    parameter.kind.is_within(value, minimum, maximum)
}

fn value(parameter: &Parameter, given: Option<&str>) -> Result<String, ParameterError> {
    let name = || parameter.name.clone();
    let expected = || Expected(parameter).to_string();
    let Some(given) = given else {
        return parameter
            .default
            .clone()
            .ok_or_else(|| ParameterError::Missing {
                name: name(),
                expected: expected(),
            });
    };
    let value = parameter
        .kind
        .canonical(given)
        .map_err(|problem| ParameterError::Malformed {
            name: name(),
            problem,
            expected: expected(),
        })?;
    if within(parameter, &value) {
        Ok(value)
    } else {
        Err(ParameterError::OutOfRange {
            name: name(),
            value,
            expected: expected(),
        })
    }
}

fn known(parameters: &[Parameter]) -> String {
    if parameters.is_empty() {
        return "it has none".to_owned();
    }
    let names: Vec<String> = parameters
        .iter()
        .map(|parameter| format!("`{}`", parameter.name))
        .collect();
    format!("it has {}", names.join(", "))
}

/// Kind and range of a parameter in words, such as `integer from 1 to 500`.
struct Expected<'a>(&'a Parameter);

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.name())?;
        match (&self.0.minimum, &self.0.maximum) {
            (Some(minimum), Some(maximum)) => write!(f, " from {minimum} to {maximum}"),
            (Some(minimum), None) => write!(f, " of at least {minimum}"),
            (None, Some(maximum)) => write!(f, " of at most {maximum}"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, kind: ParameterKind, default: Option<&str>) -> Parameter {
        let bound = |text: &str| kind.is_number().then(|| text.to_owned());
        Parameter {
            name: name.into(),
            kind,
            default: default.map(str::to_owned),
            minimum: bound("1"),
            maximum: bound("500"),
            documentation: String::new(),
        }
    }

    fn description() -> Description {
        Description {
            name: "ema-cross".into(),
            version: "1".into(),
            documentation: String::new(),
            parameters: vec![
                parameter("fast", ParameterKind::Integer, Some("10")),
                parameter("size", ParameterKind::Decimal, None),
                parameter("short", ParameterKind::Boolean, Some("false")),
                parameter("label", ParameterKind::Text, Some("")),
            ],
        }
    }

    fn check(given: &[(&str, &str)]) -> Result<Parameters, String> {
        let given = given
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Parameters::check(&description(), &given).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_filled_in_and_values_kept_in_the_plugins_order() {
        let parameters = check(&[("size", "1.250"), ("fast", "+20")]).unwrap();
        let text = |(k, v): &(String, String)| format!("{k}={v}");
        let all: Vec<_> = parameters.as_slice().iter().map(text).collect();
        assert_eq!(all, ["fast=20", "size=1.25", "short=false", "label="]);
        assert_eq!(
            (parameters.get("size"), parameters.get("slow")),
            (Some("1.25"), None)
        );
    }

    #[test]
    fn every_refusal_names_the_parameter_and_what_is_expected() {
        let refuse = |given: &[(&str, &str)], expect: &str| {
            assert_eq!(check(given).unwrap_err(), expect);
        };
        refuse(
            &[("size", "2"), ("slow", "3")],
            "`ema-cross` has no parameter `slow`; it has `fast`, `size`, `short`, `label`",
        );
        refuse(
            &[],
            "parameter `size` is required (decimal from 1 to 500); set it with `size=…`",
        );
        refuse(
            &[("size", "2"), ("fast", "1.5")],
            "parameter `fast` is `1.5`, which is not a whole number; expected integer from 1 to 500",
        );
        refuse(
            &[("size", "500.000000001")],
            "parameter `size` is `500.000000001`, which is out of range; expected decimal from 1 to 500",
        );
        refuse(
            &[("size", "1e2")],
            "parameter `size` is `1e2`: `1e2` is not a decimal number; expected decimal from 1 to 500",
        );
        refuse(
            &[("size", "2"), ("short", "yes")],
            "parameter `short` is `yes`, which is neither `true` nor `false`; expected boolean",
        );
        for value in [
            "NaN",
            "inf",
            "",
            "0.0000000001",
            "99999999999999999999999999999999",
        ] {
            assert!(
                check(&[("size", value)])
                    .unwrap_err()
                    .starts_with("parameter `size` is ")
            );
        }
    }
}

//! What a strategy says about itself: name, version, and the parameters it takes.
//!
//! The host shows it to operators, fills in defaults and refuses values out of range before the
//! strategy is made, so a strategy need not check again what it declares here.

use std::fmt::Display;

/// Largest order that can be configured; a [`Quantity`](crate::Quantity) holds it.
const MAX_QUANTITY: u64 = 100_000_000_000;

/// How the text of a parameter is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// A whole number.
    Integer,
    /// A plain decimal such as `0.25`.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// Anything.
    Text,
}

/// A parameter that operators can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// How its text is read.
    pub kind: ParameterKind,
    /// Its value when none is given; without one it must be given.
    pub default: Option<String>,
    /// Smallest value, for integers and decimals.
    pub minimum: Option<String>,
    /// Largest value, for integers and decimals.
    pub maximum: Option<String>,
    /// What it is for, with its unit.
    pub documentation: String,
}

impl Parameter {
    /// A whole number.
    pub fn integer(name: &str, documentation: &str) -> Self {
        Self::new(name, ParameterKind::Integer, documentation)
    }

    /// A plain decimal, such as a price, a quantity or a ratio.
    pub fn decimal(name: &str, documentation: &str) -> Self {
        Self::new(name, ParameterKind::Decimal, documentation)
    }

    /// `true` or `false`.
    pub fn boolean(name: &str, documentation: &str) -> Self {
        Self::new(name, ParameterKind::Boolean, documentation)
    }

    /// Any text.
    pub fn text(name: &str, documentation: &str) -> Self {
        Self::new(name, ParameterKind::Text, documentation)
    }

    /// The value when none is given.
    #[must_use]
    pub fn default(mut self, value: impl Display) -> Self {
        self.default = Some(value.to_string());
        self
    }

    /// Inclusive bounds.
    #[must_use]
    pub fn range(mut self, minimum: impl Display, maximum: impl Display) -> Self {
        self.minimum = Some(minimum.to_string());
        self.maximum = Some(maximum.to_string());
        self
    }

    fn new(name: &str, kind: ParameterKind, documentation: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            default: None,
            minimum: None,
            maximum: None,
            documentation: documentation.to_owned(),
        }
    }
}

/// Name, version and parameters of a strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it does, in a sentence or two.
    pub documentation: String,
    /// What can be set, in the order in which it is shown.
    pub parameters: Vec<Parameter>,
}

impl Description {
    /// A strategy without parameters. Pass `env!("CARGO_PKG_VERSION")` as the version.
    pub fn new(name: &str, version: &str, documentation: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            documentation: documentation.to_owned(),
            parameters: Vec::new(),
        }
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn with(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// The same with the parameter `instrument`, which [`Config::instrument`] reads.
    ///
    /// [`Config::instrument`]: crate::Config::instrument
    #[must_use]
    pub fn with_instrument(self) -> Self {
        let documentation = "Symbol to trade; empty means the first configured instrument.";
        self.with(Parameter::text("instrument", documentation).default(""))
    }

    /// The same with the parameter `quantity`, which [`Config::order_quantity`] reads.
    ///
    /// [`Config::order_quantity`]: crate::Config::order_quantity
    #[must_use]
    pub fn with_quantity(self) -> Self {
        let documentation = "Size of an order; 0 means the smallest the instrument allows.";
        self.with(
            Parameter::decimal("quantity", documentation)
                .default(0)
                .range(0, MAX_QUANTITY),
        )
    }

    /// The same with the parameters `bar_seconds` and `basis`, which [`Config::bar_spec`] reads.
    ///
    /// [`Config::bar_spec`]: crate::Config::bar_spec
    #[must_use]
    pub fn with_time_bars(self, seconds: u32, basis: &str) -> Self {
        let day = 86_400;
        let seconds = Parameter::integer("bar_seconds", "Length of a bar in seconds.")
            .default(seconds)
            .range(1, day);
        let basis = Parameter::text("basis", "Price that bars follow: bid, ask, mid or last.")
            .default(basis);
        self.with(seconds).with(basis)
    }
}

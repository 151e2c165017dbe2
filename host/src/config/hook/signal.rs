//! `signal` of a `[[hook]]`: the strategy that calls tell, and what they may tell it.

use super::super::secrets::Problem;
use super::super::{Config, Decimal};
use super::said;
use api::{SignalTemplate, ValueKind, ValueTemplate};
use model::Money;
use model::signal::{MAX_SIGNAL_VALUES, is_name};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Digits behind the point of a decimal: as many as a quantity has where nothing is said, as a price at most.
const DIGITS: usize = 8;
const MOST_DIGITS: usize = 9;

/// `signal` of a `[[hook]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookSignalSection {
    /// The strategy that is told.
    pub strategy: String,
    /// The name of its signals.
    pub name: String,
    /// Values by name; calls have no others.
    #[serde(default)]
    pub values: BTreeMap<String, HookValueSection>,
}

/// A value of signals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookValueSection {
    /// What it is.
    pub kind: HookValueKind,
    /// Texts that it may be; any when left out.
    #[serde(default)]
    pub one_of: Vec<String>,
    /// The least decimal that it may be.
    pub min: Option<Decimal<Money>>,
    /// The most that it may be.
    pub max: Option<Decimal<Money>>,
    /// How many digits a decimal may have behind the point; 8 when left out.
    pub digits: Option<usize>,
    /// Whether calls may leave it out.
    #[serde(default)]
    pub optional: bool,
}

/// What a value of signals is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookValueKind {
    /// A text.
    Text,
    /// An exact number.
    Decimal,
}

impl HookSignalSection {
    /// Checks it against what there is besides.
    pub(super) fn check(&self, config: &Config) -> Result<(), Problem> {
        let names = config.strategies.iter().map(|section| &*section.name);
        let names: Vec<_> = names.collect();
        if !names.contains(&&*self.strategy) {
            let reason = format!(
                "there is no [[strategy]] `{}`; there are: {}",
                self.strategy,
                names.join(", ")
            );
            return said("signal.strategy", &reason);
        }
        let form = "must have 1 to 64 letters, digits, `-`, `_` and `.`";
        if !is_name(&self.name) {
            return said("signal.name", form);
        }
        if self.values.len() > MAX_SIGNAL_VALUES {
            return said("signal.values", "name at most 32");
        }
        for (name, value) in &self.values {
            let key = format!("signal.values.{name}");
            if !is_name(name) {
                return said(&key, &format!("its name {form}"));
            }
            value.check(&key)?;
        }
        Ok(())
    }

    /// The template that it is.
    pub(super) fn template(&self) -> SignalTemplate {
        let values = self.values.iter();
        SignalTemplate {
            strategy: self.strategy.clone(),
            name: self.name.clone(),
            values: values
                .map(|(name, value)| (name.clone(), value.template()))
                .collect(),
        }
    }
}

impl HookValueSection {
    fn check(&self, key: &str) -> Result<(), Problem> {
        let (least, most) = self.bounds();
        match self.kind {
            HookValueKind::Text if least.or(most).is_some() || self.digits.is_some() => said(
                key,
                "`min`, `max` and `digits` are of decimals; name texts in `one_of`",
            ),
            HookValueKind::Decimal if self.digits.is_some_and(|digits| digits > MOST_DIGITS) => {
                said(key, "`digits` must be from 0 to 9")
            }
            HookValueKind::Decimal if !self.one_of.is_empty() => {
                said(key, "`one_of` is of texts; use `min` and `max`")
            }
            HookValueKind::Decimal if least.zip(most).is_some_and(|(least, most)| most < least) => {
                said(key, "`max` must not be less than `min`")
            }
            _ => Ok(()),
        }
    }

    fn bounds(&self) -> (Option<Money>, Option<Money>) {
        let plain = |bound: Option<Decimal<Money>>| bound.map(|bound| bound.0);
        (plain(self.min), plain(self.max))
    }

    fn template(&self) -> ValueTemplate {
        let (least, most) = self.bounds();
        let kind = match self.kind {
            HookValueKind::Text => ValueKind::Text(self.one_of.clone()),
            HookValueKind::Decimal => ValueKind::Decimal {
                digits: self.digits.unwrap_or(DIGITS),
                least,
                most,
            },
        };
        ValueTemplate {
            kind,
            optional: self.optional,
        }
    }
}

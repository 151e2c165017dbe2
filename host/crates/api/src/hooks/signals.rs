//! The template that signals of a hook stay within.

use crate::problem::Problem;
use model::{Money, Signal};
use std::collections::BTreeMap;

/// What a hook may tell a strategy.
#[derive(Debug, Clone)]
pub struct SignalTemplate {
    /// The strategy that is told.
    pub strategy: String,
    /// The name of its signals.
    pub name: String,
    /// Values by name; a call has no others.
    pub values: BTreeMap<String, ValueTemplate>,
}

/// A value of signals.
#[derive(Debug, Clone)]
pub struct ValueTemplate {
    /// What it is.
    pub kind: ValueKind,
    /// Whether calls may leave it out.
    pub optional: bool,
}

/// What a value of signals is.
#[derive(Debug, Clone)]
pub enum ValueKind {
    /// One of these texts; any where there is none.
    Text(Vec<String>),
    /// A decimal.
    Decimal {
        /// How many digits may be behind the point, of nine at most.
        digits: usize,
        /// The least that a call may say.
        least: Option<Money>,
        /// The most that a call may say.
        most: Option<Money>,
    },
}

impl SignalTemplate {
    /// The signal of a call with these values.
    pub(super) fn read(&self, mut given: BTreeMap<String, String>) -> Result<Signal, Problem> {
        let mut values = Vec::new();
        for (name, template) in &self.values {
            let field = format!("values.{name}");
            match given.remove(name) {
                Some(text) => {
                    let text = template.take(text);
                    let text = text.map_err(|why| Problem::invalid(&field, why))?;
                    values.push((name.clone(), text));
                }
                None if template.optional => {}
                None => return Err(Problem::disagrees(&field, "the hook needs it")),
            }
        }
        if let Some(name) = given.into_keys().next() {
            let field = format!("values.{name}");
            return Err(Problem::disagrees(&field, "is not one of the hook's"));
        }
        let signal = Signal::new(&self.name, values);
        signal.map_err(|why| Problem::invalid("values", why.to_string()))
    }
}

impl ValueTemplate {
    /// The value as strategies get it: decimals in their shortest form.
    fn take(&self, text: String) -> Result<String, String> {
        match &self.kind {
            ValueKind::Text(known) if known.is_empty() || known.contains(&text) => Ok(text),
            ValueKind::Text(known) => Err(format!("must be one of {}", known.join(", "))),
            ValueKind::Decimal {
                digits,
                least,
                most,
            } => {
                let value: Money = text
                    .parse()
                    .map_err(|_| "must be a decimal as a string, such as \"1.25\"".to_owned())?;
                if let Some(least) = least.filter(|least| value < *least) {
                    return Err(format!("must be {least} or more"));
                }
                if let Some(most) = most.filter(|most| value > *most) {
                    return Err(format!("must be {most} or less"));
                }
                let text = value.to_string();
                // What a strategy's types do not hold could break it.
                let behind = text.split_once('.').map_or(0, |(_, behind)| behind.len());
                match behind > *digits {
                    true => Err(format!(
                        "must have at most {digits} digits behind the point"
                    )),
                    false => Ok(text),
                }
            }
        }
    }
}

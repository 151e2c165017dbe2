//! What a control is: a code that never changes, a name, a line for the documentation, a function.

use super::{Check, checks::CONTROLS};
use model::DenyCode;
use std::fmt;

/// What a control asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The order itself and who sends it; asked when it is handed in, and again when it is sent.
    Order,
    /// The market and the books as they are: a held order answers only when it is sent.
    Moment,
}

/// A control of the gate.
#[derive(Clone, Copy)]
pub struct Control {
    /// The code with which it denies.
    pub code: DenyCode,
    /// Its name in words.
    pub name: &'static str,
    /// What it demands, in a line.
    pub documentation: &'static str,
    pub(crate) subject: Subject,
    pub(crate) check: Check,
}

impl Control {
    /// The name under which its denials are counted, such as `denied_max_position`.
    pub fn metric(&self) -> String {
        format!("denied_{}", self.name.replace(' ', "_"))
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.name)
    }
}

/// Every control, in the order in which the gate asks them.
pub fn controls() -> &'static [Control] {
    &CONTROLS
}

/// The table of `docs/risk.md`, one row a control by its number.
pub fn documented() -> String {
    let mut rows: Vec<&Control> = CONTROLS.iter().collect();
    rows.sort_by_key(|control| control.code);
    let head = "| code | name | metric | demands |\n|---|---|---|---|\n".to_owned();
    rows.iter().fold(head, |text, control| {
        let (code, name, metric) = (control.code, control.name, control.metric());
        text + &format!(
            "| {code} | {name} | `{metric}` | {} |\n",
            control.documentation
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_of_the_catalogue_is_in_the_table_once() {
        let mut numbers: Vec<u8> = CONTROLS.iter().map(|own| own.code.number()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=30).collect::<Vec<u8>>());
    }

    #[test]
    fn buying_power_is_asked_last() {
        assert_eq!(CONTROLS.last().unwrap().code, DenyCode::BuyingPower);
    }
}

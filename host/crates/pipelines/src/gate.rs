//! What a stage found: criteria with what was measured beside what was wanted, and a verdict in words.
//!
//! What is unknown does not hold: neither a criterion without a measurement, nor a gate without criteria.

use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// On which side of a value a measurement must be. The value itself will do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound<T> {
    /// The measurement must not be less.
    AtLeast(T),
    /// The measurement must not be more.
    AtMost(T),
}

/// One thing that was asked of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// What was measured, such as `trades`.
    pub name: String,
    /// What was wanted, such as `at least 100`.
    pub wanted: String,
    /// What was found; `None` where it could not be measured.
    pub measured: Option<String>,
    /// Whether that will do.
    pub holds: bool,
}

impl Criterion {
    /// A measurement against a bound. One that is missing, or is no number, does not hold.
    pub fn bounded<T: PartialOrd + Display>(
        name: &str,
        bound: &Bound<T>,
        measured: Option<T>,
    ) -> Self {
        let (wanted, holds) = match bound {
            Bound::AtLeast(least) => {
                let holds = measured.as_ref().is_some_and(|measured| measured >= least);
                (format!("at least {least}"), holds)
            }
            Bound::AtMost(most) => {
                let holds = measured.as_ref().is_some_and(|measured| measured <= most);
                (format!("at most {most}"), holds)
            }
        };
        Self {
            name: name.to_owned(),
            wanted,
            measured: measured.map(|measured| measured.to_string()),
            holds,
        }
    }

    /// Something that is so or not.
    pub fn stated(name: &str, wanted: &str, measured: impl Into<String>, holds: bool) -> Self {
        Self {
            name: name.to_owned(),
            wanted: wanted.to_owned(),
            measured: Some(measured.into()),
            holds,
        }
    }

    /// In words.
    fn words(&self) -> String {
        let Self { name, wanted, .. } = self;
        match &self.measured {
            Some(measured) => format!("{name}: {measured}, wanted {wanted}"),
            None => format!("{name}: could not be measured, wanted {wanted}"),
        }
    }
}

/// What a stage found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gate {
    /// What was asked, in the order of the file.
    pub criteria: Vec<Criterion>,
    /// Why the stage did not come to its end, if it did not.
    pub broken: Option<String>,
}

impl Gate {
    /// One that asked this.
    pub fn of(criteria: Vec<Criterion>) -> Self {
        Self {
            criteria,
            broken: None,
        }
    }

    /// One that did not come to its end.
    pub fn broken(reason: impl Display) -> Self {
        Self {
            criteria: Vec::new(),
            broken: Some(reason.to_string()),
        }
    }

    /// Whether the version may go on.
    pub fn passes(&self) -> bool {
        let all_hold = self.criteria.iter().all(|criterion| criterion.holds);
        self.broken.is_none() && !self.criteria.is_empty() && all_hold
    }

    /// In a sentence: what holds, or what does not.
    pub fn verdict(&self) -> String {
        if self.passes() {
            let words: Vec<_> = self.criteria.iter().map(Criterion::words).collect();
            return format!("passed: {}", words.join("; "));
        }
        let failed = self.criteria.iter().filter(|criterion| !criterion.holds);
        let failed = failed.map(Criterion::words);
        let mut words: Vec<_> = self.broken.iter().cloned().chain(failed).collect();
        if words.is_empty() {
            words.push("nothing was measured".to_owned());
        }
        format!("failed: {}", words.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds<T: PartialOrd + Display>(bound: Bound<T>, measured: Option<T>) -> bool {
        Criterion::bounded("it", &bound, measured).holds
    }

    #[test]
    fn the_bound_itself_will_do_and_the_unknown_will_not() {
        use Bound::{AtLeast, AtMost};
        assert!(holds(AtLeast(5), Some(5)) && holds(AtLeast(5), Some(6)));
        assert!(!holds(AtLeast(5), Some(4)) && !holds(AtLeast(5), None));
        assert!(holds(AtMost(0.5), Some(0.5)) && holds(AtMost(0.5), Some(0.1)));
        assert!(!holds(AtMost(0.5), Some(0.6)) && !holds(AtMost(0.5), None));
        assert!(!holds(AtMost(0.5), Some(f64::NAN)) && !holds(AtLeast(0.5), Some(f64::NAN)));
    }

    #[test]
    fn a_gate_passes_when_all_holds_and_says_why_not() {
        let good = Criterion::bounded("trades", &Bound::AtLeast(3), Some(4));
        let bad = Criterion::bounded("trades", &Bound::AtLeast(3), Some(2));
        let unknown = Criterion::bounded("sharpe", &Bound::AtLeast(1.0), None);
        let check = |criteria: &[&Criterion], expect: &str| {
            let gate = Gate::of(criteria.iter().copied().cloned().collect());
            assert_eq!(gate.verdict(), expect);
            assert_eq!(gate.passes(), expect.starts_with("passed"));
        };
        check(&[&good], "passed: trades: 4, wanted at least 3");
        check(
            &[&good, &bad, &unknown],
            "failed: trades: 2, wanted at least 3; sharpe: could not be measured, wanted at least 1",
        );
        check(&[], "failed: nothing was measured");
        let mut gate = Gate::of(vec![good]);
        gate.broken = Some("the shadow ended".to_owned());
        assert_eq!(
            (gate.passes(), gate.verdict().as_str()),
            (false, "failed: the shadow ended")
        );
    }
}

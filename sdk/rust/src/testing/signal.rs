//! Signals to a strategy under test.

use super::Harness;
use crate::{Duration, Signal, Strategy};

impl<S: Strategy> Harness<S> {
    /// Somebody outside tells the strategy something, a millisecond after the event before.
    pub fn signal(&mut self, name: &str, values: &[(&str, &str)]) {
        self.pass(Duration::from_millis(1));
        let owned = values.iter().map(|(name, text)| {
            let text = (*text).to_owned();
            ((*name).to_owned(), text)
        });
        let mut values: Vec<_> = owned.collect();
        values.sort();
        let signal = Signal {
            name: name.to_owned(),
            values,
            ts_event: self.now(),
        };
        self.runner.on_signal(&signal, &mut self.desk);
        self.settle();
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Setup, equity};
    use crate::{Config, Context, Description, LogLevel, Signal, Strategy};

    /// Says what it hears.
    struct Hearer;

    impl Strategy for Hearer {
        fn describe() -> Description {
            Description::new("hearer", "1", "")
        }

        fn new(_: &Config, _: &mut Context<'_>) -> Result<Self, String> {
            Ok(Self)
        }

        fn on_signal(&mut self, signal: &Signal, context: &mut Context<'_>) {
            context.info(format_args!("{} {:?}", signal.name, signal.values));
        }
    }

    /// Has no hook for them.
    struct Deaf;

    impl Strategy for Deaf {
        fn describe() -> Description {
            Description::new("deaf", "1", "")
        }

        fn new(_: &Config, _: &mut Context<'_>) -> Result<Self, String> {
            Ok(Self)
        }
    }

    #[test]
    fn a_signal_is_heard_with_its_values_sorted() {
        let setup = Setup::new().instrument(equity("ACME", "0.01"));
        let mut test = setup.start::<Hearer>().unwrap();
        test.signal("buy", &[("b", "2"), ("a", "1")]);
        let said: Vec<_> = test.log().iter().map(|line| line.text.as_str()).collect();
        assert_eq!(said, [r#"buy [("a", "1"), ("b", "2")]"#]);
    }

    #[test]
    fn a_strategy_without_the_hook_says_so() {
        let setup = Setup::new().instrument(equity("ACME", "0.01"));
        let mut test = setup.start::<Deaf>().unwrap();
        test.signal("buy", &[]);
        let line = test.log().last().unwrap();
        assert_eq!(line.level, LogLevel::Warn);
        assert_eq!(line.text, "the signal `buy` is not for this strategy");
    }
}

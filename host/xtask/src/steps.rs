//! Named steps with their seconds, and the summary at the end.

use std::time::{Duration, Instant};

use anyhow::Result;

/// What a step costs; decides whether it still runs after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Seconds, and it needs nothing from earlier steps: always runs, so that one run tells more.
    Cheap,
    /// Minutes, or it leans on earlier steps: skipped after a failure.
    Heavy,
}

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed(Duration),
    Failed(Duration, String),
    Skipped,
}

/// A list of steps that have run, in order.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, Outcome)>,
}

impl Steps {
    /// Runs one step, or skips it if an earlier one failed and it is heavy.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        cost: Cost,
        work: impl FnOnce() -> Result<()>,
    ) {
        if cost == Cost::Heavy && self.failed() {
            self.done.push((name, Outcome::Skipped));
            return;
        }
        println!("\n==> {name}");
        let start = Instant::now();
        let result = work();
        let elapsed = start.elapsed();
        let outcome = match result {
            Ok(()) => Outcome::Passed(elapsed),
            Err(error) => {
                eprintln!("{error:#}");
                Outcome::Failed(elapsed, first_line(&format!("{error:#}")))
            }
        };
        println!("<== {}", line(name, &outcome));
        self.done.push((name, outcome));
    }

    /// Whether any step failed.
    pub(crate) fn failed(&self) -> bool {
        self.done
            .iter()
            .any(|(_, outcome)| matches!(outcome, Outcome::Failed(..)))
    }

    /// One line a step.
    pub(crate) fn summary(&self) -> String {
        let lines: Vec<String> = self
            .done
            .iter()
            .map(|(name, end)| line(name, end))
            .collect();
        lines.join("\n")
    }
}

/// Runs one step outside a list; says what it does and how long it took.
pub(crate) fn timed<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name}");
    let start = Instant::now();
    let value = work()?;
    println!("<== {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(value)
}

fn line(name: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed(time) => format!("ok      {name}, {:.1} s", time.as_secs_f64()),
        Outcome::Failed(time, why) => {
            format!("FAILED  {name}, {:.1} s: {why}", time.as_secs_f64())
        }
        Outcome::Skipped => format!("skipped {name}"),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    #[test]
    fn after_a_failure_cheap_steps_run_and_heavy_ones_do_not() {
        let mut steps = Steps::default();
        let mut ran = Vec::new();
        steps.run("first", Cost::Heavy, || bail!("broken\nwith detail"));
        steps.run("cheap", Cost::Cheap, || {
            ran.push("cheap");
            Ok(())
        });
        steps.run("heavy", Cost::Heavy, || {
            ran.push("heavy");
            Ok(())
        });
        assert!(steps.failed());
        assert_eq!(ran, ["cheap"]);
        let summary = steps.summary();
        let lines: Vec<&str> = summary.lines().collect();
        assert!(lines[0].starts_with("FAILED  first,") && lines[0].ends_with(": broken"));
        assert!(lines[1].starts_with("ok      cheap,"));
        assert_eq!(lines[2], "skipped heavy");
    }

    #[test]
    fn without_a_failure_nothing_is_skipped() {
        let mut steps = Steps::default();
        steps.run("one", Cost::Heavy, || Ok(()));
        assert!(!steps.failed());
        assert!(!steps.summary().contains("skipped"));
    }
}

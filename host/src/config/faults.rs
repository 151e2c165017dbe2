//! What becomes of strategies that break: `restart`, `save_every` and `budget` of a strategy, and what holds for all
//! of them, in `[faults]`.

use super::{Config, Span};
use model::Duration;
use serde::Deserialize;
use services::faults::{
    BudgetPolicy, CarePolicy, FaultSettings, LetterBounds, QuarantineRule, RestartPolicy,
};

/// A key that cannot be meant, and why.
type Problem = (String, String);

/// Most faults that a plugin can be allowed before it goes into quarantine: as many as are remembered.
const MOST_FAULTS: u32 = 100;
/// Longest time within which faults can be counted.
const LONGEST_WINDOW: Duration = Duration::from_secs(30 * 86_400);
/// Most dead letters, and most of their size in MiB.
const MOST_LETTERS: usize = 100_000;
const MOST_MIB: u64 = 1 << 20;

/// `restart`: how a strategy that broke is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RestartSection {
    /// How often in a row; 0 for never.
    pub attempts: u32,
    /// How long after the first fault.
    pub first_delay: Span,
    /// By what each further delay is multiplied.
    pub factor: u32,
    /// The longest delay.
    pub longest_delay: Span,
    /// After how long without a fault attempts are counted anew.
    pub forget_after: Span,
}

impl Default for RestartSection {
    fn default() -> Self {
        let usual = RestartPolicy::default();
        Self {
            attempts: usual.attempts,
            first_delay: Span(usual.first_delay),
            factor: usual.factor,
            longest_delay: Span(usual.longest_delay),
            forget_after: Span(usual.forget_after),
        }
    }
}

impl RestartSection {
    fn policy(&self) -> Option<RestartPolicy> {
        (self.attempts > 0).then_some(RestartPolicy {
            attempts: self.attempts,
            first_delay: self.first_delay.0,
            factor: self.factor,
            longest_delay: self.longest_delay.0,
            forget_after: self.forget_after.0,
        })
    }
}

/// `budget`: what events may cost a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetSection {
    /// What 99 % of events may take, by the wall clock.
    pub time: Option<Span>,
    /// The same in fuel, which is equal on every machine.
    pub fuel: Option<u64>,
    /// Over how many events that is looked at.
    #[serde(default = "usual_window")]
    pub window: u64,
    /// What becomes of a strategy that misses it.
    #[serde(default)]
    pub on_miss: OnMissName,
}

fn usual_window() -> u64 {
    10_000
}

/// What becomes of a strategy that misses its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnMissName {
    /// An alert is raised.
    #[default]
    Alert,
    /// The version before takes over again where it is at hand, else the strategy is paused.
    Demote,
}

impl BudgetSection {
    fn policy(&self) -> BudgetPolicy {
        BudgetPolicy {
            time: self.time.map(|span| span.0),
            fuel: self.fuel,
            window: self.window,
            demote: self.on_miss == OnMissName::Demote,
        }
    }
}

/// `[faults]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultsSection {
    /// With so many faults a plugin goes into quarantine; never with 0.
    pub quarantine_after: u32,
    /// Within so much engine time.
    pub quarantine_window: Span,
    /// How many inputs are kept over which strategies broke; none with 0.
    pub dead_letters: usize,
    /// How large all of them may be.
    pub dead_letter_mib: u64,
    /// For strategies without `restart` of their own; only operators start those when left out.
    pub restart: Option<RestartSection>,
    /// For strategies without `save_every` of their own; they save when they are stopped when left out.
    pub save_every: Option<Span>,
}

impl Default for FaultsSection {
    fn default() -> Self {
        let (rule, bounds) = (QuarantineRule::default(), LetterBounds::default());
        Self {
            quarantine_after: rule.faults,
            quarantine_window: Span(rule.window),
            dead_letters: bounds.count,
            dead_letter_mib: bounds.bytes >> 20,
            restart: None,
            save_every: None,
        }
    }
}

impl FaultsSection {
    fn check(&self) -> Result<(), Problem> {
        let said = |key: &str, reason: String| Err((format!("faults.{key}"), reason));
        if self.quarantine_after > MOST_FAULTS {
            return said("quarantine_after", format!("give 0 to {MOST_FAULTS}"));
        }
        let window = self.quarantine_window.0;
        if !(Duration::from_secs(1)..=LONGEST_WINDOW).contains(&window) {
            return said("quarantine_window", "give \"1s\" to \"720h\"".to_owned());
        }
        if self.dead_letters > MOST_LETTERS {
            return said("dead_letters", format!("give 0 to {MOST_LETTERS}"));
        }
        if !(1..=MOST_MIB).contains(&self.dead_letter_mib) {
            let reason = format!("give 1 to {MOST_MIB}; `dead_letters = 0` keeps none");
            return said("dead_letter_mib", reason);
        }
        Ok(())
    }
}

/// What was said of a strategy, and of all of them where it says nothing itself.
fn care(
    (restart, save_every, budget): (
        Option<&RestartSection>,
        Option<Span>,
        Option<&BudgetSection>,
    ),
    usual: CarePolicy,
    place: &str,
) -> Result<CarePolicy, Problem> {
    let policy = CarePolicy {
        restart: restart.map_or(usual.restart, RestartSection::policy),
        save_every: save_every.map(|span| span.0).or(usual.save_every),
        budget: budget.map(BudgetSection::policy),
    };
    policy.check().map_err(|(field, reason)| {
        let key = match field {
            "save_every" | "budget" | "budget.window" => format!("{place}.{field}"),
            field => format!("{place}.restart.{field}"),
        };
        (key, reason)
    })?;
    Ok(policy)
}

impl Config {
    /// What becomes of strategies that break.
    ///
    /// # Errors
    /// The key that cannot be meant, and why.
    pub fn fault_settings(&self) -> Result<FaultSettings, Problem> {
        let section = &self.faults;
        section.check()?;
        let said = (section.restart.as_ref(), section.save_every, None);
        let usual = care(said, CarePolicy::default(), "faults")?;
        let mut settings = FaultSettings {
            usual,
            quarantine: QuarantineRule {
                faults: section.quarantine_after,
                window: section.quarantine_window.0,
            },
            letters: LetterBounds {
                count: section.dead_letters,
                bytes: section.dead_letter_mib << 20,
            },
            ..FaultSettings::default()
        };
        for (index, strategy) in self.strategies.iter().enumerate() {
            let budget = strategy.budget.as_ref();
            let said = (strategy.restart.as_ref(), strategy.save_every, budget);
            let policy = care(said, usual, &format!("strategy[{index}]"))?;
            settings.policies.insert(strategy.name.clone(), policy);
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use std::path::Path;

    const REST: &str = r#"
[feed]
kind = "simulated"
[[venue]]
name = "SIM"
insert_latency = "2ms"
[[instrument]]
symbol = "EUR/USD"
class = "fx_pair"
base = "EUR"
quote = "USD"
tick = "0.00001"
lot = "1000"
[[account]]
name = "main"
kind = "cash"
base_currency = "USD"
deposits = { USD = "1000" }
"#;

    fn settings(more: &str) -> Result<FaultSettings, Problem> {
        let text = format!("{REST}\n{more}");
        let config = parse(Path::new("host.toml"), &text, &[]).unwrap();
        config.fault_settings()
    }

    #[test]
    fn a_strategy_says_more_than_all_of_them_and_may_say_never() {
        let said = settings(
            "[faults]\nrestart = { attempts = 2 }\nsave_every = \"1min\"\nquarantine_after = 5\n\
             [[strategy]]\nname = \"a\"\nplugin = \"a.wasm\"\nrestart = { first_delay = \"5s\" }\n\
             [[strategy]]\nname = \"b\"\nplugin = \"a.wasm\"\nrestart = { attempts = 0 }\n",
        );
        let said = said.unwrap();
        let attempts = |name: &str| said.of(name).restart.map(|policy| policy.attempts);
        assert_eq!(["a", "b", "c"].map(attempts), [Some(3), None, Some(2)]);
        let first = said.of("a").restart.unwrap().first_delay;
        assert_eq!(first, Duration::from_secs(5));
        assert_eq!(said.of("b").save_every, Some(Duration::from_secs(60)));
        assert_eq!(said.quarantine.faults, 5);
        assert_eq!(settings("").unwrap(), FaultSettings::default());
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let strategy = "[[strategy]]\nname = \"a\"\nplugin = \"a.wasm\"\n";
        for (more, key) in [
            (
                "[faults]\nquarantine_after = 101",
                "faults.quarantine_after",
            ),
            (
                "[faults]\nquarantine_window = \"0s\"",
                "faults.quarantine_window",
            ),
            ("[faults]\ndead_letter_mib = 0", "faults.dead_letter_mib"),
            (
                "[faults]\nrestart = { factor = 0 }",
                "faults.restart.factor",
            ),
            (
                format!("{strategy}restart = {{ longest_delay = \"1ms\" }}").as_str(),
                "strategy[0].restart.longest_delay",
            ),
            (
                format!("{strategy}save_every = \"1ms\"").as_str(),
                "strategy[0].save_every",
            ),
            (
                format!("{strategy}budget = {{}}").as_str(),
                "strategy[0].budget",
            ),
            (
                format!("{strategy}budget = {{ fuel = 1, window = 1 }}").as_str(),
                "strategy[0].budget.window",
            ),
        ] {
            let (found, reason) = settings(more).unwrap_err();
            assert_eq!(found, key, "{reason}");
        }
    }
}

//! What ran when: starts, swaps, stops and faults of strategies, as the store has them, put together to the
//! runs of one plugin.

use model::{StrategyId, Timestamp};
use std::collections::BTreeMap;
use store::sql::{Record, STRATEGY_VERSIONS};

/// A time during which a strategy ran a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) strategy: StrategyId,
    pub(crate) from: Moment,
    /// `None` while it runs.
    pub(crate) to: Option<(Moment, &'static str)>,
}

/// A place in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) sequence: u64,
    pub(crate) time: Timestamp,
}

/// Puts runs together. Rows come oldest first.
#[derive(Debug)]
pub(crate) struct Runs {
    plugin: String,
    /// At most so many are kept, the latest.
    most: usize,
    done: Vec<Run>,
    strategies: BTreeMap<StrategyId, Known>,
}

/// What is known of a strategy so far.
#[derive(Debug, Default)]
struct Known {
    /// Whether it runs, and since when it runs the plugin.
    running: bool,
    since: Option<Moment>,
    /// What is to take over.
    candidate: Option<String>,
}

/// A row of the table of starts and swaps.
struct Row {
    at: Moment,
    strategy: StrategyId,
    event: String,
    plugin: Option<String>,
}

impl Row {
    fn read(row: &Record) -> Option<Self> {
        let cell = |name: &str| {
            let mut columns = STRATEGY_VERSIONS.columns.iter();
            let place = columns.position(|column| column.name == name)?;
            row.get(place)?.clone()
        };
        let number = |name: &str| cell(name)?.parse::<u64>().ok();
        let strategy = u32::try_from(number("strategy")?).ok()?;
        Some(Self {
            at: Moment {
                sequence: number("sequence")?,
                time: Timestamp::from_nanos(number("time")?),
            },
            strategy: StrategyId::new(strategy),
            event: cell("event")?,
            plugin: cell("plugin"),
        })
    }
}

impl Runs {
    /// Of a plugin.
    pub(crate) fn new(plugin: String, most: usize) -> Self {
        Self {
            plugin,
            most,
            done: Vec::new(),
            strategies: BTreeMap::new(),
        }
    }

    /// Takes the next row in.
    pub(crate) fn add(&mut self, row: &Record) {
        let Some(Row {
            at,
            strategy,
            event,
            plugin,
        }) = Row::read(row)
        else {
            return;
        };
        let is_it = |named: &Option<String>| named.as_ref() == Some(&self.plugin);
        let known = self.strategies.entry(strategy).or_default();
        let mut ended = None;
        match event.as_str() {
            // Asked of one that runs, the engine ignores it.
            "START" if !known.running => {
                known.running = true;
                known.since = is_it(&plugin).then_some(at);
            }
            "SWAP_BEGIN" => known.candidate = plugin,
            "SWAP_ABORT" => known.candidate = None,
            "SWAP_COMMIT" => {
                let next = known.candidate.take();
                ended = known.since.take().map(|since| (since, "SWAP"));
                known.since = (known.running && is_it(&next)).then_some(at);
            }
            // Over a fault that was told before, or between two events.
            "ROLL_BACK" => {
                ended = known.since.take().map(|since| (since, "ROLL_BACK"));
                *known = Known {
                    running: true,
                    since: is_it(&plugin).then_some(at),
                    candidate: None,
                };
            }
            "STOP" | "FAULT" => {
                let how = if event == "STOP" { "STOP" } else { "FAULT" };
                ended = known.since.take().map(|since| (since, how));
                *known = Known::default();
            }
            _ => {}
        }
        if let Some((from, how)) = ended {
            if self.done.len() >= self.most {
                self.done.remove(0);
            }
            self.done.push(Run {
                strategy,
                from,
                to: Some((at, how)),
            });
        }
    }

    /// All runs, the latest first.
    pub(crate) fn finish(self) -> Vec<Run> {
        let open = self.strategies.into_iter().filter_map(|(strategy, known)| {
            Some(Run {
                strategy,
                from: known.since?,
                to: None,
            })
        });
        let mut runs: Vec<_> = self.done.into_iter().chain(open).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.from.sequence));
        runs.truncate(self.most);
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sequence: u64, strategy: u32, event: &str, plugin: &str) -> Record {
        let text = |text: String| Some(text);
        vec![
            text((sequence * 10).to_string()),
            text(sequence.to_string()),
            text("0".to_owned()),
            text(strategy.to_string()),
            text(event.to_owned()),
            (!plugin.is_empty()).then(|| plugin.to_owned()),
            None,
        ]
    }

    /// Of which strategy, from which input on, and with which it ended and how.
    type Expected<'a> = (u32, u64, Option<(u64, &'a str)>);

    fn check(rows: &[(u64, u32, &str, &str)], most: usize, expect: &[Expected<'_>]) {
        let mut runs = Runs::new("aa".to_owned(), most);
        for (sequence, strategy, event, plugin) in rows {
            runs.add(&row(*sequence, *strategy, event, plugin));
        }
        let found: Vec<_> = runs
            .finish()
            .into_iter()
            .map(|run| {
                let to = run.to.map(|(at, how)| (at.sequence, how));
                (run.strategy.number(), run.from.sequence, to)
            })
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn starts_swaps_stops_and_faults_make_runs() {
        let rows = [
            (1, 0, "START", "aa"),
            (2, 1, "START", "bb"),
            (3, 1, "SWAP_BEGIN", "aa"),
            (4, 1, "SWAP_ABORT", ""),
            (5, 1, "SWAP_BEGIN", "aa"),
            (6, 0, "STOP", ""),
            (7, 1, "SWAP_COMMIT", ""),
            (8, 1, "SWAP_BEGIN", "bb"),
            (9, 1, "FAULT", ""),
            (10, 1, "START", "aa"),
            (11, 1, "PAUSE", ""),
            (12, 1, "START", "bb"),
        ];
        let expect = [
            (1, 10, None),
            (1, 7, Some((9, "FAULT"))),
            (0, 1, Some((6, "STOP"))),
        ];
        check(&rows, 9, &expect);
        check(&rows, 1, &expect[..1]);
    }

    #[test]
    fn a_version_that_is_sent_back_leaves_and_the_one_before_runs() {
        let rows = [
            (1, 0, "START", "aa"),
            (2, 0, "SWAP_BEGIN", "bb"),
            (3, 0, "SWAP_COMMIT", ""),
            (4, 0, "FAULT", ""),
            (4, 0, "ROLL_BACK", "aa"),
            (5, 1, "START", "bb"),
            (6, 1, "SWAP_BEGIN", "aa"),
            (7, 1, "SWAP_COMMIT", ""),
            (8, 1, "ROLL_BACK", "bb"),
            (9, 1, "PROBATION_END", ""),
        ];
        let expect = [
            (1, 7, Some((8, "ROLL_BACK"))),
            (0, 4, None),
            (0, 1, Some((3, "SWAP"))),
        ];
        check(&rows, 9, &expect);
    }

    #[test]
    fn a_swap_ends_a_run() {
        let rows = [
            (1, 0, "START", "aa"),
            (2, 0, "SWAP_BEGIN", "bb"),
            (3, 0, "SWAP_COMMIT", ""),
            (4, 0, "SWAP_BEGIN", "aa"),
        ];
        check(&rows, 9, &[(0, 1, Some((3, "SWAP")))]);
        check(
            &[(1, 0, "SWAP_COMMIT", ""), (2, 0, "STRANGE", "aa")],
            9,
            &[],
        );
    }
}

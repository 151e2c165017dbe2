//! What a scrape is told, as tables of samples, and their text. Only this file and `counted.rs` beside it
//! know the library that writes it.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use std::fmt;
use std::time::Duration;

/// The media type of the text.
pub(crate) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// Names and values of a sample's labels.
pub(super) type Labels = Vec<(&'static str, String)>;

/// A metric: its name, what it means, and what it is now. It is told without samples too, so that whoever
/// asks for it learns that it exists.
#[derive(Debug)]
pub(super) struct Table {
    /// Without the `_total` that counters get.
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    samples: Vec<(Labels, Value)>,
}

/// What a sample is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A count, or a level in whole units.
    Whole(u64),
    /// Seconds, or another level.
    Real(f64),
    /// How lengths of time are spread.
    Times(Times),
}

/// How lengths of time are spread, in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Times {
    pub(super) sum: f64,
    pub(super) count: u64,
    /// Upper bounds, and how many are not above them and above the bound before.
    pub(super) buckets: Vec<(f64, u64)>,
}

impl Table {
    /// What only ever grows.
    pub(super) fn counter(name: &'static str, help: &'static str) -> Self {
        Self::of(MetricType::Counter, name, help)
    }

    /// What goes up and down.
    pub(super) fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::of(MetricType::Gauge, name, help)
    }

    /// How lengths of time are spread.
    pub(super) fn histogram(name: &'static str, help: &'static str) -> Self {
        Self::of(MetricType::Histogram, name, help)
    }

    fn of(kind: MetricType, name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
            kind,
            samples: Vec::new(),
        }
    }

    /// With the only sample.
    pub(super) fn just(self, value: impl Into<Value>) -> Self {
        self.with(Vec::new(), value)
    }

    /// With the only sample, if there is one.
    pub(super) fn maybe(self, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.just(value),
            None => self,
        }
    }

    /// With one more sample.
    pub(super) fn with(mut self, labels: Labels, value: impl Into<Value>) -> Self {
        self.samples.push((labels, value.into()));
        self
    }

    /// With a sample for each value of one label.
    pub(super) fn by<V: Into<Value>>(
        mut self,
        label: &'static str,
        samples: impl IntoIterator<Item = (String, V)>,
    ) -> Self {
        let samples = samples.into_iter();
        self.samples
            .extend(samples.map(|(name, value)| (vec![(label, name)], value.into())));
        self
    }

    /// With 1 for the state that is and 0 for all others.
    pub(super) fn one_of(self, label: &'static str, all: &[&'static str], is: &str) -> Self {
        let states = all.iter();
        self.by(
            label,
            states.map(|state| ((*state).to_owned(), *state == is)),
        )
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Whole(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Whole(u64::try_from(value).unwrap_or(u64::MAX))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Whole(u64::from(value))
    }
}

impl From<Duration> for Value {
    fn from(value: Duration) -> Self {
        Self::Real(value.as_secs_f64())
    }
}

impl From<Times> for Value {
    fn from(value: Times) -> Self {
        Self::Times(value)
    }
}

/// The text of what was counted all the while and of what was found now.
///
/// # Errors
/// The library's, which has none for text in memory.
pub(super) fn text(counted: &Registry, found: Vec<Table>) -> Result<String, fmt::Error> {
    let mut text = String::new();
    prometheus_text::encode(&mut text, counted)?;
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Tables(found)));
    prometheus_text::encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Tables(Vec<Table>);

impl Collector for Tables {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for table in &self.0 {
            let mut metric = encoder.encode_descriptor(table.name, table.help, None, table.kind)?;
            for (labels, value) in &table.samples {
                write(metric.encode_family(labels)?, table.kind, value)?;
            }
        }
        Ok(())
    }
}

fn write(mut sample: MetricEncoder<'_>, kind: MetricType, value: &Value) -> Result<(), fmt::Error> {
    match (value, kind) {
        (Value::Times(times), _) => {
            let (sum, count) = (times.sum, times.count);
            sample.encode_histogram::<NoLabelSet>(sum, count, &times.buckets, None)
        }
        (Value::Whole(value), MetricType::Counter) => {
            sample.encode_counter::<NoLabelSet, _, u64>(value, None)
        }
        (Value::Real(value), MetricType::Counter) => {
            sample.encode_counter::<NoLabelSet, _, u64>(value, None)
        }
        (Value::Whole(value), _) => sample.encode_gauge(value),
        (Value::Real(value), _) => sample.encode_gauge(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_become_lines() {
        let times = Times {
            sum: 1.5,
            count: 3,
            buckets: vec![(0.5, 1), (1.0, 1)],
        };
        let found = vec![
            Table::counter("made", "What was made.")
                .by("name", [("a\"b".to_owned(), 2_u64), ("c".to_owned(), 0)]),
            Table::gauge("level_seconds", "How long.").just(Duration::from_millis(250)),
            Table::gauge("state", "Which.").one_of("state", &["UP", "DOWN"], "UP"),
            Table::gauge("nothing", "Not now.").maybe(None::<u64>),
            Table::histogram("wait_seconds", "How long.").just(times),
        ];
        let expect = r#"# HELP made_total What was made.
# TYPE made_total counter
made_total{name="a\"b"} 2
made_total{name="c"} 0
# HELP level_seconds How long.
# TYPE level_seconds gauge
level_seconds 0.25
# HELP state Which.
# TYPE state gauge
state{state="UP"} 1
state{state="DOWN"} 0
# HELP nothing Not now.
# TYPE nothing gauge
# HELP wait_seconds How long.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 1
wait_seconds_bucket{le="1"} 2
wait_seconds_bucket{le="+Inf"} 3
wait_seconds_sum 1.5
wait_seconds_count 3
"#;
        assert_eq!(text(&Registry::default(), found).unwrap(), expect);
    }
}

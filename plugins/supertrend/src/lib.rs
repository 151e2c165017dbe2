//! Supertrend: a line that follows the trend at a distance of average true ranges, below the price while it
//! rises and above it while it falls. While the trend holds the line never turns back; when a bar closes
//! beyond it, it changes sides.
//!
//! The average true range is Wilder's ("New concepts in technical trading systems", 1978): the mean of the first
//! `period` true ranges, then moved by one part in `period` a bar. The first bar only gives the close from which
//! the first true range is measured. The trend begins as a rising one.

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{Bar, Config, Description, Feed, Indicator, Pane, Parameter, SavedState, Shape};

/// Version of the saved state.
const STATE_VERSION: u32 = 1;

/// Follows the trend.
#[derive(Debug)]
pub struct Supertrend {
    /// Of the average true range, in bars.
    period: u32,
    /// How many average true ranges the line is away from the middle of a bar.
    distance: f64,
    state: State,
}

/// All that the values to come follow from, beside parameters.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct State {
    /// The parameters that it was made with: another period cannot go on from here.
    period: u32,
    close: Option<f64>,
    /// How many true ranges there were, up to the period.
    ranges: u32,
    /// Their sum while there are less than the period, then their average.
    range: f64,
    bands: Option<Bands>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct Bands {
    upper: f64,
    lower: f64,
    rises: bool,
}

impl Supertrend {
    /// The average true range with one more bar; `None` while there are too few.
    fn average_range(&mut self, [high, low]: [f64; 2]) -> Option<f64> {
        let close = self.state.close?;
        let range = (high - low)
            .max((high - close).abs())
            .max((low - close).abs());
        let period = f64::from(self.period);
        if self.state.ranges == self.period {
            self.state.range = (self.state.range * (period - 1.0) + range) / period;
            return Some(self.state.range);
        }
        self.state.ranges += 1;
        self.state.range += range;
        (self.state.ranges == self.period).then(|| {
            self.state.range /= period;
            self.state.range
        })
    }

    /// The bands with one more bar, of which `range` is the average true range by then.
    fn bands(&self, [high, low, close]: [f64; 3], range: f64) -> Bands {
        let (middle, away) = (f64::midpoint(high, low), self.distance * range);
        let (upper, lower) = (middle + away, middle - away);
        let (Some(last), Some(last_close)) = (self.state.bands, self.state.close) else {
            return Bands {
                upper,
                lower,
                rises: true,
            };
        };
        let keeps_upper = upper >= last.upper && last_close <= last.upper;
        let keeps_lower = lower <= last.lower && last_close >= last.lower;
        let upper = if keeps_upper { last.upper } else { upper };
        let lower = if keeps_lower { last.lower } else { lower };
        Bands {
            upper,
            lower,
            rises: if last.rises {
                close >= lower
            } else {
                close > upper
            },
        }
    }
}

impl Indicator for Supertrend {
    fn describe() -> Description {
        let documentation =
            "A line below rising and above falling prices, average true ranges away.";
        Description::new("supertrend", env!("CARGO_PKG_VERSION"), documentation)
            .with(
                Parameter::integer("period", "Period of the average true range, in bars.")
                    .default(10)
                    .range(1, 1_000),
            )
            .with(
                Parameter::decimal(
                    "distance",
                    "Average true ranges from a bar's middle to the line.",
                )
                .default(3)
                .range("0.1", 100),
            )
    }

    fn new(config: &Config) -> Result<Self, String> {
        let period = config.parse("period")?;
        Ok(Self {
            period,
            distance: config.decimal("distance")?,
            state: State {
                period,
                ..State::default()
            },
        })
    }

    fn shape(&self) -> Shape {
        let warm_up = usize::try_from(self.period).unwrap_or(usize::MAX);
        Shape::new(Feed::Bars, warm_up)
            .with("rising", Pane::Price, "The line while the trend rises.")
            .with("falling", Pane::Price, "The line while the trend falls.")
            .with(
                "trend",
                Pane::Apart,
                "1 while the trend rises, -1 while it falls.",
            )
    }

    fn on_bar(&mut self, bar: &Bar) -> Option<Vec<f64>> {
        let [high, low, close] = [bar.high, bar.low, bar.close].map(|price| price.to_f64());
        let range = self.average_range([high, low]);
        let bands = range.map(|range| self.bands([high, low, close], range));
        self.state.close = Some(close);
        let Bands {
            upper,
            lower,
            rises,
        } = bands?;
        self.state.bands = bands;
        Some(match rises {
            true => vec![lower, f64::NAN, 1.0],
            false => vec![f64::NAN, upper, -1.0],
        })
    }

    fn save(&self) -> SavedState {
        SavedState::encode(STATE_VERSION, &self.state)
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        let state: State = state.expect_version(STATE_VERSION)?.decode()?;
        if state.period != self.period {
            let (had, has) = (state.period, self.period);
            return Err(format!(
                "the saved state is of `period` {had}, and with {has} it cannot go on"
            ));
        }
        self.state = state;
        Ok(())
    }
}

argonaut_sdk::export_indicator!(Supertrend);

#[cfg(test)]
mod tests;

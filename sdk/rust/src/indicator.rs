//! Indicators as plugins: the lines of a chart from one series of one instrument. Implement [`Indicator`],
//! name it in [`export_indicator!`](crate::export_indicator). The formulas that strategies use are in
//! [`indicators`](crate::indicators).

use crate::{Bar, Config, Description, Quote, SavedState};

/// Where a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// With the prices.
    Price,
    /// Apart from them, on a scale of its own.
    Apart,
}

/// One of the values that an indicator has at each update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name, unique within the indicator.
    pub name: String,
    /// What it says.
    pub documentation: String,
    /// Where it is drawn.
    pub pane: Pane,
}

/// What updates an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// Finished bars.
    Bars,
    /// Quotes.
    Quotes,
    /// Both.
    Both,
}

/// What an indicator shows with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// 1 to 32 lines, in the order of the values.
    pub lines: Vec<Line>,
    /// What updates it.
    pub feed: Feed,
    /// Updates before the first that may bring values.
    pub warm_up: usize,
}

impl Shape {
    /// No lines yet, with so many updates before the first values.
    pub const fn new(feed: Feed, warm_up: usize) -> Self {
        Self {
            lines: Vec::new(),
            feed,
            warm_up,
        }
    }

    /// The same with one more line.
    #[must_use]
    pub fn with(mut self, name: &str, pane: Pane, documentation: &str) -> Self {
        self.lines.push(Line {
            name: name.to_owned(),
            documentation: documentation.to_owned(),
            pane,
        });
        self
    }
}

/// An indicator. Its values must follow from its updates alone: it has no clock, no randomness, no files and
/// no network. They are floating point because they are shown and counted with, and never traded at.
#[allow(
    unused_variables,
    reason = "hooks have names for their arguments although the defaults do not use them"
)]
pub trait Indicator: Sized {
    /// Name, version and parameters.
    fn describe() -> Description;

    /// Makes the indicator. [`Config::strategy`] is the name under which it runs; there are no instruments
    /// in it. The text of an error is shown to the operator.
    fn new(config: &Config) -> Result<Self, String>;

    /// What it shows; always the same.
    fn shape(&self) -> Shape;

    /// A finished bar. One value for each line, NaN where a line has none now; `None` while there is too
    /// little.
    fn on_bar(&mut self, bar: &Bar) -> Option<Vec<f64>> {
        None
    }

    /// The same for a quote.
    fn on_quote(&mut self, quote: &Quote) -> Option<Vec<f64>> {
        None
    }

    /// All that decides the values to come.
    fn save(&self) -> SavedState;

    /// Takes over what `save` of an earlier instance, perhaps of another version, returned.
    fn load(&mut self, state: SavedState) -> Result<(), String>;
}

/// Makes an [`Indicator`] the one this component exports. Once per crate; does nothing in native builds.
#[macro_export]
macro_rules! export_indicator {
    ($indicator:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::plugin_slot!($indicator);

            $crate::guest::indicator::bindings::export_the_indicator!(
                Plugin with_types_in $crate::guest::indicator::bindings
            );
        };
    };
}

//! Indicators: a plugin that makes the lines of a chart from one series, one update at a time. What it logs
//! goes to the host's log, since it has no part in a journal.

use crate::bindings::indicator::Indicator as World;
use crate::bindings::indicator::argonaut::plugin::readings as wit;
use crate::description::{documentation, short};
use crate::exports::Exports;
use crate::fault;
use crate::guest::{Guest, Usage, init_budget};
use crate::host::{HostState, Phase};
use crate::log_text::to_host_log;
use crate::{Admitted, Limits, Parameters, bindings, convert};
use model::{Bar, Fault, Intents, Quote, SavedState};
use wasmtime::Store;

/// Most lines of an indicator; part of the contract in `wit/v1`.
const MAX_LINES: usize = 32;

/// What an indicator is made with.
#[derive(Debug, Clone)]
pub struct IndicatorConfig {
    /// The name under which it runs.
    pub name: String,
    /// Checked parameters.
    pub parameters: Parameters,
    /// What it may use.
    pub limits: Limits,
}

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

impl Feed {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Quotes => "quotes",
            Self::Both => "bars and quotes",
        }
    }
}

/// What an indicator shows with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndicatorShape {
    /// At least one, in the order of the values.
    pub lines: Vec<Line>,
    /// What updates it.
    pub feed: Feed,
    /// Updates before the first that may bring values.
    pub warm_up: usize,
}

/// A running indicator.
pub struct Indicator {
    name: String,
    guest: Guest<World>,
    shape: IndicatorShape,
    /// What a call logs; kept for its memory.
    log: Intents,
}

fn indicator(exports: Exports) -> Option<World> {
    match exports {
        Exports::Indicator(exports) => Some(exports),
        _ => None,
    }
}

impl Admitted {
    /// Makes an indicator and runs its `init`.
    ///
    /// # Errors
    /// A [`Fault`]: `REFUSED` when `init` returned an error or the plugin is of another world,
    /// otherwise how it broke.
    pub fn indicator(&self, config: IndicatorConfig) -> Result<Indicator, Fault> {
        let state = HostState::new(config.limits, Vec::new());
        let mut guest = Guest::new(self, state, indicator)?;
        let described = wit::IndicatorConfig {
            indicator: config.name.clone(),
            parameters: config.parameters.as_slice().to_vec(),
        };
        let budget = init_budget(&config.limits);
        let answer = guest.private_call("init", Phase::Init, budget, |exports, store| {
            exports.call_init(store, &described)
        })?;
        let shape = answer.map_err(|reason| fault::refused("init", reason))?;
        let shape = read(shape).map_err(|reason| fault::bad_output("init", &reason))?;
        Ok(Indicator {
            name: config.name,
            guest,
            shape,
            log: Intents::default(),
        })
    }
}

fn read(shape: wit::IndicatorShape) -> Result<IndicatorShape, String> {
    let count = shape.lines.len();
    if !(1..=MAX_LINES).contains(&count) {
        return Err(format!(
            "it has {count} lines; 1 to {MAX_LINES} can be shown"
        ));
    }
    let mut lines: Vec<Line> = Vec::new();
    for line in shape.lines {
        let name = short("a line's name", line.name)?;
        if lines.iter().any(|other| other.name == name) {
            return Err(format!("two lines are named `{name}`"));
        }
        lines.push(Line {
            name,
            documentation: documentation(line.documentation)?,
            pane: match line.pane {
                wit::Pane::Price => Pane::Price,
                wit::Pane::Apart => Pane::Apart,
            },
        });
    }
    Ok(IndicatorShape {
        lines,
        feed: match shape.feed {
            wit::Feed::Bars => Feed::Bars,
            wit::Feed::Quotes => Feed::Quotes,
            wit::Feed::Both => Feed::Both,
        },
        warm_up: usize::try_from(shape.warm_up).unwrap_or(usize::MAX),
    })
}

impl Indicator {
    /// What it shows.
    pub const fn shape(&self) -> &IndicatorShape {
        &self.shape
    }

    /// Tells it of a finished bar. Its values, one for each line, NaN where a line has none now; `None`
    /// while it has seen too little, or where it is not updated by bars.
    ///
    /// # Errors
    /// A [`Fault`]: how it broke, or that the values are not one for each line, or infinite.
    pub fn on_bar(&mut self, bar: &Bar) -> Result<Option<Vec<f64>>, Fault> {
        if self.shape.feed == Feed::Quotes {
            return Ok(None);
        }
        let bar = convert::bar(bar);
        self.update("update-bar", |exports, store| {
            exports.call_update_bar(store, bar)
        })
    }

    /// The same for a quote.
    ///
    /// # Errors
    /// As [`Indicator::on_bar`].
    pub fn on_quote(&mut self, quote: &Quote) -> Result<Option<Vec<f64>>, Fault> {
        if self.shape.feed == Feed::Bars {
            return Ok(None);
        }
        let quote = convert::quote(quote);
        self.update("update-quote", |exports, store| {
            exports.call_update_quote(store, quote)
        })
    }

    fn update(
        &mut self,
        export: &'static str,
        body: impl FnOnce(&World, &mut Store<HostState>) -> wasmtime::Result<Option<Vec<f64>>>,
    ) -> Result<Option<Vec<f64>>, Fault> {
        self.guest.check()?;
        self.guest.flush_early(&mut self.log);
        let budget = self.guest.event_budget();
        let log = &mut self.log;
        let answer = self.guest.call(export, Phase::Live, budget, log, body);
        to_host_log("indicator", &self.name, &mut self.log);
        let values = answer?;
        match values.as_deref().map(|values| self.check(values)) {
            Some(Err(reason)) => Err(self.guest.poison(fault::bad_output(export, &reason))),
            _ => Ok(values),
        }
    }

    fn check(&self, values: &[f64]) -> Result<(), String> {
        let lines = &self.shape.lines;
        if values.len() != lines.len() {
            let (found, wanted) = (values.len(), lines.len());
            return Err(format!("returned {found} values for {wanted} lines"));
        }
        let infinite = lines
            .iter()
            .zip(values)
            .find(|(_, value)| value.is_infinite());
        infinite.map_or(Ok(()), |(line, _)| {
            let name = &line.name;
            Err(format!(
                "the value of line `{name}` is infinite; return NaN where it has none"
            ))
        })
    }

    /// All that decides its values to come.
    ///
    /// # Errors
    /// A [`Fault`]: how it broke, or that the state is larger than allowed.
    pub fn save(&mut self) -> Result<SavedState, Fault> {
        let budget = self.guest.event_budget();
        let saved = self
            .guest
            .private_call("save", Phase::Save, budget, |exports, store| {
                exports.call_save(store)
            })?;
        self.guest.check_saved(saved.bytes.len())?;
        Ok(SavedState {
            version: saved.version,
            bytes: saved.bytes,
        })
    }

    /// Takes over what an earlier instance saved; before updates.
    ///
    /// # Errors
    /// A [`Fault`]: `REFUSED` when it does not take the state, otherwise how it broke.
    pub fn load(&mut self, state: SavedState) -> Result<(), Fault> {
        let state = bindings::argonaut::plugin::types::SavedState {
            version: state.version,
            bytes: state.bytes,
        };
        let budget = init_budget(self.guest.limits());
        let answer = self
            .guest
            .private_call("load", Phase::Load, budget, |exports, store| {
                exports.call_load(store, &state)
            })?;
        answer.map_err(|reason| fault::refused("load", reason))
    }

    /// What it has used.
    pub fn usage(&self) -> Usage {
        self.guest.usage()
    }
}

impl std::fmt::Debug for Indicator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Indicator")
            .field("name", &self.name)
            .field("shape", &self.shape)
            .field("usage", &self.usage())
            .field("fault", &self.guest.fault())
            .finish_non_exhaustive()
    }
}

//! What a backtest runs: strategy, parameters, data, and the world they live in.

use super::custom::CustomPlugin;
use super::data::{Data, Known};
use super::happenings::Happening;
use super::instruments;
use crate::config::{AccountTerms, InstrumentSection, Span};
use crate::universe::Universe;
use anyhow::{Context, Result, bail};
use engine::{
    ExternalVenue, FillChances, Latency, LimitScope, Limits, OrdersOnFault, Slippage,
    StrategyConfig, VenueConfig,
};
use model::{
    AccountConfig, AccountKind, BarBasis, BarMethod, BarSpec, InstrumentId, Money, Rate, Timestamp,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use store::DataSource;

/// The name of the strategy in a backtest.
pub const STRATEGY: &str = "backtest";
/// The name of its account.
pub const ACCOUNT: &str = "backtest";
/// The name of its venue.
pub const VENUE: &str = "SIM";

/// A file that was read.
#[derive(Debug, Clone)]
pub struct DataFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it is about.
    pub instrument: InstrumentId,
    /// Bad rows left out of it.
    pub skipped_rows: u64,
}

/// A backtest, ready to run.
pub struct Spec {
    /// The component.
    pub strategy: PathBuf,
    /// Its parameters, as given.
    pub parameters: BTreeMap<String, String>,
    /// Execution algorithms it may hand orders to.
    pub algorithms: Vec<CustomPlugin>,
    /// Custom rules that judge its orders.
    pub rules: Vec<CustomPlugin>,
    /// Models of its venue, each under the name of its port.
    pub venue_models: Vec<CustomPlugin>,
    /// The files, in the order of the series of `data`.
    pub files: Vec<DataFile>,
    /// The data.
    pub data: Data,
    /// What happens beside the data, in the order of time.
    pub happenings: Vec<Happening>,
    /// What the engine is told.
    pub universe: Universe,
    /// Trading begins here; what is before is history.
    pub start: Option<Timestamp>,
    /// And ends before this.
    pub end: Option<Timestamp>,
}

impl Spec {
    /// First and last moment of the data that is traded.
    pub fn period(&self) -> Option<(Timestamp, Timestamp)> {
        let periods = self.data.series().iter().filter_map(|known| known.period);
        let whole = periods.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        let first = self.start.map_or(whole.0, |start| start.max(whole.0));
        Some((first, self.end.map_or(whole.1, |end| end.min(whole.1))))
    }
}

/// The account and the venue of a backtest.
#[derive(Debug, Clone)]
pub struct World {
    /// Pays in full instead of putting up margin.
    pub cash_account: bool,
    /// Value carried by one unit of margin.
    pub leverage: Rate,
    /// What is in the account; one million of the first quote currency when empty.
    pub deposits: Vec<(String, Money)>,
    /// How long orders, changes and cancels travel.
    pub latency: Span,
    /// How long market data travels to the strategy; the venue matches with it at once.
    pub feed_latency: Span,
    /// Ticks by which takers fill worse than the touch.
    pub slippage_ticks: u32,
    /// What of the fills is left to chance.
    pub chances: Option<FillChances>,
    /// The venue is one outside, whose answers somebody gives.
    pub external: Option<ExternalVenue>,
    /// What the account is beside its money.
    pub terms: AccountTerms,
}

impl World {
    /// Defines venue, instruments, account and strategy.
    pub fn universe(&self, sections: &[InstrumentSection]) -> Result<Universe> {
        let mut universe = Universe::default();
        let latency = Latency {
            insert: self.latency.0,
            cancel: self.latency.0,
            modify: self.latency.0,
            feed: self.feed_latency.0,
            ..Latency::default()
        };
        let slippage = match self.slippage_ticks {
            0 => Slippage::None,
            ticks => Slippage::Ticks(ticks),
        };
        let venue = universe.add_venue(VenueConfig {
            name: VENUE.to_owned(),
            latency,
            slippage,
            chances: self.chances,
            external: self.external,
            ..VenueConfig::default()
        });
        for section in sections {
            let added = crate::config::add_instrument(&mut universe, section);
            added.map_err(|(key, reason)| {
                anyhow::anyhow!("--instrument {}: {key}: {reason}", section.symbol)
            })?;
        }
        let first = sections.first().context("--instrument is needed")?;
        let mut deposits = self.deposits.clone();
        if deposits.is_empty() {
            deposits.push((first.quote.clone(), Money::whole(1_000_000)?));
        }
        let base_currency = universe.currency(&deposits[0].0);
        let deposits = deposits
            .iter()
            .map(|(name, amount)| (universe.currency(name), *amount))
            .collect();
        let kind = if self.cash_account {
            AccountKind::Cash
        } else {
            AccountKind::Margin {
                leverage: self.leverage,
            }
        };
        let account = universe.add_account(AccountConfig {
            name: ACCOUNT.to_owned(),
            venue,
            kind,
            base_currency,
            deposits,
            hedging: self.terms.hedging,
        });
        universe.set_account_rules(account, self.terms.rules);
        universe.set_limits(LimitScope::Firm, Limits::default());
        universe.add_strategy(StrategyConfig {
            name: STRATEGY.to_owned(),
            account,
            on_fault: OrdersOnFault::Cancel,
            manual: false,
            permissions: engine::Permissions::ALL,
        });
        Ok(universe)
    }
}

/// A file with the place of its instrument in the list of instruments.
pub fn place_files(files: &[String], symbols: &[String]) -> Result<Vec<(PathBuf, InstrumentId)>> {
    let mut placed = Vec::new();
    for file in files {
        let named = symbols.iter().position(|symbol| {
            file.strip_prefix(symbol.as_str())
                .is_some_and(|rest| rest.starts_with('='))
        });
        let (path, index) = match named {
            Some(index) => (&file[symbols[index].len() + 1..], index),
            None if symbols.len() == 1 => (file.as_str(), 0),
            None => bail!(
                "--data {file}: with several instruments write SYMBOL=FILE; symbols are {}",
                symbols.join(", ")
            ),
        };
        let id = u32::try_from(index).context("too many instruments")?;
        placed.push((PathBuf::from(path), InstrumentId::new(id)));
    }
    if let Some(index) = (0..symbols.len()).find(|i| !placed.iter().any(|(_, id)| id.index() == *i))
    {
        bail!("--instrument {}: there is no --data for it", symbols[index]);
    }
    Ok(placed)
}

/// Loads files that share one way of being read. `progress` is told bytes done and in all.
pub fn load(
    template: &DataSource,
    files: &[(PathBuf, InstrumentId)],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Data, Vec<DataFile>, Vec<String>)> {
    let mut series = Vec::new();
    let mut read = Vec::new();
    let mut notes = Vec::new();
    for (path, instrument) in files {
        let source = DataSource {
            path: path.clone(),
            instrument: *instrument,
            ..template.clone()
        };
        let loaded = store::load(&source, progress)?;
        if loaded.skipped.count > 0 {
            let example = loaded.skipped.examples.first().map(ToString::to_string);
            notes.push(format!(
                "{}: {} bad rows left out, the first: {}",
                path.display(),
                loaded.skipped.count,
                example.unwrap_or_default()
            ));
        }
        read.push(DataFile {
            path: path.clone(),
            instrument: *instrument,
            skipped_rows: loaded.skipped.count,
        });
        series.push(loaded.series);
    }
    Ok((Data::memory(series), read, notes))
}

/// The instruments' sections, with ticks taken from the data where not given.
pub fn sections(texts: &[String], data: &Data) -> Result<(Vec<InstrumentSection>, Vec<String>)> {
    let mut sections = Vec::new();
    let mut notes = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let id = InstrumentId::new(u32::try_from(index).context("too many instruments")?);
        let section = instruments::parse(text, data.tick(id))?;
        if let Some(off) = data.off_grid(id, section.tick.0) {
            let symbol = &section.symbol;
            notes.push(format!("{symbol}: {off}; orders at them are denied"));
        }
        sections.push(section);
    }
    Ok((sections, notes))
}

/// A rule of bars in words.
pub fn bar_words(spec: BarSpec) -> String {
    let basis = match spec.basis {
        BarBasis::Bid => "bid",
        BarBasis::Ask => "ask",
        BarBasis::Mid => "mid",
        BarBasis::Last => "last",
    };
    match spec.method {
        BarMethod::Time(nanos) if nanos.is_multiple_of(1_000_000_000) => {
            format!("{}-second {basis} bars", nanos / 1_000_000_000)
        }
        BarMethod::Time(nanos) => format!("{nanos}-nanosecond {basis} bars"),
        BarMethod::Tick(count) => format!("{count}-tick {basis} bars"),
        BarMethod::Volume(step) => format!("{step}-volume {basis} bars"),
    }
}

/// A series in words.
pub fn series_words(series: &Known) -> String {
    series
        .bars
        .map_or_else(|| series.kind.to_string(), bar_words)
}

/// Whether bars of one rule can be had from bars of another.
pub fn can_make(source: BarSpec, wanted: BarSpec) -> bool {
    if source == wanted {
        return true;
    }
    match (source.method, wanted.method) {
        (BarMethod::Time(part), BarMethod::Time(whole)) => {
            source.basis == wanted.basis && part > 0 && whole.is_multiple_of(part)
        }
        _ => false,
    }
}

//! `argonaut bench`: a million quotes through the engine, in figures that can be set beside a peer's.
//!
//! Measured is the engine's run alone: quotes are in memory before, as the peers have theirs. Load
//! time and the whole from start to end are printed beside it.

pub mod bus;
pub mod crowd;
pub mod shadow;
pub mod swap;
mod usage;

pub use usage::ratio;

use crate::native::Native;
use crate::plugins::{Plugins, default_data_dir, runtime_options};
use crate::session::Session;
use crate::universe::Universe;
use anyhow::{Context, Result, bail};
use engine::{Effect, Journal, LimitScope, Limits, OrdersOnFault, StrategyConfig, VenueConfig};
use model::{
    AccountConfig, AccountKind, AssetClass, Duration, Fees, Instrument, InstrumentId, Margin,
    Money, PluginHash, Price, Quantity, Rate, Strategy, Timestamp,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::{DataSource, MarketEvent, Series};

/// Which strategy runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// None: the engine and the exchange alone.
    None,
    /// One that is told every quote and does nothing.
    Noop,
    /// The EMA crossover (10/20) on one-minute bid bars.
    Ema,
    /// A market order every so many quotes, alternating sides.
    Order,
}

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// CSV with columns ts_ns, bid, ask, bid_size, ask_size.
    pub quotes: PathBuf,
    /// Which strategy.
    pub mode: Mode,
    /// For `order`: every how many quotes.
    pub order_every: u64,
    /// Run the strategy compiled in instead of as WebAssembly.
    pub native: bool,
    /// Where the built plugins are.
    pub plugin_dir: PathBuf,
}

/// The figures.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// What ran.
    pub mode: String,
    /// Whether it ran compiled in.
    pub native: bool,
    /// Quotes.
    pub events: u64,
    /// Orders sent.
    pub orders: u64,
    /// Orders refused by the risk gate; a bench in which any is refused measures nothing.
    pub denied: u64,
    /// Fills.
    pub fills: u64,
    /// Bars made.
    pub bars: u64,
    /// CPU time of the process during the run, in seconds.
    pub cpu_s: f64,
    /// Wall time of the run, in seconds.
    pub wall_s: f64,
    /// Quotes per CPU-second.
    pub events_per_cpu_s: f64,
    /// Most memory the process ever had, in megabytes of 10^6 bytes.
    pub peak_rss_mb: f64,
    /// Reading and parsing the file, in seconds of wall time.
    pub load_s: f64,
    /// From start to end, in seconds of wall time.
    pub end_to_end_s: f64,
    /// What the account is worth at the end.
    pub equity: String,
    /// Hash of the journal, inputs and outputs.
    pub journal_hash: String,
}

/// Runs the bench.
pub fn run(options: &Options) -> Result<Figures> {
    let begin = Instant::now();
    let universe = universe()?;
    let quotes = load(&options.quotes)?;
    let load_s = begin.elapsed().as_secs_f64();
    let first = quotes.period().map_or(Timestamp::ZERO, |(first, _)| first);
    let definitions = universe.definitions().to_vec();
    let mut session = Session::new(Journal::default(), definitions, Vec::new(), first)?;
    if options.mode != Mode::None {
        let (instance, plugin, parameters) = strategy(options, &universe)?;
        let id = universe
            .find_strategy("bench")
            .context("the bench strategy is defined")?;
        session.start(id, plugin, &parameters, instance, Vec::new())?;
    }
    let Series::Quotes(quotes) = quotes else {
        bail!("the bench takes a file of quotes")
    };
    let mut counts = Counts::default();
    let (wall, cpu) = (Instant::now(), usage::cpu_time());
    for quote in &quotes {
        counts.add(session.feed(MarketEvent::Quote(*quote))?);
    }
    session.engine_mut().journal().commit()?;
    let journal_hash = session.engine_mut().journal().hash();
    let cpu_s = (usage::cpu_time() - cpu).as_secs_f64();
    let wall_s = wall.elapsed().as_secs_f64();
    if let Some(fault) = counts.fault {
        bail!("the strategy broke: {fault}");
    }
    let account = universe
        .find_account("bench")
        .context("the bench account is defined")?;
    let equity = session
        .engine()
        .equity(account)
        .transpose()?
        .unwrap_or_default();
    let events = quotes.len() as u64;
    Ok(Figures {
        mode: format!("{:?}", options.mode).to_lowercase(),
        native: options.native,
        events,
        orders: counts.orders,
        denied: counts.denied,
        fills: counts.fills,
        bars: counts.bars,
        cpu_s,
        wall_s,
        events_per_cpu_s: ratio(events, cpu_s),
        peak_rss_mb: usage::peak_rss_mb()?,
        load_s,
        end_to_end_s: begin.elapsed().as_secs_f64(),
        equity: equity.to_string(),
        journal_hash: journal_hash.to_string(),
    })
}

fn load(path: &Path) -> Result<Series> {
    let source = DataSource::new(path, InstrumentId::new(0));
    Ok(store::load(&source, &mut |_done, _all| {})?.series)
}

/// The peer's world: EUR/USD with 3 % margin and 0.2 basis points of fees, 10 million dollars.
fn universe() -> Result<Universe> {
    let mut universe = Universe::default();
    let (eur, usd) = (universe.currency("EUR"), universe.currency("USD"));
    let venue = universe.add_venue(VenueConfig {
        name: "SIM".to_owned(),
        ..VenueConfig::default()
    });
    let fee: Rate = "0.00002".parse()?;
    universe.add_instrument(Instrument {
        symbol: "EUR/USD.SIM".to_owned(),
        venue,
        class: AssetClass::FxPair { base: eur },
        quote_currency: usd,
        tick: "0.00001".parse::<Price>()?,
        lot: Quantity::whole(1_000)?,
        min_quantity: Quantity::whole(1_000)?,
        max_quantity: Quantity::MAX,
        multiplier: Quantity::ONE,
        margin: Margin {
            initial: "0.03".parse()?,
            maintenance: "0.03".parse()?,
        },
        fees: Fees {
            maker: fee,
            taker: fee,
            ..Fees::default()
        },
        day_end: Duration::ZERO,
        session: None,
        tradable: true,
        sector: None,
    });
    let account = universe.add_account(AccountConfig {
        name: "bench".to_owned(),
        venue,
        kind: AccountKind::Margin {
            leverage: Rate::whole(1)?,
        },
        base_currency: usd,
        deposits: vec![(usd, Money::whole(10_000_000)?)],
        hedging: None,
    });
    universe.set_limits(LimitScope::Firm, Limits::default());
    universe.add_strategy(StrategyConfig {
        name: "bench".to_owned(),
        account,
        on_fault: OrdersOnFault::Cancel,
        manual: false,
        permissions: engine::Permissions::ALL,
    });
    Ok(universe)
}

type Made = (Box<dyn Strategy>, PluginHash, Vec<(String, String)>);

fn strategy(options: &Options, universe: &Universe) -> Result<Made> {
    let parameters = parameters(options);
    if options.native {
        return Ok((
            native(options, universe, &parameters)?,
            PluginHash::default(),
            parameters,
        ));
    }
    let file = match options.mode {
        Mode::None => bail!("mode none has no strategy"),
        Mode::Noop => "noop.wasm",
        Mode::Ema => "ema-cross.wasm",
        Mode::Order => "order-every.wasm",
    };
    let plugins = Plugins::new(runtime_options(&default_data_dir())?)?;
    let plugin = plugins.load(&options.plugin_dir.join(file))?;
    let given: BTreeMap<_, _> = parameters.into_iter().collect();
    let (instance, parameters) = plugins.instance(&plugin, "bench", universe, &given)?;
    Ok((
        Box::new(instance),
        plugin.admitted.hash(),
        parameters.as_slice().to_vec(),
    ))
}

fn parameters(options: &Options) -> Vec<(String, String)> {
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    match options.mode {
        Mode::None | Mode::Noop => Vec::new(),
        Mode::Ema => vec![
            text("fast", "10"),
            text("slow", "20"),
            text("bar_seconds", "60"),
            text("basis", "bid"),
            text("quantity", "100000"),
        ],
        Mode::Order => {
            vec![
                text("every", &options.order_every.to_string()),
                text("quantity", "100000"),
            ]
        }
    }
}

fn native(
    options: &Options,
    universe: &Universe,
    parameters: &[(String, String)],
) -> Result<Box<dyn Strategy>> {
    let instruments: Vec<_> = universe
        .instruments()
        .map(|(id, i)| {
            (
                id,
                i.clone(),
                universe.currency_name(i.quote_currency).to_owned(),
            )
        })
        .collect();
    Ok(match options.mode {
        Mode::None => bail!("mode none has no strategy"),
        Mode::Noop => Box::new(Native::<noop::Noop>::new(
            "bench",
            &instruments,
            parameters,
        )?),
        Mode::Ema => Box::new(Native::<ema_cross::EmaCross>::new(
            "bench",
            &instruments,
            parameters,
        )?),
        Mode::Order => Box::new(Native::<order_every::OrderEvery>::new(
            "bench",
            &instruments,
            parameters,
        )?),
    })
}

#[derive(Default)]
struct Counts {
    orders: u64,
    denied: u64,
    fills: u64,
    bars: u64,
    fault: Option<model::Fault>,
}

impl Counts {
    fn add(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Order(update, _) => match update.change {
                    model::OrderChange::Submitted => self.orders += 1,
                    model::OrderChange::Denied(_) => self.denied += 1,
                    _ => {}
                },
                Effect::Fill(_) => self.fills += 1,
                Effect::Bar(_) => self.bars += 1,
                Effect::Fault(_, fault) => self.fault = Some(fault.clone()),
                _ => {}
            }
        }
    }
}

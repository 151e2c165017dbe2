//! What a shadow costs the version that runs: the engine's thread, for the same strategy alone and with its
//! shadow, in turns over the quotes of a file.
//!
//! A shadow trades in a copy of the engine on a thread of its own (ADR 0015), so what is compared is the
//! time of the engine's thread, for which all strategies wait. What the shadow's thread and the whole process
//! take stands beside it.

use super::{load, ratio, universe, usage};
use crate::plugins::{default_data_dir, runtime_options};
use anyhow::{Context, Result, bail};
use engine::{HandOver, OrdersOnFault};
use model::{Quote, Timestamp};
use runtime::{Limits, Runtime};
use serde::Serialize;
use services::clock::{Clock, ManualClock};
use services::feed::MarketInput;
use services::handle::{LoadRequest, PluginSource, Queries, ShadowRequest, Terms};
use services::host::{Host, HostConfig, HostHandle};
use services::shadow::{ShadowReport, ShadowState};
use services::wasm::WasmPlugins;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Series;

/// The strategy.
const NAME: &str = "orders";
/// How often it is measured alone and with its shadow; odd, so that there is a middle one.
const PAIRS: usize = 11;
/// Parts of the input: each pair has two, and one comes before, in which caches and branches get warm.
const PARTS: usize = 2 * PAIRS + 1;
/// The least and the most quotes of a part. With the least a file of 10,000 is enough, as for the other cases.
const LEAST: usize = 400;
const MOST: usize = 50_000;
/// Quotes that are sent at once, and then handled before more are sent.
const BATCH: usize = 2_000;
/// How often is looked whether all is handled.
const LOOK: Duration = Duration::from_millis(1);
/// Longest wait for what surely comes.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the ratio is of, for whoever reads the figures.
const RATIO_OF: &str = "CPU time of the engine's thread for an input, with a shadow over alone; the shadow's own \
                        engine runs on another thread (shadow_ns)";

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// CSV with columns ts_ns, bid, ask, bid_size, ask_size.
    pub quotes: PathBuf,
    /// Where the built plugins are.
    pub plugin_dir: PathBuf,
    /// Quotes for each market order.
    pub order_every: u64,
}

/// The figures: medians of all pairs, times in nanoseconds for each input.
#[derive(Debug, Clone, Serialize)]
pub struct ShadowFigures {
    mode: &'static str,
    pairs: usize,
    /// Quotes of a part.
    quotes: usize,
    /// The engine's thread.
    alone_ns: f64,
    with_shadow_ns: f64,
    /// The second over the first, of each pair.
    ratio: f64,
    ratio_least: f64,
    ratio_most: f64,
    ratio_of: &'static str,
    /// The shadow's thread.
    shadow_ns: f64,
    /// All threads of the process, with a shadow over alone.
    process_ratio: f64,
    /// What beginning one takes of the engine's thread, once: its copy above all.
    begin_us: f64,
    /// Orders of the shadows that the running version sent too, and those that only one of them did.
    matched: u64,
    differences: u64,
    /// Orders that the gate refused; a bench in which any is refused measures little.
    denied: u64,
}

/// What one part took, for each input.
#[derive(Debug, Clone, Copy)]
struct Cost {
    engine_ns: f64,
    process_ns: f64,
}

/// A part alone, the next one with a shadow, and what is known of that.
struct Pair {
    alone: Cost,
    shadowed: Cost,
    shadow_ns: f64,
    begin: Duration,
    report: ShadowReport,
}

/// Runs it.
///
/// # Errors
/// The quotes or the plugin cannot be read, there are too few quotes, a shadow ends by itself, or the kernel
/// does not tell what threads took.
pub fn run(options: &Options) -> Result<ShadowFigures> {
    let Series::Quotes(quotes) = load(&options.quotes)? else {
        bail!("the bench takes a file of quotes")
    };
    let part = (quotes.len() / PARTS).min(MOST);
    if part < LEAST {
        bail!("at least {} quotes are needed", PARTS * LEAST);
    }
    let file = options.plugin_dir.join("order-every.wasm");
    let component = std::fs::read(&file);
    let component = component.with_context(|| format!("{}: cannot be read", file.display()))?;
    let first = quotes.first().map(|quote| quote.ts_event);
    let first = first.unwrap_or(Timestamp::ZERO);
    let clock = Arc::new(ManualClock::at(first));
    let folder = tempfile::tempdir()?;
    let config = HostConfig::new(universe()?.definitions().to_vec(), folder.path());
    let runtime = Runtime::new(runtime_options(&default_data_dir())?)?;
    let plugins = Arc::new(WasmPlugins::new(runtime, Limits::default()));
    let time: Arc<dyn Clock> = clock.clone();
    let (handle, thread) = Host::start(config, plugins, time)?;
    let bench = Bench {
        handle,
        clock,
        requests: tokio::runtime::Builder::new_current_thread().build()?,
    };
    let measured = bench.measure(component, options.order_every, &quotes, part);
    let ended = bench.requests.block_on(bench.handle.shutdown());
    let pairs = measured?;
    ended?;
    if thread.join().is_err() {
        bail!("the engine's thread panicked");
    }
    Ok(figures(&pairs, part))
}

/// A host, and what it is asked with.
struct Bench {
    handle: HostHandle,
    clock: Arc<ManualClock>,
    requests: tokio::runtime::Runtime,
}

impl Bench {
    fn measure(
        &self,
        component: Vec<u8>,
        every: u64,
        quotes: &[Quote],
        part: usize,
    ) -> Result<Vec<Pair>> {
        let every = every.to_string();
        let parameters = [("every", every.as_str()), ("quantity", "100000")];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = LoadRequest {
            name: NAME.to_owned(),
            account: None,
            plugin: PluginSource::unsigned(component),
            parameters: BTreeMap::from(parameters),
            on_fault: OrdersOnFault::Cancel,
            start: true,
            terms: Terms::default(),
        };
        self.requests.block_on(self.handle.load_strategy(request))?;
        let mut parts = quotes.chunks_exact(part);
        let mut next = || parts.next().context("there are too few quotes");
        self.cost(next()?, false)?;
        let pairs = (0..PAIRS).map(|_| self.pair(next()?, next()?));
        pairs.collect()
    }

    fn pair(&self, first: &[Quote], second: &[Quote]) -> Result<Pair> {
        let alone = self.cost(first, false)?;
        let before = usage::thread_time(usage::ENGINE)?;
        let request = ShadowRequest {
            plugin: None,
            parameters: BTreeMap::new(),
            terms: Terms::default(),
            hand_over: HandOver::Carry,
            tolerance: None,
        };
        let begun = self.handle.begin_shadow(NAME, request);
        self.requests.block_on(begun)?;
        let begin = usage::thread_time(usage::ENGINE)?.saturating_sub(before);
        let shadowed = self.cost(second, true)?;
        let inputs = self.caught_up()?.inputs;
        let own = usage::thread_time(usage::SHADOW)?;
        let report = self.requests.block_on(self.handle.end_shadow(NAME))?;
        Ok(Pair {
            alone,
            shadowed,
            shadow_ns: each_ns(own, inputs),
            begin,
            report,
        })
    }

    /// What handling these takes; with a shadow it has seen them all too.
    fn cost(&self, quotes: &[Quote], shadowed: bool) -> Result<Cost> {
        let look = || -> Result<_> {
            let inputs = self.handle.engine().sequence;
            let engine = usage::thread_time(usage::ENGINE)?;
            Ok((inputs, engine, usage::cpu_time()))
        };
        let (inputs, engine, process) = look()?;
        for batch in quotes.chunks(BATCH) {
            self.send(batch)?;
        }
        if shadowed {
            self.caught_up()?;
        }
        let (inputs_after, engine_after, process_after) = look()?;
        let inputs = inputs_after.saturating_sub(inputs);
        Ok(Cost {
            engine_ns: each_ns(engine_after.saturating_sub(engine), inputs),
            process_ns: each_ns(process_after.saturating_sub(process), inputs),
        })
    }

    /// Sends quotes and waits until the engine has handled the last of them.
    fn send(&self, quotes: &[Quote]) -> Result<()> {
        let Some(last) = quotes.last() else {
            return Ok(());
        };
        // Time is that of the file, so that limits by time mean what they mean there.
        self.clock.set(last.ts_event);
        let inputs: Vec<_> = quotes.iter().copied().map(MarketInput::Quote).collect();
        self.handle.send_market(&inputs)?;
        wait("all quotes are handled", || {
            let instruments = self.handle.instruments();
            let seen = instruments.first().and_then(|view| view.quote);
            Ok(seen.filter(|quote| quote.ts_event == last.ts_event))
        })?;
        Ok(())
    }

    /// Waits until the shadow has seen all that the engine has.
    fn caught_up(&self) -> Result<ShadowReport> {
        wait("the shadow has seen all", || {
            let last = self.handle.engine().sequence;
            let report = self.handle.shadow_report(NAME)?;
            if let ShadowState::Ended(reason) = &report.state {
                bail!("the shadow ended: {reason}");
            }
            let seen = report.view.begun_at + report.inputs;
            Ok((report.waiting == 0 && seen >= last).then_some(report))
        })
    }
}

/// Waits for something that surely comes.
fn wait<T>(what: &str, mut come: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(come) = come()? {
            return Ok(come);
        }
        if begun.elapsed() > PATIENCE {
            bail!("waited in vain until {what}");
        }
        std::thread::sleep(LOOK);
    }
}

/// A time divided by inputs, in nanoseconds.
fn each_ns(time: Duration, inputs: u64) -> f64 {
    1e9 / ratio(inputs, time.as_secs_f64())
}

fn figures(pairs: &[Pair], quotes: usize) -> ShadowFigures {
    let all = |value: fn(&Pair) -> f64| -> Vec<f64> {
        let mut values: Vec<f64> = pairs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let middle = |value: fn(&Pair) -> f64| median(&all(value));
    let ratios = all(|pair| pair.shadowed.engine_ns / pair.alone.engine_ns);
    let sum = |count: fn(&ShadowReport) -> u64| -> u64 {
        let reports = pairs.iter().map(|pair| &pair.report);
        reports.map(count).sum()
    };
    ShadowFigures {
        mode: "shadow",
        pairs: pairs.len(),
        quotes,
        alone_ns: middle(|pair| pair.alone.engine_ns),
        with_shadow_ns: middle(|pair| pair.shadowed.engine_ns),
        ratio: median(&ratios),
        ratio_least: ratios.first().copied().unwrap_or_default(),
        ratio_most: ratios.last().copied().unwrap_or_default(),
        ratio_of: RATIO_OF,
        shadow_ns: middle(|pair| pair.shadow_ns),
        process_ratio: middle(|pair| pair.shadowed.process_ns / pair.alone.process_ns),
        begin_us: middle(|pair| pair.begin.as_secs_f64() * 1e6),
        matched: sum(|report| report.matched),
        differences: sum(ShadowReport::differences),
        denied: sum(|report| report.running.denied),
    }
}

/// The middle one of an odd number of sorted values; 0 of none.
fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_middle_one_and_a_time_is_shared_by_inputs() {
        assert!((median(&[1.0, 2.0, 30.0]) - 2.0).abs() < f64::EPSILON);
        assert!((each_ns(Duration::from_micros(10), 20) - 500.0).abs() < 1e-6);
        assert_eq!(PAIRS % 2, 1);
    }

    #[test]
    fn too_few_quotes_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let quotes = folder.path().join("few.csv");
        std::fs::write(
            &quotes,
            "ts_ns,bid,ask,bid_size,ask_size\n1767225600000000000,1.1,1.2,5,5\n",
        )
        .unwrap();
        let options = Options {
            quotes,
            plugin_dir: folder.path().to_owned(),
            order_every: 10,
        };
        let told = run(&options).unwrap_err().to_string();
        assert_eq!(told, "at least 9200 quotes are needed");
    }
}

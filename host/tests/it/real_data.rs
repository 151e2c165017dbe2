//! Backtests of the EMA crossover on every kind of real data, against a second reckoning that
//! shares nothing with the engine but the file reader: bars, averages, fill prices, fees and
//! equity are all worked out again here, in plain integers.

use super::process::{plugin, root};
use argonaut::backtest::spec::{STRATEGY, Spec, World, load, sections};
use argonaut::backtest::{self, Record};
use argonaut::config::{AccountTerms, Span};
use argonaut::plugins::Plugins;
use model::number::Excess;
use model::{Fill, InstrumentId, Money, Rate, Side};
use runtime::RuntimeOptions;
use std::path::PathBuf;
use store::{BarLabel, DataSource, Series};

/// One run on one file.
struct Case<'a> {
    file: &'a str,
    instrument: &'a str,
    deposit: &'a str,
    bar_seconds: u64,
    basis: &'a str,
    /// In units of 1e-8.
    quantity: i128,
    /// In units of 1e-9.
    taker_fee: i128,
    /// Fills that there must be at least.
    fills: usize,
    reading: DataSource,
}

const FAST: usize = 2;
const SLOW: usize = 3;
/// Units of 1e-9 in the deposit.
const DEPOSIT: i128 = 1_000_000 * 1_000_000_000;

/// A fill in the smallest units: positive quantities are bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expected {
    at: u64,
    quantity: i128,
    price: i128,
}

/// An average as the textbook has it: a simple one of the first values begins it.
struct Average {
    period: usize,
    first: Vec<f64>,
    value: Option<f64>,
}

impl Average {
    fn new(period: usize) -> Self {
        Self {
            period,
            first: Vec::new(),
            value: None,
        }
    }

    fn add(&mut self, input: f64) {
        let period = f64::from(u32::try_from(self.period).unwrap());
        if let Some(value) = &mut self.value {
            *value += (input - *value) * (2.0 / (period + 1.0));
            return;
        }
        self.first.push(input);
        if self.first.len() == self.period {
            self.value = Some(self.first.iter().sum::<f64>() / period);
        }
    }
}

/// What can be traded against now; a size of zero is one that is not known.
#[derive(Debug, Clone, Copy, Default)]
struct Touch {
    bid: i128,
    ask: i128,
    bid_size: i128,
    ask_size: i128,
}

/// The strategy's rule and the simplest exchange.
struct Reckoning {
    fast: Average,
    slow: Average,
    quantity: i128,
    position: i128,
    tick: i128,
    touch: Touch,
    fills: Vec<Expected>,
}

impl Reckoning {
    fn new(quantity: i128, tick: i128) -> Self {
        Self {
            fast: Average::new(FAST),
            slow: Average::new(SLOW),
            quantity,
            position: 0,
            tick,
            touch: Touch::default(),
            fills: Vec::new(),
        }
    }

    /// A bar is over at `at`.
    fn bar(&mut self, at: u64, high: i128, low: i128, close: f64) {
        self.fast.add(close);
        self.slow.add(close);
        let (Some(fast), Some(slow)) = (self.fast.value, self.slow.value) else {
            return;
        };
        let side = if fast >= slow { 1 } else { -1 };
        if high == low || self.position.signum() == side {
            return;
        }
        let amount = self.quantity + self.position.abs();
        let (price, size) = if side > 0 {
            (self.touch.ask, self.touch.ask_size)
        } else {
            (self.touch.bid, self.touch.bid_size)
        };
        let shown = if size == 0 { amount } else { amount.min(size) };
        for (part, price) in [(shown, price), (amount - shown, price + side * self.tick)] {
            if part > 0 {
                self.fills.push(Expected {
                    at,
                    quantity: side * part,
                    price,
                });
            }
        }
        self.position += side * amount;
    }
}

/// Prices as the strategy sees them.
fn float(price: i128) -> f64 {
    let digits = format!("{}.{:09}", price / 1_000_000_000, price % 1_000_000_000);
    digits.parse().unwrap()
}

/// One event of quotes or trades: when, the price bars follow, and the touch after it.
struct Point {
    at: u64,
    price: i128,
    touch: Touch,
}

fn points(series: &Series) -> Vec<Point> {
    match series {
        Series::Quotes(quotes) => quotes
            .iter()
            .map(|quote| Point {
                at: quote.ts_event.nanos(),
                price: quote.bid.raw().into(),
                touch: Touch {
                    bid: quote.bid.raw().into(),
                    ask: quote.ask.raw().into(),
                    bid_size: quote.bid_size.raw().into(),
                    ask_size: quote.ask_size.raw().into(),
                },
            })
            .collect(),
        Series::Trades(trades) => trades
            .iter()
            .map(|trade| Point {
                at: trade.ts_event.nanos(),
                price: trade.price.raw().into(),
                touch: single(trade.price.raw().into()),
            })
            .collect(),
        Series::Bars(_) | Series::Books(_) => panic!("no points"),
    }
}

fn single(price: i128) -> Touch {
    Touch {
        bid: price,
        ask: price,
        ..Touch::default()
    }
}

/// Bars from points: a bar ends at its boundary, before whatever comes at or after it.
fn by_points(reckoning: &mut Reckoning, points: &[Point], step: u64) {
    // End, high, low and close of the bar in the making.
    let mut open: Option<(u64, i128, i128, i128)> = None;
    for point in points {
        if let Some((end, high, low, close)) = open.filter(|(end, ..)| *end <= point.at) {
            reckoning.bar(end, high, low, float(close));
            open = None;
        }
        reckoning.touch = point.touch;
        open = Some(match open {
            Some((end, high, low, _)) => (
                end,
                high.max(point.price),
                low.min(point.price),
                point.price,
            ),
            None => {
                let end = (point.at / step + 1) * step;
                (end, point.price, point.price, point.price)
            }
        });
    }
}

/// What ought to come out, and the last price by which a position is valued, doubled so that a
/// midpoint stays whole.
fn reckon(case: &Case<'_>, series: &Series, tick: i128) -> (Vec<Expected>, i128) {
    let mut reckoning = Reckoning::new(case.quantity, tick);
    if let Series::Bars(bars) = series {
        for bar in bars {
            reckoning.touch = single(bar.close.raw().into());
            let (high, low) = (bar.high.raw().into(), bar.low.raw().into());
            let close = float(bar.close.raw().into());
            reckoning.bar(bar.ts_event.nanos(), high, low, close);
        }
    } else {
        let step = case.bar_seconds * 1_000_000_000;
        by_points(&mut reckoning, &points(series), step);
    }
    let twice = reckoning.touch.bid + reckoning.touch.ask;
    (reckoning.fills, twice)
}

fn found(fill: &Fill) -> Expected {
    let quantity = i128::from(fill.quantity.raw());
    Expected {
        at: fill.ts_event.nanos(),
        quantity: if fill.side == Side::Buy {
            quantity
        } else {
            -quantity
        },
        price: fill.price.raw().into(),
    }
}

/// Units of 1e-17 in a unit of 1e-9: price times quantity against money.
const PRODUCT: i128 = 100_000_000;

fn fee(fill: &Expected, rate: i128) -> i128 {
    fill.price * fill.quantity.abs() / PRODUCT * rate / 1_000_000_000
}

/// The deposit, less what was paid, plus what was got, plus what the rest is worth; in 1e-9.
fn equity(fills: &[Expected], twice_mark: i128, taker_fee: i128) -> i128 {
    let flows: i128 = fills.iter().map(|fill| fill.price * fill.quantity).sum();
    let fees: i128 = fills.iter().map(|fill| fee(fill, taker_fee)).sum();
    let position: i128 = fills.iter().map(|fill| fill.quantity).sum();
    DEPOSIT + (position * twice_mark / 2 - flows) / PRODUCT - fees
}

/// The path of a file of the shared data; `None`, with a word, where there is none.
fn data(file: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data").join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

fn spec(case: &Case<'_>, path: PathBuf) -> Spec {
    let placed = [(path, InstrumentId::new(0))];
    let (data, files, _) = load(&case.reading, &placed, &mut |_, _| {}).unwrap();
    let (sections, notes) = sections(&[case.instrument.to_owned()], &data).unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    let world = World {
        cash_account: false,
        leverage: Rate::from_raw(Rate::SCALE),
        deposits: vec![(case.deposit.to_owned(), Money::from_raw(DEPOSIT))],
        latency: Span::default(),
        feed_latency: Span::default(),
        slippage_ticks: 0,
        chances: None,
        external: None,
        terms: AccountTerms::default(),
    };
    let quantity = format!(
        "{}.{:08}",
        case.quantity / 100_000_000,
        case.quantity % 100_000_000
    );
    let parameters = [
        ("fast", FAST.to_string()),
        ("slow", SLOW.to_string()),
        ("warm_up", "0".to_owned()),
        ("bar_seconds", case.bar_seconds.to_string()),
        ("basis", case.basis.to_owned()),
        ("quantity", quantity),
    ];
    Spec {
        strategy: plugin("ema-cross"),
        parameters: parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        algorithms: Vec::new(),
        rules: Vec::new(),
        venue_models: Vec::new(),
        happenings: Vec::new(),
        universe: world.universe(&sections).unwrap(),
        files,
        data,
        start: None,
        end: None,
    }
}

fn run(spec: &Spec) -> Record {
    let plugins = Plugins::new(RuntimeOptions::default()).unwrap();
    let record = backtest::run(spec, &plugins, None, &mut |_| {}).unwrap();
    assert!(record.denied.is_empty(), "{:?}", record.denied);
    assert_eq!(record.fault, None);
    assert_eq!(record.ignored, 0, "{:?}", record.first_ignored);
    record
}

fn check(case: &Case<'_>) {
    let Some(path) = data(case.file) else {
        return;
    };
    let spec = spec(case, path);
    assert!(spec.universe.find_strategy(STRATEGY).is_some());
    let tick = spec.universe.instrument(InstrumentId::new(0)).unwrap().tick;
    let record = run(&spec);
    let (expected, twice_mark) = reckon(case, &spec.data.in_memory()[0], tick.raw().into());
    let fills: Vec<_> = record.fills.iter().map(found).collect();
    for (index, (found, expected)) in fills.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "{}: fill {index}", case.file);
    }
    assert_eq!(fills.len(), expected.len(), "{}", case.file);
    assert!(fills.len() >= case.fills, "{} fills", fills.len());
    let (_, last) = record.curve.last().unwrap();
    let wanted = equity(&expected, twice_mark, case.taker_fee);
    // Each fee and each closed part is rounded to 1e-9 once.
    let allowed = i128::try_from(2 * fills.len()).unwrap();
    let apart = (last.raw() - wanted).abs();
    assert!(apart <= allowed, "{last} against {wanted} in 1e-9");
}

fn plain() -> DataSource {
    DataSource::new("", InstrumentId::new(0))
}

#[test]
fn fx_ticks() {
    check(&Case {
        file: "fx_tick/truefx_usdjpy-ticks.csv.gz",
        instrument: "USD/JPY",
        deposit: "JPY",
        bar_seconds: 60,
        basis: "bid",
        quantity: 100 * 100_000_000,
        taker_fee: 0,
        fills: 5,
        reading: plain(),
    });
}

#[test]
fn crypto_quotes() {
    check(&Case {
        file: "trades/binance_btcusdt-quotes.parquet",
        instrument: "BTC/USDT,taker_fee=0.0004",
        deposit: "USDT",
        bar_seconds: 1,
        basis: "bid",
        // Now and then more than the touch shows, so that the rest fills one tick worse.
        quantity: 5_000_000,
        taker_fee: 400_000,
        fills: 5,
        reading: plain(),
    });
}

#[test]
fn crypto_trades() {
    check(&Case {
        file: "trades/binance_btcusdt-trades.parquet",
        instrument: "BTC/USDT,taker_fee=0.0004",
        deposit: "USDT",
        bar_seconds: 1,
        basis: "last",
        quantity: 100_000_000,
        taker_fee: 400_000,
        fills: 5,
        reading: plain(),
    });
}

#[test]
fn minute_bars_of_a_share() {
    check(&Case {
        file: "minute/spy_2011-01_1m_ninjatrader.csv.gz",
        instrument: "SPY",
        deposit: "USD",
        bar_seconds: 60,
        basis: "last",
        quantity: 10 * 100_000_000,
        taker_fee: 0,
        fills: 1_000,
        reading: DataSource {
            bar_label: BarLabel::End,
            ..plain()
        },
    });
}

#[test]
fn minute_bars_with_float_noise() {
    check(&Case {
        file: "minute/binance_XRP_ETH-1m.csv.gz",
        instrument: "XRP/ETH,taker_fee=0.001",
        deposit: "ETH",
        bar_seconds: 60,
        basis: "last",
        quantity: 1_000 * 100_000_000,
        taker_fee: 1_000_000,
        fills: 100,
        reading: DataSource {
            price_excess: Excess::Round,
            size_excess: Excess::Round,
            ..plain()
        },
    });
}

#[test]
fn daily_bars() {
    check(&Case {
        file: "equity_daily/sp500_daily_2013-02_2016-12.parquet",
        instrument: "AAPL",
        deposit: "USD",
        bar_seconds: 86_400,
        basis: "last",
        quantity: 100 * 100_000_000,
        taker_fee: 0,
        fills: 50,
        reading: DataSource {
            symbol: Some("AAPL".to_owned()),
            ..plain()
        },
    });
}

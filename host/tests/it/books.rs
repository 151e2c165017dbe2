//! Order books from files and from a catalog: backtests see and fill in them as if somebody fed the
//! engine batch by batch.

use super::process::{argonaut, error_line, plugin, stdout};
use argonaut::backtest::instruments;
use argonaut::backtest::spec::{ACCOUNT, STRATEGY, World};
use argonaut::config::{AccountTerms, Span};
use argonaut::session::Session;
use argonaut::universe::Universe;
use engine::{Effect, Input, Journal};
use model::{
    BookChanges, BookLevel, BookScope, BookUpdate, Event, Fault, Fill, HistoryRequest,
    InstrumentId, Intents, OrderKind, OrderRequest, PluginHash, Price, Quantity, Rate, SavedState,
    Side, StartSnapshot, Strategy, Subscription, Timestamp, Trade,
};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use store::catalog::{Catalog, Range};
use store::{BookRow, MarketEvent, Series};
use tempfile::TempDir;

const BOOK: InstrumentId = InstrumentId::new(0);
const SYMBOL: &str = "BTCUSDT-PERP";
/// Ten minutes before a midnight, in milliseconds.
const START: u64 = 1_723_161_000_000;
/// A tick of 0.1.
const TICK: i64 = 100_000_000;
const MIDDLE: i64 = 600_000;

/// Random numbers that a seed tells.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

fn level(side: Side, ticks: i64, thousandths: u64) -> BookLevel {
    BookLevel {
        side,
        price: Price::from_raw(ticks * TICK),
        size: Quantity::from_raw(thousandths * 100_000),
    }
}

/// A book whose middle, where nobody stands, walks up and down; one batch a second.
fn updates(count: u64) -> Vec<BookUpdate> {
    let mut dice = Dice(11);
    let (mut middle, mut number) = (MIDDLE, 5_000_000_000_000);
    let sides = |middle: i64, away: i64, size| {
        [
            level(Side::Buy, middle - away, size),
            level(Side::Sell, middle + away, size),
        ]
    };
    let mut all = Vec::new();
    for second in 0..count {
        let first = number + 1;
        number += 1 + dice.below(9);
        let mut levels = Vec::new();
        if second == 0 {
            levels.extend((1..40).flat_map(|away| sides(middle, away, 500)));
        } else {
            // In waves, so that averages cross.
            let up = dice.below(10) < if second / 240 % 2 == 0 { 7 } else { 3 };
            middle += if up { 1 } else { -1 };
            levels.extend(sides(middle, 0, 0));
            let near = 1 + i64::try_from(dice.below(4)).unwrap();
            levels.extend(sides(middle, near, dice.below(2_000)));
        }
        let at = Timestamp::from_nanos((START + second * 1_000) * 1_000_000);
        all.push(BookUpdate {
            instrument: BOOK,
            scope: if second == 0 {
                BookScope::Snapshot
            } else {
                BookScope::Delta
            },
            first,
            last: number,
            changes: BookChanges::Levels(levels),
            ts_event: at,
            ts_init: at,
        });
    }
    all
}

/// The lines that a recorder would have written.
fn recorded(updates: &[BookUpdate]) -> String {
    let mut text = String::new();
    for update in updates {
        let BookChanges::Levels(levels) = &update.changes else {
            panic!("levels");
        };
        let list = |side| {
            let own = levels.iter().filter(|level| level.side == side);
            let pairs = own.map(|level| format!("[\"{}\",\"{}\"]", level.price, level.size));
            pairs.collect::<Vec<_>>().join(",")
        };
        let (bids, asks) = (list(Side::Buy), list(Side::Sell));
        let (at, last, before) = (
            update.ts_event.nanos() / 1_000_000,
            update.last,
            update.first - 1,
        );
        match update.scope {
            BookScope::Snapshot => writeln!(
                text,
                "{at}000000 {{\"lastUpdateId\":{last},\"T\":{at},\"bids\":[{bids}],\"asks\":[{asks}]}}"
            ),
            BookScope::Delta => writeln!(
                text,
                "{at}000000 {{\"data\":{{\"e\":\"depthUpdate\",\"T\":{at},\"s\":\"BTCUSDT\",\"U\":{},\
                 \"u\":{last},\"pu\":{before},\"b\":[{bids}],\"a\":[{asks}]}}}}",
                update.first
            ),
        }
        .unwrap();
    }
    text
}

/// A folder with a recording, and the same in two files.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let updates = updates(2_400);
    let write = |name: &str, part: &[BookUpdate]| {
        std::fs::write(folder.path().join(name), recorded(part)).unwrap();
    };
    write("feed.txt", &updates);
    write("a.txt", &updates[..1_000]);
    write("b.txt", &updates[1_000..]);
    folder
}

fn run(folder: &Path, line: &str) -> std::process::Output {
    let arguments: Vec<_> = line.split_whitespace().collect();
    argonaut(folder, &arguments)
}

fn json(folder: &Path, line: &str) -> Value {
    serde_json::from_str(&stdout(&run(folder, line))).unwrap()
}

fn hash(folder: &Path, data: &str) -> Value {
    let strategy = plugin("ema-cross").display().to_string();
    let report = json(
        folder,
        &format!(
            "backtest --strategy {strategy} --param fast=2 --param slow=4 --param warm_up=0 \
             --param quantity=1 --instrument {SYMBOL} --json - {data}"
        ),
    );
    assert_ne!(report["counters"]["fills"], "0", "it traded");
    report["journal_hash"].clone()
}

#[test]
fn a_recording_is_traded_on_alike_from_a_file_and_from_a_catalog() {
    let folder = folder();
    let folder = folder.path();
    let memory = hash(folder, "--data feed.txt");
    let import = format!("data import feed.txt --catalog cat --instrument {SYMBOL} --json");
    let taken = json(folder, &import);
    assert_eq!(
        (&taken["files"][0]["kind"], &taken["files"][0]["parts"]),
        (&"books".into(), &2.into())
    );
    assert_eq!(json(folder, &import)["files"][0]["events"], 0);
    assert_eq!(hash(folder, "--catalog cat"), memory);
    // In two files, of which the second goes on with the book of the first.
    let parts = format!("data backfill ?.txt --catalog two --instrument {SYMBOL} --json");
    assert_eq!(json(folder, &parts)["files"], 2);
    assert_eq!(json(folder, &parts)["done_before"], 2);
    assert_eq!(hash(folder, "--catalog two"), memory);
    json(folder, "data compact --catalog two --json");
    assert_eq!(hash(folder, "--catalog two"), memory);
    assert_eq!(
        run(folder, "data verify --catalog two").status.code(),
        Some(0)
    );
    assert_eq!(
        run(folder, "data quality --catalog two").status.code(),
        Some(0)
    );
    json(
        folder,
        &format!("data export out.csv --catalog two --instrument {SYMBOL} --kind books --json"),
    );
    assert_eq!(hash(folder, "--data out.csv"), memory);
}

#[test]
fn a_recording_without_its_beginning_is_refused() {
    let folder = folder();
    let folder = folder.path();
    let import = run(
        folder,
        &format!("data import b.txt --catalog cat --instrument {SYMBOL}"),
    );
    let error = error_line(&import);
    assert!(
        error.contains("b.txt") && error.contains("first snapshot is missing"),
        "{error}"
    );
    let strategy = plugin("ema-cross").display().to_string();
    let line = format!("backtest --strategy {strategy} --instrument {SYMBOL} --data b.txt");
    let error = error_line(&run(folder, &line));
    assert!(
        error.contains("b.txt: line 1: a change of a book"),
        "{error}"
    );
}

#[test]
fn a_start_in_the_middle_begins_with_the_book_as_it_then_is() {
    let folder = folder();
    let hash = hash(
        folder.path(),
        "--data feed.txt --start 2024-08-08T23:55:00Z",
    );
    assert_ne!(hash, self::hash(folder.path(), "--data feed.txt"));
}

#[test]
fn what_crossing_the_spread_cost_counts_the_book_that_a_start_begins_with() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("two.txt"), recorded(&updates(2))).unwrap();
    let strategy = plugin("order-every").display().to_string();
    let spread = |start: &str| {
        let line = format!(
            "backtest --strategy {strategy} --param every=1 --param quantity=1 --instrument {SYMBOL} \
             --json - --data two.txt{start}"
        );
        let report = json(folder.path(), &line);
        assert_ne!(report["counters"]["fills"], "0", "{report:#}");
        report["costs"]["spread"].clone()
    };
    // It buys in the first book and sells in the second, either way.
    let all = spread("");
    assert!(!all.is_null());
    assert_eq!(spread(" --start 2024-08-08T23:50:01Z"), all);
}

/// Takes more than the touch has, rests, and remembers what it was told.
struct Watcher {
    declared: [Subscription; 2],
    told: Arc<Mutex<Vec<Event>>>,
}

impl Strategy for Watcher {
    fn declared(&self) -> &[Subscription] {
        &self.declared
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        &[]
    }

    fn start(&mut self, _: &StartSnapshot, _: &mut Intents) -> Result<(), Fault> {
        Ok(())
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        let mut told = self.told.lock().unwrap();
        told.push(event.clone());
        let count = told.len();
        let Event::Book(view) = event else {
            return Ok(());
        };
        let side = if count.is_multiple_of(2) {
            Side::Buy
        } else {
            Side::Sell
        };
        if count.is_multiple_of(31) {
            let wanted = Quantity::whole(3).unwrap();
            out.submit(OrderRequest::new(BOOK, side, OrderKind::Market, wanted));
        }
        let best = match side {
            Side::Buy => view.bids.first(),
            Side::Sell => view.asks.first(),
        };
        if let Some(best) = best.filter(|_| count.is_multiple_of(17)) {
            let kind = OrderKind::Limit { price: best.price };
            out.submit(OrderRequest::new(BOOK, side, kind, Quantity::ONE));
        }
        Ok(())
    }

    fn stop(&mut self, _: &mut Intents) -> Result<(), Fault> {
        Ok(())
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        Ok(SavedState::default())
    }
}

fn universe() -> Universe {
    let world = World {
        cash_account: false,
        leverage: "1".parse::<Rate>().unwrap(),
        deposits: Vec::new(),
        latency: Span(model::Duration::from_millis(20)),
        feed_latency: Span(model::Duration::ZERO),
        slippage_ticks: 0,
        chances: None,
        external: None,
        terms: AccountTerms::default(),
    };
    let section = instruments::parse(SYMBOL, Price::from_raw(TICK)).unwrap();
    world.universe(&[section]).unwrap()
}

/// What came of a run: fills, what the strategy was told, the hash of the journal.
type Outcome = (Vec<Fill>, Vec<Event>, String);

/// Runs the watcher over what `feed` does.
fn watch(mut feed: impl FnMut(&mut Session, &mut Vec<Effect>)) -> Outcome {
    let universe = universe();
    assert!(universe.find_account(ACCOUNT).is_some());
    let begin = Timestamp::from_nanos(START * 1_000_000);
    let definitions = universe.definitions().to_vec();
    let mut session = Session::new(Journal::default(), definitions, Vec::new(), begin).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let watcher = Watcher {
        declared: [Subscription::Book(BOOK, 5), Subscription::Trades(BOOK)],
        told: Arc::clone(&told),
    };
    let strategy = universe.find_strategy(STRATEGY).unwrap();
    let plugin = PluginHash::of(b"watcher");
    session
        .start(strategy, plugin, &[], Box::new(watcher), Vec::new())
        .unwrap();
    let mut effects = Vec::new();
    feed(&mut session, &mut effects);
    let fills = effects.iter().filter_map(|effect| match effect {
        Effect::Fill(fill) => Some(*fill),
        Effect::Ignored(why) => panic!("{why}"),
        _ => None,
    });
    let fills = fills.collect();
    let hash = session.engine_mut().journal().seal().unwrap().to_string();
    let told = std::mem::take(&mut *told.lock().unwrap());
    (fills, told, hash)
}

#[test]
fn fills_by_depth_from_a_catalog_are_those_of_a_direct_feed() {
    let updates = updates(2_400);
    // Trades at the best bid, which the line before a resting order feels; books come first.
    let trade = |update: &BookUpdate| Trade {
        instrument: BOOK,
        price: Price::from_raw((MIDDLE - 1) * TICK),
        size: Quantity::from_raw(30_000_000),
        aggressor: Some(Side::Sell),
        ts_event: update.ts_event,
        ts_init: update.ts_init,
    };
    let trades: Vec<_> = updates.iter().step_by(7).map(trade).collect();
    let direct = watch(|session, effects| {
        let mut trades = trades.iter().peekable();
        for update in &updates {
            let input = Input::Book(Box::new(update.clone()));
            effects.extend_from_slice(session.step(update.ts_init, input).unwrap());
            while let Some(trade) = trades.next_if(|trade| trade.ts_init <= update.ts_init) {
                effects
                    .extend_from_slice(session.step(trade.ts_init, Input::Trade(*trade)).unwrap());
            }
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::create(folder.path().join("cat")).unwrap();
    let rows: Vec<_> = updates.iter().flat_map(BookRow::of).collect();
    catalog
        .add(SYMBOL, &Series::Trades(trades.clone()))
        .unwrap();
    catalog.add(SYMBOL, &Series::Books(rows)).unwrap();
    let streamed = watch(|session, effects| {
        let series = catalog.series(None).unwrap();
        let readers = series.iter().map(|series| series.read(BOOK, Range::ALL));
        for event in store::catalog::merge(readers.collect()).unwrap() {
            let event: MarketEvent = event.unwrap();
            effects.extend_from_slice(session.feed(event).unwrap());
        }
    });
    let (fills, told, _) = &direct;
    // Orders walk the levels: there are more fills than takers.
    let books = told
        .iter()
        .filter(|event| matches!(event, Event::Book(_)))
        .count();
    println!(
        "{} fills, {books} books, {} events",
        fills.len(),
        told.len()
    );
    assert!(
        fills.len() > 2 * books / 31 && books > 1_000,
        "{} of {books}",
        fills.len()
    );
    assert_eq!(streamed.0, direct.0);
    assert_eq!(streamed.1, direct.1);
    assert_eq!(streamed.2, direct.2);
}

//! Order books on recorded feeds: every batch fits, and the top of the book is what the exchange said
//! it was. Skipped with a message where the recordings are not at hand.

use crate::capture::{self, Capture};
use crate::world::*;
use engine::{Definition, Effect, Engine, Ignored, Input, Journal, Sequenced};
use model::{AssetClass, BookChanges, BookRefusal, BookScope, BookUpdate, InstrumentId};

const BOOK: InstrumentId = InstrumentId::new(0);

/// An engine with nothing but an instrument to keep the book of.
fn engine() -> Engine {
    let mut engine = Engine::new(Journal::default());
    let mut setup = Setup::default();
    let mut instrument = setup.instrument(COIN).clone();
    instrument.class = AssetClass::Equity;
    let currency = Definition::Currency("USD".to_owned());
    for definition in [
        currency,
        Definition::Venue(setup.venue),
        Definition::Instrument(instrument),
    ] {
        step(&mut engine, 0, Input::Define(Box::new(definition)));
    }
    engine
}

fn step(engine: &mut Engine, time: u64, input: Input) -> Vec<Effect> {
    let sequence = engine.sequence() + 1;
    let time = at(time.max(engine.now().nanos()));
    engine
        .step(Sequenced {
            sequence,
            time,
            input,
        })
        .unwrap()
        .to_vec()
}

fn apply(engine: &mut Engine, update: &BookUpdate) -> Vec<Effect> {
    step(
        engine,
        update.ts_init.nanos(),
        Input::Book(Box::new(update.clone())),
    )
}

/// Plays a recording; after how many batches the top could be compared, and was equal.
fn play(capture: &Capture) -> usize {
    let mut engine = engine();
    let mut compared = 0;
    for update in &capture.updates {
        assert_eq!(
            apply(&mut engine, update),
            [],
            "{} to {}",
            update.first,
            update.last
        );
        let told = capture
            .tickers
            .partition_point(|ticker| ticker.number <= update.last);
        let Some(ticker) = told.checked_sub(1).map(|place| capture.tickers[place]) else {
            continue;
        };
        let quote = engine.market().get(BOOK).unwrap().quote.unwrap();
        let top = (quote.bid, quote.bid_size, quote.ask, quote.ask_size);
        let expect = (ticker.bid, ticker.bid_size, ticker.ask, ticker.ask_size);
        assert_eq!(
            top, expect,
            "after {}, by the ticker {}",
            update.last, ticker.number
        );
        compared += 1;
    }
    compared
}

fn check(file: &str, at_least: usize) {
    let Some(capture) = capture::read(file) else {
        return;
    };
    let compared = play(&capture);
    println!(
        "{file}: {compared} of {} batches compared",
        capture.updates.len()
    );
    assert!(compared >= at_least, "{compared}");
}

#[test]
fn the_top_of_a_futures_book_is_what_the_exchange_said() {
    check("binance_usdm/btcusdt_20240808.gz", 3_000);
    check("binance_usdm/ethusdt_20240808.gz", 3_000);
}

#[test]
fn the_top_of_a_coin_margined_book_is_what_the_exchange_said() {
    check("binance_coinm/btcusd_perp_20240808.gz", 3_000);
}

#[test]
fn the_top_of_a_spot_book_is_what_the_exchange_said() {
    check("binance_spot/btcusdt_20240808.gz", 3_000);
    check("binance_spot/ethusdt_20240808.gz", 3_000);
}

#[test]
fn a_batch_lost_from_a_recording_is_noticed_and_a_snapshot_heals_it() {
    let Some(mut capture) = capture::read("binance_usdm/btcusdt_20240808.gz") else {
        return;
    };
    let mut engine = engine();
    let lost = capture.updates.remove(100);
    for update in &capture.updates[..100] {
        assert_eq!(apply(&mut engine, update), []);
    }
    let next = &capture.updates[100];
    let applied = lost.first - 1;
    let gap = BookRefusal::Gap {
        applied,
        first: next.first,
    };
    assert_eq!(
        apply(&mut engine, next),
        [Effect::Ignored(Ignored::Book(BOOK, gap))]
    );
    assert!(engine.market().get(BOOK).unwrap().book_lost);
    assert_eq!(engine.market().get(BOOK).unwrap().quote, None);
    let whole = BookUpdate {
        scope: BookScope::Snapshot,
        ts_event: next.ts_event,
        ts_init: next.ts_init,
        ..capture.updates[0].clone()
    };
    assert_eq!(apply(&mut engine, &whole), []);
    assert!(!engine.market().get(BOOK).unwrap().book_lost);
    assert!(matches!(&whole.changes, BookChanges::Levels(levels) if levels.len() > 1_000));
}

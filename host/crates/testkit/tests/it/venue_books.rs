//! The file of the fake venue that is a process: whoever goes on from it has what was there.

use connectors::gateway::wire::{Lasting, NewOrder, Request};
use model::{OrderId, OrderKind, Price, Quantity, Side, Timestamp};
use std::ops::Range;
use std::path::Path;
use testkit::venue::Said;
use testkit::venue::outside::{ACCOUNT, Books, SYMBOL};

const JOURNAL: &str = "J";

fn order(turn: u64) -> OrderId {
    OrderId::derive(1, turn).unwrap()
}

/// A market order to buy, one to sell, or one that rests far away.
fn insert(turn: u64) -> Request {
    let away = OrderKind::Limit {
        price: "0.5".parse().unwrap(),
    };
    let (side, kind) = match turn % 3 {
        0 => (Side::Buy, OrderKind::Market),
        1 => (Side::Sell, OrderKind::Market),
        _ => (Side::Buy, away),
    };
    Request::Insert {
        number: turn,
        account: ACCOUNT.to_owned(),
        order: NewOrder {
            client_id: format!("{JOURNAL}.{}", order(turn).number()),
            instrument: SYMBOL.to_owned(),
            side,
            kind,
            quantity: Quantity::from_raw(Quantity::SCALE * 1_000 * (turn + 1)),
            time_in_force: Lasting::Gtc,
            post_only: false,
            reduce_only: false,
            display: None,
        },
    }
}

fn step(books: &mut Books, turn: u64) {
    let ticks = if turn.is_multiple_of(2) { 3 } else { -4 };
    let price = Price::from_raw(books.price().raw() + ticks * 10_000);
    let now = Timestamp::from_nanos(1_000_000 * turn);
    books.trade(now, price).unwrap();
}

/// Lets the market move and orders come; what the venue says.
fn trade(books: &mut Books, turns: Range<u64>) -> Vec<Said> {
    let mut said = Vec::new();
    for turn in turns {
        step(books, turn);
        books.take(JOURNAL, insert(turn)).unwrap();
        said.extend(books.hear().unwrap());
    }
    said
}

fn open(file: &Path) -> Books {
    Books::open(file).unwrap()
}

#[test]
fn a_venue_that_goes_on_from_its_books_is_the_one_that_never_died() {
    let folder = tempfile::tempdir().unwrap();
    let [steady, dies] = ["steady", "dies"].map(|name| folder.path().join(name));
    let mut steady = open(&steady);
    let told = trade(&mut steady, 0..60);
    let mut said = Vec::new();
    for begin in (0..60).step_by(7) {
        said.extend(trade(&mut open(&dies), begin..(begin + 7).min(60)));
    }
    let mut again = open(&dies);
    let held = again.holdings().unwrap();
    assert_eq!(held, steady.holdings().unwrap());
    assert_eq!(said, told);
    assert!(held.executions.len() >= 40 && held.open.len() == 20);
    assert!(again.hear().unwrap().is_empty());
    // It knows orders of its earlier lives.
    again.take(JOURNAL, insert(3)).unwrap();
    let after = again.holdings().unwrap();
    assert_eq!(after.sent_twice, [order(3).number()]);
    assert_eq!(after.executions, held.executions);
}

#[test]
fn a_line_that_is_not_whole_is_dropped_and_one_that_is_wrong_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books");
    let mut books = open(&file);
    trade(&mut books, 0..10);
    let held = books.holdings().unwrap();
    let whole = std::fs::read(&file).unwrap();
    step(&mut books, 10);
    drop(books);
    let all = std::fs::read(&file).unwrap();
    for cut in whole.len()..all.len() {
        std::fs::write(&file, &all[..cut]).unwrap();
        let mut books = open(&file);
        assert_eq!(
            (books.steps(), books.holdings().unwrap()),
            (20, held.clone())
        );
        step(&mut books, 10);
        drop(books);
        assert_eq!(std::fs::read(&file).unwrap(), all);
    }
    std::fs::write(&file, [&whole[..], b"{}\n"].concat()).unwrap();
    let refused = Books::open(&file).unwrap_err().to_string();
    assert!(refused.starts_with("line 21 of the books"), "{refused}");
}

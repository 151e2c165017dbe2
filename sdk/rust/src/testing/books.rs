//! Order books for a strategy under test.

use super::{Harness, price, quantity};
use crate::{Book, Duration, InstrumentId, PriceLevel, Strategy, Subscription};

impl<S: Strategy> Harness<S> {
    /// An order book of the first instrument, a millisecond after the event before: price and size
    /// of each level, best first.
    pub fn book(&mut self, bids: &[(&str, &str)], asks: &[(&str, &str)]) {
        self.pass(Duration::from_millis(1));
        self.send_book(&Book {
            instrument: InstrumentId::default(),
            bids: levels(bids),
            asks: levels(asks),
            ts_event: self.now(),
            ts_init: self.now(),
        });
    }

    /// An order book, as it stands; each subscription gets as many levels as it asked for.
    pub fn send_book(&mut self, book: &Book) {
        self.reach(book.ts_init);
        if let (Some(bid), Some(ask)) = (book.best_bid(), book.best_ask()) {
            self.move_market(book.instrument, |market| market.quote(bid.price, ask.price));
        }
        for depth in self.book_depths(book.instrument) {
            let shown = |levels: &[PriceLevel]| levels.iter().take(depth).copied().collect();
            let seen = Book {
                bids: shown(&book.bids),
                asks: shown(&book.asks),
                ..*book
            };
            self.runner.on_book(&seen, &mut self.desk);
            self.settle();
        }
    }

    /// The order book of an instrument is lost.
    pub fn lose_book(&mut self, instrument: InstrumentId) {
        for _ in self.book_depths(instrument) {
            self.runner.on_book_lost(instrument, &mut self.desk);
            self.settle();
        }
    }

    fn book_depths(&self, instrument: InstrumentId) -> Vec<usize> {
        let wanted = self.subscriptions().iter();
        let depths = wanted.filter_map(|subscription| match subscription {
            Subscription::Book(of, depth) if *of == instrument => Some(usize::from(*depth)),
            _ => None,
        });
        depths.collect()
    }
}

fn levels(levels: &[(&str, &str)]) -> Vec<PriceLevel> {
    let level = |(at, size): &(&str, &str)| PriceLevel {
        price: price(at),
        size: quantity(size),
    };
    levels.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Setup, equity};
    use crate::{Book, Config, Context, Description, InstrumentId, Strategy, Subscription};

    /// Writes down what it sees of a book, two levels deep.
    struct Watcher;

    impl Strategy for Watcher {
        fn describe() -> Description {
            Description::new("watcher", "1", "").with_instrument()
        }

        fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
            context.subscribe_book(config.instrument()?.id, 2);
            Ok(Self)
        }

        fn on_book(&mut self, book: &Book, context: &mut Context<'_>) {
            let (bids, asks) = (book.bids.len(), book.asks.len());
            context.info(format_args!("{bids} {asks} {:?}", book.microprice()));
        }

        fn on_book_lost(&mut self, instrument: InstrumentId, context: &mut Context<'_>) {
            context.info("lost");
            context.unsubscribe(Subscription::Book(instrument, 2));
        }
    }

    #[test]
    fn a_book_comes_as_deep_as_asked_for_until_nobody_asks() {
        let setup = Setup::new().instrument(equity("ACME", "0.01"));
        let mut test = setup.start::<Watcher>().unwrap();
        let bids = [("10", "3"), ("9", "1"), ("8", "1")];
        test.book(&bids, &[("14", "1")]);
        test.lose_book(InstrumentId::default());
        test.book(&bids, &[]);
        let said: Vec<_> = test.log().iter().map(|line| line.text.as_str()).collect();
        assert_eq!(said, ["2 1 Some(13)", "lost"]);
    }
}

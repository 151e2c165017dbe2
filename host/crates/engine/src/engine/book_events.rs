//! Order books to strategies: at most one event per batch and depth, and one when a book is lost. And to whoever
//! looks on.

use super::Engine;
use model::{BookUpdate, BookView, Event, InstrumentId, Side};

/// The place of a feed, how many levels it asks for, and what it is told.
type Told = (usize, u8, Event);

impl Engine {
    /// The best levels of an instrument's order book, at most so many a side, as they are at its latest data; `None`
    /// where there is no book, or it is not known now.
    pub fn order_book(&self, id: InstrumentId, depth: u8) -> Option<BookView> {
        let state = self.market.get(id).filter(|state| !state.book_lost)?;
        let venue = self.venues.get(state.instrument.venue.index())?;
        let book = venue.depth(id)?;
        Some(BookView {
            instrument: id,
            bids: book.best_levels(Side::Buy, depth).collect(),
            asks: book.best_levels(Side::Sell, depth).collect(),
            ts_event: state.ts_event,
            ts_init: state.ts_init,
        })
    }

    /// Tells whoever listens what a batch made of the book.
    pub(super) fn tell_book(&mut self, update: &BookUpdate) {
        let id = update.instrument;
        let Some(listeners) = self.listeners.get_mut(id.index()) else {
            return;
        };
        let venue = self.market.get(id).map(|state| state.instrument.venue);
        let venue = venue.and_then(|venue| self.venues.get(venue.index()));
        let Some(book) = venue.and_then(|venue| venue.depth(id)) else {
            return;
        };
        let followed = listeners.books.followed();
        let told: Vec<Told> = followed
            .filter_map(|(place, feed)| {
                let view = feed.follow(book, update)?;
                Some((place, feed.depth, Event::Book(view)))
            })
            .collect();
        self.tell_feeds(id, told);
    }

    /// Tells whoever was told of a book that it is unknown now.
    pub(super) fn tell_lost_book(&mut self, id: InstrumentId) {
        let Some(listeners) = self.listeners.get_mut(id.index()) else {
            return;
        };
        let knew = listeners.books.followed().filter_map(|(place, feed)| {
            let knew = feed.lose();
            knew.then_some((place, feed.depth, Event::BookLost(id)))
        });
        let told = knew.collect();
        self.tell_feeds(id, told);
    }

    fn tell_feeds(&mut self, id: InstrumentId, told: Vec<Told>) {
        for (place, depth, event) in told {
            self.deliver_market(id, event, |listeners| listeners.books.seats(place, depth));
        }
    }
}

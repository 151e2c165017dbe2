//! Order books to strategies: at most one event per batch and depth, and one when a book is lost.

use super::Engine;
use model::{BookUpdate, Event, InstrumentId};

/// The place of a feed, how many levels it asks for, and what it is told.
type Told = (usize, u8, Event);

impl Engine {
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

//! Who is told about an order book, by how many levels they asked for, and what each was told last:
//! a batch that changes nothing among those levels is no event for them.

use super::{Seat, Seats};
use crate::exchange::Depth;
use crate::journal::codec::{fields, wrappers};
use model::{BookUpdate, BookView, Side};
use std::sync::Arc;

/// The listeners to so many levels of one book.
#[derive(Debug)]
pub(crate) struct BookFeed {
    pub(crate) depth: u8,
    pub(crate) seats: Seats,
    /// What they were told last; `None` while they know of no book.
    told: Option<Arc<BookView>>,
}

impl BookFeed {
    /// What to tell after a batch; `None` when it changed nothing they see.
    pub(crate) fn follow(&mut self, book: &Depth, update: &BookUpdate) -> Option<Arc<BookView>> {
        let levels = |side| book.best_levels(side, self.depth);
        let same = self.told.as_ref().is_some_and(|told| {
            levels(Side::Buy).eq(told.bids.iter().copied())
                && levels(Side::Sell).eq(told.asks.iter().copied())
        });
        if same {
            return None;
        }
        let view = Arc::new(BookView {
            instrument: update.instrument,
            bids: levels(Side::Buy).collect(),
            asks: levels(Side::Sell).collect(),
            ts_event: update.ts_event,
            ts_init: update.ts_init,
        });
        self.told = Some(Arc::clone(&view));
        Some(view)
    }

    /// Forgets the book; whether they knew one.
    pub(crate) fn lose(&mut self) -> bool {
        self.told.take().is_some()
    }
}

/// All listeners to one book. A feed that everybody left keeps its place, so that indices stay true,
/// until another depth takes it; so there are never more feeds than depths.
#[derive(Debug, Default)]
pub(crate) struct BookFeeds(Vec<BookFeed>);

impl BookFeeds {
    pub(super) fn add(&mut self, seat: Seat, depth: u8) {
        let found = self.0.iter().position(|feed| feed.depth == depth);
        let idle = || self.0.iter().position(|feed| feed.seats.is_empty());
        let index = found.or_else(idle).unwrap_or(self.0.len());
        if index == self.0.len() {
            self.0.push(BookFeed {
                depth,
                seats: Seats::default(),
                told: None,
            });
        }
        let feed = &mut self.0[index];
        if feed.seats.is_empty() {
            // Nobody followed meanwhile, or others did by another depth: what was told is old.
            (feed.depth, feed.told) = (depth, None);
        }
        feed.seats.add(seat);
    }

    pub(super) fn remove(&mut self, seat: Seat, depth: u8) {
        let feed = self.0.iter_mut().find(|feed| feed.depth == depth);
        if let Some(feed) = feed {
            feed.seats.remove(seat);
        }
    }

    pub(super) fn lists(&self) -> impl Iterator<Item = &Seats> {
        self.0.iter().map(|feed| &feed.seats)
    }

    pub(super) fn for_each_list(&mut self, mut act: impl FnMut(&mut Seats)) {
        self.0.iter_mut().for_each(|feed| act(&mut feed.seats));
    }

    /// The listeners at a place, if they still listen to so many levels.
    pub(crate) fn seats(&self, index: usize, depth: u8) -> Option<&Seats> {
        let feed = self.0.get(index).filter(|feed| feed.depth == depth)?;
        Some(&feed.seats)
    }

    /// Feeds that somebody listens to, with their places.
    pub(crate) fn followed(&mut self) -> impl Iterator<Item = (usize, &mut BookFeed)> {
        let feeds = self.0.iter_mut().enumerate();
        feeds.filter(|(_, feed)| !feed.seats.is_empty())
    }
}

fields! {
    BookFeed { depth, seats, told }
}
wrappers!(BookFeeds(feeds));

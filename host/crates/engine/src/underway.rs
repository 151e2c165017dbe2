//! Market data on its way from a venue to the host: what a venue has matched with already and the
//! host has not seen. One queue an instrument, in the order of departure.

use crate::agenda::Ticket;
use crate::exchange::Top;
use crate::journal::codec::{fields, variants};
use model::{
    Bar, BookRefusal, BookUpdate, InstrumentId, InstrumentStatus, MarkPrice, Price, Quote,
    Timestamp, Trade,
};
use std::collections::VecDeque;

/// Events of one instrument that may be on their way at once. When there are more the oldest arrives
/// early: later than never, and nothing is lost.
pub(crate) const MOST_UNDERWAY: usize = 1 << 16;

/// What an update did to its venue's book.
pub(crate) type Applied = Option<Result<Option<Top>, BookRefusal>>;

/// One event.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Quote(Quote),
    Trade(Trade),
    Bar(Bar),
    Mark(MarkPrice),
    Status(InstrumentStatus),
    /// With what came of it at the venue, once it was there.
    Book(Box<BookUpdate>, Applied),
}

impl Data {
    pub(crate) fn instrument(&self) -> InstrumentId {
        match self {
            Self::Quote(quote) => quote.instrument,
            Self::Trade(trade) => trade.instrument,
            Self::Bar(bar) => bar.instrument,
            Self::Mark(mark) => mark.instrument,
            Self::Status(status) => status.instrument,
            Self::Book(update, _) => update.instrument,
        }
    }

    pub(crate) fn ts_event(&self) -> Timestamp {
        match self {
            Self::Quote(quote) => quote.ts_event,
            Self::Trade(trade) => trade.ts_event,
            Self::Bar(bar) => bar.ts_event,
            Self::Mark(mark) => mark.ts_event,
            Self::Status(status) => status.ts_event,
            Self::Book(update, _) => update.ts_event,
        }
    }

    /// Whether its prices can be.
    pub(crate) fn is_possible(&self) -> bool {
        match self {
            Self::Quote(quote) => is_possible_quote(quote),
            Self::Trade(trade) => trade.price > Price::ZERO,
            Self::Bar(bar) => is_possible_bar(bar),
            Self::Mark(mark) => is_possible_mark(mark),
            Self::Status(_) | Self::Book(..) => true,
        }
    }

    /// The same event as the host first sees it now.
    pub(crate) fn seen_at(mut self, now: Timestamp) -> Self {
        match &mut self {
            Self::Quote(quote) => quote.ts_init = now,
            Self::Trade(trade) => trade.ts_init = now,
            Self::Bar(bar) => bar.ts_init = now,
            Self::Mark(mark) => mark.ts_init = now,
            Self::Status(status) => status.ts_init = now,
            Self::Book(update, _) => update.ts_init = now,
        }
        self
    }
}

pub(crate) fn is_possible_quote(quote: &Quote) -> bool {
    quote.bid > Price::ZERO && quote.bid <= quote.ask
}

pub(crate) fn is_possible_bar(bar: &Bar) -> bool {
    bar.low > Price::ZERO && bar.is_consistent()
}

pub(crate) fn is_possible_mark(mark: &MarkPrice) -> bool {
    let positive = |price: Option<Price>| price.is_none_or(|price| price > Price::ZERO);
    positive(mark.mark) && positive(mark.index)
}

/// An instrument's data as its venue knows it ahead of the host.
#[derive(Debug, Default)]
pub(crate) struct Underway {
    queue: VecDeque<(Ticket, Data)>,
    arrives: Timestamp,
    /// Event time of the latest data at the venue.
    pub(crate) ts_event: Timestamp,
    /// Whether the venue has halted the instrument.
    pub(crate) halted: bool,
}

impl Underway {
    /// When something arrives that would take until `at`: never before what left earlier.
    pub(crate) fn arrival(&mut self, at: Timestamp) -> Timestamp {
        self.arrives = self.arrives.max(at);
        self.arrives
    }

    /// Sends something off; gives what must arrive early because too much is on its way.
    pub(crate) fn send(&mut self, ticket: Ticket, data: Data) -> Option<(Ticket, Data)> {
        self.queue.push_back((ticket, data));
        if self.queue.len() > MOST_UNDERWAY {
            self.queue.pop_front()
        } else {
            None
        }
    }

    /// Everything that is on its way, with its place in the agenda.
    pub(crate) fn receive_all(&mut self) -> VecDeque<(Ticket, Data)> {
        std::mem::take(&mut self.queue)
    }

    /// What arrives next.
    pub(crate) fn receive(&mut self) -> Option<Data> {
        self.queue.pop_front().map(|(_, data)| data)
    }
}

fields! {
    Underway { queue, arrives, ts_event, halted }
}
variants!(Data {
    0 => Quote(quote),
    1 => Trade(trade),
    2 => Bar(bar),
    3 => Mark(mark),
    4 => Status(status),
    5 => Book(update, applied),
});

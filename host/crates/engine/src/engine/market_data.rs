//! Market data through the engine: the exchange matches first, then strategies see it.

use super::Engine;
use crate::agenda::Due;
use crate::bars::{Aggregator, Sample};
use crate::effect::{Effect, Ignored};
use crate::listeners::{BarFeed, Listeners, Seats};
use crate::underway::{self, Applied, Data};
use model::{
    Bar, BookRefusal, BookUpdate, Duration, Event, InstrumentId, MarkPrice, Price, Quote,
    Timestamp, Trade,
};

/// Where finished bars and ends of time bars wait while listeners are borrowed.
type Finished = Vec<(usize, Bar)>;

/// How far ahead of the engine an event's own time may be. More is no clock that differs but a wrong
/// unit or year, and would make all that comes after it late.
const MOST_AHEAD: Duration = Duration::from_secs(2 * 3_600);

impl Engine {
    pub(super) fn on_quote(&mut self, quote: &Quote) {
        if self.is_behind(quote.instrument) {
            return self.send_data(Data::Quote(*quote));
        }
        let possible = underway::is_possible_quote(quote);
        if !self.accepts(quote.instrument, quote.ts_event, possible) {
            return;
        }
        let before = self.followed_mark(quote.instrument);
        self.market.on_quote(quote);
        self.follow_mark(quote.instrument, before);
        self.match_at_venue(quote.instrument, |venue, now, reports| {
            venue.on_quote(quote, now, reports);
        });
        self.check_held(quote.instrument);
        self.deliver_market(quote.instrument, Event::Quote(*quote), |listeners| {
            Some(&listeners.quotes)
        });
        self.feed_bars(quote.instrument, |spec| Sample::of_quote(quote, spec.basis));
    }

    /// An order book changed; a new top of it is also a quote to whoever listens to quotes.
    pub(super) fn on_book(&mut self, update: &BookUpdate) {
        let id = update.instrument;
        if self.is_behind(id) {
            return self.send_data(Data::Book(Box::new(update.clone()), None));
        }
        if !self.accepts(id, update.ts_event, true) {
            return;
        }
        let venue = self.venue_of(id);
        let venue = venue.and_then(|venue| self.venues.get_mut(venue.index()));
        let applied = venue.and_then(|venue| venue.on_book(update, self.now, &mut self.reports));
        self.follow_book(update, applied);
    }

    /// The same, of an update that the venue applied before.
    pub(super) fn see_book(&mut self, update: &BookUpdate, applied: Applied) {
        if self.accepts(update.instrument, update.ts_event, true) {
            self.follow_book(update, applied);
        }
    }

    fn follow_book(&mut self, update: &BookUpdate, applied: Applied) {
        let id = update.instrument;
        let before = self.followed_mark(id);
        let quote = match applied {
            None => return,
            Some(Ok(top)) => self.market.on_book(update, top),
            Some(Err(refusal)) => {
                if !matches!(refusal, BookRefusal::Old { .. }) {
                    self.market.lose_book(id);
                    self.follow_mark(id, before);
                    self.tell_lost_book(id);
                }
                return self.ignore(Ignored::Book(id, refusal));
            }
        };
        self.follow_mark(id, before);
        if !self.reports.is_empty() {
            self.settle();
        }
        if quote.is_some() {
            self.check_held(id);
        }
        self.tell_book(update);
        let Some(quote) = quote else {
            return;
        };
        self.deliver_market(id, Event::Quote(quote), |listeners| Some(&listeners.quotes));
        self.feed_bars(id, |spec| Sample::of_quote(&quote, spec.basis));
    }

    pub(super) fn on_trade(&mut self, trade: &Trade) {
        if self.is_behind(trade.instrument) {
            return self.send_data(Data::Trade(*trade));
        }
        if !self.accepts(trade.instrument, trade.ts_event, trade.price > Price::ZERO) {
            return;
        }
        let before = self.followed_mark(trade.instrument);
        self.market.on_trade(trade);
        self.follow_mark(trade.instrument, before);
        self.match_at_venue(trade.instrument, |venue, now, reports| {
            venue.on_trade(trade, now, reports);
        });
        self.check_held(trade.instrument);
        self.deliver_market(trade.instrument, Event::Trade(*trade), |listeners| {
            Some(&listeners.trades)
        });
        self.feed_bars(trade.instrument, |spec| Sample::of_trade(trade, spec.basis));
    }

    /// A bar from the source: listeners of its very rule get it as it is.
    pub(super) fn on_bar(&mut self, bar: &Bar) {
        if self.is_behind(bar.instrument) {
            return self.send_data(Data::Bar(*bar));
        }
        let possible = underway::is_possible_bar(bar);
        if !self.accepts(bar.instrument, bar.ts_event, possible) {
            return;
        }
        let before = self.followed_mark(bar.instrument);
        self.market.on_bar(bar);
        self.follow_mark(bar.instrument, before);
        self.match_at_venue(bar.instrument, |venue, now, reports| {
            venue.on_bar(bar, now, reports)
        });
        self.check_held(bar.instrument);
        let feeds = self.listeners.get(bar.instrument.index());
        let feed = feeds.and_then(|feeds| {
            feeds
                .bars
                .iter()
                .position(|feed| feed.aggregator.spec() == bar.spec)
        });
        if let Some(feed) = feed {
            self.publish_bar(feed, *bar);
        }
        self.merge_bars(bar);
    }

    /// A mark or index price: it wakes what waits for it, and fills nothing by itself.
    pub(super) fn on_mark(&mut self, mark: &MarkPrice) {
        if self.is_behind(mark.instrument) {
            return self.send_data(Data::Mark(*mark));
        }
        let possible = underway::is_possible_mark(mark);
        if !self.accepts(mark.instrument, mark.ts_event, possible) {
            return;
        }
        self.market.on_mark(mark);
        self.match_at_venue(mark.instrument, |venue, now, reports| {
            venue.on_mark(mark, now, reports);
        });
        self.check_held(mark.instrument);
    }

    /// Builds longer time bars of the same basis out of shorter ones from the source.
    fn merge_bars(&mut self, bar: &Bar) {
        let Some(listeners) = self.listeners.get_mut(bar.instrument.index()) else {
            return;
        };
        let mut finished = Finished::new();
        for (index, feed) in listeners.bars.iter_mut().enumerate() {
            if feed.seats.is_empty() || feed.aggregator.spec() == bar.spec {
                continue;
            }
            let made = feed.aggregator.add_bar(bar).into_iter().flatten();
            finished.extend(made.map(|bar| (index, bar)));
        }
        for (index, bar) in finished {
            self.publish_bar(index, bar);
        }
    }

    /// Whether market data may pass: known instrument, possible prices, time neither going back (I9) nor
    /// far ahead.
    pub(super) fn accepts(
        &mut self,
        id: InstrumentId,
        ts_event: Timestamp,
        possible: bool,
    ) -> bool {
        let possible = possible && ts_event <= self.now.after(MOST_AHEAD);
        let refused = match self.market.get(id) {
            None => Some(Ignored::UnknownInstrument(id)),
            Some(state) if ts_event < state.ts_event => Some(Ignored::StaleEvent(id)),
            Some(_) if !possible => Some(Ignored::BadMarketData(id)),
            Some(_) => None,
        };
        match refused {
            Some(why) => {
                if let (Ignored::BadMarketData(_), Some(state)) = (&why, self.market.get_mut(id)) {
                    state.flaw.impossible = true;
                }
                self.ignore(why);
                false
            }
            None => true,
        }
    }

    pub(super) fn match_at_venue(
        &mut self,
        id: InstrumentId,
        act: impl FnOnce(&mut crate::exchange::Exchange, Timestamp, &mut crate::exchange::Reports),
    ) {
        if self.arriving {
            return;
        }
        let Some(state) = self.market.get(id) else {
            return;
        };
        let venue = state.instrument.venue.index();
        if let Some(venue) = self.venues.get_mut(venue) {
            act(venue, self.now, &mut self.reports);
        }
        if !self.reports.is_empty() {
            self.settle();
        }
    }

    /// Tells listeners one by one; a listener may leave or join while others are told. Whoever joins
    /// meanwhile hears the next event first.
    pub(super) fn deliver_market(
        &mut self,
        id: InstrumentId,
        event: Event,
        seats_of: impl Fn(&Listeners) -> Option<&Seats>,
    ) {
        let seats = self.listeners.get(id.index()).and_then(&seats_of);
        let (mut from, end) = (0, seats.map_or(0, Seats::end));
        loop {
            let seats = self.listeners.get(id.index()).and_then(&seats_of);
            let Some((number, seat)) = seats.and_then(|seats| seats.next(from, end)) else {
                return;
            };
            self.deliver(seat, &event);
            self.settle();
            from = number + 1;
        }
    }

    fn feed_bars(&mut self, id: InstrumentId, sample: impl Fn(model::BarSpec) -> Option<Sample>) {
        self.run_feeds(id, |aggregator| {
            sample(aggregator.spec()).and_then(|sample| aggregator.add(&sample))
        });
    }

    /// Advances every aggregator somebody listens to, then publishes what they finished.
    fn run_feeds(
        &mut self,
        id: InstrumentId,
        mut advance: impl FnMut(&mut Aggregator) -> Option<Bar>,
    ) {
        let Some(listeners) = self.listeners.get_mut(id.index()) else {
            return;
        };
        let mut finished = Finished::new();
        for (index, feed) in listeners.bars.iter_mut().enumerate() {
            if feed.seats.is_empty() {
                continue;
            }
            if let Some(bar) = advance(&mut feed.aggregator) {
                finished.push((index, bar));
            }
            if let Some(end) = newly_open(feed) {
                self.agenda.add(end, Due::BarEnd(id, index));
            }
        }
        for (index, bar) in finished {
            self.publish_bar(index, bar);
        }
    }

    /// The end of a time bar came without a sample that ended it.
    pub(super) fn end_bar(&mut self, id: InstrumentId, index: usize) {
        let now = self.now;
        let feeds = self.listeners.get_mut(id.index());
        let Some(feed) = feeds.and_then(|listeners| listeners.bars.get_mut(index)) else {
            return;
        };
        feed.scheduled = false;
        let finished = feed.aggregator.end(now);
        if let Some(end) = newly_open(feed) {
            self.agenda.add(end, Due::BarEnd(id, index));
        }
        if let Some(bar) = finished {
            self.publish_bar(index, bar);
        }
    }

    fn publish_bar(&mut self, feed: usize, bar: Bar) {
        self.journal.bar(&bar);
        self.effects.push(Effect::Bar(bar));
        self.deliver_market(bar.instrument, Event::Bar(bar), |listeners| {
            let feed = listeners.bars.get(feed)?;
            // Its place may have passed to another rule while earlier bars were told.
            (feed.aggregator.spec() == bar.spec).then_some(&feed.seats)
        });
    }
}

/// When a bar that is in the making, and not yet on the agenda, ends.
fn newly_open(feed: &mut BarFeed) -> Option<Timestamp> {
    if feed.scheduled {
        return None;
    }
    let end = feed.aggregator.ends_at()?;
    feed.scheduled = true;
    Some(end)
}

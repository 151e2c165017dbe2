//! Market data that takes time to the host. The venue matches with it at once; market state, bars,
//! strategies and the gate see it when it arrives. Orders already on their way meet the venue's book,
//! not the one the host still sees.
//!
//! What a venue says of orders takes no time back: a fill is known before the data that led to it.

use super::Engine;
use crate::agenda::Due;
use crate::underway::{Data, Underway};
use model::{InstrumentId, Timestamp};

impl Engine {
    /// Event time of the latest data of an instrument, at its venue or at the host: what is older is not taken.
    /// Zero where there was none.
    pub fn latest_data(&self, instrument: InstrumentId) -> Timestamp {
        let here = self.market.get(instrument).map(|state| state.ts_event);
        let ahead = self.underway.get(instrument.index());
        let ahead = ahead.map(|ahead| ahead.ts_event);
        here.max(ahead).unwrap_or(Timestamp::ZERO)
    }

    /// Whether an instrument's data takes time to the host, and this is not its arrival.
    pub(super) fn is_behind(&self, instrument: InstrumentId) -> bool {
        if !self.delays_data || self.arriving {
            return false;
        }
        let venue = self.venue_of(instrument);
        let venue = venue.and_then(|venue| self.venues.get(venue.index()));
        venue.is_some_and(|venue| venue.delays_data())
    }

    /// Lets the venue match with data and sends it on to the host.
    pub(super) fn send_data(&mut self, mut data: Data) {
        let (instrument, ts_event) = (data.instrument(), data.ts_event());
        let (Some(venue), Some(ahead)) = (self.venue_of(instrument), self.ahead_of(instrument))
        else {
            return;
        };
        // What is impossible or old is no news to the venue; the host says so when it hears it.
        if data.is_possible() && ts_event >= ahead.ts_event {
            ahead.ts_event = ts_event;
            self.match_ahead(&mut data);
        }
        let now = self.now;
        let venue = self.venues.get_mut(venue.index());
        let Some(delay) = venue.map(|venue| venue.delay_data(instrument, now)) else {
            return;
        };
        if delay.is_none() {
            self.tell_model_broke(instrument);
        }
        self.send_off(data, now.after(delay.unwrap_or_default()));
    }

    fn send_off(&mut self, data: Data, at: Timestamp) {
        let instrument = data.instrument();
        let Some(ahead) = self.underway.get_mut(instrument.index()) else {
            return;
        };
        let ticket = self.agenda.add(ahead.arrival(at), Due::Data(instrument));
        if let Some((ticket, early)) = ahead.send(ticket, data) {
            self.agenda.remove(ticket);
            self.arrive(early);
        }
    }

    fn match_ahead(&mut self, data: &mut Data) {
        let id = data.instrument();
        match data {
            Data::Quote(quote) => {
                self.match_at_venue(id, |venue, now, out| venue.on_quote(quote, now, out));
            }
            Data::Trade(trade) => {
                self.match_at_venue(id, |venue, now, out| venue.on_trade(trade, now, out));
            }
            Data::Bar(bar) => {
                self.match_at_venue(id, |venue, now, out| venue.on_bar(bar, now, out));
            }
            Data::Mark(mark) => {
                self.match_at_venue(id, |venue, now, out| venue.on_mark(mark, now, out));
            }
            Data::Book(update, applied) => {
                self.match_at_venue(id, |venue, now, out| {
                    *applied = venue.on_book(update, now, out);
                });
            }
            Data::Status(status) => {
                if let Some(ahead) = self.ahead_of(id) {
                    ahead.halted = status.halted;
                }
                self.set_phase_now(id);
            }
        }
    }

    /// The next event of an instrument is here.
    pub(super) fn receive_data(&mut self, instrument: InstrumentId) {
        if let Some(data) = self.ahead_of(instrument).and_then(Underway::receive) {
            self.arrive(data);
        }
    }

    /// Lets everything arrive that is on its way, because what comes is not to be compared with it.
    pub(super) fn receive_all_data(&mut self, instrument: InstrumentId) {
        let ahead = self.ahead_of(instrument).map(Underway::receive_all);
        for (ticket, data) in ahead.into_iter().flatten() {
            self.agenda.remove(ticket);
            self.arrive(data);
        }
    }

    fn arrive(&mut self, data: Data) {
        self.arriving = true;
        match data.seen_at(self.now) {
            Data::Quote(quote) => self.on_quote(&quote),
            Data::Trade(trade) => self.on_trade(&trade),
            Data::Bar(bar) => self.on_bar(&bar),
            Data::Mark(mark) => self.on_mark(&mark),
            Data::Status(status) => self.on_status(&status),
            Data::Book(update, applied) => self.see_book(&update, applied),
        }
        self.arriving = false;
    }

    /// Whether the venue has halted an instrument, which the host may not know yet.
    pub(super) fn is_halted_at_venue(&self, instrument: InstrumentId) -> Option<bool> {
        let ahead = self.underway.get(instrument.index())?;
        let venue = self.venue_of(instrument)?;
        let venue = self.venues.get(venue.index())?;
        venue.delays_data().then_some(ahead.halted)
    }

    fn ahead_of(&mut self, instrument: InstrumentId) -> Option<&mut Underway> {
        self.underway.get_mut(instrument.index())
    }
}

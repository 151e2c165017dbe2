//! Sessions and halts: when an instrument opens, closes, stops or goes on, its venue is told.

use super::Engine;
use crate::agenda::Due;
use crate::exchange::Phase;
use crate::underway::Data;
use model::{Duration, InstrumentId, InstrumentStatus, Session, Timestamp};

/// How far back the changes of a session are caught up with when time jumps, such as from the
/// definitions to the first data.
const CAUGHT_UP: Duration = Duration::from_secs(2 * 86_400);

impl Engine {
    pub(super) fn begin_sessions(&mut self, instrument: InstrumentId) {
        self.set_phase_now(instrument);
        if let Some(session) = self.session(instrument) {
            self.plan_session(instrument, &session, self.now);
        }
    }

    /// A session opened or closed at `at`, while time goes on to `until`.
    pub(super) fn turn_session(
        &mut self,
        instrument: InstrumentId,
        at: Timestamp,
        until: Timestamp,
    ) {
        let Some(session) = self.session(instrument) else {
            return;
        };
        self.set_phase_now(instrument);
        self.plan_session(instrument, &session, at.max(until.before(CAUGHT_UP)));
    }

    /// The venue halts an instrument or lets it trade again. What waits for a price waits for the
    /// first one after the halt.
    pub(super) fn on_status(&mut self, status: &InstrumentStatus) {
        if self.is_behind(status.instrument) {
            return self.send_data(Data::Status(*status));
        }
        if !self.accepts(status.instrument, status.ts_event, true) {
            return;
        }
        self.market.on_status(status);
        if !self.arriving {
            self.set_phase_now(status.instrument);
        }
    }

    fn plan_session(&mut self, instrument: InstrumentId, session: &Session, after: Timestamp) {
        let next = session.next_change(after);
        if next != Timestamp::MAX {
            self.agenda.add(next, Due::Session(instrument));
        }
    }

    pub(super) fn set_phase_now(&mut self, instrument: InstrumentId) {
        let now = self.now;
        let Some(state) = self.market.get(instrument) else {
            return;
        };
        let halted = self.is_halted_at_venue(instrument);
        let phase = match state.instrument.session {
            Some(session) if !session.is_open(now) => Phase::Closed(now),
            _ if halted.unwrap_or(state.halted) => Phase::Halted,
            None => Phase::Always,
            Some(_) => Phase::Open,
        };
        if let Some(venue) = self.venues.get_mut(state.instrument.venue.index()) {
            venue.set_phase(instrument, phase, now, &mut self.reports);
        }
    }

    fn session(&self, instrument: InstrumentId) -> Option<Session> {
        self.market.get(instrument)?.instrument.session
    }
}

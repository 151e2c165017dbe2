//! Halts and marks that somebody tells of a simulated market get their date here, where the engine's time is known.

use super::Trader;
use engine::Input;
use model::{Duration, InstrumentId, Timestamp};

/// How far before now they are dated at most.
const BEFORE: Duration = Duration::from_secs(60);

impl Trader {
    /// The same input with its date, if it is a halt or a mark; readers will see what it changed. Both of its times
    /// are the date: it did not take long to come.
    pub(super) fn dated(&mut self, mut input: Input, time: Timestamp) -> Input {
        match &mut input {
            Input::Status(status) => {
                let date = self.date(status.instrument, time);
                (status.ts_event, status.ts_init) = (date, date);
                self.touched.push(status.instrument);
            }
            Input::Mark(mark) => {
                let date = self.date(mark.instrument, time);
                (mark.ts_event, mark.ts_init) = (date, date);
                self.touched.push(mark.instrument);
            }
            _ => {}
        }
        input
    }

    /// That of the latest data, so that what waits behind this does not count as old: nothing of the market is lost
    /// by it. Where that is long ago, a little before now.
    fn date(&self, instrument: InstrumentId, time: Timestamp) -> Timestamp {
        self.engine.latest_data(instrument).max(time.before(BEFORE))
    }
}

//! How the table of a host is doing.

use super::{Fake, NOON};
use api::VitalsPort;
use model::Timestamp;
use services::feed::{FeedKind, FeedState, FeedView, MarketCounts};
use services::view::VitalsView;

impl Fake {
    /// Sets how it is doing.
    pub(crate) fn set_vitals(&self, vitals: VitalsView) {
        self.tables().vitals = vitals;
    }

    /// Makes its journal one that cannot be written.
    pub(crate) fn fail_journal(&self) {
        self.tables().journal_failed = true;
    }
}

impl VitalsPort for Fake {
    fn vitals(&self) -> VitalsView {
        self.tables().vitals.clone()
    }

    fn feed(&self) -> FeedView {
        FeedView {
            kind: FeedKind::Simulated,
            state: FeedState::Running,
            counts: MarketCounts {
                quotes: 12,
                trades: 3,
                last: Some(Timestamp::from_nanos(NOON + 2)),
                ..MarketCounts::default()
            },
        }
    }
}

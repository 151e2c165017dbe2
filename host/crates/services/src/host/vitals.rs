//! How the host is doing, read from what its threads count. Nothing here asks the engine's thread.

use super::HostHandle;
use crate::feed::FeedView;
use crate::sync::lock;
use crate::view::VitalsView;

impl HostHandle {
    /// The feed, and what market data came.
    pub fn feed(&self) -> FeedView {
        let (kind, state) = {
            let slot = lock(&self.0.feed);
            (slot.kind(), slot.state())
        };
        FeedView {
            kind,
            state,
            counts: self.0.inbox.market_counts(),
        }
    }

    /// How the host is doing, in numbers.
    pub fn vitals(&self) -> VitalsView {
        let inner = &self.0;
        let (updates, counts) = inner
            .shared
            .read(|model| (model.updates, model.counts.clone()));
        let (market_bound, commands_bound) = inner.inbox.bounds();
        let (projection_waiting, projection_bound) = inner.outlet.waiting();
        VitalsView {
            engine_quiet: inner.inbox.quiet(),
            market_bound,
            commands_bound,
            projection_waiting,
            projection_bound,
            updates,
            journal: inner.progress.as_ref().map(|progress| progress.written()),
            letters_dropped: inner.care.letters.dropped(),
            counts,
            invariants: inner.promises.view(),
        }
    }
}

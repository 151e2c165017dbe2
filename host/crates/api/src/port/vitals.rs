//! What this crate asks of a host for those who watch it.

use services::feed::FeedView;
use services::host::HostHandle;
use services::view::VitalsView;

/// How a running host is doing.
pub trait VitalsPort {
    /// In numbers. It asks no thread, so it answers whatever the engine's does.
    fn vitals(&self) -> VitalsView;

    /// The feed, and what market data came.
    fn feed(&self) -> FeedView;
}

impl VitalsPort for HostHandle {
    fn vitals(&self) -> VitalsView {
        HostHandle::vitals(self)
    }

    fn feed(&self) -> FeedView {
        HostHandle::feed(self)
    }
}

//! How notifications stand.

use super::text::Name;
use notices::{Notifications, RouteView};
use serde::Serialize;

/// A route.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct NotificationDto {
    pub(crate) route: String,
    /// The kind of its sink, as in the configuration.
    pub(crate) sink: &'static str,
    /// `IDLE` before the first message, `OK`, or `FAILING` while the latest attempt failed.
    pub(crate) state: Name,
    /// Messages that wait.
    pub(crate) waiting: usize,
    /// Messages that were taken.
    pub(crate) sent: u64,
    /// Messages that were given up.
    pub(crate) failed: u64,
    /// Messages that were left out because too many waited.
    pub(crate) dropped: u64,
    /// Messages that were not told because of quiet hours.
    pub(crate) hushed: u64,
    /// Why the latest of all attempts that failed did.
    pub(crate) last_error: Option<String>,
    /// When the latest was taken, by the host's clock.
    pub(crate) last_sent: Option<String>,
    pub(crate) last_sent_ns: Option<String>,
}

impl From<RouteView> for NotificationDto {
    fn from(view: RouteView) -> Self {
        let state = match (view.is_failing, view.sent) {
            (true, _) => "FAILING",
            (false, 0) => "IDLE",
            (false, _) => "OK",
        };
        Self {
            route: view.name,
            sink: view.sink,
            state: Name(state),
            waiting: view.waiting,
            sent: view.sent,
            failed: view.failed,
            dropped: view.dropped,
            hushed: view.hushed,
            last_error: view.last_error,
            last_sent: view.last_sent.map(|time| time.to_string()),
            last_sent_ns: view.last_sent.map(|time| time.nanos().to_string()),
        }
    }
}

/// A route that was tried.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TestedDto {
    pub(crate) route: String,
    pub(crate) sent: bool,
}

/// All routes in a few numbers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct NotificationsHealthDto {
    /// Routes whose latest attempt failed.
    pub(crate) failing: Vec<String>,
    /// Messages that wait.
    pub(crate) waiting: usize,
    /// Messages that were given up.
    pub(crate) failed: u64,
    /// Messages that were left out because too many waited.
    pub(crate) dropped: u64,
    /// Updates of any kind that were not heard; what was news among them may not be told.
    pub(crate) missed_updates: u64,
}

impl NotificationsHealthDto {
    pub(crate) fn new(desk: &Notifications) -> Self {
        let routes = desk.routes();
        let failing = routes.iter().filter(|route| route.is_failing);
        Self {
            failing: failing.map(|route| route.name.clone()).collect(),
            waiting: routes.iter().map(|route| route.waiting).sum(),
            failed: routes.iter().map(|route| route.failed).sum(),
            dropped: routes.iter().map(|route| route.dropped).sum(),
            missed_updates: desk.missed(),
        }
    }
}

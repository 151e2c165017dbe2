//! Where market data and the words of venues come from.

use super::text::Name;
use crate::names::Names;
use engine::Standing;
use model::Timestamp;
use serde::Serialize;
use services::feed::{FeedKind, FeedState, FeedView, MarketCounts};
use services::view::{EngineView, HealthView, OutsideView, VenueView};

/// All sources.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct SourcesDto {
    /// The feed; `null` where market data comes from elsewhere.
    pub(crate) feed: Option<FeedDto>,
    pub(crate) market_data: MarketDataDto,
    /// The gateways of venues outside.
    pub(crate) gateways: Vec<GatewayDto>,
    /// Inputs of any source without effect: stale, impossible, or of something that is not known.
    pub(crate) ignored: u64,
}

/// A feed.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct FeedDto {
    /// `REPLAY` of files, or `SIMULATED`.
    pub(crate) kind: Name,
    /// `READY` and not begun, `RUNNING`, `FINISHED` when all was sent, or `OVER` with the host.
    pub(crate) state: Name,
}

/// Market data that was handed to the engine since the process began.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct MarketDataDto {
    pub(crate) quotes: u64,
    pub(crate) trades: u64,
    pub(crate) bars: u64,
    /// Mark prices and indices.
    pub(crate) marks: u64,
    /// Batches of changes of order books.
    pub(crate) books: u64,
    /// The time that the latest carries; `null` before the first.
    pub(crate) last: Option<String>,
    pub(crate) last_ns: Option<String>,
    /// What waits for the engine.
    pub(crate) waiting: usize,
    /// Gaps: what was dropped because the engine was behind and newer data of its instrument was there.
    pub(crate) conflated: u64,
}

/// The gateway of a venue outside.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct GatewayDto {
    pub(crate) venue: String,
    /// `CONNECTED`, `DISCONNECTED`, or `NEVER` while it never was there.
    pub(crate) state: Name,
    /// Since when, in event time.
    pub(crate) since: Option<String>,
    pub(crate) since_ns: Option<String>,
    /// Accounts that are not known to agree with the venue.
    pub(crate) unreconciled: Vec<String>,
    /// Orders whose state is not known.
    pub(crate) in_doubt: usize,
    /// Doubtful reports, by whatever rule they were decided.
    pub(crate) doubtful_reports: u64,
    /// When it last refused something; `null` while it has not.
    pub(crate) last_refusal: Option<String>,
    pub(crate) last_refusal_ns: Option<String>,
}

/// As text, and in nanoseconds.
fn moment(time: Option<Timestamp>) -> (Option<String>, Option<String>) {
    let nanos = time.map(|time| time.nanos().to_string());
    (time.map(|time| time.to_string()), nanos)
}

impl FeedDto {
    fn new(view: FeedView) -> Option<Self> {
        let kind = match view.kind {
            FeedKind::None => return None,
            FeedKind::Replay => "REPLAY",
            FeedKind::Simulated => "SIMULATED",
        };
        let state = match view.state {
            FeedState::Ready => "READY",
            FeedState::Running => "RUNNING",
            FeedState::Finished => "FINISHED",
            FeedState::Over => "OVER",
        };
        Some(Self {
            kind: Name(kind),
            state: Name(state),
        })
    }
}

impl MarketDataDto {
    fn new(counts: &MarketCounts, health: &HealthView) -> Self {
        let (last, last_ns) = moment(counts.last);
        Self {
            quotes: counts.quotes,
            trades: counts.trades,
            bars: counts.bars,
            marks: counts.marks,
            books: counts.books,
            last,
            last_ns,
            waiting: health.market_waiting,
            conflated: health.market_conflated,
        }
    }
}

impl GatewayDto {
    /// Of a venue, unless it is simulated.
    fn new(venue: &VenueView, names: &Names) -> Option<Self> {
        let outside: &OutsideView = venue.outside.as_ref()?;
        let state = match (outside.connected, outside.since) {
            (true, _) => "CONNECTED",
            (false, Some(_)) => "DISCONNECTED",
            (false, None) => "NEVER",
        };
        let (since, since_ns) = moment(outside.since);
        let unreconciled = outside.accounts.iter();
        let unreconciled = unreconciled.filter(|one| one.standing != Standing::Reconciled);
        let (last_refusal, last_refusal_ns) =
            moment(outside.refusals.last().map(|refusal| refusal.time));
        Some(Self {
            venue: venue.config.name.clone(),
            state: Name(state),
            since,
            since_ns,
            unreconciled: unreconciled.map(|one| names.account(one.account)).collect(),
            in_doubt: outside.in_doubt.len(),
            doubtful_reports: outside.ruled.values().sum(),
            last_refusal,
            last_refusal_ns,
        })
    }
}

impl SourcesDto {
    pub(crate) fn new<'a>(
        feed: FeedView,
        health: &HealthView,
        engine: &EngineView,
        venues: impl Iterator<Item = &'a VenueView>,
        names: &Names,
    ) -> Self {
        Self {
            feed: FeedDto::new(feed),
            market_data: MarketDataDto::new(&feed.counts, health),
            gateways: venues
                .filter_map(|one| GatewayDto::new(one, names))
                .collect(),
            ignored: engine.ignored,
        }
    }
}

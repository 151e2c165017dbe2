//! Messages of the WebSocket: JSON objects in text frames, or the same as MessagePack in binary ones.
//!
//! What stands in front of a message is each connection's own and not in these types: `message` counts
//! up by one per connection, and `previous` of an update is the sequence of the one before. `sequence` is
//! the place in the host's stream up to which a message holds.

use super::account::{AccountDto, BalanceUpdateDto};
use super::alert::AlertDto;
use super::engine::EngineDto;
use super::fill::FillDto;
use super::happened::{CashFlowViewDto, LifeEventDto};
use super::job::JobDto;
use super::market::{BarDto, BookDto, QuoteDto};
use super::metrics::MetricsDto;
use super::order::{OrderDto, OrderUpdateDto};
use super::people::{ApprovalDto, RecordDto};
use super::pipeline::DeploymentDto;
use super::portfolio::PortfolioDto;
use super::position::PositionDto;
use super::risk::ScopeDto;
use super::strategy::StrategyDto;
use super::venue::VenueDto;
use serde::{Deserialize, Serialize};

/// What can be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channel {
    Quotes,
    Bars,
    Orders,
    Fills,
    Positions,
    Strategies,
    Accounts,
    Engine,
    Risk,
    Metrics,
    Alerts,
    Venues,
    CashFlows,
    LifeEvents,
    Pipelines,
    Audit,
    Approvals,
    Book,
    Portfolio,
    Jobs,
}

/// The names of all channels, in the order above.
const CHANNELS: [&str; 20] = [
    "quotes",
    "bars",
    "orders",
    "fills",
    "positions",
    "strategies",
    "accounts",
    "engine",
    "risk",
    "metrics",
    "alerts",
    "venues",
    "cash_flows",
    "life_events",
    "pipelines",
    "audit",
    "approvals",
    "book",
    "portfolio",
    "jobs",
];

/// The names of all channels of the WebSocket, as a subscription has them.
#[must_use]
pub fn channels() -> &'static [&'static str] {
    &CHANNELS
}

/// What a client may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Subscribe,
    Unsubscribe,
    Ping,
}

/// A client's message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientMessage {
    pub(crate) op: Operation,
    /// Comes back in the answer.
    pub(crate) id: Option<u64>,
    pub(crate) channel: Option<Channel>,
    /// Only this instrument; all when absent.
    pub(crate) instrument: Option<String>,
    /// What narrows the channel down, for those who write it here.
    pub(crate) params: Option<Params>,
    /// Most quotes, or order books, per second and instrument; most portfolios per second.
    pub(crate) max_hz: Option<f64>,
    /// From where to go on, of complete channels.
    pub(crate) resume: Option<Resume>,
}

/// What narrows a channel down.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Params {
    pub(crate) instrument: Option<String>,
}

/// What a client has of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resume {
    /// The run that it was told by, as `hello` named it.
    pub(crate) epoch: String,
    /// The sequence of the latest update or snapshot.
    pub(crate) sequence: u64,
}

/// Why updates are not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum GapReason {
    /// The host was overrun.
    Overrun,
    /// They are of another run.
    Epoch,
    /// They are older than what is remembered.
    Forgotten,
    /// The client has more than there is.
    Ahead,
}

/// A server's message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ServerMessage {
    /// The first.
    Hello {
        protocol: u32,
        run: String,
        version: &'static str,
        sequence: u64,
        heartbeat_ms: u64,
    },
    /// A request was done.
    Ack {
        id: Option<u64>,
        op: Operation,
        channel: Channel,
        instrument: Option<String>,
        /// Whether what was missed follows, and no snapshot.
        resumed: bool,
    },
    /// The answer to a ping.
    Pong { id: Option<u64>, sequence: u64 },
    /// A request was refused.
    Error {
        id: Option<u64>,
        code: &'static str,
        field: Option<String>,
        reason: String,
    },
    /// A channel as it is at `sequence`; updates after it follow.
    Snapshot {
        channel: Channel,
        instrument: Option<String>,
        sequence: u64,
        data: Vec<Item>,
    },
    /// One change.
    Update {
        channel: Channel,
        sequence: u64,
        time: String,
        time_ns: String,
        data: Box<Item>,
    },
    /// Updates were lost, or are not remembered; fresh snapshots follow.
    Gap {
        reason: GapReason,
        /// Of which subscription; of all conflated ones where it is `null`.
        channel: Option<Channel>,
        instrument: Option<String>,
        /// How many, where that is known.
        missed: Option<u64>,
        sequence: u64,
        /// Where REST tells what was missed, if it does.
        history: Option<&'static str>,
    },
    /// The connection and the host live.
    Heartbeat {
        sequence: u64,
        time: String,
        time_ns: String,
    },
    /// The last: the connection closes.
    Bye { code: &'static str, reason: String },
}

/// What a channel carries.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Item {
    Quote(QuoteDto),
    Bar(BarDto),
    Order(OrderDto),
    OrderUpdate(OrderUpdateDto),
    Fill(FillDto),
    Position(PositionDto),
    Strategy(Box<StrategyDto>),
    Account(AccountDto),
    Balance(BalanceUpdateDto),
    Engine(EngineDto),
    Scope(ScopeDto),
    Alert(AlertDto),
    Metrics(Box<MetricsDto>),
    Venue(Box<VenueDto>),
    CashFlow(CashFlowViewDto),
    LifeEvent(LifeEventDto),
    Pipeline(DeploymentDto),
    Record(Box<RecordDto>),
    Approval(Box<ApprovalDto>),
    Book(BookDto),
    Portfolio(Box<PortfolioDto>),
    Job(Box<JobDto>),
}

impl Item {
    /// Its number, of what comes one by one.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::CashFlow(flow) => Some(flow.number),
            Self::LifeEvent(event) => Some(event.number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_has_its_name() {
        let error = serde_json::from_str::<Channel>("\"?\"").unwrap_err();
        let error = error.to_string();
        // "unknown variant `?`, expected one of `quotes`, `bars`" and so on.
        let known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        assert_eq!(known, channels());
    }
}

//! How things stand with a venue outside, and what models of a simulated one did wrong.

use super::fill::FillDto;
use super::strategy::FaultDto;
use super::text::Name;
use crate::names::Names;
use model::{ModelKind, Timestamp};
use serde::Serialize;
use services::view::{ModelFaultView, OutsideView, RefusalView, StandingView, TakenBackView};
use std::collections::BTreeMap;

/// Most orders in doubt that are named.
const NAMED: usize = 100;

/// How things stand with a venue outside.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct OutsideDto {
    pub(crate) connected: bool,
    /// Since when, in event time; `null` while it never was there.
    pub(crate) since: Option<String>,
    pub(crate) since_ns: Option<String>,
    pub(crate) accounts: Vec<StandingDto>,
    /// How many orders' state is not known.
    pub(crate) in_doubt_count: usize,
    /// The oldest of them, at most 100.
    pub(crate) in_doubt: Vec<String>,
    /// How often each rule decided what a doubtful report means.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(crate) ruled: BTreeMap<&'static str, u64>,
    /// The latest, newest first, at most 20.
    pub(crate) refusals: Vec<RefusalDto>,
    /// The latest executions it took back, newest first, at most 20.
    pub(crate) taken_back: Vec<TakenBackDto>,
}

/// Whether an account agrees with its venue.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct StandingDto {
    pub(crate) account: String,
    /// `RECONCILED`, `UNKNOWN` or `DIFFERS`.
    pub(crate) standing: Name,
    pub(crate) since: String,
    pub(crate) since_ns: String,
    /// When it was last compared with what the venue holds; `null` while it never was.
    pub(crate) compared: Option<String>,
    pub(crate) compared_ns: Option<String>,
    /// Positions that differed then.
    pub(crate) differences: Vec<DifferenceDto>,
}

/// A position that differs from the venue's.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = OutsideDifferenceDto)]
pub(crate) struct DifferenceDto {
    pub(crate) instrument: String,
    pub(crate) ours: String,
    pub(crate) theirs: String,
}

/// What a venue refused, in its words.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = OutsideRefusalDto)]
pub(crate) struct RefusalDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    pub(crate) order: String,
    pub(crate) reason: String,
}

/// An execution that a venue took back.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct TakenBackDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    pub(crate) fill: FillDto,
}

/// A model that broke, or answered what it was not offered.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ModelFaultDto {
    /// `FILL`, `FEE` or `LATENCY`.
    pub(crate) model: Name,
    /// Over which instrument, which is killed since.
    pub(crate) instrument: String,
    #[serde(flatten)]
    pub(crate) fault: FaultDto,
}

impl OutsideDto {
    pub(crate) fn new(view: &OutsideView, names: &Names) -> Self {
        let accounts = view.accounts.iter();
        let in_doubt = view.in_doubt.iter().take(NAMED);
        let ruled = view.ruled.iter();
        let refusals = view.refusals.iter().rev();
        let taken_back = view.taken_back.iter().rev();
        let (since, since_ns) = moment(view.since);
        Self {
            connected: view.connected,
            since,
            since_ns,
            accounts: accounts.map(|view| StandingDto::new(view, names)).collect(),
            in_doubt_count: view.in_doubt.len(),
            in_doubt: in_doubt.map(ToString::to_string).collect(),
            ruled: ruled.map(|(rule, count)| (rule.name(), *count)).collect(),
            refusals: refusals.map(RefusalDto::new).collect(),
            taken_back: taken_back
                .map(|view| TakenBackDto::new(view, names))
                .collect(),
        }
    }
}

impl StandingDto {
    fn new(view: &StandingView, names: &Names) -> Self {
        let (compared, compared_ns) = moment(view.compared);
        let differences = view.differences.iter();
        Self {
            account: names.account(view.account),
            standing: Name(view.standing.name()),
            since: view.since.to_string(),
            since_ns: view.since.nanos().to_string(),
            compared,
            compared_ns,
            differences: differences
                .map(|difference| DifferenceDto {
                    instrument: names.symbol(difference.instrument),
                    ours: difference.ours.to_string(),
                    theirs: difference.theirs.to_string(),
                })
                .collect(),
        }
    }
}

impl RefusalDto {
    fn new(view: &RefusalView) -> Self {
        Self {
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            order: view.order.to_string(),
            reason: view.reason.clone(),
        }
    }
}

impl TakenBackDto {
    fn new(view: &TakenBackView, names: &Names) -> Self {
        Self {
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            fill: FillDto::new(&view.fill, names),
        }
    }
}

impl ModelFaultDto {
    pub(crate) fn new(view: &ModelFaultView, names: &Names) -> Self {
        Self {
            model: Name(match view.model {
                ModelKind::Fill => "FILL",
                ModelKind::Fee => "FEE",
                ModelKind::Latency => "LATENCY",
            }),
            instrument: names.symbol(view.instrument),
            fault: FaultDto {
                time: view.time.to_string(),
                time_ns: view.time.nanos().to_string(),
                sequence: view.sequence,
                kind: Name(view.fault.kind.name()),
                message: view.fault.message.clone(),
            },
        }
    }
}

/// A moment as text and in nanoseconds.
fn moment(time: Option<Timestamp>) -> (Option<String>, Option<String>) {
    let nanos = time.map(|time| time.nanos().to_string());
    (time.map(|time| time.to_string()), nanos)
}

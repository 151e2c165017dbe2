//! Rows of what files beside the journal hold. Who keeps the files knows the types; here are their words.

use super::{Place, integer, maybe, text, time};
use crate::sql::batch::{Cell, Row};
use model::Timestamp;
use serde_json::Value;

/// A record of what somebody did.
#[derive(Debug, Clone, Copy)]
pub struct AuditRecord<'a> {
    /// Who.
    pub actor: &'a str,
    /// What was asked for.
    pub action: &'a str,
    /// Of what.
    pub subject: &'a str,
    /// How it was.
    pub before: Option<&'a Value>,
    /// How it is, or what was asked for.
    pub after: Option<&'a Value>,
    /// The request's id.
    pub request: &'a str,
    /// What came of it.
    pub outcome: &'a str,
    /// The request's path and query.
    pub place: &'a str,
    /// The approval of a second person that was used.
    pub approval: Option<&'a str>,
    /// Who confirmed it.
    pub confirmed_by: Option<&'a str>,
}

/// A record of what somebody did; its place is its time and number.
pub fn audit_record(place: Place, record: &AuditRecord<'_>) -> Row {
    place.row([
        words(record.actor),
        words(record.action),
        words(record.subject),
        maybe(record.before, text),
        maybe(record.after, text),
        words(record.request),
        words(record.outcome),
        words(record.place),
        maybe(record.approval, words),
        maybe(record.confirmed_by, words),
    ])
}

/// A request that goes on after its answer, as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// What it does.
    pub operation: &'a str,
    /// The path that was asked.
    pub subject: &'a str,
    /// Who asked, where that is known.
    pub asked_by: Option<&'a str>,
    /// How it stands.
    pub state: &'a str,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// The status of what would have been the answer.
    pub status: Option<u16>,
    /// Its body.
    pub answer: Option<&'a Value>,
}

/// A job; its place is when it was asked for, and its id.
pub fn job(place: Place, job: &Job<'_>) -> Row {
    place.row([
        words(job.operation),
        words(job.subject),
        maybe(job.asked_by, words),
        words(job.state),
        maybe(job.ended, time),
        maybe(job.status, |status| integer(u64::from(status))),
        maybe(job.answer, text),
    ])
}

/// A backtest that somebody asked for, as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Backtest<'a> {
    /// SHA-256 of the component.
    pub plugin: &'a str,
    /// Name and version of the component.
    pub title: &'a str,
    /// Its parameters.
    pub parameters: &'a Value,
    /// What it is of, and the world it is in.
    pub settings: &'a Value,
    /// Who asked, where that is known.
    pub asked_by: Option<&'a str>,
    /// How it stands.
    pub state: &'a str,
    /// Why it is no success.
    pub error: Option<&'a str>,
    /// When its turn came.
    pub began: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Statistics and the like, with the hash of the journal.
    pub result: Option<&'a Value>,
    /// Whether there is a report.
    pub has_report: bool,
}

/// A backtest; its place is when it was asked for, and its id.
pub fn backtest(place: Place, backtest: &Backtest<'_>) -> Row {
    let hash = backtest
        .result
        .and_then(|result| result.get("journal_hash"));
    place.row([
        words(backtest.plugin),
        words(backtest.title),
        text(backtest.parameters),
        text(backtest.settings),
        maybe(backtest.asked_by, words),
        words(backtest.state),
        maybe(backtest.error, words),
        maybe(backtest.began, time),
        maybe(backtest.ended, time),
        maybe(hash.and_then(Value::as_str), words),
        maybe(backtest.result, text),
        integer(u64::from(backtest.has_report)),
    ])
}

/// What somebody may have sent, without what PostgreSQL has no text for.
fn words(value: &str) -> Cell {
    Cell::Text(value.replace('\0', ""))
}

//! What files beside the journal hold, as rows for the store: the audit log, jobs, backtests.

use api::{Guarded, Jobs};
use identity::audit::Record;
use model::Timestamp;
use pipelines::{BacktestRecord, Backtests};
use serde_json::json;
use services::sql_projection::{Beside, List, Log};
use std::sync::Arc;
use store::sql::Row;
use store::sql::rows::{self, AuditRecord, Backtest, Place};

const NANOS_PER_MILLISECOND: u64 = 1_000_000;

/// What a host has of them.
pub fn beside(
    guarded: Option<&Arc<Guarded>>,
    jobs: &Jobs,
    backtests: Option<&Backtests>,
) -> Beside {
    Beside {
        audit: guarded.map(|guarded| Arc::new(AuditLog(guarded.clone())) as Arc<dyn Log>),
        jobs: Some(Arc::new(jobs.clone())),
        backtests: backtests.map(|asked| Arc::new(Asked(asked.clone())) as Arc<dyn List>),
    }
}

/// The log of what people did.
struct AuditLog(Arc<Guarded>);

impl Log for AuditLog {
    fn records(&self) -> u64 {
        self.0.audit().records()
    }

    fn rows(&self, first: u64, most: usize) -> Result<Vec<Row>, String> {
        match self.0.audit().read(first, most) {
            Ok(records) => Ok(records.iter().map(audit_row).collect()),
            Err(error) => {
                // Everybody may ask how the store stands.
                tracing::error!(%error, "the audit log cannot be read for the store");
                Err("the log cannot be read; the host's log says why".to_owned())
            }
        }
    }
}

fn audit_row(record: &Record) -> Row {
    let nanos = record.time_ms.saturating_mul(NANOS_PER_MILLISECOND);
    let told = AuditRecord {
        actor: &record.actor,
        action: &record.action,
        subject: &record.subject,
        before: record.before.as_ref(),
        after: record.after.as_ref(),
        request: &record.request,
        outcome: &record.outcome,
        place: &record.place,
        approval: record.approval.as_deref(),
        confirmed_by: record.confirmed_by.as_deref(),
    };
    rows::audit_record(place(nanos, record.number), &told)
}

/// Backtests that somebody asked for.
struct Asked(Backtests);

impl List for Asked {
    fn changed(&self, seen: Option<u64>) -> Option<(u64, Vec<Row>)> {
        let (now, all) = self.0.changed(seen)?;
        Some((now, all.iter().map(backtest_row).collect()))
    }
}

fn backtest_row(record: &BacktestRecord) -> Row {
    let told = Backtest {
        plugin: &record.plugin,
        title: &record.title,
        parameters: &json!(record.parameters),
        settings: &json!(record.settings),
        asked_by: record.by.as_deref(),
        state: record.state.name(),
        error: record.error.as_deref(),
        began: record.began_at_ns.map(Timestamp::from_nanos),
        ended: record.ended_at_ns.map(Timestamp::from_nanos),
        result: record.result.as_ref(),
        has_report: record.has_report,
    };
    rows::backtest(place(record.asked_at_ns, record.id), &told)
}

/// Where what has a number stands.
fn place(nanos: u64, number: u64) -> Place {
    Place {
        time: Timestamp::from_nanos(nanos),
        sequence: number,
        ordinal: 0,
    }
}

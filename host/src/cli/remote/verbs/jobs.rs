//! Work that goes on after its answer: requests that compile or deploy, versions on their way through pipelines,
//! and backtests.

use crate::cli::remote::verb::{Kind, Verb, delete, get, post};

pub(super) fn verbs() -> Vec<Verb> {
    const JOB: &str = "/jobs/{id}";
    let by = "Who asks, where the host does not know it";
    vec![
        get("jobs list", "/jobs", "List jobs, the latest first")
            .query(
                "state",
                Kind::Name,
                "Only queued, running, done, failed, canceled or interrupted ones",
            )
            .query(
                "after",
                Kind::Text,
                "What follows the page before, as it says",
            )
            .limit()
            .columns(&[
                "id", "kind", "subject", "state", "progress", "by", "asked", "status",
            ]),
        get("jobs show", JOB, "Show one, and what came of it"),
        delete(
            "jobs cancel",
            JOB,
            "Take one back that has not begun; a run ends its stage first, a backtest ends",
        )
        .query("by", Kind::Text, by),
        post(
            "jobs resume",
            "/jobs/{id}/resume",
            "Let a run go on where it was interrupted",
        )
        .query("by", Kind::Text, by),
    ]
}

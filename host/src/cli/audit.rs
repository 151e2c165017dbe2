//! `argonaut audit`: the log of what people did, checked while a host runs or not, and shown by one that runs.

use super::asking::Where;
use super::{remote, say};
use crate::client::with_query;
use crate::config::IdentitySection;
use crate::plugins::default_data_dir;
use anyhow::Result;
use clap::{Args, Subcommand};
use identity::audit::{AuditError, verify};
use std::path::PathBuf;
use std::process::ExitCode;

/// What of a record is shown in words.
const COLUMNS: &[&str] = &["number", "time", "actor", "action", "subject", "outcome"];

/// What to do with the log.
#[derive(Debug, Args)]
pub(super) struct AuditArguments {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that each record is as it was written; ends with code 3 and the first that is not.
    Verify(VerifyArguments),
    /// Show what people did in a running host, the oldest first.
    List(ListArguments),
}

/// Which part of a running host's log to show.
#[derive(Debug, Args)]
struct ListArguments {
    /// What follows the page before: its last number.
    #[arg(long, value_name = "N")]
    after: Option<u64>,
    /// `newest`: the newest first.
    #[arg(long, value_name = "NAME")]
    order: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    #[command(flatten)]
    at: Where,
}

/// Which log to check.
#[derive(Debug, Args)]
struct VerifyArguments {
    /// The data folder of the host.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// The head that was noted when the log had so many records (`RECORDS:HASH`), to find out whether
    /// records were cut from the end since.
    #[arg(long, value_name = "RECORDS:HASH", value_parser = noted)]
    noted: Option<Noted>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// A head that somebody wrote down.
#[derive(Debug, Clone)]
struct Noted {
    records: u64,
    head: String,
}

fn noted(text: &str) -> Result<Noted, String> {
    let parts = text.split_once(':').and_then(|(records, head)| {
        let records = records.parse().ok()?;
        let is_hash = head.len() == 64 && head.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| Noted {
            records,
            head: head.to_ascii_lowercase(),
        })
    });
    parts.ok_or_else(|| "write RECORDS:HASH as `audit verify` printed it".to_owned())
}

pub(super) fn run(arguments: AuditArguments) -> Result<ExitCode> {
    match arguments.command {
        AuditCommand::Verify(arguments) => check(arguments),
        AuditCommand::List(arguments) => list(&arguments).map(|()| ExitCode::SUCCESS),
    }
}

fn list(arguments: &ListArguments) -> Result<()> {
    let after = arguments.after.map(|after| ("after", after.to_string()));
    let order = arguments.order.clone().map(|order| ("order", order));
    let limit = arguments.limit.map(|limit| ("limit", limit.to_string()));
    let query: Vec<_> = [after, order, limit].into_iter().flatten().collect();
    let path = format!("/audit{}", with_query(&query));
    let answer = arguments.at.client()?.get(&path)?.succeeded()?;
    arguments
        .at
        .show(&answer, |answer| remote::page(answer, COLUMNS))
}

fn check(arguments: VerifyArguments) -> Result<ExitCode> {
    let data_dir = arguments.data_dir.unwrap_or_else(default_data_dir);
    let log = IdentitySection::audit_log(&data_dir);
    let expect = arguments.noted.as_ref();
    let expect = expect.map(|noted| (noted.records, noted.head.as_str()));
    let summary = match verify(&log, expect) {
        Ok(summary) => summary,
        Err(error @ (AuditError::File { .. } | AuditError::Foreign(_))) => return Err(error.into()),
        Err(error) => {
            if arguments.json {
                say(
                    &serde_json::json!({ "whole": false, "reason": error.to_string() }).to_string(),
                )?;
            } else {
                say(&error.to_string())?;
            }
            return Ok(ExitCode::from(3));
        }
    };
    if arguments.json {
        let report = serde_json::json!({
            "whole": true,
            "records": summary.records,
            "head": summary.head,
        });
        say(&report.to_string())?;
    } else {
        say(&format!(
            "{}: whole; note {}:{}",
            log.display(),
            summary.records,
            summary.head
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

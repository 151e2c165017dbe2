//! `argonaut audit`: the log of what people did, checked while a host runs or not.

use super::say;
use crate::config::IdentitySection;
use crate::plugins::default_data_dir;
use anyhow::Result;
use clap::{Args, Subcommand};
use identity::audit::{AuditError, verify};
use std::path::PathBuf;
use std::process::ExitCode;

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
    let AuditCommand::Verify(arguments) = arguments.command;
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

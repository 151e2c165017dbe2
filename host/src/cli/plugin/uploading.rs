//! An upload whose sender sees how far it is: the host makes a job of it, which is followed until it is over. What
//! came of it is then as if it had been the answer.

use crate::client::{Answer, Body, Client, Request};
use anyhow::{Result, bail};
use model::PluginHash;
use serde_json::Value;
use std::io::Write;
use std::time::{Duration, Instant};

/// How often the job is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How long at most: a host gives a compiler a fraction of it.
const LONGEST: Duration = Duration::from_secs(900);

/// Sends a component, and says on the standard error how far it is.
pub(super) fn followed(client: &Client, request: Request) -> Result<Answer> {
    let hash = match &request.body {
        Body::Plugin { bytes, .. } => PluginHash::of(bytes),
        Body::Empty | Body::Json(_) => bail!("there is no component to send"),
    };
    let answer = client.send(&Request {
        is_unhurried: true,
        ..request
    })?;
    // A host that does not make a job of it has answered; so has one that asks for a second person.
    let job = &answer.body;
    let (202, Some(id), Some(_)) = (answer.status, job["id"].as_str(), job["kind"].as_str()) else {
        return Ok(answer);
    };
    let path = format!("/jobs/{id}");
    let (begun, mut told) = (Instant::now(), String::new());
    loop {
        let job = client.get(&path)?.succeeded()?;
        let line = line(&job);
        if line != told {
            // Whoever does not look on does not need it.
            let _ = writeln!(std::io::stderr(), "{line}");
            told = line;
        }
        match job["state"].as_str() {
            Some("QUEUED" | "RUNNING") => {}
            _ => return came_of(client, &job, hash),
        }
        if begun.elapsed() > LONGEST {
            bail!("job {id} is not over yet; `argonaut jobs show {id}` says what comes of it");
        }
        std::thread::sleep(LOOK);
    }
}

/// What would have been the answer.
fn came_of(client: &Client, job: &Value, hash: PluginHash) -> Result<Answer> {
    let status = job["status"].as_u64();
    let Some(status) = status.and_then(|status| u16::try_from(status).ok()) else {
        bail!(
            "the host ended meanwhile; `argonaut plugin inspect {hash}` says whether it has the plugin"
        );
    };
    let body = match (&job["result"], &job["problem"]) {
        // It was too long to be kept with the job.
        (Value::Null, Value::Null) => return client.get(&format!("/plugins/{hash}")),
        (Value::Null, problem) => problem,
        (result, _) => result,
    };
    Ok(Answer {
        status,
        body: body.clone(),
        ..Answer::default()
    })
}

/// How far it is, for people.
fn line(job: &Value) -> String {
    let done = job["progress"].as_f64().unwrap_or_default() * 100.0;
    let stage = job["stage"].as_str().or(job["state"].as_str());
    let stage = match job["state"].as_str() {
        Some("QUEUED" | "RUNNING") => stage,
        state => state,
    };
    let stage = stage.unwrap_or("-").to_ascii_lowercase();
    format!("{stage:<10} {done:>3.0} %")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_has_the_stage_and_then_how_it_ended() {
        let check = |job: Value, expect: &str| assert_eq!(line(&job), expect);
        let running = json!({"state": "RUNNING", "stage": "COMPILING", "progress": 0.25});
        check(running, "compiling   25 %");
        let early = json!({"state": "QUEUED", "stage": null, "progress": 0.0});
        check(early, "queued       0 %");
        let done = json!({"state": "DONE", "stage": "STORED", "progress": 1.0});
        check(done, "done       100 %");
        let failed = json!({"state": "FAILED", "stage": "COMPILING", "progress": 0.25});
        check(failed, "failed      25 %");
    }
}

//! The kill switch from outside: a small client of a running host's REST API, and the drill.

mod drill;

pub use drill::{Extent, Measured, drill};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use services::handle::ScopeName;
use std::time::Duration;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running host, by its address.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
}

/// What the host answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: Value,
}

impl Client {
    /// For the host that listens on `address`, such as `127.0.0.1:8080`.
    pub fn new(address: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        Self {
            agent: config.into(),
            base: format!("http://{address}/api/v1"),
        }
    }

    /// Sets the kill latch of a scope.
    ///
    /// # Errors
    /// When the host does not answer or refuses.
    pub fn kill(&self, scope: &ScopeName) -> Result<()> {
        let body = json!({ "scope": scope.to_string() });
        self.post("/risk/kill", &body)?.succeeded().map(drop)
    }

    /// Clears the kill latch of a scope.
    ///
    /// # Errors
    /// When the host does not answer or refuses, as it does while the kill file is there.
    pub fn clear(&self, scope: &ScopeName) -> Result<()> {
        // Symbols have slashes, which the route takes as they are.
        let url = format!("{}/risk/kill/{scope}", self.base);
        let answer = self.agent.delete(url).call();
        self.read(answer)?.succeeded().map(drop)
    }

    fn get(&self, path: &str) -> Result<Answer> {
        self.read(self.agent.get(format!("{}{path}", self.base)).call())
    }

    fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("content-type", "application/json");
        self.read(request.send(body.to_string()))
    }

    fn read(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer> {
        let nobody = || format!("no host answers at {}; is it running?", self.base);
        let mut answer = answer.with_context(nobody)?;
        let text = answer.body_mut().read_to_string().with_context(nobody)?;
        Ok(Answer {
            status: answer.status().as_u16(),
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
        })
    }
}

impl Answer {
    /// The body of a success; the host's words for anything else.
    fn succeeded(self) -> Result<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        match self.body["detail"].as_str() {
            Some(detail) => bail!("the host refused: {detail}"),
            None => bail!("the host answered with status {}", self.status),
        }
    }
}

//! A request over HTTP/1.1 and its answer, on a connection of its own: enough to be let in by a host on this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

/// Far longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Asks; a body is JSON.
pub(super) fn ask(
    address: &str,
    method: &str,
    place: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer> {
    let mut text = format!("{method} {place} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += &format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
    }
    text += "\r\n";
    text += body;
    let mut stream = TcpStream::connect(address).with_context(|| format!("nobody at {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(text.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    read(&String::from_utf8_lossy(&answer)).with_context(|| format!("{method} {place}: no answer"))
}

fn read(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer {
        status,
        body: body.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_status_and_a_body() {
        let answer = "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}";
        let expect = Answer {
            status: 201,
            body: "{}".to_owned(),
        };
        assert_eq!(read(answer), Some(expect));
        assert_eq!(read("HTTP/1.1 201 Created\r\n"), None);
    }
}

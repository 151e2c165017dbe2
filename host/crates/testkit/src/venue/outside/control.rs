//! What tests ask a venue, a line of JSON each over a connection of its own.

use super::{Holdings, write_line};
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a test waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a venue waits for a question.
const QUESTION: Duration = Duration::from_secs(1);

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Question {
    /// What is there?
    Holdings,
    /// Put hosts out, and let nobody in for so long.
    Cut {
        /// How long, in milliseconds.
        milliseconds: u64,
    },
}

/// What is answered to any question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// How many connections hosts made since the process began.
    pub connections: u32,
    /// What the venue holds.
    pub holdings: Holdings,
}

/// Asks the venue that listens there.
///
/// # Errors
/// It does not answer in time, or nobody is there.
pub fn ask(control: SocketAddr, question: Question) -> std::io::Result<Told> {
    let mut stream = TcpStream::connect_timeout(&control, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write_line(&mut stream, &question)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// Reads the question of somebody who connected.
pub(super) fn question(stream: &TcpStream) -> std::io::Result<Question> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(QUESTION))?;
    stream.set_write_timeout(Some(QUESTION))?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

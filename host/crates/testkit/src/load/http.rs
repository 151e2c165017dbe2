//! A small HTTP/1.1 client that keeps its connection: as much as answers of the host need.

use super::LoadError;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest head of an answer.
const HEAD: usize = 16 << 10;
/// What is read at once.
const READ: usize = 32 << 10;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

/// A connection that one request at a time goes over.
pub struct Client {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connect(address: SocketAddr) -> Result<Self, LoadError> {
        let stream = TcpStream::connect(address).await;
        let stream = stream.map_err(LoadError::system("a connection"))?;
        stream
            .set_nodelay(true)
            .map_err(LoadError::system("a connection"))?;
        Ok(Self {
            stream,
            host: address.to_string(),
            buffer: Vec::with_capacity(READ),
        })
    }

    /// Asks, and waits for the answer. `headers` are whole lines, each with its end; a body is JSON.
    ///
    /// # Errors
    /// When the connection breaks, or what comes is no answer with a length.
    pub async fn request(
        &mut self,
        method: &str,
        place: &str,
        headers: &str,
        body: &str,
    ) -> Result<Answer, LoadError> {
        let length = body.len();
        let kind = if body.is_empty() {
            ""
        } else {
            "content-type: application/json\r\n"
        };
        let text = format!(
            "{method} {place} HTTP/1.1\r\nhost: {}\r\n{kind}content-length: {length}\r\n{headers}\r\n{body}",
            self.host
        );
        let sent = self.stream.write_all(text.as_bytes()).await;
        sent.map_err(LoadError::system("a request"))?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer, LoadError> {
        let end = loop {
            if let Some(end) = end_of_head(&self.buffer) {
                break end;
            }
            if self.buffer.len() > HEAD {
                return Err(LoadError::Host("an answer's head has no end".into()));
            }
            self.read().await?;
        };
        let (status, length) = {
            let head = String::from_utf8_lossy(&self.buffer[..end]);
            let strange = || LoadError::Host(format!("not an answer with a length: {head}"));
            head_of(&head).ok_or_else(strange)?
        };
        while self.buffer.len() < end + length {
            self.read().await?;
        }
        let body = self.buffer[end..end + length].to_vec();
        self.buffer.drain(..end + length);
        Ok(Answer { status, body })
    }

    async fn read(&mut self) -> Result<(), LoadError> {
        self.buffer.reserve(READ);
        let read = self.stream.read_buf(&mut self.buffer).await;
        match read.map_err(LoadError::system("an answer"))? {
            0 => Err(LoadError::Host("the host closed a connection".into())),
            _ => Ok(()),
        }
    }
}

/// Where what follows the head begins.
pub(super) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

/// The status and the length of the body.
fn head_of(head: &str) -> Option<(u16, usize)> {
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    Some((status, length?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_status_and_length() {
        let head = "HTTP/1.1 201 Created\r\nX-A: b\r\nContent-Length: 17\r\n\r\n";
        assert_eq!(head_of(head), Some((201, 17)));
        assert_eq!(end_of_head(head.as_bytes()), Some(head.len()));
        assert_eq!(
            head_of("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
            None
        );
        assert_eq!(end_of_head(b"HTTP/1.1 200 OK\r\n"), None);
    }
}

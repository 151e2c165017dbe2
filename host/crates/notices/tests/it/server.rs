//! A server of HTTP on this machine that answers as it is told and hands over what it was sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What somebody posted.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) path: String,
    /// In small letters, as they came.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Posted {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The server, until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    posted: Receiver<Posted>,
}

impl Server {
    /// Answers with these statuses and headers in turn, and with the last one ever after.
    pub(crate) fn answering(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, posted) = channel();
        let mut answers: Vec<_> = answers
            .iter()
            .map(|(status, headers)| (*status, (*headers).to_owned()))
            .collect();
        answers.reverse();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let Ok(connection) = connection else { return };
                let answer = match answers.len() {
                    0 | 1 => answers.last().cloned().unwrap(),
                    _ => answers.pop().unwrap(),
                };
                if serve(&connection, &answer, &sender).is_none() {
                    return;
                }
            }
        });
        Self { address, posted }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What is posted next.
    #[track_caller]
    pub(crate) fn next(&self) -> Posted {
        let posted = self.posted.recv_timeout(Duration::from_secs(30));
        posted.expect("something is posted")
    }

    /// Whether nothing more was posted up to now.
    pub(crate) fn is_idle(&self) -> bool {
        self.posted.try_recv().is_err()
    }
}

/// One request on one connection; nothing when nobody listens any more.
fn serve(stream: &TcpStream, (status, headers): &(u16, String), to: &Sender<Posted>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut posted = Posted {
        path,
        headers: Vec::new(),
        body: String::new(),
    };
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let header = (name.to_ascii_lowercase(), value.trim().to_owned());
        posted.headers.push(header);
    }
    let length = posted.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    posted.body = String::from_utf8(body).unwrap();
    to.send(posted).ok()?;
    let answer = format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: 4\r\nconnection: close\r\n\r\nword"
    );
    // A client that left has its answer already.
    let _left = (&*stream).write_all(answer.as_bytes());
    Some(())
}

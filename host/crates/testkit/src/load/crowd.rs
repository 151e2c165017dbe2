//! Many WebSocket clients, and what they heard while it was measured.

use super::LoadError;
use super::frames::{self, BINARY, CLOSE, Frame, Frames, TEXT};
use super::head::{Encoding, Head};
use super::latency::Latencies;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What every client subscribes to, and how many quotes of an instrument it wants per second at most: as many as the
/// host allows, so that nothing is left out.
const CHANNELS: [(&str, Option<u16>); 4] = [
    ("quotes", Some(1_000)),
    ("orders", None),
    ("fills", None),
    ("positions", None),
];
/// Clients that connect at once.
const AT_ONCE: usize = 32;
/// Of so many messages one is timed.
const TIMED: u64 = 8;
/// What the system keeps for a client that reads slowly, in bytes.
const SLOW_BUFFER: u32 = 4_096;
/// How often such a client reads a byte.
const SLOW_PAUSE: Duration = Duration::from_secs(1);
/// Parts of a run that are measured apart.
const PARTS: usize = 2;

/// How fast a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can.
    Fast,
    /// A byte a second.
    Slow,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Between,
    Measuring(usize),
    Over,
}

/// What was heard in a part.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Updates to all fast clients: what is said although nothing happens does not count.
    pub messages: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// From the engine's step to the client, of one message in eight.
    pub latencies: Latencies,
    /// Fast clients that heard an update.
    pub listeners: u32,
}

/// What a crowd heard.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// What is measured apart.
    pub parts: [Part; PARTS],
    /// Messages that are missing by their numbers, or by the sequence of the one before.
    pub missing: u64,
    /// Refusals, and what was no message.
    pub errors: u64,
    /// Times that the host said it could not keep up.
    pub gaps: u64,
    /// Fast clients that the host closed.
    pub closed: u64,
    /// Slow ones that it closed.
    pub slow_closed: u64,
    /// The first refusal's code.
    pub code: Option<String>,
}

impl Heard {
    fn add(&mut self, other: &Self) {
        for (part, more) in self.parts.iter_mut().zip(&other.parts) {
            part.messages += more.messages;
            part.bytes += more.bytes;
            part.latencies.extend(&more.latencies);
            part.listeners += u32::from(more.messages > 0);
        }
        self.missing += other.missing;
        self.errors += other.errors;
        self.gaps += other.gaps;
        self.closed += other.closed;
        self.slow_closed += other.slow_closed;
        self.code = self.code.take().or_else(|| other.code.clone());
    }
}

/// Clients of one host.
pub struct Crowd {
    address: SocketAddr,
    stage: watch::Sender<Stage>,
    clients: Vec<JoinHandle<Heard>>,
}

impl Crowd {
    /// Nobody yet.
    #[must_use]
    pub fn of(address: SocketAddr) -> Self {
        Self {
            address,
            stage: watch::Sender::new(Stage::Between),
            clients: Vec::new(),
        }
    }

    /// Adds clients, of either encoding in turn; they are connected and have subscribed when this returns.
    ///
    /// # Errors
    /// When one of them cannot connect.
    pub async fn join(&mut self, count: usize, pace: Pace) -> Result<(), LoadError> {
        let encodings: Vec<Encoding> = Encoding::ALL.into_iter().cycle().take(count).collect();
        for some in encodings.chunks(AT_ONCE) {
            let begun: Vec<_> = some
                .iter()
                .map(|encoding| tokio::spawn(Connection::open(self.address, *encoding, pace)))
                .collect();
            for connection in begun {
                let opened = connection.await;
                let opened = opened.map_err(|error| LoadError::Host(error.to_string()))??;
                let stage = self.stage.subscribe();
                self.clients.push(match pace {
                    Pace::Fast => tokio::spawn(opened.read_all(stage)),
                    Pace::Slow => tokio::spawn(opened.read_slowly(stage)),
                });
            }
        }
        Ok(())
    }

    /// Measures for so long; `part` is 0 or 1.
    pub async fn measured(&self, part: usize, length: Duration) {
        self.stage.send_replace(Stage::Measuring(part));
        tokio::time::sleep(length).await;
        self.stage.send_replace(Stage::Between);
    }

    /// Ends all clients; what they heard together.
    ///
    /// # Errors
    /// When a client came to an end by itself that it should not have come to.
    pub async fn leave(self) -> Result<Heard, LoadError> {
        self.stage.send_replace(Stage::Over);
        let mut all = Heard::default();
        for client in self.clients {
            let heard = client.await;
            all.add(&heard.map_err(|error| LoadError::Host(error.to_string()))?);
        }
        Ok(all)
    }
}

/// One client.
struct Connection {
    stream: TcpStream,
    frames: Frames,
    encoding: Encoding,
}

impl Connection {
    async fn open(address: SocketAddr, encoding: Encoding, pace: Pace) -> Result<Self, LoadError> {
        let socket = TcpSocket::new_v4().map_err(LoadError::system("a socket"))?;
        if pace == Pace::Slow {
            // Before connecting, so that the host is told of no more room than that.
            let set = socket.set_recv_buffer_size(SLOW_BUFFER);
            set.map_err(LoadError::system("a small buffer"))?;
        }
        let stream = socket.connect(address).await;
        let mut stream = stream.map_err(LoadError::system("a connection"))?;
        let frames = frames::open(&mut stream, address, encoding).await?;
        for (channel, max_hz) in CHANNELS {
            let (opcode, message) = encoding.subscribe(channel, max_hz);
            frames::send(&mut stream, opcode, &message).await?;
        }
        Ok(Self {
            stream,
            frames,
            encoding,
        })
    }

    async fn read_all(mut self, mut stage: watch::Receiver<Stage>) -> Heard {
        let mut ear = Ear::new(self.encoding);
        loop {
            let part = match now(&mut stage) {
                Stage::Over => return ear.heard,
                Stage::Measuring(part) => Some(part),
                Stage::Between => None,
            };
            let now_ns = now_ns();
            while let Some(frame) = self.frames.take() {
                ear.take(&frame, part, now_ns);
            }
            tokio::select! {
                read = self.stream.read_buf(self.frames.room()) => {
                    if !read.is_ok_and(|bytes| bytes > 0) {
                        ear.heard.closed += 1;
                        return ear.heard;
                    }
                }
                changed = stage.changed() => {
                    if changed.is_err() {
                        return ear.heard;
                    }
                }
            }
        }
    }

    async fn read_slowly(mut self, mut stage: watch::Receiver<Stage>) -> Heard {
        let mut heard = Heard::default();
        let mut byte = [0; 1];
        while now(&mut stage) != Stage::Over {
            let one = async {
                tokio::time::sleep(SLOW_PAUSE).await;
                self.stream.read(&mut byte).await
            };
            tokio::select! {
                read = one => {
                    if !read.is_ok_and(|bytes| bytes > 0) {
                        heard.slow_closed += 1;
                        return heard;
                    }
                }
                changed = stage.changed() => {
                    if changed.is_err() {
                        return heard;
                    }
                }
            }
        }
        heard
    }
}

/// Where the run is; whoever waits for a change then waits for the next.
fn now(stage: &mut watch::Receiver<Stage>) -> Stage {
    *stage.borrow_and_update()
}

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

/// Looks at what one client is told.
struct Ear {
    encoding: Encoding,
    heard: Heard,
    /// The number of the latest message.
    message: u64,
    /// The latest sequence of each channel.
    latest: Vec<(Vec<u8>, u64)>,
}

impl Ear {
    fn new(encoding: Encoding) -> Self {
        Self {
            encoding,
            heard: Heard::default(),
            message: 0,
            latest: Vec::new(),
        }
    }

    fn take(&mut self, frame: &Frame<'_>, part: Option<usize>, now_ns: u64) {
        match frame.opcode {
            TEXT | BINARY => {}
            // What it means is told by the message before it and by the end of the connection.
            CLOSE => return,
            _ => {
                self.heard.errors += 1;
                return;
            }
        }
        let Some(head) = self.encoding.head(frame.payload) else {
            self.heard.errors += 1;
            return;
        };
        self.heard.missing += head.message.saturating_sub(self.message + 1);
        self.message = head.message;
        self.follow(&head);
        if head.kind != b"update" {
            return;
        }
        if let Some(part) = part.and_then(|part| self.heard.parts.get_mut(part)) {
            part.messages += 1;
            part.bytes += u64::try_from(frame.payload.len()).unwrap_or_default();
            if head.message.is_multiple_of(TIMED) {
                let took = Duration::from_nanos(now_ns.saturating_sub(head.time_ns));
                part.latencies.add(took);
            }
        }
    }

    fn follow(&mut self, head: &Head<'_>) {
        let mut known = self.latest.iter_mut();
        let known = known.find(|(name, _)| name == head.channel);
        match (head.kind, known) {
            (b"snapshot", None) => self.latest.push((head.channel.to_vec(), head.sequence)),
            (b"snapshot", Some((_, latest))) => *latest = head.sequence,
            (b"update", Some((_, latest))) => {
                self.heard.missing += u64::from(head.previous != Some(*latest));
                *latest = head.sequence;
            }
            // An update of a channel that was not shown before it.
            (b"update", None) => self.heard.missing += 1,
            (b"gap", _) => self.heard.gaps += 1,
            (b"error" | b"bye", _) => {
                self.heard.errors += 1;
                let code = || String::from_utf8_lossy(head.code).into_owned();
                self.heard.code.get_or_insert_with(code);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted of messages in JSON: missing, errors, gaps.
    #[track_caller]
    fn check(messages: &[&str], expect: (u64, u64, u64)) {
        let mut ear = Ear::new(Encoding::Json);
        for message in messages {
            let frame = Frame {
                opcode: TEXT,
                payload: message.as_bytes(),
            };
            ear.take(&frame, Some(0), 2_000);
        }
        let heard = &ear.heard;
        assert_eq!((heard.missing, heard.errors, heard.gaps), expect);
        let updates = messages.iter().filter(|text| text.contains("\"update\""));
        let updates = u64::try_from(updates.count()).unwrap();
        assert_eq!(heard.parts[0].messages, updates);
    }

    const SNAPSHOT: &str = r#"{"message":1,"type":"snapshot","channel":"fills","instrument":null,"sequence":5,"data":[]}"#;

    fn update(message: u64, previous: u64, sequence: u64) -> String {
        format!(
            r#"{{"message":{message},"previous":{previous},"type":"update","channel":"fills","sequence":{sequence},"time":"x","time_ns":"1000","data":{{}}}}"#
        )
    }

    #[test]
    fn a_chain_without_a_hole_is_whole() {
        let (first, second) = (update(2, 5, 9), update(3, 9, 12));
        check(&[SNAPSHOT, &first, &second], (0, 0, 0));
    }

    #[test]
    fn a_hole_is_found_by_number_and_by_sequence() {
        let (late, unlinked) = (update(4, 5, 9), update(2, 7, 9));
        check(&[SNAPSHOT, &late], (2, 0, 0));
        check(&[SNAPSHOT, &unlinked], (1, 0, 0));
        check(&[&update(1, 5, 9)], (1, 0, 0));
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        check(&["{}", "hello"], (0, 2, 0));
    }
}

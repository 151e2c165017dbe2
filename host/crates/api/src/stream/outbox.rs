//! The bounded queue between a session and its reader, and the task that empties it.

use super::encoding::{Body, Encoding, HEAD_BYTES, Head};
use crate::dto::stream::ServerMessage;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Most messages that are handed to the socket at once, and bytes after which it is enough.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 16 << 10;
/// How long somebody who may not read, or not any more, is given for the last message: a session that was ended
/// has no connection within 5 s, and it may take 2 s to be noticed.
const STRANGER_GRACE: Duration = Duration::from_millis(500);

/// Every code that a connection can be closed with.
pub(crate) const CODES: &[&str] = &[
    "TOO_SLOW",
    "OVERRUN",
    "TOO_MANY_ERRORS",
    "TOO_LARGE",
    "TOO_MANY",
    "BUSY",
    "UNAUTHENTICATED",
    "SHUTDOWN",
    "INTERNAL",
];

/// Why a connection ends, for the reader to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bye {
    /// WebSocket close code (RFC 6455, 7.4).
    close: u16,
    code: &'static str,
    reason: String,
}

impl Bye {
    fn new(close: u16, code: &'static str, reason: &str) -> Self {
        Self {
            close,
            code,
            reason: reason.to_owned(),
        }
    }

    /// One of [`CODES`].
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Whether what waits is given up: nobody takes it, or nobody may.
    fn drops_queue(&self) -> bool {
        matches!(self.code, "TOO_SLOW" | "UNAUTHENTICATED")
    }

    /// How long the reader may take for the last message, of the usual time.
    pub(super) fn patience(&self, usual: Duration) -> Duration {
        match self.code {
            "UNAUTHENTICATED" => usual.min(STRANGER_GRACE),
            _ => usual,
        }
    }

    pub(super) fn too_slow() -> Self {
        let reason = "the client read too slowly; connect again and resume";
        Self::new(1013, "TOO_SLOW", reason)
    }

    pub(super) fn overrun(missed: u64) -> Self {
        let reason = format!("{missed} updates were lost here; connect again for fresh snapshots");
        Self::new(1013, "OVERRUN", &reason)
    }

    pub(super) fn too_many_errors() -> Self {
        Self::new(1008, "TOO_MANY_ERRORS", "too many malformed messages")
    }

    pub(super) fn too_large() -> Self {
        Self::new(
            1009,
            "TOO_LARGE",
            "a message was malformed or larger than 64 KiB",
        )
    }

    pub(super) fn too_many() -> Self {
        Self::new(1008, "TOO_MANY", "the client sent too many messages")
    }

    /// Who reads is not known, or not any more.
    pub(super) fn unauthenticated(reason: &str) -> Self {
        Self::new(1008, "UNAUTHENTICATED", reason)
    }

    /// As many read as may.
    pub(super) fn busy() -> Self {
        Self::new(1013, "BUSY", "too many WebSocket connections")
    }

    pub(super) fn shutdown() -> Self {
        Self::new(1001, "SHUTDOWN", "the host is stopping")
    }

    pub(super) fn internal() -> Self {
        Self::new(1011, "INTERNAL", "a message could not be written")
    }
}

/// A message that waits: its body is everybody's.
struct Queued {
    head: Head,
    body: Body,
}

impl Queued {
    fn bytes(&self) -> usize {
        HEAD_BYTES + self.body.len()
    }

    fn frame(&self) -> Message {
        self.body.frame(self.head)
    }
}

/// The session's end of the queue. Numbers the messages.
pub(super) struct Outbox {
    encoding: Encoding,
    sender: mpsc::Sender<Queued>,
    waiting_bytes: Arc<AtomicUsize>,
    limit_bytes: usize,
    messages: u64,
}

/// The writer's end of the queue.
pub(super) struct Inbox {
    receiver: mpsc::Receiver<Queued>,
    waiting_bytes: Arc<AtomicUsize>,
}

/// A queue of at most so many messages and bytes.
pub(super) fn queue(
    encoding: Encoding,
    limit_messages: usize,
    limit_bytes: usize,
) -> (Outbox, Inbox) {
    let (sender, receiver) = mpsc::channel(limit_messages);
    let waiting_bytes = Arc::new(AtomicUsize::new(0));
    let inbox = Inbox {
        receiver,
        waiting_bytes: waiting_bytes.clone(),
    };
    let outbox = Outbox {
        encoding,
        sender,
        waiting_bytes,
        limit_bytes,
        messages: 0,
    };
    (outbox, inbox)
}

impl Outbox {
    /// How its messages are written.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Queues a message, or tells that the reader has too many waiting.
    pub(super) fn send(&mut self, message: &ServerMessage) -> Result<(), Bye> {
        let body = self.encoding.body(message).ok_or_else(Bye::internal)?;
        self.queue(body, None)
    }

    /// The same with one that is written already and no update.
    pub(super) fn send_written(&mut self, body: Body) -> Result<(), Bye> {
        self.queue(body, None)
    }

    /// The same with an update that is written already; `previous` is the one before.
    pub(super) fn pass(&mut self, body: Body, previous: u64) -> Result<(), Bye> {
        self.queue(body, Some(previous))
    }

    fn queue(&mut self, body: Body, previous: Option<u64>) -> Result<(), Bye> {
        let queued = self.numbered(body, previous);
        let bytes = queued.bytes();
        let waiting = self.waiting_bytes.load(Ordering::Acquire);
        // One message larger than the limit may pass, if it is alone.
        if waiting > 0 && waiting + bytes > self.limit_bytes {
            return Err(Bye::too_slow());
        }
        self.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        self.sender.try_send(queued).map_err(|_| Bye::too_slow())
    }

    fn numbered(&mut self, body: Body, previous: Option<u64>) -> Queued {
        self.messages += 1;
        let head = Head {
            message: self.messages,
            previous,
        };
        Queued { head, body }
    }

    /// Whether less than half of the queue is taken, so that messages that may wait need not.
    pub(super) fn is_calm(&self) -> bool {
        self.sender.capacity() * 2 > self.sender.max_capacity()
            && self.waiting_bytes.load(Ordering::Acquire) * 2 <= self.limit_bytes
    }

    /// How many messages the writer has taken so far; it takes no more while the reader takes nothing.
    pub(super) fn taken(&self) -> u64 {
        let waiting = self.sender.max_capacity() - self.sender.capacity();
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        self.messages.saturating_sub(waiting)
    }

    /// Bytes that the reader has not taken yet.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes.load(Ordering::Acquire)
    }

    /// The last message, for [`write`].
    pub(super) fn last_words(&mut self, bye: &Bye) -> Option<Message> {
        let message = ServerMessage::Bye {
            code: bye.code,
            reason: bye.reason.clone(),
        };
        let body = self.encoding.body(&message)?;
        Some(self.numbered(body, None).frame())
    }
}

/// What ends the writer.
pub(super) type End = (Bye, Option<Message>);

/// Writes queued messages until told to end, then says why and closes. What waits for a reader that
/// is too slow, or may not read any more, is dropped then: it sees the jump in `message`. Others get
/// what was meant for them.
pub(super) async fn write(
    sink: SplitSink<WebSocket, Message>,
    inbox: Inbox,
    end: oneshot::Receiver<End>,
    grace: Duration,
) {
    let mut writer = Writer { sink, inbox };
    // No end comes when the client has left: nobody to say goodbye to.
    let Some((bye, words)) = writer.until_end(end, grace).await else {
        return;
    };
    if tokio::time::timeout(bye.patience(grace), writer.farewell(&bye, words))
        .await
        .is_err()
    {
        tracing::debug!(code = bye.code, "the client did not take the last message");
    }
}

struct Writer {
    sink: SplitSink<WebSocket, Message>,
    inbox: Inbox,
}

impl Writer {
    async fn until_end(&mut self, mut end: oneshot::Receiver<End>, grace: Duration) -> Option<End> {
        loop {
            let next = tokio::select! {
                biased;
                ended = &mut end => return ended.ok(),
                next = self.inbox.receiver.recv() => next,
            };
            let Some(first) = next else {
                return end.await.ok();
            };
            let (frames, bytes) = batch(first, &mut self.inbox.receiver);
            let sending = send_all(&mut self.sink, frames);
            tokio::pin!(sending);
            tokio::select! {
                sent = &mut sending => sent.ok()?,
                ended = &mut end => {
                    let ended = ended.ok()?;
                    let grace = ended.0.patience(grace);
                    // Half a message cannot be taken back: the reader must take it first.
                    tokio::time::timeout(grace, sending).await.ok()?.ok()?;
                    return Some(ended);
                }
            }
            self.inbox.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        }
    }

    async fn farewell(&mut self, bye: &Bye, words: Option<Message>) -> Result<(), axum::Error> {
        while !bye.drops_queue()
            && let Ok(queued) = self.inbox.receiver.try_recv()
        {
            self.sink.feed(queued.frame()).await?;
        }
        let frame = CloseFrame {
            code: bye.close,
            reason: bye.code.into(),
        };
        if let Some(words) = words {
            self.sink.feed(words).await?;
        }
        self.sink.send(Message::Close(Some(frame))).await
    }
}

/// The first message and those that wait behind it, up to a bound: each call of the system costs as much
/// as many messages. With what they take of the queue.
fn batch(first: Queued, receiver: &mut mpsc::Receiver<Queued>) -> (Vec<Message>, usize) {
    let mut bytes = first.bytes();
    let mut frames = vec![first.frame()];
    while frames.len() < BATCH
        && bytes < BATCH_BYTES
        && let Ok(queued) = receiver.try_recv()
    {
        bytes += queued.bytes();
        frames.push(queued.frame());
    }
    (frames, bytes)
}

async fn send_all(
    sink: &mut SplitSink<WebSocket, Message>,
    frames: Vec<Message>,
) -> Result<(), axum::Error> {
    for frame in frames {
        sink.feed(frame).await?;
    }
    sink.flush().await
}

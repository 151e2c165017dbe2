//! Drives one session: host updates and client messages in, queued messages out, until one of the
//! two leaves or cannot keep up.

use super::authentication::{self, Reader};
use super::encoding::{Encoding, Frame};
use super::hall::{Heard, Hearing};
use super::origin::{Origin, Shared};
use super::outbox::{self, Bye};
use super::session::Session;
use crate::rate::Meter;
use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use std::net::IpAddr;
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior};

/// How often it is looked whether people did something, or something became of jobs, for those who want to know.
const REPORTING: Duration = Duration::from_millis(250);
/// Updates handled before anything else gets a turn.
const BATCH: usize = 256;

/// Why the loop ended.
pub(super) enum Ended {
    /// The client is to be told.
    By(Bye),
    /// The client left.
    Left,
}

impl From<Bye> for Ended {
    fn from(bye: Bye) -> Self {
        Self::By(bye)
    }
}

/// Serves a client until it leaves or must go. `turn` is its place among the connections, or among
/// strangers where it has to say who it is.
pub(super) async fn run<O: Origin>(
    socket: WebSocket,
    (origin, shared): (O, Shared),
    encoding: Encoding,
    from: IpAddr,
    mut turn: OwnedSemaphorePermit,
) {
    let bounds = &shared.bounds;
    let closing = shared.closing.subscribe();
    let (sink, mut stream) = socket.split();
    let (outbox, inbox) = outbox::queue(encoding, bounds.queue_messages, bounds.queue_bytes);
    let (end, ended) = oneshot::channel();
    let writer = tokio::spawn(outbox::write(sink, inbox, ended, bounds.close_grace));
    let mut at_the_door = closing.clone();
    let reader = tokio::select! {
        known = authentication::first(shared.door.clone(), &mut stream, encoding, from) => known,
        () = stopping(&mut at_the_door) => Err(Ended::By(Bye::shutdown())),
    };
    let reader = reader.and_then(|reader| {
        if reader.is_some() {
            let place = shared.connections.clone().try_acquire_owned();
            turn = place.map_err(|_| Bye::busy())?;
        }
        Ok(reader)
    });
    let (mut outbox, ended) = match reader {
        Ok(reader) => {
            let (hearing, heard) = origin.hall().listen();
            let comings = Comings {
                hearing,
                closing,
                reader: reader.clone(),
                meter: shared.rates.as_ref().map(|rates| rates.meter()),
            };
            let Ok(mut session) = Session::begin(origin, reader, outbox, (heard, bounds.heartbeat))
            else {
                return;
            };
            let ended = drive(&mut session, &mut stream, comings, bounds.heartbeat).await;
            (session.into_outbox(), ended)
        }
        Err(ended) => (outbox, ended),
    };
    if let Ended::By(bye) = ended {
        shared.counted.closed(bye.code());
        let words = outbox.last_words(&bye);
        let grace = bye.patience(bounds.close_grace);
        // The writer is gone when the client is: nobody to tell then.
        let _ = end.send((bye, words));
        farewell(writer, &mut stream, grace).await;
    }
    drop(turn);
}

async fn stopping(closing: &mut watch::Receiver<bool>) {
    // The sender lives as long as the API does.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// What a session is told besides its client's messages.
struct Comings {
    hearing: Hearing,
    closing: watch::Receiver<bool>,
    reader: Option<Reader>,
    /// How many messages the client may send, where that is limited.
    meter: Option<Meter>,
}

/// Waits until the last message is out and the client has closed too, so that it is not lost with
/// the socket; but not for long.
async fn farewell(
    writer: tokio::task::JoinHandle<()>,
    stream: &mut SplitStream<WebSocket>,
    grace: Duration,
) {
    let closed = async { while let Some(Ok(_)) = stream.next().await {} };
    let both = async { tokio::join!(writer, tokio::time::timeout(grace, closed)) };
    if tokio::time::timeout(grace * 2, both).await.is_err() {
        tracing::debug!("a WebSocket client did not close in time");
    }
}

async fn drive<O: Origin>(
    session: &mut Session<O>,
    stream: &mut SplitStream<WebSocket>,
    comings: Comings,
    heartbeat: Duration,
) -> Ended {
    let Comings {
        mut hearing,
        mut closing,
        reader,
        mut meter,
    } = comings;
    let mut asking = tokio::time::interval(authentication::EVERY);
    asking.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reporting = tokio::time::interval(REPORTING);
    reporting.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heartbeat = tokio::time::interval_at(Instant::now() + heartbeat, heartbeat);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let flush = session.next_flush();
        let step = tokio::select! {
            received = hearing.recv() => match received {
                Ok(heard) => hear(session, heard).and_then(|()| batch(session, &mut hearing)),
                Err(RecvError::Lagged(missed)) => session.lagged(missed),
                Err(RecvError::Closed) => Err(Bye::shutdown()),
            },
            message = stream.next() => match client(session, &mut meter, message) {
                Ok(step) => step,
                Err(ended) => return ended,
            },
            () = until(flush) => session.flush(),
            _ = heartbeat.tick() => session.heartbeat(),
            _ = asking.tick(), if reader.is_some() => authentication::still(reader.as_ref()),
            _ = reporting.tick(), if session.reports() => session.report().await,
            () = stopping(&mut closing) => Err(Bye::shutdown()),
        };
        if let Err(bye) = step {
            return bye.into();
        }
    }
}

fn hear<O: Origin>(session: &mut Session<O>, heard: Heard) -> Result<(), Bye> {
    match heard {
        Heard::Event(event) => session.hear(&event),
        Heard::Lost(missed) => session.lost(missed),
        Heard::Picture(key, picture) => session.show(key, &picture),
        Heard::Ended => Err(Bye::shutdown()),
    }
}

/// Handles what else has arrived, up to a bound.
fn batch<O: Origin>(session: &mut Session<O>, hearing: &mut Hearing) -> Result<(), Bye> {
    for _ in 1..BATCH {
        match hearing.try_recv() {
            Ok(heard) => hear(session, heard)?,
            Err(TryRecvError::Lagged(missed)) => session.lagged(missed)?,
            // The loop's next turn sees the end.
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    Ok(())
}

/// Handles a message of the client; `Err` when it has left.
fn client<O: Origin>(
    session: &mut Session<O>,
    meter: &mut Option<Meter>,
    message: Option<Result<Message, axum::Error>>,
) -> Result<Result<(), Bye>, Ended> {
    // Pings cost an answer, too.
    if message.is_some() && !meter.as_mut().is_none_or(Meter::takes) {
        return Err(Bye::too_many().into());
    }
    match message {
        Some(Ok(Message::Text(text))) => Ok(session.client(&Frame::Text(&text))),
        Some(Ok(Message::Binary(bytes))) => Ok(session.client(&Frame::Binary(&bytes))),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Ok(())),
        Some(Ok(Message::Close(_))) | None => Err(Ended::Left),
        // The protocol was broken, or the connection: saying why hurts neither.
        Some(Err(error)) => {
            tracing::debug!(%error, "a WebSocket client's message could not be read");
            Err(Ended::By(Bye::too_large()))
        }
    }
}

/// Until a moment, or for ever.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

//! The venue at work: one thread moves its market, speaks the gateway's protocol with one host at a time, and
//! answers tests.

use super::books::{Books, codec};
use super::control::{self, Question, Told};
use super::{Addresses, NAME, TICK, VenueError, write_line};
use crate::simulator::Dice;
use crate::venue::Said as Heard;
use connectors::gateway::wire::{Answer, Request};
use connectors::gateway::{Codec, PROTOCOL, Said};
use model::{Price, Timestamp};
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often it looks around.
const BEAT: Duration = Duration::from_millis(5);
/// How long a host may take to read what it is told.
const READING: Duration = Duration::from_secs(3);

/// Why a conversation with a host ended.
enum Lost {
    /// It broke, which is what tests are about.
    Connection,
    /// The venue cannot go on.
    Venue(VenueError),
}

impl From<std::io::Error> for Lost {
    fn from(_: std::io::Error) -> Self {
        Self::Connection
    }
}

impl From<VenueError> for Lost {
    fn from(error: VenueError) -> Self {
        Self::Venue(error)
    }
}

/// A venue that listens.
pub(super) struct Server {
    books: Books,
    gateway: TcpListener,
    control: TcpListener,
    walk: Dice,
    /// Until then nobody is let in.
    shut: Option<Instant>,
    /// Connections that hosts made so far.
    connections: u32,
    stop: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn open(books: &Path, port: u16, stop: Arc<AtomicBool>) -> Result<Self, VenueError> {
        let books = Books::open(books)?;
        let listen = |port| listen(port).map_err(VenueError::system("listening"));
        Ok(Self {
            walk: Dice::of(&[11, books.steps()]),
            books,
            gateway: listen(port)?,
            control: listen(0)?,
            shut: None,
            connections: 0,
            stop,
        })
    }

    pub(super) fn addresses(&self) -> std::io::Result<Addresses> {
        Ok(Addresses {
            gateway: self.gateway.local_addr()?,
            control: self.control.local_addr()?,
        })
    }

    /// Serves until it is stopped.
    pub(super) fn serve(mut self) -> Result<(), VenueError> {
        while !self.is_stopping() {
            self.beat()?;
            // What is said while nobody listens is lost.
            self.books.hear()?;
            match self.gateway.accept() {
                Ok((stream, _)) if !self.is_shut() => {
                    self.connections += 1;
                    if let Err(Lost::Venue(error)) = self.talk(stream) {
                        return Err(error);
                    }
                }
                _ => std::thread::sleep(BEAT),
            }
        }
        self.books.sync()
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn is_shut(&self) -> bool {
        self.shut.is_some_and(|until| Instant::now() < until)
    }

    /// The market moves, and who asks is answered.
    fn beat(&mut self) -> Result<(), VenueError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = u64::try_from(now.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX);
        let ticks = i64::try_from(self.walk.below(7)).unwrap_or(0) - 3;
        let price = Price::from_raw(self.books.price().raw() + ticks * TICK.raw());
        self.books.trade(Timestamp::from_nanos(now), price)?;
        while let Ok((stream, _)) = self.control.accept() {
            // Who asks nothing, or does not wait, gets nothing.
            if let Err(Lost::Venue(error)) = self.answer(stream) {
                return Err(error);
            }
        }
        Ok(())
    }

    fn answer(&mut self, mut stream: TcpStream) -> Result<(), Lost> {
        if let Question::Cut { milliseconds } = control::question(&stream)? {
            self.shut = Some(Instant::now() + Duration::from_millis(milliseconds));
        }
        let told = Told {
            connections: self.connections,
            holdings: self.books.holdings()?,
        };
        Ok(write_line(&mut stream, &told)?)
    }

    /// Speaks with a host until one of them ends it.
    fn talk(&mut self, stream: TcpStream) -> Result<(), Lost> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(BEAT))?;
        stream.set_write_timeout(Some(READING))?;
        let mut out = stream.try_clone()?;
        let mut lines = BufReader::new(stream);
        let (mut text, mut codec) = (Vec::new(), None);
        while !self.is_shut() && !self.is_stopping() {
            match lines.read_until(b'\n', &mut text) {
                Ok(_) if text.last() == Some(&b'\n') => {
                    let request = serde_json::from_slice(&text);
                    let request = request.map_err(|error| VenueError::Host(error.to_string()))?;
                    text.clear();
                    self.take(request, &mut codec, &mut out)?;
                }
                // It hung up, in the middle of a line perhaps.
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            self.beat()?;
            let heard = self.books.hear()?;
            let Some(codec) = &codec else { continue };
            for heard in heard {
                let said = match heard {
                    Heard::Report(report) => Said::Report(report),
                    Heard::Snapshot(snapshot) => Said::Snapshot(snapshot),
                };
                let answer = codec.answer(&said).map_err(VenueError::from)?;
                write_line(&mut out, &answer)?;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        request: Request,
        codec: &mut Option<Codec>,
        out: &mut TcpStream,
    ) -> Result<(), Lost> {
        match request {
            Request::Hello {
                protocol,
                journal,
                venue,
            } => {
                if (protocol.as_str(), venue.as_str()) != (PROTOCOL, NAME) {
                    return Err(VenueError::Host(format!("{protocol} to {venue}")).into());
                }
                *codec = Some(self::codec(&journal));
                Ok(write_line(out, &Answer::Hello { protocol })?)
            }
            Request::Ping => Ok(write_line(out, &Answer::Pong)?),
            request => {
                let greeted = codec.as_ref();
                let greeted = greeted.ok_or_else(|| VenueError::Host("no greeting".to_owned()))?;
                Ok(self.books.take(greeted.journal(), request)?)
            }
        }
    }
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

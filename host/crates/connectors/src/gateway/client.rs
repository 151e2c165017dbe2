//! The host's end: one connection that comes back by itself, and the two threads that keep it.

use super::codec::Codec;
use super::wire::{Answer, Request};
use super::{LINE_BYTES, PROTOCOL};
use model::{Outbound, VenueReport, VenueSnapshot};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// First wait after a failure; each further one is twice as long.
const BACK_OFF: Duration = Duration::from_millis(100);
/// Longest wait after a failure.
const BACK_OFF_MOST: Duration = Duration::from_secs(5);
/// How long connecting and sending may take.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How often the other end is asked whether it is there.
const PING: Duration = Duration::from_secs(2);
/// Silence after which it counts as gone.
const SILENCE: Duration = Duration::from_secs(7);

/// What a gateway says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Whether the venue can be reached.
    Connected(bool),
    /// About an order or an execution.
    Report(VenueReport),
    /// All the venue holds for an account.
    Snapshot(Box<VenueSnapshot>),
}

/// Nobody listens any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

/// Where the gateway is, and what is spoken with it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `host:port`.
    pub address: String,
    /// The venue's name in the host's configuration.
    pub venue: String,
    /// Between lines and the model.
    pub codec: Codec,
}

/// The host's end of a connection to a gateway. Ends when it is dropped.
#[derive(Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    /// Where lines go while there is a connection.
    out: Mutex<Option<TcpStream>>,
    stop: AtomicBool,
}

impl Gateway {
    /// Begins to connect. `said` is called, from one thread, with what the gateway says; it may wait.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn begin(
        settings: Settings,
        said: impl FnMut(Said) -> Result<(), Gone> + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            settings,
            out: Mutex::new(None),
            stop: AtomicBool::new(false),
        });
        let kept = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("gateway".to_owned());
        let thread = thread.spawn(move || kept.keep(said))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Sends a message, if there is a connection; says whether it went out.
    pub fn send(&self, message: &Outbound) -> bool {
        match self.shared.settings.codec.request(message) {
            Ok(request) => self.shared.say(&request),
            Err(misfit) => {
                tracing::error!(%misfit, "a message has no line");
                false
            }
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.hang_up();
        if let Some(thread) = self.thread.take() {
            // What it panicked with is in the log.
            let _ended = thread.join();
        }
    }
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("line {line}: {reason}")]
    Line { line: u64, reason: String },
    #[error("it speaks `{0}`, and this host `{PROTOCOL}`")]
    Protocol(String),
    #[error("nothing was heard for {} s", SILENCE.as_secs())]
    Silent,
    #[error("it hung up")]
    HungUp,
    #[error("nobody listens here any more")]
    Gone,
}

impl Shared {
    fn keep(&self, mut said: impl FnMut(Said) -> Result<(), Gone>) {
        let mut wait = BACK_OFF;
        while !self.is_stopping() {
            let begun = Instant::now();
            let lost = self.session(&mut said);
            self.hang_up();
            let told = said(Said::Connected(false));
            if matches!(lost, Err(Lost::Gone)) || told.is_err() {
                return;
            }
            if let Err(lost) = lost {
                let (address, venue) = (&self.settings.address, &self.settings.venue);
                tracing::warn!(%address, %venue, %lost, "the gateway is away");
            }
            if begun.elapsed() > BACK_OFF_MOST {
                wait = BACK_OFF;
            }
            self.rest(wait);
            wait = (wait * 2).min(BACK_OFF_MOST);
        }
    }

    fn rest(&self, wait: Duration) {
        let until = Instant::now() + wait;
        while Instant::now() < until && !self.is_stopping() {
            std::thread::sleep(BACK_OFF.min(wait));
        }
    }

    fn session(&self, said: &mut impl FnMut(Said) -> Result<(), Gone>) -> Result<(), Lost> {
        let stream = self.connect()?;
        let mut lines = BufReader::new(stream.try_clone()?);
        *lock(&self.out) = Some(stream);
        self.say(&Request::Hello {
            protocol: PROTOCOL.to_owned(),
            journal: self.settings.codec.journal().to_owned(),
            venue: self.settings.venue.clone(),
        });
        let (mut text, mut count, mut greeted) = (Vec::new(), 0, false);
        let (mut heard, mut pinged) = (Instant::now(), Instant::now());
        while !self.is_stopping() {
            if pinged.elapsed() > PING {
                pinged = Instant::now();
                self.say(&Request::Ping);
            }
            if !read_line(&mut lines, &mut text)? {
                if heard.elapsed() > SILENCE {
                    return Err(Lost::Silent);
                }
                continue;
            }
            heard = Instant::now();
            count += 1;
            let answer: Answer = serde_json::from_slice(&text).map_err(|error| Lost::Line {
                line: count,
                reason: error.to_string(),
            })?;
            text.clear();
            let news = match &answer {
                Answer::Hello { protocol } if protocol == PROTOCOL => {
                    greeted = true;
                    Some(Said::Connected(true))
                }
                Answer::Hello { protocol } => return Err(Lost::Protocol(protocol.clone())),
                _ if !greeted => {
                    return Err(Lost::Protocol("no greeting".to_owned()));
                }
                answer => {
                    let said = self.settings.codec.said(answer);
                    said.map_err(|misfit| Lost::Line {
                        line: count,
                        reason: misfit.to_string(),
                    })?
                }
            };
            if let Some(news) = news {
                said(news).map_err(|Gone| Lost::Gone)?;
            }
        }
        Ok(())
    }

    fn connect(&self) -> std::io::Result<TcpStream> {
        let mut last = std::io::Error::other("the name has no address");
        for address in self.settings.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, TIMEOUT) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    stream.set_write_timeout(Some(TIMEOUT))?;
                    // Short, so that pings go out and an end is noticed.
                    stream.set_read_timeout(Some(BACK_OFF))?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Writes a line; a connection that does not take it is cut, since half a line may be out.
    fn say(&self, request: &Request) -> bool {
        let Ok(mut line) = serde_json::to_vec(request) else {
            return false;
        };
        line.push(b'\n');
        let mut out = lock(&self.out);
        let Some(stream) = out.as_mut() else {
            return false;
        };
        let written = stream.write_all(&line).is_ok();
        if !written {
            let _gone = stream.shutdown(std::net::Shutdown::Both);
            *out = None;
        }
        written
    }

    fn hang_up(&self) {
        if let Some(stream) = lock(&self.out).take() {
            // It may be gone already.
            let _gone = stream.shutdown(std::net::Shutdown::Both);
        }
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Reads on until `text` is a line; `false` when it is not whole yet.
fn read_line(lines: &mut impl BufRead, text: &mut Vec<u8>) -> Result<bool, Lost> {
    let room = (LINE_BYTES + 1).saturating_sub(text.len()) as u64;
    match lines.take(room).read_until(b'\n', text) {
        Ok(_) if text.last() == Some(&b'\n') => Ok(true),
        Ok(_) if text.len() > LINE_BYTES => Err(Lost::Line {
            line: 0,
            reason: format!("longer than {LINE_BYTES} bytes"),
        }),
        Ok(_) => Err(Lost::HungUp),
        Err(error) if is_patience(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn is_patience(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Tells a host's stream by Redis to processes that serve it, on a thread. Nothing waits for it: what Redis does not
//! take is lost to them, and they find out.

use anyhow::{Result, anyhow};
use api::{HostPort, Outlet, Telling};
use bus::{BusError, FanOutEntry, FanOutValue, FanOutWriter, Monitor, Settings};
use services::background::{Background, Stop};
use std::time::Duration;

/// How long nothing is told after something was: what comes meanwhile goes together.
const GATHERED: Duration = Duration::from_millis(10);
/// How long nothing can be asked of a thread that waits for Redis.
const PATIENCE: Duration = Duration::from_millis(100);
/// Questions that are taken at once, at most.
const ASKED: usize = 64;

/// The thread that tells.
pub struct Fanning(Background);

impl Fanning {
    /// Begins to tell what an outlet has.
    ///
    /// # Errors
    /// The settings cannot be meant, or there is no thread.
    pub fn begin<H: HostPort>(settings: Settings, outlet: Outlet<H>) -> Result<Self> {
        let writer = FanOutWriter::new(settings, Monitor::default());
        let teller = Teller {
            writer: writer.map_err(|error| anyhow!("bus: {error}"))?,
            outlet,
            fails: false,
        };
        let thread = Background::begin("fan-out", move |stop| teller.run(&stop))?;
        Ok(Self(thread))
    }

    /// Says that the host ends, and stops.
    pub fn end(self) {
        self.0.end();
    }
}

struct Teller<H> {
    writer: FanOutWriter,
    outlet: Outlet<H>,
    /// Whether the latest that was tried failed, which is said already.
    fails: bool,
}

impl<H: HostPort> Teller<H> {
    fn run(mut self, stop: &Stop) {
        while !stop.is_asked() {
            match self.asked() {
                Ok(asked) => {
                    let telling = self.outlet.next(&asked);
                    self.tell(&telling, stop);
                    std::thread::sleep(GATHERED);
                }
                // What happens meanwhile waits in the outlet, up to its bound.
                Err(error) => {
                    self.say_failed(&error);
                    wait(self.writer.pause(), stop);
                }
            }
        }
        let last = self.outlet.end();
        if let Err(error) = write(&mut self.writer, &last) {
            tracing::debug!(%error, "those who serve the stream are not told that the host ends");
        }
    }

    /// What is asked, unless enough waits for an answer.
    fn asked(&mut self) -> Result<Vec<String>, BusError> {
        match self.outlet.takes_more() {
            true => self.writer.asked(ASKED),
            false => Ok(Vec::new()),
        }
    }

    /// Tells it, if Redis is there before the end.
    fn tell(&mut self, telling: &Telling, stop: &Stop) {
        if telling.is_empty() {
            return;
        }
        while let Err(error) = write(&mut self.writer, telling) {
            self.say_failed(&error);
            if stop.is_asked() {
                return;
            }
            wait(self.writer.pause(), stop);
        }
        self.fails = false;
    }

    /// Warns once until the stream is told again.
    fn say_failed(&mut self, error: &BusError) {
        if !std::mem::replace(&mut self.fails, true) {
            tracing::warn!(%error, "the stream cannot be told to those who serve it; it is tried again");
        }
    }
}

fn write(writer: &mut FanOutWriter, telling: &Telling) -> Result<(), BusError> {
    let values = telling.values.iter().map(|value| FanOutValue {
        name: value.name.clone(),
        text: value.text.clone(),
        lifetime_s: value.lifetime_s,
    });
    let entries = telling.entries.iter().map(|entry| FanOutEntry {
        head: entry.head.clone(),
        body: entry.body.clone(),
    });
    writer.tell(&values.collect::<Vec<_>>(), &entries.collect::<Vec<_>>())
}

/// Waits for as long as told, but not for long where the thread shall stop.
pub(crate) fn wait(pause: Duration, stop: &Stop) {
    let mut left = pause.max(PATIENCE);
    while !left.is_zero() && !stop.is_asked() {
        let slice = left.min(PATIENCE);
        std::thread::sleep(slice);
        left = left.saturating_sub(slice);
    }
}

//! A thread that goes on until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

/// Whether a thread shall stop, for the thread.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether it shall stop.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

/// A thread that goes on until [`Background::end`].
#[derive(Debug)]
pub struct Background {
    name: &'static str,
    stop: Stop,
    thread: JoinHandle<()>,
}

impl Background {
    /// Begins one.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn begin(
        name: &'static str,
        work: impl FnOnce(Stop) + Send + 'static,
    ) -> std::io::Result<Self> {
        let stop = Stop::default();
        let asked = stop.clone();
        let thread = Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || work(asked))?;
        Ok(Self { name, stop, thread })
    }

    /// Asks it to stop and waits until it has.
    pub fn end(self) {
        self.stop.0.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            tracing::error!(thread = self.name, "a thread panicked");
        }
    }
}

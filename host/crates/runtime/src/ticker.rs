//! The wall-clock backstop: an OS thread that advances the engine's epoch at a steady pace, so that
//! a guest which outstays its deadline is interrupted. It ends when its owner is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use wasmtime::Engine;

/// Time between two ticks, in milliseconds.
pub(crate) const TICK_MS: u64 = 5;

/// The running thread.
pub(crate) struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts ticking `engine`.
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (weak, stopped) = (engine.weak(), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("epoch-ticker".into())
            .spawn(move || {
                while !stopped.load(Ordering::Acquire) {
                    std::thread::park_timeout(Duration::from_millis(TICK_MS));
                    match weak.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => return,
                    }
                }
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // The thread only ticks; it has nothing to report.
            let _ = thread.join();
        }
    }
}

/// How many ticks make up `milliseconds`, at least, counted from anywhere within a tick.
pub(crate) const fn ticks(milliseconds: u64) -> u64 {
    milliseconds.div_ceil(TICK_MS).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_ends_with_its_owner() {
        let engine = Engine::default();
        let ticker = Ticker::start(&engine).unwrap();
        let stop = Arc::clone(&ticker.stop);
        drop(ticker);
        // Joined: the thread's own handle on the flag is gone.
        assert_eq!(Arc::strong_count(&stop), 1);
    }

    #[test]
    fn deadlines_round_up() {
        assert_eq!(
            (ticks(0), ticks(1), ticks(TICK_MS), ticks(TICK_MS + 1)),
            (1, 2, 2, 3)
        );
    }
}

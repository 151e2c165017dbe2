//! How a host ends: within one time, of which each step has what is left. What ends in a step ends all at once, so
//! that of several whose servers are away only the slowest is waited for, and that no longer than there is time.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The time that an end has, from when it is asked for. Clones are of the same end.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    within: Duration,
    asked: Arc<OnceLock<Instant>>,
}

impl Ending {
    /// One that has this long.
    pub(crate) fn within(within: Duration) -> Self {
        Self {
            within,
            asked: Arc::default(),
        }
    }

    /// The same future: when it resolves the time begins.
    pub(crate) fn noted<F: Future<Output = ()> + Send + 'static>(
        &self,
        shutdown: F,
    ) -> impl Future<Output = ()> + Send + 'static + use<F> {
        let asked = Arc::clone(&self.asked);
        async move {
            shutdown.await;
            asked.get_or_init(Instant::now);
        }
    }

    /// What is left of the time; all of it before the end is asked for.
    pub(crate) fn left(&self) -> Duration {
        let passed = self.asked.get().map_or(Duration::ZERO, Instant::elapsed);
        self.within.saturating_sub(passed)
    }

    /// What a step may take that others come after: half of what is left.
    pub(crate) fn share(&self) -> Duration {
        self.left() / 2
    }
}

/// What ends one of those who follow a host.
pub(crate) struct End {
    who: &'static str,
    /// What is left undone where it is not waited for.
    undone: &'static str,
    end: Box<dyn FnOnce() + Send>,
}

/// The end of one that may not be there.
pub(crate) fn of<T: Send + 'static>(
    one: Option<T>,
    (who, undone): (&'static str, &'static str),
    end: impl FnOnce(T) + Send + 'static,
) -> Option<End> {
    one.map(|one| End {
        who,
        undone,
        end: Box::new(move || end(one)),
    })
}

/// Ends those that are there, all at once, and waits for them within a time. Who is not over then is named, and
/// goes on until the process ends.
pub(crate) async fn at_once<const COUNT: usize>(ends: [Option<End>; COUNT], within: Duration) {
    let until = tokio::time::Instant::now() + within;
    let begun: Vec<_> = ends.into_iter().flatten().filter_map(begin).collect();
    for (who, undone, over) in begun {
        match tokio::time::timeout_at(until, over).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!(who, "it panicked as it ended"),
            Err(_) => {
                tracing::warn!(
                    who,
                    undone,
                    "it did not end in time and is not waited for any longer"
                );
            }
        }
    }
}

/// On a thread of its own, which the end of the process does not wait for.
fn begin(one: End) -> Option<(&'static str, &'static str, oneshot::Receiver<()>)> {
    let End { who, undone, end } = one;
    let (tells, over) = oneshot::channel();
    let work = move || {
        end();
        // Who is not waited for any longer has nobody to tell.
        let _late = tells.send(());
    };
    match std::thread::Builder::new()
        .name(format!("end of {who}"))
        .spawn(work)
    {
        Ok(_) => Some((who, undone, over)),
        Err(error) => {
            tracing::error!(who, undone, %error, "there is no thread to end it on");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::channel;

    fn run(work: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        runtime.unwrap().block_on(work);
    }

    #[test]
    fn who_never_ends_is_not_waited_for_and_keeps_nobody_from_ending() {
        let (holds, held) = channel::<()>();
        let is_over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&is_over);
        let ends = [
            of(Some(held), ("never", "all of it"), |held| {
                // Until the test is over.
                let _over = held.recv();
            }),
            of(None::<()>, ("nobody", "nothing"), |()| unreachable!()),
            of(
                Some(ended),
                ("soon", "nothing"),
                |ended: Arc<AtomicBool>| {
                    ended.store(true, Ordering::Release);
                },
            ),
            of(Some(()), ("broken", "nothing"), |()| panic!("as planned")),
        ];
        run(at_once(ends, Duration::from_millis(500)));
        assert!(is_over.load(Ordering::Acquire));
        drop(holds);
    }

    #[test]
    fn the_time_begins_when_the_end_is_asked_for() {
        let ending = Ending::within(Duration::from_secs(3_600));
        assert_eq!(ending.left(), Duration::from_secs(3_600));
        run(ending.noted(std::future::ready(())));
        std::thread::sleep(Duration::from_millis(2));
        assert!(ending.left() < Duration::from_secs(3_600));
        assert!(ending.share() <= Duration::from_secs(1_800));
        let over = Ending::within(Duration::ZERO);
        run(over.clone().noted(std::future::ready(())));
        assert_eq!(over.left(), Duration::ZERO);
    }
}

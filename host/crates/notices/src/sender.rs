//! The thread of one route: takes what waits and sends it, again and again where that may help. A sink
//! that does not answer holds up its own messages and nothing else.

use crate::outbox::{Message, Outbox, Tally};
use crate::route::Retry;
use crate::sink::Sink;
use services::clock::Clock;

/// What sends the messages of a route.
pub(crate) struct Sender<'a> {
    pub(crate) route: &'a str,
    pub(crate) sink: &'a Sink,
    pub(crate) outbox: &'a Outbox,
    pub(crate) retry: Retry,
    pub(crate) clock: &'a dyn Clock,
}

impl Sender<'_> {
    /// Sends until it is to end.
    pub(crate) fn run(&self) {
        while let Some(message) = self.outbox.take() {
            self.deliver(&message);
        }
    }

    fn deliver(&self, message: &Message) {
        let mut attempts = message.attempts;
        loop {
            let now = self.clock.now();
            let Err(failure) = self.sink.send(message, now) else {
                self.outbox.note(|tally| tally.sent(now));
                self.outbox.done();
                return;
            };
            attempts = attempts.saturating_add(1);
            self.outbox.tried(attempts);
            self.outbox.note(|tally| tally.erred(&failure.reason));
            let is_over = !failure.again || attempts >= self.retry.attempts;
            let wait = self.retry.wait(attempts, failure.after);
            if !is_over && !self.outbox.rest(wait) {
                continue;
            }
            if is_over || !self.outbox.leave() {
                self.outbox.done();
                self.outbox.note(|tally| tally.failed += 1);
                let (route, reason) = (self.route, &failure.reason);
                tracing::warn!(route, attempts, reason, "a notification could not be sent");
            }
            return;
        }
    }
}

impl Tally {
    /// Notes that a message was taken.
    pub(crate) fn sent(&mut self, now: model::Timestamp) {
        self.sent += 1;
        self.error = None;
        self.last_sent = Some(now);
    }

    /// Notes that an attempt failed.
    pub(crate) fn erred(&mut self, reason: &str) {
        self.error = Some(reason.to_owned());
        self.last_error = Some(reason.to_owned());
    }
}

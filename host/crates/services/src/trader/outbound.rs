//! What leaves for venues outside, once the journal has it.

use super::Trader;
use crate::venue::needs_no_journal;
use engine::{Command, Input};

impl Trader {
    /// Sends what the journal holds to venues outside. One that does not take it counts as away.
    pub(super) fn send_out(&mut self) {
        let durable = self.engine.journal().is_writable();
        let mut away = Vec::new();
        for message in self.outbound.drain(..) {
            let venue = message.venue;
            if away.contains(&venue) || !(durable || needs_no_journal(&message)) {
                continue;
            }
            let line = self.lines.get(&venue);
            if !line.is_some_and(|line| line.offer(message)) {
                tracing::error!(
                    venue = venue.number(),
                    "a venue's connector takes no messages"
                );
                away.push(venue);
            }
        }
        let cut = !away.is_empty();
        for venue in away {
            let command = Command::SetVenueConnected(venue, false);
            self.step(Input::Command(Box::new(command)), None);
        }
        if cut {
            self.commit();
        }
    }
}

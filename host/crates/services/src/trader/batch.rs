//! A batch of market data, and what is handled between two of its inputs: kills before each, commands
//! when it takes long. A strategy that loops holds the engine until its fuel is used up; whoever halts,
//! pauses or cancels then waits for one input, and not for all that came before it.

use super::{Request, Trader};
use crate::inbox::MarketInput;
use engine::journal::Room;
use std::time::{Duration, Instant};

/// After how many inputs of a batch the time is looked at, where no command waits.
const LOOK_EVERY: u32 = 16;

impl Trader {
    /// Steps market data. When that has taken `within`, what it led to is let out and what was asked
    /// meanwhile is handled; again after every `within`, so that neither keeps the other out.
    pub(super) fn work_off(&mut self, market: &mut Vec<MarketInput>, within: Duration) {
        let (mut begun, mut requests) = (Instant::now(), Vec::new());
        for (input, n) in market.drain(..).zip(1_u32..) {
            self.handle_urgent();
            self.on_market(input);
            let asked = self.inbox.has_commands();
            let look = asked || n.is_multiple_of(LOOK_EVERY);
            if look && begun.elapsed() >= within {
                // What it led to waits for no command.
                self.let_out();
                // While too much waits for the disk, only kills are handled.
                if asked && self.engine.journal().room() != Room::Gone {
                    self.inbox.take_commands(Duration::ZERO, &mut requests);
                    self.handle_all(&mut requests, within);
                    self.let_out();
                }
                begun = Instant::now();
            }
        }
    }

    /// Handles what was asked, and kills before each. What they did is let out after every `within`.
    pub(super) fn handle_all(&mut self, requests: &mut Vec<Request>, within: Duration) {
        let mut begun = Instant::now();
        for request in requests.drain(..) {
            self.handle_urgent();
            self.handle(request);
            if begun.elapsed() >= within {
                self.let_out();
                begun = Instant::now();
            }
        }
    }

    /// Handles kills that wait, and lets out what they did at once.
    pub(super) fn handle_urgent(&mut self) {
        if !self.inbox.has_urgent() {
            return;
        }
        for request in self.inbox.take_urgent() {
            self.handle(request);
        }
        self.let_out();
    }
}

//! The end of a run: strategies stop and save, orders are cancelled, the journal is sealed.

use super::{COMMIT_WITHIN, Ended, Trader};
use crate::outlet::Item;
use crate::view::EngineState;
use engine::{Command, Input, StrategyState};
use model::{OrderId, StrategyId};
use std::time::Duration;

/// How far ahead cancels on their way to a venue are waited for, in engine time.
const CANCEL_HORIZON: model::Duration = model::Duration::from_secs(60);

impl Trader {
    /// Ends the run. Nothing is accepted from now on.
    pub(super) fn finish(mut self) -> Ended {
        self.stopping = true;
        self.end_snapshots();
        self.items.push(Item::State(EngineState::Stopping));
        self.drain_inbox();
        self.inbox.close();
        self.step(Input::Command(Box::new(Command::EndRun)), None);
        self.stop_strategies();
        self.cancel_orders();
        self.promises.look(&self.engine);
        self.let_out();
        let sealed = self.engine.journal().seal();
        let failed = sealed.is_err();
        let ended = Ended {
            sequence: self.engine.sequence(),
            journal_hash: sealed
                .clone()
                .unwrap_or_else(|_| self.engine.journal().hash()),
            journal_error: sealed.err(),
        };
        let last = if failed {
            EngineState::Error
        } else {
            EngineState::Stopped
        };
        self.items.push(Item::State(last));
        self.let_out();
        self.outlet.close();
        ended
    }

    /// Handles what was sent before the end; the market's queue is closed, so this ends.
    fn drain_inbox(&mut self) {
        self.inbox.close_market();
        let (mut market, mut requests) = (Vec::new(), Vec::new());
        loop {
            self.inbox.take(Duration::ZERO, &mut market, &mut requests);
            if market.is_empty() {
                // Whoever asks during the end is told that the host stops.
                return;
            }
            self.handle_urgent();
            self.handle_all(&mut requests, COMMIT_WITHIN);
            market.drain(..).for_each(|input| self.on_market(input));
            self.let_out();
        }
    }

    fn stop_strategies(&mut self) {
        let plugged: Vec<StrategyId> = self
            .engine
            .strategies()
            .filter(|(_, config)| !config.manual)
            .map(|(id, _)| id)
            .collect();
        for strategy in plugged {
            let state = self.engine.strategy_state(strategy);
            if matches!(state, Some(StrategyState::Running | StrategyState::Paused)) {
                self.step(Input::Command(Box::new(Command::Stop(strategy))), None);
            }
        }
    }

    /// Cancels what is open and lets the cancels arrive, moving engine time to where they do.
    fn cancel_orders(&mut self) {
        let open: Vec<OrderId> = self
            .engine
            .orders()
            .iter()
            .map(|open| open.order.id)
            .collect();
        for order in open {
            self.step(Input::Command(Box::new(Command::CancelOrder(order))), None);
        }
        let horizon = self.engine.now().after(CANCEL_HORIZON);
        while !self.engine.orders().is_empty()
            && let Some(due) = self.engine.next_due().filter(|due| *due <= horizon)
        {
            let time = due.max(self.engine.now());
            self.advance(Input::Clock, time);
        }
        let left = self.engine.orders().len();
        if left > 0 {
            tracing::warn!(
                left,
                "orders stay open: their venue did not answer the cancel"
            );
        }
    }
}

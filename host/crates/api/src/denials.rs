//! Follows the host's updates to remember what views do not hold: why orders were denied.

use model::{DenyCode, OrderChange, OrderId};
use services::handle::Updates;
use services::view::{Change, Update};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

/// How many denials are remembered; the oldest is forgotten first.
const CAPACITY: usize = 10_000;
/// How long the answer to a denied order waits for its reason.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reasons of the latest denials.
#[derive(Debug, Default)]
pub(crate) struct Denials {
    log: Mutex<Log>,
    added: Notify,
}

#[derive(Debug, Default)]
struct Log {
    codes: BTreeMap<OrderId, DenyCode>,
    oldest_first: VecDeque<OrderId>,
}

impl Denials {
    /// Follows `updates` on a task of its own until the host ends or nobody asks any more.
    pub(crate) fn follow(updates: Updates) -> Arc<Self> {
        let denials = Arc::new(Self::default());
        tokio::spawn(follow(Arc::downgrade(&denials), updates));
        denials
    }

    /// Why an order was denied, if it was and is among the latest.
    pub(crate) fn code(&self, order: OrderId) -> Option<DenyCode> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.codes.get(&order).copied()
    }

    /// As [`Self::code`], but waits for the stream to bring it: a denied order's answer may
    /// overtake its update.
    pub(crate) async fn awaited_code(&self, order: OrderId) -> Option<DenyCode> {
        let search = async {
            loop {
                let added = self.added.notified();
                tokio::pin!(added);
                added.as_mut().enable();
                if let Some(code) = self.code(order) {
                    return code;
                }
                added.await;
            }
        };
        tokio::time::timeout(PATIENCE, search).await.ok()
    }

    fn observe(&self, update: &Update) {
        if let Change::Order(step, _) = &update.change
            && let OrderChange::Denied(code) = step.change
        {
            self.remember(step.order, code);
        }
    }

    fn remember(&self, order: OrderId, code: DenyCode) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.codes.insert(order, code).is_none() {
            log.oldest_first.push_back(order);
        }
        if log.oldest_first.len() > CAPACITY
            && let Some(oldest) = log.oldest_first.pop_front()
        {
            log.codes.remove(&oldest);
        }
        drop(log);
        self.added.notify_waiters();
    }
}

async fn follow(denials: std::sync::Weak<Denials>, mut updates: Updates) {
    loop {
        match updates.recv().await {
            Ok(update) => match denials.upgrade() {
                Some(denials) => denials.observe(&update),
                None => return,
            },
            // What was missed stays unknown: such an order shows no code.
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "reasons of denied orders may be missing");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

//! Follows the host's updates to remember what views do not hold: why orders were denied.

use model::{DenyCode, OrderChange, OrderId};
use services::handle::Updates;
use services::view::{Change, Update, Words};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

/// How many denials are remembered; the oldest is forgotten first.
const CAPACITY: usize = 10_000;
/// How long the answer to a denied order waits for its reason.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why an order or its change was denied.
#[derive(Debug, Clone)]
pub(crate) struct Denial {
    pub(crate) code: DenyCode,
    /// What a custom rule or an algorithm said.
    words: Option<Words>,
}

impl Denial {
    /// Why a change was refused, if it was.
    pub(crate) fn of(change: &OrderChange, words: Option<&Words>) -> Option<Self> {
        let (OrderChange::Denied(code) | OrderChange::UpdateDenied(code)) = change else {
            return None;
        };
        let (code, words) = (*code, words.cloned());
        Some(Self { code, words })
    }

    /// In words: those of who refused, or else what the code means.
    pub(crate) fn into_reason(self) -> String {
        let words = self.words.as_deref();
        words.unwrap_or(self.code.reason()).to_owned()
    }
}

/// Reasons of the latest denials.
#[derive(Debug, Default)]
pub(crate) struct Denials {
    log: Mutex<Log>,
    added: Notify,
}

#[derive(Debug, Default)]
struct Log {
    known: BTreeMap<OrderId, Denial>,
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
    pub(crate) fn of(&self, order: OrderId) -> Option<Denial> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.known.get(&order).cloned()
    }

    /// As [`Self::of`], but waits for the stream to bring it: a denied order's answer may
    /// overtake its update.
    pub(crate) async fn awaited(&self, order: OrderId) -> Option<Denial> {
        let search = async {
            loop {
                let added = self.added.notified();
                tokio::pin!(added);
                added.as_mut().enable();
                if let Some(denial) = self.of(order) {
                    return denial;
                }
                added.await;
            }
        };
        tokio::time::timeout(PATIENCE, search).await.ok()
    }

    fn observe(&self, update: &Update) {
        if let Change::Order(step, _, words) = &update.change
            && matches!(step.change, OrderChange::Denied(_))
            && let Some(denial) = Denial::of(&step.change, words.as_ref())
        {
            self.remember(step.order, denial);
        }
    }

    fn remember(&self, order: OrderId, denial: Denial) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.known.insert(order, denial).is_none() {
            log.oldest_first.push_back(order);
        }
        if log.oldest_first.len() > CAPACITY
            && let Some(oldest) = log.oldest_first.pop_front()
        {
            log.known.remove(&oldest);
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

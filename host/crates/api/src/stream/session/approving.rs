//! What waits for a second person, and what becomes of it. It comes from identity, which numbers its changes.

use super::Session;
use super::following::{Change, Follow, Numbered};
use super::requests::Refusal;
use crate::dto::people::ApprovalDto;
use crate::dto::stream::{Channel, ClientMessage, Item};
use crate::stream::authentication::Reader;
use crate::stream::origin::Origin;
use crate::stream::outbox::Bye;
use crate::stream::subscriptions::Key;
use identity::{Approval, Identity};
use model::Timestamp;

/// What reading approvals takes.
const OPERATION: &str = "approvals.list";

impl Numbered for Identity {
    const KEY: Key = (Channel::Approvals, None);

    fn all(&self) -> u64 {
        self.approval_changes()
    }

    fn after(&self, number: u64, most: usize) -> Option<Vec<Change>> {
        let changes = self.approvals_after(number, most)?.into_iter();
        let changes = changes.map(|change| Change {
            number: change.number,
            time: Timestamp::from_nanos(change.time_ms.saturating_mul(1_000_000)),
            item: item(change.approval),
        });
        Some(changes.collect())
    }
}

impl<O: Origin> Session<O> {
    /// Begins to follow approvals, from now or after the change that the client has.
    pub(super) fn follow_approvals(
        &mut self,
        message: &ClientMessage,
    ) -> Result<Result<(), Bye>, Refusal> {
        let known =
            self.known_here("identity is off here, so nothing waits for a second person")?;
        let allowed = known.may(OPERATION);
        allowed.map_err(|refusal| Refusal::of("FORBIDDEN", refusal.to_string()))?;
        let (follow, told) = self.begin_to_follow(known.identity(), message)?;
        self.approvals = Some(follow);
        Ok(told)
    }

    /// Follows them no more; `false` when it did not.
    pub(super) fn leave_approvals(&mut self) -> bool {
        self.approvals.take().is_some()
    }

    /// Tells what became of approvals since, unless the reader has much to read already.
    pub(super) fn report_approvals(&mut self) -> Result<(), Bye> {
        let (Some(follow), Some(Reader::Here(known))) = (self.approvals, self.reader.clone())
        else {
            return Ok(());
        };
        if let Err(refusal) = known.may(OPERATION) {
            self.approvals = None;
            return self.end_channel("FORBIDDEN", refusal.to_string());
        }
        if !self.outbox.is_calm() {
            return Ok(());
        }
        let identity = known.identity();
        let mut follow = self.tell_changes(identity, follow)?;
        if follow == Follow::ANEW {
            let (sequence, approvals) = identity.approvals_now();
            let data = approvals.into_iter().map(item).collect();
            follow = self.tell_all::<Identity>(sequence, data)?;
        }
        self.approvals = Some(follow);
        Ok(())
    }
}

fn item(approval: Approval) -> Item {
    Item::Approval(Box::new(ApprovalDto::from(approval)))
}

//! What waits for a second person, and what becomes of it. It comes from identity, which numbers its changes from 1
//! in each run, so that clients go on after what they have whatever the host did meanwhile.

use super::Session;
use super::requests::Refusal;
use crate::dto::people::ApprovalDto;
use crate::dto::stream::{Channel, ClientMessage, GapReason, Item, ServerMessage};
use crate::stream::authentication::Known;
use crate::stream::origin::Origin;
use crate::stream::outbox::Bye;
use crate::stream::subscriptions::Key;
use identity::ApprovalChange;
use model::Timestamp;
use std::sync::Arc;

/// What reading approvals takes.
const OPERATION: &str = "approvals.list";
/// Most changes that are told at once.
const PAGE: usize = 64;
/// The channel; it has no instruments.
const KEY: Key = (Channel::Approvals, None);

/// Where a connection is in what becomes of approvals.
pub(super) struct Following {
    reader: Arc<Known>,
    /// The number of the last change that was told; `None` where a snapshot is due.
    last: Option<u64>,
}

impl<O: Origin> Session<O> {
    /// Begins to follow approvals, from now or after the change that the client has.
    pub(super) fn follow_approvals(
        &mut self,
        message: &ClientMessage,
    ) -> Result<Result<(), Bye>, Refusal> {
        let reader =
            self.known_here("identity is off here, so nothing waits for a second person")?;
        let allowed = reader.may(OPERATION);
        allowed.map_err(|refusal| Refusal::of("FORBIDDEN", refusal.to_string()))?;
        let all = reader.identity().approval_changes();
        let reaches = |number| reader.identity().approvals_after(number, 0).is_some();
        let place = self.place_in(KEY, message.resume.as_ref(), all, reaches)?;
        let last = place.ok();
        self.approvals = Some(Following { reader, last });
        Ok(self.begin_numbered(message, KEY, place, all))
    }

    /// Follows them no more; `false` when it did not.
    pub(super) fn leave_approvals(&mut self) -> bool {
        self.approvals.take().is_some()
    }

    /// Tells what became of approvals since, unless the reader has much to read already.
    pub(super) fn report_approvals(&mut self) -> Result<(), Bye> {
        let Some(following) = &self.approvals else {
            return Ok(());
        };
        let (reader, last) = (following.reader.clone(), following.last);
        if let Err(refusal) = reader.may(OPERATION) {
            self.approvals = None;
            return self.end_channel("FORBIDDEN", refusal.to_string());
        }
        if !self.outbox.is_calm() {
            return Ok(());
        }
        let Some(last) = last else {
            return self.show_approvals(reader);
        };
        match reader.identity().approvals_after(last, PAGE) {
            Some(changes) => self.tell_approvals(reader, changes, last),
            None => {
                let all = reader.identity().approval_changes();
                self.tell_gap(KEY, GapReason::Forgotten, all)?;
                self.show_approvals(reader)
            }
        }
    }

    fn show_approvals(&mut self, reader: Arc<Known>) -> Result<(), Bye> {
        let (sequence, approvals) = reader.identity().approvals_now();
        let items = approvals.into_iter().map(ApprovalDto::from);
        let data = items.map(|dto| Item::Approval(Box::new(dto))).collect();
        self.approvals = Some(Following {
            reader,
            last: Some(sequence),
        });
        self.outbox.send(&ServerMessage::Snapshot {
            channel: Channel::Approvals,
            instrument: None,
            sequence,
            data,
        })
    }

    fn tell_approvals(
        &mut self,
        reader: Arc<Known>,
        changes: Vec<ApprovalChange>,
        last: u64,
    ) -> Result<(), Bye> {
        let mut previous = last;
        for change in changes {
            let sequence = change.number;
            let body = self.outbox.encoding().body(&told(change));
            let body = body.ok_or_else(Bye::internal)?;
            self.outbox.pass(body, previous)?;
            previous = sequence;
        }
        self.approvals = Some(Following {
            reader,
            last: Some(previous),
        });
        Ok(())
    }
}

/// A change as an update; its number is its place.
fn told(change: ApprovalChange) -> ServerMessage {
    let time = Timestamp::from_nanos(change.time_ms.saturating_mul(1_000_000));
    ServerMessage::Update {
        channel: Channel::Approvals,
        sequence: change.number,
        time: time.to_string(),
        time_ns: time.nanos().to_string(),
        data: Box::new(Item::Approval(Box::new(ApprovalDto::from(change.approval)))),
    }
}

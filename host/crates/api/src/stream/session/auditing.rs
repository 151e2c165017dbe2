//! The log of what people did, as it grows. It comes from the log itself and counts as the log does, so that
//! clients go on after what they have whatever the host did meanwhile.

use super::Session;
use super::requests::Refusal;
use crate::dto::people::RecordDto;
use crate::dto::stream::{Channel, ClientMessage, GapReason, Item, ServerMessage};
use crate::stream::authentication::Known;
use crate::stream::origin::Origin;
use crate::stream::outbox::Bye;
use crate::stream::subscriptions::Key;
use identity::audit::Record;
use model::Timestamp;
use std::sync::Arc;

/// What reading the log takes.
const OPERATION: &str = "audit.list";
/// Most records of a snapshot: the latest.
const LATEST: usize = 200;
/// Most records that are read at once after that.
const PAGE: usize = 64;
/// The channel; it has no instruments.
const KEY: Key = (Channel::Audit, None);

/// Where a connection is in the log.
pub(super) struct Tail {
    reader: Arc<Known>,
    /// The number of the last record that was told; `None` where a snapshot is due.
    last: Option<u64>,
}

impl<O: Origin> Session<O> {
    /// Begins to follow the log, from its end or after the record that the client has.
    pub(super) fn follow_audit(
        &mut self,
        message: &ClientMessage,
    ) -> Result<Result<(), Bye>, Refusal> {
        let reader =
            self.known_here("identity is off here, so nobody writes down who does what")?;
        let allowed = reader.may(OPERATION);
        allowed.map_err(|refusal| Refusal::of("FORBIDDEN", refusal.to_string()))?;
        let wanted = message.resume.as_ref().map(|resume| resume.sequence);
        let all = reader.audit().records();
        let last = wanted.filter(|sequence| *sequence <= all);
        self.tail = Some(Tail { reader, last });
        let is_ahead = wanted.is_some() && last.is_none();
        Ok(self
            .acknowledge(message, KEY, last.is_some())
            .and_then(|()| match is_ahead {
                true => self.tell_gap(KEY, GapReason::Ahead, all),
                false => Ok(()),
            }))
    }

    /// Follows it no more; `false` when it did not.
    pub(super) fn leave_audit(&mut self) -> bool {
        self.tail.take().is_some()
    }

    /// Tells what was written down since, unless the reader has much to read already.
    pub(super) async fn report_audit(&mut self) -> Result<(), Bye> {
        let Some(tail) = &self.tail else {
            return Ok(());
        };
        if let Err(refusal) = tail.reader.may(OPERATION) {
            return self.end_audit("FORBIDDEN", refusal.to_string());
        }
        let (audit, last) = (tail.reader.audit(), tail.last);
        let all = audit.records();
        if last.is_some_and(|last| last >= all) || !self.outbox.is_calm() {
            return Ok(());
        }
        let latest = u64::try_from(LATEST).unwrap_or(u64::MAX);
        let (first, most) = match last {
            Some(last) => (last.saturating_add(1), PAGE),
            None => (all.saturating_sub(latest).saturating_add(1), LATEST),
        };
        let read = tokio::task::spawn_blocking(move || audit.read(first, most)).await;
        let records = read.map_err(|error| error.to_string());
        let records = records.and_then(|read| read.map_err(|error| error.to_string()));
        match records {
            Ok(records) => self.tell_records(records, last),
            Err(error) => {
                tracing::error!(%error, "the audit log cannot be read");
                let reason = "the audit log cannot be read; the host's log says why";
                self.end_audit("AUDIT_FAILED", reason.to_owned())
            }
        }
    }

    fn tell_records(&mut self, records: Vec<Record>, last: Option<u64>) -> Result<(), Bye> {
        let newest = records.last().map(|record| record.number);
        if let Some(tail) = &mut self.tail {
            tail.last = newest.or(last).or(Some(0));
        }
        let Some(mut previous) = last else {
            let records = records.into_iter().rev().map(RecordDto::from);
            return self.outbox.send(&ServerMessage::Snapshot {
                channel: Channel::Audit,
                instrument: None,
                sequence: newest.unwrap_or_default(),
                data: records.map(|dto| Item::Record(Box::new(dto))).collect(),
            });
        };
        for record in records {
            let sequence = record.number;
            let body = self.outbox.encoding().body(&told(record));
            let body = body.ok_or_else(Bye::internal)?;
            self.outbox.pass(body, previous)?;
            previous = sequence;
        }
        Ok(())
    }

    fn end_audit(&mut self, code: &'static str, reason: String) -> Result<(), Bye> {
        self.tail = None;
        self.end_channel(code, reason)
    }
}

/// A record as an update; its number is its place.
fn told(record: Record) -> ServerMessage {
    let time = Timestamp::from_nanos(record.time_ms.saturating_mul(1_000_000));
    ServerMessage::Update {
        channel: Channel::Audit,
        sequence: record.number,
        time: time.to_string(),
        time_ns: time.nanos().to_string(),
        data: Box::new(Item::Record(Box::new(RecordDto::from(record)))),
    }
}

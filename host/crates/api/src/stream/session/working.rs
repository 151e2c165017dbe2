//! Work that goes on after its answer, and what becomes of it. Changes are numbered from 1 in each run of the host, so
//! that clients go on after what they have whatever the host did meanwhile. Only the host itself has jobs.

use super::Session;
use super::requests::Refusal;
use crate::dto::stream::{Channel, ClientMessage, GapReason, Item, ServerMessage};
use crate::jobs::{JobChange, Jobs};
use crate::stream::authentication::Reader;
use crate::stream::origin::Origin;
use crate::stream::outbox::Bye;
use crate::stream::subscriptions::Key;
use model::Timestamp;

/// What reading jobs takes, where somebody is known.
const OPERATION: &str = "jobs.list";
/// Most changes that are told at once.
const PAGE: usize = 64;
/// Most of those that are over in a snapshot.
const LATEST: usize = 200;
/// The channel; it has no instruments.
const KEY: Key = (Channel::Jobs, None);

/// Where a connection is in what becomes of jobs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Followed {
    /// The number of the last change that was told; `None` where a snapshot is due.
    last: Option<u64>,
}

impl<O: Origin> Session<O> {
    /// Begins to follow jobs, from now or after the change that the client has.
    pub(super) fn follow_jobs(
        &mut self,
        message: &ClientMessage,
    ) -> Result<Result<(), Bye>, Refusal> {
        let jobs = self.origin.jobs().cloned();
        let jobs = jobs.ok_or_else(Refusal::not_told_here)?;
        if let Some(refusal) = self.forbids_jobs() {
            return Err(Refusal::of("FORBIDDEN", refusal));
        }
        let all = jobs.changes();
        let reaches = |number| jobs.after(number, 0).is_some();
        let place = self.place_in(KEY, message.resume.as_ref(), all, reaches)?;
        self.jobs = Some(Followed { last: place.ok() });
        Ok(self.begin_numbered(message, KEY, place, all))
    }

    /// Follows them no more; `false` when it did not.
    pub(super) fn leave_jobs(&mut self) -> bool {
        self.jobs.take().is_some()
    }

    /// Tells what became of jobs since, unless the reader has much to read already.
    pub(super) async fn report_jobs(&mut self) -> Result<(), Bye> {
        let (Some(followed), Some(jobs)) = (self.jobs, self.origin.jobs().cloned()) else {
            return Ok(());
        };
        if let Some(refusal) = self.forbids_jobs() {
            self.jobs = None;
            return self.end_channel("FORBIDDEN", refusal);
        }
        if !self.outbox.is_calm() {
            return Ok(());
        }
        let Some(last) = followed.last else {
            return self.show_jobs(&jobs).await;
        };
        match jobs.after(last, PAGE) {
            Some(changes) => self.tell_jobs(changes, last),
            None => {
                self.tell_gap(KEY, GapReason::Forgotten, jobs.changes())?;
                self.show_jobs(&jobs).await
            }
        }
    }

    /// Why who reads may not read jobs; `None` where they may, or nobody is known here.
    fn forbids_jobs(&self) -> Option<String> {
        let Some(Reader::Here(known)) = &self.reader else {
            return None;
        };
        let refusal = known.may(OPERATION).err()?;
        Some(refusal.to_string())
    }

    async fn show_jobs(&mut self, jobs: &Jobs) -> Result<(), Bye> {
        // Before the jobs: what changes meanwhile comes once more.
        let sequence = jobs.changes();
        let Some(all) = self.origin.all_jobs().await else {
            // They are asked for again in a moment.
            return Ok(());
        };
        let mut over = 0;
        let shown = all.into_iter().filter(|job| {
            over += usize::from(!job.is_open());
            job.is_open() || over <= LATEST
        });
        let data = shown.map(|job| Item::Job(Box::new(job))).collect();
        self.jobs = Some(Followed {
            last: Some(sequence),
        });
        self.outbox.send(&ServerMessage::Snapshot {
            channel: Channel::Jobs,
            instrument: None,
            sequence,
            data,
        })
    }

    fn tell_jobs(&mut self, changes: Vec<JobChange>, last: u64) -> Result<(), Bye> {
        let mut previous = last;
        for change in changes {
            let sequence = change.number;
            let body = self.outbox.encoding().body(&told(change));
            let body = body.ok_or_else(Bye::internal)?;
            self.outbox.pass(body, previous)?;
            previous = sequence;
        }
        self.jobs = Some(Followed {
            last: Some(previous),
        });
        Ok(())
    }
}

/// A change as an update; its number is its place.
fn told(change: JobChange) -> ServerMessage {
    let time = Timestamp::from_nanos(change.time_ns);
    ServerMessage::Update {
        channel: Channel::Jobs,
        sequence: change.number,
        time: time.to_string(),
        time_ns: time.nanos().to_string(),
        data: Box::new(Item::Job(Box::new(change.job))),
    }
}

//! Work that goes on after its answer, and what becomes of it. Only the host itself has jobs, and numbers their
//! changes.

use super::Session;
use super::following::{Change, Follow, Numbered};
use super::requests::Refusal;
use crate::dto::stream::{Channel, ClientMessage, Item};
use crate::jobs::Jobs;
use crate::stream::authentication::Reader;
use crate::stream::origin::Origin;
use crate::stream::outbox::Bye;
use crate::stream::subscriptions::Key;
use model::Timestamp;

/// What reading jobs takes, where somebody is known.
const OPERATION: &str = "jobs.list";
/// Most of those that are over in a snapshot.
const LATEST: usize = 200;

impl Numbered for Jobs {
    const KEY: Key = (Channel::Jobs, None);

    fn all(&self) -> u64 {
        self.changes()
    }

    fn after(&self, number: u64, most: usize) -> Option<Vec<Change>> {
        let changes = Self::after(self, number, most)?.into_iter();
        let changes = changes.map(|change| Change {
            number: change.number,
            time: Timestamp::from_nanos(change.time_ns),
            item: Item::Job(Box::new(change.job)),
        });
        Some(changes.collect())
    }
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
        let (follow, told) = self.begin_to_follow(&jobs, message)?;
        self.jobs = Some(follow);
        Ok(told)
    }

    /// Follows them no more; `false` when it did not.
    pub(super) fn leave_jobs(&mut self) -> bool {
        self.jobs.take().is_some()
    }

    /// Tells what became of jobs since, unless the reader has much to read already.
    pub(super) async fn report_jobs(&mut self) -> Result<(), Bye> {
        let (Some(follow), Some(jobs)) = (self.jobs, self.origin.jobs().cloned()) else {
            return Ok(());
        };
        if let Some(refusal) = self.forbids_jobs() {
            self.jobs = None;
            return self.end_channel("FORBIDDEN", refusal);
        }
        if !self.outbox.is_calm() {
            return Ok(());
        }
        let mut follow = self.tell_changes(&jobs, follow)?;
        if follow == Follow::ANEW {
            follow = self.show_jobs(&jobs).await?;
        }
        self.jobs = Some(follow);
        Ok(())
    }

    /// Why who reads may not read jobs; `None` where they may, or nobody is known here.
    fn forbids_jobs(&self) -> Option<String> {
        let Some(Reader::Here(known)) = &self.reader else {
            return None;
        };
        let refusal = known.may(OPERATION).err()?;
        Some(refusal.to_string())
    }

    async fn show_jobs(&mut self, jobs: &Jobs) -> Result<Follow, Bye> {
        // Before the jobs: what changes meanwhile comes once more.
        let sequence = jobs.changes();
        let Some(all) = self.origin.all_jobs().await else {
            // They are asked for again in a moment.
            return Ok(Follow::ANEW);
        };
        let mut over = 0;
        let shown = all.into_iter().filter(|job| {
            over += usize::from(!job.is_open());
            job.is_open() || over <= LATEST
        });
        let data = shown.map(|job| Item::Job(Box::new(job))).collect();
        self.tell_all::<Jobs>(sequence, data)
    }
}

//! Four eyes: what one person asks for is done when a second one has agreed, once, and only if nothing
//! of the request has changed.

use crate::door::{Identity, Principal};
use crate::policy;
use crate::records::{Approval, ApprovalState, User, Write};
use crate::refusal::Refusal;
use crate::secret;
use crate::storage::Kind;
use std::collections::VecDeque;

/// How long a request may be confirmed and used, in milliseconds: eight hours.
const LIFETIME_MS: u64 = 8 * 60 * 60 * 1_000;
/// How long one that is confirmed may be used, in milliseconds: a quarter of an hour, for the second
/// person agreed to what they saw then.
const CONFIRMED_MS: u64 = 15 * 60 * 1_000;
/// Requests that are kept at once.
const MOST: usize = 500;
/// Requests of one person that wait.
const MOST_OF_ONE: usize = 20;
/// Longest text of a request that is kept for the second person, in bytes.
const LONGEST: usize = 4_096;

/// Changes that are remembered for those who follow them.
const REMEMBERED: usize = 1_024;

/// A request for a second pair of eyes, as it was after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalChange {
    /// Counts up by one from 1 with each change since the process began.
    pub number: u64,
    /// When it changed, in milliseconds since the epoch.
    pub time_ms: u64,
    /// The request then. One that waited and was taken away is void.
    pub approval: Approval,
}

/// What became of requests since the process began; the latest of it.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    all: u64,
    latest: VecDeque<ApprovalChange>,
}

impl Changes {
    pub(crate) fn note(&mut self, time_ms: u64, approval: Approval) {
        self.all += 1;
        if self.latest.len() == REMEMBERED {
            self.latest.pop_front();
        }
        self.latest.push_back(ApprovalChange {
            number: self.all,
            time_ms,
            approval,
        });
    }

    fn after(&self, number: u64, most: usize) -> Option<Vec<ApprovalChange>> {
        let missing = usize::try_from(self.all.checked_sub(number)?).ok()?;
        let known = self.latest.len().checked_sub(missing)?;
        Some(self.latest.iter().skip(known).take(most).cloned().collect())
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// As in the policy.
    pub operation: &'a str,
    /// To what.
    pub subject: &'a str,
    /// All of the request: what is confirmed is this and nothing else.
    pub request: &'a str,
}

impl Wanted<'_> {
    /// Lengths first, so that no two requests read the same.
    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("argonaut identity 2026-11 approval");
        for part in [self.operation, self.subject, self.request] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hasher.update(&length.to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

impl Identity {
    /// Asks for a second pair of eyes. Who asks the same again gets the request that is there. Blocks.
    ///
    /// # Errors
    /// The request is too long to be read by anybody, or there are too many.
    pub fn ask(&self, who: &Principal, wants: Wanted<'_>) -> Result<Approval, Refusal> {
        if wants.request.len() > LONGEST {
            let reason =
                format!("longer than the {LONGEST} bytes that a second person can confirm");
            return Err(Refusal::invalid("request", reason));
        }
        let id = secret::name(self.entropy.as_ref())?;
        let (digest, now) = (wants.digest(), self.now());
        self.change(|state| {
            let (lasting, over): (Vec<_>, Vec<_>) = state
                .approvals
                .values()
                .partition(|one| one.expires_ms > now);
            let waiting = lasting.iter().copied();
            let waiting: Vec<&Approval> = waiting.filter(|one| waits(one)).collect();
            let own = waiting.iter().copied();
            let own: Vec<&Approval> = own.filter(|one| one.asked_by == who.user).collect();
            if let Some(known) = own.iter().copied().find(|one| one.digest == digest) {
                return Ok((Vec::new(), known.clone()));
            }
            if own.len() >= MOST_OF_ONE {
                return Err(Refusal::Full {
                    what: "approvals of yours that wait",
                    most: MOST_OF_ONE,
                });
            }
            if waiting.len() >= MOST {
                return Err(Refusal::Full {
                    what: "approvals that wait",
                    most: MOST,
                });
            }
            let approval = Approval {
                id,
                operation: wants.operation.to_owned(),
                subject: wants.subject.to_owned(),
                digest,
                request: wants.request.to_owned(),
                asked_by: who.user.clone(),
                asked_ms: now,
                expires_ms: now + LIFETIME_MS,
                state: ApprovalState::Open,
                decided_by: None,
            };
            // What is decided is in the log; here it makes room.
            let decided = lasting.iter().copied();
            let mut decided: Vec<&Approval> = decided.filter(|one| !waits(one)).collect();
            decided.sort_by_key(|one| one.asked_ms);
            let too_many = (lasting.len() + 1).saturating_sub(MOST);
            let gone = decided.into_iter().take(too_many);
            let mut writes: Vec<_> = over
                .into_iter()
                .chain(gone)
                .map(|one| Write::Remove(Kind::Approval, one.id.clone()))
                .collect();
            writes.push(Write::Approval(approval.clone()));
            Ok((writes, approval))
        })
    }

    /// Agrees or does not. Blocks.
    ///
    /// # Errors
    /// It is one's own, one may not do oneself what is asked, or it is decided or over.
    pub fn decide(&self, who: &Principal, id: &str, agree: bool) -> Result<Approval, Refusal> {
        let now = self.now();
        self.change(|state| {
            let approval = state.approvals.get(id);
            let approval = approval.filter(|one| one.expires_ms > now);
            let approval = approval.ok_or_else(|| Refusal::unknown("approval", id))?;
            if approval.state != ApprovalState::Open {
                return Err(Refusal::Conflict(
                    "somebody has decided this already".into(),
                ));
            }
            // Who asked may take it back, and not confirm it.
            if agree && approval.asked_by == who.user {
                let reason = "it takes a second person: nobody confirms what they asked for";
                return Err(Refusal::Forbidden(reason.to_owned()));
            }
            if approval.asked_by != who.user {
                policy::authorise(Some(who), &approval.operation)?;
            }
            let (state, expires_ms) = if agree {
                let soon = approval.expires_ms.min(now + CONFIRMED_MS);
                (ApprovalState::Confirmed, soon)
            } else {
                (ApprovalState::Refused, approval.expires_ms)
            };
            let decided = Approval {
                state,
                expires_ms,
                decided_by: Some(who.user.clone()),
                ..approval.clone()
            };
            Ok((vec![Write::Approval(decided.clone())], decided))
        })
    }

    /// Uses what was confirmed: it is good no more after. Blocks.
    ///
    /// # Errors
    /// It is not of this person or request, not confirmed, used, void or over; or who confirmed it might
    /// not do so any more.
    pub fn spend(&self, who: &Principal, id: &str, wants: Wanted<'_>) -> Result<Approval, Refusal> {
        let (digest, now) = (wants.digest(), self.now());
        self.change(|state| {
            let approval = state.approvals.get(id);
            let approval = approval.filter(|one| one.expires_ms > now);
            let approval = approval.filter(|one| one.asked_by == who.user);
            let approval = approval.ok_or_else(|| Refusal::unknown("approval", id))?;
            if approval.digest != digest {
                let reason = "this approval is of another request; ask without it for one";
                return Err(Refusal::Conflict(reason.to_owned()));
            }
            match approval.state {
                ApprovalState::Confirmed => {}
                ApprovalState::Open => {
                    let reason = "nobody has confirmed this approval yet";
                    return Err(Refusal::Conflict(reason.to_owned()));
                }
                ApprovalState::Refused | ApprovalState::Used => {
                    let reason = "this approval was refused or used; ask without it for another";
                    return Err(Refusal::Conflict(reason.to_owned()));
                }
                ApprovalState::Void => {
                    let reason = "trading was stopped after this was asked; ask without it for \
                                  another";
                    return Err(Refusal::Conflict(reason.to_owned()));
                }
            }
            // The second person may have been let go since, or have another work.
            let second = approval
                .decided_by
                .as_deref()
                .and_then(|by| state.users.get(by));
            let may =
                |user: &User| !user.disabled && policy::roles_may(&user.roles, &approval.operation);
            if !second.is_some_and(may) {
                let reason = "who confirmed this approval may not do so any more; ask for another";
                return Err(Refusal::Conflict(reason.to_owned()));
            }
            let used = Approval {
                state: ApprovalState::Used,
                ..approval.clone()
            };
            Ok((vec![Write::Approval(used.clone())], used))
        })
    }

    /// Makes worthless what waits of an operation: the world is another since. Blocks.
    ///
    /// # Errors
    /// [`Refusal::NotStored`]: it holds, but would not outlive a crash.
    pub fn void(&self, operation: &str) -> Result<(), Refusal> {
        let now = self.now();
        self.take_away(|state| {
            let approvals = state.approvals.values();
            let open = approvals
                .filter(|one| one.operation == operation && one.expires_ms > now && waits(one));
            let void = open.map(|one| {
                Write::Approval(Approval {
                    state: ApprovalState::Void,
                    ..one.clone()
                })
            });
            Ok((void.collect(), ()))
        })
    }

    /// Requests that are not over, the latest first.
    #[must_use]
    pub fn approvals(&self) -> Vec<Approval> {
        self.approvals_now().1
    }

    /// The same, after the number of the latest change, which it shows.
    #[must_use]
    pub fn approvals_now(&self) -> (u64, Vec<Approval>) {
        let (state, now) = (self.state(), self.now());
        let lasting = state.approvals.values().filter(|one| one.expires_ms > now);
        let mut lasting: Vec<_> = lasting.cloned().collect();
        lasting.sort_by_key(|one| std::cmp::Reverse(one.asked_ms));
        (state.changes.all, lasting)
    }

    /// How many changes of requests there were since the process began.
    #[must_use]
    pub fn approval_changes(&self) -> u64 {
        self.state().changes.all
    }

    /// At most so many changes after one of this number, the oldest first; `None` where not all are remembered, or
    /// there are not so many. That the time of a request is over is no change.
    #[must_use]
    pub fn approvals_after(&self, number: u64, most: usize) -> Option<Vec<ApprovalChange>> {
        self.state().changes.after(number, most)
    }
}

/// Whether somebody may still decide or use it.
pub(crate) fn waits(approval: &Approval) -> bool {
    matches!(
        approval.state,
        ApprovalState::Open | ApprovalState::Confirmed
    )
}

//! What readers see of strategies that broke and are taken care of.

use model::Timestamp;

/// How far the restart of a strategy that broke is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartView {
    /// When this was decided, in engine time.
    pub time: Timestamp,
    /// Which of the restarts in a row it is, from 1.
    pub attempt: u32,
    /// How many there are at most.
    pub of: u32,
    /// How far it is.
    pub outcome: RestartOutcome,
    /// When it is started again, while that waits.
    pub due: Option<Timestamp>,
    /// Why it is not, or why it is not as it was.
    pub reason: Option<String>,
}

/// How far a restart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartOutcome {
    /// It is started again in a while.
    Waiting,
    /// It runs again, from what it saved last.
    Restored,
    /// It runs again, from nothing.
    Fresh,
    /// It is not started again, but by an operator.
    GaveUp,
}

impl RestartOutcome {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Restored => "RESTORED",
            Self::Fresh => "FRESH",
            Self::GaveUp => "GAVE_UP",
        }
    }
}

impl RestartView {
    /// In a line, for a log.
    pub fn line(&self) -> String {
        let (attempt, of) = (self.attempt, self.of);
        let said = match (self.outcome, self.due) {
            (RestartOutcome::Waiting, Some(due)) => format!("restart {attempt} of {of} at {due}"),
            (RestartOutcome::Waiting, None) => format!("restart {attempt} of {of}"),
            (RestartOutcome::Restored, _) => {
                format!("restart {attempt} of {of}: it runs again from what it saved")
            }
            (RestartOutcome::Fresh, _) => {
                format!("restart {attempt} of {of}: it runs again afresh")
            }
            (RestartOutcome::GaveUp, _) => "it is not started again".to_owned(),
        };
        match &self.reason {
            Some(reason) => format!("{said}: {reason}"),
            None => said,
        }
    }
}

/// What there is to tell of a strategy that is taken care of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CareNews {
    /// Its restart.
    Restart(Box<RestartView>),
    /// Somebody else started or stopped it before its restart was due.
    Over,
    /// Its plugin is in quarantine, for this reason.
    Quarantined(String),
    /// Its plugin may run again.
    Released,
    /// Its events cost more than they may, and what was done about it.
    OverBudget(String),
    /// They cost no more than they may.
    InBudget,
}

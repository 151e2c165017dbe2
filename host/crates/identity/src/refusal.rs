//! Why identity refuses.

/// Why identity refuses. The messages are for whoever asked, and tell no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Who asks is not known: nothing was shown, or it is no good any more.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// Name and password do not belong together, or may not be used from there. Which of these it is
    /// stays untold.
    #[error("name or password is wrong, or may not be used from here")]
    Credentials,
    /// A refresh token came a second time: it was stolen, or its owner's answer was lost.
    #[error("this refresh token was used before; its session is ended, log in again")]
    Reused {
        /// Whose.
        user: String,
        /// The session that is ended.
        session: String,
        /// Whether that outlives a crash.
        is_stored: bool,
    },
    /// Too many failed tries.
    #[error("too many failed tries; try again in {wait_s} s")]
    Locked {
        /// Seconds to wait.
        wait_s: u64,
    },
    /// Known, and not allowed.
    #[error("{0}")]
    Forbidden(String),
    /// A value that cannot be used.
    #[error("{field}: {reason}")]
    Invalid {
        /// The name of the field.
        field: &'static str,
        /// Why, and what would do.
        reason: String,
    },
    /// Nothing of that name.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It does not go with what is there.
    #[error("{0}")]
    Conflict(String),
    /// There are as many as there may be.
    #[error("there are {most} {what} already, which is the most; remove one first")]
    Full {
        /// Of what.
        what: &'static str,
        /// How many.
        most: usize,
    },
    /// It could not be kept, so it did not happen.
    #[error("the change could not be kept: {0}")]
    Storage(String),
    /// Something was taken away, which holds now, and could not be kept.
    #[error(
        "it is done, and could not be kept: if the host ends before its database answers again, it is \
         as it was: {0}"
    )]
    NotStored(String),
    /// Something here broke.
    #[error("{0}")]
    Internal(String),
}

impl Refusal {
    pub(crate) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }

    pub(crate) fn unknown(what: &'static str, name: &str) -> Self {
        Self::Unknown {
            what,
            name: name.to_owned(),
        }
    }
}

//! Where Redis is, and how it is used.

use crate::entry::Priority;
use redis::IntoConnectionInfo;
use std::fmt;
use std::time::Duration;

/// How the bus uses Redis. Its debug form leaves out the address, which may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it is: `redis://host:port/database`.
    pub url: String,
    /// How the names of all streams and keys begin.
    pub stream: String,
    /// The group that consumers share the entries of.
    pub group: String,
    /// How many entries each stream keeps, about; older ones are dropped.
    pub capacity: u64,
    /// After how many deliveries without an acknowledgement an entry is put aside.
    pub park_after: u64,
    /// For how long a consumer may keep an entry before another one takes it over.
    pub claim_after: Duration,
    /// How often a connection that is idle is tried.
    pub health_every: Duration,
    /// The longest that Redis may take to answer, and to be reached.
    pub timeout: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("stream", &self.stream)
            .field("group", &self.group)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// Settings that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct SettingsError {
    /// Which of them.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl Settings {
    /// Settings with the usual names and bounds.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            stream: "argonaut-streams".to_owned(),
            group: "dashboard-group".to_owned(),
            capacity: 100_000,
            park_after: 5,
            claim_after: Duration::from_secs(30),
            health_every: Duration::from_secs(30),
            timeout: Duration::from_secs(2),
        }
    }

    /// Says what cannot be meant.
    ///
    /// # Errors
    /// The first field that is wrong. The address is not repeated: it may hold a password.
    pub fn check(&self) -> Result<(), SettingsError> {
        let wrong = |field, reason: &str| {
            Err(SettingsError {
                field,
                reason: reason.to_owned(),
            })
        };
        if let Err(error) = self.url.as_str().into_connection_info() {
            return wrong("url", &format!("{error}; write redis://host:port/database"));
        }
        for (field, name) in [("stream", &self.stream), ("group", &self.group)] {
            let good = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
            if name.is_empty() || !name.chars().all(good) {
                return wrong(field, "a name has letters, digits, and - _ . : only");
            }
        }
        if self.capacity == 0 {
            return wrong("capacity", "a stream keeps at least one entry");
        }
        if self.park_after == 0 {
            return wrong("park_after", "an entry is delivered at least once");
        }
        Ok(())
    }

    pub(crate) fn stream_of(&self, priority: Priority) -> String {
        format!("{}:{}", self.stream, priority.name())
    }

    pub(crate) fn parked(&self) -> String {
        format!("{}:parked", self.stream)
    }

    /// The key that says up to where, and of which run, the streams are made.
    pub(crate) fn cursor(&self) -> String {
        format!("{}:cursor", self.stream)
    }

    /// The stream for processes that serve it to others.
    pub(crate) fn fan_out(&self) -> String {
        format!("{}:fan-out", self.stream)
    }

    /// A value beside it.
    pub(crate) fn fan_out_value(&self, name: &str) -> String {
        format!("{}:fan-out:value:{name}", self.stream)
    }

    /// The list of what its readers ask for.
    pub(crate) fn fan_out_asked(&self) -> String {
        format!("{}:fan-out:asked", self.stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_named() {
        let good = Settings::new("redis://127.0.0.1/");
        assert_eq!(good.check(), Ok(()));
        let field = |change: fn(&mut Settings)| {
            let mut settings = good.clone();
            change(&mut settings);
            settings.check().unwrap_err().field
        };
        assert_eq!(field(|it| it.url = "postgres://x".to_owned()), "url");
        assert_eq!(field(|it| it.stream = String::new()), "stream");
        assert_eq!(field(|it| it.group = "a group".to_owned()), "group");
        assert_eq!(field(|it| it.capacity = 0), "capacity");
        assert_eq!(field(|it| it.park_after = 0), "park_after");
    }

    #[test]
    fn a_password_in_a_bad_address_is_not_repeated() {
        let error = Settings::new("redis://me:secret@:host:x").check();
        assert!(!error.unwrap_err().to_string().contains("secret"));
    }
}

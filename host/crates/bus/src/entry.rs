//! One entry, its place and its priority.

use std::fmt;
use std::str::FromStr;

/// The place of an entry in a run: entries are in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EntryId {
    /// The sequence of the input in the journal.
    pub sequence: u64,
    /// Its place among the records of that input, counted from one.
    pub ordinal: u64,
}

impl EntryId {
    /// Before all entries.
    pub const ZERO: Self = Self {
        sequence: 0,
        ordinal: 0,
    };
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.sequence, self.ordinal)
    }
}

impl FromStr for EntryId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text
            .split_once('-')
            .and_then(|(sequence, ordinal)| Some((sequence.parse().ok()?, ordinal.parse().ok()?)));
        let (sequence, ordinal) = numbers.ok_or("an id is two numbers with a dash between them")?;
        Ok(Self { sequence, ordinal })
    }
}

/// Which entries a reader who is behind should see first. Each has a stream of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Orders, fills, kills: what somebody may have to act on.
    High,
    /// Positions, money, strategies.
    Normal,
    /// Market data.
    Low,
}

impl Priority {
    /// All, the most urgent first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The last part of its stream's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the run.
    pub id: EntryId,
    /// Whose stream it goes to.
    pub priority: Priority,
    /// What its body is, in a word, such as `fill`.
    pub kind: String,
    /// Engine time in nanoseconds since the epoch.
    pub time_ns: u64,
    /// What happened, as JSON.
    pub body: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_as_redis_orders_them() {
        let id = |text: &str| text.parse::<EntryId>().unwrap();
        assert!(EntryId::ZERO < id("1-1"));
        assert!(id("1-10") < id("2-1"));
        assert!(id("9-2") < id("9-10"));
        assert_eq!(id("7-3").to_string(), "7-3");
        for text in ["", "7", "7-", "-1", "a-1", "1-1-1"] {
            assert!(text.parse::<EntryId>().is_err(), "{text}");
        }
    }
}

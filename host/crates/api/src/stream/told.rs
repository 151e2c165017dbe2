//! What a host tells processes that serve its stream, and what they ask it: texts, whoever carries them.

use super::event::Mark;
use super::subscriptions::Key;
use crate::dto::stream::Channel;
use model::InstrumentId;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The name of the value with the symbols of all instruments.
pub(super) const NAMES: &str = "names";

/// What is to be told: values first, then entries, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Telling {
    /// What is to be had by its name for a while.
    pub values: Vec<ToldValue>,
    /// What is heard by everybody.
    pub entries: Vec<ToldEntry>,
}

impl Telling {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.entries.is_empty()
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldValue {
    /// Its name.
    pub name: String,
    /// What it is.
    pub text: String,
    /// For how many seconds it is to be had.
    pub lifetime_s: u64,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldEntry {
    /// What it is about.
    pub head: String,
    /// The message that clients get, but for what is each connection's own; empty where it is none.
    pub body: String,
}

/// What an entry is about.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// The host's run.
    pub(super) run: String,
    pub(super) what: What,
}

/// The kinds of entries.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    /// A change.
    Update {
        /// The sequence of the one that was told before.
        previous: u64,
        sequence: u64,
        channel: Channel,
        instrument: Option<u32>,
        mark: Mark,
    },
    /// What was asked for is to be had by this name.
    Shown { name: String },
    /// The host lives.
    Alive {
        /// The sequence of the latest change that was told.
        sequence: u64,
        /// The time of its engine.
        time_ns: u64,
        /// How many instruments there are.
        instruments: usize,
        /// Whether the host knows who asks, so that nobody may be told who is not known.
        #[serde(default)]
        asks_who: bool,
    },
    /// The host stops.
    Ended,
    /// The sessions that it was asked about by this name hold, but for those at these places.
    Vouched { vouch: String, refused: Vec<usize> },
}

/// What a host is asked.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Question {
    Snapshot(Asked),
    Readers(Vouch),
}

/// Whether the sessions of these readers hold, and may read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vouch {
    /// The name of the question, of which its answer is.
    pub(super) vouch: String,
    pub(super) readers: Vec<Holder>,
}

/// A session that is read by, which is no credential, and from where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Holder {
    pub(super) user: String,
    pub(super) session: String,
    pub(super) from: IpAddr,
}

/// A snapshot that is asked for; its JSON is the name of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    channel: Channel,
    instrument: Option<u32>,
}

impl Asked {
    pub(super) fn of((channel, instrument): Key) -> Self {
        Self {
            channel,
            instrument: instrument.map(InstrumentId::number),
        }
    }

    pub(super) fn key(self) -> Key {
        (self.channel, self.instrument.map(InstrumentId::new))
    }
}

/// The first line of an answer; its message is behind it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) run: String,
    pub(super) sequence: u64,
    /// Fills that are in it and may come once more: account and execution.
    pub(super) fills: Vec<(u32, u64)>,
    pub(super) newest: u64,
}

/// Its JSON; `None` when it cannot be written, which the log tells.
pub(super) fn json(what: &impl Serialize) -> Option<String> {
    match serde_json::to_string(what) {
        Ok(text) => Some(text),
        Err(error) => {
            tracing::error!(%error, "what another process is told could not be written");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_as_it_was_meant() {
        let head = Head {
            run: "run-1".to_owned(),
            what: What::Update {
                previous: 6,
                sequence: u64::MAX,
                channel: Channel::Fills,
                instrument: Some(3),
                mark: Mark::Fill(1, u64::MAX),
            },
        };
        let text = json(&head).unwrap();
        let read: Head = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{read:?}"), format!("{head:?}"));
        let key = (Channel::Orders, Some(InstrumentId::new(3)));
        let text = json(&Asked::of(key)).unwrap();
        assert_eq!(text, r#"{"channel":"orders","instrument":3}"#);
        let read: Asked = serde_json::from_str(&text).unwrap();
        assert_eq!(read.key(), key);
    }
}

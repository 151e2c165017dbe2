//! What waits for sinks, in a file, so that a host that comes back still tells it.

use crate::notice::{Kind, Level, Notice};
use crate::outbox::Message;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often it is looked whether something is to be written.
const EVERY: Duration = Duration::from_secs(1);
/// Longest file that is read, in bytes.
const LONGEST: u64 = 256 << 20;
/// What can become of a notice.
const STATES: [&str; 6] = [
    "HAPPENED",
    "RAISED",
    "ESCALATED",
    "RESOLVED",
    "SET",
    "CLEARED",
];

/// What waits for each route, by its name.
pub(crate) type Waiting = BTreeMap<String, Vec<Message>>;

/// A message as the file has it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    id: String,
    attempts: u32,
    kind: String,
    state: String,
    level: String,
    code: String,
    scope: String,
    title: String,
    detail: String,
    time_ns: u64,
    alert: Option<u64>,
    subject: String,
    text: String,
}

impl Kept {
    fn of(message: &Message) -> Self {
        let notice = &message.notice;
        Self {
            id: message.id.clone(),
            attempts: message.attempts,
            kind: notice.kind.name().to_owned(),
            state: notice.state.to_owned(),
            level: notice.level.name().to_owned(),
            code: notice.code.clone(),
            scope: notice.scope.clone(),
            title: notice.title.clone(),
            detail: notice.text.clone(),
            time_ns: notice.time.nanos(),
            alert: notice.alert,
            subject: message.subject.clone(),
            text: message.text.clone(),
        }
    }

    /// The message; `None` where it says what none does.
    fn message(self) -> Option<Message> {
        let mut kinds = Kind::ALL.into_iter();
        let mut levels = Level::ALL.into_iter();
        let notice = Notice {
            kind: kinds.find(|kind| kind.name() == self.kind)?,
            state: STATES.into_iter().find(|state| *state == self.state)?,
            level: levels.find(|level| level.name() == self.level)?,
            code: self.code,
            scope: self.scope,
            title: self.title,
            text: self.detail,
            time: Timestamp::from_nanos(self.time_ns),
            alert: self.alert,
        };
        Some(Message {
            id: self.id,
            attempts: self.attempts,
            notice,
            subject: self.subject,
            text: self.text,
        })
    }
}

/// Whether a host that begins tells it by itself, if it still holds: an alert that is open.
fn is_told_again(message: &Message) -> bool {
    let notice = &message.notice;
    notice.kind == Kind::Alert && notice.state != "RESOLVED"
}

/// Keeps a file as what waits changes.
#[derive(Debug)]
pub(crate) struct Keeper {
    file: PathBuf,
    /// The number of changes that the file has.
    written: u64,
    looked: Instant,
    fails: bool,
}

impl Keeper {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self {
            file,
            written: 0,
            looked: Instant::now(),
            fails: false,
        }
    }

    /// What an earlier process left, but for what is told again anyway. A file that is none counts as empty, with a
    /// warning.
    pub(crate) fn read(&self) -> Waiting {
        let file = self.file.display();
        match read(&self.file) {
            Ok(mut waiting) => {
                for messages in waiting.values_mut() {
                    messages.retain(|message| !is_told_again(message));
                }
                waiting
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Waiting::new(),
            Err(error) => {
                tracing::warn!(%file, %error, "notifications that waited cannot be read");
                Waiting::new()
            }
        }
    }

    /// Whether it is time to look.
    pub(crate) fn is_due(&mut self) -> bool {
        let is_due = self.looked.elapsed() >= EVERY;
        if is_due {
            self.looked = Instant::now();
        }
        is_due
    }

    /// Writes what waits, where that is something else than the file has after so many changes.
    pub(crate) fn write(&mut self, changes: u64, waiting: impl FnOnce() -> Waiting) {
        if changes == self.written && !self.fails {
            return;
        }
        let written = write(&self.file, &waiting());
        self.written = changes;
        let was_failing = std::mem::replace(&mut self.fails, written.is_err());
        if let (Err(error), false) = (written, was_failing) {
            let file = self.file.display();
            tracing::warn!(%file, %error, "notifications that wait cannot be kept; it is tried again");
        }
    }
}

fn read(file: &Path) -> io::Result<Waiting> {
    if std::fs::metadata(file)?.len() > LONGEST {
        return Err(io::Error::other("it is too long"));
    }
    let bytes = std::fs::read(file)?;
    let kept: BTreeMap<String, Vec<Kept>> = serde_json::from_slice(&bytes)?;
    let routes = kept.into_iter().map(|(route, messages)| {
        let messages = messages.into_iter().filter_map(Kept::message);
        (route, messages.collect())
    });
    Ok(routes.collect())
}

fn write(file: &Path, waiting: &Waiting) -> io::Result<()> {
    let kept: BTreeMap<&str, Vec<Kept>> = waiting
        .iter()
        .map(|(route, messages)| (route.as_str(), messages.iter().map(Kept::of).collect()))
        .collect();
    let bytes = serde_json::to_vec(&kept)?;
    let beside = file.with_extension("new");
    let mut new = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    new.write_all(&bytes)?;
    new.sync_all()?;
    std::fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: Kind, state: &'static str) -> Message {
        Message {
            id: "run-1-7".to_owned(),
            attempts: 3,
            notice: Notice {
                kind,
                state,
                level: Level::Serious,
                code: "TRAP".to_owned(),
                scope: "strategy/ema".to_owned(),
                title: "it broke".to_owned(),
                text: "at once".to_owned(),
                time: Timestamp::from_nanos(5),
                alert: None,
            },
            subject: "s".to_owned(),
            text: "t".to_owned(),
        }
    }

    #[test]
    fn what_waits_is_read_as_it_was_but_for_open_alerts() {
        let folder = std::env::temp_dir().join(format!("argonaut-kept-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut keeper = Keeper::new(folder.join("kept.json"));
        assert_eq!(keeper.read(), Waiting::new());
        let fault = message(Kind::Fault, "HAPPENED");
        let over = message(Kind::Alert, "RESOLVED");
        let open = message(Kind::Alert, "RAISED");
        let all = vec![fault.clone(), open, over.clone()];
        keeper.write(1, || Waiting::from([("desk".to_owned(), all)]));
        keeper.write(1, || panic!("nothing changed"));
        let expect = Waiting::from([("desk".to_owned(), vec![fault, over])]);
        assert_eq!(Keeper::new(keeper.file.clone()).read(), expect);
        std::fs::write(&keeper.file, "{").unwrap();
        assert_eq!(keeper.read(), Waiting::new());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

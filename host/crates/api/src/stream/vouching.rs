//! Who reads a host's stream here, in another process: their access tokens say who they are of, and the host says again
//! and again whether that session holds. Whom it does not vouch for in time is not told anything more.

use super::hall::lock;
use super::told::{Holder, Vouch, json};
use identity::{Shown, TokenReader};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// How often the host is asked about all who read.
const EVERY: Duration = Duration::from_secs(1);
/// How long its yes holds, from when it was asked. With the time between two looks of a connection it is what is
/// promised of what is revoked: five seconds.
const LASTS: Duration = Duration::from_secs(3);
/// Readers that are asked about at once.
const AT_ONCE: usize = 256;

/// All who read.
pub(super) struct Vouching {
    tokens: TokenReader,
    /// Begins what this process asks, so that it knows its answers.
    process: String,
    readers: Mutex<Readers>,
    /// Answers that came.
    answers: watch::Sender<u64>,
}

#[derive(Default)]
struct Readers {
    known: BTreeMap<Holder, Standing>,
    /// What was asked and has no answer yet, by number.
    asked: BTreeMap<u64, (Instant, Vec<Holder>)>,
    number: u64,
    /// When all were asked about.
    last: Option<Instant>,
    /// Whether somebody came since something was asked.
    is_new: bool,
}

#[derive(Default)]
struct Standing {
    connections: usize,
    word: Option<Word>,
}

/// What the host said of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// Yes, when it was asked then.
    Yes(Instant),
    No,
}

/// Why somebody is not told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unvouched {
    /// The host says no.
    Over,
    /// It says nothing.
    Silent,
}

impl Vouching {
    pub(super) fn new(tokens: TokenReader) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let nanos = since.map_or(0, |since| since.as_nanos());
        Self {
            tokens,
            process: format!("{}-{nanos}", std::process::id()),
            readers: Mutex::default(),
            answers: watch::Sender::new(0),
        }
    }

    /// Somebody who shows an access token, once the host says that its session holds.
    pub(super) async fn admit(
        self: &Arc<Self>,
        token: &str,
        from: IpAddr,
    ) -> Result<Admitted, String> {
        let shown = self.tokens.read(token).map_err(|no| no.to_string())?;
        let mut answers = self.answers.subscribe();
        let admitted = self.enter(shown, from);
        let said = async {
            while admitted.still() == Err(Unvouched::Silent) {
                if answers.changed().await.is_err() {
                    break;
                }
            }
        };
        // What it says too late is seen below.
        let _in_time = tokio::time::timeout(LASTS, said).await;
        match admitted.still() {
            Ok(()) => Ok(admitted),
            Err(Unvouched::Over) => {
                Err("the session is over, or may not read from here".to_owned())
            }
            Err(Unvouched::Silent) => {
                Err("the host does not say whether the session holds; try again".to_owned())
            }
        }
    }

    fn enter(self: &Arc<Self>, shown: Shown, from: IpAddr) -> Admitted {
        let holder = Holder {
            user: shown.user,
            session: shown.session,
            from,
        };
        let mut readers = lock(&self.readers);
        let standing = readers.known.entry(holder.clone()).or_default();
        standing.connections += 1;
        if standing.word == Some(Word::No) {
            standing.word = None;
        }
        readers.is_new = true;
        Admitted {
            vouching: self.clone(),
            holder,
        }
    }

    /// What the host is to be asked now: about who came, and every second about all.
    pub(super) fn asks(&self) -> Vec<String> {
        let mut readers = lock(&self.readers);
        readers.asked.retain(|_, (at, _)| at.elapsed() < LASTS);
        let is_due = readers.last.is_none_or(|at| at.elapsed() >= EVERY);
        if !is_due && !readers.is_new {
            return Vec::new();
        }
        let now = Instant::now();
        if is_due {
            readers.last = Some(now);
        }
        readers.is_new = false;
        let known = readers.known.iter();
        let known = known.filter(|(_, standing)| is_due || standing.word.is_none());
        let holders: Vec<Holder> = known.map(|(holder, _)| holder.clone()).collect();
        let mut asks = Vec::new();
        for some in holders.chunks(AT_ONCE) {
            readers.number += 1;
            let number = readers.number;
            asks.extend(json(&Vouch {
                vouch: format!("{}:{number}", self.process),
                readers: some.to_vec(),
            }));
            readers.asked.insert(number, (now, some.to_vec()));
        }
        asks
    }

    /// The host answered somebody: it refuses these of those who were asked about, by their places.
    pub(super) fn answered(&self, vouch: &str, refused: &[usize]) {
        let ours = vouch.strip_prefix(&self.process);
        let number = ours.and_then(|rest| rest.strip_prefix(':'));
        let Some(number) = number.and_then(|number| number.parse::<u64>().ok()) else {
            return;
        };
        let mut readers = lock(&self.readers);
        let Some((at, asked)) = readers.asked.remove(&number) else {
            return;
        };
        for (place, holder) in asked.into_iter().enumerate() {
            if let Some(standing) = readers.known.get_mut(&holder) {
                standing.word = match refused.contains(&place) {
                    true => Some(Word::No),
                    false => Some(Word::Yes(at)),
                };
            }
        }
        drop(readers);
        self.answers.send_modify(|answers| *answers += 1);
    }
}

/// Somebody who reads, until it is dropped.
pub(super) struct Admitted {
    vouching: Arc<Vouching>,
    holder: Holder,
}

impl Admitted {
    /// Whether the host vouches for them now.
    pub(super) fn still(&self) -> Result<(), Unvouched> {
        let readers = lock(&self.vouching.readers);
        match readers.known.get(&self.holder).and_then(|it| it.word) {
            Some(Word::Yes(at)) if at.elapsed() < LASTS => Ok(()),
            Some(Word::No) => Err(Unvouched::Over),
            Some(Word::Yes(_)) | None => Err(Unvouched::Silent),
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut readers = lock(&self.vouching.readers);
        let Some(standing) = readers.known.get_mut(&self.holder) else {
            return;
        };
        standing.connections -= 1;
        if standing.connections == 0 {
            readers.known.remove(&self.holder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use identity::{Identity, MemoryStorage, OsEntropy, Settings, SystemClock};
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// Over keys that a host made.
    fn vouching() -> Arc<Vouching> {
        let folder = tempfile::tempdir().unwrap();
        let token_keys = folder.path().join("keys.json");
        let clock = Arc::new(SystemClock);
        let settings = Settings {
            token_keys: token_keys.clone(),
            cost: identity::Cost {
                memory_kib: 64,
                passes: 1,
            },
            by_address: true,
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
        };
        Identity::open(Box::new(MemoryStorage::default()), settings).unwrap();
        Arc::new(Vouching::new(
            TokenReader::open(&token_keys, clock).unwrap(),
        ))
    }

    fn enter(vouching: &Arc<Vouching>, user: &str) -> Admitted {
        let shown = Shown {
            user: user.to_owned(),
            session: "s1".to_owned(),
        };
        vouching.enter(shown, HERE)
    }

    fn asked(vouching: &Vouching) -> Vouch {
        let mut asks = vouching.asks();
        assert_eq!(asks.len(), 1, "{asks:?}");
        serde_json::from_str(&asks.remove(0)).unwrap()
    }

    #[test]
    fn who_is_not_vouched_for_is_not_let_in() {
        let vouching = vouching();
        let [anna, bert] = ["anna", "bert"].map(|user| enter(&vouching, user));
        assert_eq!(anna.still(), Err(Unvouched::Silent));
        let vouch = asked(&vouching);
        assert_eq!(vouch.readers.len(), 2);
        lock(&vouching.readers).last = Some(Instant::now());
        assert_eq!(vouching.asks(), [""; 0], "they were asked about just now");
        // An answer to another process, or one of long ago.
        vouching.answered("1-2:1", &[]);
        vouching.answered(&format!("{}:99", vouching.process), &[]);
        assert_eq!(anna.still(), Err(Unvouched::Silent));
        vouching.answered(&vouch.vouch, &[1]);
        assert_eq!(anna.still(), Ok(()));
        assert_eq!(bert.still(), Err(Unvouched::Over));
        // It counts once.
        vouching.answered(&vouch.vouch, &[]);
        assert_eq!(bert.still(), Err(Unvouched::Over));
        // Who comes again is asked about again, and nobody else before it is time.
        let again = enter(&vouching, "bert");
        lock(&vouching.readers).last = Some(Instant::now());
        let readers = asked(&vouching).readers;
        assert_eq!(readers, std::slice::from_ref(&again.holder));
        drop((anna, bert, again));
        assert!(lock(&vouching.readers).known.is_empty());
    }

    #[test]
    fn a_yes_does_not_hold_for_long() {
        let vouching = vouching();
        let anna = enter(&vouching, "anna");
        let vouch = asked(&vouching);
        vouching.answered(&vouch.vouch, &[]);
        assert_eq!(anna.still(), Ok(()));
        let before = Instant::now().checked_sub(LASTS).unwrap();
        let yes = Some(Word::Yes(before));
        lock(&vouching.readers)
            .known
            .get_mut(&anna.holder)
            .unwrap()
            .word = yes;
        assert_eq!(anna.still(), Err(Unvouched::Silent));
    }
}

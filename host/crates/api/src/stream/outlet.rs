//! A host's stream for other processes: listens as a connection does, and makes of it what they are told.

use super::authentication::holds;
use super::encoding::{Body, Encoding};
use super::event::{Event, Mark};
use super::hall::{Heard, Hearing};
use super::snapshot;
use super::subscriptions::{Key, is_beside};
use super::told::{
    Answer, Asked, Head, NAMES, Question, Telling, ToldEntry, ToldValue, Vouch, What, json,
};
use crate::dto::stream::ServerMessage;
use crate::names::Names;
use crate::port::HostPort;
use crate::state::Api;
use model::InstrumentId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::error::TryRecvError;

/// Changes that are told at once, at most.
const BATCH: usize = 2_048;
/// How often it is said that the host lives.
const ALIVE: Duration = Duration::from_secs(1);
/// For how long an answer is to be had, in seconds.
const ANSWER_S: u64 = 60;
/// For how long names are, in seconds: they are said again with each sign of life.
const NAMES_S: u64 = 60;
/// After so many questions that wait for an answer no more are to be brought.
const ASKED: usize = 256;
/// For how long answers are made at once: changes wait meanwhile.
const ANSWERING: Duration = Duration::from_millis(5);

/// What other processes are to be told of a host. Begun by [`Api::outlet`].
pub struct Outlet<H> {
    api: Api<H>,
    hearing: Hearing,
    /// The sequence of the latest change that was told.
    told: u64,
    /// Whether changes were lost after that one.
    lost: bool,
    alive: Option<Instant>,
    /// What waits for an answer; the same is answered once.
    asked: BTreeSet<Asked>,
}

impl<H: HostPort> Api<H> {
    /// Begins to listen for other processes, which are told all from now on.
    #[must_use]
    pub fn outlet(&self) -> Outlet<H> {
        let (hearing, told) = self.hub.hall().listen();
        Outlet {
            api: self.clone(),
            hearing,
            told,
            lost: false,
            alive: None,
            asked: BTreeSet::new(),
        }
    }
}

impl<H: HostPort> Outlet<H> {
    /// Whether more may be asked; where not, [`Self::next`] is to answer first.
    #[must_use]
    pub fn takes_more(&self) -> bool {
        self.asked.len() < ASKED
    }

    /// What happened since, and answers to what was asked; returns soon, with the rest of the answers next time. What
    /// is returned must be told before what is returned next, or readers are to find out that it is missing.
    pub fn next(&mut self, asked: &[String]) -> Telling {
        let mut telling = Telling::default();
        let heard = self.drain();
        let latest = latest(&heard);
        for event in heard {
            match event {
                None => self.lost = true,
                Some(event) if is_superseded(&event, &latest) => {}
                Some(event) => telling.entries.extend(self.told(&event)),
            }
        }
        for text in asked {
            match serde_json::from_str(text) {
                Ok(Question::Snapshot(asked)) => {
                    self.asked.insert(asked);
                }
                Ok(Question::Readers(vouch)) => telling.entries.extend(self.vouched(vouch)),
                Err(error) => tracing::debug!(%error, "what was asked is no question"),
            }
        }
        let is_alive_due = self.alive.is_none_or(|at| at.elapsed() >= ALIVE);
        if self.asked.is_empty() && !is_alive_due {
            return telling;
        }
        let names = self.api.hub.fresh_names();
        self.answer_some(&names, &mut telling);
        if is_alive_due {
            self.alive = Some(Instant::now());
            self.say_alive(&names, &mut telling);
        }
        telling
    }

    /// The last that they are told.
    pub fn end(&mut self) -> Telling {
        let mut telling = self.next(&[]);
        telling
            .entries
            .extend(self.entry(What::Ended, String::new()));
        telling
    }

    /// What waits, up to a bound; `None` where changes were lost.
    fn drain(&mut self) -> Vec<Option<Arc<Event>>> {
        let mut heard = Vec::new();
        while heard.len() < BATCH {
            match self.hearing.try_recv() {
                Ok(Heard::Event(event)) => heard.push(Some(event)),
                Ok(Heard::Lost(_)) | Err(TryRecvError::Lagged(_)) => heard.push(None),
                // Who stops this says that the host ends, too.
                Ok(Heard::Picture(..) | Heard::Ended) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        heard
    }

    fn told(&mut self, event: &Event) -> Option<ToldEntry> {
        let (channel, sequence) = (event.channel(), event.sequence());
        let body = self.api.hub.body(event, Encoding::Json).ok();
        let Some(body) = body.as_ref().and_then(Body::text) else {
            self.lost = true;
            return None;
        };
        let previous = match (self.lost, channel) {
            (false, _) => self.told,
            // Its own update is told on the other channel, or was lost with it.
            (true, channel) if is_beside(channel) => sequence,
            (true, _) => sequence.saturating_sub(1),
        };
        let what = What::Update {
            previous,
            sequence,
            channel,
            instrument: event.instrument().map(InstrumentId::number),
            mark: event.mark(),
        };
        let entry = self.entry(what, body);
        self.lost = entry.is_none();
        if entry.is_some() {
            self.told = sequence;
        }
        entry
    }

    /// Answers one at least, and more while there is time.
    fn answer_some(&mut self, names: &Names, telling: &mut Telling) {
        let begun = Instant::now();
        while let Some(asked) = self.asked.pop_first() {
            self.answer(asked, names, telling);
            if begun.elapsed() >= ANSWERING {
                return;
            }
        }
    }

    fn answer(&self, asked: Asked, names: &Names, telling: &mut Telling) {
        let (channel, instrument) = asked.key();
        let taken = snapshot::take(&self.api, names, asked.key());
        let answer = Answer {
            run: self.api.settings.run.clone(),
            sequence: taken.sequence,
            fills: taken
                .fills
                .iter()
                .map(|(account, execution)| (account.number(), *execution))
                .collect(),
            newest: taken.newest,
        };
        let body = Encoding::Json.body(&ServerMessage::Snapshot {
            channel,
            instrument: instrument.map(|id| names.symbol(id)),
            sequence: taken.sequence,
            data: taken.items,
        });
        let body = body.as_ref().and_then(Body::text);
        let (Some(name), Some(first), Some(body)) = (json(&asked), json(&answer), body) else {
            return;
        };
        let shown = What::Shown { name: name.clone() };
        telling.values.push(ToldValue {
            name,
            text: format!("{first}\n{body}"),
            lifetime_s: ANSWER_S,
        });
        telling.entries.extend(self.entry(shown, String::new()));
    }

    /// Which of these readers may not read. Where nobody is known here, none of them may.
    fn vouched(&self, asked: Vouch) -> Option<ToldEntry> {
        let guarded = self.api.guarded.as_ref();
        let readers = asked.readers.iter().enumerate();
        let refused = readers.filter(|(_, holder)| guarded.is_none_or(|it| !holds(it, holder)));
        let refused = refused.map(|(place, _)| place).collect();
        let vouch = asked.vouch;
        self.entry(What::Vouched { vouch, refused }, String::new())
    }

    fn say_alive(&self, names: &Names, telling: &mut Telling) {
        let symbols: Vec<(u32, &str)> = names
            .symbols()
            .map(|(id, symbol)| (id.number(), symbol))
            .collect();
        let alive = What::Alive {
            sequence: self.told,
            time_ns: self.api.host.engine().time.nanos(),
            instruments: symbols.len(),
            asks_who: self.api.guarded.is_some(),
        };
        telling.values.extend(json(&symbols).map(|text| ToldValue {
            name: NAMES.to_owned(),
            text,
            lifetime_s: NAMES_S,
        }));
        telling.entries.extend(self.entry(alive, String::new()));
    }

    fn entry(&self, what: What, body: String) -> Option<ToldEntry> {
        let head = Head {
            run: self.api.settings.run.clone(),
            what,
        };
        Some(ToldEntry {
            head: json(&head)?,
            body,
        })
    }
}

/// The latest of what comes so often that only the latest is told: quotes and the book of each instrument, metrics,
/// and what is owned.
type Latest = BTreeMap<Key, u64>;

fn latest(heard: &[Option<Arc<Event>>]) -> Latest {
    let events = heard.iter().flatten();
    let often = events.filter(|event| comes_often(event));
    often.map(|event| (key(event), event.sequence())).collect()
}

fn is_superseded(event: &Event, latest: &Latest) -> bool {
    let last = latest.get(&key(event)).copied();
    comes_often(event) && last.is_some_and(|last| event.sequence() < last)
}

fn key(event: &Event) -> Key {
    (event.channel(), event.instrument())
}

fn comes_often(event: &Event) -> bool {
    matches!(
        event.mark(),
        Mark::Quote | Mark::Metrics | Mark::Book | Mark::Portfolio
    )
}

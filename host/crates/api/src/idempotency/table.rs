//! The keys that came lately, what was asked for with each, and how far it has come. Bounded by count, bytes
//! and age: what is over and oldest makes room for what is new, and before all else that of which a copy
//! would do no harm.

use super::log::Line;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use blake3::Hash;
use model::{Duration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// How long a key is kept.
const AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Most keys that are kept.
const KEYS: usize = 100_000;
/// Most bytes of answers that are kept.
const BYTES: usize = 32 << 20;
/// Longest answer that is kept, in bytes.
const LONGEST: usize = 256 << 10;
/// What a key costs besides its answer.
const COST: usize = 64;
/// Says that an answer was given before.
pub(crate) const REPLAYED: &str = "idempotency-replayed";

/// An answer, to be given again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

/// How far something has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is under way.
    Running,
    /// It began, and nobody knows what came of it.
    Unknown,
    /// It is over with this status; the answer itself is not kept.
    Done(u16),
    /// It is over with this answer.
    Answered(Arc<Kept>),
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Counts up with each that begins.
    pub(super) number: u64,
    /// What was asked for.
    pub(super) print: Hash,
    /// When it began.
    pub(super) time: Timestamp,
    pub(super) standing: Standing,
    /// A copy does no harm: the engine would catch it, or it stops something.
    pub(super) harmless: bool,
}

/// Whether something may begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// It is new, and has this number.
    New(u64),
    /// The key is that of another request.
    Other,
    /// It came before, has this number, and stands so.
    Known(u64, Standing),
    /// So much is under way or in doubt that nothing more can be kept.
    Full,
}

/// The keys.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: HashMap<Hash, Entry>,
    oldest_first: BTreeMap<u64, Hash>,
    /// Those of which a copy does no harm.
    harmless: BTreeSet<u64>,
    bytes: usize,
    last: u64,
}

impl Table {
    /// Notes that something begins, if it is new.
    pub(super) fn begin(&mut self, id: Hash, print: Hash, now: Timestamp) -> Begun {
        self.forget_old(now);
        if let Some(entry) = self.entries.get(&id) {
            if entry.print != print {
                return Begun::Other;
            }
            return Begun::Known(entry.number, entry.standing.clone());
        }
        if !self.make_room() {
            return Begun::Full;
        }
        self.last += 1;
        let entry = Entry {
            number: self.last,
            print,
            time: now,
            standing: Standing::Running,
            harmless: false,
        };
        self.put(id, entry);
        Begun::New(self.last)
    }

    /// Notes that a copy of something would do no harm.
    pub(super) fn harmless(&mut self, number: u64) {
        let id = self.oldest_first.get(&number).copied();
        if let Some(entry) = id.and_then(|id| self.entries.get_mut(&id)) {
            entry.harmless = true;
            self.harmless.insert(number);
        }
    }

    /// Notes how something stands, if it is still kept.
    pub(super) fn settle(&mut self, number: u64, standing: Standing) {
        let Some(id) = self.oldest_first.get(&number).copied() else {
            return;
        };
        if let Some(entry) = self.entries.get_mut(&id) {
            self.bytes -= entry.standing.cost();
            self.bytes += standing.cost();
            entry.standing = standing;
        }
    }

    /// Forgets something of which nothing came, so that the key can be used again.
    pub(super) fn free(&mut self, number: u64) {
        self.harmless.remove(&number);
        if let Some(id) = self.oldest_first.remove(&number)
            && let Some(entry) = self.entries.remove(&id)
        {
            self.bytes -= entry.standing.cost();
        }
    }

    /// Takes in what a file says. Lines may come twice: what was written while the file was made anew is in
    /// it already.
    pub(super) fn restore(&mut self, line: Line) {
        match line {
            Line::Begun {
                number,
                id,
                print,
                time_ns,
                harmless,
            } => {
                let (Ok(id), Ok(print)) = (Hash::from_hex(&id), Hash::from_hex(&print)) else {
                    return;
                };
                self.last = self.last.max(number);
                match self.entries.get(&id).map(|known| known.number) {
                    Some(known) if known >= number => return,
                    Some(known) => self.free(known),
                    None => {}
                }
                let entry = Entry {
                    number,
                    print,
                    time: Timestamp::from_nanos(time_ns),
                    standing: Standing::Unknown,
                    harmless,
                };
                self.put(id, entry);
            }
            Line::Answered {
                number,
                status,
                headers,
                body,
            } => {
                let kept = Kept {
                    status,
                    headers,
                    body: body.into(),
                };
                self.settle(number, Standing::Answered(Arc::new(kept)));
            }
            Line::Done { number, status } => self.settle(number, Standing::Done(status)),
            Line::Freed { number } => self.free(number),
        }
    }

    /// All that is kept, the oldest first.
    pub(super) fn all(&self) -> Vec<(Hash, Entry)> {
        let ids = self.oldest_first.values();
        let kept = ids.filter_map(|id| Some((*id, self.entries.get(id)?.clone())));
        kept.collect()
    }

    /// Forgets what is too old to come again.
    pub(super) fn forget_old(&mut self, now: Timestamp) {
        while let Some((number, id)) = self.oldest_first.first_key_value() {
            let number = *number;
            let is_old = |entry: &Entry| entry.time.after(AGE) <= now;
            if !self.entries.get(id).is_none_or(is_old) {
                break;
            }
            self.free(number);
        }
    }

    fn put(&mut self, id: Hash, entry: Entry) {
        self.oldest_first.insert(entry.number, id);
        if entry.harmless {
            self.harmless.insert(entry.number);
        }
        self.bytes += entry.standing.cost();
        self.entries.insert(id, entry);
    }

    /// Forgets the oldest that are over until there is room for one more, those first of which a copy does no
    /// harm; whether there is.
    fn make_room(&mut self) -> bool {
        while self.entries.len() >= KEYS || self.bytes >= BYTES {
            let is_over = |number: &&u64| {
                let id = self.oldest_first.get(*number);
                let entry = id.and_then(|id| self.entries.get(id));
                entry.is_some_and(|entry| entry.standing.is_over())
            };
            let mut first = self.harmless.iter().chain(self.oldest_first.keys());
            match first.find(is_over).copied() {
                Some(number) => self.free(number),
                None => return false,
            }
        }
        true
    }
}

impl Standing {
    fn is_over(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Answered(_))
    }

    fn cost(&self) -> usize {
        let Self::Answered(kept) = self else {
            return COST;
        };
        let headers = kept.headers.iter();
        let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
        COST + headers + kept.body.len()
    }
}

impl Kept {
    /// An answer to be kept; nothing for one that is too long or no text.
    pub(super) fn of(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Option<Self> {
        if body.len() > LONGEST || std::str::from_utf8(body).is_err() {
            return None;
        }
        // The other headers are of each request.
        let names = [header::CONTENT_TYPE, header::LOCATION];
        let of_answer = names.into_iter().filter_map(|name| {
            let value = headers.get(&name)?.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        });
        Some(Self {
            status: status.as_u16(),
            headers: of_answer.collect(),
            body: body.clone(),
        })
    }

    /// The answer once more.
    pub(super) fn response(&self) -> Response {
        let mut response = self.body.clone().into_response();
        let status = StatusCode::from_u16(self.status);
        *response.status_mut() = status.unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: usize) -> Hash {
        blake3::hash(&number.to_le_bytes())
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * 1_000_000_000)
    }

    fn answer(bytes: usize) -> Standing {
        let body = Bytes::from(vec![b'x'; bytes]);
        let kept = Kept::of(StatusCode::CREATED, &HeaderMap::new(), &body);
        Standing::Answered(Arc::new(kept.unwrap()))
    }

    #[test]
    fn a_key_is_of_one_request_for_a_day() {
        let mut table = Table::default();
        let (id, print) = (hash(1), hash(2));
        assert_eq!(table.begin(id, print, at(0)), Begun::New(1));
        let running = Begun::Known(1, Standing::Running);
        assert_eq!(table.begin(id, print, at(1)), running);
        assert_eq!(table.begin(id, hash(3), at(1)), Begun::Other);
        table.settle(1, answer(3));
        assert_eq!(table.begin(id, print, at(2)), Begun::Known(1, answer(3)));
        let day = 24 * 60 * 60;
        assert_eq!(
            table.begin(id, print, at(day - 1)),
            Begun::Known(1, answer(3))
        );
        assert_eq!(table.begin(id, hash(3), at(day)), Begun::New(2));
        table.free(2);
        assert_eq!(table.begin(id, print, at(day)), Begun::New(3));
        table.free(3);
        assert_eq!(table.bytes, 0);
    }

    #[test]
    fn what_is_over_makes_room_and_what_is_not_stays() {
        let mut table = Table::default();
        for place in 0..KEYS {
            table.begin(hash(place), hash(0), at(0));
        }
        assert_eq!(table.begin(hash(KEYS), hash(0), at(1)), Begun::Full);
        table.settle(7, Standing::Done(201));
        table.settle(1, Standing::Unknown);
        let next = u64::try_from(KEYS).unwrap() + 1;
        assert_eq!(table.begin(hash(KEYS), hash(0), at(1)), Begun::New(next));
        let unknown = Begun::Known(1, Standing::Unknown);
        assert_eq!(table.begin(hash(0), hash(0), at(1)), unknown);
        assert_eq!(table.begin(hash(6), hash(0), at(1)), Begun::Full);
    }

    #[test]
    fn what_may_come_twice_makes_room_first() {
        let mut table = Table::default();
        for place in 0..KEYS {
            table.begin(hash(place), hash(0), at(0));
        }
        // A deployment, and orders after it.
        for number in [1, 5, 9] {
            table.settle(number, Standing::Done(201));
        }
        table.harmless(5);
        table.harmless(9);
        for (place, gone) in [(KEYS, 4), (KEYS + 1, 8), (KEYS + 2, 0)] {
            assert!(table.entries.contains_key(&hash(gone)));
            let begun = table.begin(hash(place), hash(0), at(1));
            assert!(matches!(begun, Begun::New(_)), "{place}");
            assert!(!table.entries.contains_key(&hash(gone)));
        }
        assert!(table.harmless.is_empty());
    }

    #[test]
    fn answers_have_a_bound_in_bytes() {
        let mut table = Table::default();
        for place in 0..1_000 {
            let Begun::New(number) = table.begin(hash(place), hash(0), at(0)) else {
                panic!("there is room");
            };
            table.settle(number, answer(LONGEST));
            assert!(table.bytes <= BYTES + LONGEST + COST);
        }
        assert!(table.entries.len() <= BYTES / LONGEST + 1);
        assert_eq!(table.entries.len(), table.oldest_first.len());
    }

    #[test]
    fn what_a_file_says_may_come_twice() {
        let begun = |number| Line::Begun {
            number,
            id: hash(1).to_hex().to_string(),
            print: hash(2).to_hex().to_string(),
            time_ns: 0,
            harmless: true,
        };
        let mut table = Table::default();
        table.restore(begun(4));
        table.restore(Line::Done {
            number: 4,
            status: 201,
        });
        table.restore(begun(4));
        let done = Begun::Known(4, Standing::Done(201));
        assert_eq!(table.begin(hash(1), hash(2), at(0)), done);
        assert_eq!(table.harmless, BTreeSet::from([4]));
        table.restore(begun(9));
        let unknown = Begun::Known(9, Standing::Unknown);
        assert_eq!(table.begin(hash(1), hash(2), at(0)), unknown);
        table.restore(Line::Freed { number: 9 });
        assert_eq!(table.begin(hash(1), hash(2), at(0)), Begun::New(10));
    }
}

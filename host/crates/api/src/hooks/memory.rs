//! What a hook was called with lately. Bounded: when it is full nothing more is taken until something in it
//! is too old to come again, for what is forgotten could be sent again.

use model::{Duration, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Calls that are remembered.
const CALLS: usize = 10_000;
/// In which calls are counted.
const MINUTE: Duration = Duration::from_secs(60);

/// What is remembered.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// By id: until when, and the order that came of it; an empty text where that is a signal.
    calls: BTreeMap<String, (Timestamp, Option<String>)>,
    /// When the latest were.
    latest: VecDeque<Timestamp>,
}

/// Whether a call may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Begun {
    /// It is new.
    New,
    /// It was taken before, and this order came of it; `None` while it is under way.
    Known(Option<String>),
    /// Not now; after so many seconds perhaps.
    TooMany(u64),
}

impl Memory {
    /// Notes a call that comes now and is remembered until then.
    pub(crate) fn begin(
        &mut self,
        id: &str,
        (now, until): (Timestamp, Timestamp),
        per_minute: usize,
    ) -> Begun {
        if let Some((_, order)) = self.calls.get(id).filter(|(until, _)| *until >= now) {
            return Begun::Known(order.clone());
        }
        while self
            .latest
            .front()
            .is_some_and(|at| at.after(MINUTE) <= now)
        {
            self.latest.pop_front();
        }
        if self.latest.len() >= per_minute {
            return Begun::TooMany(60);
        }
        if self.calls.len() >= CALLS {
            self.calls.retain(|_, (until, _)| *until >= now);
        }
        if self.calls.len() >= CALLS {
            return Begun::TooMany(60);
        }
        self.latest.push_back(now);
        self.calls.insert(id.to_owned(), (until, None));
        Begun::New
    }

    /// Notes the order that came of a call.
    pub(crate) fn finish(&mut self, id: &str, order: String) {
        if let Some((_, of)) = self.calls.get_mut(id) {
            *of = Some(order);
        }
    }

    /// Forgets a call of which nothing came, so that it can be sent again.
    pub(crate) fn forget(&mut self, id: &str) {
        self.calls.remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Timestamp {
        Timestamp::from_nanos(s * 1_000_000_000)
    }

    #[test]
    fn the_same_call_is_known_for_as_long_as_it_could_come_again() {
        let mut memory = Memory::default();
        let begin = |memory: &mut Memory, s| memory.begin("a", (at(s), at(s + 120)), 10);
        assert_eq!(begin(&mut memory, 0), Begun::New);
        assert_eq!(begin(&mut memory, 1), Begun::Known(None));
        memory.finish("a", "7".to_owned());
        assert_eq!(begin(&mut memory, 120), Begun::Known(Some("7".to_owned())));
        assert_eq!(begin(&mut memory, 121), Begun::New);
        memory.forget("a");
        assert_eq!(begin(&mut memory, 122), Begun::New);
    }

    #[test]
    fn no_more_calls_are_taken_in_a_minute_than_may() {
        let mut memory = Memory::default();
        let mut begin = |id: &str, s| memory.begin(id, (at(s), at(s + 120)), 2);
        assert_eq!(begin("a", 0), Begun::New);
        assert_eq!(begin("b", 30), Begun::New);
        assert_eq!(begin("c", 59), Begun::TooMany(60));
        assert_eq!(
            begin("b", 59),
            Begun::Known(None),
            "known ones cost nothing"
        );
        assert_eq!(begin("c", 60), Begun::New);
        assert_eq!(begin("d", 61), Begun::TooMany(60));
    }

    #[test]
    fn what_could_come_again_is_not_forgotten_for_what_is_new() {
        let mut memory = Memory::default();
        let mut begin = |id: usize, s| {
            let id = id.to_string();
            memory.begin(&id, (at(s), at(s + 120)), usize::MAX)
        };
        for id in 0..CALLS {
            assert_eq!(begin(id, 0), Begun::New);
        }
        assert_eq!(begin(CALLS, 120), Begun::TooMany(60));
        assert_eq!(begin(0, 120), Begun::Known(None));
        assert_eq!(begin(CALLS, 121), Begun::New);
    }
}

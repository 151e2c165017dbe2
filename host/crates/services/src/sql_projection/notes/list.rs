//! A list beside the journal on its way to the store: which of its rows are news, and which wait.

use super::super::beside::{List, place};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::sql::{Key, Row};

/// Rows that wait at most: more than a list has.
const ROWS: usize = 2_000;

/// Keeps what is not in the store yet.
#[derive(Default)]
pub(super) struct Listed {
    list: Option<Arc<dyn List>>,
    seen: Option<u64>,
    /// How the list stood then.
    known: BTreeMap<Key, Row>,
    waiting: BTreeMap<Key, Row>,
}

impl Listed {
    /// All that a list has is news.
    pub(super) fn new(list: Option<Arc<dyn List>>) -> Self {
        Self {
            list,
            ..Self::default()
        }
    }

    /// Takes in what has changed; returns how many rows were left out because too many waited.
    pub(super) fn listen(&mut self) -> u64 {
        let list = self.list.as_ref();
        let Some((seen, rows)) = list.and_then(|list| list.changed(self.seen)) else {
            return 0;
        };
        let mut known = BTreeMap::new();
        for row in rows {
            let Some(key) = place(&row) else { continue };
            if self.known.get(&key) != Some(&row) {
                self.waiting.insert(key, row.clone());
            }
            known.insert(key, row);
        }
        (self.seen, self.known) = (Some(seen), known);
        self.bound()
    }

    /// The oldest of those that wait.
    pub(super) fn take(&mut self, most: usize) -> Vec<(Key, Row)> {
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(first) = self.waiting.pop_first()
        {
            taken.push(first);
        }
        taken
    }

    /// Takes back what could not be written; returns as [`Listed::listen`].
    pub(super) fn put_back(&mut self, rows: Vec<(Key, Row)>) -> u64 {
        for (key, row) in rows {
            // What has changed since is newer.
            self.waiting.entry(key).or_insert(row);
        }
        self.bound()
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn bound(&mut self) -> u64 {
        let mut lost = 0;
        while self.waiting.len() > ROWS {
            self.waiting.pop_first();
            lost += 1;
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use store::sql::Cell;

    /// A list of which a test says what it has.
    #[derive(Default)]
    struct Told(Mutex<(u64, Vec<Row>)>);

    impl Told {
        fn set(&self, rows: &[(i64, &str)]) {
            let row = |(id, state): &(i64, &str)| {
                let numbers = [*id * 10, *id, 0].map(Cell::Integer);
                let state = Cell::Text((*state).to_owned());
                numbers.into_iter().chain([state]).collect()
            };
            let mut told = self.0.lock().unwrap();
            *told = (told.0 + 1, rows.iter().map(row).collect());
        }
    }

    impl List for Told {
        fn changed(&self, seen: Option<u64>) -> Option<(u64, Vec<Row>)> {
            let told = self.0.lock().unwrap();
            (seen != Some(told.0)).then(|| told.clone())
        }
    }

    fn listed(rows: &[(i64, &str)]) -> (Arc<Told>, Listed) {
        let told = Arc::new(Told::default());
        told.set(rows);
        let listed = Listed::new(Some(told.clone()));
        (told, listed)
    }

    fn states(rows: &[(Key, Row)]) -> Vec<(u64, String)> {
        let state = |(key, row): &(Key, Row)| match row.last() {
            Some(Cell::Text(state)) => (key.sequence, state.clone()),
            other => panic!("{other:?}"),
        };
        rows.iter().map(state).collect()
    }

    #[track_caller]
    fn check(rows: &[(Key, Row)], expect: &[(u64, &str)]) {
        let expect: Vec<_> = expect
            .iter()
            .map(|(id, state)| (*id, (*state).to_owned()))
            .collect();
        assert_eq!(states(rows), expect);
    }

    #[test]
    fn what_has_changed_is_written_and_its_newest_word_counts() {
        let (told, mut listed) = listed(&[(1, "DONE"), (2, "QUEUED")]);
        assert_eq!(listed.listen(), 0);
        check(&listed.take(10), &[(1, "DONE"), (2, "QUEUED")]);
        assert_eq!((listed.listen(), listed.waiting()), (0, 0), "no news");

        told.set(&[(1, "DONE"), (2, "RUNNING"), (3, "QUEUED")]);
        listed.listen();
        let taken = listed.take(10);
        check(&taken, &[(2, "RUNNING"), (3, "QUEUED")]);
        // One is over meanwhile, and one makes room; the older words come back from a database that is away.
        told.set(&[(2, "DONE"), (3, "QUEUED")]);
        listed.listen();
        assert_eq!(listed.put_back(taken), 0);
        check(&listed.take(10), &[(2, "DONE"), (3, "QUEUED")]);
    }

    #[test]
    fn of_rows_that_wait_for_long_the_oldest_are_left_out() {
        let (told, mut listed) = listed(&[(1, "DONE")]);
        let mut lost = 0;
        for id in 1..=2_003 {
            told.set(&[(id, "DONE")]);
            lost += listed.listen();
        }
        assert_eq!((lost, listed.waiting()), (3, 2_000));
        check(&listed.take(1), &[(4, "DONE")]);
    }

    #[test]
    fn where_there_is_no_list_there_are_no_rows() {
        let mut listed = Listed::new(None);
        assert_eq!((listed.listen(), listed.take(10)), (0, Vec::new()));
    }
}

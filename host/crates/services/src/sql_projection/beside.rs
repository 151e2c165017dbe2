//! What files beside the journal hold, of which the store keeps rows: a log whose records never change, and lists
//! of a few things that do. The files stay the truth, and whoever writes them waits for nothing here.

use std::fmt;
use std::sync::Arc;
use store::sql::{Cell, Key, Row};

/// A log: records with numbers from 1 on, which never change.
pub trait Log: Send + Sync {
    /// How many there are. Waits for nothing.
    fn records(&self) -> u64;

    /// At most `most` records from a number on, as rows whose `sequence` is the number. May wait for the disk.
    ///
    /// # Errors
    /// Why they cannot be read.
    fn rows(&self, first: u64, most: usize) -> Result<Vec<Row>, String>;
}

/// A list of a few things that change, each a row whose place stays.
pub trait List: Send + Sync {
    /// All there are, with how often they have changed; nothing where that is as often as was `seen`, or while
    /// they are being changed. Waits for nothing.
    fn changed(&self, seen: Option<u64>) -> Option<(u64, Vec<Row>)>;
}

/// Files beside the journal; `None` for what a host does not have.
#[derive(Clone, Default)]
pub struct Beside {
    /// What people did.
    pub audit: Option<Arc<dyn Log>>,
    /// Requests that go on after their answer.
    pub jobs: Option<Arc<dyn List>>,
    /// Backtests that somebody asked for.
    pub backtests: Option<Arc<dyn List>>,
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Beside")
    }
}

/// The place of a row.
pub(super) fn place(row: &Row) -> Option<Key> {
    let number = |at: usize| match row.get(at) {
        Some(Cell::Integer(number)) => Some(number.cast_unsigned()),
        _ => None,
    };
    Some(Key {
        time: number(0)?,
        sequence: number(1)?,
        ordinal: number(2)?,
    })
}

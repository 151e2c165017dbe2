//! What is written at once: rows of several tables, and how far the journal is in the store after.

use super::table::{Growth, Table};
use std::collections::HashMap;

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text, or an exact decimal as text.
    Text(String),
}

/// The values of a row, in the order of the table's columns.
pub type Row = Vec<Cell>;

/// How far the journal is in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The last input whose rows are there; zero for none.
    pub sequence: u64,
    /// The journal's hash after it, which also says whose journal it is; empty for none.
    pub hash: String,
}

/// Rows that become visible together, with the cursor.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    parts: Vec<Part>,
    /// Where a row stands that may come again, so that a batch says of each row one thing.
    changed: HashMap<(&'static str, Vec<Cell>), usize>,
    rows: usize,
}

/// The rows of one table.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) table: &'static Table,
    pub(super) rows: Vec<Row>,
}

impl Batch {
    /// Adds a row, or merges a change into the one that the batch holds of the same row.
    pub fn push(&mut self, table: &'static Table, row: Row) {
        debug_assert_eq!(row.len(), table.columns.len(), "{}", table.name);
        let same = |part: &Part| part.table.name == table.name && part.table.growth == table.growth;
        let place = self.parts.iter().position(same).unwrap_or_else(|| {
            self.parts.push(Part {
                table,
                rows: Vec::new(),
            });
            self.parts.len() - 1
        });
        let Some(part) = self.parts.get_mut(place) else {
            return;
        };
        if let Some(key) = table.key(&row) {
            let known = self.changed.entry((table.name, key.to_vec()));
            let known = *known.or_insert(part.rows.len());
            if let Some(earlier) = part.rows.get_mut(known) {
                merge(table, earlier, row);
                return;
            }
        }
        part.rows.push(row);
        self.rows += 1;
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The rows of a table so far; none of those that change others.
    pub fn of(&self, table: &Table) -> &[Row] {
        let part = self.parts.iter().find(|part| part.table == table);
        part.map_or(&[], |part| part.rows.as_slice())
    }

    /// The parts in the order in which they are written: changes of rows come last, since they may
    /// speak of rows of the same batch.
    pub(super) fn parts(&self) -> Vec<&Part> {
        let mut parts: Vec<_> = self.parts.iter().collect();
        parts.sort_by_key(|part| part.table.growth == Growth::Change);
        parts
    }
}

fn merge(table: &Table, earlier: &mut Row, later: Row) {
    let cells = earlier.iter_mut().zip(later);
    for (column, (old, new)) in table.columns.iter().zip(cells) {
        if new != Cell::Null || !table.leaves(column) {
            *old = new;
        }
    }
}

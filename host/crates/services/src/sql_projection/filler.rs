//! Fills the store from a journal, from where it ends to where the journal does.

use super::keeping::Keeps;
use super::mapping::{Known, Mapping, MarketData};
use journal::{Block, Blocks, JournalError, Progress, crash};
use model::AccountId;
use std::path::Path;
use std::sync::Arc;
use store::sql::{
    ACCOUNTS, Batch, CURRENCIES, Cursor, INSTRUMENTS, Key, Location, Reader, STRATEGIES,
    StoreError, Table, VENUES, Writer,
};

/// Rows of a batch, about. More would wait longer to be seen, fewer cost more transactions.
const ROWS: usize = 20_000;
/// Blocks of a batch at most: most blocks of a quiet journal make no rows.
const BLOCKS: usize = 4_096;

/// Why the store cannot be filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record cannot be read.
    #[error("the journal, after sequence {0}: {1}")]
    Record(u64, String),
    /// A file beside the journal.
    #[error("{0}")]
    Beside(String),
    /// The store said nothing for so many seconds; the connection is not to be used any more.
    #[error("the database says nothing for {0} s")]
    Silent(u64),
}

impl FillError {
    /// Whether trying again later may help, without anybody doing anything here.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::Silent(_) => true,
            Self::Journal(_) | Self::Record(..) | Self::Beside(_) => false,
        }
    }
}

/// A store that is being filled.
pub struct Filler {
    writer: Writer,
    blocks: Blocks,
    mapping: Mapping,
    cursor: Cursor,
}

impl Filler {
    /// Opens a store, makes its tables if need be, and finds its place in a journal. `progress` is
    /// that of the journal's writer, where there is one.
    ///
    /// # Errors
    /// See [`FillError`]; [`StoreError::Foreign`] when its rows are not those of the journal.
    pub async fn open(
        location: &Location,
        folder: &Path,
        progress: Option<Arc<Progress>>,
        market_data: MarketData,
    ) -> Result<Self, FillError> {
        let mut writer = Writer::open(location).await?;
        let cursor = writer.cursor().await?;
        let reader = Reader::new(location);
        let known = known(&reader).await;
        reader.close().await;
        let mut blocks = Blocks::after(folder, cursor.sequence.saturating_sub(1), progress);
        if cursor.sequence == 0 {
            return Ok(Self::begin(writer, blocks, known?, market_data, cursor));
        }
        let foreign = || FillError::Store(StoreError::Foreign(cursor.sequence));
        match blocks.next_block() {
            Ok(Some(block)) if is_at(&block, &cursor) => {
                Ok(Self::begin(writer, blocks, known?, market_data, cursor))
            }
            Ok(_) | Err(JournalError::Behind { .. }) => Err(foreign()),
            Err(error) => Err(error.into()),
        }
    }

    fn begin(
        writer: Writer,
        blocks: Blocks,
        known: Known,
        market_data: MarketData,
        cursor: Cursor,
    ) -> Self {
        Self {
            writer,
            blocks,
            mapping: Mapping::new(market_data, known),
            cursor,
        }
    }

    /// How far the journal is in the store.
    pub fn sequence(&self) -> u64 {
        self.cursor.sequence
    }

    /// Writes what comes next, up to a batch; returns whether there was anything. After an error the
    /// store must be opened again: nobody knows whether the batch is there.
    ///
    /// # Errors
    /// See [`FillError`].
    pub async fn advance(&mut self) -> Result<bool, FillError> {
        let mut batch = Batch::default();
        let mut reached = None;
        for _ in 0..BLOCKS {
            if batch.rows() >= ROWS {
                break;
            }
            let Some(block) = self.blocks.next_block()? else {
                break;
            };
            self.take(&block, &mut batch)?;
            reached = Some(Cursor {
                sequence: block.last,
                hash: block.hash.to_string(),
            });
        }
        let Some(reached) = reached.filter(|reached| *reached != self.cursor) else {
            return Ok(false);
        };
        let after = self.cursor.sequence;
        reach(crash::STORE_READ)?;
        self.writer.write(after, &batch, &reached).await?;
        reach(crash::STORED)?;
        self.cursor = reached;
        Ok(true)
    }

    fn take(&mut self, block: &Block, batch: &mut Batch) -> Result<(), FillError> {
        let records = block.records();
        let records = records.map_err(|error| FillError::Record(block.first, error.to_string()))?;
        for record in &records {
            self.mapping.take(record, batch);
        }
        self.mapping.settle(batch);
        Ok(())
    }
}

/// Rows that no journal has go over the same connection, and move no cursor.
impl Keeps for Filler {
    async fn keep(&mut self, rows: &Batch) -> Result<(), FillError> {
        Ok(self.writer.keep(rows).await?)
    }

    async fn latest(&mut self, table: &'static Table) -> Result<Option<Key>, FillError> {
        Ok(self.writer.latest(table).await?)
    }

    async fn unresolved(&mut self, after: Option<Key>, most: u32) -> Result<Vec<Key>, FillError> {
        Ok(self.writer.unresolved(after, most).await?)
    }

    async fn resolve(&mut self, alerts: &[Key], at: u64, why: &str) -> Result<(), FillError> {
        Ok(self.writer.resolve(alerts, at, why).await?)
    }

    async fn answer(&mut self) -> Result<(), FillError> {
        self.writer.cursor().await?;
        Ok(())
    }
}

fn reach(point: crash::Point) -> Result<(), StoreError> {
    crash::reach(point).map_err(|error| StoreError::Database(error.to_string()))
}

fn is_at(block: &Block, cursor: &Cursor) -> bool {
    block.last == cursor.sequence && block.hash.to_string() == cursor.hash
}

/// What the tables say of the definitions so far.
async fn known(reader: &Reader) -> Result<Known, StoreError> {
    let mut known = Known::default();
    let counts = [
        (&CURRENCIES, &mut known.currencies),
        (&VENUES, &mut known.venues),
        (&INSTRUMENTS, &mut known.instruments),
        (&ACCOUNTS, &mut known.accounts),
    ];
    for (table, count) in counts {
        reader
            .scan(table, |rows| {
                let more = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                *count = count.saturating_add(more);
            })
            .await?;
    }
    // The account is the last column.
    let account = |row: &store::sql::Record| row.last()?.as_ref()?.parse().ok();
    reader
        .scan(&STRATEGIES, |rows| {
            let accounts = rows.iter().map(|row| account(row).unwrap_or_default());
            known.strategies.extend(accounts.map(AccountId::new));
        })
        .await?;
    Ok(known)
}

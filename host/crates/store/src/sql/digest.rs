//! Says in a few bytes what a table holds, so that two stores can be compared, of either engine.

use super::error::StoreError;
use super::reader::{Reader, Record};
use super::table::{TABLES, Table};

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The table's name.
    pub table: &'static str,
    /// How many rows.
    pub rows: u64,
    /// BLAKE3 over all cells in the order of events, in hex.
    pub hash: String,
}

/// The digests of all tables.
///
/// # Errors
/// The database's own.
pub async fn digests(reader: &Reader) -> Result<Vec<Digest>, StoreError> {
    let mut digests = Vec::new();
    for table in TABLES {
        digests.push(digest(reader, table).await?);
    }
    Ok(digests)
}

async fn digest(reader: &Reader, table: &'static Table) -> Result<Digest, StoreError> {
    let mut hasher = blake3::Hasher::new();
    let mut rows = 0;
    let mut take = |page: &[Record]| {
        for cell in page.iter().flatten() {
            match cell {
                // A length first, so that no two rows of cells read alike.
                Some(text) => {
                    hasher.update(&(text.len() as u64).to_le_bytes());
                    hasher.update(text.as_bytes());
                }
                None => {
                    hasher.update(&u64::MAX.to_le_bytes());
                }
            }
        }
        rows += page.len() as u64;
    };
    reader.scan(table, &mut take).await?;
    Ok(Digest {
        table: table.name,
        rows,
        hash: hasher.finalize().to_hex().to_string(),
    })
}

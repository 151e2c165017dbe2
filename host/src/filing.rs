//! The store beside a running host, and its rebuilding while none runs.

mod beside;

pub use beside::beside;

use crate::config::{Config, StoreSection};
use anyhow::{Context, Result, bail};
use api::Records;
use services::host::HostHandle;
use services::sql_projection::{
    Beside, FillError, Filler, MarketData, SqlProjection, SqlProjectionConfig,
};
use std::path::Path;
use store::sql::{Digest, Location, Reader, StoreError, carry, digests};

/// Begins to fill the store that a configuration names; `None` for none.
pub fn begin(
    config: &Config,
    journal: &Path,
    host: &HostHandle,
    beside: Beside,
) -> Result<Option<(SqlProjection, Records)>> {
    let (data_dir, secrets) = (&config.host.data_dir, config.secrets());
    let Some(location) = config.store.location(data_dir, &secrets)? else {
        return Ok(None);
    };
    let location = match config.host.keep() {
        // What the journal does not have any more must last here.
        Ok(Some(_)) => location.lasting(),
        _ => location,
    };
    let progress = host.journal_progress();
    let progress = progress.context("store: the host keeps no journal to fill it from")?;
    let reader = Reader::new(&location);
    let filling = SqlProjection::begin(SqlProjectionConfig {
        location,
        folder: journal.to_owned(),
        progress,
        market_data: config.store.market_data.into(),
        said: host.said(),
        beside,
    });
    let filling = filling.context("store: cannot start its thread")?;
    let records = Records::new(reader, filling.monitor().clone());
    Ok(Some((filling, records)))
}

/// What the rebuilding of a store found.
#[derive(Debug)]
pub struct Rebuilt {
    /// The last input whose rows are there.
    pub sequence: u64,
    /// What the tables hold now.
    pub tables: Vec<Digest>,
    /// What they held before, once they had caught up; the reason when that cannot be said.
    pub before: Result<Vec<Digest>, String>,
}

impl Rebuilt {
    /// The tables that held something else before.
    pub fn differing(&self) -> Vec<&'static str> {
        let Ok(before) = &self.before else {
            return self.tables.iter().map(|table| table.table).collect();
        };
        let pairs = self.tables.iter().zip(before);
        pairs
            .filter(|(now, then)| now != then)
            .map(|(now, _)| now.table)
            .collect()
    }
}

/// Makes all tables of a store again from a journal that nobody writes, compares, and with `replace`
/// puts the new ones in the place of the old. What no journal has is taken over.
pub async fn rebuild(
    location: &Location,
    journal: &Path,
    section: &StoreSection,
    replace: bool,
    mut progress: impl FnMut(u64),
) -> Result<Rebuilt> {
    let market_data = section.market_data.into();
    begins_at_its_beginning(journal)?;
    let before = held(location, journal, market_data).await;
    // What hosts said of another journal is of other handles.
    let of_another = matches!(&before, Err(FillError::Store(StoreError::Foreign(_))));
    let before = before.map_err(|error| error.to_string());
    let fresh = location.beside("rebuild");
    fresh.remove().await?;
    let sequence = fill(&fresh, journal, market_data, &mut progress).await?;
    let tables = digests_of(&fresh).await?;
    if replace {
        if !of_another {
            let carried = carry(location, &fresh).await;
            carried.context(
                "risk metrics, alerts, jobs and the like are in no journal, and those of the old store cannot \
                 be taken over: it stays as it is; move it away to begin without them",
            )?;
        }
        location.replace_with(&fresh).await?;
    } else {
        fresh.remove().await?;
    }
    Ok(Rebuilt {
        sequence,
        tables,
        before,
    })
}

/// A store that is made of what is left of a journal would miss what was dropped, and say nothing of it.
fn begins_at_its_beginning(journal: &Path) -> Result<()> {
    let Some(begins) = journal::beginning(journal)?.filter(|begins| !begins.is_whole()) else {
        return Ok(());
    };
    bail!(
        "{}: the journal begins with input {}: what was before was dropped, so no whole store can be made \
         of it; put the archived segments back beside the others, or keep the store as it is",
        journal.display(),
        begins.first
    )
}

/// What the store holds once it has all of the journal.
async fn held(
    location: &Location,
    journal: &Path,
    market_data: MarketData,
) -> Result<Vec<Digest>, FillError> {
    fill(location, journal, market_data, &mut |_| {}).await?;
    Ok(digests_of(location).await?)
}

async fn fill(
    location: &Location,
    journal: &Path,
    market_data: MarketData,
    progress: &mut impl FnMut(u64),
) -> Result<u64, FillError> {
    let mut filler = Filler::open(location, journal, None, market_data).await?;
    while filler.advance().await? {
        progress(filler.sequence());
    }
    Ok(filler.sequence())
}

async fn digests_of(location: &Location) -> Result<Vec<Digest>, StoreError> {
    let reader = Reader::new(location);
    let digests = digests(&reader).await;
    reader.close().await;
    digests
}

//! `[store]`: where orders, fills and the like are kept as rows for queries.

use super::Secrets;
use serde::Deserialize;
use services::sql_projection::MarketData;
use std::path::{Path, PathBuf};
use store::sql::{Location, StoreError};

/// `[store]`. Without it: a file of SQLite in the data folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSection {
    /// `sqlite:FILE`, `postgres://USER@HOST/DATABASE`, `secret:NAME` of either, or `none` for no store at all.
    pub url: Option<String>,
    /// The schema of the tables in PostgreSQL.
    pub schema: String,
    /// Which market data becomes rows.
    pub market_data: MarketDataName,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self {
            url: None,
            schema: "argonaut".to_owned(),
            market_data: MarketDataName::default(),
        }
    }
}

/// Which market data becomes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketDataName {
    /// None.
    None,
    /// Bars.
    #[default]
    Bars,
    /// Quotes, trades and bars: some hundred bytes each.
    All,
}

impl From<MarketDataName> for MarketData {
    fn from(name: MarketDataName) -> Self {
        match name {
            MarketDataName::None => Self::None,
            MarketDataName::Bars => Self::Bars,
            MarketDataName::All => Self::All,
        }
    }
}

impl StoreSection {
    /// The embedded store's file in a data folder.
    pub fn file(data_dir: &Path) -> PathBuf {
        data_dir.join("store.sqlite")
    }

    /// Where the store is; `None` for none.
    ///
    /// # Errors
    /// The address or schema cannot be meant, or there is no such secret.
    pub fn location(
        &self,
        data_dir: &Path,
        secrets: &Secrets,
    ) -> Result<Option<Location>, StoreError> {
        match self.url.as_deref() {
            None => Ok(Some(Location::file(Self::file(data_dir)))),
            Some("none") => Ok(None),
            Some(url) => {
                let url = secrets.text(url).map_err(StoreError::Url)?;
                Location::parse(&url, &self.schema).map(Some)
            }
        }
    }
}

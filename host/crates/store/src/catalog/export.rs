//! Gives a stretch of a series out as one file, CSV or Parquet.

use std::io::{BufWriter, Write};
use std::path::Path;

use model::{Bar, BookScope, InstrumentId, Quote, Side, Trade};

use super::error::CatalogError;
use super::read::Footer;
use super::schema::Width;
use super::shelf::{place_in_folder, unfinished_in_folder};
use super::stream::Range;
use super::write::Output;
use super::{Series, books};
use crate::book_rows::BookRow;
use crate::events::MarketEvent;
use crate::source::DataKind;

impl Series {
    /// Writes the events within `range` to `file`, whose name ends in `.csv` or `.parquet`; tells how
    /// many there were. The file appears whole or not at all.
    pub fn export(&self, file: &Path, range: Range) -> Result<u64, CatalogError> {
        let folder = file.parent().filter(|path| !path.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let ending = file.extension().and_then(|ending| ending.to_str());
        let (unnamed, count) = match ending {
            Some("csv") => self.export_csv(folder, range)?,
            Some("parquet") => self.export_parquet(folder, range)?,
            _ => {
                let file = file.to_owned();
                let detail = "name a file that ends in .csv or .parquet".to_owned();
                return Err(crate::DataError::Setting { file, detail }.into());
            }
        };
        place_in_folder(unnamed, file)?;
        Ok(count)
    }

    fn export_parquet(
        &self,
        folder: &Path,
        range: Range,
    ) -> Result<(tempfile::NamedTempFile, u64), CatalogError> {
        let mut width = Width::Narrow;
        for part in &self.within(range).parts {
            if Footer::read(part)?.width == Width::Wide {
                width = Width::Wide;
            }
        }
        let mut output = Output::new(unfinished_in_folder(folder)?, &self.key, width)?;
        let mut count = 0;
        for event in self.read(InstrumentId::new(0), range) {
            output.push(&event?)?;
            count += 1;
        }
        Ok((output.finish()?.file, count))
    }

    fn export_csv(
        &self,
        folder: &Path,
        range: Range,
    ) -> Result<(tempfile::NamedTempFile, u64), CatalogError> {
        let mut file = unfinished_in_folder(folder)?;
        let path = file.path().to_owned();
        let mut text = BufWriter::new(file.as_file_mut());
        let mut count = 0;
        writeln!(text, "{}", header(self.key.kind)).map_err(CatalogError::io(&path))?;
        for event in self.read(InstrumentId::new(0), range) {
            line(&mut text, &event?).map_err(CatalogError::io(&path))?;
            count += 1;
        }
        text.flush().map_err(CatalogError::io(&path))?;
        drop(text);
        file.as_file().sync_all().map_err(CatalogError::io(&path))?;
        Ok((file, count))
    }
}

/// Names under which `store::load` finds the columns again.
const fn header(kind: DataKind) -> &'static str {
    match kind {
        DataKind::Quotes => "time,bid,ask,bid_size,ask_size",
        DataKind::Trades => "time,price,size,side",
        DataKind::Bars => "time,open,high,low,close,volume",
        DataKind::Books => "time,first_update,last_update,update_type,side,price,size,order_id",
    }
}

/// Numbers, times and sides need no quotes.
fn line(text: &mut impl Write, event: &MarketEvent) -> std::io::Result<()> {
    match event {
        MarketEvent::Quote(Quote {
            ts_event,
            bid,
            ask,
            bid_size,
            ask_size,
            ..
        }) => {
            writeln!(text, "{ts_event},{bid},{ask},{bid_size},{ask_size}")
        }
        MarketEvent::Trade(Trade {
            ts_event,
            price,
            size,
            aggressor,
            ..
        }) => {
            let side = side_word(*aggressor);
            writeln!(text, "{ts_event},{price},{size},{side}")
        }
        // Bars are labelled by their start, as `store::load` expects unless told otherwise.
        MarketEvent::Bar(Bar {
            ts_open,
            open,
            high,
            low,
            close,
            volume,
            ..
        }) => {
            writeln!(text, "{ts_open},{open},{high},{low},{close},{volume}")
        }
        MarketEvent::Book(row) => book_line(text, row),
    }
}

/// A row of a book. What is not there stays empty; an id alone says that the book is by order.
fn book_line(text: &mut impl Write, row: &BookRow) -> std::io::Result<()> {
    let scope = match row.scope {
        BookScope::Snapshot => "snapshot",
        BookScope::Delta => "delta",
    };
    let (side, id, price, size) = books::change(&row.change);
    let BookRow {
        ts_event,
        first,
        last,
        ..
    } = row;
    write!(
        text,
        "{ts_event},{first},{last},{scope},{},",
        side_word(side)
    )?;
    match side {
        Some(_) => write!(text, "{price},{size},")?,
        None => write!(text, ",,")?,
    }
    if row.change.is_by_order() {
        write!(text, "{id}")?;
    }
    writeln!(text)
}

const fn side_word(side: Option<Side>) -> &'static str {
    match side {
        Some(Side::Buy) => "buy",
        Some(Side::Sell) => "sell",
        None => "",
    }
}

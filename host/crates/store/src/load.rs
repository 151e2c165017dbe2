//! The one way in: a [`DataSource`] becomes checked events in memory.

use crate::csv_file;
use crate::error::DataError;
use crate::events::Loaded;
use crate::input::{self, Format};
use crate::parquet_file;
use crate::source::DataSource;

/// Rows between two reports of progress.
pub(crate) const PROGRESS_ROWS: u64 = 16_384;

/// Reads a file of market data.
///
/// `progress` is called now and then, and once at the end, with bytes done and bytes in all.
///
/// # Errors
/// Every defect of the file is a [`DataError`] that names the file, where possible the line (or
/// row), the field and the value, and what to do.
pub fn load(source: &DataSource, progress: &mut dyn FnMut(u64, u64)) -> Result<Loaded, DataError> {
    match Format::of(&source.path)? {
        Format::Parquet => parquet_file::read(source, progress),
        format => input::with_text(&source.path, format, |text| {
            csv_file::read(source, text, progress)
        }),
    }
}

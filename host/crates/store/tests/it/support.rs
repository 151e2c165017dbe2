//! What the scenarios share: files made on the spot, and the folder of real data.

use std::io::Write;
use std::path::{Path, PathBuf};

use model::{Bar, InstrumentId, Quote, Trade};
use store::{DataError, DataSource, Loaded, Series, load};

/// A file with `content` in a folder that goes away with the guard.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, DataSource) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    let source = DataSource::new(path, InstrumentId::new(7));
    (folder, source)
}

/// `content`, gzipped.
pub(crate) fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A zip archive of files.
pub(crate) fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub(crate) fn read(source: &DataSource) -> Result<Loaded, DataError> {
    load(source, &mut |_, _| {})
}

/// The text of the error that loading must give.
pub(crate) fn refused(source: &DataSource) -> String {
    match read(source) {
        Ok(loaded) => panic!("{} events instead of an error", loaded.series.len()),
        Err(error) => error.to_string(),
    }
}

pub(crate) fn quotes(source: &DataSource) -> Vec<Quote> {
    match read(source).unwrap().series {
        Series::Quotes(quotes) => quotes,
        other => panic!("not quotes: {}", other.kind()),
    }
}

pub(crate) fn trades(source: &DataSource) -> Vec<Trade> {
    match read(source).unwrap().series {
        Series::Trades(trades) => trades,
        other => panic!("not trades: {}", other.kind()),
    }
}

pub(crate) fn bars(source: &DataSource) -> Vec<Bar> {
    match read(source).unwrap().series {
        Series::Bars(bars) => bars,
        other => panic!("not bars: {}", other.kind()),
    }
}

/// A file of the shared data set, or `None` with a message where it is not at hand.
pub(crate) fn shared(path: &str) -> Option<DataSource> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data");
    let path: PathBuf = root.join(path);
    if path.exists() {
        return Some(DataSource::new(path, InstrumentId::new(7)));
    }
    println!("skipped: {} is not at hand", path.display());
    None
}

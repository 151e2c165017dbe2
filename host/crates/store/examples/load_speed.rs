//! Loads the files named on the command line and prints rows per second and peak memory (Linux).
#![allow(clippy::print_stdout, reason = "a measurement speaks on stdout")]

use std::time::Instant;

use model::InstrumentId;
use store::{DataError, DataSource, load};

fn main() -> Result<(), DataError> {
    for path in std::env::args().skip(1) {
        let start = Instant::now();
        let loaded = load(
            &DataSource::new(&path, InstrumentId::new(0)),
            &mut |_, _| {},
        )?;
        let seconds = start.elapsed().as_secs_f64();
        let thousands = u32::try_from(loaded.rows / 1000).map_or(f64::INFINITY, f64::from);
        println!(
            "{path}: {} rows in {seconds:.3} s, {:.2} M/s",
            loaded.rows,
            thousands / seconds / 1e3
        );
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!(
        "{}",
        status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap_or("no VmHWM")
    );
    Ok(())
}

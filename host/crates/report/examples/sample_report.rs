//! Writes the page of a made-up run to the file named on the command line, to look at it.
#![allow(clippy::unwrap_used, reason = "an example shares the helpers of tests")]

#[path = "../tests/it/sample.rs"]
mod sample;

fn main() -> std::io::Result<()> {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "report.html".to_owned());
    std::fs::write(path, report::html(&sample::sample(9_000)))
}

//! Runs the peer's script in the same session, on the same quotes.
//!
//! The script is started as `COMMAND one MODE`, reads `bench_quotes_1m.csv.gz` from its folder and
//! prints one JSON line with `n`, `cpu_s` and `rss_peak_mb`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::json;
use crate::cargo::output;

/// The name under which the peer looks for the quotes.
const QUOTES_NAME: &str = "bench_quotes_1m.csv.gz";

/// How to start the peer.
#[derive(Debug)]
pub(super) struct Peer {
    words: Vec<String>,
    folder: PathBuf,
}

/// What the peer measured of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PeerSample {
    pub(super) events_per_cpu_s: f64,
    pub(super) peak_rss_mb: f64,
}

impl Peer {
    /// Splits the command at blanks, makes its files absolute, and lays the quotes in its folder.
    pub(super) fn new(command: &str, quotes: &Path, folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let link = folder.join(QUOTES_NAME);
        if link.symlink_metadata().is_ok() {
            std::fs::remove_file(&link)?;
        }
        std::os::unix::fs::symlink(quotes, &link)?;
        let words = command.split_whitespace().map(absolute).collect();
        Ok(Self { words, folder })
    }

    pub(super) fn run(&self, mode: &str) -> Result<PeerSample> {
        let (program, arguments) = self.words.split_first().context("--peer is empty")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .args(["one", mode])
            .current_dir(&self.folder);
        parse(&output(&mut command)?)
    }
}

/// The word as an absolute path if it is an existing relative file with a folder part or an
/// ending; a bare program name is left to the search path.
fn absolute(word: &str) -> String {
    let path = Path::new(word);
    let names_a_file = word.contains('/') || path.extension().is_some();
    match path.is_file() && names_a_file {
        // Links stay: an interpreter finds its environment by the name it was started with.
        true => std::path::absolute(path)
            .unwrap_or_else(|_| path.into())
            .display()
            .to_string(),
        false => word.to_owned(),
    }
}

fn parse(text: &str) -> Result<PeerSample> {
    let object = json::last_object(text)?;
    let events = json::number(&object, "n")?;
    Ok(PeerSample {
        events_per_cpu_s: events / json::number(&object, "cpu_s")?,
        peak_rss_mb: json::number(&object, "rss_peak_mb")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peers_line_gives_events_per_cpu_second() {
        let sample = parse("{\"n\": 1000, \"cpu_s\": 0.5, \"rss_peak_mb\": 700}").unwrap();
        assert_eq!(
            sample,
            PeerSample {
                events_per_cpu_s: 2000.0,
                peak_rss_mb: 700.0
            }
        );
    }

    #[test]
    fn the_peer_runs_beside_the_quotes() {
        let folder = tempfile::tempdir().unwrap();
        let (script, quotes) = (
            folder.path().join("peer.sh"),
            folder.path().join("quotes.gz"),
        );
        std::fs::write(&quotes, "rows").unwrap();
        let lines = format!("test $(cat {QUOTES_NAME}) = rows && test $1$2 = onenoop || exit 1\n");
        let answer = "echo loading; echo '{\"n\": 10, \"cpu_s\": 2, \"rss_peak_mb\": 3}'\n";
        std::fs::write(&script, lines + answer).unwrap();
        let command = format!("sh {}", script.display());
        let peer = Peer::new(&command, &quotes, folder.path().join("peer")).unwrap();
        let sample = peer.run("noop").unwrap();
        assert_eq!(
            sample,
            PeerSample {
                events_per_cpu_s: 5.0,
                peak_rss_mb: 3.0
            }
        );
        assert!(peer.run("none").is_err(), "the script refuses this mode");
    }

    #[test]
    fn only_files_become_absolute() {
        assert_eq!(absolute("python3"), "python3");
        assert!(absolute("src/main.rs").starts_with('/'));
    }
}

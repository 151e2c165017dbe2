//! The folder of dead letters: bounded in number and bytes. Each file is written under another name first,
//! so nobody sees half of one. The oldest go, counted.

use super::{DeadLetter, LetterBounds};
use crate::sync::lock;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// How letters' files end.
const ENDING: &str = ".letter";
/// Largest file that is read.
const MOST_BYTES: u64 = 1 << 30;

/// The letters of a host.
#[derive(Debug)]
pub(crate) struct Letters {
    folder: PathBuf,
    bounds: LetterBounds,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Their names, which sort by when they were written, with their sizes.
    files: BTreeMap<String, u64>,
    dropped: u64,
}

impl Kept {
    fn bytes(&self) -> u64 {
        self.files.values().sum()
    }
}

impl Letters {
    /// Those in a folder, which is made with the first letter.
    pub(crate) fn open(folder: PathBuf, bounds: LetterBounds) -> Self {
        let mut kept = Kept::default();
        match found_in(&folder) {
            Ok(files) => kept.files = files,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let folder = folder.display();
                tracing::warn!(%folder, %error, "dead letters cannot be read; new ones are kept beside them");
            }
        }
        let kept = Mutex::new(kept);
        Self {
            folder,
            bounds,
            kept,
        }
    }

    /// Keeps a letter written at `at_ns` by the host's clock; the oldest make room. Where it alone is more
    /// than may be kept, it goes without what it takes to show the fault again.
    pub(crate) fn keep(&self, letter: DeadLetter, at_ns: u64) -> Result<(), String> {
        if self.bounds.count == 0 {
            return Ok(());
        }
        let (sequence, strategy) = (letter.sequence, letter.strategy.clone());
        let mut bytes = letter.to_bytes();
        if is_more(bytes.len(), self.bounds.bytes) {
            bytes = DeadLetter {
                saved: None,
                definitions: Vec::new(),
                ..letter
            }
            .to_bytes();
        }
        let name = format!("{at_ns:020}-{sequence}-{strategy}{ENDING}");
        self.write(&name, &bytes)
            .map_err(|error| format!("{}: {error}", self.folder.join(&name).display()))?;
        let mut kept = lock(&self.kept);
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        kept.files.insert(name, size);
        while kept.files.len() > self.bounds.count
            || kept.bytes() > self.bounds.bytes && kept.files.len() > 1
        {
            let Some((oldest, _)) = kept.files.pop_first() else {
                break;
            };
            kept.dropped += 1;
            // One that somebody else removed is gone as well.
            let _gone = std::fs::remove_file(self.folder.join(oldest));
        }
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let mut draft = tempfile::NamedTempFile::new_in(&self.folder)?;
        draft.write_all(bytes)?;
        draft.as_file().sync_all()?;
        let target = self.folder.join(name);
        draft.persist(target).map_err(|error| error.error)?;
        Ok(())
    }

    /// The letters of a strategy with their names, the newest first. One that cannot be read is left out.
    pub(crate) fn of(&self, strategy: &str) -> Vec<(String, DeadLetter)> {
        let names: Vec<String> = lock(&self.kept).files.keys().rev().cloned().collect();
        let own = names.into_iter().filter(|name| is_of(name, strategy));
        own.filter_map(|name| {
            let bytes = self.bytes(&name)?;
            match DeadLetter::from_bytes(&bytes) {
                Ok(letter) => Some((name, letter)),
                Err(error) => {
                    tracing::warn!(%name, %error, "a dead letter cannot be read");
                    None
                }
            }
        })
        .collect()
    }

    /// The bytes of a letter of a strategy, by its name.
    pub(crate) fn get(&self, strategy: &str, name: &str) -> Option<Vec<u8>> {
        let known = lock(&self.kept).files.contains_key(name);
        (known && is_of(name, strategy)).then(|| self.bytes(name))?
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join(name)).ok()
    }

    /// How many made room for newer ones since the host began.
    pub(crate) fn dropped(&self) -> u64 {
        lock(&self.kept).dropped
    }
}

fn is_more(length: usize, bound: u64) -> bool {
    u64::try_from(length).unwrap_or(u64::MAX) > bound
}

/// Whether a file's name says that it is of a strategy.
fn is_of(name: &str, strategy: &str) -> bool {
    let stem = name.strip_suffix(ENDING);
    let named = stem.and_then(|stem| stem.splitn(3, '-').nth(2));
    named == Some(strategy)
}

fn found_in(folder: &Path) -> std::io::Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (name, size) = (entry.file_name(), entry.metadata()?.len());
        if let Some(name) = name.to_str()
            && name.ends_with(ENDING)
            && size <= MOST_BYTES
        {
            found.insert(name.to_owned(), size);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{Definition, Input};
    use model::{Fault, FaultKind, PluginHash, StrategyId, Timestamp};

    fn letter(strategy: &str, sequence: u64) -> DeadLetter {
        DeadLetter {
            strategy: strategy.to_owned(),
            id: StrategyId::new(0),
            plugin: PluginHash::of(b"x"),
            title: "ema 1".to_owned(),
            parameters: Vec::new(),
            journal: String::new(),
            sequence,
            time: Timestamp::ZERO,
            fault: Fault {
                kind: FaultKind::Trap,
                message: "no".to_owned(),
            },
            input: Some(Input::Clock),
            saved: None,
            definitions: vec![Definition::Currency("x".repeat(1_000))],
        }
    }

    #[test]
    fn the_oldest_make_room_and_are_counted_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let bounds = LetterBounds {
            count: 3,
            bytes: 1 << 20,
        };
        let path = folder.path().join("letters");
        let letters = Letters::open(path.clone(), bounds);
        for sequence in 1..=4 {
            letters.keep(letter("a-b", sequence), sequence).unwrap();
        }
        letters.keep(letter("b", 5), 5).unwrap();
        assert_eq!(letters.dropped(), 2);
        let letters = Letters::open(path, bounds);
        let kept = letters.of("a-b");
        let sequences: Vec<_> = kept.iter().map(|(_, letter)| letter.sequence).collect();
        assert_eq!(sequences, [4, 3]);
        let (name, first) = &kept[0];
        assert_eq!(letters.get("a-b", name), Some(first.to_bytes()));
        assert_eq!(letters.get("b", name), None);
        assert_eq!(letters.get("b", "../../x-1-b.letter"), None);
    }

    #[test]
    fn a_letter_that_is_too_large_goes_without_what_shows_the_fault_again() {
        let folder = tempfile::tempdir().unwrap();
        let bounds = LetterBounds {
            count: 3,
            bytes: 600,
        };
        let letters = Letters::open(folder.path().to_owned(), bounds);
        letters.keep(letter("a", 1), 1).unwrap();
        let kept = letters.of("a");
        assert!(kept[0].1.definitions.is_empty());
        assert_eq!(kept[0].1.input, Some(Input::Clock));
    }
}

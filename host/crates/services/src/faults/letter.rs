//! A dead letter: the input over which a strategy broke, with what it takes to show the fault again without
//! the journal. Its bytes are in the journal's own encoding.

use engine::journal::MAGIC;
use engine::journal::codec::{Decode, DecodeError, Encode, decode_all};
use engine::{Command, Definition, Input, Sequenced};
use model::{Fault, PluginHash, SavedState, StrategyId, Timestamp};

/// What a letter's file begins with; the journal's format, by whose encoding it is read, follows.
const HEAD: &[u8; 8] = b"ARGODL\0\x01";

/// Why a dead letter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// It is something else.
    #[error("it is no dead letter; they lie in `dead-letters` of the data folder, as `*.letter`")]
    NotALetter,
    /// Another program wrote it.
    #[error("it is of another format; read it with the program that wrote it")]
    Format,
    /// It is not whole.
    #[error("it is damaged: {0}")]
    Damaged(#[from] DecodeError),
}

/// A place in the source of a plugin, as its fault named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line.
    pub line: u32,
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// The strategy's name.
    pub strategy: String,
    /// Its handle.
    pub id: StrategyId,
    /// The component that ran.
    pub plugin: PluginHash,
    /// Its name and version, where they are known.
    pub title: String,
    /// What it was made with.
    pub parameters: Vec<(String, String)>,
    /// The run that began the journal; empty without one.
    pub journal: String,
    /// The input during which it happened.
    pub sequence: u64,
    /// When, in engine time.
    pub time: Timestamp,
    /// How it broke.
    pub fault: Fault,
    /// The input; `None` without a journal, or where the journal could not be read.
    pub input: Option<Input>,
    /// What the strategy had saved last, if anything. It may be older than the input before.
    pub saved: Option<SavedState>,
    /// All that was defined by then; empty where that was too much to keep.
    pub definitions: Vec<Definition>,
}

impl DeadLetter {
    /// As it is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = HEAD.to_vec();
        out.extend_from_slice(MAGIC);
        let names = (&self.strategy, &self.title, &self.journal);
        let what = (&self.id, &self.plugin, &self.parameters);
        let when = (&self.sequence, &self.time, &self.fault);
        let again = (&self.input, &self.saved, &self.definitions);
        (names, what, when, again).encode(&mut out);
        out
    }

    /// Reads one.
    ///
    /// # Errors
    /// See [`LetterError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LetterError> {
        let rest = bytes.strip_prefix(HEAD).ok_or(LetterError::NotALetter)?;
        let rest = rest.strip_prefix(MAGIC).ok_or(LetterError::Format)?;
        let Kept(names, what, when, again) = decode_all(rest)?;
        let ((strategy, title, journal), (id, plugin, parameters)) = (names, what);
        let ((sequence, time, fault), (input, saved, definitions)) = (when, again);
        Ok(Self {
            strategy,
            id,
            plugin,
            title,
            parameters,
            journal,
            sequence,
            time,
            fault,
            input,
            saved,
            definitions,
        })
    }

    /// Where in the plugin's source it happened, if the fault names a place.
    pub fn place(&self) -> Option<Place> {
        place_in(&self.fault.message)
    }

    /// Inputs that take a fresh engine to where the strategy runs as it was when it saved last: all
    /// definitions, and its start. `None` where those are not kept. `plugin` is what is started.
    pub fn setup(&self, plugin: PluginHash) -> Option<Vec<Sequenced<Input>>> {
        if self.definitions.is_empty() {
            return None;
        }
        let definitions = self.definitions.iter().cloned();
        let defined = definitions.map(|definition| Input::Define(Box::new(definition)));
        let start = Command::Start {
            strategy: self.id,
            plugin,
            parameters: self.parameters.clone(),
            state: self.saved.clone(),
            history: Vec::new(),
        };
        let inputs = defined.chain([Input::Command(Box::new(start))]);
        let numbered = (1..).zip(inputs);
        let time = self.time;
        Some(
            numbered
                .map(|(sequence, input)| Sequenced {
                    sequence,
                    time,
                    input,
                })
                .collect(),
        )
    }
}

type Names = (String, String, String);
type What = (StrategyId, PluginHash, Vec<(String, String)>);
type When = (u64, Timestamp, Fault);
type Again = (Option<Input>, Option<SavedState>, Vec<Definition>);

/// A letter's fields as they follow each other.
struct Kept(Names, What, When, Again);

impl Decode for Kept {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let (names, what, when, again) = Decode::decode(from)?;
        Ok(Self(names, what, when, again))
    }
}

/// The first `FILE:LINE` in the message of a fault, or Python's `File "FILE", line LINE`.
pub fn place_in(message: &str) -> Option<Place> {
    let colons = message
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';' | '"' | '\''))
        .find_map(|word| {
            let (file, rest) = word.split_once(':')?;
            let line = rest.split(':').next()?;
            named(file, line)
        });
    colons.or_else(|| {
        let (_, rest) = message.split_once("File \"")?;
        let (file, rest) = rest.split_once("\", line ")?;
        let end = rest.find(|c: char| !c.is_ascii_digit());
        named(file, &rest[..end.unwrap_or(rest.len())])
    })
}

fn named(file: &str, line: &str) -> Option<Place> {
    let (stem, ending) = file.rsplit_once('.')?;
    let is_source = !stem.is_empty() && ending.chars().all(|c| c.is_ascii_alphabetic());
    let line = line
        .parse()
        .ok()
        .filter(|_| is_source && !ending.is_empty())?;
    let file = file.to_owned();
    Some(Place { file, line })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::FaultKind;

    fn letter() -> DeadLetter {
        DeadLetter {
            strategy: "ema".to_owned(),
            id: StrategyId::new(3),
            plugin: PluginHash::of(b"x"),
            title: "ema 1.2.3".to_owned(),
            parameters: vec![("fast".to_owned(), "10".to_owned())],
            journal: "run-1".to_owned(),
            sequence: 77,
            time: Timestamp::from_nanos(5),
            fault: Fault {
                kind: FaultKind::Trap,
                message: "on-event: unreachable".to_owned(),
            },
            input: Some(Input::Clock),
            saved: Some(SavedState {
                version: 1,
                bytes: vec![1, 2, 3],
            }),
            definitions: vec![Definition::Currency("USD".to_owned())],
        }
    }

    #[test]
    fn a_letter_comes_back_from_its_bytes_and_nothing_else_is_one() {
        let bytes = letter().to_bytes();
        assert_eq!(DeadLetter::from_bytes(&bytes), Ok(letter()));
        for end in 0..bytes.len() {
            assert!(DeadLetter::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
        assert_eq!(DeadLetter::from_bytes(b"x"), Err(LetterError::NotALetter));
        let mut other = bytes;
        other[15] ^= 1;
        assert_eq!(DeadLetter::from_bytes(&other), Err(LetterError::Format));
    }

    #[test]
    fn the_place_of_a_fault_is_found_in_what_the_guest_said() {
        let place = |message: &str| place_in(message).map(|place| (place.file, place.line));
        let found = |file: &str, line| Some((file.to_owned(), line));
        assert_eq!(
            place("on-event: unreachable; last error logged: panicked at src/lib.rs:42:9: no"),
            found("src/lib.rs", 42)
        );
        assert_eq!(place("TypeError (strategy.ts:7)"), found("strategy.ts", 7));
        assert_eq!(
            place("File \"app.py\", line 12, in on_quote"),
            found("app.py", 12)
        );
        assert_eq!(place("on-event: used up its fuel of 10:20"), None);
        assert_eq!(place("wasm trap: 1.5:3"), None);
    }
}

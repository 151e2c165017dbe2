//! Words of a line, read one by one: what is missing, wrong or too much is told with what would do.

use crate::config::Span;
use model::{BarBasis, BarMethod, BarSpec};
use std::str::FromStr;

/// What a price is.
pub(super) const PRICE: &str = "a price such as 1.0850";
/// What a quantity is.
pub(super) const QUANTITY: &str = "a quantity such as 1000";
/// What a name of an order is.
pub(super) const NAME: &str = "the name that an order got by `as`";

/// Why words cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum WordError {
    /// The line ends too early.
    #[error("the line ends where {0} belongs")]
    Missing(&'static str),
    /// A word is none of what may stand there.
    #[error("`{word}` is not {what}")]
    Wrong {
        /// The word.
        word: String,
        /// What would do.
        what: String,
    },
    /// A line that does not say which of several instruments it is about.
    #[error("there are several instruments; name the one that is meant before it: {0}")]
    Unnamed(String),
    /// More than the line says.
    #[error("`{0}` is too much here; the line is complete before it")]
    Left(String),
}

impl WordError {
    /// A word that is not what it should be.
    pub(super) fn wrong(word: &str, what: impl Into<String>) -> Self {
        Self::Wrong {
            word: word.to_owned(),
            what: what.into(),
        }
    }
}

/// The rest of a line. Words end at spaces and commas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    rest: &'a str,
}

const fn separates(letter: char) -> bool {
    letter == ',' || letter.is_ascii_whitespace()
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { rest: line }
    }

    /// The next word, which stays.
    pub(super) fn peek(&self) -> Option<&'a str> {
        let mut words = self.rest.split(separates);
        words.find(|word| !word.is_empty())
    }

    /// Takes the next word, if there is one.
    pub(super) fn pop(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        let begun = self.rest.trim_start_matches(separates);
        self.rest = begun.get(word.len()..).unwrap_or_default();
        Some(word)
    }

    /// Takes the next word if it is this one.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let is_it = self.peek() == Some(word);
        if is_it {
            self.pop();
        }
        is_it
    }

    /// Takes the next word, which must be there.
    pub(super) fn next(&mut self, what: &'static str) -> Result<&'a str, WordError> {
        self.pop().ok_or(WordError::Missing(what))
    }

    /// Takes the next word, which must be this one.
    pub(super) fn must(&mut self, word: &'static str) -> Result<(), WordError> {
        match self.pop() {
            None => Err(WordError::Missing(word)),
            Some(other) if other != word => Err(WordError::wrong(other, format!("`{word}`"))),
            Some(_) => Ok(()),
        }
    }

    /// Takes the next word as a value.
    pub(super) fn value<T: FromStr>(&mut self, what: &'static str) -> Result<T, WordError> {
        let word = self.next(what)?;
        word.parse().map_err(|_| WordError::wrong(word, what))
    }

    /// Takes the next word as one of those that are known, which the error lists.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        what: &'static str,
        known: &[(&str, T)],
    ) -> Result<T, WordError> {
        let word = self.next(what)?;
        let found = known.iter().find(|(name, _)| *name == word);
        let names = || known.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| WordError::wrong(word, format!("{what}: {}", names().join(", "))))
    }

    /// Takes all that is left, as it stands.
    pub(super) fn raw(&mut self) -> &'a str {
        std::mem::take(&mut self.rest).trim()
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), WordError> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(WordError::Left(word.to_owned())),
        }
    }

    /// `60s-bid`.
    pub(super) fn bar_spec(&mut self) -> Result<BarSpec, WordError> {
        const WHAT: &str = "a rule of bars such as 60s-bid (bid, ask, mid or last)";
        let word = self.next(WHAT)?;
        let wrong = || WordError::wrong(word, WHAT);
        let (length, basis) = word.split_once('-').ok_or_else(wrong)?;
        let length: Span = length.parse().map_err(|_| wrong())?;
        let known = BASES.iter().find(|(name, _)| *name == basis);
        let (_, basis) = known.ok_or_else(wrong)?;
        let method = BarMethod::Time(length.0.nanos());
        let spec = BarSpec {
            method,
            basis: *basis,
        };
        spec.is_valid().then_some(spec).ok_or_else(wrong)
    }
}

const BASES: [(&str, BarBasis); 4] = [
    ("bid", BarBasis::Bid),
    ("ask", BarBasis::Ask),
    ("mid", BarBasis::Mid),
    ("last", BarBasis::Last),
];

/// A rule of bars of some length as [`Words::bar_spec`] reads it; `None` for bars of ticks or volume.
pub(super) fn bar_words(spec: BarSpec) -> Option<String> {
    let BarMethod::Time(nanos) = spec.method else {
        return None;
    };
    let (name, _) = BASES.into_iter().find(|(_, basis)| *basis == spec.basis)?;
    Some(match nanos % 1_000_000_000 {
        0 => format!("{}s-{name}", nanos / 1_000_000_000),
        _ => format!("{nanos}ns-{name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Price;

    #[test]
    fn words_end_at_spaces_and_commas() {
        let mut words = Words::new("  bid 1.5, x  2 ");
        assert!(words.take("bid") && !words.take("ask"));
        assert_eq!(words.value::<Price>(PRICE).unwrap().to_string(), "1.5");
        assert_eq!(words.must("x"), Ok(()));
        assert_eq!({ words }.raw(), "2");
        assert_eq!(words.end(), Err(WordError::Left("2".to_owned())));
    }

    #[test]
    fn what_is_wrong_says_what_would_do() {
        let wrong = Words::new("1.x").value::<Price>(PRICE).unwrap_err();
        assert_eq!(wrong.to_string(), "`1.x` is not a price such as 1.0850");
        let missing = Words::new("").next(PRICE).unwrap_err();
        assert!(missing.to_string().contains("a price such as"), "{missing}");
        let spec = Words::new("60s-best").bar_spec().unwrap_err();
        assert!(spec.to_string().contains("60s-bid"), "{spec}");
    }

    #[test]
    fn rules_of_bars_are_written_as_they_are_read() {
        for text in ["60s-bid", "1s-last", "500000000ns-mid"] {
            let spec = Words::new(text).bar_spec().unwrap();
            assert_eq!(bar_words(spec).as_deref(), Some(text));
        }
    }
}

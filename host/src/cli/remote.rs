//! Verbs that ask a running host for one thing each: `argonaut strategies pause NAME` and the like. A verb is
//! an entry of the tables in `verbs/`: its words, the request, what it takes. All else follows from that: the
//! command line is grown from the tables (`grown`), a request is made (`request`), the answer is shown
//! (`shown`).

mod grown;
mod request;
mod shown;
mod verb;
mod verbs;

use super::asking::Where;
use super::say;
use crate::client::Failure;
use anyhow::Result;
use clap::error::ErrorKind;
use clap::{ArgMatches, Command, FromArgMatches, Subcommand};
use serde_json::Value;
pub(super) use shown::{more, one_line};
use verb::Verb;

/// A verb, with what was given to it.
#[derive(Debug)]
pub(super) struct Remote {
    verb: Verb,
    matches: ArgMatches,
}

impl FromArgMatches for Remote {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let (mut words, mut below) = (Vec::new(), matches);
        while let Some((word, next)) = below.subcommand() {
            words.push(word);
            below = next;
        }
        let words = words.join(" ");
        let mut verbs = verbs::all().into_iter();
        match verbs.find(|verb| verb.words == words) {
            Some(verb) => Ok(Self {
                verb,
                matches: below.clone(),
            }),
            None => {
                let reason = format!("there is no `argonaut {words}`\n");
                Err(clap::Error::raw(ErrorKind::InvalidSubcommand, reason))
            }
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for Remote {
    fn augment_subcommands(command: Command) -> Command {
        grown::grown(command, &verbs::all())
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        let first = |verb: &Verb| verb.words.split(' ').next() == Some(name);
        verbs::all().iter().any(first)
    }
}

/// A page of an answer in words: the rows in `items`, with these columns.
pub(super) fn page(answer: &Value, columns: &'static [&'static str]) -> Vec<String> {
    let shown_so = verb::get("", "", "").rows("items").columns(columns);
    shown::body(&shown_so, answer)
}

/// Asks, and shows the answer: as it is with `--json`, problems too, or in words.
pub(super) fn run(remote: &Remote) -> Result<()> {
    let Remote { verb, matches } = remote;
    let at = Where::from_arg_matches(matches)?;
    let request = request::made(verb, matches)?;
    let client = match verb.is_long {
        true => at.client_for_plugins()?,
        false => at.client()?,
    };
    let answer = client.send(&request)?;
    let failure = Failure::of_answer(&answer);
    if at.json {
        if !answer.body.is_null() {
            say(&answer.body.to_string())?;
        }
    } else if failure.is_none() {
        let lines = shown::lines(verb, &answer);
        lines.iter().try_for_each(|line| say(line))?;
    }
    failure.map_or(Ok(()), |failure| Err(failure.into()))
}

//! The command line of the verbs, grown from their tables.

use super::verb::{Kind, Place, Take, Verb};
use crate::cli::asking::{Where, Writing};
use crate::config::Span;
use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Args, Command};
use std::path::PathBuf;
use ureq::http::Method;

/// What groups of verbs are about.
const GROUPS: [(&str, &str); 16] = [
    (
        "strategies",
        "Load, start, swap, try, watch and stop the strategies of a running host",
    ),
    (
        "strategies shadow",
        "Another version that trades beside one in a copy of the engine",
    ),
    (
        "strategies canary",
        "Another version that trades some instruments of one",
    ),
    (
        "orders",
        "Orders of a running host: list, place, change and cancel",
    ),
    (
        "risk",
        "Limits, states, metrics, alerts and rules of a running host",
    ),
    (
        "risk limits",
        "Limits of a scope: firm, account/NAME, strategy/NAME or instrument/SYMBOL",
    ),
    (
        "risk factors",
        "What the limits of a scope are multiplied by",
    ),
    (
        "risk repeats",
        "Strategies that were stopped for repeating themselves",
    ),
    (
        "pipelines",
        "Gates of new versions, and what is on its way through them",
    ),
    (
        "backtests",
        "Backtests that a running host is asked for; `backtest` runs one here",
    ),
    (
        "jobs",
        "Work of a running host that goes on after its answer",
    ),
    ("approvals", "What waits for a second person"),
    ("users", "People of a running host"),
    ("keys", "API keys of a running host"),
    ("sessions", "Sessions of a running host"),
    ("notifications", "Whom a running host tells what"),
];

/// What changes of one thing take.
#[derive(Debug, Args)]
pub(super) struct Condition {
    /// Only if it is as it was shown with this tag; * for whatever it is.
    #[arg(long, value_name = "TAG", value_parser = tag)]
    pub(super) if_match: Option<String>,
}

/// A tag as the API writes it; the quotation marks are lost in a shell.
fn tag(text: &str) -> Result<String, String> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let inner = inner.unwrap_or(text);
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\",*".contains(&byte);
    match inner {
        "*" => Ok(inner.to_owned()),
        "" => Err("write the tag that `show` says, or *".to_owned()),
        _ if inner.bytes().all(is_plain) => Ok(format!("\"{inner}\"")),
        _ => Err("write the one tag that `show` says, or *".to_owned()),
    }
}

/// What may be sent along.
#[derive(Debug, Args)]
pub(super) struct Sending {
    /// A component to send. If there is a FILE.minisig beside it, that goes with it.
    #[arg(long, value_name = "FILE", conflicts_with = "plugin")]
    pub(super) file: Option<PathBuf>,
    /// Its signature, where it lies elsewhere.
    #[arg(long, value_name = "FILE", requires = "file")]
    pub(super) signature: Option<PathBuf>,
}

/// A command with the verbs below it.
pub(super) fn grown(command: Command, verbs: &[Verb]) -> Command {
    let verbs: Vec<&Verb> = verbs.iter().collect();
    below(command, &verbs, 0)
}

/// A command with verbs below it that have so many words in common.
fn below(mut command: Command, verbs: &[&Verb], depth: usize) -> Command {
    let mut names: Vec<&'static str> = Vec::new();
    for name in verbs.iter().filter_map(|verb| word(verb, depth)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let here = verbs.iter().copied();
        let here = here.filter(|verb| word(verb, depth) == Some(name));
        let (deeper, own): (Vec<&Verb>, Vec<&Verb>) =
            here.partition(|verb| word(verb, depth + 1).is_some());
        let is_verb = !own.is_empty();
        let mut child = match own.first() {
            Some(verb) => leaf(name, verb),
            None => group(name, &deeper, depth),
        };
        if !deeper.is_empty() {
            child = below(child, &deeper, depth + 1).args_conflicts_with_subcommands(is_verb);
        }
        command = command.subcommand(child);
    }
    command
}

/// A word of a verb, if it has so many.
fn word(verb: &Verb, place: usize) -> Option<&'static str> {
    verb.words.split(' ').nth(place)
}

fn group(name: &'static str, verbs: &[&Verb], depth: usize) -> Command {
    let words = verbs.first().map_or("", |verb| verb.words);
    let words: Vec<&str> = words.split(' ').take(depth + 1).collect();
    let words = words.join(" ");
    let about = GROUPS.iter().find(|(group, _)| *group == words);
    Command::new(name)
        .about(about.map_or("", |(_, about)| *about))
        .subcommand_required(true)
        .arg_required_else_help(true)
}

fn leaf(name: &'static str, verb: &Verb) -> Command {
    let slots = verb
        .slots()
        .map(|slot| Arg::new(slot.name).required(true).help(meaning(slot.name)));
    let mut command = Command::new(name)
        .about(verb.about)
        .args(slots)
        .args(verb.takes.iter().map(argument));
    if verb.may_send_plugin {
        command = Sending::augment_args(command);
    }
    if verb.method != Method::GET {
        command = Condition::augment_args(Writing::augment_args(command));
    }
    Where::augment_args(command)
}

/// What the names in paths stand for.
fn meaning(slot: &str) -> &'static str {
    match slot {
        "strategy" => "The strategy's name",
        "order" => "The order's id",
        "symbol" => "The instrument's symbol, such as EUR/USD.SIM",
        "scope" => "firm, account/NAME, strategy/NAME or instrument/SYMBOL",
        "run" => "The number of the run",
        "letter" => "The name of the letter",
        "account" => "The account's name",
        "table" => "The table, such as fills or orders",
        "id" => "Its id",
        _ => "Its name",
    }
}

fn argument(take: &Take) -> Arg {
    let argument = Arg::new(take.name)
        .help(take.about)
        .required(take.is_needed);
    let (argument, sign) = match take.place {
        Place::Word => (argument, take.name),
        _ => (argument.long(take.name), sign(take.kind)),
    };
    if take.kind == Kind::Flag {
        return argument.action(ArgAction::SetTrue);
    }
    let argument = argument.value_name(sign);
    match take.kind {
        Kind::List => argument.action(ArgAction::Append).value_delimiter(','),
        Kind::Pairs => argument
            .action(ArgAction::Append)
            .value_parser(reader(Kind::Pairs)),
        kind => argument.value_parser(reader(kind)),
    }
}

/// What stands for a value in the help.
fn sign(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "TEXT",
        Kind::Name => "NAME",
        Kind::Whole => "N",
        Kind::Flag => "",
        Kind::List => "A,B",
        Kind::Pairs => "NAME=VALUE",
        Kind::Span => "TIME",
        Kind::Json => "JSON",
    }
}

fn reader(kind: Kind) -> ValueParser {
    ValueParser::from(move |text: &str| read(kind, text))
}

/// A value as it is sent.
fn read(kind: Kind, text: &str) -> Result<String, String> {
    match kind {
        Kind::Name => Ok(text.to_ascii_uppercase().replace('-', "_")),
        Kind::Whole => match text.parse::<u64>() {
            Ok(number) => Ok(number.to_string()),
            Err(_) => Err("write a whole number".to_owned()),
        },
        Kind::Span => {
            let Span(span) = text.parse()?;
            Ok(span.nanos().to_string())
        }
        Kind::Pairs if !text.contains('=') => Err("write NAME=VALUE".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::remote::verbs;

    #[test]
    fn the_command_line_holds_together() {
        grown(Command::new("argonaut"), &verbs::all()).debug_assert();
    }

    #[test]
    fn every_group_has_its_words() {
        fn look(command: &Command) {
            for child in command.get_subcommands() {
                assert!(
                    child
                        .get_about()
                        .is_some_and(|about| !about.to_string().is_empty()),
                    "{}",
                    child.get_name()
                );
                look(child);
            }
        }
        look(&grown(Command::new("argonaut"), &verbs::all()));
    }

    #[test]
    fn a_tag_may_have_lost_its_quotation_marks() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(tag(text).ok().as_deref(), expect, "{text}");
        };
        check("0a1b", Some("\"0a1b\""));
        check("\"0a1b\"", Some("\"0a1b\""));
        check("*", Some("*"));
        for wrong in ["", "a b", "a\"b", "a,b"] {
            check(wrong, None);
        }
    }

    #[test]
    fn values_are_sent_as_the_api_writes_them() {
        let check = |kind: Kind, text: &str, expect: Option<&str>| {
            assert_eq!(read(kind, text).ok().as_deref(), expect, "{text}");
        };
        check(Kind::Name, "stop-limit", Some("STOP_LIMIT"));
        check(Kind::Whole, "007", Some("7"));
        check(Kind::Whole, "-1", None);
        check(Kind::Span, "10min", Some("600000000000"));
        check(Kind::Span, "10", None);
        check(Kind::Pairs, "fast=3", Some("fast=3"));
        check(Kind::Pairs, "fast", None);
    }
}

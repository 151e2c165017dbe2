//! From what was given to a verb to the request that it makes.

use super::grown::{Condition, Sending};
use super::verb::{Kind, Place, Take, Verb};
use crate::cli::asking::{Writing, component};
use crate::client::{Body, Failure, Request, encoded, encoded_path, with_query};
use anyhow::{Context, Result};
use clap::{ArgMatches, FromArgMatches};
use serde_json::{Map, Value};
use std::io::Read;
use ureq::http::Method;

/// The request of a verb.
pub(super) fn made(verb: &Verb, matches: &ArgMatches) -> Result<Request> {
    let given = verb
        .takes
        .iter()
        .filter_map(|take| Given::find(take, matches));
    let given: Vec<Given<'_>> = given.collect();
    let mut query: Vec<(String, String)> = Vec::new();
    for one in given.iter().filter(|one| one.take.place == Place::Query) {
        one.add_to_query(&mut query);
    }
    let sending = match verb.may_send_plugin {
        true => Some(Sending::from_arg_matches(matches)?),
        false => None,
    };
    let file = sending.as_ref().and_then(|sending| sending.file.as_deref());
    let body = match (file, &sending) {
        (Some(file), Some(sending)) => {
            for one in given.iter().filter(|one| one.take.place == Place::Field) {
                one.add_to_query(&mut query);
            }
            let (bytes, signature) = component(file, sending.signature.as_deref())?;
            Body::Plugin { bytes, signature }
        }
        _ => json(verb, &given)?,
    };
    let path = format!("{}{}", path(verb, matches), with_query(&query));
    let request = Request {
        is_text: verb.is_text,
        ..Request::new(verb.method.clone(), path, body)
    };
    if verb.method == Method::GET {
        return Ok(request);
    }
    let request = Writing::from_arg_matches(matches)?.on(request);
    let Condition { if_match } = Condition::from_arg_matches(matches)?;
    Ok(Request {
        if_match,
        ..request
    })
}

fn path(verb: &Verb, matches: &ArgMatches) -> String {
    let mut path = verb.path.to_owned();
    for slot in verb.slots() {
        let text = matches.get_one::<String>(slot.name);
        let text = text.map_or("", String::as_str);
        let (place, text) = match slot.is_rest {
            true => (format!("{{*{}}}", slot.name), encoded_path(text)),
            false => (format!("{{{}}}", slot.name), encoded(text)),
        };
        path = path.replace(&place, &text);
    }
    path
}

/// A body where the verb has fields for one, also without any of them.
fn json(verb: &Verb, given: &[Given<'_>]) -> Result<Body> {
    if let Some(whole) = given.iter().find(|one| one.take.place == Place::Body) {
        return whole.value().map(Body::Json);
    }
    let is_field = |take: &Take| matches!(take.place, Place::Field | Place::Word);
    if !verb.takes.iter().any(is_field) {
        return Ok(Body::Empty);
    }
    let mut body = Map::new();
    for one in given.iter().filter(|one| is_field(one.take)) {
        set(&mut body, one.take.field, one.value()?);
    }
    Ok(Body::Json(Value::Object(body)))
}

/// Sets a dotted field.
fn set(object: &mut Map<String, Value>, field: &str, value: Value) {
    let Some((first, rest)) = field.split_once('.') else {
        object.insert(field.to_owned(), value);
        return;
    };
    let below = object
        .entry(first)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(below) = below.as_object_mut() {
        set(below, rest, value);
    }
}

/// Something that was given.
struct Given<'a> {
    take: &'a Take,
    /// More than one of lists and pairs only.
    texts: Vec<&'a str>,
}

impl<'a> Given<'a> {
    fn find(take: &'a Take, matches: &'a ArgMatches) -> Option<Self> {
        if take.kind == Kind::Flag {
            let is_set = matches.get_flag(take.name);
            return is_set.then(|| Self {
                take,
                texts: vec!["true"],
            });
        }
        let texts = matches.get_many::<String>(take.name)?;
        Some(Self {
            take,
            texts: texts.map(String::as_str).collect(),
        })
    }

    fn text(&self) -> &'a str {
        self.texts.first().copied().unwrap_or_default()
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        let pairs = self.texts.iter().copied();
        let pairs = pairs.filter_map(|text| text.split_once('='));
        pairs.map(|(name, value)| (name.trim(), value.trim()))
    }

    /// In a body.
    fn value(&self) -> Result<Value> {
        let text = self.text();
        Ok(match self.take.kind {
            Kind::Text | Kind::Name | Kind::Span => Value::from(text),
            Kind::Whole => Value::from(text.parse::<u64>()?),
            Kind::Flag => Value::Bool(true),
            Kind::List => Value::from(self.texts.clone()),
            Kind::Pairs => {
                let pairs = self.pairs();
                let pairs = pairs.map(|(name, value)| (name.to_owned(), Value::from(value)));
                Value::Object(pairs.collect())
            }
            Kind::Json => read_json(self.take.name, text)?,
        })
    }

    /// In a query.
    fn add_to_query(&self, query: &mut Vec<(String, String)>) {
        let field = self.take.field.to_owned();
        match self.take.kind {
            Kind::Pairs => {
                let pairs = self.pairs();
                query
                    .extend(pairs.map(|(name, value)| (format!("param.{name}"), value.to_owned())));
            }
            Kind::List => query.push((field, self.texts.join(","))),
            _ => query.push((field, self.text().to_owned())),
        }
    }
}

/// JSON as it is written, or out of a file.
fn read_json(name: &str, text: &str) -> Result<Value> {
    let text = match text.strip_prefix('@') {
        None => text.to_owned(),
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("{file}: cannot be read"))?
        }
    };
    let wrong = |error: serde_json::Error| Failure::Usage(format!("--{name}: is no JSON: {error}"));
    Ok(serde_json::from_str(&text).map_err(wrong)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::remote::{grown, verbs};
    use clap::Command;
    use serde_json::json;

    /// The request that a command line makes.
    fn asked(line: &[&str]) -> Request {
        let command = grown::grown(Command::new("argonaut"), &verbs::all());
        let mut all = vec!["argonaut"];
        all.extend(line);
        let matches = command.try_get_matches_from(all).unwrap();
        let (mut words, mut below) = (Vec::new(), &matches);
        while let Some((word, next)) = below.subcommand() {
            words.push(word);
            below = next;
        }
        let words = words.join(" ");
        let verb = verbs::all().into_iter().find(|verb| verb.words == words);
        made(&verb.unwrap(), below).unwrap()
    }

    #[test]
    fn words_become_requests() {
        let check = |line: &str, method: Method, path: &str, body: Option<Value>| {
            let words: Vec<&str> = line.split(' ').collect();
            let request = asked(&words);
            assert_eq!(
                (request.method, request.path.as_str()),
                (method, path),
                "{line}"
            );
            let sent = match request.body {
                Body::Json(body) => Some(body),
                _ => None,
            };
            assert_eq!(sent, body, "{line}");
        };
        check("strategies list", Method::GET, "/strategies", None);
        check(
            "strategies pause a/b",
            Method::POST,
            "/strategies/a%2Fb/pause",
            None,
        );
        check(
            "instruments show EUR/USD.SIM",
            Method::GET,
            "/instruments/EUR/USD.SIM",
            None,
        );
        check("engine", Method::GET, "/engine", None);
        let state = Some(json!({"state": "HALTED"}));
        check(
            "engine trading-state halted",
            Method::POST,
            "/engine/trading-state",
            state,
        );
        check(
            "orders list --status open --limit 5",
            Method::GET,
            "/orders?status=open&limit=5",
            None,
        );
        check("orders cancel 17", Method::DELETE, "/orders/17", None);
        let swap = json!({
            "plugin": "b.wasm", "parameters": {"fast": "3"},
            "probation": {"for_ns": "3600000000000", "max_faults": 1},
        });
        check(
            "strategies swap a --plugin b.wasm --param fast=3 --probation 1h --max-faults 1",
            Method::POST,
            "/strategies/a/swap",
            Some(swap),
        );
        check(
            "jobs cancel run-a-7 --by anna",
            Method::DELETE,
            "/jobs/run-a-7?by=anna",
            None,
        );
        let limits = Some(json!({"max_open_orders": 5}));
        check(
            "risk limits set account/main --limits {\"max_open_orders\":5}",
            Method::PUT,
            "/risk/limits/account/main",
            limits,
        );
    }

    #[test]
    fn a_swap_may_start_what_does_not_run() {
        let line = "strategies swap a --plugin b.wasm --state fresh --start";
        let words: Vec<&str> = line.split(' ').collect();
        let Body::Json(body) = asked(&words).body else {
            panic!("no JSON");
        };
        let expect = json!({"plugin": "b.wasm", "state": "FRESH", "start": true});
        assert_eq!(body, expect);
    }

    #[test]
    fn a_change_may_be_bound_to_what_was_shown() {
        let line = "risk limits set firm --limits {} --if-match 0a1b --approval 7";
        let words: Vec<&str> = line.split(' ').collect();
        let request = asked(&words);
        assert_eq!(request.if_match.as_deref(), Some("\"0a1b\""));
        assert_eq!(request.approval.as_deref(), Some("7"));
    }

    #[test]
    fn fields_go_beside_a_component_that_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.wasm");
        std::fs::write(&file, b"\0asm").unwrap();
        let file = file.to_str().unwrap();
        let request = asked(&[
            "strategies",
            "canary",
            "begin",
            "a",
            "--file",
            file,
            "--param",
            "fast=3",
            "--instruments",
            "X,Y",
            "--probation",
            "1ms",
            "--idempotency-key",
            "k",
            "--if-match",
            "*",
        ]);
        let expect = "/strategies/a/canary?param.fast=3&probation.for_ns=1000000&instruments=X%2CY";
        let mut parts: Vec<&str> = expect.split(['?', '&']).collect();
        let mut found: Vec<&str> = request.path.split(['?', '&']).collect();
        parts.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, parts);
        assert_eq!(request.idempotency_key.as_deref(), Some("k"));
        assert_eq!(request.if_match.as_deref(), Some("*"));
        assert!(matches!(
            request.body,
            Body::Plugin {
                signature: None,
                ..
            }
        ));
    }
}

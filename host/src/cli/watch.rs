//! `argonaut watch`: follows the WebSocket of a running host, a line for each thing that happened.

use super::asking::Where;
use super::remote::one_line;
use crate::client::{Client, Failure, Line};
use anyhow::{Context, Result};
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};
use std::io::{ErrorKind, Write};
use std::time::Duration;
use tungstenite::{Message, WebSocket};

/// A host that is silent for so long is gone: it has a heartbeat every 15 s.
const SILENCE: Duration = Duration::from_secs(45);

/// What to follow.
#[derive(Debug, Args)]
pub(super) struct WatchArguments {
    /// One or more kinds of things.
    #[arg(required = true, value_name = "CHANNEL", value_parser = channels())]
    channels: Vec<String>,
    /// Only of this instrument.
    #[arg(long, value_name = "SYMBOL")]
    instrument: Option<String>,
    /// At most so many quotes or order books a second of each instrument, or portfolios a second.
    #[arg(long, value_name = "N")]
    max_hz: Option<f64>,
    /// Stop after so many lines.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    #[command(flatten)]
    at: Where,
}

/// What can be followed.
fn channels() -> PossibleValuesParser {
    PossibleValuesParser::new(api::channels().iter().copied())
}

/// Channels of which so many a second come.
const PACED: [&str; 3] = ["quotes", "book", "portfolio"];

type Socket = WebSocket<Box<dyn Line>>;

pub(super) fn run(arguments: &WatchArguments) -> Result<()> {
    let client = arguments.at.client()?;
    let mut socket = connected(&client)?;
    let credential = client.credential();
    if let Some(credential) = credential {
        let first = json!({"op": "authenticate", "token": credential.text()});
        send(&mut socket, &first)?;
    }
    for (id, channel) in (1_u64..).zip(&arguments.channels) {
        let mut wish = json!({"op": "subscribe", "id": id, "channel": channel});
        if let Some(instrument) = &arguments.instrument {
            wish["instrument"] = json!(instrument);
        }
        if let Some(max_hz) = arguments.max_hz
            && PACED.contains(&channel.as_str())
        {
            wish["max_hz"] = json!(max_hz);
        }
        send(&mut socket, &wish)?;
    }
    follow(&mut socket, arguments, credential.is_some())
}

fn connected(client: &Client) -> Result<Socket> {
    let (line, origin) = (client.connect(SILENCE)?, client.origin());
    // From http:// to ws://, and from https:// to wss://.
    let url = format!("{}/ws", origin.replacen("http", "ws", 1));
    let opened = tungstenite::client(url, line);
    let (socket, _) = opened.map_err(|error| {
        let reason = format!("what answers at {origin} opens no WebSocket: {error}");
        Failure::Ended(reason)
    })?;
    Ok(socket)
}

fn send(socket: &mut Socket, message: &Value) -> Result<()> {
    let sent = socket.send(Message::text(message.to_string()));
    sent.map_err(|error| lost(&error.to_string()).into())
}

fn lost(reason: &str) -> Failure {
    Failure::Ended(format!("the connection was lost: {reason}"))
}

fn follow(socket: &mut Socket, arguments: &WatchArguments, is_known: bool) -> Result<()> {
    let mut left = arguments.count;
    loop {
        let message = socket.read().map_err(|error| lost(&error.to_string()))?;
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Err(lost("the host closed it").into()),
            _ => continue,
        };
        let message: Value = serde_json::from_str(&text).context("the host sent no JSON")?;
        refused(&message, is_known)?;
        let lines = match arguments.at.json {
            true => vec![text.as_str().to_owned()],
            false => lines(&message),
        };
        for line in lines {
            if left == Some(0) || !told(&line)? {
                return Ok(());
            }
            left = left.map(|left| left.saturating_sub(1));
        }
        if left == Some(0) {
            return Ok(());
        }
    }
}

/// A wish that the host does not take, and its last words.
fn refused(message: &Value, is_known: bool) -> Result<()> {
    let text = |name: &str| message[name].as_str().unwrap_or_default();
    let words = format!("the host refused: {} ({})", text("reason"), text("code"));
    let status = match (text("type"), text("code")) {
        // A host without identity wonders why somebody says who they are.
        ("error", _) if is_known && message["id"].is_null() => return Ok(()),
        ("error", _) => 400,
        ("bye", "UNAUTHENTICATED") => 401,
        ("bye", _) => return Err(lost(text("reason")).into()),
        _ => return Ok(()),
    };
    Err(Failure::Refused { status, words }.into())
}

/// A line for each thing in a message; none for what only keeps the connection.
fn lines(message: &Value) -> Vec<String> {
    let text = |name: &str| message[name].as_str().unwrap_or_default();
    let channel = text("channel");
    match text("type") {
        "snapshot" => {
            let items = message["data"].as_array().into_iter().flatten();
            items
                .map(|item| format!("{channel} is {}", one_line(item)))
                .collect()
        }
        "update" => {
            let (time, item) = (text("time"), one_line(&message["data"]));
            vec![format!("{time} {channel} {item}")]
        }
        "gap" => vec![format!(
            "{} updates were lost; all anew:",
            message["missed"]
        )],
        _ => Vec::new(),
    }
}

/// Says a line; whether anybody still reads.
fn told(line: &str) -> Result<bool> {
    let mut out = std::io::stdout();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        done => Ok(done.map(|()| true)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_can_be_followed() {
        let command = WatchArguments::augment_args(clap::Command::new("watch"));
        let line = std::iter::once(&"watch").chain(api::channels());
        assert!(command.clone().try_get_matches_from(line).is_ok());
        let wrong = command.try_get_matches_from(["watch", "dreams"]);
        assert!(wrong.is_err());
    }

    #[test]
    fn each_thing_is_a_line() {
        let update = json!({
            "type": "update", "channel": "orders", "time": "T", "data": {"id": "1", "status": "FILLED"},
        });
        assert_eq!(lines(&update), ["T orders id=1 status=FILLED"]);
        let snapshot = json!({"type": "snapshot", "channel": "fills", "data": [{"price": "1"}, {"price": "2"}]});
        assert_eq!(lines(&snapshot), ["fills is price=1", "fills is price=2"]);
        assert!(lines(&json!({"type": "heartbeat"})).is_empty());
    }

    #[test]
    fn what_the_host_does_not_take_ends_it() {
        let check = |message: Value, expect: Option<u8>| {
            let error = refused(&message, true).err();
            let code = error.map(|error| error.downcast_ref::<Failure>().unwrap().exit_code());
            assert_eq!(code, expect, "{message}");
        };
        check(
            json!({"type": "error", "id": 1, "code": "INVALID_FIELD"}),
            Some(1),
        );
        check(json!({"type": "error", "id": null}), None);
        check(json!({"type": "bye", "code": "UNAUTHENTICATED"}), Some(5));
        check(json!({"type": "bye", "code": "SHUTDOWN"}), Some(3));
        check(json!({"type": "hello"}), None);
    }
}

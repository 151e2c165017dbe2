//! How messages are written: JSON in text frames, or MessagePack in binary ones, with the same fields.
//!
//! The body of a message is written once for all connections that want it in an encoding. What is each
//! connection's own, the number of the message and the update before, is put in front of it.

use crate::dto::stream::ServerMessage;
use crate::extract::{strict_json, strict_value};
use axum::extract::ws::Message;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write;
use std::io::Cursor;
use std::sync::Arc;

/// Bytes that a head takes at most, in either encoding.
pub(super) const HEAD_BYTES: usize = 64;
/// How deep a client's MessagePack may be nested.
const DEPTH: usize = 16;
/// The marker of a MessagePack map with at most 15 fields, and where their number is.
const SMALL_MAP: u8 = 0x80;
const SMALL_COUNT: u8 = 0x0f;

/// How the messages of a connection are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// In text frames.
    Json,
    /// In binary frames.
    MessagePack,
}

impl Encoding {
    /// All that a client may ask for.
    pub(super) const ALL: [Self; 2] = [Self::Json, Self::MessagePack];

    /// Its name for `Sec-WebSocket-Protocol`.
    pub(super) fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "argonaut.v1.json",
            Self::MessagePack => "argonaut.v1.msgpack",
        }
    }

    /// Writes a message; `None` when it cannot be, which the log tells.
    pub(super) fn body(self, message: &ServerMessage) -> Option<Body> {
        let body = match self {
            Self::Json => json(message),
            Self::MessagePack => message_pack(message),
        };
        match body {
            Ok(body) => Some(body),
            Err(error) => {
                tracing::error!(%error, encoding = ?self, "a message could not be written");
                None
            }
        }
    }

    /// A message that is written in JSON, in this encoding; `None` when it cannot be, which the log tells.
    pub(super) fn again(self, body: &Body) -> Option<Body> {
        let (Self::MessagePack, Body::Json(fields)) = (self, body) else {
            return Some(body.clone());
        };
        let value = serde_json::from_str::<Value>(&format!("{{{fields}"));
        let value = value.map_err(|error| error.to_string());
        match value.and_then(|value| message_pack(&value)) {
            Ok(body) => Some(body),
            Err(error) => {
                tracing::error!(%error, encoding = ?self, "a message could not be written");
                None
            }
        }
    }

    /// Reads a client's message.
    pub(super) fn read<T: DeserializeOwned>(self, frame: &Frame<'_>) -> Result<T, Unreadable> {
        match (self, frame) {
            (Self::Json, Frame::Text(text)) => {
                strict_json(text.as_bytes()).map_err(|(path, error)| {
                    let value: Option<Value> = serde_json::from_str(text).ok();
                    self.unreadable(value.as_ref(), &path, &error)
                })
            }
            (Self::MessagePack, Frame::Binary(bytes)) => {
                let value = value(bytes).map_err(|reason| self.malformed(reason))?;
                let id = id(&value);
                strict_value(value).map_err(|(path, error)| Unreadable {
                    id,
                    ..self.unreadable(None, &path, &error)
                })
            }
            (Self::Json, Frame::Binary(_)) => {
                Err(self.malformed("messages are JSON in text frames".to_owned()))
            }
            (Self::MessagePack, Frame::Text(_)) => {
                Err(self.malformed("messages are MessagePack in binary frames".to_owned()))
            }
        }
    }

    fn unreadable(
        self,
        value: Option<&Value>,
        path: &str,
        error: &serde_json::Error,
    ) -> Unreadable {
        let id = value.and_then(id);
        if !error.is_data() || path.is_empty() {
            return Unreadable {
                id,
                ..self.malformed(error.to_string())
            };
        }
        Unreadable {
            id,
            code: "INVALID_FIELD",
            field: Some(format!("/{}", path.replace('.', "/"))),
            reason: error.to_string(),
        }
    }

    fn malformed(self, reason: String) -> Unreadable {
        Unreadable {
            id: None,
            code: match self {
                Self::Json => "MALFORMED_JSON",
                Self::MessagePack => "MALFORMED_MESSAGEPACK",
            },
            field: None,
            reason,
        }
    }
}

/// What a client sent.
pub(super) enum Frame<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

/// Why a client's message cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) id: Option<u64>,
    pub(super) code: &'static str,
    pub(super) field: Option<String>,
    pub(super) reason: String,
}

fn id(value: &Value) -> Option<u64> {
    value.get("id")?.as_u64()
}

/// Reads one MessagePack value and nothing behind it.
fn value(bytes: &[u8]) -> Result<Value, String> {
    let mut from = rmp_serde::Deserializer::new(Cursor::new(bytes));
    from.set_max_depth(DEPTH);
    let value = Value::deserialize(&mut from).map_err(|error| error.to_string())?;
    if usize::try_from(from.position()) != Ok(bytes.len()) {
        return Err("something follows the message".to_owned());
    }
    Ok(value)
}

fn json(message: &ServerMessage) -> Result<Body, String> {
    let text = serde_json::to_string(message).map_err(|error| error.to_string())?;
    let fields = text.strip_prefix('{').ok_or("a message is an object")?;
    Ok(Body::Json(fields.into()))
}

fn message_pack(message: &impl Serialize) -> Result<Body, String> {
    let mut bytes = Vec::new();
    let mut to = rmp_serde::Serializer::new(&mut bytes)
        .with_struct_map()
        .with_human_readable();
    message
        .serialize(&mut to)
        .map_err(|error| error.to_string())?;
    let (first, fields) = bytes.split_first().ok_or("a message is a map")?;
    let count = first & SMALL_COUNT;
    // The head adds two at most.
    if first & !SMALL_COUNT != SMALL_MAP || count + 2 > SMALL_COUNT {
        return Err("a message is a map of at most 13 fields".to_owned());
    }
    Ok(Body::MessagePack(count, fields.into()))
}

/// A message without its head, to be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// Its fields and what closes the object.
    Json(Arc<str>),
    /// The number of its fields, and them.
    MessagePack(u8, Arc<[u8]>),
}

/// What is each connection's own of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Its number, from 1.
    pub(super) message: u64,
    /// Of an update: the sequence of the one before.
    pub(super) previous: Option<u64>,
}

impl Body {
    /// In bytes.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Json(text) => text.len(),
            Self::MessagePack(_, bytes) => bytes.len(),
        }
    }

    /// The JSON of a message without a head, as text; `None` of another encoding.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Json(fields) => Some(format!("{{{fields}")),
            Self::MessagePack(..) => None,
        }
    }

    /// What [`Body::text`] wrote.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let fields = text.strip_prefix('{')?;
        Some(Self::Json(fields.into()))
    }

    /// The whole message.
    pub(super) fn frame(&self, head: Head) -> Message {
        match self {
            Self::Json(fields) => Message::Text(json_frame(fields, head).into()),
            Self::MessagePack(count, fields) => {
                Message::Binary(message_pack_frame(*count, fields, head).into())
            }
        }
    }
}

fn json_frame(fields: &str, head: Head) -> String {
    let Head { message, previous } = head;
    let mut text = String::with_capacity(HEAD_BYTES + fields.len());
    // Writing to a string cannot fail.
    let _ = write!(text, "{{\"message\":{message},");
    if let Some(previous) = previous {
        let _ = write!(text, "\"previous\":{previous},");
    }
    text.push_str(fields);
    text
}

fn message_pack_frame(count: u8, fields: &[u8], head: Head) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES + fields.len());
    let more = if head.previous.is_some() { 2 } else { 1 };
    bytes.push(SMALL_MAP | (count + more));
    // 0xa7 and 0xa8 begin texts of 7 and 8 bytes.
    bytes.extend_from_slice(b"\xa7message");
    put(&mut bytes, head.message);
    if let Some(previous) = head.previous {
        bytes.extend_from_slice(b"\xa8previous");
        put(&mut bytes, previous);
    }
    bytes.extend_from_slice(fields);
    bytes
}

fn put(bytes: &mut Vec<u8>, number: u64) {
    // Writing to memory cannot fail.
    let _ = number.serialize(&mut rmp_serde::Serializer::new(bytes));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pong() -> ServerMessage {
        ServerMessage::Pong {
            id: Some(7),
            sequence: 70_000,
        }
    }

    fn text(encoding: Encoding, head: Head) -> Value {
        match encoding.body(&pong()).unwrap().frame(head) {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            Message::Binary(bytes) => value(&bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_encodings_say_the_same() {
        for encoding in Encoding::ALL {
            let head = |previous| Head {
                message: 300,
                previous,
            };
            let mut expect = json!({"message": 300, "type": "pong", "id": 7, "sequence": 70_000});
            assert_eq!(text(encoding, head(None)), expect, "{encoding:?}");
            expect["previous"] = json!(1_u64 << 40);
            assert_eq!(
                text(encoding, head(Some(1 << 40))),
                expect,
                "{encoding:?}, with the update before"
            );
        }
    }

    #[test]
    fn what_came_in_json_is_told_in_both() {
        let json = Encoding::Json.body(&pong()).unwrap();
        for encoding in Encoding::ALL {
            let expect = encoding.body(&pong()).unwrap();
            let head = Head {
                message: 1,
                previous: Some(2),
            };
            let read = |body: Body| match body.frame(head) {
                Message::Text(text) => serde_json::from_str(&text).unwrap(),
                Message::Binary(bytes) => value(&bytes).unwrap(),
                other => panic!("{other:?}"),
            };
            assert_eq!(read(encoding.again(&json).unwrap()), read(expect));
        }
        let broken = Body::Json("\"type\":".into());
        assert_eq!(Encoding::MessagePack.again(&broken), None);
    }

    #[test]
    fn what_is_no_message_is_refused_with_its_reason() {
        let read = |bytes: &[u8]| {
            let read = Encoding::MessagePack.read::<Value>(&Frame::Binary(bytes));
            let error = read.unwrap_err();
            assert!(!error.reason.is_empty());
            error.code
        };
        // Nothing, a text that breaks off, a list, a message and one byte more, ever deeper lists.
        for bytes in [
            &b""[..],
            b"\xa5ab",
            b"\x91\x01",
            b"\x80\x80",
            &[0x91; 5_000],
        ] {
            assert_eq!(read(bytes), "MALFORMED_MESSAGEPACK", "{bytes:x?}");
        }
    }
}

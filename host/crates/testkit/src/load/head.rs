//! What a client under load reads of a message: the numbers in front and its time, in either encoding. The
//! rest of it, what a channel carries, is not looked at.

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// JSON in text frames.
    Json,
    /// MessagePack in binary frames.
    MessagePack,
}

impl Encoding {
    /// Both, to be used in turn.
    pub const ALL: [Self; 2] = [Self::Json, Self::MessagePack];

    /// The name for `Sec-WebSocket-Protocol`.
    pub(super) fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "argonaut.v1.json",
            Self::MessagePack => "argonaut.v1.msgpack",
        }
    }

    /// The request for a channel, and the opcode of its frame.
    pub(super) fn subscribe(self, channel: &str, max_hz: Option<u16>) -> (u8, Vec<u8>) {
        match self {
            Self::Json => {
                let pace = max_hz.map_or_else(String::new, |hz| format!(",\"max_hz\":{hz}"));
                let text = format!("{{\"op\":\"subscribe\",\"channel\":\"{channel}\"{pace}}}");
                (super::frames::TEXT, text.into_bytes())
            }
            Self::MessagePack => {
                let mut bytes = vec![if max_hz.is_some() { 0x83 } else { 0x82 }];
                for text in ["op", "subscribe", "channel", channel] {
                    put_text(&mut bytes, text);
                }
                if let Some(hz) = max_hz {
                    put_text(&mut bytes, "max_hz");
                    bytes.push(0xcd);
                    bytes.extend(hz.to_be_bytes());
                }
                (super::frames::BINARY, bytes)
            }
        }
    }

    /// Reads the head of a message; `None` when it is none.
    #[must_use]
    pub fn head(self, message: &[u8]) -> Option<Head<'_>> {
        let mut head = Head::default();
        match self {
            Self::Json => json(message, &mut head)?,
            Self::MessagePack => message_pack(message, &mut head)?,
        }
        (head.message > 0).then_some(head)
    }
}

/// A text of at most 31 bytes, as all here are.
fn put_text(bytes: &mut Vec<u8>, text: &str) {
    let length = u8::try_from(text.len()).unwrap_or(0x1f);
    bytes.push(0xa0 | (length & 0x1f));
    bytes.extend_from_slice(text.as_bytes());
}

/// What is read of a message. What it does not have is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head<'a> {
    /// Counts up by one on each connection.
    pub message: u64,
    /// Of an update: the sequence of the one before on its channel.
    pub previous: Option<u64>,
    /// Its `type`.
    pub kind: &'a [u8],
    /// The channel.
    pub channel: &'a [u8],
    /// The place in the host's stream.
    pub sequence: u64,
    /// When the engine stepped it, in nanoseconds since the epoch.
    pub time_ns: u64,
    /// Why the host refuses or ends.
    pub code: &'a [u8],
}

/// A value that is neither a list nor an object.
enum Scalar<'a> {
    Number(u64),
    Text(&'a [u8]),
    Other,
}

impl<'a> Head<'a> {
    fn take(&mut self, key: &[u8], value: Scalar<'a>) {
        match (key, value) {
            (b"message", Scalar::Number(number)) => self.message = number,
            (b"previous", Scalar::Number(number)) => self.previous = Some(number),
            (b"sequence", Scalar::Number(number)) => self.sequence = number,
            (b"type", Scalar::Text(text)) => self.kind = text,
            (b"channel", Scalar::Text(text)) => self.channel = text,
            (b"code", Scalar::Text(text)) => self.code = text,
            (b"time_ns", Scalar::Text(text)) => self.time_ns = digits(text).0,
            _ => {}
        }
    }
}

/// The number that a text begins with, and how many bytes it takes.
fn digits(text: &[u8]) -> (u64, usize) {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = text[..length].iter().fold(0_u64, |number, digit| {
        number
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit - b'0'))
    });
    (number, length)
}

/// Reads keys up to the first whose value is a list or an object; the host writes that last. `None` when it is
/// not JSON as the host writes it.
fn json<'a>(message: &'a [u8], head: &mut Head<'a>) -> Option<()> {
    let mut rest = message.strip_prefix(b"{")?;
    loop {
        let (key, after) = quoted(rest)?;
        rest = after.strip_prefix(b":")?;
        let value = match rest.first()? {
            b'"' => {
                let (text, after) = quoted(rest)?;
                rest = after;
                Scalar::Text(text)
            }
            b'0'..=b'9' => {
                let (number, length) = digits(rest);
                rest = &rest[length..];
                Scalar::Number(number)
            }
            b'n' | b't' | b'f' => {
                let length = rest.iter().position(|byte| matches!(byte, b',' | b'}'))?;
                rest = &rest[length..];
                Scalar::Other
            }
            _ => return Some(()),
        };
        head.take(key, value);
        match rest.strip_prefix(b",") {
            Some(after) => rest = after,
            None => return Some(()),
        }
    }
}

/// A text in quotation marks, and what comes after it. An escaped mark ends it too early, and then what
/// follows is not JSON as the host writes it; texts before the data have none, but for reasons, which are last.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b"\"")?;
    let end = inner.iter().position(|byte| *byte == b'"')?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// The same of MessagePack.
fn message_pack<'a>(message: &'a [u8], head: &mut Head<'a>) -> Option<()> {
    let (&first, mut rest) = message.split_first()?;
    if first & 0xf0 != 0x80 {
        return None;
    }
    for _ in 0..first & 0x0f {
        let (Scalar::Text(key), after) = scalar(rest)? else {
            return None;
        };
        let Some((value, after)) = scalar(after) else {
            return Some(());
        };
        head.take(key, value);
        rest = after;
    }
    Some(())
}

/// A value and what comes after it; `None` for a list or an object.
fn scalar(bytes: &[u8]) -> Option<(Scalar<'_>, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (length, rest) = match first {
        0x00..=0x7f => return Some((Scalar::Number(u64::from(first)), rest)),
        0xa0..=0xbf => (usize::from(first & 0x1f), rest),
        0xc0 | 0xc2 | 0xc3 => return Some((Scalar::Other, rest)),
        0xcc..=0xcf => {
            let (value, rest) = number(rest, 1_usize << (first - 0xcc))?;
            return Some((Scalar::Number(value), rest));
        }
        0xd9..=0xdb => {
            let (length, rest) = number(rest, 1_usize << (first - 0xd9))?;
            (usize::try_from(length).ok()?, rest)
        }
        _ => return None,
    };
    let (text, rest) = rest.split_at_checked(length)?;
    Some((Scalar::Text(text), rest))
}

/// A number of so many bytes, and what comes after it.
fn number(bytes: &[u8], length: usize) -> Option<(u64, &[u8])> {
    let (bytes, rest) = bytes.split_at_checked(length)?;
    let shifted = |number: u64, byte: &u8| (number << 8) | u64::from(*byte);
    Some((bytes.iter().fold(0, shifted), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(time_ns: u64) -> Head<'static> {
        Head {
            message: 300,
            previous: Some(70_000),
            kind: b"update",
            channel: b"quotes",
            sequence: 70_003,
            time_ns,
            code: b"",
        }
    }

    #[test]
    fn a_json_message_is_read_up_to_its_data() {
        let text = br#"{"message":300,"previous":70000,"type":"update","channel":"quotes","sequence":70003,"time":"2026-01-02T00:00:00Z","time_ns":"1767312000000000001","data":{"message":9}}"#;
        let head = Encoding::Json.head(text).unwrap();
        assert_eq!(head, update(1_767_312_000_000_000_001));
    }

    #[test]
    fn so_is_one_in_message_pack() {
        let mut bytes = vec![0x88];
        for (key, value) in [
            ("message", Some(300_u32)),
            ("previous", Some(70_000)),
            ("type", None),
            ("channel", None),
            ("sequence", Some(70_003)),
            ("time_ns", None),
        ] {
            put_text(&mut bytes, key);
            match (key, value) {
                (_, Some(number)) => {
                    bytes.push(0xce);
                    bytes.extend(number.to_be_bytes());
                }
                ("type", None) => put_text(&mut bytes, "update"),
                ("channel", None) => put_text(&mut bytes, "quotes"),
                _ => put_text(&mut bytes, "17"),
            }
        }
        put_text(&mut bytes, "data");
        bytes.push(0x80);
        assert_eq!(Encoding::MessagePack.head(&bytes), Some(update(17)));
    }

    #[test]
    fn nulls_truths_and_refusals_are_read() {
        let text = br#"{"message":2,"type":"error","id":null,"code":"INVALID_FIELD","field":"/channel","reason":"a \"word\""}"#;
        let head = Encoding::Json.head(text);
        // The reason is last and has quotation marks of its own: what comes before it is known by then.
        assert!(head.is_some_and(|head| head.code == b"INVALID_FIELD" && head.message == 2));
        let text = br#"{"message":3,"type":"ack","id":null,"resumed":false}"#;
        assert!(
            Encoding::Json
                .head(text)
                .is_some_and(|head| head.kind == b"ack")
        );
    }

    #[test]
    fn what_is_no_message_is_not_taken_for_one() {
        for bytes in [&b""[..], b"{}", b"[1]", b"{\"type\":\"pong\"}", b"\xff"] {
            assert_eq!(Encoding::Json.head(bytes), None, "{bytes:?}");
            assert_eq!(Encoding::MessagePack.head(bytes), None, "{bytes:?}");
        }
    }
}

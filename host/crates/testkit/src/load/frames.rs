//! Frames of a WebSocket, as a client sees them: the handshake, what it sends, and what comes, without a copy.

use super::LoadError;
use super::head::Encoding;
use super::http::end_of_head;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Opcodes (RFC 6455, 5.2).
pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;

/// What is read at once.
const READ: usize = 16 << 10;
/// The bit of a whole message, and the bit of a masked frame.
const WHOLE: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What has come and was not looked at yet.
#[derive(Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    begin: usize,
}

/// A frame from the host.
pub(super) struct Frame<'a> {
    /// Its opcode; nothing that there is, where the frame is not a whole message.
    pub(super) opcode: u8,
    /// What it carries.
    pub(super) payload: &'a [u8],
}

impl Frames {
    /// Where what comes next goes.
    pub(super) fn room(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.begin);
        self.begin = 0;
        self.bytes.reserve(READ);
        &mut self.bytes
    }

    /// The next frame that is there as a whole.
    pub(super) fn take(&mut self) -> Option<Frame<'_>> {
        let rest = self.bytes.get(self.begin..)?;
        let (head, length) = lengths(rest)?;
        let end = head.checked_add(length)?;
        let frame = rest.get(..end)?;
        self.begin += end;
        let first = *frame.first()?;
        let opcode = if first & WHOLE == 0 { 0 } else { first & 0x0f };
        let payload = frame.get(head..)?;
        Some(Frame { opcode, payload })
    }
}

/// The length of a frame's head and of what it carries, once they are there.
fn lengths(bytes: &[u8]) -> Option<(usize, usize)> {
    let (head, more) = match bytes.get(1)? {
        126 => (4, 2..4),
        127 => (10, 2..10),
        length => return Some((2, usize::from(*length))),
    };
    let length = bytes.get(more)?;
    let length = length
        .iter()
        .fold(0_u64, |length, byte| (length << 8) | u64::from(*byte));
    Some((head, usize::try_from(length).ok()?))
}

/// Asks for a WebSocket; what came behind the answer is the beginning of the frames.
///
/// # Errors
/// When the host does not want to, with its words.
pub(super) async fn open(
    stream: &mut TcpStream,
    address: SocketAddr,
    encoding: Encoding,
) -> Result<Frames, LoadError> {
    // The key only shows that the other side knows the protocol, which this one does not doubt.
    let request = format!(
        "GET /ws HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: bG9hZGxvYWRsb2FkbG9hZA==\r\n\
         sec-websocket-protocol: {}\r\n\r\n",
        encoding.subprotocol()
    );
    let sent = stream.write_all(request.as_bytes()).await;
    sent.map_err(LoadError::system("a WebSocket"))?;
    let mut frames = Frames::default();
    let end = loop {
        if let Some(end) = end_of_head(&frames.bytes) {
            break end;
        }
        let read = stream.read_buf(frames.room()).await;
        if read.map_err(LoadError::system("a WebSocket"))? == 0 || frames.bytes.len() > READ {
            return Err(LoadError::Host("the host takes no WebSocket".into()));
        }
    };
    if !frames.bytes.starts_with(b"HTTP/1.1 101 ") {
        let words = String::from_utf8_lossy(&frames.bytes);
        return Err(LoadError::Host(format!("no WebSocket: {words}")));
    }
    frames.begin = end;
    Ok(frames)
}

/// Sends a message of at most 125 bytes, as all of a client's here are.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn send(
    stream: &mut TcpStream,
    opcode: u8,
    message: &[u8],
) -> Result<(), LoadError> {
    let length = u8::try_from(message.len()).unwrap_or(125).min(125);
    // Masked by nothing, which changes nothing.
    let mut frame = vec![WHOLE | opcode, MASKED | length, 0, 0, 0, 0];
    frame.extend_from_slice(message);
    let sent = stream.write_all(&frame).await;
    sent.map_err(LoadError::system("a message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_however_they_come() {
        let mut bytes = vec![0x81, 2, b'o', b'k', 0x82, 126, 1, 0];
        bytes.extend([7; 256]);
        bytes.extend([0x88, 127, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0x01, 0]);
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for byte in bytes {
            frames.room().push(byte);
            while let Some(frame) = frames.take() {
                found.push((frame.opcode, frame.payload.to_vec()));
            }
        }
        let expect = [
            (TEXT, b"ok".to_vec()),
            (BINARY, vec![7; 256]),
            (CLOSE, vec![9]),
            // Not a whole message.
            (0, Vec::new()),
        ];
        assert_eq!(found, expect);
    }
}

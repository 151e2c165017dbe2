//! A connection, in the clear or over TLS: it takes a place of which there are so many, few for one address, and
//! gives it back when it is closed, which it is when nothing has come over it or gone for long, or no request to
//! begin with. Sockets are the process's, and the journal needs some.

use super::Patience;
use crate::addresses::network_of;
use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Most connections at once, those that shake hands among them; more where WebSocket clients alone may be as
/// many.
const MOST: usize = 1_024;
/// Of these, places that WebSocket clients cannot take: somebody may want to stop something.
const OF_REQUESTS: usize = 512;
/// Most of them from one address, or of IPv6 from one network of 64 bits.
const MOST_OF_ONE: usize = 256;

/// How many connections each client has. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Places {
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
}

impl Places {
    /// For so many WebSocket clients, and whoever else asks.
    pub(crate) fn new(streams: usize) -> Self {
        Self {
            taken: Arc::default(),
            most: MOST.max(streams.saturating_add(OF_REQUESTS)),
        }
    }

    /// A place for a connection from an address; of a proxy there may be as many as there are places.
    pub(crate) fn take(&self, from: IpAddr, is_proxy: bool) -> Option<Place> {
        let whose = network_of(from);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let of_one = taken.get(&whose).copied().unwrap_or_default();
        if all >= self.most || (!is_proxy && of_one >= MOST_OF_ONE) {
            return None;
        }
        taken.insert(whose, of_one + 1);
        Some(Place {
            places: self.clone(),
            whose,
        })
    }
}

/// A place that is taken until it is dropped.
pub(crate) struct Place {
    places: Places,
    whose: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let taken = self.places.taken.lock();
        let mut taken = taken.unwrap_or_else(PoisonError::into_inner);
        let of_one = taken.get(&self.whose).copied().unwrap_or_default();
        if of_one > 1 {
            taken.insert(self.whose, of_one - 1);
        } else {
            taken.remove(&self.whose);
        }
    }
}

/// How far the head of the first request has come: it ends with an empty line, and may begin after some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// Nothing of it.
    Awaited,
    /// Somewhere in a line.
    InLine,
    /// To the beginning of a line.
    AtLine,
    /// All of it.
    Complete,
}

impl Head {
    fn after(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |head, byte| match (head, byte) {
            (Self::Complete, _) | (Self::AtLine, b'\n') => Self::Complete,
            (Self::Awaited, b'\r' | b'\n') => Self::Awaited,
            (Self::AtLine, b'\r') | (Self::InLine, b'\n') => Self::AtLine,
            _ => Self::InLine,
        })
    }
}

/// A connection over which requests may come.
pub(crate) struct Connection<S> {
    stream: S,
    /// Of the first request.
    head: Head,
    /// Ends when nothing has come or gone for too long.
    idle: Pin<Box<Sleep>>,
    /// How long that is.
    idle_for: Duration,
    _place: Place,
}

impl<S> Connection<S> {
    /// From now on the first request is waited for.
    pub(crate) fn new(stream: S, place: Place, patience: Patience) -> Self {
        Self {
            stream,
            head: Head::Awaited,
            idle: Box::pin(sleep(patience.first)),
            idle_for: patience.idle,
            _place: place,
        }
    }

    /// Something has come or gone; which counts once it has asked for something.
    fn stir(&mut self) {
        if self.head == Head::Complete {
            self.idle.as_mut().reset(Instant::now() + self.idle_for);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() {
            if self.head != Head::Complete {
                let came = buffer.filled().get(before..).unwrap_or_default();
                self.head = self.head.after(came);
            }
            self.stir();
            return read;
        }
        // Asked in either case, so that its end wakes whoever reads.
        match self.idle.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if written.is_ready() {
            self.stir();
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        if written.is_ready() {
            self.stir();
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn address(number: usize) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).unwrap()))
    }

    #[test]
    fn one_client_has_some_of_the_places_and_gives_them_back() {
        let places = Places::new(0);
        let take = |number| places.take(address(number), false);
        let mut held: Vec<_> = (0..MOST_OF_ONE).map(|_| take(1).unwrap()).collect();
        assert!(take(1).is_none());
        let another = take(2).unwrap();
        held.pop();
        held.push(take(1).unwrap());
        assert!(take(1).is_none());
        drop((held, another));
        assert!(places.taken.lock().unwrap().is_empty());
    }

    #[track_caller]
    fn check_head(parts: &[&[u8]], expect: bool) {
        let head = parts
            .iter()
            .fold(Head::Awaited, |head, part| head.after(part));
        assert_eq!(head == Head::Complete, expect, "{parts:?}");
    }

    #[test]
    fn a_head_is_complete_after_an_empty_line() {
        check_head(&[b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"], true);
        check_head(&[b"GET / HTTP/1.1\r", b"\nhost: a\r\n", b"\r", b"\n"], true);
        check_head(&[b"\r\nGET / HTTP/1.1\r\n\r\nbody"], true);
        // As some write it, and the host reads it.
        check_head(&[b"GET / HTTP/1.1\nhost: a\n\n"], true);
        check_head(&[b"GET / HTTP/1.1\r\nhost: a\r\n"], false);
        check_head(&[b"GET / HTTP/1.1\r\nhost: a\r\n\r"], false);
        check_head(&[b"\r\n\r\n\r\n"], false);
        check_head(&[], false);
    }

    #[track_caller]
    fn check_most(streams: usize, expect: usize) {
        let places = Places::new(streams);
        let take = |number, is_proxy| places.take(address(number), is_proxy);
        let held: Vec<_> = (0..expect).map(|n| take(n, false)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(take(expect, false).is_none());
        assert!(take(expect, true).is_none());
        drop(held);
        let of_proxy: Vec<_> = (0..expect).map(|_| take(1, true)).collect();
        assert!(of_proxy.iter().all(Option::is_some));
        assert!(take(1, true).is_none());
    }

    #[test]
    fn all_have_no_more_than_there_are_and_a_proxy_all_of_them() {
        check_most(0, MOST);
        check_most(72, MOST);
    }

    #[test]
    fn readers_leave_places_for_who_asks() {
        check_most(2_000, 2_512);
    }
}

//! TLS on a socket: requests and streams over it, who is refused, and certificates that change.

use crate::stream_client::{PATIENCE, Server};
use crate::tls_desk::{Authority, Files, ask, connect, serve, shake};
use api::{Tls, TlsError};
use futures_util::StreamExt;
use rustls::ClientConfig;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::client_async;

const HEALTH: &str = "/api/v1/health";
const KEPT: &[u8] = b"GET /api/v1/engine HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Handshakes of one address that are let in at once.
const OF_ONE: usize = 32;

/// Asks over a connection that stays, and reads the answer.
async fn ask_again(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    stream.write_all(KEPT).await.unwrap();
    let mut answer = Vec::new();
    // The body is an object of objects, and ends with what it began with.
    while !answer.ends_with(b"}") {
        let mut part = [0; 4096];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut part)).await;
        let read = read.expect("an answer should have come").unwrap();
        assert_ne!(read, 0, "the connection should have stayed");
        answer.extend_from_slice(&part[..read]);
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn requests_are_answered_over_one_connection_that_stays() {
    let authority = Authority::new("one");
    let server = serve(&Files::new(&authority.issue()).open()).await;
    let client = authority.client(None);
    let mut stream = connect(server.address, &client).await.unwrap();
    for _ in 0..3 {
        let answer = ask_again(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    let answer = ask(server.address, &client, HEALTH).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn a_stream_is_served_over_tls_and_told_goodbye() {
    let authority = Authority::new("one");
    let mut server = serve(&Files::new(&authority.issue()).open()).await;
    let client = authority.client(None);
    let stream = connect(server.address, &client).await.unwrap();
    let (mut socket, _) = client_async("wss://localhost/ws", stream).await.unwrap();
    let hello = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
    let hello = hello.unwrap().unwrap().into_text().unwrap();
    let hello: Value = serde_json::from_str(&hello).unwrap();
    assert_eq!(hello["type"], "hello");
    server.stop.take().unwrap().send(()).unwrap();
    let bye = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
    let bye = bye.unwrap().unwrap().into_text().unwrap();
    assert!(bye.contains("SHUTDOWN"), "{bye}");
    drop(socket);
    let ended = tokio::time::timeout(PATIENCE, &mut server.task).await;
    ended.expect("serving should have ended").unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn who_trusts_somebody_else_leaves() {
    let authority = Authority::new("one");
    let server = serve(&Files::new(&authority.issue()).open()).await;
    let stranger = Authority::new("another").client(None);
    assert!(connect(server.address, &stranger).await.is_err());
    let friend = authority.client(None);
    ask(server.address, &friend, HEALTH).await.unwrap();
}

#[tokio::test]
async fn who_speaks_in_the_clear_is_told_what_the_port_is() {
    let authority = Authority::new("one");
    let server = serve(&Files::new(&authority.issue()).open()).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(KEPT).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("https://"), "{answer}");
}

#[tokio::test]
async fn clients_show_a_certificate_where_one_is_asked_for() {
    let (authority, clients) = (Authority::new("one"), Authority::new("clients"));
    let mut files = Files::new(&authority.issue());
    files.ask_clients(&clients);
    let server = serve(&files.open()).await;
    let known = authority.client(Some(&clients.issue()));
    let answer = ask(server.address, &known, HEALTH).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let bare = authority.client(None);
    let stranger = authority.client(Some(&Authority::new("others").issue()));
    let late = authority.client(Some(&clients.issue_for((2000, 2001))));
    for refused in [bare, stranger, late] {
        // The refusal comes after the client's own part of the handshake.
        let answer = ask(server.address, &refused, HEALTH).await;
        assert!(answer.is_err(), "{answer:?}");
    }
}

#[tokio::test]
async fn silent_sockets_keep_nobody_else_out_and_are_gone_soon() {
    let authority = Authority::new("one");
    let server = serve(&Files::new(&authority.issue()).open()).await;
    let client = authority.client(None);
    let mut silent = Vec::new();
    for _ in 0..OF_ONE {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    // One more of that address is sent away at once.
    let mut more = TcpStream::connect(server.address).await.unwrap();
    until_closed(&mut more).await;
    let elsewhere = from_elsewhere(server.address).await;
    let mut stream = shake(elsewhere, &client).await.unwrap();
    ask_again(&mut stream).await;
    for socket in &mut silent {
        until_closed(socket).await;
    }
    // Their places are free a moment later.
    let again = async { while ask(server.address, &client, HEALTH).await.is_err() {} };
    tokio::time::timeout(PATIENCE, again).await.unwrap();
}

#[tokio::test]
async fn who_shakes_hands_and_asks_nothing_is_gone_soon() {
    let authority = Authority::new("one");
    let server = serve(&Files::new(&authority.issue()).open()).await;
    let client = authority.client(None);
    let mut stream = connect(server.address, &client).await.unwrap();
    let mut nothing = Vec::new();
    let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut nothing)).await;
    // In whichever way.
    let _ended = closed.expect("the server should have closed");
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn who_never_comes_to_the_end_of_a_request_is_gone_soon() {
    let authority = Authority::new("one");
    let server = serve(&Files::new(&authority.issue()).open()).await;
    let client = authority.client(None);
    let stream = connect(server.address, &client).await.unwrap();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut answer = Vec::new();
    let closed = async {
        tokio::select! {
            dripped = drip(&mut writer) => dripped,
            read = reader.read_to_end(&mut answer) => read.map(drop),
        }
    };
    let closed = tokio::time::timeout(PATIENCE, closed).await;
    // In whichever way.
    let _ended = closed.expect("the server should have closed");
}

/// Sends a head that goes on and on.
async fn drip(to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    to.write_all(b"GET / HTTP/1.1\r\n").await?;
    loop {
        to.write_all(b"a: b\r\n").await?;
        to.flush().await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn until_closed(socket: &mut TcpStream) {
    let mut nothing = [0; 1];
    let read = tokio::time::timeout(PATIENCE, socket.read(&mut nothing)).await;
    match read.expect("the server should have closed") {
        Ok(read) => assert_eq!(read, 0),
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
    }
}

/// A connection from another address of this machine.
async fn from_elsewhere(to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

#[tokio::test]
async fn another_certificate_is_shown_to_new_connections_and_old_ones_stay() {
    let (before, after) = (Authority::new("before"), Authority::new("after"));
    let files = Files::new(&before.issue());
    let tls = files.open();
    let server = serve(&tls).await;
    let (old, new) = (before.client(None), after.client(None));
    let mut kept = connect(server.address, &old).await.unwrap();
    ask_again(&mut kept).await;
    assert_eq!(tls.renew(), Ok(false), "nothing has changed");
    files.put(&after.issue());
    assert_eq!(tls.renew(), Ok(true));
    check_shown(&server, (&new, &old)).await;
    // A bad one changes nothing, and is told once.
    files.write(&files.files.certificate, "no certificate");
    let fault = tls.renew().unwrap_err();
    assert_eq!(fault.field, "certificate");
    assert_eq!(tls.renew(), Ok(false));
    check_shown(&server, (&new, &old)).await;
    // Half of a new pair is a bad one.
    let again = before.issue();
    files.write(&files.files.certificate, &again.certificate);
    assert_eq!(tls.renew().unwrap_err().field, "key");
    files.write(&files.files.key, &again.key);
    assert_eq!(tls.renew(), Ok(true));
    check_shown(&server, (&old, &new)).await;
    ask_again(&mut kept).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_good_yet_is_shown_once_it_is() {
    let (before, after) = (Authority::new("before"), Authority::new("after"));
    let files = Files::new(&before.issue());
    let tls = files.open();
    files.put(&after.issue_early(Duration::from_secs(2)));
    let mut faults = 0;
    let shown = async {
        loop {
            match tls.renew() {
                Ok(true) => return,
                Ok(false) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(fault) => {
                    assert_eq!(fault.field, "certificate", "{fault}");
                    faults += 1;
                }
            }
        }
    };
    let shown = tokio::time::timeout(PATIENCE, shown).await;
    shown.expect("the certificate should be shown");
    // None where this machine is slow.
    assert!(faults <= 1, "the same fault was told {faults} times");
    assert_eq!(tls.renew(), Ok(false));
    let server = serve(&tls).await;
    check_shown(&server, (&after.client(None), &before.client(None))).await;
}

/// New connections are good for one client and not for another.
async fn check_shown(server: &Server, (good, bad): (&Arc<ClientConfig>, &Arc<ClientConfig>)) {
    let answer = ask(server.address, good, HEALTH).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(connect(server.address, bad).await.is_err());
}

/// Checks that files are refused by this key, for a reason with these words.
#[track_caller]
fn refused(files: &Files, field: &str, words: &str) {
    let TlsError { field: key, reason } = Tls::open(files.files.clone()).err().unwrap();
    assert_eq!(key, field, "{reason}");
    assert!(reason.contains(words), "{reason}");
}

#[test]
fn files_that_are_no_good_are_told_by_their_key() {
    let authority = Authority::new("one");
    let check = |spoil: &dyn Fn(&mut Files), field: &str, words: &str| {
        let mut files = Files::new(&authority.issue());
        spoil(&mut files);
        refused(&files, field, words);
    };
    let gone = |files: &mut Files| std::fs::remove_file(&files.files.certificate).unwrap();
    check(&gone, "certificate", "cannot be read");
    let gone = |files: &mut Files| std::fs::remove_file(&files.files.key).unwrap();
    check(&gone, "key", "cannot be read");
    let late = |files: &mut Files| files.put(&authority.issue_for((2000, 2001)));
    check(&late, "certificate", "has expired at 2001-01-01");
    let early = |files: &mut Files| files.put(&authority.issue_for((2500, 2501)));
    check(&early, "certificate", "good from 2500-01-01");
    let other = |files: &mut Files| files.write(&files.files.key, &authority.issue().key);
    check(&other, "key", "is not the key of");
    let empty = |files: &mut Files| files.write(&files.files.certificate, "");
    check(&empty, "certificate", "no certificate");
    let empty = |files: &mut Files| files.write(&files.files.key, "");
    check(&empty, "key", "no key");
    let open = |files: &mut Files| files.set_mode(&files.files.key, 0o644);
    check(&open, "key", "chmod 600");
    let clients = |files: &mut Files| files.files.client_ca = Some("no/such/file".into());
    check(&clients, "client_ca", "cannot be read");
}

#[test]
fn the_group_may_read_the_key() {
    let files = Files::new(&Authority::new("one").issue());
    files.set_mode(&files.files.key, 0o640);
    files.open();
    files.set_mode(&files.files.key, 0o660);
    refused(&files, "key", "changed by others");
}

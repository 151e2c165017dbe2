//! Mails, to a server that speaks as much SMTP as it takes.

use crate::parts::{desk, notice, route, settled};
use notices::{EmailConfig, Level, RouteConfig, Security, SinkConfig};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Takes mails one after the other, answers each recipient with a line, and hands over all that was said.
fn server(rcpt: &'static str) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, said) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(connection) = connection else { return };
            let Some(text) = converse(&connection, rcpt) else {
                continue;
            };
            if sender.send(text).is_err() {
                return;
            }
        }
    });
    (port, said)
}

fn converse(stream: &TcpStream, rcpt: &str) -> Option<String> {
    let say = |line: &str| (&*stream).write_all(format!("{line}\r\n").as_bytes()).ok();
    let mut reader = BufReader::new(stream);
    let mut all = String::new();
    let mut is_text = false;
    say("220 here")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return Some(all);
        }
        all.push_str(&line);
        let word = line.trim_end();
        if is_text {
            if word == "." {
                is_text = false;
                say("250 taken")?;
            }
            continue;
        }
        match word.split([' ', ':']).next().unwrap_or_default() {
            "RCPT" => say(rcpt)?,
            "DATA" => {
                is_text = true;
                say("354 go on")?;
            }
            "QUIT" => {
                say("221 bye")?;
                return Some(all);
            }
            _ => say("250 well")?,
        }
    }
}

fn mail(port: u16) -> RouteConfig {
    let email = EmailConfig {
        server: "127.0.0.1".to_owned(),
        port: Some(port),
        security: Security::None,
        login: None,
        from: "argonaut@example.com".to_owned(),
        to: vec!["desk@example.com".to_owned(), "risk@example.com".to_owned()],
    };
    route("mail", SinkConfig::Email(email))
}

#[test]
fn a_mail_has_a_heading_of_one_line_and_goes_to_all() {
    let (port, said) = server("250 well");
    let desk = desk(vec![mail(port)]);
    desk.tell(&notice("loss\r\nBcc: thief@example.com", Level::Serious));
    settled(&desk, |view| view.sent == 1);
    let text = said.recv_timeout(Duration::from_secs(30)).unwrap();
    for part in [
        "MAIL FROM:<argonaut@example.com>",
        "RCPT TO:<desk@example.com>",
        "RCPT TO:<risk@example.com>",
        "Message-ID: <run-1-0@argonaut.invalid>",
        "Subject: =?utf-8?B?W1NFUklPVVNdIGxvc3M",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert!(!text.contains("RCPT TO:<thief"), "{text}");
    desk.end();
}

#[test]
fn who_is_refused_for_ever_is_not_tried_again() {
    let (port, said) = server("550 nobody of that name");
    let desk = desk(vec![mail(port)]);
    desk.tell(&notice("loss", Level::Serious));
    let view = settled(&desk, |view| view.failed == 1);
    let error = view.last_error.unwrap();
    assert!(error.contains("550") || error.contains("nobody"), "{error}");
    said.recv_timeout(Duration::from_secs(30)).unwrap();
    desk.end();
    assert!(said.try_recv().is_err(), "once only");
}

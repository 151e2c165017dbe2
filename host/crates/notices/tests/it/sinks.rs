//! What each chat is sent.

use crate::parts::{desk, notice, route};
use crate::server::Server;
use notices::{Level, Secret, SinkConfig};
use serde_json::json;

#[track_caller]
fn sent(server: &Server, sink: SinkConfig, title: &str) -> (String, serde_json::Value) {
    let desk = desk(vec![route("chat", sink)]);
    desk.tell(&notice(title, Level::Serious));
    let posted = server.next();
    desk.end();
    assert_eq!(posted.header("content-type"), "application/json");
    assert_eq!(desk.routes()[0].sent, 1);
    (posted.path.clone(), posted.json())
}

#[test]
fn slack_gets_text_in_which_nothing_is_a_mark() {
    let server = Server::answering(&[(200, "")]);
    let url = Secret::new(server.url("/services/T/B/X"));
    let (path, json) = sent(&server, SinkConfig::Slack { url }, "<!here> a&b");
    assert_eq!(path, "/services/T/B/X");
    assert_eq!(json, json!({"text": "SERIOUS &lt;!here&gt; a&amp;b"}));
}

#[test]
fn discord_gets_text_that_calls_nobody() {
    let server = Server::answering(&[(204, "")]);
    let url = Secret::new(server.url("/api/webhooks/1/x"));
    let long = "x".repeat(5_000);
    let (_, json) = sent(&server, SinkConfig::Discord { url }, &long);
    assert_eq!(json["allowed_mentions"], json!({"parse": []}));
    let text = json["content"].as_str().unwrap();
    assert_eq!(text.chars().count(), 2_000);
    assert!(text.starts_with("SERIOUS xxx"), "{text}");
}

#[test]
fn telegram_gets_text_for_a_chat_from_a_bot() {
    let server = Server::answering(&[(200, "")]);
    let sink = SinkConfig::Telegram {
        token: Secret::new("123:abc"),
        chat: "-100".to_owned(),
        api: Some(server.url("/")),
    };
    let (path, json) = sent(&server, sink, "loss");
    assert_eq!(path, "/bot123:abc/sendMessage");
    assert_eq!(json, json!({"chat_id": "-100", "text": "SERIOUS loss"}));
}

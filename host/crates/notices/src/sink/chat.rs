//! Chats: Slack, Discord and Telegram. Each takes JSON with a text, has its own longest one, and its own
//! marks that would make something else of what a plugin says.

use crate::http::{Failure, Http};
use crate::outbox::Message;
use crate::secret::Secret;
use serde_json::json;

/// Longest text that each takes, in characters, or less.
const SLACK: usize = 30_000;
const DISCORD: usize = 2_000;
const TELEGRAM: usize = 4_096;
/// The bot API.
const TELEGRAM_API: &str = "https://api.telegram.org";

pub(crate) struct Slack(Http);

impl Slack {
    pub(crate) fn new(url: Secret) -> Result<Self, String> {
        Http::new(url).map(Self)
    }

    pub(crate) fn send(&self, message: &Message) -> Result<(), Failure> {
        let text = escaped(&shortened(&message.text, SLACK));
        self.0.post(&[], &json!({ "text": text }).to_string())
    }
}

pub(crate) struct Discord(Http);

impl Discord {
    pub(crate) fn new(url: Secret) -> Result<Self, String> {
        Http::new(url).map(Self)
    }

    pub(crate) fn send(&self, message: &Message) -> Result<(), Failure> {
        let text = shortened(&message.text, DISCORD);
        // Nobody is called by what a plugin says.
        let body = json!({ "content": text, "allowed_mentions": { "parse": [] } });
        self.0.post(&[], &body.to_string())
    }
}

pub(crate) struct Telegram {
    http: Http,
    token: Secret,
    chat: String,
}

impl Telegram {
    pub(crate) fn new(
        token: Secret,
        chat: &str,
        api: Option<&str>,
    ) -> Result<Self, (&'static str, String)> {
        let is_mark = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-');
        if token.is_empty() || !token.reveal().bytes().all(is_mark) {
            let reason = "is no token of a bot, such as 123456:ABC-DEF".to_owned();
            return Err(("token", reason));
        }
        if chat.is_empty() {
            let reason = "names no chat; write its number, or @name of a channel".to_owned();
            return Err(("chat", reason));
        }
        let api = api.unwrap_or(TELEGRAM_API).trim_end_matches('/');
        let url = format!("{api}/bot{}/sendMessage", token.reveal());
        Ok(Self {
            http: Http::new(Secret::new(url)).map_err(|reason| ("url", reason))?,
            token,
            chat: chat.to_owned(),
        })
    }

    pub(crate) fn send(&self, message: &Message) -> Result<(), Failure> {
        let text = shortened(&message.text, TELEGRAM);
        let body = json!({ "chat_id": self.chat, "text": text });
        let sent = self.http.post(&[], &body.to_string());
        sent.map_err(|failure| Failure {
            reason: self.token.scrub(&failure.reason),
            ..failure
        })
    }
}

/// What Slack would read as a link or a mention, as text.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

/// At most so many units of UTF-16, which is what they count in. No sink takes an empty text.
fn shortened(text: &str, units: usize) -> String {
    if text.trim().is_empty() {
        return "(no text)".to_owned();
    }
    if text.encode_utf16().count() <= units {
        return text.to_owned();
    }
    let mut left = units.saturating_sub(1);
    let fitting = text.chars().take_while(|letter| {
        let fits = letter.len_utf16() <= left;
        left = left.saturating_sub(letter.len_utf16());
        fits
    });
    let mut short: String = fitting.collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_where_a_letter_ends() {
        let check = |text: &str, units, expect: &str| assert_eq!(shortened(text, units), expect);
        check("abc", 3, "abc");
        check("abcd", 3, "ab…");
        check("ab🦀d", 4, "ab…");
        check("äöüß", 3, "äö…");
        check(" \n", 9, "(no text)");
    }

    #[test]
    fn a_plugin_calls_nobody_in_slack() {
        assert_eq!(escaped("<!channel> a & b"), "&lt;!channel&gt; a &amp; b");
    }

    #[test]
    fn tokens_of_bots_hold_nothing_that_changes_the_address() {
        let check = |token: &str, expect: bool| {
            let made = Telegram::new(Secret::new(token), "42", None);
            assert_eq!(made.is_ok(), expect, "{token}");
        };
        check("123456:ABC-def_1", true);
        check("", false);
        check("123/../x", false);
        check("1?a=b", false);
        assert!(Telegram::new(Secret::new("1:a"), "", None).is_err());
        let elsewhere = Telegram::new(Secret::new("1:a"), "42", Some("http://example.com"));
        assert_eq!(elsewhere.err().map(|(key, _)| key), Some("url"));
    }
}

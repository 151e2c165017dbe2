//! Where messages go. Each kind of sink has a file for what it wants of a message.

mod chat;
mod email;
mod mail;
mod webhook;

use crate::http::Failure;
use crate::outbox::Message;
use crate::secret::Secret;
use chat::{Discord, Slack, Telegram};
use email::Email;
pub use email::{EmailConfig, Security};
use model::Timestamp;
use webhook::Webhook;

/// A sink as it is configured.
#[derive(Debug, Clone)]
pub enum SinkConfig {
    /// JSON, signed, to a program.
    Webhook {
        /// Where.
        url: Secret,
        /// What it is signed with.
        secret: Secret,
    },
    /// An incoming webhook of Slack.
    Slack {
        /// Its address, which is a secret.
        url: Secret,
    },
    /// A webhook of a Discord channel.
    Discord {
        /// Its address, which is a secret.
        url: Secret,
    },
    /// A chat, by a bot of Telegram.
    Telegram {
        /// The bot's token.
        token: Secret,
        /// The chat's number or `@name`.
        chat: String,
        /// Where the bot API is; that of Telegram when `None`.
        api: Option<String>,
    },
    /// A mail.
    Email(EmailConfig),
}

impl SinkConfig {
    /// The name of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Slack { .. } => "slack",
            Self::Discord { .. } => "discord",
            Self::Telegram { .. } => "telegram",
            Self::Email(_) => "email",
        }
    }
}

/// A sink that can be sent to.
pub(crate) enum Sink {
    Webhook(Webhook),
    Slack(Slack),
    Discord(Discord),
    Telegram(Telegram),
    Email(Box<Email>),
}

impl Sink {
    /// Makes one; nothing is sent yet.
    ///
    /// # Errors
    /// The key at fault, and why.
    pub(crate) fn new(config: &SinkConfig) -> Result<Self, (&'static str, String)> {
        let at_url = |reason| ("url", reason);
        Ok(match config {
            SinkConfig::Webhook { url, secret } => {
                Self::Webhook(Webhook::new(url.clone(), secret.clone())?)
            }
            SinkConfig::Slack { url } => Self::Slack(Slack::new(url.clone()).map_err(at_url)?),
            SinkConfig::Discord { url } => {
                Self::Discord(Discord::new(url.clone()).map_err(at_url)?)
            }
            SinkConfig::Telegram { token, chat, api } => {
                Self::Telegram(Telegram::new(token.clone(), chat, api.as_deref())?)
            }
            SinkConfig::Email(email) => Self::Email(Box::new(Email::new(email)?)),
        })
    }

    /// Sends a message once; `now` is the clock's time.
    pub(crate) fn send(&self, message: &Message, now: Timestamp) -> Result<(), Failure> {
        match self {
            Self::Webhook(sink) => sink.send(message, now),
            Self::Slack(sink) => sink.send(message),
            Self::Discord(sink) => sink.send(message),
            Self::Telegram(sink) => sink.send(message),
            Self::Email(sink) => sink.send(message, now),
        }
    }
}

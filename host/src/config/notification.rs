//! `[[notification]]`: whom the host tells what, in which words, and when.

use super::Span;
use super::secrets::{Named, Problem};
use super::vault::{SecretName, Secrets, is_name};
use notices::{
    EmailConfig, Filter, Kind, Level, QuietHours, Retry, RouteConfig, Security, SinkConfig,
    Template,
};
use serde::Deserialize;
use std::path::PathBuf;

/// Messages that wait for a sink unless told, and at most.
const QUEUE: usize = 1_000;
const LONGEST_QUEUE: usize = 100_000;
/// Most attempts.
const MOST_ATTEMPTS: u32 = 100;

/// `[[notification]]`. Keys of other kinds of sinks than `kind` are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationSection {
    /// Unique name.
    pub name: String,
    /// Where its messages go.
    pub kind: SinkName,
    /// Which events; all of them when left out.
    pub on: Option<Vec<EventName>>,
    /// From how bad on.
    #[serde(default)]
    pub min_severity: LevelName,
    /// Codes of alerts; all of them when left out.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The text.
    #[serde(default = "default_template")]
    pub template: String,
    /// Mails: their heading.
    pub subject: Option<String>,
    /// When little is told.
    #[serde(default)]
    pub quiet_hours: Vec<QuietSection>,
    /// Messages that wait at most.
    #[serde(default = "default_queue")]
    pub queue: usize,
    /// How often a message is tried in all.
    #[serde(default = "default_attempts")]
    pub attempts: u32,
    /// The wait after the first attempt; twice as long after each other one.
    #[serde(default = "default_back_off")]
    pub back_off: Span,
    /// The longest wait.
    #[serde(default = "default_max_back_off")]
    pub max_back_off: Span,
    /// Webhooks: where; Telegram: where the bot API is; Slack and Discord: `secret:NAME` of the address.
    pub url: Option<String>,
    /// Webhooks, Slack, Discord: what holds the address.
    pub url_env: Option<String>,
    /// The same in a file.
    pub url_file: Option<PathBuf>,
    /// Webhooks: `secret:NAME` of the secret that they are signed with.
    pub secret: Option<SecretName>,
    /// Webhooks: what holds the secret that they are signed with.
    pub secret_env: Option<String>,
    /// The same in a file.
    pub secret_file: Option<PathBuf>,
    /// Telegram: `secret:NAME` of the bot's token.
    pub token: Option<SecretName>,
    /// Telegram: what holds the bot's token.
    pub token_env: Option<String>,
    /// The same in a file.
    pub token_file: Option<PathBuf>,
    /// Telegram: the number of the chat, or `@name` of a channel.
    pub chat: Option<String>,
    /// Mails: the server.
    pub server: Option<String>,
    /// Mails: its port.
    pub port: Option<u16>,
    /// Mails: how the way there is encrypted.
    pub security: Option<SecurityName>,
    /// Mails: who logs in there.
    pub user: Option<String>,
    /// Mails: `secret:NAME` of the password.
    pub password: Option<SecretName>,
    /// Mails: what holds the password.
    pub password_env: Option<String>,
    /// The same in a file.
    pub password_file: Option<PathBuf>,
    /// Mails: who they are from.
    pub from: Option<String>,
    /// Mails: whom they go to.
    #[serde(default)]
    pub to: Vec<String>,
}

fn default_template() -> String {
    "[{severity}] {title}\n{text}\n{time}, {run}".to_owned()
}

const fn default_queue() -> usize {
    QUEUE
}

fn default_attempts() -> u32 {
    Retry::default().attempts
}

const fn default_back_off() -> Span {
    Span(model::Duration::from_secs(1))
}

const fn default_max_back_off() -> Span {
    Span(model::Duration::from_secs(60))
}

/// Where messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SinkName {
    /// JSON, signed, to a program.
    Webhook,
    /// An incoming webhook of Slack.
    Slack,
    /// A webhook of a Discord channel.
    Discord,
    /// A chat, by a bot of Telegram.
    Telegram,
    /// A mail.
    Email,
}

/// Events that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventName {
    /// An alert was raised, became more severe, or is over.
    Alert,
    /// A strategy broke.
    Fault,
    /// Another version, or other parameters, took over.
    Swap,
    /// The version before took its place back.
    RollBack,
    /// A kill latch was set or cleared.
    Kill,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelName {
    /// To know.
    Info,
    /// A limit is near, or the like.
    #[default]
    Warning,
    /// Somebody should look.
    Serious,
    /// Somebody must look at once.
    Critical,
}

/// How the way to a server of mails is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityName {
    /// From the start.
    Tls,
    /// By STARTTLS, without which nothing is sent.
    #[serde(rename = "starttls")]
    StartTls,
    /// Not at all; on this machine only.
    None,
}

/// A part of each day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietSection {
    /// From this time of day on.
    pub from: String,
    /// Until this one; of the next day, when it is earlier.
    pub until: String,
    /// Whose clocks count, as `Europe/Zurich`; UTC when left out.
    pub zone: Option<String>,
    /// What is less bad than this is not told.
    #[serde(default = "default_below")]
    pub below: LevelName,
}

const fn default_below() -> LevelName {
    LevelName::Critical
}

impl From<EventName> for Kind {
    fn from(name: EventName) -> Self {
        match name {
            EventName::Alert => Self::Alert,
            EventName::Fault => Self::Fault,
            EventName::Swap => Self::Swap,
            EventName::RollBack => Self::RollBack,
            EventName::Kill => Self::Kill,
        }
    }
}

impl From<LevelName> for Level {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::Info => Self::Info,
            LevelName::Warning => Self::Warning,
            LevelName::Serious => Self::Serious,
            LevelName::Critical => Self::Critical,
        }
    }
}

impl From<SecurityName> for Security {
    fn from(name: SecurityName) -> Self {
        match name {
            SecurityName::Tls => Self::Tls,
            SecurityName::StartTls => Self::StartTls,
            SecurityName::None => Self::None,
        }
    }
}

impl NotificationSection {
    /// The route, with its secrets read.
    ///
    /// # Errors
    /// The key that cannot be meant, and why; never a secret.
    pub fn route(&self, secrets: &Secrets) -> Result<RouteConfig, Problem> {
        self.refuse_surplus()?;
        self.check_bounds()?;
        let template = |key: &str, text: &str| {
            Template::parse(text).map_err(|reason| (key.to_owned(), reason))
        };
        let subject = self.subject.as_deref().unwrap_or("[{severity}] {title}");
        Ok(RouteConfig {
            name: self.name.clone(),
            sink: self.sink(secrets)?,
            filter: self.filter(),
            quiet: self.quiet()?,
            subject: template("subject", subject)?,
            text: template("template", &self.template)?,
            queue: self.queue,
            retry: Retry {
                attempts: self.attempts,
                first: std::time::Duration::from_nanos(self.back_off.0.nanos()),
                longest: std::time::Duration::from_nanos(self.max_back_off.0.nanos()),
            },
        })
    }

    fn filter(&self) -> Filter {
        let kinds = self.on.as_ref();
        let kinds = kinds.map(|on| on.iter().map(|name| Kind::from(*name)).collect());
        Filter {
            kinds: kinds.unwrap_or_else(|| Kind::ALL.to_vec()),
            at_least: self.min_severity.into(),
            codes: self.codes.clone(),
        }
    }

    fn quiet(&self) -> Result<Vec<QuietHours>, Problem> {
        let hours = self.quiet_hours.iter().map(|section| {
            let parsed = QuietHours::parse(&section.from, &section.until, section.below.into());
            let parsed = match &section.zone {
                Some(zone) => parsed.and_then(|hours| hours.in_zone(zone)),
                None => parsed,
            };
            parsed.map_err(|reason| ("quiet_hours".to_owned(), reason))
        });
        hours.collect()
    }

    fn sink(&self, secrets: &Secrets) -> Result<SinkConfig, Problem> {
        Ok(match self.kind {
            SinkName::Webhook => SinkConfig::Webhook {
                url: self.address("the address (or `url`)", secrets)?,
                secret: self
                    .secret_named(secrets)
                    .needed("the secret for signatures")?,
            },
            SinkName::Slack => SinkConfig::Slack {
                url: self.address("the webhook's address", secrets)?,
            },
            SinkName::Discord => SinkConfig::Discord {
                url: self.address("the webhook's address", secrets)?,
            },
            SinkName::Telegram => SinkConfig::Telegram {
                token: self.token_named(secrets).needed("the bot's token")?,
                chat: needed("chat", self.chat.as_ref())?,
                api: self.url.clone(),
            },
            SinkName::Email => SinkConfig::Email(self.email(secrets)?),
        })
    }

    fn email(&self, secrets: &Secrets) -> Result<EmailConfig, Problem> {
        let password = Named {
            key: "password",
            variable: self.password_env.as_deref(),
            file: self.password_file.as_deref(),
            sealed: self.password.as_ref(),
            secrets,
        };
        let login = match &self.user {
            Some(user) => Some((user.clone(), password.needed("the password of `user`")?)),
            None if password.read()?.is_some() => {
                return said("user", "a password needs the user whose it is");
            }
            None => None,
        };
        Ok(EmailConfig {
            server: needed("server", self.server.as_ref())?,
            port: self.port,
            security: self.security.map_or(Security::Tls, Security::from),
            login,
            from: needed("from", self.from.as_ref())?,
            to: self.to.clone(),
        })
    }

    /// The address, which may be a secret.
    fn address(&self, what: &str, secrets: &Secrets) -> Result<notices::Secret, Problem> {
        if let Some(url) = &self.url {
            let url = secrets.text(url);
            let url = url.map_err(|reason| ("url".to_owned(), reason))?;
            return Ok(notices::Secret::new(url.as_str()));
        }
        let named = Named {
            key: "url",
            variable: self.url_env.as_deref(),
            file: self.url_file.as_deref(),
            sealed: None,
            secrets,
        };
        named.needed(what)
    }

    fn secret_named<'a>(&'a self, secrets: &'a Secrets) -> Named<'a> {
        Named {
            key: "secret",
            variable: self.secret_env.as_deref(),
            file: self.secret_file.as_deref(),
            sealed: self.secret.as_ref(),
            secrets,
        }
    }

    fn token_named<'a>(&'a self, secrets: &'a Secrets) -> Named<'a> {
        Named {
            key: "token",
            variable: self.token_env.as_deref(),
            file: self.token_file.as_deref(),
            sealed: self.token.as_ref(),
            secrets,
        }
    }

    fn check_bounds(&self) -> Result<(), Problem> {
        if self.name.is_empty() || self.name.contains('/') {
            return said(
                "name",
                "must be there, without `/`: it stands in paths of the API",
            );
        }
        if self.on.as_ref().is_some_and(Vec::is_empty) {
            return said("on", "names no event; leave it out for all of them");
        }
        if !(1..=LONGEST_QUEUE).contains(&self.queue) {
            return said("queue", "must be from 1 to 100000");
        }
        if !(1..=MOST_ATTEMPTS).contains(&self.attempts) {
            return said("attempts", "must be from 1 to 100");
        }
        if self.max_back_off.0 < self.back_off.0 {
            return said("max_back_off", "must not be shorter than `back_off`");
        }
        Ok(())
    }

    /// A key of another kind of sink is a mistake, and may be one about where a message goes.
    fn refuse_surplus(&self) -> Result<(), Problem> {
        use SinkName::{Discord, Email, Slack, Telegram, Webhook};
        let chats: &[SinkName] = &[Webhook, Slack, Discord];
        // The address of a chat's webhook is a secret, and belongs nowhere near here; the bot API's is none.
        let of_url: &[SinkName] = match &self.url {
            Some(url) if is_name(url) => chats,
            _ => &[Webhook, Telegram],
        };
        let fields: [(&str, bool, &[SinkName]); 20] = [
            ("url", self.url.is_some(), of_url),
            ("url_env", self.url_env.is_some(), chats),
            ("url_file", self.url_file.is_some(), chats),
            ("secret", self.secret.is_some(), &[Webhook]),
            ("secret_env", self.secret_env.is_some(), &[Webhook]),
            ("secret_file", self.secret_file.is_some(), &[Webhook]),
            ("token", self.token.is_some(), &[Telegram]),
            ("token_env", self.token_env.is_some(), &[Telegram]),
            ("token_file", self.token_file.is_some(), &[Telegram]),
            ("chat", self.chat.is_some(), &[Telegram]),
            ("server", self.server.is_some(), &[Email]),
            ("port", self.port.is_some(), &[Email]),
            ("security", self.security.is_some(), &[Email]),
            ("user", self.user.is_some(), &[Email]),
            ("password", self.password.is_some(), &[Email]),
            ("password_env", self.password_env.is_some(), &[Email]),
            ("password_file", self.password_file.is_some(), &[Email]),
            ("from", self.from.is_some(), &[Email]),
            ("to", !self.to.is_empty(), &[Email]),
            ("subject", self.subject.is_some(), &[Email]),
        ];
        let mut fields = fields.iter();
        match fields.find(|(_, given, kinds)| *given && !kinds.contains(&self.kind)) {
            Some((key, ..)) => said(key, "this kind of sink does not have it; leave it out"),
            None if self.url.is_some() && (self.url_env.is_some() || self.url_file.is_some()) => {
                said("url", "leave it out, or `url_env` and `url_file`")
            }
            None => Ok(()),
        }
    }
}

fn said<T>(key: &str, reason: &str) -> Result<T, Problem> {
    Err((key.to_owned(), reason.to_owned()))
}

fn needed(key: &str, value: Option<&String>) -> Result<String, Problem> {
    let missing = || (key.to_owned(), "this kind of sink needs it".to_owned());
    value.cloned().ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::vault::tests::made;

    fn route(text: &str) -> Result<RouteConfig, String> {
        let folder = tempfile::tempdir().unwrap();
        let secrets = made(folder.path(), "https://hooks.example/0123456789abcdef");
        let section: NotificationSection = toml::from_str(text).unwrap();
        section.route(&secrets).map_err(|(key, _)| key)
    }

    /// A section with a secret in a file; `FILE` stands for it.
    fn with_file(text: &str) -> Result<RouteConfig, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "https://hooks.example/0123456789abcdef\n").unwrap();
        route(&text.replace("FILE", &file.display().to_string()))
    }

    #[test]
    fn a_route_is_read_with_its_secrets() {
        let text = r#"
            name = "desk"
            kind = "slack"
            url_file = "FILE"
            on = ["alert", "roll_back"]
            min_severity = "serious"
            codes = ["P18"]
            quiet_hours = [{ from = "22:00", until = "06:00", zone = "Europe/Zurich" }]
            template = "{title}"
            back_off = "2s"
        "#;
        let route = with_file(text).unwrap();
        assert_eq!(route.filter.kinds, [Kind::Alert, Kind::RollBack]);
        assert_eq!(route.filter.at_least, Level::Serious);
        assert_eq!(route.quiet[0].below, Level::Critical);
        assert_eq!(route.retry.first, std::time::Duration::from_secs(2));
        assert_eq!((route.queue, route.retry.attempts), (QUEUE, 8));
        assert!(!format!("{route:?}").contains("hooks.example"));
    }

    #[test]
    fn what_cannot_be_meant_is_told_by_its_key() {
        let check = |text: &str, expect: &str| {
            let text = format!("name = \"a\"\n{text}");
            assert_eq!(with_file(&text).err().as_deref(), Some(expect), "{text}");
        };
        check("kind = \"slack\"", "url_env");
        check("kind = \"slack\"\nurl = \"https://hooks.example/x\"", "url");
        check(
            "kind = \"webhook\"\nurl = \"https://hooks.example/x\"",
            "secret_env",
        );
        check("kind = \"telegram\"\ntoken_file = \"FILE\"", "chat");
        check(
            "kind = \"discord\"\nurl_file = \"FILE\"\nchat = \"1\"",
            "chat",
        );
        check("kind = \"email\"", "server");
        check("kind = \"email\"\nuser = \"u\"", "password_env");
        check("kind = \"email\"\npassword_file = \"FILE\"", "user");
        let slack = "kind = \"slack\"\nurl_file = \"FILE\"\n";
        let with = |line: &str| format!("{slack}{line}");
        check(&with("template = \"{titel}\""), "template");
        check(&with("queue = 0"), "queue");
        check(&with("attempts = 0"), "attempts");
        check(&with("on = []"), "on");
        check(&with("back_off = \"1h\""), "max_back_off");
        check(
            &with("quiet_hours = [{ from = \"25:00\", until = \"06:00\" }]"),
            "quiet_hours",
        );
        check(
            &with("quiet_hours = [{ from = \"22:00\", until = \"06:00\", zone = \"Nowhere\" }]"),
            "quiet_hours",
        );
    }

    #[test]
    fn a_route_takes_secrets_from_their_file() {
        let url = "url = \"secret:desk\"";
        for kind in ["slack", "discord"] {
            let text = format!("name = \"a\"\nkind = \"{kind}\"\n{url}");
            assert!(route(&text).is_ok(), "{kind}");
        }
        let check = |text: &str, expect: Option<&str>| {
            let text = format!("name = \"a\"\n{text}");
            assert_eq!(route(&text).err().as_deref(), expect, "{text}");
        };
        let webhook = format!("kind = \"webhook\"\n{url}\nsecret = \"secret:desk\"");
        check(&webhook, None);
        check(&format!("{webhook}\nsecret_env = \"X\""), Some("secret"));
        check(&webhook.replace("secret:desk", "secret:other"), Some("url"));
        let telegram = "kind = \"telegram\"\nchat = \"1\"\ntoken = \"secret:desk\"";
        check(telegram, None);
        check(&format!("{telegram}\n{url}"), Some("url"));
        check("kind = \"email\"\npassword = \"secret:desk\"", Some("user"));
    }

    #[test]
    fn secrets_have_no_place_in_the_file() {
        for key in ["token", "secret", "password"] {
            let text = format!("name = \"a\"\nkind = \"email\"\n{key} = \"x\"");
            assert!(
                toml::from_str::<NotificationSection>(&text).is_err(),
                "{key}"
            );
        }
    }
}

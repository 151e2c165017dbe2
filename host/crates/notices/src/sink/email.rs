//! Mails, by SMTP. Whatever leaves this machine is encrypted, from the start or by STARTTLS.

use crate::http::{Failure, PATIENCE, is_loopback};
use crate::outbox::Message;
use crate::secret::Secret;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::{Error, SmtpTransportBuilder};
use lettre::{SmtpTransport, Transport};

/// Mails as they are configured.
#[derive(Debug, Clone)]
pub struct EmailConfig {
    /// The name of the server that takes them.
    pub server: String,
    /// Its port; the usual one of the kind of encryption when `None`.
    pub port: Option<u16>,
    /// How it is encrypted.
    pub security: Security,
    /// Who logs in there, and the password; nobody when `None`.
    pub login: Option<(String, Secret)>,
    /// Who they are from.
    pub from: String,
    /// Whom they go to.
    pub to: Vec<String>,
}

/// How the way to a server of mails is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// From the start; port 465.
    Tls,
    /// By STARTTLS, without which nothing is sent; port 587.
    StartTls,
    /// Not at all, which takes a server on this machine; port 25.
    None,
}

pub(crate) struct Email {
    transport: SmtpTransport,
    password: Option<Secret>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Email {
    pub(crate) fn new(config: &EmailConfig) -> Result<Self, (&'static str, String)> {
        if config.to.is_empty() {
            return Err(("to", "names nobody; write at least one address".to_owned()));
        }
        let to = config.to.iter().map(|address| mailbox("to", address));
        let mut builder = server(config)?.timeout(Some(PATIENCE));
        if let Some(port) = config.port {
            builder = builder.port(port);
        }
        if let Some((user, password)) = &config.login {
            let password = password.reveal().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            password: config.login.as_ref().map(|(_, password)| password.clone()),
            from: mailbox("from", &config.from)?,
            to: to.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn send(&self, message: &Message) -> Result<(), Failure> {
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            // A heading is one line, whatever a plugin says.
            .subject(message.subject.replace(['\r', '\n'], " "))
            .message_id(Some(format!("<{}@argonaut.invalid>", message.id)))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            mail = mail.to(to.clone());
        }
        let mail = mail.body(message.text.clone());
        let mail = mail.map_err(|error| Failure::never(error.to_string()))?;
        match self.transport.send(&mail) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failure(&error)),
        }
    }

    fn failure(&self, error: &Error) -> Failure {
        let mut reason = error.to_string();
        if let Some(password) = &self.password {
            reason = password.scrub(&reason);
        }
        match error.is_permanent() {
            true => Failure::never(reason),
            false => Failure::later(reason),
        }
    }
}

fn server(config: &EmailConfig) -> Result<SmtpTransportBuilder, (&'static str, String)> {
    let server = config.server.as_str();
    if server.is_empty() || server.contains(['/', '@', ' ']) {
        let reason = format!("`{server}` is no name of a server, such as mail.example");
        return Err(("server", reason));
    }
    let made = match config.security {
        Security::Tls => SmtpTransport::relay(server),
        Security::StartTls => SmtpTransport::starttls_relay(server),
        Security::None if is_loopback(server) => Ok(SmtpTransport::builder_dangerous(server)),
        Security::None => {
            let reason = "others could read what is sent; say `tls` or `starttls`".to_owned();
            return Err(("security", reason));
        }
    };
    made.map_err(|error| ("server", error.to_string()))
}

fn mailbox(key: &'static str, address: &str) -> Result<Mailbox, (&'static str, String)> {
    let mailbox = address.parse::<Mailbox>();
    mailbox.map_err(|error| (key, format!("`{address}`: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> EmailConfig {
        EmailConfig {
            server: "127.0.0.1".to_owned(),
            port: Some(2_525),
            security: Security::None,
            login: None,
            from: "Argonaut <argonaut@example.com>".to_owned(),
            to: vec!["desk@example.com".to_owned()],
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut EmailConfig), expect: Option<&str>) {
        let mut config = config();
        change(&mut config);
        let key = Email::new(&config).err().map(|(key, _)| key);
        assert_eq!(key, expect, "{config:?}");
    }

    #[test]
    fn what_cannot_be_sent_is_told_before_it_is_tried() {
        check(|_| {}, None);
        check(|config| config.to.clear(), Some("to"));
        check(|config| config.to.push("nobody".to_owned()), Some("to"));
        check(|config| config.from.clear(), Some("from"));
        check(|config| config.server.clear(), Some("server"));
        check(
            |config| config.server = "mail.example".to_owned(),
            Some("security"),
        );
    }
}

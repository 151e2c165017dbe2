//! Mails, by SMTP. Whatever leaves this machine is encrypted, from the start or by STARTTLS.

use super::mail::{Heads, mail};
use crate::http::{Failure, PATIENCE, is_loopback};
use crate::outbox::Message;
use crate::secret::Secret;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::{Error, SmtpTransportBuilder};
use lettre::{Address, SmtpTransport, Transport};
use model::Timestamp;

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
    from: Address,
    to: Vec<Address>,
    envelope: Envelope,
}

impl Email {
    pub(crate) fn new(config: &EmailConfig) -> Result<Self, (&'static str, String)> {
        if config.to.is_empty() {
            return Err(("to", "names nobody; write at least one address".to_owned()));
        }
        let from = address("from", &config.from)?;
        let to = config.to.iter().map(|text| address("to", text));
        let to = to.collect::<Result<Vec<_>, _>>()?;
        let envelope = Envelope::new(Some(from.clone()), to.clone());
        let envelope = envelope.map_err(|error| ("to", error.to_string()))?;
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
            from,
            to,
            envelope,
        })
    }

    pub(crate) fn send(&self, message: &Message, now: Timestamp) -> Result<(), Failure> {
        let to: Vec<_> = self.to.iter().map(Address::to_string).collect();
        let heads = Heads {
            from: self.from.as_ref(),
            to: &to.join(", "),
            subject: &message.subject,
            id: &message.id,
            date: now,
        };
        let mail = mail(&heads, &message.text);
        match self.transport.send_raw(&self.envelope, mail.as_bytes()) {
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

fn address(key: &'static str, text: &str) -> Result<Address, (&'static str, String)> {
    let wrong = |why: String| {
        (
            key,
            format!("`{text}`: {why}; write it as name@host.example"),
        )
    };
    if !text.is_ascii() {
        return Err(wrong("only ASCII is taken everywhere".to_owned()));
    }
    let address = text.parse::<Address>();
    address.map_err(|error| wrong(error.to_string()))
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
            from: "argonaut@example.com".to_owned(),
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

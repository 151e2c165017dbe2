//! A connection of its own to a host, for what is no request with an answer: over TLS where requests are, with the same
//! trust, and showing the same certificate.

use super::failure::hint;
use super::{Client, Failure, trust};
use anyhow::{Context, Result};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use ureq::http::Uri;

/// What is read and written, whatever is below.
pub(crate) trait Line: Read + Write {}

impl<T: Read + Write> Line for T {}

impl Client {
    /// Connects; whoever reads waits so long at most. Over TLS the host has shown by then who it is.
    pub(crate) fn connect(&self, silence: Duration) -> Result<Box<dyn Line>> {
        let origin = self.origin();
        let uri: Uri = origin.parse().with_context(|| origin.to_owned())?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => {
                let reason = format!("{origin}: write http:// or https://");
                return Err(Failure::Usage(reason).into());
            }
        };
        // An IPv6 address stands in brackets there.
        let host = uri.host().unwrap_or_default();
        let host = host.trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let nobody = |reason: String| {
            let hint = hint(origin);
            Failure::Ended(format!("no host answers at {origin}: {reason}; {hint}"))
        };
        let stream = TcpStream::connect((host.as_str(), port));
        let mut stream = stream.map_err(|error| nobody(error.to_string()))?;
        stream.set_read_timeout(Some(silence))?;
        if !is_tls {
            return Ok(Box::new(stream));
        }
        let config = trust::of_connections(self.agent.config().tls_config())?;
        let name = ServerName::try_from(host).with_context(|| origin.to_owned())?;
        let mut tls = ClientConnection::new(config, name)?;
        let shaken = tls.complete_io(&mut stream);
        shaken.map_err(|error| nobody(error.to_string()))?;
        Ok(Box::new(StreamOwned::new(tls, stream)))
    }
}

//! `[telemetry]`: where traces of requests are sent; nowhere by default.

use super::vault::{SecretName, Secrets};
use serde::Deserialize;
use std::collections::BTreeMap;
use telemetry::{Settings, SettingsError};
use zeroize::Zeroizing;

/// `[telemetry]`. Without it nothing is traced.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySection {
    /// The collector's address for OTLP over HTTP, such as `http://127.0.0.1:4318`.
    pub endpoint: String,
    /// Share of traces that are sent, of those whose callers did not decide it.
    #[serde(default = "default_sample")]
    pub sample: f64,
    /// What the host is called there.
    #[serde(default = "default_name")]
    pub service_name: String,
    /// Sent along, such as what the collector lets in by: `secret:NAME` by header.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretName>,
}

const fn default_sample() -> f64 {
    1.0
}

fn default_name() -> String {
    "argonaut".to_owned()
}

impl TelemetrySection {
    /// The settings of a run, with its secrets read.
    ///
    /// # Errors
    /// The key that cannot be meant, and why; never a secret.
    pub fn settings(&self, run: &str, secrets: &Secrets) -> Result<Settings, SettingsError> {
        let headers = self.headers.iter().map(|(header, name)| {
            let value = secrets.value(name);
            let value = value.map_err(|reason| SettingsError {
                field: "headers",
                reason,
            })?;
            let value = Zeroizing::new(value.reveal().to_owned());
            Ok((header.clone(), value))
        });
        let settings = Settings {
            endpoint: self.endpoint.clone(),
            sample: self.sample,
            service_name: self.service_name.clone(),
            service_version: env!("CARGO_PKG_VERSION").to_owned(),
            instance: run.to_owned(),
            headers: headers.collect::<Result<_, SettingsError>>()?,
        };
        settings.check()?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::vault::tests::made;

    #[test]
    fn a_collector_is_named_and_its_key_is_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = made(folder.path(), "Bearer hunter2");
        let read = |text: &str| {
            let section: TelemetrySection = toml::from_str(text).unwrap();
            let settings = section.settings("run-1", &secrets);
            settings.map_err(|error| error.field)
        };
        let local = "endpoint = \"http://127.0.0.1:4318\"";
        let usual = read(local).unwrap();
        assert_eq!(
            (usual.service_name.as_str(), usual.instance.as_str()),
            ("argonaut", "run-1")
        );
        assert!(usual.headers.is_empty());
        let header =
            |name: &str| format!("{local}\nheaders = {{ authorization = \"secret:{name}\" }}");
        let sealed = read(&header("desk")).unwrap();
        assert_eq!(sealed.headers[0].1.as_str(), "Bearer hunter2");
        assert_eq!(read(&header("other")).unwrap_err(), "headers");
        assert_eq!(
            read(&format!("{local}\nsample = 2.0")).unwrap_err(),
            "sample"
        );
        assert_eq!(
            read("endpoint = \"http://far.example\"").unwrap_err(),
            "endpoint"
        );
        let open = format!("{local}\nheaders = {{ authorization = \"Bearer hunter2\" }}");
        let error = toml::from_str::<TelemetrySection>(&open).unwrap_err();
        assert!(!error.message().contains("hunter2"), "{}", error.message());
    }
}

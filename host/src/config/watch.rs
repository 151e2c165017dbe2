//! What becomes of builds that are dropped into the plugin folder: `on_new_build` and `probation` of a
//! strategy, and how files are watched, in `[plugins]`.

use super::{Config, Decimal, PluginsSection, Span, StrategySection};
use engine::Probation;
use model::Money;
use serde::Deserialize;
use services::handle::HostError;
use services::plugin_watch::{OnNewBuild, PluginWatchConfig, Watched};
use std::time::Duration;

/// A key that cannot be meant, and why.
type Problem = (String, String);

/// The least time after which a file counts as written: file systems tell times apart by milliseconds.
const LEAST_QUIET: Duration = Duration::from_millis(50);
/// The most that may be said of either time.
const MOST: Duration = Duration::from_secs(3_600);

/// What becomes of a new build of a strategy's plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNewBuildName {
    /// Nothing.
    #[default]
    Ignore,
    /// It is kept, for somebody to look at.
    Admit,
    /// It trades in a shadow.
    Shadow,
    /// It takes over.
    Swap,
}

/// `probation` of a strategy: how a build that took over is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbationSection {
    /// Engine time from the switch on.
    #[serde(rename = "for")]
    pub lasts: Span,
    /// Faults that are borne; none when left out.
    #[serde(default)]
    pub max_faults: u32,
    /// What may be lost, in the account's base currency; anything when left out.
    pub max_loss: Option<Decimal<Money>>,
    /// Orders that may be refused; any number when left out.
    pub max_denials: Option<u64>,
    /// How far it may fall below the most it had brought; any way down when left out.
    pub max_drawdown: Option<Decimal<Money>>,
    /// How many of a hundred orders may be refused; all when left out.
    pub max_denied_percent: Option<u8>,
}

impl From<&ProbationSection> for Probation {
    fn from(section: &ProbationSection) -> Self {
        Self {
            lasts: section.lasts.0,
            max_faults: section.max_faults,
            max_loss: section.max_loss.map(|loss| loss.0),
            max_denials: section.max_denials,
            max_drawdown: section.max_drawdown.map(|loss| loss.0),
            max_denied_percent: section.max_denied_percent,
        }
    }
}

impl StrategySection {
    /// What is watched for it, if anything is.
    ///
    /// # Errors
    /// The key that cannot be meant, and why.
    pub fn watched(&self) -> Result<Option<Watched>, Problem> {
        let said = |key: &str, reason: String| Err((key.to_owned(), reason));
        let on_new_build = match (self.on_new_build, &self.probation) {
            (OnNewBuildName::Swap, probation) => {
                OnNewBuild::Swap(probation.as_ref().map(Probation::from))
            }
            (_, Some(_)) => {
                let reason = "it is of builds that take over; set `on_new_build = \"swap\"` too";
                return said("probation", reason.to_owned());
            }
            (OnNewBuildName::Ignore, None) => return Ok(None),
            (OnNewBuildName::Admit, None) => OnNewBuild::Admit,
            (OnNewBuildName::Shadow, None) => OnNewBuild::Shadow,
        };
        match on_new_build.check() {
            Ok(()) => {}
            Err(HostError::Invalid { field, reason }) => {
                return said(field.trim_end_matches("_ns"), reason);
            }
            Err(error) => return said("probation", error.to_string()),
        }
        Ok(Some(Watched {
            strategy: self.name.clone(),
            plugin: self.plugin.clone(),
            on_new_build,
        }))
    }
}

impl PluginsSection {
    /// How long files must have been the same, and signatures are waited for.
    fn times(&self) -> Result<(Duration, Duration), Problem> {
        let [quiet, wait] = [self.watch_quiet, self.watch_signature_wait]
            .map(|span| Duration::from_nanos(span.0.nanos()));
        let said = |key: &str, reason: &str| Err((format!("plugins.{key}"), reason.to_owned()));
        if !(LEAST_QUIET..=MOST).contains(&quiet) {
            return said("watch_quiet", "give \"50ms\" to \"1h\"");
        }
        if wait > MOST {
            return said("watch_signature_wait", "give \"0s\" to \"1h\"");
        }
        Ok((quiet, wait))
    }
}

impl Config {
    /// The plugin files that are watched; `None` where none is.
    ///
    /// # Errors
    /// The key that cannot be meant, and why.
    pub fn plugin_watch(&self) -> Result<Option<PluginWatchConfig>, Problem> {
        let (quiet, signature_wait) = self.plugins.times()?;
        let mut watched = Vec::new();
        for (index, section) in self.strategies.iter().enumerate() {
            let of = section.watched();
            watched.extend(of.map_err(|(key, why)| (format!("strategy[{index}].{key}"), why))?);
        }
        let is_wanted = self.plugins.watch && !watched.is_empty();
        Ok(is_wanted.then(|| PluginWatchConfig {
            folder: self.host.plugin_dir.clone(),
            watched,
            quiet,
            signature_wait,
        }))
    }
}

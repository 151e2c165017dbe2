//! Execution algorithms, custom rules and venue models of a backtest: read, admitted and defined as a
//! live host does.

use super::spec::VENUE;
use crate::plugins::Plugins;
use crate::session::Session;
use crate::universe::Universe;
use anyhow::{Context, Result, anyhow, bail};
use engine::{AlgorithmConfig, Custom, Definition, LimitScope, RuleConfig};
use model::{ModelKind, Timestamp};
use services::plugin::{CustomRequest, ModelRequest, PluginHost};
use services::venue_models::StagedModels;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

/// A plugin beside the strategy: `NAME=FILE`, then its parameters, as in `twap=twap.wasm,minutes=20`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomPlugin {
    /// The name under which it is known.
    pub name: String,
    /// The component.
    pub plugin: PathBuf,
    /// Its parameters, as given.
    pub parameters: BTreeMap<String, String>,
}

impl FromStr for CustomPlugin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            (!name.is_empty() && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
        };
        let mut parts = text.split(',').map(pair);
        let wrong = || "write NAME=FILE, then parameters as in NAME=FILE,minutes=20".to_owned();
        let (name, plugin) = parts.next().flatten().ok_or_else(wrong)?;
        Ok(Self {
            name,
            plugin: PathBuf::from(plugin),
            parameters: parts.collect::<Option<_>>().ok_or_else(wrong)?,
        })
    }
}

/// Defines algorithms, and rules that judge every order.
pub(super) fn define(
    session: &mut Session,
    plugins: &Plugins,
    universe: &Universe,
    (algorithms, rules): (&[CustomPlugin], &[CustomPlugin]),
    now: Timestamp,
) -> Result<()> {
    let host = plugins.as_host();
    for custom in algorithms {
        let what = || format!("--algorithm {}", custom.name);
        let made = host.algorithm(
            &custom.bytes().with_context(what)?,
            custom.request(universe),
        );
        let made = made.map_err(|refusal| anyhow!("{}: {}", what(), refusal.reason))?;
        let definition = Definition::Algorithm(AlgorithmConfig {
            name: custom.name.clone(),
            plugin: made.plugin,
            parameters: custom.parameters.clone().into_iter().collect(),
        });
        session
            .define_custom(definition, Custom::Algorithm(made.maker), now)
            .with_context(what)?;
    }
    for custom in rules {
        let what = || format!("--rule {}", custom.name);
        let made = host.rule(
            &custom.bytes().with_context(what)?,
            custom.request(universe),
        );
        let made = made.map_err(|refusal| anyhow!("{}: {}", what(), refusal.reason))?;
        let definition = Definition::Rule(RuleConfig {
            name: custom.name.clone(),
            scope: LimitScope::Firm,
            plugin: made.plugin,
            parameters: made.parameters,
        });
        session
            .define_custom(definition, Custom::Rule(made.rule), now)
            .with_context(what)?;
    }
    Ok(())
}

/// Makes models of the venue, whose definition then names them.
pub(super) fn venue_models(
    plugins: &Plugins,
    definitions: &mut [Definition],
    customs: &[CustomPlugin],
) -> Result<StagedModels> {
    let host = plugins.as_host();
    let mut staged = StagedModels::new();
    for custom in customs {
        let what = || format!("--venue-model {}", custom.name);
        let mut kinds = ModelKind::ALL.into_iter();
        let kind = kinds.find(|kind| kind.name() == custom.name);
        let wrong = || format!("{}: write fill=FILE, fee=FILE or latency=FILE", what());
        let request = ModelRequest {
            venue: VENUE.to_owned(),
            kind: kind.with_context(wrong)?,
            parameters: custom.parameters.clone(),
        };
        let made = host.venue_model(&custom.bytes().with_context(what)?, request);
        let made = made.map_err(|refusal| anyhow!("{}: {}", what(), refusal.reason))?;
        let model = services::venue_models::name(definitions, VENUE, made);
        let model = model.map_err(|reason| anyhow!("{}: {reason}", what()))?;
        staged.push((VENUE.to_owned(), model));
    }
    Ok(staged)
}

/// Refuses two of one kind with one name: the second would take the place of the first.
pub fn check_names(option: &str, customs: &[CustomPlugin]) -> Result<()> {
    for (place, custom) in customs.iter().enumerate() {
        if customs
            .iter()
            .take(place)
            .any(|other| other.name == custom.name)
        {
            bail!("{option} {}: this name was given before", custom.name);
        }
    }
    Ok(())
}

impl CustomPlugin {
    fn bytes(&self) -> Result<Vec<u8>> {
        let file = &self.plugin;
        std::fs::read(file)
            .with_context(|| format!("{}: the plugin cannot be read", file.display()))
    }

    fn request(&self, universe: &Universe) -> CustomRequest {
        let instruments = universe.instruments();
        CustomRequest {
            name: self.name.clone(),
            instruments: instruments
                .map(|(id, traded)| (id, traded.clone()))
                .collect(),
            currencies: universe.currency_names().to_vec(),
            strategies: universe.strategy_names().to_vec(),
            accounts: universe.account_names().to_vec(),
            parameters: self.parameters.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_files_and_parameters_are_read() {
        let read: CustomPlugin = "slow=plugins/twap.wasm,slices=4, duration_s=60"
            .parse()
            .unwrap();
        let parameter = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expect = CustomPlugin {
            name: "slow".to_owned(),
            plugin: PathBuf::from("plugins/twap.wasm"),
            parameters: [parameter("slices", "4"), parameter("duration_s", "60")].into(),
        };
        assert_eq!(read, expect);
        assert!(check_names("--rule", &[read.clone(), read]).is_err());
        for wrong in ["", "twap", "=twap.wasm", "twap=", "twap=a.wasm,slices"] {
            let error = wrong.parse::<CustomPlugin>().unwrap_err();
            assert!(error.contains("NAME=FILE"), "{wrong}: {error}");
        }
    }
}

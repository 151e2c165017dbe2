//! `[[algorithm]]` and `[[rule]]`: plugins that work orders, and plugins that judge them; and the models
//! of a simulated venue.

use model::ModelKind;
use serde::Deserialize;
use services::handle::{AlgorithmRequest, PluginSource, RuleRequest, ScopeName, Terms};
use services::venue_models::NamedModel;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `[[algorithm]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlgorithmSection {
    /// The name by which orders ask for it.
    pub name: String,
    /// Its plugin, below the plugin folder.
    pub plugin: PathBuf,
    /// Parameters of orders that do not give their own.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

impl AlgorithmSection {
    /// What the host is asked.
    pub fn request(&self) -> AlgorithmRequest {
        AlgorithmRequest {
            name: self.name.clone(),
            plugin: PluginSource::Path(self.plugin.clone()),
            parameters: self.parameters.clone(),
            terms: Terms::configured(),
        }
    }
}

/// `[[rule]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSection {
    /// Unique name.
    pub name: String,
    /// Whose orders it judges: `firm` (when left out), `account/NAME` or `strategy/NAME`.
    pub scope: Option<String>,
    /// Its plugin, below the plugin folder.
    pub plugin: PathBuf,
    /// Parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

impl RuleSection {
    /// What the host is asked.
    ///
    /// # Errors
    /// What is wrong with the scope.
    pub fn request(&self) -> Result<RuleRequest, String> {
        Ok(RuleRequest {
            name: self.name.clone(),
            scope: self.scope()?,
            plugin: PluginSource::Path(self.plugin.clone()),
            parameters: self.parameters.clone(),
            terms: Terms::configured(),
        })
    }

    /// Whether it judges the orders of this strategy alone.
    pub fn is_of_strategy(&self, name: &str) -> bool {
        self.scope() == Ok(ScopeName::Strategy(name.to_owned()))
    }

    fn scope(&self) -> Result<ScopeName, String> {
        let Some(scope) = &self.scope else {
            return Ok(ScopeName::Firm);
        };
        match scope.parse() {
            Ok(ScopeName::Instrument(_)) => {
                Err("a rule judges orders of the firm, an account or a strategy".to_owned())
            }
            Ok(scope) => Ok(scope),
            Err(error) => Err(format!("{error}")),
        }
    }
}

/// `fill_model`, `fee_model` or `latency_model` of a venue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSection {
    /// Its plugin, below the plugin folder.
    pub plugin: PathBuf,
    /// Parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

impl ModelSection {
    /// The model as one of a venue.
    pub fn named(&self, venue: &str, kind: ModelKind) -> NamedModel {
        NamedModel {
            venue: venue.to_owned(),
            kind,
            plugin: PluginSource::Path(self.plugin.clone()),
            parameters: self.parameters.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> RuleSection {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_rule_binds_the_firm_unless_it_says_whom() {
        let firm = rule("name = \"a\"\nplugin = \"a.wasm\"");
        assert_eq!(firm.request().unwrap().scope, ScopeName::Firm);
        let one = rule("name = \"a\"\nplugin = \"a.wasm\"\nscope = \"strategy/ema\"");
        assert!(one.is_of_strategy("ema") && !one.is_of_strategy("rsi"));
        for scope in ["instrument/EQ", "everybody"] {
            let bad = rule(&format!(
                "name = \"a\"\nplugin = \"a\"\nscope = \"{scope}\""
            ));
            assert!(bad.request().is_err(), "{scope}");
        }
    }

    #[test]
    fn an_algorithm_brings_parameters_and_no_unknown_keys() {
        let text = "name = \"twap\"\nplugin = \"twap.wasm\"\nparameters = { slices = \"10\" }";
        let section: AlgorithmSection = toml::from_str(text).unwrap();
        assert_eq!(section.request().parameters["slices"], "10");
        let wrong = format!("{text}\nscope = \"firm\"");
        assert!(toml::from_str::<AlgorithmSection>(&wrong).is_err());
    }
}

//! A version of a strategy and the terms on which it is taken, as requests bring them: in JSON, or in the query
//! beside the component itself.

use super::canary::WhenOverName;
use super::command::{Parameters, plain};
use super::limits::Nanoseconds;
use super::object::Object;
use super::probation::ProbationRequest;
use super::text::{Decimal, ParameterValue};
use crate::extract::Fields;
use crate::openapi::NumberText;
use crate::problem::Problem;
use engine::HandOver;
use serde::{Deserialize, Serialize};
use services::handle::{PluginSource, Terms};
use std::collections::BTreeMap;

/// What marks a strategy's parameter in the query.
const PARAMETER_PREFIX: &str = "param.";

/// A version, and on what terms it is taken.
pub(crate) struct Version {
    /// The one that runs when `None`.
    pub(crate) plugin: Option<PluginSource>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) terms: Terms,
    pub(crate) hand_over: HandOver,
}

impl Version {
    /// Of a component that is sent, with all else taken from the query.
    pub(crate) fn from_query(plugin: PluginSource, fields: &mut Fields) -> Result<Self, Problem> {
        let parameters = parameters_from_query(fields);
        let terms = terms_from_query(fields)?;
        let state: Option<HandOverName> = fields.value("state", "carry or fresh")?;
        Ok(Self {
            plugin: Some(plugin),
            parameters,
            terms,
            hand_over: state.unwrap_or_default().into(),
        })
    }
}

/// Takes a strategy's parameters from the query.
pub(crate) fn parameters_from_query(fields: &mut Fields) -> BTreeMap<String, String> {
    fields.with_prefix(PARAMETER_PREFIX)
}

/// Takes from the query on what terms a plugin is wanted.
pub(crate) fn terms_from_query(fields: &mut Fields) -> Result<Terms, Problem> {
    Ok(terms(fields.truth("force")?, fields.text("by")))
}

/// On what terms a request wants a plugin.
pub(crate) fn terms(force: bool, by: Option<String>) -> Terms {
    Terms {
        force,
        by,
        ..Terms::default()
    }
}

/// A body that names a version: what each says of it, and then what is its own. Serde could put the one into the
/// other too, but would no longer say where in the body something does not fit, nor refuse what is too much.
macro_rules! naming_a_version {
    ($(#[$($about:tt)*])* $name:ident { $($own:tt)* }) => {
        $(#[$($about)*])*
        #[derive(Debug, Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            /// As of a new strategy; the plugin that runs when absent.
            plugin: Option<String>,
            #[serde(default)]
            #[schema(value_type = BTreeMap<String, ParameterValue>)]
            parameters: Parameters,
            #[serde(default)]
            force: bool,
            #[schema(
                min_length = 1,
                max_length = 64,
                pattern = "^(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]*$"
            )]
            by: Option<String>,
            $($own)*
        }

        impl $name {
            /// Takes out the version that it names.
            pub(crate) fn version(&mut self) -> Version {
                Version {
                    plugin: self.plugin.as_deref().map(PluginSource::named),
                    parameters: plain(std::mem::take(&mut self.parameters)),
                    terms: terms(self.force, self.by.take()),
                    hand_over: self.state.into(),
                }
            }
        }
    };
}

naming_a_version! {
    /// Body of `POST strategies/{name}/swap` as JSON.
    SwapStrategyRequest {
        /// What it begins with.
        #[serde(default)]
        state: HandOverName,
        #[schema(value_type = Option<ProbationRequest>)]
        pub(crate) probation: Option<Object<ProbationRequest>>,
        /// Starts one that is stopped or broken with it.
        #[serde(default)]
        pub(crate) start: bool,
    }
}

naming_a_version! {
    /// Body of `POST strategies/{name}/shadow` as JSON.
    ShadowStrategyRequest {
        #[serde(default)]
        state: HandOverName,
        /// At most an hour; a second when absent.
        #[schema(value_type = Option<NumberText>)]
        pub(crate) tolerance_ns: Option<Decimal<Nanoseconds>>,
    }
}

naming_a_version! {
    /// Body of `POST strategies/{name}/canary` as JSON.
    CanaryStrategyRequest {
        /// What it begins with.
        #[serde(default)]
        state: HandOverName,
        /// Symbols of its instruments.
        #[schema(min_items = 1)]
        pub(crate) instruments: Vec<String>,
        #[schema(value_type = ProbationRequest)]
        pub(crate) probation: Object<ProbationRequest>,
        #[serde(default)]
        pub(crate) when_over: WhenOverName,
    }
}

/// What a version begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum HandOverName {
    /// What the running version saves.
    #[default]
    #[serde(alias = "carry")]
    Carry,
    /// Nothing.
    #[serde(alias = "fresh")]
    Fresh,
}

impl std::str::FromStr for HandOverName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "CARRY" | "carry" => Ok(Self::Carry),
            "FRESH" | "fresh" => Ok(Self::Fresh),
            other => Err(format!("`{other}` is neither carry nor fresh")),
        }
    }
}

impl From<HandOverName> for HandOver {
    fn from(name: HandOverName) -> Self {
        match name {
            HandOverName::Carry => Self::Carry,
            HandOverName::Fresh => Self::Fresh,
        }
    }
}

impl From<HandOver> for HandOverName {
    fn from(hand_over: HandOver) -> Self {
        match hand_over {
            HandOver::Carry => Self::Carry,
            HandOver::Fresh => Self::Fresh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::parse_json;
    use serde_json::json;
    use utoipa::PartialSchema;

    #[test]
    fn what_a_body_says_of_a_version_comes_out_whole() {
        let body = json!({
            "plugin": "ema2.wasm", "parameters": {"fast": 5}, "force": true, "by": "anna", "state": "fresh",
            "start": true,
        });
        let mut request: SwapStrategyRequest = parse_json(body.to_string().as_bytes()).unwrap();
        let version = request.version();
        assert!(
            matches!(version.plugin, Some(PluginSource::Path(path)) if path.ends_with("ema2.wasm"))
        );
        assert_eq!(
            version.parameters,
            BTreeMap::from([("fast".to_owned(), "5".to_owned())])
        );
        assert_eq!(version.terms, terms(true, Some("anna".to_owned())));
        assert_eq!(version.hand_over, HandOver::Fresh);
        assert!(request.start && request.probation.is_none());
    }

    #[test]
    fn bodies_that_name_a_version_are_described_alike() {
        let schemas = [
            SwapStrategyRequest::schema(),
            ShadowStrategyRequest::schema(),
            CanaryStrategyRequest::schema(),
        ];
        for schema in schemas {
            let schema = serde_json::to_value(schema).unwrap();
            assert_eq!(schema["additionalProperties"], false);
            let properties = &schema["properties"];
            assert_eq!(properties["by"]["maxLength"], 64);
            assert_eq!(properties["force"]["type"], "boolean");
            assert!(properties["plugin"]["description"].is_string());
            assert!(properties["state"].is_object());
        }
    }
}

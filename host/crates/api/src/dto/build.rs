//! What became of a build that was dropped into the plugin folder.

use super::text::Name;
use serde::Serialize;
use services::view::BuildView;

/// A plugin file that changed, or was found.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct BuildDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    /// As the configuration names it.
    pub(crate) file: String,
    /// The SHA-256 of the component in it.
    pub(crate) plugin: Option<String>,
    pub(crate) outcome: Name,
    /// The stage that refused it, or the code of the refusal.
    #[schema(value_type = Option<String>)]
    pub(crate) stage: Option<Name>,
    pub(crate) reason: Option<String>,
}

impl BuildDto {
    pub(crate) fn new(view: &BuildView) -> Self {
        Self {
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            file: view.file.clone(),
            plugin: view.plugin.map(|hash| hash.to_string()),
            outcome: Name(view.outcome.name()),
            stage: view.stage.map(Name),
            reason: view.reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{PluginHash, Timestamp};
    use serde_json::json;
    use services::view::BuildOutcome;

    #[test]
    fn a_build_says_what_became_of_it() {
        let view = BuildView {
            time: Timestamp::from_nanos(5),
            file: "one.wasm".to_owned(),
            plugin: Some(PluginHash::new([0xab; 32])),
            outcome: BuildOutcome::Refused,
            stage: Some("parse"),
            reason: Some("parse: it ends too early".to_owned()),
        };
        let shown = serde_json::to_value(BuildDto::new(&view)).unwrap();
        let expect = json!({
            "time": view.time.to_string(), "time_ns": "5", "file": "one.wasm",
            "plugin": "ab".repeat(32), "outcome": "REFUSED", "stage": "parse",
            "reason": "parse: it ends too early",
        });
        assert_eq!(shown, expect);
    }
}

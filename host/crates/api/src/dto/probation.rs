//! Probation: how a version is watched after it took over, and that one was sent back.

use super::canary::CanaryDto;
use super::limits::Nanoseconds;
use super::object::Object;
use super::strategy::PluginDto;
use super::text::Decimal;
use crate::extract::Fields;
use crate::names::Names;
use crate::openapi::ProbationText;
use crate::problem::Problem;
use engine::Probation;
use model::Money;
use serde::{Deserialize, Serialize};
use services::view::{ProbationView, RollBackView};

/// What operators say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProbationRequest {
    /// Engine time from the switch on: more than 0 and at most 92 days.
    #[schema(value_type = ProbationText)]
    pub(crate) for_ns: Decimal<Nanoseconds>,
    /// Faults that are borne.
    #[serde(default)]
    #[schema(maximum = 4294967295u32)]
    pub(crate) max_faults: u32,
    /// In the account's base currency, 0 or more.
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,18}(\\.[0-9]{1,9})?$")]
    pub(crate) max_loss: Option<Decimal<Money>>,
    #[schema(maximum = 18446744073709551615u64)]
    pub(crate) max_denials: Option<u64>,
    /// How far it may fall below the most it had brought, in the account's base currency, 0 or more.
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,18}(\\.[0-9]{1,9})?$")]
    pub(crate) max_drawdown: Option<Decimal<Money>>,
    /// How many of a hundred orders and changes may be refused, once 20 were judged.
    #[schema(maximum = 100u32)]
    pub(crate) max_denied_percent: Option<u8>,
}

/// Body of `POST strategies/{name}/shadow/promote` and `canary/promote`, where there is one.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromoteRequest {
    /// The SHA-256 of the version that is meant; that which is there when absent.
    #[schema(pattern = "^(sha256:)?[0-9A-Fa-f]{64}$")]
    pub(crate) plugin: Option<String>,
    #[schema(value_type = Option<ProbationRequest>)]
    pub(crate) probation: Option<Object<ProbationRequest>>,
}

impl From<ProbationRequest> for Probation {
    fn from(request: ProbationRequest) -> Self {
        Self {
            lasts: request.for_ns.0.duration(),
            max_faults: request.max_faults,
            max_loss: request.max_loss.map(|loss| loss.0),
            max_denials: request.max_denials,
            max_drawdown: request.max_drawdown.map(|loss| loss.0),
            max_denied_percent: request.max_denied_percent,
        }
    }
}

impl From<Object<ProbationRequest>> for Probation {
    fn from(Object(request): Object<ProbationRequest>) -> Self {
        request.into()
    }
}

/// The same from a query: `probation.for_ns` and so on.
pub(crate) fn from_query(fields: &mut Fields) -> Result<Option<Probation>, Problem> {
    let nanoseconds = "a whole number of nanoseconds";
    let lasts: Option<Nanoseconds> = fields.value("probation.for_ns", nanoseconds)?;
    let max_faults: Option<u32> = fields.value("probation.max_faults", "a whole number")?;
    let max_loss: Option<Money> = fields.value("probation.max_loss", "a decimal such as 100.5")?;
    let max_denials: Option<u64> = fields.value("probation.max_denials", "a whole number")?;
    let max_drawdown: Option<Money> =
        fields.value("probation.max_drawdown", "a decimal such as 100.5")?;
    let max_denied_percent: Option<u8> =
        fields.value("probation.max_denied_percent", "a whole number up to 100")?;
    let others = [
        max_faults.is_some(),
        max_loss.is_some(),
        max_denials.is_some(),
        max_drawdown.is_some(),
        max_denied_percent.is_some(),
    ];
    match lasts {
        Some(lasts) => Ok(Some(Probation {
            lasts: lasts.duration(),
            max_faults: max_faults.unwrap_or(0),
            max_loss,
            max_denials,
            max_drawdown,
            max_denied_percent,
        })),
        None if others.contains(&true) => Err(endless()),
        None => Ok(None),
    }
}

/// The same where there must be one.
pub(crate) fn needed_from_query(fields: &mut Fields) -> Result<Probation, Problem> {
    from_query(fields)?.ok_or_else(endless)
}

fn endless() -> Problem {
    let detail = "the query must say for how long";
    Problem::disagrees("probation.for_ns", detail)
}

/// A version that is watched.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ProbationDto {
    /// The version that would take its place back.
    pub(crate) before: Option<PluginDto>,
    pub(crate) since: String,
    pub(crate) since_ns: String,
    pub(crate) until: String,
    pub(crate) until_ns: String,
    pub(crate) max_faults: u32,
    pub(crate) max_loss: Option<String>,
    pub(crate) max_denials: Option<u64>,
    pub(crate) max_drawdown: Option<String>,
    pub(crate) max_denied_percent: Option<u8>,
    /// What it has, where the version before trades too.
    pub(crate) canary: Option<CanaryDto>,
}

impl ProbationDto {
    pub(crate) fn new(view: &ProbationView, names: &Names) -> Self {
        let terms = &view.terms;
        Self {
            before: view.before.as_ref().map(PluginDto::new),
            since: view.since.to_string(),
            since_ns: view.since.nanos().to_string(),
            until: view.until.to_string(),
            until_ns: view.until.nanos().to_string(),
            max_faults: terms.max_faults,
            max_loss: terms.max_loss.map(|loss| loss.to_string()),
            max_denials: terms.max_denials,
            max_drawdown: terms.max_drawdown.map(|loss| loss.to_string()),
            max_denied_percent: terms.max_denied_percent,
            canary: view
                .canary
                .as_ref()
                .map(|canary| CanaryDto::new(canary, names)),
        }
    }
}

/// That a version was sent back.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct RollBackDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    /// Engine sequence of the input during which it happened.
    pub(crate) sequence: u64,
    /// The version that left.
    pub(crate) from: Option<PluginDto>,
    pub(crate) reason: String,
}

impl RollBackDto {
    pub(crate) fn new(view: &RollBackView) -> Self {
        Self {
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            sequence: view.sequence,
            from: view.from.as_ref().map(PluginDto::new),
            reason: view.reason.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use utoipa::PartialSchema;

    #[test]
    fn a_probation_is_described_with_its_bounds() {
        let schema = serde_json::to_value(ProbationRequest::schema()).unwrap();
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["required"], json!(["for_ns"]));
        let most = |field: &str| &schema["properties"][field]["maximum"];
        assert_eq!(most("max_faults"), &json!(u32::MAX));
        assert_eq!(most("max_denials"), &json!(u64::MAX));
        assert_eq!(most("max_denied_percent"), &json!(100));
    }
}

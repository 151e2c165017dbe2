//! What may stand beside a component that is sent as the body, in the query and in a header, as the document of
//! the API has it.

use super::plugin_body::SIGNATURE;
use crate::openapi::ProbationText;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, Required};
use utoipa::{IntoParams, PartialSchema};

/// Of a body that is one of two things.
pub(super) const EITHER: &str = "Where the component is, in JSON and with an empty query; or the \
    component itself, with all else in the query, parameters of the strategy as `param.NAME`.";

/// Who sends a component, on what terms, and who signed it.
pub(super) enum Beside {}

/// What a version begins with.
pub(super) enum Begins {}

/// How a version is watched after it took over.
pub(super) enum Watched {}

impl IntoParams for Beside {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let force = ObjectBuilder::new().schema_type(Type::Boolean);
        let by = text(r"^(?=.*\S)[^\x00-\x1f\x7f-\x9f]*$")
            .min_length(Some(1))
            .max_length(Some(64));
        let signature = text("^[A-Za-z0-9+/]+={0,2}$");
        vec![
            query(
                "force",
                force,
                "Whether an older version than what runs or is approved will do.",
            ),
            query("by", by, "Who asks, as they say."),
            parameter(
                ParameterIn::Header,
                SIGNATURE,
                signature,
                "The Base64 of the component's `.minisig` file.",
            ),
        ]
    }
}

impl IntoParams for Begins {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let state = text("^(CARRY|FRESH|carry|fresh)$");
        let about = "What it begins with: what the running version saves, or nothing.";
        vec![query("state", state, about)]
    }
}

impl IntoParams for Watched {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let whole = || {
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(0))
        };
        vec![
            query(
                "probation.for_ns",
                ProbationText::schema(),
                "For how long, in engine time: more than 0 and at most 92 days.",
            ),
            query(
                "probation.max_faults",
                whole().maximum(Some(u32::MAX)),
                "Faults that are borne.",
            ),
            query(
                "probation.max_loss",
                text(r"^[0-9]{1,18}(\.[0-9]{1,9})?$"),
                "What it may lose, in the account's base currency.",
            ),
            query(
                "probation.max_denials",
                whole().maximum(Some(u64::MAX)),
                "Orders and changes of it that may be refused.",
            ),
            query(
                "probation.max_drawdown",
                text(r"^[0-9]{1,18}(\.[0-9]{1,9})?$"),
                "How far it may fall below the most it had brought, in the account's base currency.",
            ),
            query(
                "probation.max_denied_percent",
                whole().maximum(Some(100_u32)),
                "How many of a hundred orders and changes may be refused, once 20 were judged.",
            ),
        ]
    }
}

fn text(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
}

fn query(name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Parameter {
    parameter(ParameterIn::Query, name, schema, about)
}

fn parameter(
    place: ParameterIn,
    name: &str,
    schema: impl Into<RefOr<Schema>>,
    about: &str,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(format!(
            "{about} With the component as the body only."
        )))
        .schema(Some(schema))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_beside_a_component_must_be_there() {
        let mut all = Beside::into_params(|| None);
        all.extend(Begins::into_params(|| None));
        all.extend(Watched::into_params(|| None));
        let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
        let expect = [
            "force",
            "by",
            "X-Plugin-Signature",
            "state",
            "probation.for_ns",
            "probation.max_faults",
            "probation.max_loss",
            "probation.max_denials",
            "probation.max_drawdown",
            "probation.max_denied_percent",
        ];
        assert_eq!(names, expect);
        assert!(all.iter().all(|one| one.required == Required::False));
    }
}

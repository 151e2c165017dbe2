//! What the API takes and answers, as OpenAPI 3.1.
//!
//! Handlers and wire types say what is theirs by attributes beside them; `listed` names the handlers.
//! What holds for an operation because of its row in the policy, or for all of them, is added in `completed`,
//! so that it is said once: tags, credentials, and the refusals that never reach a handler. `conventions` does
//! the same for headers, and what comes of them: keys, conditions, jobs, the second person, rates.

mod answers;
mod completed;
mod conventions;
mod listed;
mod values;

pub(crate) use answers::{Limit, Refused, Scope};
pub(crate) use values::{
    Binary, ChangeText, DecimalText, MomentText, MoneyText, NumberText, PriceText, ProbationText,
    QuantityText, text,
};
pub(crate) use values::{MONEY, QUANTITY, SHARE, WHOLE};

use std::sync::LazyLock;
use utoipa::OpenApi;

/// Made once; it is the same for every host.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut document = listed::Listed::openapi();
    completed::complete(&mut document);
    // A document of strings, numbers and maps by string cannot fail to be written.
    document.to_pretty_json().unwrap_or_default() + "\n"
});

/// The API's description, as JSON with a line break at its end.
#[must_use]
pub fn openapi() -> &'static str {
    &DOCUMENT
}

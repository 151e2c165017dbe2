//! Canaries: a version that has some instruments of its strategy, with the one before at all others.

use super::text::Name;
use crate::names::Names;
use engine::WhenOver;
use serde::{Deserialize, Serialize};
use services::view::CanaryView;

/// What becomes of a canary when its time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum WhenOverName {
    /// The version before has all instruments again.
    #[default]
    #[serde(alias = "roll_back")]
    RollBack,
    /// The canary has all instruments.
    #[serde(alias = "promote")]
    Promote,
}

impl std::str::FromStr for WhenOverName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ROLL_BACK" | "roll_back" => Ok(Self::RollBack),
            "PROMOTE" | "promote" => Ok(Self::Promote),
            other => Err(format!("`{other}` is neither roll_back nor promote")),
        }
    }
}

impl From<WhenOverName> for WhenOver {
    fn from(name: WhenOverName) -> Self {
        match name {
            WhenOverName::RollBack => Self::RollBack,
            WhenOverName::Promote => Self::Promote,
        }
    }
}

/// What a canary has.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct CanaryDto {
    /// Symbols; all other instruments are those of the version before.
    pub(crate) instruments: Vec<String>,
    pub(crate) when_over: Name,
}

impl CanaryDto {
    pub(crate) fn new(view: &CanaryView, names: &Names) -> Self {
        let instruments = view.instruments.iter();
        Self {
            instruments: instruments.map(|id| names.symbol(*id)).collect(),
            when_over: Name(match view.when_over {
                WhenOver::RollBack => "ROLL_BACK",
                WhenOver::Promote => "PROMOTE",
            }),
        }
    }
}

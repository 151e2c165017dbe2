//! Stress scenarios: what they say, and what they would do.

use super::metrics::{Reasons, currency, figure};
use super::moment::Moment;
use super::object::Object;
use super::text::Decimal;
use crate::names::Names;
use crate::openapi::{ChangeText, MomentText};
use crate::problem::Problem;
use model::{Rate, Timestamp};
use quant::Figure;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use services::metrics::{Scenario, ScenarioKind, ScenarioView, Shock, ShockTarget};
use std::str::FromStr;

/// Body of `PUT risk/scenarios/{name}`: shocks, a window or history.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioRequest {
    #[schema(value_type = Option<Vec<ShockDto>>, min_items = 1, max_items = 100)]
    shocks: Option<Vec<Object<ShockDto>>>,
    #[schema(value_type = Option<WindowDto>)]
    window: Option<Object<WindowDto>>,
    #[schema(value_type = Option<HistoryDto>)]
    history: Option<Object<HistoryDto>>,
}

/// A window of the data catalog, `to` not in it: what instruments moved from its first price to its last becomes the
/// shocks of the scenario. It is read once, when the scenario is set.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HistoryDto {
    #[serde(deserialize_with = "moment")]
    #[schema(value_type = MomentText)]
    from: String,
    #[serde(deserialize_with = "moment")]
    #[schema(value_type = MomentText)]
    to: String,
    /// Symbols that must have data in it; those that have some, when left out. All others keep their price.
    #[schema(min_items = 1, max_items = 100)]
    instruments: Option<Vec<String>>,
}

/// A window of the data catalog that was asked for.
#[derive(Debug)]
pub(crate) struct Past {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) instruments: Option<Vec<String>>,
}

/// A shock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShockDto {
    #[serde(with = "as_text")]
    #[schema(value_type = String, pattern = "^(market|(instrument|sector|currency)/.+)$")]
    target: ShockTarget,
    #[schema(value_type = Option<ChangeText>)]
    price: Option<Decimal<Rate>>,
    #[schema(value_type = Option<ChangeText>)]
    volatility: Option<Decimal<Rate>>,
}

/// A past window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowDto {
    #[serde(deserialize_with = "moment")]
    #[schema(value_type = MomentText)]
    from: String,
    #[serde(deserialize_with = "moment")]
    #[schema(value_type = MomentText)]
    to: String,
}

/// A target as `market`, `instrument/SYMBOL`, `sector/NAME` or `currency/NAME`.
mod as_text {
    use super::{Deserialize, Deserializer, Error, FromStr, ShockTarget};

    pub(super) fn serialize<S: serde::Serializer>(
        target: &ShockTarget,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(target)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ShockTarget, D::Error> {
        let text = String::deserialize(from)?;
        ShockTarget::from_str(&text).map_err(D::Error::custom)
    }
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    Moment::from_str(&text).map_err(D::Error::custom)?;
    Ok(text)
}

impl ScenarioRequest {
    /// The window of the data catalog, if it is one that is asked for.
    pub(crate) fn past(&self) -> Result<Option<Past>, Problem> {
        let Some(Object(history)) = &self.history else {
            return Ok(None);
        };
        if self.shocks.is_some() || self.window.is_some() {
            let detail = "a scenario has shocks, a window or history; remove all but one";
            return Err(Problem::disagrees("history", detail));
        }
        Ok(Some(Past {
            from: moment_of(&history.from, "history.from")?,
            to: moment_of(&history.to, "history.to")?,
            instruments: history.instruments.clone(),
        }))
    }

    /// The scenario of this name, of shocks or a window.
    pub(crate) fn scenario(self, name: String) -> Result<Scenario, Problem> {
        let kind = match (self.shocks, self.window) {
            (Some(shocks), None) => ScenarioKind::Shocks(shocks.into_iter().map(shock).collect()),
            (None, Some(Object(window))) => window.kind()?,
            (Some(_), Some(_)) => {
                let detail = "a scenario has shocks or a window, not both; remove one";
                return Err(Problem::disagrees("window", detail));
            }
            (None, None) => {
                let detail = "a scenario needs shocks, or a window or history with from and to";
                return Err(Problem::disagrees("shocks", detail));
            }
        };
        Ok(Scenario { name, kind })
    }
}

fn shock(Object(dto): Object<ShockDto>) -> Shock {
    Shock {
        target: dto.target,
        price: dto.price.map(|price| price.0),
        volatility: dto.volatility.map(|change| change.0),
    }
}

impl WindowDto {
    fn kind(&self) -> Result<ScenarioKind, Problem> {
        Ok(ScenarioKind::Window {
            from: moment_of(&self.from, "window.from")?,
            to: moment_of(&self.to, "window.to")?,
        })
    }
}

fn moment_of(text: &str, field: &str) -> Result<Timestamp, Problem> {
    let moment = text.parse::<Moment>();
    let moment = moment.map_err(|error| Problem::invalid(field, error.to_string()))?;
    Ok(moment.0)
}

/// A scenario.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ScenarioDto {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shocks: Option<Vec<ShockDto>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<WindowDto>,
}

impl ScenarioDto {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let (shocks, window) = match &scenario.kind {
            ScenarioKind::Shocks(shocks) => {
                let dto = |shock: &Shock| ShockDto {
                    target: shock.target.clone(),
                    price: shock.price.map(Decimal),
                    volatility: shock.volatility.map(Decimal),
                };
                (Some(shocks.iter().map(dto).collect()), None)
            }
            ScenarioKind::Window { from, to } => {
                let (from, to) = (from.to_string(), to.to_string());
                (None, Some(WindowDto { from, to }))
            }
        };
        Self {
            name: scenario.name.clone(),
            shocks,
            window,
        }
    }
}

/// What something would gain.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ScenarioProfitDto)]
pub(crate) struct ProfitDto {
    name: String,
    profit: Option<f64>,
}

/// What a scenario would do to today's holdings; amounts are in `currency`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ScenarioResultDto {
    scenario: String,
    time: String,
    time_ns: String,
    currency: String,
    /// Profit of the firm, balances included.
    profit: Option<f64>,
    /// The worst profit of holdings on the way; of a window only.
    worst: Option<f64>,
    /// What balances in other currencies would gain.
    balances: Option<f64>,
    accounts: Vec<ProfitDto>,
    strategies: Vec<ProfitDto>,
    instruments: Vec<ProfitDto>,
    /// Normal value at risk at the highest confidence, as it is.
    value_at_risk: Option<f64>,
    /// The same after the scenario.
    stressed_value_at_risk: Option<f64>,
    #[schema(value_type = BTreeMap<String, String>)]
    unavailable: Reasons,
}

impl ScenarioResultDto {
    pub(crate) fn new(view: &ScenarioView, names: &Names) -> Self {
        let mut reasons = Reasons::new();
        let mut list = |of: &str, all: Vec<(String, Figure)>| -> Vec<ProfitDto> {
            let all = all.into_iter().enumerate();
            let dto = |(place, (name, profit))| ProfitDto {
                name,
                profit: figure(&mut reasons, &format!("{of}/{place}"), profit),
            };
            all.map(dto).collect()
        };
        let accounts = view.accounts.iter();
        let accounts = accounts
            .map(|(id, profit)| (names.account(*id), *profit))
            .collect();
        let strategies = view.strategies.iter();
        let strategies = strategies
            .map(|(id, profit)| (names.strategy(*id), *profit))
            .collect();
        let instruments = view.instruments.iter();
        let instruments = instruments
            .map(|(id, profit)| (names.symbol(*id), *profit))
            .collect();
        let (accounts, strategies) = (list("accounts", accounts), list("strategies", strategies));
        let instruments = list("instruments", instruments);
        let mut one = |path: &str, value| figure(&mut reasons, path, value);
        Self {
            scenario: view.name.clone(),
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            currency: currency(view.currency, names),
            profit: one("profit", view.total),
            worst: view.worst.and_then(|worst| one("worst", worst)),
            balances: one("balances", view.balances),
            accounts,
            strategies,
            instruments,
            value_at_risk: one("value_at_risk", view.value_at_risk),
            stressed_value_at_risk: one("stressed_value_at_risk", view.stressed_value_at_risk),
            unavailable: reasons,
        }
    }
}

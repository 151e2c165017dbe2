//! Risk metrics on demand, correlations, and scenarios: reckoned on a blocking worker from what
//! readers see now, never on the engine's thread.

use super::{HostHandle, StartError};
use crate::handle::{HostError, Queries, ScopeName};
use crate::metrics::scenarios::Targets;
use crate::metrics::snapshot::Snapshot;
use crate::metrics::tracker::Tracker;
use crate::metrics::{CorrelationView, MetricsView, Scenario, ScenarioView, reckon, stress};
use engine::LimitScope;
use model::InstrumentId;

/// Most instruments of one correlation matrix.
const MOST_CORRELATED: usize = 100;

impl HostHandle {
    /// Reckons metrics now, at the latest prices: of one scope, or of all that have some.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for an instrument, which has no metrics.
    pub async fn reckon(&self, scope: Option<&ScopeName>) -> Result<MetricsView, HostError> {
        let scope = scope.map(|name| metric_scope(name, self)).transpose()?;
        let snapshot = self.snapshot()?;
        let risk = std::sync::Arc::clone(&self.0.risk);
        self.blocking(move || {
            let scopes = scope.map_or_else(|| reckon::scopes(&snapshot), |scope| vec![scope]);
            Ok(reckon::reckon(&snapshot, &risk.metrics, &scopes))
        })
        .await
    }

    /// How these instruments move together; all that are held, with the benchmark, when none is
    /// named, and all there are when nothing is held.
    ///
    /// # Errors
    /// `Invalid` for unknown instruments and for more than 100.
    pub async fn correlation(&self, symbols: &[String]) -> Result<CorrelationView, HostError> {
        let instruments = self.correlated(symbols)?;
        let risk = std::sync::Arc::clone(&self.0.risk);
        let (time, returns) =
            self.with_tracker(|tracker, time, _| (time, tracker.returns(&instruments)))?;
        self.blocking(move || {
            Ok(reckon::correlation(
                time,
                instruments,
                &returns,
                &risk.metrics,
            ))
        })
        .await
    }

    fn correlated(&self, symbols: &[String]) -> Result<Vec<InstrumentId>, HostError> {
        let views = self.instruments();
        let invalid = |reason| HostError::Invalid {
            field: "instruments",
            reason,
        };
        let chosen: Vec<InstrumentId> = if symbols.is_empty() {
            let held = self.snapshot()?.parts;
            let held: Vec<InstrumentId> = held.iter().map(|part| part.id).collect();
            let all = || {
                views
                    .iter()
                    .map(|view| view.id)
                    .take(MOST_CORRELATED)
                    .collect()
            };
            if held.len() < 2 { all() } else { held }
        } else {
            let find = |symbol: &String| {
                let found = views.iter().find(|view| view.instrument.symbol == *symbol);
                let unknown = || invalid(format!("there is no instrument `{symbol}`"));
                found.map(|view| view.id).ok_or_else(unknown)
            };
            symbols.iter().map(find).collect::<Result<_, _>>()?
        };
        if chosen.len() > MOST_CORRELATED {
            let had = chosen.len();
            return Err(invalid(format!(
                "are {had}; name at most {MOST_CORRELATED}"
            )));
        }
        Ok(chosen)
    }

    /// Adds a scenario, or replaces the one of its name.
    ///
    /// # Errors
    /// `Invalid` with the field that cannot be meant; `Conflict` when there are too many.
    pub fn set_scenario(&self, scenario: Scenario) -> Result<(), HostError> {
        self.0.scenarios.set(scenario, &self.targets())
    }

    /// Forgets a scenario.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn remove_scenario(&self, name: &str) -> Result<(), HostError> {
        if self.0.scenarios.remove(name) {
            return Ok(());
        }
        Err(no_scenario(name))
    }

    /// Runs a scenario over the holdings as they are now, at the latest prices.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` where there is no account.
    pub async fn run_scenario(&self, name: &str) -> Result<ScenarioView, HostError> {
        let scenario = self
            .0
            .scenarios
            .get(name)
            .ok_or_else(|| no_scenario(name))?;
        let snapshot = self.snapshot()?;
        let risk = std::sync::Arc::clone(&self.0.risk);
        self.blocking(move || {
            let run = stress::run(&snapshot, &scenario, &risk.metrics);
            run.ok_or_else(|| HostError::Conflict("there is no account".to_owned()))
        })
        .await
    }

    /// Adds the scenarios of the settings.
    pub(super) fn add_scenarios(&self) -> Result<(), StartError> {
        for scenario in &self.0.risk.scenarios {
            let name = &scenario.name;
            let set = self.set_scenario(scenario.clone());
            set.map_err(|why| StartError::Risk(format!("scenario `{name}`: {why}")))?;
        }
        Ok(())
    }

    fn targets(&self) -> Targets {
        self.0.shared.read(|model| {
            let instruments = model.instruments.iter().map(|view| &view.instrument);
            Targets {
                symbols: instruments.clone().map(|one| one.symbol.clone()).collect(),
                sectors: instruments.filter_map(|one| one.sector.clone()).collect(),
                currencies: model.currencies.clone(),
            }
        })
    }

    fn snapshot(&self) -> Result<Snapshot, HostError> {
        self.with_tracker(|tracker, time, world| tracker.now(time, world))
    }

    fn with_tracker<T>(
        &self,
        look: impl FnOnce(&Tracker, model::Timestamp, &crate::metrics::snapshot::World<'_>) -> T,
    ) -> Result<T, HostError> {
        self.0.shared.read(|model| {
            let tracker = model.tracker.as_deref().ok_or(HostError::Stopped)?;
            Ok(look(tracker, model.engine.time, &model.world()))
        })
    }
}

fn no_scenario(name: &str) -> HostError {
    HostError::NotFound {
        what: "scenario",
        name: name.to_owned(),
    }
}

/// A scope that can have metrics.
///
/// # Errors
/// `NotFound`; `Invalid` for an instrument.
pub fn metric_scope(name: &ScopeName, host: &impl Queries) -> Result<LimitScope, HostError> {
    match name {
        ScopeName::Instrument(_) => Err(HostError::Invalid {
            field: "scope",
            reason: "an instrument has no metrics; write firm, account/NAME or strategy/NAME"
                .to_owned(),
        }),
        name => name.find(host),
    }
}

//! Risk metrics. Statistics are JSON numbers, `null` where they are not available; `unavailable`
//! then says why, by the path of the figure.

use crate::names::Names;
use model::CurrencyId;
use quant::portfolio::Exposure;
use quant::{Figure, Unavailable};
use serde::{Deserialize, Serialize};
use services::metrics::{CorrelationView, ExposureView, MetricsView, ScopeMetrics, TailView};
use std::collections::BTreeMap;

/// Why figures are not available, by their path within the object.
pub(crate) type Reasons = BTreeMap<String, String>;

/// The figure, or nothing and a reason.
pub(crate) fn figure(reasons: &mut Reasons, path: &str, figure: Figure) -> Option<f64> {
    value(reasons, path, figure)
}

fn value<T>(reasons: &mut Reasons, path: &str, value: Result<T, Unavailable>) -> Option<T> {
    match value {
        Ok(value) => Some(value),
        Err(why) => {
            reasons.insert(path.to_owned(), why.to_string());
            None
        }
    }
}

/// The name of a currency that some account or instrument shows.
pub(crate) fn currency(id: CurrencyId, names: &Names) -> String {
    names
        .currency(id)
        .unwrap_or_else(|| format!("#{}", id.number()))
}

/// The metrics of some scopes at one engine time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct MetricsDto {
    /// `null` before the first reckoning.
    pub(crate) time: Option<String>,
    pub(crate) time_ns: Option<String>,
    /// Over what time losses are told.
    pub(crate) horizon_ns: Option<String>,
    /// The time between two samples of the marks.
    pub(crate) sample_period_ns: Option<String>,
    /// Reckonings that were left out because a newer one was due.
    pub(crate) skipped: u64,
    pub(crate) scopes: Vec<ScopeMetricsDto>,
}

impl MetricsDto {
    pub(crate) fn new(view: &MetricsView, names: &Names) -> Self {
        let scopes = view.scopes.iter();
        Self {
            time: Some(view.time.to_string()),
            time_ns: Some(view.time.nanos().to_string()),
            horizon_ns: Some(view.horizon.nanos().to_string()),
            sample_period_ns: Some(view.sample_period.nanos().to_string()),
            skipped: view.skipped,
            scopes: scopes.map(|one| ScopeMetricsDto::new(one, names)).collect(),
        }
    }
}

/// The metrics of a scope; amounts are in `currency`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ScopeMetricsDto {
    pub(crate) scope: String,
    pub(crate) currency: String,
    pub(crate) equity: Option<f64>,
    /// Returns that all its instruments have in common.
    pub(crate) returns: usize,
    pub(crate) tails: Vec<TailDto>,
    pub(crate) drawdown: DrawdownDto,
    pub(crate) exposure: Option<ExposureDto>,
    pub(crate) instruments: Vec<InstrumentExposureDto>,
    pub(crate) sectors: Vec<SectorExposureDto>,
    pub(crate) currencies: Vec<CurrencyExposureDto>,
    pub(crate) leverage: Option<f64>,
    pub(crate) concentration: Option<f64>,
    pub(crate) largest_share: Option<f64>,
    pub(crate) five_largest_share: Option<f64>,
    pub(crate) beta: Option<f64>,
    pub(crate) beta_exposure: Option<f64>,
    pub(crate) liquidity_days: Option<f64>,
    pub(crate) components: Vec<ComponentDto>,
    #[schema(value_type = BTreeMap<String, String>)]
    pub(crate) unavailable: Reasons,
}

/// Losses at one confidence.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct TailDto {
    pub(crate) confidence: String,
    pub(crate) historical: Option<f64>,
    pub(crate) normal: Option<f64>,
    pub(crate) simulated: Option<f64>,
    pub(crate) historical_shortfall: Option<f64>,
    pub(crate) normal_shortfall: Option<f64>,
    pub(crate) simulated_shortfall: Option<f64>,
}

/// How far below its best.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct DrawdownDto {
    pub(crate) current: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) current_share: Option<f64>,
    pub(crate) max_share: Option<f64>,
}

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = HeldExposureDto)]
pub(crate) struct ExposureDto {
    pub(crate) gross: f64,
    pub(crate) net: f64,
    pub(crate) long: f64,
    pub(crate) short: f64,
}

/// What is held of an instrument.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct InstrumentExposureDto {
    pub(crate) instrument: String,
    #[serde(flatten)]
    pub(crate) exposure: ExposureDto,
}

/// What is held of a sector; `null` for instruments without one.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct SectorExposureDto {
    pub(crate) sector: Option<String>,
    #[serde(flatten)]
    pub(crate) exposure: ExposureDto,
}

/// What is held of a currency.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct CurrencyExposureDto {
    pub(crate) currency: String,
    #[serde(flatten)]
    pub(crate) exposure: ExposureDto,
}

/// What an instrument adds to the normal value at risk at the highest confidence.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ComponentDto {
    pub(crate) instrument: String,
    pub(crate) value_at_risk: f64,
}

impl From<Exposure> for ExposureDto {
    fn from(exposure: Exposure) -> Self {
        Self {
            gross: exposure.gross(),
            net: exposure.net(),
            long: exposure.long,
            short: exposure.short,
        }
    }
}

impl ScopeMetricsDto {
    fn new(view: &ScopeMetrics, names: &Names) -> Self {
        let mut reasons = Reasons::new();
        let exposure = value(
            &mut reasons,
            "exposure",
            view.exposure.as_ref().map_err(|why| *why),
        );
        let (instruments, sectors, currencies) = exposure
            .map(|exposure| parts(exposure, names))
            .unwrap_or_default();
        let components = view.components.as_ref().map_err(|why| *why);
        let components = value(&mut reasons, "components", components);
        let tails = view.tails.iter().enumerate();
        let tails = tails.map(|(place, tail)| TailDto::new(tail, place, &mut reasons));
        let tails = tails.collect();
        let mut figure = |path: &str, figure| self::figure(&mut reasons, path, figure);
        Self {
            scope: names.scope(view.scope),
            currency: currency(view.currency, names),
            equity: figure("equity", view.equity),
            returns: view.returns,
            tails,
            drawdown: DrawdownDto {
                current: figure("drawdown/current", view.drawdown.current),
                max: figure("drawdown/max", view.drawdown.max),
                current_share: figure("drawdown/current_share", view.drawdown.current_share),
                max_share: figure("drawdown/max_share", view.drawdown.max_share),
            },
            exposure: exposure.map(|exposure| exposure.total.into()),
            instruments,
            sectors,
            currencies,
            leverage: figure("leverage", view.leverage),
            concentration: figure("concentration", view.concentration),
            largest_share: figure("largest_share", view.largest_share),
            five_largest_share: figure("five_largest_share", view.five_largest_share),
            beta: figure("beta", view.beta),
            beta_exposure: figure("beta_exposure", view.beta_exposure),
            liquidity_days: figure("liquidity_days", view.liquidity_days),
            components: components
                .into_iter()
                .flatten()
                .map(|(instrument, value_at_risk)| ComponentDto {
                    instrument: names.symbol(*instrument),
                    value_at_risk: *value_at_risk,
                })
                .collect(),
            unavailable: reasons,
        }
    }
}

type Parts = (
    Vec<InstrumentExposureDto>,
    Vec<SectorExposureDto>,
    Vec<CurrencyExposureDto>,
);

fn parts(view: &ExposureView, names: &Names) -> Parts {
    let instruments = view.instruments.iter();
    let instruments = instruments.map(|(id, exposure)| InstrumentExposureDto {
        instrument: names.symbol(*id),
        exposure: (*exposure).into(),
    });
    let sectors = view.sectors.iter();
    let sectors = sectors.map(|(sector, exposure)| SectorExposureDto {
        sector: sector.clone(),
        exposure: (*exposure).into(),
    });
    let currencies = view.currencies.iter();
    let currencies = currencies.map(|(name, exposure)| CurrencyExposureDto {
        currency: name.clone(),
        exposure: (*exposure).into(),
    });
    (
        instruments.collect(),
        sectors.collect(),
        currencies.collect(),
    )
}

impl TailDto {
    fn new(view: &TailView, place: usize, reasons: &mut Reasons) -> Self {
        let mut figure =
            |name: &str, figure| self::figure(reasons, &format!("tails/{place}/{name}"), figure);
        Self {
            confidence: view.confidence.to_string(),
            historical: figure("historical", view.historical),
            normal: figure("normal", view.normal),
            simulated: figure("simulated", view.simulated),
            historical_shortfall: figure("historical_shortfall", view.historical_shortfall),
            normal_shortfall: figure("normal_shortfall", view.normal_shortfall),
            simulated_shortfall: figure("simulated_shortfall", view.simulated_shortfall),
        }
    }
}

/// Body of `POST risk/metrics`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MetricsRequest {
    /// All scopes when absent.
    #[schema(pattern = "^(firm|(account|strategy)/.+)$")]
    pub(crate) scope: Option<String>,
}

/// How returns move together.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CorrelationDto {
    pub(crate) time: String,
    pub(crate) time_ns: String,
    /// Rows and columns, in this order.
    pub(crate) instruments: Vec<String>,
    /// Returns of each.
    pub(crate) returns: usize,
    /// `null` where one of the two does not move.
    pub(crate) correlations: Option<Vec<Vec<Option<f64>>>>,
    /// Of one sampling period.
    pub(crate) covariances: Option<Vec<Vec<f64>>>,
    pub(crate) positive_semidefinite: Option<bool>,
    #[schema(value_type = BTreeMap<String, String>)]
    pub(crate) unavailable: Reasons,
}

impl CorrelationDto {
    pub(crate) fn new(view: CorrelationView, names: &Names) -> Self {
        let mut reasons = Reasons::new();
        let correlations = value(&mut reasons, "correlations", view.correlations);
        let row = |row: Vec<Figure>| row.into_iter().map(Result::ok).collect();
        let instruments = view.instruments.iter();
        Self {
            time: view.time.to_string(),
            time_ns: view.time.nanos().to_string(),
            instruments: instruments.map(|id| names.symbol(*id)).collect(),
            returns: view.returns,
            correlations: correlations.map(|rows| rows.into_iter().map(row).collect()),
            covariances: value(&mut reasons, "covariances", view.covariances),
            positive_semidefinite: view.is_positive_semidefinite,
            unavailable: reasons,
        }
    }
}

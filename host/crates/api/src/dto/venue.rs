//! Venues, and the models in force at those that are simulated.

use super::order_names::KindName;
use super::outside::{ModelFaultDto, OutsideDto};
use crate::names::Names;
use engine::{FillChances, Quantiles, Slippage, VenueConfig};
use model::{Duration, ModelSpec};
use serde::Serialize;
use services::view::VenueView;

/// A venue. Models are of simulated ones alone.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct VenueDto {
    pub(crate) name: String,
    pub(crate) fill: FillModelDto,
    pub(crate) fee: FeeModelDto,
    pub(crate) latency: LatencyModelDto,
    /// Order types it does not take.
    pub(crate) lacks: Vec<KindName>,
    /// What it does where orders of one account meet, if it is simulated: `NONE`, `CANCEL_NEWEST`,
    /// `CANCEL_OLDEST`, `CANCEL_BOTH` or `DECREMENT_AND_CANCEL`.
    pub(crate) self_match: String,
    /// How things stand with one outside; `null` where it is simulated.
    pub(crate) outside: Option<OutsideDto>,
    /// The latest faults of its models, newest first, at most 20.
    pub(crate) model_faults: Vec<ModelFaultDto>,
}

/// How orders fill. All but the name is of the built-in models, `STANDARD` and `PROBABLE`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct FillModelDto {
    pub(crate) model: String,
    pub(crate) slippage_ticks: u32,
    pub(crate) slippage_share: String,
    pub(crate) touch_fill_chance: String,
    pub(crate) slip_chance: String,
}

/// What fills cost; `SCHEDULED` is what the instruments' `fees` say.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct FeeModelDto {
    pub(crate) model: String,
}

/// How long things take. All but the name is of the built-in model, `DRAWN`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct LatencyModelDto {
    pub(crate) model: String,
    pub(crate) insert: DelayDto,
    pub(crate) modify: DelayDto,
    pub(crate) cancel: DelayDto,
    pub(crate) feed: DelayDto,
    pub(crate) jitter_ns: String,
}

/// A constant, and what is drawn on top of it; `null` where nothing is.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct DelayDto {
    pub(crate) constant_ns: String,
    pub(crate) drawn: Option<DrawnDto>,
}

/// A distribution by three of its quantiles.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct DrawnDto {
    pub(crate) least_ns: String,
    pub(crate) median_ns: String,
    pub(crate) most_ns: String,
}

impl VenueDto {
    pub(crate) fn new(view: &VenueView, names: &Names) -> Self {
        let config = &view.config;
        let faults = view.model_faults.iter().rev();
        let latency = &config.latency;
        let drawn = &latency.drawn;
        Self {
            name: config.name.clone(),
            fill: FillModelDto::new(config),
            fee: FeeModelDto {
                model: name(config.models.fee.as_ref(), "SCHEDULED"),
            },
            latency: LatencyModelDto {
                model: name(config.models.latency.as_ref(), "DRAWN"),
                insert: DelayDto::new(latency.insert, &drawn.insert),
                modify: DelayDto::new(latency.modify, &drawn.modify),
                cancel: DelayDto::new(latency.cancel, &drawn.cancel),
                feed: DelayDto::new(latency.feed, &drawn.feed),
                jitter_ns: latency.jitter.nanos().to_string(),
            },
            lacks: config
                .lacks
                .iter()
                .map(|kind| KindName::named(*kind))
                .collect(),
            self_match: view.self_match.name().to_owned(),
            outside: view
                .outside
                .as_ref()
                .map(|outside| OutsideDto::new(outside, names)),
            model_faults: faults
                .map(|fault| ModelFaultDto::new(fault, names))
                .collect(),
        }
    }
}

impl FillModelDto {
    fn new(config: &VenueConfig) -> Self {
        let (ticks, share) = match config.slippage {
            Slippage::None => (0, model::Rate::ZERO),
            Slippage::Ticks(ticks) => (ticks, model::Rate::ZERO),
            Slippage::Share(share) => (0, share),
        };
        let built_in = match config.chances {
            None => "STANDARD",
            Some(_) => "PROBABLE",
        };
        let FillChances { touch, slip, .. } = config.chances.unwrap_or_default();
        Self {
            model: name(config.models.fill.as_ref(), built_in),
            slippage_ticks: ticks,
            slippage_share: share.to_string(),
            touch_fill_chance: touch.to_string(),
            slip_chance: slip.to_string(),
        }
    }
}

impl DelayDto {
    fn new(constant: Duration, quantiles: &Quantiles) -> Self {
        let points = quantiles.0.as_slice();
        let at = |point: Option<&Duration>| point.map(|at| at.nanos().to_string());
        let drawn = at(points.first())
            .zip(at(points.get(points.len() / 2)))
            .zip(at(points.last()));
        Self {
            constant_ns: constant.nanos().to_string(),
            drawn: drawn.map(|((least_ns, median_ns), most_ns)| DrawnDto {
                least_ns,
                median_ns,
                most_ns,
            }),
        }
    }
}

fn name(staged: Option<&ModelSpec>, built_in: &str) -> String {
    staged
        .map_or(built_in, |spec| spec.name.as_str())
        .to_owned()
}

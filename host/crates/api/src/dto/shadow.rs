//! Shadows: a version that is tried beside the one that runs, and how far the two agree.

use super::market::Printer;
use super::order::PricesDto;
use super::order_names::{SideName, TimeInForceName};
use super::strategy::PluginDto;
use super::text::Name;
use super::version::HandOverName;
use crate::names::Names;
use engine::Profit;
use serde::Serialize;
use services::shadow::{
    Difference, DifferenceKind, Handling, ShadowReport, ShadowState, ShadowView, SideReport, Wanted,
};

/// A shadow that trades, as it is shown with its strategy.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ShadowDto {
    pub(crate) plugin: PluginDto,
    pub(crate) hand_over: HandOverName,
    /// Engine sequence at which it began.
    pub(crate) begun_at: u64,
    pub(crate) since: String,
    pub(crate) since_ns: String,
}

impl ShadowDto {
    pub(crate) fn new(view: &ShadowView) -> Self {
        Self {
            plugin: PluginDto::new(&view.plugin),
            hand_over: view.hand_over.into(),
            begun_at: view.begun_at,
            since: view.since.to_string(),
            since_ns: view.since.nanos().to_string(),
        }
    }
}

/// How far the two versions agree.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct ShadowReportDto {
    /// In a sentence.
    pub(crate) verdict: String,
    pub(crate) strategy: String,
    pub(crate) state: Name,
    /// Why it is over.
    pub(crate) reason: Option<String>,
    #[serde(flatten)]
    pub(crate) shadow_of: ShadowDto,
    /// How far it has come.
    pub(crate) time: String,
    pub(crate) time_ns: String,
    pub(crate) inputs: u64,
    /// Inputs and events that wait for it.
    pub(crate) waiting: usize,
    pub(crate) tolerance_ns: String,
    pub(crate) matched: u64,
    /// Orders whose counterpart may still come.
    pub(crate) open: u64,
    pub(crate) only_running: u64,
    pub(crate) only_shadow: u64,
    pub(crate) other_terms: u64,
    /// The first differences, at most 50.
    pub(crate) first: Vec<DifferenceDto>,
    /// The latest that are not among the first, at most 50.
    pub(crate) latest: Vec<DifferenceDto>,
    pub(crate) running: SideDto,
    pub(crate) shadow: SideDto,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ShadowDifferenceDto)]
pub(crate) struct DifferenceDto {
    /// Counts up from 1.
    pub(crate) number: u64,
    pub(crate) kind: Name,
    pub(crate) time: String,
    pub(crate) time_ns: String,
    pub(crate) running: Option<WantedDto>,
    pub(crate) shadow: Option<WantedDto>,
}

/// An order that a version wanted.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct WantedDto {
    /// In the engine that made it.
    pub(crate) id: String,
    pub(crate) instrument: String,
    pub(crate) side: SideName,
    #[serde(flatten)]
    pub(crate) prices: PricesDto,
    pub(crate) quantity: String,
    pub(crate) time_in_force: TimeInForceName,
    pub(crate) time: String,
    pub(crate) time_ns: String,
    /// The code with which the risk gate refused it at once.
    pub(crate) deny_code: Option<String>,
}

/// What one version did since the shadow began.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct SideDto {
    pub(crate) orders: u64,
    pub(crate) denied: u64,
    pub(crate) cancels: u64,
    pub(crate) changes: u64,
    pub(crate) fills: u64,
    pub(crate) faults: u64,
    pub(crate) handling: HandlingDto,
    /// `null` while part of what it holds has no price.
    pub(crate) profit: Option<ProfitDto>,
    pub(crate) positions: Vec<HeldDto>,
}

/// What the events of a version cost.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct HandlingDto {
    pub(crate) calls: u64,
    pub(crate) time_p50_ns: String,
    pub(crate) time_p99_ns: String,
    pub(crate) fuel_p50: Option<u64>,
    pub(crate) fuel_p99: Option<u64>,
}

/// What positions brought, in the account's base currency.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ShadowProfitDto)]
pub(crate) struct ProfitDto {
    /// Before fees.
    pub(crate) realized: String,
    pub(crate) open: String,
    pub(crate) fees: String,
    /// All of it less fees; `null` when that does not fit.
    pub(crate) net: Option<String>,
    pub(crate) currency: Option<String>,
}

/// A position that is not flat.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct HeldDto {
    pub(crate) instrument: String,
    /// Negative when short.
    pub(crate) quantity: String,
}

impl ShadowReportDto {
    /// `currency` is the base currency of the strategy's account.
    pub(crate) fn new(
        strategy: &str,
        report: &ShadowReport,
        currency: Option<&str>,
        names: &Names,
    ) -> Self {
        let (state, reason) = match &report.state {
            ShadowState::Trading => ("TRADING", None),
            ShadowState::Ended(reason) => ("ENDED", Some(reason.clone())),
        };
        let differences = |list: &[Difference]| {
            let told = list.iter().map(|one| DifferenceDto::new(one, names));
            told.collect()
        };
        Self {
            verdict: report.verdict.clone(),
            strategy: strategy.to_owned(),
            state: Name(state),
            reason,
            shadow_of: ShadowDto::new(&report.view),
            time: report.time.to_string(),
            time_ns: report.time.nanos().to_string(),
            inputs: report.inputs,
            waiting: report.waiting,
            tolerance_ns: report.tolerance.nanos().to_string(),
            matched: report.matched,
            open: report.open,
            only_running: report.only_running,
            only_shadow: report.only_shadow,
            other_terms: report.other_terms,
            first: differences(&report.first),
            latest: differences(&report.latest),
            running: SideDto::new(&report.running, currency, names),
            shadow: SideDto::new(&report.shadow, currency, names),
        }
    }
}

impl DifferenceDto {
    fn new(difference: &Difference, names: &Names) -> Self {
        let kind = match difference.kind() {
            DifferenceKind::OnlyRunning => "ONLY_RUNNING",
            DifferenceKind::OnlyShadow => "ONLY_SHADOW",
            DifferenceKind::OtherTerms => "OTHER_TERMS",
        };
        let time = difference.time();
        let wanted = |one: &Wanted| WantedDto::new(one, names);
        Self {
            number: difference.number,
            kind: Name(kind),
            time: time.to_string(),
            time_ns: time.nanos().to_string(),
            running: difference.running.as_ref().map(wanted),
            shadow: difference.shadow.as_ref().map(wanted),
        }
    }
}

impl WantedDto {
    fn new(wanted: &Wanted, names: &Names) -> Self {
        let order = &wanted.order;
        let print = Printer::new(order.instrument, names);
        Self {
            id: order.id.to_string(),
            side: order.side.into(),
            prices: PricesDto::new(order, &print),
            quantity: print.quantity(order.quantity),
            time_in_force: order.time_in_force.into(),
            time: order.ts_created.to_string(),
            time_ns: order.ts_created.nanos().to_string(),
            deny_code: wanted.denied.map(|code| code.to_string()),
            instrument: print.symbol,
        }
    }
}

impl SideDto {
    fn new(side: &SideReport, currency: Option<&str>, names: &Names) -> Self {
        let held = side.positions.iter().map(|(instrument, quantity)| HeldDto {
            instrument: names.symbol(*instrument),
            quantity: quantity.to_string(),
        });
        Self {
            orders: side.orders,
            denied: side.denied,
            cancels: side.cancels,
            changes: side.changes,
            fills: side.fills,
            faults: side.faults,
            handling: HandlingDto::new(&side.handling),
            profit: side.profit.map(|profit| ProfitDto::new(&profit, currency)),
            positions: held.collect(),
        }
    }
}

impl HandlingDto {
    fn new(handling: &Handling) -> Self {
        Self {
            calls: handling.calls,
            time_p50_ns: handling.time_p50_ns.to_string(),
            time_p99_ns: handling.time_p99_ns.to_string(),
            fuel_p50: handling.fuel_p50,
            fuel_p99: handling.fuel_p99,
        }
    }
}

impl ProfitDto {
    fn new(profit: &Profit, currency: Option<&str>) -> Self {
        Self {
            realized: profit.realized.to_string(),
            open: profit.open.to_string(),
            fees: profit.fees.to_string(),
            net: profit.net().ok().map(|net| net.to_string()),
            currency: currency.map(str::to_owned),
        }
    }
}

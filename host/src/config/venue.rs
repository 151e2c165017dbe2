//! From a venue's section to its definition: latencies, chances, slippage, models.

use super::{Distribution, ForeignOrdersName, OrderType, Problem, SelfMatchName, VenueSection};
use engine::{
    DrawnLatency, ExternalVenue, FillChances, ForeignOrders, Latency, Quantiles, SelfMatch,
    Slippage, VenueConfig,
};
use model::{ModelKind, OrderKindName};
use services::venue_models::NamedModel;

pub(super) fn venue_config(section: &VenueSection) -> Result<VenueConfig, Problem> {
    Ok(VenueConfig {
        name: section.name.clone(),
        latency: latency(section)?,
        slippage: match section.slippage_ticks {
            0 => Slippage::None,
            ticks => Slippage::Ticks(ticks),
        },
        chances: chances(section)?,
        external: external(section)?,
        lacks: section.lacks.iter().map(|kind| order_type(*kind)).collect(),
        ..VenueConfig::default()
    })
}

fn external(section: &VenueSection) -> Result<Option<ExternalVenue>, Problem> {
    let Some(gateway) = &section.gateway else {
        let outside = [
            ("answer_within", section.answer_within.is_some()),
            ("reconcile_every", section.reconcile_every.is_some()),
            ("foreign_orders", section.foreign_orders.is_some()),
        ];
        let given = outside.into_iter().find(|(_, given)| *given);
        return match given {
            Some((key, _)) => Err((
                key,
                "it is of venues outside: name the `gateway`".to_owned(),
            )),
            None => Ok(None),
        };
    };
    let port = gateway
        .rsplit_once(':')
        .map(|(host, port)| (host, port.parse::<u16>()));
    if !matches!(port, Some((host, Ok(_))) if !host.is_empty()) {
        return Err(("gateway", format!("`{gateway}` is not host:port")));
    }
    let usual = ExternalVenue::default();
    Ok(Some(ExternalVenue {
        answer_within: section
            .answer_within
            .map_or(usual.answer_within, |span| span.0),
        reconcile_every: section
            .reconcile_every
            .map_or(usual.reconcile_every, |span| span.0),
        foreign_orders: match section.foreign_orders {
            None | Some(ForeignOrdersName::Adopt) => ForeignOrders::Adopt,
            Some(ForeignOrdersName::Cancel) => ForeignOrders::Cancel,
        },
        ..usual
    }))
}

/// What a section says of orders of one account that meet.
pub(super) fn self_match(section: &VenueSection) -> Result<Option<SelfMatch>, Problem> {
    if section.gateway.is_some() && section.self_match.is_some() {
        let reason = "it is of simulated venues: one outside has its own rules";
        return Err(("self_match", reason.to_owned()));
    }
    Ok(section.self_match.map(|name| match name {
        SelfMatchName::None => SelfMatch::None,
        SelfMatchName::CancelNewest => SelfMatch::CancelNewest,
        SelfMatchName::CancelOldest => SelfMatch::CancelOldest,
        SelfMatchName::CancelBoth => SelfMatch::CancelBoth,
        SelfMatchName::DecrementAndCancel => SelfMatch::DecrementAndCancel,
    }))
}

/// The models that a section names.
pub(super) fn models(section: &VenueSection) -> Vec<NamedModel> {
    let sections = [
        (ModelKind::Fill, &section.fill_model),
        (ModelKind::Fee, &section.fee_model),
        (ModelKind::Latency, &section.latency_model),
    ];
    let named = sections.into_iter().filter_map(|(kind, model)| {
        let model = model.as_ref()?;
        Some(model.named(&section.name, kind))
    });
    named.collect()
}

fn latency(section: &VenueSection) -> Result<Latency, Problem> {
    let insert = quantiles("insert_distribution", section.insert_distribution.as_ref())?;
    let modify = quantiles("modify_distribution", section.modify_distribution.as_ref())?;
    Ok(Latency {
        insert: section.insert_latency.0,
        cancel: section.cancel_latency.0,
        modify: section.modify_latency.unwrap_or(section.insert_latency).0,
        feed: section.feed_latency.0,
        jitter: section.jitter.0,
        drawn: DrawnLatency {
            cancel: quantiles("cancel_distribution", section.cancel_distribution.as_ref())?,
            feed: quantiles("feed_distribution", section.feed_distribution.as_ref())?,
            modify: match section.modify_distribution {
                Some(_) => modify,
                None => insert.clone(),
            },
            insert,
        },
        seed: section.seed,
    })
}

fn quantiles(key: &'static str, distribution: Option<&Distribution>) -> Result<Quantiles, Problem> {
    let quantiles = distribution.map(Distribution::quantiles).transpose();
    let quantiles = quantiles.map_err(|reason| (key, reason))?;
    Ok(quantiles.unwrap_or_default())
}

fn chances(section: &VenueSection) -> Result<Option<FillChances>, Problem> {
    let (touch, slip) = (section.touch_fill_chance, section.slip_chance);
    if touch.is_none() && slip.is_none() {
        return Ok(None);
    }
    let certain = FillChances::default();
    let chances = FillChances {
        touch: touch.map_or(certain.touch, |chance| chance.0),
        slip: slip.map_or(certain.slip, |chance| chance.0),
        seed: section.seed,
    };
    let of = |touch, slip| FillChances {
        touch,
        slip,
        ..chances
    };
    if let Some(flaw) = of(chances.touch, certain.slip).flaw() {
        return Err(("touch_fill_chance", flaw.to_owned()));
    }
    match of(certain.touch, chances.slip).flaw() {
        Some(flaw) => Err(("slip_chance", flaw.to_owned())),
        None => Ok(Some(chances)),
    }
}

fn order_type(kind: OrderType) -> OrderKindName {
    match kind {
        OrderType::Market => OrderKindName::Market,
        OrderType::Limit => OrderKindName::Limit,
        OrderType::StopMarket => OrderKindName::StopMarket,
        OrderType::StopLimit => OrderKindName::StopLimit,
        OrderType::MarketToLimit => OrderKindName::MarketToLimit,
        OrderType::MarketIfTouched => OrderKindName::MarketIfTouched,
        OrderType::LimitIfTouched => OrderKindName::LimitIfTouched,
        OrderType::TrailingStopMarket => OrderKindName::TrailingStopMarket,
        OrderType::TrailingStopLimit => OrderKindName::TrailingStopLimit,
    }
}

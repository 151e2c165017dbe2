//! The body of an order by hand: which fields each type needs, and which it has not.

use super::command::{Parameters, plain};
use super::moment::Moment;
use super::object::Object;
use super::order_names::{KindName, RuleName, SideName, TimeInForceName, TriggerByName, UnitName};
use super::text::{Decimal, ParameterValue};
use crate::openapi::{DecimalText, MomentText, QuantityText};
use crate::problem::Problem;
use model::{
    AlgorithmCall, Links, Offset, OrderKind, PeerRule, Peers, PositionId, Price, Quantity, Tag,
    Terms, TimeInForce, Trail, Trigger,
};
use serde::Deserialize;
use services::handle::OrderTicket;

/// Body of `POST orders`, and one order of a list. `parent`, `group` and `rule` are for lists only.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderTicketRequest {
    pub(crate) instrument: Option<String>,
    pub(crate) side: Option<SideName>,
    #[serde(rename = "type")]
    kind: KindName,
    #[schema(value_type = Option<QuantityText>)]
    pub(crate) quantity: Option<Decimal<Quantity>>,
    #[schema(value_type = Option<DecimalText>)]
    price: Option<Decimal<Price>>,
    #[schema(value_type = Option<DecimalText>)]
    trigger: Option<Decimal<Price>>,
    trigger_by: Option<TriggerByName>,
    #[schema(value_type = Option<TrailRequest>)]
    trail: Option<Object<TrailRequest>>,
    #[schema(value_type = Option<OffsetRequest>)]
    limit_offset: Option<Object<OffsetRequest>>,
    #[serde(default)]
    time_in_force: TimeInForceName,
    #[schema(value_type = Option<MomentText>)]
    expires: Option<String>,
    #[serde(default)]
    post_only: bool,
    pub(crate) reduce_only: Option<bool>,
    #[serde(default)]
    pub(crate) quote_quantity: bool,
    #[schema(value_type = Option<QuantityText>)]
    display: Option<Decimal<Quantity>>,
    #[schema(value_type = Option<HoldRequest>)]
    hold: Option<Object<HoldRequest>>,
    #[serde(default)]
    #[schema(max_length = 32, pattern = "^[ -~]*$")]
    tag: String,
    #[schema(pattern = "^[0-9]{1,15}-([0-9]{1,3}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-5])$")]
    position: Option<String>,
    pub(crate) strategy: Option<String>,
    #[serde(default)]
    #[schema(maximum = 18446744073709551615u64)]
    intent: u64,
    #[schema(maximum = 255)]
    pub(crate) parent: Option<u8>,
    #[schema(maximum = 255)]
    pub(crate) group: Option<u8>,
    pub(crate) rule: Option<RuleName>,
    #[schema(value_type = Option<AlgorithmCallRequest>)]
    algorithm: Option<Object<AlgorithmCallRequest>>,
}

/// The algorithm that is to work an order.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AlgorithmCallRequest {
    name: String,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, ParameterValue>)]
    parameters: Parameters,
}

/// How a stop follows the market.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TrailRequest {
    #[schema(value_type = DecimalText)]
    offset: String,
    unit: UnitName,
    #[schema(value_type = Option<DecimalText>)]
    activation: Option<Decimal<Price>>,
}

/// A distance from a price.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OffsetRequest {
    #[schema(value_type = DecimalText)]
    offset: String,
    unit: UnitName,
}

/// The price until which an order is held back.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct HoldRequest {
    #[schema(value_type = DecimalText)]
    trigger: Decimal<Price>,
    #[serde(default)]
    trigger_by: TriggerByName,
}

impl OrderTicketRequest {
    /// The ticket, if the fields are those that the type needs.
    pub(crate) fn ticket(self) -> Result<OrderTicket, Problem> {
        let kind = self.order_kind()?;
        let time_in_force = self.time_in_force()?;
        let terms = self.terms()?;
        let Decimal(quantity) = needed("quantity", self.quantity)?;
        Ok(OrderTicket {
            instrument: needed("instrument", self.instrument)?,
            strategy: self.strategy,
            side: needed("side", self.side)?.into(),
            kind,
            quantity,
            time_in_force,
            terms,
            intent: self.intent,
            algorithm: self.algorithm.map(|Object(call)| AlgorithmCall {
                name: call.name,
                parameters: plain(call.parameters).into_iter().collect(),
            }),
        })
    }

    /// The name of a field that only orders of a list have, if one is given.
    pub(crate) fn link(&self) -> Option<&'static str> {
        let given = [
            ("parent", self.parent.is_some()),
            ("group", self.group.is_some()),
            ("rule", self.rule.is_some()),
        ];
        given.into_iter().find(|(_, is)| *is).map(|(name, _)| name)
    }

    fn order_kind(&self) -> Result<OrderKind, Problem> {
        self.refuse_surplus()?;
        let price = || needed("price", self.price).map(|Decimal(price)| price);
        let trigger = || {
            let Decimal(price) = needed("trigger", self.trigger)?;
            let by = self.trigger_by.unwrap_or_default().into();
            Ok::<_, Problem>(Trigger { price, by })
        };
        Ok(match self.kind {
            KindName::Market => OrderKind::Market,
            KindName::MarketToLimit => OrderKind::MarketToLimit,
            KindName::Limit => OrderKind::Limit { price: price()? },
            KindName::StopMarket => OrderKind::StopMarket {
                trigger: trigger()?,
            },
            KindName::StopLimit => OrderKind::StopLimit {
                trigger: trigger()?,
                price: price()?,
            },
            KindName::MarketIfTouched => OrderKind::MarketIfTouched {
                trigger: trigger()?,
            },
            KindName::LimitIfTouched => OrderKind::LimitIfTouched {
                trigger: trigger()?,
                price: price()?,
            },
            KindName::TrailingStopMarket => OrderKind::TrailingStopMarket {
                trail: self.trail()?,
            },
            KindName::TrailingStopLimit => OrderKind::TrailingStopLimit {
                trail: self.trail()?,
                limit: self.limit_offset()?,
            },
        })
    }

    fn refuse_surplus(&self) -> Result<(), Problem> {
        let kind = self.kind;
        let limits_trail = kind == KindName::TrailingStopLimit;
        let fields = [
            ("price", self.price.is_some(), kind.has_price()),
            ("trigger", self.trigger.is_some(), kind.has_trigger()),
            ("trail", self.trail.is_some(), kind.trails()),
            ("limit_offset", self.limit_offset.is_some(), limits_trail),
            (
                "trigger_by",
                self.trigger_by.is_some(),
                kind.has_trigger() || kind.trails(),
            ),
        ];
        match fields.iter().find(|(_, given, has)| *given && !has) {
            Some((field, ..)) => Err(Problem::disagrees(
                field,
                "this type of order does not have it; leave it out",
            )),
            None => Ok(()),
        }
    }

    fn trail(&self) -> Result<Trail, Problem> {
        let Object(trail) = needed("trail", self.trail.as_ref())?;
        Ok(Trail {
            offset: offset("trail.offset", &trail.offset, trail.unit)?,
            activation: trail.activation.map(|Decimal(price)| price),
            by: self.trigger_by.unwrap_or_default().into(),
        })
    }

    fn limit_offset(&self) -> Result<Offset, Problem> {
        let Object(limit) = needed("limit_offset", self.limit_offset.as_ref())?;
        offset("limit_offset.offset", &limit.offset, limit.unit)
    }

    fn time_in_force(&self) -> Result<TimeInForce, Problem> {
        let name = self.time_in_force;
        if name != TimeInForceName::Gtd && self.expires.is_some() {
            let detail = "only GTD orders have it; say GTD, or leave it out";
            return Err(Problem::disagrees("expires", detail));
        }
        Ok(match name {
            TimeInForceName::Gtc => TimeInForce::Gtc,
            TimeInForceName::Ioc => TimeInForce::Ioc,
            TimeInForceName::Fok => TimeInForce::Fok,
            TimeInForceName::Day => TimeInForce::Day,
            TimeInForceName::AtTheOpen => TimeInForce::AtTheOpen,
            TimeInForceName::AtTheClose => TimeInForce::AtTheClose,
            TimeInForceName::Gtd => {
                let text = needed("expires", self.expires.as_deref())?;
                let refused = |why| Problem::invalid("expires", format!("{why}"));
                let Moment(moment) = text.parse().map_err(refused)?;
                TimeInForce::Gtd(moment)
            }
        })
    }

    fn terms(&self) -> Result<Terms, Problem> {
        let tag: Tag = self
            .tag
            .parse()
            .map_err(|why| Problem::invalid("tag", format!("{why}")))?;
        Ok(Terms {
            post_only: self.post_only,
            reduce_only: self.reduce_only.unwrap_or(false),
            quote_quantity: self.quote_quantity,
            display: self.display.map(|Decimal(quantity)| quantity),
            hold: self.hold.map(|Object(hold)| Trigger {
                price: hold.trigger.0,
                by: hold.trigger_by.into(),
            }),
            links: Links {
                parent: self.parent,
                peers: self.peers()?,
            },
            tag,
            position: self.position()?,
        })
    }

    fn position(&self) -> Result<Option<PositionId>, Problem> {
        let named = self.position.as_deref().map(str::parse).transpose();
        named.map_err(|why: String| Problem::invalid("position", why))
    }

    fn peers(&self) -> Result<Option<Peers>, Problem> {
        match (self.group, self.rule.map(PeerRule::from)) {
            (Some(group), Some(rule)) => Ok(Some(Peers { group, rule })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(Problem::disagrees(
                "rule",
                "a group needs its rule, OCO or OUO",
            )),
            (None, Some(_)) => Err(Problem::disagrees(
                "group",
                "a rule needs the number of its group, such as 1",
            )),
        }
    }
}

/// A distance, if it is one.
fn offset(field: &str, text: &str, unit: UnitName) -> Result<Offset, Problem> {
    let (offset, form) = match unit {
        UnitName::Price => (text.parse().ok().map(Offset::Price), "a positive decimal"),
        UnitName::BasisPoints => (
            text.parse().ok().map(Offset::BasisPoints),
            "a whole number from 1 to 9999",
        ),
        UnitName::Ticks => (
            text.parse().ok().map(Offset::Ticks),
            "a whole number of at least 1",
        ),
    };
    offset.filter(Offset::is_valid).ok_or_else(|| {
        let detail = format!("`{text}` is not {form}, which this unit needs");
        match text.parse::<Price>() {
            Ok(_) => Problem::disagrees(field, detail),
            Err(_) => Problem::invalid(field, detail),
        }
    })
}

fn needed<T>(field: &str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::disagrees(field, "is missing, and this order needs it"))
}

//! The names of what an order can be, the same in requests and answers.

use model::{OrderKind, OrderKindName, PeerRule, Side, TimeInForce, TriggerBy};
use serde::{Deserialize, Serialize};

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum SideName {
    Buy,
    Sell,
}

impl SideName {
    pub(crate) const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

impl From<Side> for SideName {
    fn from(side: Side) -> Self {
        match side {
            Side::Buy => Self::Buy,
            Side::Sell => Self::Sell,
        }
    }
}

impl From<SideName> for Side {
    fn from(name: SideName) -> Self {
        match name {
            SideName::Buy => Self::Buy,
            SideName::Sell => Self::Sell,
        }
    }
}

/// The type of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum KindName {
    Market,
    Limit,
    StopMarket,
    StopLimit,
    MarketToLimit,
    MarketIfTouched,
    LimitIfTouched,
    TrailingStopMarket,
    TrailingStopLimit,
}

impl KindName {
    pub(crate) const fn of(kind: &OrderKind) -> Self {
        Self::named(kind.name())
    }

    pub(crate) const fn named(kind: OrderKindName) -> Self {
        match kind {
            OrderKindName::Market => Self::Market,
            OrderKindName::Limit => Self::Limit,
            OrderKindName::StopMarket => Self::StopMarket,
            OrderKindName::StopLimit => Self::StopLimit,
            OrderKindName::MarketToLimit => Self::MarketToLimit,
            OrderKindName::MarketIfTouched => Self::MarketIfTouched,
            OrderKindName::LimitIfTouched => Self::LimitIfTouched,
            OrderKindName::TrailingStopMarket => Self::TrailingStopMarket,
            OrderKindName::TrailingStopLimit => Self::TrailingStopLimit,
        }
    }

    /// Whether orders of the type have a limit price from the start.
    pub(crate) const fn has_price(self) -> bool {
        matches!(self, Self::Limit | Self::StopLimit | Self::LimitIfTouched)
    }

    /// Whether they wait for a fixed trigger.
    pub(crate) const fn has_trigger(self) -> bool {
        matches!(
            self,
            Self::StopMarket | Self::StopLimit | Self::MarketIfTouched | Self::LimitIfTouched
        )
    }

    /// Whether their trigger follows the market.
    pub(crate) const fn trails(self) -> bool {
        matches!(self, Self::TrailingStopMarket | Self::TrailingStopLimit)
    }
}

/// How long an order lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TimeInForceName {
    #[default]
    Gtc,
    Ioc,
    Fok,
    Day,
    Gtd,
    AtTheOpen,
    AtTheClose,
}

impl From<TimeInForce> for TimeInForceName {
    fn from(time_in_force: TimeInForce) -> Self {
        match time_in_force {
            TimeInForce::Gtc => Self::Gtc,
            TimeInForce::Ioc => Self::Ioc,
            TimeInForce::Fok => Self::Fok,
            TimeInForce::Day => Self::Day,
            TimeInForce::Gtd(_) => Self::Gtd,
            TimeInForce::AtTheOpen => Self::AtTheOpen,
            TimeInForce::AtTheClose => Self::AtTheClose,
        }
    }
}

/// Which price a trigger watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TriggerByName {
    #[default]
    BidAsk,
    Last,
    Mid,
    Mark,
    Index,
}

impl From<TriggerBy> for TriggerByName {
    fn from(by: TriggerBy) -> Self {
        match by {
            TriggerBy::BidAsk => Self::BidAsk,
            TriggerBy::Last => Self::Last,
            TriggerBy::Mid => Self::Mid,
            TriggerBy::Mark => Self::Mark,
            TriggerBy::Index => Self::Index,
        }
    }
}

impl From<TriggerByName> for TriggerBy {
    fn from(name: TriggerByName) -> Self {
        match name {
            TriggerByName::BidAsk => Self::BidAsk,
            TriggerByName::Last => Self::Last,
            TriggerByName::Mid => Self::Mid,
            TriggerByName::Mark => Self::Mark,
            TriggerByName::Index => Self::Index,
        }
    }
}

/// In what an offset is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum UnitName {
    Price,
    BasisPoints,
    Ticks,
}

/// What an order of a group does to the others: OCO cancels them, OUO shrinks them by what it
/// fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RuleName {
    Oco,
    Ouo,
}

impl From<PeerRule> for RuleName {
    fn from(rule: PeerRule) -> Self {
        match rule {
            PeerRule::Cancel => Self::Oco,
            PeerRule::Reduce => Self::Ouo,
        }
    }
}

impl From<RuleName> for PeerRule {
    fn from(name: RuleName) -> Self {
        match name {
            RuleName::Oco => Self::Cancel,
            RuleName::Ouo => Self::Reduce,
        }
    }
}

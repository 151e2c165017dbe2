//! Orders and what becomes of them, drawn from a seed.

use super::Dice;
use model::{
    AccountId, Amendment, DenyCode, Fill, Links, Liquidity, Offset, OrderChange, OrderId,
    OrderKind, OrderRequest, OrderStatus, OrderUpdate, PeerRule, Peers, PositionId, PositionState,
    PositionUpdate, SignedQuantity, Terms, TimeInForce, Trail, Trigger, TriggerBy,
};

impl Dice {
    pub(super) fn trigger(&mut self) -> Trigger {
        Trigger {
            price: self.price(),
            by: self.one_of(&TriggerBy::ALL),
        }
    }

    pub(super) fn offset(&mut self) -> Offset {
        let (price, number) = (self.price(), self.small());
        self.one_of(&[
            Offset::Price(price),
            Offset::BasisPoints(number),
            Offset::Ticks(number),
        ])
    }

    pub(super) fn trail(&mut self) -> Trail {
        Trail {
            offset: self.offset(),
            activation: self.maybe(Self::price),
            by: self.one_of(&TriggerBy::ALL),
        }
    }

    pub(crate) fn kind(&mut self) -> OrderKind {
        let (price, trigger) = (self.price(), self.trigger());
        let (trail, limit) = (self.trail(), self.offset());
        self.one_of(&[
            OrderKind::Market,
            OrderKind::Limit { price },
            OrderKind::StopMarket { trigger },
            OrderKind::StopLimit { trigger, price },
            OrderKind::MarketToLimit,
            OrderKind::MarketIfTouched { trigger },
            OrderKind::LimitIfTouched { trigger, price },
            OrderKind::TrailingStopMarket { trail },
            OrderKind::TrailingStopLimit { trail, limit },
        ])
    }

    pub(super) fn time_in_force(&mut self) -> TimeInForce {
        use TimeInForce::{AtTheClose, AtTheOpen, Day, Fok, Gtc, Gtd, Ioc};
        let until = Gtd(self.time());
        self.one_of(&[Gtc, Ioc, Fok, Day, until, AtTheOpen, AtTheClose])
    }

    pub(super) fn terms(&mut self) -> Terms {
        let rules = [PeerRule::Cancel, PeerRule::Reduce];
        let tags = ["", "entry", "a tag of thirty-two characters!!"];
        let byte = |dice: &mut Self| u8::try_from(dice.below(256)).unwrap_or_default();
        Terms {
            post_only: self.flag(),
            reduce_only: self.flag(),
            quote_quantity: self.flag(),
            display: self.maybe(Self::quantity),
            hold: self.maybe(Self::trigger),
            links: Links {
                parent: self.maybe(byte),
                peers: self.maybe(|dice| Peers {
                    group: byte(dice),
                    rule: dice.one_of(&rules),
                }),
            },
            tag: self.one_of(&tags).parse().unwrap(),
            position: self.maybe(Self::position_id),
        }
    }

    fn position_id(&mut self) -> PositionId {
        PositionId::opened_by(self.order_id())
    }

    pub(crate) fn request(&mut self) -> OrderRequest {
        OrderRequest {
            id: self.order_id(),
            instrument: self.instrument_id(),
            side: self.side(),
            kind: self.kind(),
            quantity: self.quantity(),
            time_in_force: self.time_in_force(),
            terms: self.terms(),
            intent: self.extreme(),
        }
    }

    pub(crate) fn requests(&mut self) -> Vec<OrderRequest> {
        self.list(Self::request)
    }

    /// Any change of an order.
    pub(crate) fn amendment_of(&mut self, order: OrderId) -> Amendment {
        Amendment {
            order,
            ..self.amendment()
        }
    }

    pub(super) fn amendment(&mut self) -> Amendment {
        Amendment {
            order: self.order_id(),
            quantity: self.maybe(Self::quantity),
            price: self.maybe(Self::price),
            trigger: self.maybe(Self::price),
        }
    }

    pub(super) fn change(&mut self) -> OrderChange {
        let (code, fill) = (self.one_of(&DenyCode::ALL), self.fill());
        let (price, trigger) = (self.maybe(Self::price), self.maybe(Self::price));
        self.one_of(&[
            OrderChange::Denied(code),
            OrderChange::Submitted,
            OrderChange::Accepted,
            OrderChange::Rejected,
            OrderChange::Triggered,
            OrderChange::PendingCancel,
            OrderChange::CancelRejected,
            OrderChange::Filled(fill),
            OrderChange::Canceled,
            OrderChange::Expired,
            OrderChange::Emulated,
            OrderChange::Released,
            OrderChange::PendingUpdate,
            OrderChange::Updated { price, trigger },
            OrderChange::UpdateRejected,
            OrderChange::UpdateDenied(code),
        ])
    }

    pub(crate) fn update(&mut self) -> OrderUpdate {
        OrderUpdate {
            order: self.order_id(),
            strategy: self.strategy_id(),
            instrument: self.instrument_id(),
            side: self.side(),
            change: self.change(),
            status: self.one_of(&OrderStatus::ALL),
            filled: self.quantity(),
            quantity: self.quantity(),
            ts_event: self.time(),
        }
    }

    pub(crate) fn fill(&mut self) -> Fill {
        Fill {
            execution: self.extreme(),
            order: self.order_id(),
            strategy: self.strategy_id(),
            account: AccountId::new(self.small()),
            instrument: self.instrument_id(),
            position: self.maybe(Self::position_id),
            side: self.side(),
            price: self.price(),
            quantity: self.quantity(),
            fee: self.money(),
            liquidity: self.one_of(&[Liquidity::Maker, Liquidity::Taker]),
            ts_event: self.time(),
        }
    }

    pub(crate) fn position(&mut self) -> PositionUpdate {
        PositionUpdate {
            strategy: self.strategy_id(),
            instrument: self.instrument_id(),
            position: self.maybe(Self::position_id),
            state: PositionState {
                quantity: SignedQuantity::from_raw(self.wide()),
                open_cost: self.money(),
                realized: self.money(),
                fees: self.money(),
            },
            change: crate::dice_lifecycle::any_change(self),
            ts_event: self.time(),
        }
    }
}

//! Closing what a broken strategy holds, where its configuration says so: its open orders are cancelled,
//! and then each of its positions is closed by a market order in its name, tagged [`TAG`].
//!
//! Nothing is remembered from one input to the next: a strategy is to be flat while it is in `ERROR` and
//! configured so. It is looked at when it breaks and whenever an order of it is over, because only then
//! can there be something new to close. Each position gets one order for each input, so a step's work
//! is bounded. What the gate or the venue refuses is left, with an alert, for an operator.

use super::Engine;
use super::judging::Part;
use crate::effect::{Severity, StrategyState};
use crate::input::{LimitScope, OrdersOnFault};
use crate::risk;
use model::{
    InstrumentId, Order, OrderKind, OrderRequest, OrderStatus, PositionId, Quantity, Rate, Side,
    SignedQuantity, StrategyId, Tag,
};
use std::collections::BTreeSet;

/// What orders are tagged with that close positions of a broken strategy.
pub const TAG: &str = "FLATTEN";

type Place = (StrategyId, InstrumentId, Option<PositionId>);

/// What is left to look at in the present step.
#[derive(Debug, Default)]
pub(crate) struct Flattening {
    due: BTreeSet<StrategyId>,
    /// The input at which `tried` began.
    sequence: u64,
    /// Positions for which an order was sent, or refused, at this input.
    tried: BTreeSet<Place>,
}

/// A position that is to be closed.
struct Closing {
    instrument: InstrumentId,
    position: Option<PositionId>,
    side: Side,
    quantity: Quantity,
}

impl Engine {
    /// A strategy broke: it is flat in a while, if it is to be.
    pub(super) fn flatten_if_wanted(&mut self, strategy: StrategyId) {
        if self.is_to_be_flat(strategy) {
            self.flattening.due.insert(strategy);
        }
    }

    /// An order changed: if it is over, there may be something to close now. One that was refused is no
    /// reason to try again.
    pub(super) fn follow_flattening(&mut self, order: &Order) {
        let refused = matches!(order.status, OrderStatus::Denied | OrderStatus::Rejected);
        if order.status.is_closed() && !refused {
            self.flatten_if_wanted(order.strategy);
        }
    }

    fn is_to_be_flat(&self, strategy: StrategyId) -> bool {
        let config = self.strategies.config(strategy);
        let wanted = config.is_some_and(|config| config.on_fault == OrdersOnFault::Flatten);
        wanted && self.strategy_state(strategy) == Some(StrategyState::Error)
    }

    /// Closes the next position of a broken strategy; whether anything was sent.
    pub(super) fn flatten_next(&mut self) -> bool {
        if self.flattening.sequence != self.sequence {
            self.flattening.sequence = self.sequence;
            self.flattening.tried.clear();
        }
        while let Some(strategy) = self.flattening.due.pop_first() {
            while let Some(closing) = self.next_to_close(strategy) {
                let place = (strategy, closing.instrument, closing.position);
                self.flattening.tried.insert(place);
                if self.close_position(strategy, &closing) {
                    // There may be others.
                    self.flattening.due.insert(strategy);
                    return true;
                }
            }
        }
        false
    }

    /// A position that no open order of the strategy could still change, and that was not tried yet.
    fn next_to_close(&self, strategy: StrategyId) -> Option<Closing> {
        if !self.is_to_be_flat(strategy) {
            return None;
        }
        let quiet = |instrument: InstrumentId| {
            let mut own = self.holdings.of(strategy);
            own.all(|(id, holding)| id != instrument || holding.open_orders == 0)
        };
        let open = |instrument, position, held: SignedQuantity| {
            let tried = &self.flattening.tried;
            let closes = !held.is_zero() && quiet(instrument);
            if !closes || tried.contains(&(strategy, instrument, position)) {
                return None;
            }
            Some(Closing {
                instrument,
                position,
                side: if held.is_long() {
                    Side::Sell
                } else {
                    Side::Buy
                },
                quantity: held.magnitude().ok()?,
            })
        };
        if self.hedging(strategy).is_some() {
            let mut legs = self.legs.of(strategy);
            return legs
                .find_map(|(instrument, id, leg)| open(instrument, Some(id), leg.state.quantity));
        }
        let mut holdings = self.holdings.of(strategy);
        holdings.find_map(|(instrument, holding)| open(instrument, None, holding.position.quantity))
    }

    /// Sends the order that closes a position; whether it could be sent.
    fn close_position(&mut self, strategy: StrategyId, closing: &Closing) -> bool {
        let Some(request) = self.flattening_order(closing) else {
            return false;
        };
        self.orders_made += 1;
        let judged = risk::judge_flattening(&self.context(strategy, &request, None));
        let taken = judged.and_then(|approval| {
            self.take_on(strategy, &request, (None, Part::Alone), Some(approval))
        });
        match taken {
            Ok(()) => {
                self.launch(request.id);
                true
            }
            Err(code) => {
                self.memory.count_denial(code);
                let scope = LimitScope::Strategy(strategy);
                self.alert(Severity::Critical, code, scope, Rate::ZERO);
                false
            }
        }
    }

    fn flattening_order(&self, closing: &Closing) -> Option<OrderRequest> {
        let instrument = &self.market.get(closing.instrument)?.instrument;
        let quantity = closing.quantity.min(instrument.max_quantity);
        let (side, kind) = (closing.side, OrderKind::Market);
        let mut request = OrderRequest::new(closing.instrument, side, kind, quantity);
        request.id = self.next_order_id()?;
        request.terms.reduce_only = true;
        request.terms.position = closing.position;
        request.terms.tag = TAG.parse::<Tag>().ok()?;
        Some(request)
    }
}

//! Closing what a broken strategy holds, where its configuration says so: its open orders are cancelled,
//! and then each of its positions is closed by a market order in its name, tagged [`TAG`].
//!
//! Nothing is remembered from one input to the next: a strategy is to be flat while it is in `ERROR` and
//! configured so. It is looked at when it breaks and whenever an order of it is over, because only then
//! can there be something new to close. A position gets another order at the same input only if the one
//! before changed it, and [`MAX_PIECES`] at most, so a step's work is bounded. What the gate or the venue
//! refuses is left, with an alert, for an operator: an order of this kind that ended without a fill is
//! never followed by another for the same position, or there would be no end of them.

use super::Engine;
use super::judging::Part;
use crate::effect::{Severity, StrategyState};
use crate::input::{LimitScope, OrdersOnFault};
use crate::risk;
use model::{
    DenyCode, InstrumentId, Order, OrderKind, OrderRequest, PositionId, Quantity, Rate, Side,
    SignedQuantity, StrategyId, Tag,
};
use std::collections::BTreeMap;

/// What orders are tagged with that close positions of a broken strategy.
pub const TAG: &str = "FLATTEN";

/// Codes of the alerts that a broken strategy has something open which nobody closes. Nothing else is told of
/// a strategy by these; they are over when it is not broken any more.
pub const CODES: [DenyCode; 11] = [
    DenyCode::StrategyState,
    DenyCode::MaxQuantity,
    DenyCode::TradingState,
    DenyCode::Conversion,
    DenyCode::MaxPosition,
    // What binds an order that closes.
    DenyCode::Latch,
    DenyCode::Account,
    DenyCode::Instrument,
    DenyCode::Quantity,
    DenyCode::Unsupported,
    DenyCode::MarketData,
];

/// Most orders for one position at one input.
const MAX_PIECES: u32 = 256;

type Place = (StrategyId, InstrumentId, Option<PositionId>);

/// What is left to look at in the present step.
#[derive(Debug, Default)]
pub(crate) struct Flattening {
    due: BTreeMap<StrategyId, Look>,
    /// The input at which `tried` began.
    sequence: u64,
    /// Positions for which an order was sent, or refused, at this input.
    tried: BTreeMap<Place, Tried>,
}

impl Flattening {
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.due.is_empty()
    }
}

/// Which positions of a strategy are looked at.
#[derive(Debug, Clone, Copy)]
enum Look {
    All,
    /// Of the positions of one instrument those after this one, which could not be closed.
    After(InstrumentId, PositionId),
}

impl Look {
    fn is_at(self, instrument: InstrumentId, position: Option<PositionId>) -> bool {
        match self {
            Self::All => true,
            Self::After(of, last) => instrument == of && position.is_some_and(|id| id > last),
        }
    }
}

/// The latest try at one input.
#[derive(Debug, Clone, Copy)]
struct Tried {
    /// What was held then.
    held: SignedQuantity,
    /// How many there were.
    pieces: u32,
}

/// A position that is to be closed.
struct Closing {
    instrument: InstrumentId,
    position: Option<PositionId>,
    held: SignedQuantity,
    side: Side,
    quantity: Quantity,
}

impl Engine {
    /// A strategy broke: it is flat in a while, if it is to be.
    pub(super) fn flatten_if_wanted(&mut self, strategy: StrategyId) {
        if self.is_to_be_flat(strategy) {
            self.flattening.due.insert(strategy, Look::All);
        }
    }

    /// An order changed: if it is over, there may be something to close now. One of these orders that ended
    /// without a fill is no reason to try its position again.
    pub(super) fn follow_flattening(&mut self, order: &Order) {
        if !order.status.is_closed() {
            return;
        }
        if order.terms.tag.as_str() != TAG || !order.filled.is_zero() {
            return self.flatten_if_wanted(order.strategy);
        }
        if !self.is_to_be_flat(order.strategy) {
            return;
        }
        self.alert_left(order.strategy, DenyCode::StrategyState);
        // Others of its instrument waited for it.
        if let Some(position) = order.terms.position {
            let look = Look::After(order.instrument, position);
            self.flattening.due.entry(order.strategy).or_insert(look);
        }
    }

    /// An operator is told that a broken strategy is not flat, and that nothing more is done about it.
    pub(super) fn alert_left(&mut self, strategy: StrategyId, code: DenyCode) {
        let scope = LimitScope::Strategy(strategy);
        self.alert(Severity::Critical, code, scope, Rate::ZERO);
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
        while let Some((strategy, look)) = self.flattening.due.pop_first() {
            while let Some(closing) = self.next_to_close(strategy, look) {
                if self.may_try(strategy, &closing) && self.close_position(strategy, &closing) {
                    // There may be others.
                    self.flattening.due.entry(strategy).or_insert(look);
                    return true;
                }
            }
        }
        false
    }

    /// Counts a try; whether it is not one too many.
    fn may_try(&mut self, strategy: StrategyId, closing: &Closing) -> bool {
        let place = (strategy, closing.instrument, closing.position);
        let tried = self.flattening.tried.entry(place).or_insert(Tried {
            held: closing.held,
            pieces: 0,
        });
        tried.held = closing.held;
        tried.pieces += 1;
        let may = tried.pieces <= MAX_PIECES;
        if !may {
            self.alert_left(strategy, DenyCode::MaxQuantity);
        }
        may
    }

    /// A position that no open order of the strategy could still change, and that was not tried yet as it is.
    fn next_to_close(&self, strategy: StrategyId, look: Look) -> Option<Closing> {
        if !self.is_to_be_flat(strategy) {
            return None;
        }
        let quiet = |instrument: InstrumentId| {
            let mut own = self.holdings.of(strategy);
            own.all(|(id, holding)| id != instrument || holding.open_orders == 0)
        };
        let open = |instrument, position, held: SignedQuantity| {
            let tried = self.flattening.tried.get(&(strategy, instrument, position));
            let is_news = tried.is_none_or(|tried| tried.held != held);
            let closes = !held.is_zero() && is_news && look.is_at(instrument, position);
            if !closes || !quiet(instrument) {
                return None;
            }
            Some(Closing {
                instrument,
                position,
                held,
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
            self.alert_left(strategy, DenyCode::Instrument);
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
                self.alert_left(strategy, code);
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

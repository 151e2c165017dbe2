//! The table of controls, in the order in which they are asked: cheap and general ones first.
//! [`buying_power`] comes last and stands apart, because it also says how much to hold back.

pub(super) mod account;
pub(super) mod buying_power;
pub(super) mod conversion;
pub(super) mod duplicate;
pub(super) mod instrument;
pub(super) mod latch;
pub(super) mod max_notional;
pub(super) mod max_open_orders;
pub(super) mod max_position;
pub(super) mod max_quantity;
pub(super) mod message_rate;
pub(super) mod price;
pub(super) mod quantity;
pub(super) mod strategy_state;
pub(super) mod trading_state;

use super::Check;
use model::DenyCode;

/// Every control but the last, with its code.
pub(crate) const CHECKS: [(DenyCode, Check); 14] = [
    (DenyCode::Latch, latch::check),
    (DenyCode::TradingState, trading_state::check),
    (DenyCode::StrategyState, strategy_state::check),
    (DenyCode::Account, account::check),
    (DenyCode::Instrument, instrument::check),
    (DenyCode::Quantity, quantity::check),
    (DenyCode::Price, price::check),
    (DenyCode::MaxQuantity, max_quantity::check),
    (DenyCode::Conversion, conversion::check),
    (DenyCode::MaxNotional, max_notional::check),
    (DenyCode::MaxOpenOrders, max_open_orders::check),
    (DenyCode::MaxPosition, max_position::check),
    (DenyCode::MessageRate, message_rate::check),
    (DenyCode::Duplicate, duplicate::check),
];

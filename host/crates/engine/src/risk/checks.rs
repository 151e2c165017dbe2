//! The table of controls, in the order in which they are asked: cheap and general ones first.
//! [`buying_power`] comes last, because it also says how much to hold back.
//!
//! The table is the only place where a control has a name: the gate, the counts of denials and
//! `docs/risk.md` are made from it.

pub(super) mod account;
pub(super) mod buying_power;
pub(super) mod cancel_ratio;
pub(super) mod child;
pub(super) mod clock;
pub(super) mod concentration;
pub(super) mod conversion;
pub(super) mod duplicate;
pub(super) mod exposure;
pub(super) mod instrument;
pub(super) mod latch;
pub(super) mod loss;
pub(super) mod market_data;
pub(super) mod max_notional;
pub(super) mod max_open_orders;
pub(super) mod max_position;
pub(super) mod max_quantity;
pub(super) mod message_rate;
pub(super) mod participation;
pub(super) mod permission;
pub(super) mod price;
pub(super) mod price_collar;
pub(super) mod price_drift;
pub(super) mod quantity;
pub(super) mod repeated_execution;
pub(super) mod self_match;
pub(super) mod short_sale;
pub(super) mod strategy_state;
pub(super) mod trading_state;
pub(super) mod unsupported;

use super::{Check, Control, Subject};
use Subject::{Moment, Order};
use model::DenyCode;

/// Every control.
pub(crate) const CONTROLS: [Control; 30] = [
    control(
        DenyCode::Latch,
        "latch",
        Order,
        latch::check,
        "Nothing new leaves while a kill latch of the firm, the account, the strategy or the \
         instrument is set, the venue is away, or the journal cannot be written.",
    ),
    control(
        DenyCode::TradingState,
        "trading state",
        Order,
        trading_state::check,
        "Halted, nothing leaves; reducing, only orders that bring a position nearer to zero. The \
         strictest of the firm, the account, the strategy and the instrument counts.",
    ),
    control(
        DenyCode::StrategyState,
        "strategy state",
        Order,
        strategy_state::check,
        "Only a running strategy may trade.",
    ),
    control(
        DenyCode::RepeatedExecution,
        "repeated execution",
        Order,
        repeated_execution::check,
        "A strategy that executed the same order `max_repeats` times within `repeat_window` is \
         stopped until somebody lets it trade again. Strategies traded by hand are exempt.",
    ),
    control(
        DenyCode::Account,
        "account",
        Order,
        account::check,
        "The account must be known, belong to the instrument's venue, and agree with it where that is outside.",
    ),
    control(
        DenyCode::Instrument,
        "instrument",
        Order,
        instrument::check,
        "The instrument must be known, open to orders, not expired, and in session; between \
         sessions only orders for the next auction pass.",
    ),
    control(
        DenyCode::Permission,
        "permission",
        Order,
        permission::check,
        "The strategy may trade this instrument, this side, at this venue, and for this account.",
    ),
    control(
        DenyCode::Quantity,
        "quantity",
        Order,
        quantity::check,
        "The quantity must be positive, on the lot grid, and within the venue's range.",
    ),
    control(
        DenyCode::Price,
        "price",
        Order,
        price::check,
        "Every price of the order must be positive and on the tick grid.",
    ),
    control(
        DenyCode::Unsupported,
        "supported",
        Order,
        unsupported::check,
        "The venue takes this type, and type, time in force and flags do not contradict each \
         other.",
    ),
    control(
        DenyCode::Child,
        "child within parent",
        Order,
        child::check,
        "Orders of a list that close what their parent opens may not close more than it opens. An \
         order that names a position needs one, and closes at most what is left of it. An \
         algorithm's orders are on their parent's instrument and side, at its limit or better, and \
         with all of them filled it is not exceeded.",
    ),
    control(
        DenyCode::MarketData,
        "market data",
        Moment,
        market_data::check,
        "The latest event was possible, its source reports no gap, and the price is no older than \
         `max_age`.",
    ),
    control(
        DenyCode::Clock,
        "clock",
        Moment,
        clock::check,
        "The market's time is at most `max_ahead` of the engine's, and data took at most \
         `max_behind` to come.",
    ),
    control(
        DenyCode::MaxQuantity,
        "maximum quantity",
        Order,
        max_quantity::check,
        "No order above `max_order_quantity`.",
    ),
    control(
        DenyCode::PriceCollar,
        "price collar",
        Moment,
        price_collar::check,
        "The order's worst price is at most `max_distance` worse than its reference.",
    ),
    control(
        DenyCode::PriceDrift,
        "price drift",
        Moment,
        price_drift::check,
        "The market moved at most `max_drift` within `drift_window`, or the order reduces.",
    ),
    control(
        DenyCode::Conversion,
        "conversion",
        Order,
        conversion::check,
        "The order's value must be computable, and convertible to the account's base currency.",
    ),
    control(
        DenyCode::MaxNotional,
        "maximum notional",
        Order,
        max_notional::check,
        "No order above `max_order_notional`, and none whose value is not known.",
    ),
    control(
        DenyCode::Participation,
        "participation",
        Moment,
        participation::check,
        "The order is at most `max_day_share` of the average daily volume and, where it takes \
         liquidity, `max_book_share` of the size at the touch and `max_depth_share` of what the \
         order book shows at its limit or better.",
    ),
    control(
        DenyCode::MaxOpenOrders,
        "open orders",
        Order,
        max_open_orders::check,
        "At most `max_open_orders` are open, for the firm, the account, the strategy, the \
         instrument.",
    ),
    control(
        DenyCode::MaxPosition,
        "maximum position",
        Moment,
        max_position::check,
        "Were all open orders filled, no position exceeds `max_position`, unless the order \
         reduces it.",
    ),
    control(
        DenyCode::ShortSale,
        "short sale and day trades",
        Moment,
        short_sale::check,
        "With `no_short_sale` no order may take a position below zero; with `locate_required` no \
         order may sell more short than is located for its account, all open orders filled; an \
         order that opens may not make `max_day_trades` within `day_trade_days` possible to exceed.",
    ),
    control(
        DenyCode::Exposure,
        "exposure",
        Moment,
        exposure::check,
        "Gross and net exposure of strategy, account and firm stay within `max_gross` and \
         `max_net`, all open orders filled the worst way, unless the order reduces.",
    ),
    control(
        DenyCode::Concentration,
        "concentration",
        Moment,
        concentration::check,
        "One instrument, and one sector, is at most `max_instrument_share` and \
         `max_sector_share` of the account's equity, unless the order reduces.",
    ),
    control(
        DenyCode::Loss,
        "loss",
        Moment,
        loss::check,
        "Losses of strategy, account and firm are within `max_daily`, `max_rolling` and \
         `max_drawdown`, or the order reduces.",
    ),
    control(
        DenyCode::SelfMatch,
        "self match",
        Moment,
        self_match::check,
        "With `no_self_match` no order may meet another open order of its account.",
    ),
    control(
        DenyCode::MessageRate,
        "message rate",
        Order,
        message_rate::check,
        "At most `max_messages` within `message_window`, by one strategy and by all, and at most \
         `max_venue_messages` of all to one venue.",
    ),
    control(
        DenyCode::CancelRatio,
        "cancel ratio",
        Order,
        cancel_ratio::check,
        "A strategy's cancels and changes within `cancel_window`, less `free_cancels`, are at \
         most `max_cancels_per_fill` for each fill.",
    ),
    control(
        DenyCode::Duplicate,
        "duplicate",
        Order,
        duplicate::check,
        "The same intent never twice, and the same order not again within `duplicate_window`.",
    ),
    control(
        DenyCode::BuyingPower,
        "buying power",
        Moment,
        buying_power::check,
        "The account can pay, with everything in flight counted.",
    ),
];

const fn control(
    code: DenyCode,
    name: &'static str,
    subject: Subject,
    check: Check,
    documentation: &'static str,
) -> Control {
    Control {
        code,
        name,
        documentation,
        subject,
        check,
    }
}

//! The vocabulary every other crate speaks: identifiers, exact numbers, time, instruments, market
//! data, orders, positions, accounts, and the ports behind which strategies and the simulated
//! exchange's models live.
//!
//! What is absent on purpose: I/O, async, serialisation, clocks, and floating point. Rows, wire
//! formats and WIT types are made at the edges, in `store`, `api` and `runtime`.

pub mod account;
pub mod book;
pub mod book_view;
pub mod execution_algorithm;
pub mod fees;
pub mod fill;
pub mod identifiers;
pub mod instrument;
pub mod lifecycle;
pub mod market;
pub mod number;
pub mod order;
pub mod order_kind;
pub mod order_status;
pub mod order_update;
pub mod outbound;
pub mod position;
pub mod pre_trade_rule;
pub mod session;
pub mod signal;
pub mod stateful;
pub mod strategy;
pub mod tag;
pub mod time;
pub mod venue_ids;
pub mod venue_models;
pub mod venue_report;

pub use account::{AccountConfig, AccountKind, Balance, HedgeMargin};
pub use book::{
    BookChanges, BookLevel, BookOrder, BookRefusal, BookScope, BookUpdate, MOST_BOOK_LEVELS,
    MOST_BOOK_ORDERS,
};
pub use book_view::{BookView, MAX_BOOK_DEPTH, PriceLevel};
pub use execution_algorithm::{
    Action, Actions, AlgorithmCall, AlgorithmEvent, AlgorithmMaker, AlgorithmSnapshot,
    ExecutionAlgorithm, MarketFeed,
};
pub use fees::{FeeTier, Fees};
pub use fill::{Fill, Liquidity};
pub use identifiers::{
    AccountId, AlgorithmId, CurrencyId, InstrumentId, Interner, OrderId, PluginHash, PositionId,
    RuleId, StrategyId, VenueId,
};
pub use instrument::{AssetClass, Instrument, Margin, OptionRight};
pub use lifecycle::{
    AccountRules, CashFlow, CashFlowReason, LifeEvent, LifeEventKind, Lifecycle, LifecycleEvent,
    LifecycleRefusal, MarginCall, MarginState, MarginStatus, PositionChange,
};
pub use market::{Bar, BarBasis, BarMethod, BarSpec, InstrumentStatus, MarkPrice, Quote, Trade};
pub use number::{Money, NumberError, Price, Quantity, Rate, SignedQuantity};
pub use order::{Amendment, Links, Order, OrderRequest, PeerRule, Peers, Side, Terms, TimeInForce};
pub use order_kind::{Offset, OrderKind, OrderKindName, Trail, Trigger, TriggerBy};
pub use order_status::OrderStatus;
pub use order_update::{DenyCode, OrderChange, OrderUpdate};
pub use outbound::{Outbound, OutboundCommand};
pub use position::{PositionState, PositionUpdate};
pub use pre_trade_rule::{ContextFacts, OrderFacts, PreTradeRule, Verdict};
pub use session::Session;
pub use signal::{BadSignal, MAX_SIGNAL_ID, Signal, SignalEvent};
pub use stateful::Stateful;
pub use strategy::{
    Event, Fault, FaultKind, Hears, HistoryBlock, HistoryRequest, Intent, Intents, LogLevel,
    SavedState, StartReason, StartSnapshot, Strategy, Subscription,
};
pub use tag::{BadTag, MAX_TAG, Tag};
pub use time::{Duration, Timestamp};
pub use venue_ids::{BadVenueName, ExecutionId, MAX_VENUE_NAME, VenueOrderId};
pub use venue_models::{
    Charge, FeeModel, FeeQuery, FillAnswer, FillModel, FillQuery, LatencyModel, LatencyQuery,
    Listing, Message, ModelKind, ModelSpec, Occasion, VenueModel,
};
pub use venue_report::{
    SnapshotExecution, VenueExecution, VenueOrder, VenueOrderStatus, VenuePosition, VenueReport,
    VenueReportKind, VenueSnapshot, VenueTerms,
};

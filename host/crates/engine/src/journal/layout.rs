//! The layout of every type in the journal. The order of fields and the numbers of variants are
//! the format: a change here needs a new version in [`super::MAGIC`].

mod definition;
mod grown;
mod state;
mod venue;

use super::JournalHash;
use super::codec::{Decode, DecodeError, Encode, fields, newtypes, variants};
use crate::effect::ModelFault;
use crate::input::{
    AlgorithmConfig, Allowed, CanaryTerms, Command, ConductLimits, DataLimits, DrawnLatency,
    Escalation, ExposureLimits, FillChances, HandOver, Input, Judged, Latency, LimitScope,
    LossLimits, OrdersOnFault, Outcome, PriceLimits, Probation, Quantiles, RuleConfig, Scaling,
    SelfMatch, Sequenced, Slippage, SwapTerms, TradingState, VenueConfig, VenueModels, WhenOver,
    Worked,
};
use model::{
    AccountConfig, AccountId, AccountKind, AccountRules, Action, AlgorithmCall, AlgorithmId,
    Amendment, AssetClass, Bar, BarBasis, BarMethod, BarSpec, BookChanges, BookLevel, BookOrder,
    BookScope, BookUpdate, CashFlow, CashFlowReason, CurrencyId, DenyCode, Duration, Fault,
    FaultKind, FeeTier, Fees, Fill, HedgeMargin, HistoryBlock, HistoryRequest, Instrument,
    InstrumentId, InstrumentStatus, Intent, Lifecycle, LifecycleEvent, Links, Liquidity, LogLevel,
    Margin, MarginCall, MarkPrice, ModelKind, ModelSpec, Money, Offset, OptionRight, Order,
    OrderChange, OrderId, OrderKind, OrderKindName, OrderRequest, OrderStatus, OrderUpdate,
    PeerRule, Peers, PluginHash, PositionChange, PositionId, PositionState, PositionUpdate, Price,
    Quantity, Quote, Rate, RuleId, SavedState, Session, Side, Signal, SignedQuantity, StrategyId,
    Subscription, Tag, Terms, TimeInForce, Timestamp, Trade, Trail, Trigger, TriggerBy, VenueId,
    Verdict,
};

newtypes! {
    InstrumentId: u32, number, InstrumentId::new;
    VenueId: u32, number, VenueId::new;
    CurrencyId: u32, number, CurrencyId::new;
    AccountId: u32, number, AccountId::new;
    StrategyId: u32, number, StrategyId::new;
    RuleId: u32, number, RuleId::new;
    AlgorithmId: u32, number, AlgorithmId::new;
    OrderId: u64, number, OrderId::from_number;
    PositionId: OrderId, opener, PositionId::opened_by;
    PluginHash: [u8; 32], bytes, PluginHash::new;
    JournalHash: [u8; 32], bytes, JournalHash::new;
    Timestamp: u64, nanos, Timestamp::from_nanos;
    Duration: u64, nanos, Duration::from_nanos;
    Price: i64, raw, Price::from_raw;
    Quantity: u64, raw, Quantity::from_raw;
    SignedQuantity: i128, raw, SignedQuantity::from_raw;
    Money: i128, raw, Money::from_raw;
    Rate: i64, raw, Rate::from_raw;
}

fields! {
    Trade { instrument, price, size, aggressor, ts_event, ts_init }
    Bar { instrument, spec, open, high, low, close, volume, ts_open, ts_event, ts_init }
    BarSpec { method, basis }
    Session { open, close, days }
    Margin { initial, maintenance }
    Fees { maker, taker, per_contract, min_per_order, max_per_order, max_share }
    FeeTier { from, maker, taker }
    ModelFault { venue, instrument, model, call, fault }
    Instrument {
        symbol, venue, class, quote_currency, tick, lot, min_quantity, max_quantity, multiplier,
        margin, fees, day_end, session, tradable, sector,
    }
    AccountConfig { name, venue, kind, base_currency, deposits, hedging }
    VenueConfig { name, latency, slippage, chances, models, lacks, external }
    Latency { insert, cancel, modify, feed, jitter, drawn, seed }
    DrawnLatency { insert, cancel, modify, feed }
    FillChances { touch, slip, seed }
    VenueModels { fill, fee, latency }
    ModelSpec { name, parameters }
    MarkPrice { instrument, mark, index, ts_event, ts_init }
    InstrumentStatus { instrument, halted, ts_event, ts_init }
    BookLevel { side, price, size }
    BookOrder { id, side, price, size }
    BookUpdate { instrument, scope, first, last, changes, ts_event, ts_init }
    PriceLimits { max_distance, max_drift, drift_window }
    ExposureLimits { max_gross, max_net, max_instrument_share, max_sector_share }
    LossLimits { max_daily, max_rolling, rolling_window, max_drawdown }
    ConductLimits {
        max_cancels_per_fill, free_cancels, cancel_window, max_repeats, repeat_window,
        no_self_match,
    }
    DataLimits { max_age, max_ahead, max_behind }
    Escalation { warn, reduce, halt, hysteresis }
    Scaling { calm_volatility, volatility_window, drawdown_from }
    Trigger { price, by }
    Trail { offset, activation, by }
    Peers { group, rule }
    Links { parent, peers }
    Terms { post_only, reduce_only, quote_quantity, display, hold, links, tag, position }
    OrderRequest { id, instrument, side, kind, quantity, time_in_force, terms, intent }
    Amendment { order, quantity, price, trigger }
    Order {
        id, strategy, account, instrument, side, kind, quantity, time_in_force, terms, intent, list,
        parent, algorithm, trigger, status, filled, filled_value, ts_created, expires,
    }
    OrderUpdate { order, strategy, instrument, side, change, status, filled, quantity, ts_event }
    Fill {
        execution, order, strategy, account, instrument, position, side, price, quantity, fee, liquidity,
        ts_event,
    }
    PositionState { quantity, open_cost, realized, fees }
    PositionUpdate { strategy, instrument, position, state, change, ts_event }
    Lifecycle { instrument, event, ts_event, ts_init }
    CashFlow { account, position, reason, currency, amount, ts_event }
    AccountRules { delivers, converts_debts, margin_call }
    MarginCall { call, liquidate, grace }
    SavedState { version, bytes }
    Fault { kind, message }
    HistoryRequest { instrument, spec, count }
    AlgorithmCall { name, parameters }
    Signal { name, values }
    AlgorithmConfig { name, plugin, parameters }
    RuleConfig { name, scope, plugin, parameters }
    HistoryBlock { request, bars }
}

variants!(BookScope { 0 => Snapshot, 1 => Delta });
variants!(BookChanges { 0 => Levels(levels), 1 => Orders(orders) });
variants!(Side { 0 => Buy, 1 => Sell });
variants!(Liquidity { 0 => Maker, 1 => Taker });
variants!(BarBasis { 0 => Bid, 1 => Ask, 2 => Mid, 3 => Last });
variants!(BarMethod { 0 => Time(step), 1 => Tick(step), 2 => Volume(step) });
variants!(OptionRight { 0 => Call, 1 => Put });
variants!(AssetClass {
    0 => Equity,
    1 => FxPair { base },
    2 => CryptoSpot { base },
    3 => CryptoPerpetual { base },
    4 => Future { expiry },
    5 => Option { underlying, strike, expiry, right },
});
variants!(AccountKind { 0 => Cash, 1 => Margin { leverage } });
variants!(HedgeMargin { 0 => Gross, 1 => Net });
variants!(Slippage { 0 => None, 1 => Ticks(ticks), 2 => Share(rate) });
variants!(SelfMatch {
    0 => None, 1 => CancelNewest, 2 => CancelOldest, 3 => CancelBoth, 4 => DecrementAndCancel,
});
variants!(OrdersOnFault { 0 => Cancel, 1 => Keep, 2 => Flatten });
variants!(LimitScope { 0 => Firm, 1 => Account(id), 2 => Strategy(id), 3 => Instrument(id) });
variants!(TradingState { 0 => Active, 1 => Reducing, 2 => Halted });
variants!(TimeInForce {
    0 => Gtc, 1 => Ioc, 2 => Fok, 3 => Day, 4 => Gtd(expires), 5 => AtTheOpen, 6 => AtTheClose,
});
variants!(TriggerBy { 0 => BidAsk, 1 => Last, 2 => Mid, 3 => Mark, 4 => Index });
variants!(Offset { 0 => Price(price), 1 => BasisPoints(points), 2 => Ticks(ticks) });
variants!(PeerRule { 0 => Cancel, 1 => Reduce });
variants!(OrderKind {
    0 => Market,
    1 => Limit { price },
    2 => StopMarket { trigger },
    3 => StopLimit { trigger, price },
    4 => MarketToLimit,
    5 => MarketIfTouched { trigger },
    6 => LimitIfTouched { trigger, price },
    7 => TrailingStopMarket { trail },
    8 => TrailingStopLimit { trail, limit },
});
variants!(OrderKindName {
    0 => Market, 1 => Limit, 2 => StopMarket, 3 => StopLimit, 4 => MarketToLimit,
    5 => MarketIfTouched, 6 => LimitIfTouched, 7 => TrailingStopMarket, 8 => TrailingStopLimit,
});
variants!(LogLevel { 0 => Debug, 1 => Info, 2 => Warn, 3 => Error });
variants!(FaultKind {
    0 => Trap, 1 => OutOfFuel, 2 => Deadline, 3 => Memory, 4 => BadOutput, 5 => Refused,
});
variants!(OrderStatus {
    0 => Initialized, 1 => Denied, 2 => Emulated, 3 => Released, 4 => Submitted, 5 => Accepted,
    6 => Rejected, 7 => Triggered, 8 => PendingUpdate, 9 => PendingCancel, 10 => PartiallyFilled,
    11 => Filled, 12 => Canceled, 13 => Expired,
});
variants!(OrderChange {
    0 => Denied(code), 1 => Submitted, 2 => Accepted, 3 => Rejected, 4 => Triggered,
    5 => PendingCancel, 6 => CancelRejected, 7 => Filled(fill), 8 => Canceled, 9 => Expired,
    10 => Emulated, 11 => Released, 12 => PendingUpdate, 13 => Updated { price, trigger },
    14 => UpdateRejected, 15 => UpdateDenied(code),
});
variants!(Subscription {
    0 => Quotes(id), 1 => Trades(id), 2 => Bars(id, spec), 3 => Book(id, depth),
});
variants!(Intent {
    0 => Submit(request),
    1 => Cancel(order),
    2 => CancelAll(instrument),
    3 => Subscribe(subscription),
    4 => Unsubscribe(subscription),
    5 => SetTimer { id, due },
    6 => CancelTimer { id },
    7 => PutState { key, value },
    8 => Log { level, text },
    9 => SubmitList(requests),
    10 => Modify(amendment),
    11 => Work(request, call),
});
variants!(LifecycleEvent {
    0 => Funding { rate },
    1 => Settlement { price },
    2 => Split { numerator, denominator },
    3 => Dividend { amount, currency },
});
variants!(PositionChange {
    0 => Fill, 1 => Funding, 2 => Dividend, 3 => Split, 4 => Settlement, 5 => Exercise,
    6 => Assignment, 7 => Lapse, 8 => Delivery,
});
variants!(CashFlowReason { 0 => Position(change), 1 => Conversion });
variants!(Action {
    0 => Submit(request),
    1 => Modify(amendment),
    2 => Cancel(order),
    3 => SetTimer { id, due },
    4 => CancelTimer { id },
    5 => Log { level, text },
    6 => Done,
});
variants!(Worked { 0 => Actions(actions), 1 => Fault(fault), 2 => Saved(state) });
variants!(Verdict { 0 => Pass, 1 => Deny(reason) });
variants!(Judged { 0 => Verdict(verdict), 1 => Fault(fault) });
variants!(ModelKind { 0 => Fill, 1 => Fee, 2 => Latency });
variants!(Outcome { 0 => Intents(items), 1 => Fault(fault), 2 => Saved(state) });
variants!(Command {
    0 => Start { strategy, plugin, parameters, state, history },
    1 => Pause(strategy),
    2 => Resume(strategy),
    3 => Stop(strategy),
    4 => SwapBegin { strategy, plugin, parameters, terms, history },
    5 => SwapCommit(strategy),
    6 => SwapAbort { strategy, reason },
    7 => PlaceOrders(strategy, requests),
    8 => CancelOrder(order),
    9 => SetTradingState(state),
    10 => SetKillLatch(set),
    11 => SetVenueConnected(venue, connected),
    12 => ModifyOrder(amendment),
    13 => SetScopeState(scope, state),
    14 => SetScopeKill(scope, set),
    15 => ClearRepeats(strategy),
    16 => SetDataIntact(instrument, intact),
    17 => ScaleLimits(scope, factor),
    18 => Reconcile(venue),
    19 => AcceptPositions(account),
    20 => Convert { account, from, to, amount },
    21 => PlaceWorked(strategy, request, call),
    22 => RemoveRule(name),
    23 => SetJournalWritable(writable),
    24 => EndRun,
    25 => Snapshot,
    26 => ShadowBegin { strategy, plugin, parameters, hand_over },
    27 => ShadowEnd { strategy, reason },
    28 => RollBack(strategy),
    29 => EndProbation { strategy, reason },
    30 => CanaryBegin { strategy, plugin, parameters, terms, history },
    31 => CanaryPromote { strategy, probation, reason },
    32 => CanaryEnd { strategy, reason },
    33 => Flip(strategy),
    34 => Save(strategy),
    35 => Signal(strategy, id, signal),
});
variants!(HandOver { 0 => Carry, 1 => Fresh });
variants!(WhenOver { 0 => RollBack, 1 => Promote });
fields! {
    SwapTerms { hand_over, probation }
    CanaryTerms { hand_over, probation, instruments, when_over }
}
variants!(Input {
    0 => Clock,
    1 => Quote(quote),
    2 => Trade(trade),
    3 => Bar(bar),
    4 => Define(definition),
    5 => Command(command),
    6 => Mark(mark),
    7 => Status(status),
    8 => Book(update),
    9 => VenueReport(report),
    10 => VenueSnapshot(snapshot),
    11 => Lifecycle(event),
});

impl Encode for Quantiles {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}

impl Decode for Quantiles {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        Vec::decode(from).map(Quantiles)
    }
}

impl Encode for Tag {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_str().to_owned().encode(out);
    }
}

impl Decode for Tag {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        String::decode(from)?.parse().map_err(|_| DecodeError::Text)
    }
}

impl<T: Encode> Encode for Allowed<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Allowed::All => out.push(0),
            Allowed::Only(items) => {
                out.push(1);
                items.encode(out);
            }
        }
    }
}

impl<T: Decode> Decode for Allowed<T> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        match u8::decode(from)? {
            0 => Ok(Allowed::All),
            1 => Vec::decode(from).map(Allowed::Only),
            number => Err(DecodeError::Unknown {
                what: "permission",
                number,
            }),
        }
    }
}

impl Encode for DenyCode {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.number());
    }
}

impl Decode for DenyCode {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let number = u8::decode(from)?;
        DenyCode::from_number(number).ok_or(DecodeError::Unknown {
            what: "deny code",
            number,
        })
    }
}

/// As `fields!` would write it, all numbers at once: a journal is mostly quotes.
impl Encode for Quote {
    fn encode(&self, out: &mut Vec<u8>) {
        let Self {
            instrument,
            bid,
            ask,
            bid_size,
            ask_size,
            ts_event,
            ts_init,
        } = self;
        let numbers = [
            bid.raw().to_le_bytes(),
            ask.raw().to_le_bytes(),
            bid_size.raw().to_le_bytes(),
            ask_size.raw().to_le_bytes(),
            ts_event.nanos().to_le_bytes(),
            ts_init.nanos().to_le_bytes(),
        ];
        instrument.encode(out);
        out.extend_from_slice(numbers.as_flattened());
    }
}

impl Decode for Quote {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            instrument: Decode::decode(from)?,
            bid: Decode::decode(from)?,
            ask: Decode::decode(from)?,
            bid_size: Decode::decode(from)?,
            ask_size: Decode::decode(from)?,
            ts_event: Decode::decode(from)?,
            ts_init: Decode::decode(from)?,
        })
    }
}

impl<T: Encode> Encode for Sequenced<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(
            [self.sequence, self.time.nanos()]
                .map(u64::to_le_bytes)
                .as_flattened(),
        );
        self.input.encode(out);
    }
}

impl<T: Decode> Decode for Sequenced<T> {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(Self {
            sequence: u64::decode(from)?,
            time: Timestamp::decode(from)?,
            input: T::decode(from)?,
        })
    }
}

/// What a probation did not have at first lies behind the rest, and only where it is said. The byte before the refusals,
/// which says whether there is a number of them, has a second bit for that: journals from before are read as they
/// are, and written alike.
const WITH_MORE: u8 = 2;

impl Encode for Probation {
    fn encode(&self, out: &mut Vec<u8>) {
        let Self {
            lasts,
            max_faults,
            max_loss,
            max_denials,
            max_drawdown,
            max_denied_percent,
        } = self;
        lasts.encode(out);
        max_faults.encode(out);
        max_loss.encode(out);
        let has_more = max_drawdown.is_some() || max_denied_percent.is_some();
        let more = if has_more { WITH_MORE } else { 0 };
        out.push(u8::from(max_denials.is_some()) | more);
        if let Some(most) = max_denials {
            most.encode(out);
        }
        if has_more {
            max_drawdown.encode(out);
            max_denied_percent.encode(out);
        }
    }
}

impl Decode for Probation {
    fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
        let mut read = Self {
            lasts: Decode::decode(from)?,
            max_faults: Decode::decode(from)?,
            max_loss: Decode::decode(from)?,
            max_denials: None,
            max_drawdown: None,
            max_denied_percent: None,
        };
        let number = u8::decode(from)?;
        if number > (WITH_MORE | 1) {
            let what = "Probation";
            return Err(DecodeError::Unknown { what, number });
        }
        if number & 1 != 0 {
            read.max_denials = Some(u64::decode(from)?);
        }
        if number & WITH_MORE != 0 {
            read.max_drawdown = Decode::decode(from)?;
            read.max_denied_percent = Decode::decode(from)?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::codec::decode_all;

    fn bytes(probation: &Probation) -> Vec<u8> {
        let mut bytes = Vec::new();
        probation.encode(&mut bytes);
        bytes
    }

    #[test]
    fn a_probation_is_written_as_before_where_nothing_newer_is_said() {
        let mut probation = Probation {
            lasts: Duration::from_nanos(7),
            max_faults: 2,
            max_loss: None,
            max_denials: Some(5),
            max_drawdown: None,
            max_denied_percent: None,
        };
        let before = [
            7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(bytes(&probation), before);
        assert_eq!(decode_all(&before), Ok(probation));
        for (drawdown, percent) in [(Some(Money::from_raw(9)), None), (None, Some(30))] {
            for denials in [None, Some(5)] {
                probation.max_denials = denials;
                (probation.max_drawdown, probation.max_denied_percent) = (drawdown, percent);
                assert_eq!(decode_all(&bytes(&probation)), Ok(probation));
            }
        }
        let unknown = [7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 4];
        let (what, number) = ("Probation", 4);
        let refused = Err(DecodeError::Unknown { what, number });
        assert_eq!(decode_all::<Probation>(&unknown), refused);
    }
}

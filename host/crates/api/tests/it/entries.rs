//! Records of the journal as JSON for those who follow from outside.

use crate::fake::{EMA, EURUSD, Fake, NOON, number};
use crate::fake_values::{fill, order, quote};
use api::{Entries, Urgency};
use engine::journal::reader::Record;
use engine::{Command, Input, LimitScope, Outcome, Sequenced, TradingState};
use model::{
    AccountId, CashFlow, CashFlowReason, CurrencyId, DenyCode, Fault, FaultKind, OrderChange,
    OrderStatus, OrderUpdate, PositionChange, Timestamp,
};
use serde_json::{Value, json};

fn input(input: Input) -> Record {
    Record::Input(Sequenced {
        sequence: 7,
        time: Timestamp::from_nanos(NOON),
        input,
    })
}

fn command(command: Command) -> Record {
    input(Input::Command(Box::new(command)))
}

fn step(change: OrderChange, status: OrderStatus) -> Record {
    let order = order(fill(1).order, status);
    Record::Order(OrderUpdate {
        order: order.id,
        strategy: order.strategy,
        instrument: order.instrument,
        side: order.side,
        change,
        status,
        filled: order.filled,
        quantity: order.quantity,
        ts_event: Timestamp::from_nanos(NOON),
    })
}

/// The entry's urgency, kind and those of its fields that are asked for.
fn check(record: &Record, urgency: Urgency, kind: &str, fields: &Value) {
    let entry = Entries::new(Fake::new()).entry(record).unwrap();
    assert_eq!((entry.urgency, entry.kind), (urgency, kind));
    let body: Value = serde_json::from_str(&entry.json).unwrap();
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(&body[name], value, "`{name}` in {body}");
    }
}

#[test]
fn orders_fills_and_kills_are_urgent() {
    let updated = OrderChange::Updated {
        price: Some(number("1.0950")),
        trigger: None,
    };
    let fields = json!({
        "strategy": "ema", "instrument": "EUR/USD.SIM", "change": "UPDATED", "status": "ACCEPTED",
        "price": "1.09500", "trigger": null, "deny_code": null, "ts_event_ns": NOON.to_string(),
    });
    check(
        &step(updated, OrderStatus::Accepted),
        Urgency::High,
        "order",
        &fields,
    );
    let denied = OrderChange::Denied(DenyCode::Latch);
    let fields = json!({ "change": "DENIED", "deny_code": DenyCode::Latch.to_string() });
    check(
        &step(denied, OrderStatus::Denied),
        Urgency::High,
        "order",
        &fields,
    );
    let fields = json!({ "strategy": "ema", "execution": "1", "instrument": "EUR/USD.SIM" });
    check(&Record::Fill(fill(1)), Urgency::High, "fill", &fields);
    let killed = command(Command::SetScopeKill(LimitScope::Strategy(EMA), true));
    let fields = json!({ "scope": "strategy/ema", "killed": true, "state": null });
    check(&killed, Urgency::High, "scope", &fields);
    let halted = command(Command::SetTradingState(TradingState::Halted));
    let fields = json!({ "scope": "firm", "state": "HALTED", "killed": null });
    check(&halted, Urgency::High, "scope", &fields);
}

#[test]
fn money_and_strategies_come_next_and_market_data_last() {
    let flow = CashFlow {
        account: AccountId::new(0),
        position: Some((EMA, EURUSD)),
        reason: CashFlowReason::Position(PositionChange::Funding),
        currency: CurrencyId::new(0),
        amount: number("-1.25"),
        ts_event: Timestamp::from_nanos(NOON),
    };
    let fields = json!({ "reason": "FUNDING", "amount": "-1.25", "strategy": "ema" });
    check(
        &Record::CashFlow(flow),
        Urgency::Normal,
        "cash_flow",
        &fields,
    );
    let pause = command(Command::Pause(EMA));
    let fields = json!({ "strategy": "ema", "step": "PAUSE", "reason": null });
    check(&pause, Urgency::Normal, "strategy", &fields);
    let fault = Fault {
        kind: FaultKind::Trap,
        message: "unreachable".to_owned(),
    };
    let fields = json!({ "strategy": "ema", "step": "FAULT", "reason": "unreachable" });
    let fault = Record::Strategy(EMA, 3, Outcome::Fault(fault));
    check(&fault, Urgency::Normal, "strategy", &fields);
    let fields = json!({ "instrument": "EUR/USD.SIM", "bid": "1.10000" });
    let quote = input(Input::Quote(quote(EURUSD, "1.1")));
    check(&quote, Urgency::Low, "quote", &fields);
}

#[test]
fn what_is_the_hosts_own_business_is_no_entry() {
    let mut entries = Entries::new(Fake::new());
    assert_eq!(entries.entry(&input(Input::Clock)), None);
    let intents = Record::Strategy(EMA, 1, Outcome::Intents(Vec::new()));
    assert_eq!(entries.entry(&intents), None);
}

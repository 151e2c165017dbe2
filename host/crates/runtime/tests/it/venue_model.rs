//! Models of venues: questions and answers across the boundary, and ways to break over one.

use crate::support::{expect_fault, instrument, runtime};
use model::{
    AccountId, Charge, Duration, Fault, FaultKind, FeeQuery, FillAnswer, FillModel, FillQuery,
    InstrumentId, LatencyQuery, Liquidity, Listing, Message, ModelKind, Money, Occasion, OrderId,
    Price, Quantity, Side, Timestamp, VenueModel,
};
use runtime::{Limits, ModelConfig, Parameters, World};
use testkit::plugin::Plugin;

fn made(plugin: &Plugin, kind: ModelKind) -> Result<VenueModel, Fault> {
    let limits = Limits {
        event_fuel: 1_000_000,
        init_fuel: 1_000_000,
        ..Limits::default()
    };
    let bytes = plugin.build().unwrap();
    let admitted = runtime()
        .admit_as(World::VenueModel, &bytes, &limits)
        .unwrap();
    admitted.venue_model(ModelConfig {
        venue: "SIM".to_owned(),
        kind,
        parameters: Parameters::default(),
        limits,
    })
}

fn fills(plugin: &Plugin) -> Box<dyn FillModel> {
    match made(plugin, ModelKind::Fill) {
        Ok(VenueModel::Fill(model)) => model,
        _ => panic!("no model of fills"),
    }
}

fn fill_query() -> FillQuery {
    FillQuery {
        order: OrderId::from_number(5),
        instrument: InstrumentId::new(3),
        side: Side::Buy,
        limit: Some(Price::from_raw(70)),
        remaining: Quantity::from_raw(90),
        occasion: Occasion::Traded,
        price: Price::from_raw(60),
        offered: Quantity::from_raw(40),
        queue: Some(Quantity::from_raw(8)),
        tick: Price::from_raw(1),
        visit: 2,
        now: Timestamp::from_nanos(1_000),
    }
}

/// Answers two numbers of 64 bits.
fn answers(first: &str, second: &str) -> String {
    format!(
        "(i64.store (i32.const 2000) (i64.const 0))
         (i64.store (i32.const 2008) {first})
         (i64.store (i32.const 2016) {second}) (i32.const 2000)"
    )
}

#[test]
fn a_question_about_a_fill_arrives_whole_and_so_does_its_answer() {
    // Offered less the line, at the price less what the occasion's number is.
    let quantity = "(i64.sub (local.get $offered) (local.get $queue))";
    let price = "(i64.sub (local.get $price) (i64.extend_i32_u (local.get $occasion)))";
    let mut model = fills(&Plugin::venue_model().with("fill", &answers(quantity, price)));
    let answer = FillAnswer {
        quantity: Quantity::from_raw(32),
        price: Price::from_raw(56),
    };
    assert_eq!(model.fill(&fill_query()), Ok(answer));
}

#[test]
fn a_fee_below_zero_keeps_its_sign() {
    // The fee is the value, whose two halves lie 40 bytes on; `accrued` is the fee again.
    let high = "(i64.load offset=40 (local.get $query))";
    let low = "(i64.load offset=48 (local.get $query))";
    let body = format!(
        "(i64.store (i32.const 2000) (i64.const 0))
         (i64.store (i32.const 2008) {high}) (i64.store (i32.const 2016) {low})
         (i64.store (i32.const 2024) {high}) (i64.store (i32.const 2032) {low}) (i32.const 2000)"
    );
    let Ok(VenueModel::Fee(mut model)) =
        made(&Plugin::venue_model().with("charge", &body), ModelKind::Fee)
    else {
        panic!("no model of fees")
    };
    let value = Money::from_raw(-(1 << 70) - 9);
    let query = FeeQuery {
        order: OrderId::from_number(5),
        instrument: InstrumentId::new(3),
        account: AccountId::new(1),
        side: Side::Sell,
        liquidity: Liquidity::Maker,
        price: Price::from_raw(60),
        quantity: Quantity::from_raw(40),
        value,
        filled: Quantity::ZERO,
        filled_value: Money::ZERO,
        charged: Money::ZERO,
        accrued: Money::ZERO,
        turnover: Money::ZERO,
        now: Timestamp::from_nanos(1_000),
    };
    let charge = Charge {
        fee: value,
        accrued: value,
    };
    assert_eq!(model.charge(&query), Ok(charge));
}

#[test]
fn a_model_of_latencies_says_whether_data_takes_time() {
    let plugin = Plugin::venue_model()
        .with("delays-data", "(i32.const 1)")
        .with("delay", &answers("(local.get $now)", "(i64.const 0)"));
    let Ok(VenueModel::Latency(mut model)) = made(&plugin, ModelKind::Latency) else {
        panic!("no model of latencies")
    };
    assert!(model.delays_data());
    let query = LatencyQuery {
        message: Message::Data,
        instrument: InstrumentId::new(3),
        now: Timestamp::from_nanos(77),
    };
    assert_eq!(model.delay(&query), Ok(Duration::from_nanos(77)));
}

/// A refusal whose words lie at 2048.
fn refuses(export: &str, offset: u32) -> Plugin {
    let (at, length) = (2_000 + offset, 2_004 + offset);
    let body = format!(
        "(i32.store8 (i32.const 2000) (i32.const 1))
         (i32.store (i32.const {at}) (i32.const 2048))
         (i32.store (i32.const {length}) (i32.const 7)) (i32.const 2000)"
    );
    let words = r#"(data (i32.const 2048) "unknown")"#;
    Plugin::venue_model().items(words).with(export, &body)
}

#[test]
fn no_answer_is_told_with_its_reason_and_the_model_is_asked_again() {
    let mut model = fills(&refuses("fill", 8));
    for _ in 0..2 {
        let said = model.fill(&fill_query());
        expect_fault(said, FaultKind::Refused, "fill: unknown");
    }
    let stock = instrument("ACME.SIM");
    let listing = Listing {
        id: InstrumentId::new(0),
        instrument: &stock,
        currency: "USD",
    };
    let said = fills(&refuses("on-instrument", 4)).list(&listing);
    expect_fault(said, FaultKind::Refused, "on-instrument: unknown");
    let said = made(&refuses("init", 4), ModelKind::Fill).map(|_| ());
    expect_fault(said, FaultKind::Refused, "init: unknown");
}

#[test]
fn a_model_that_breaks_is_not_asked_again() {
    let check = |body: &str, kind| {
        let mut model = fills(&Plugin::venue_model().with("fill", body));
        let first = model.fill(&fill_query()).unwrap_err();
        assert_eq!(first.kind, kind);
        assert_eq!(model.fill(&fill_query()), Err(first));
    };
    check("(unreachable)", FaultKind::Trap);
    check(
        "(loop $again (br $again)) (unreachable)",
        FaultKind::OutOfFuel,
    );
    check("(i32.const 2147483647)", FaultKind::BadOutput);
}

#[test]
fn another_plugin_is_no_model() {
    let bytes = Plugin::rule().build().unwrap();
    let admitted = runtime().admit_as(World::VenueModel, &bytes, &Limits::default());
    let error = admitted.unwrap_err().to_string();
    assert!(error.contains("a `venue-model` is wanted"), "{error}");
}

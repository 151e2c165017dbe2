//! What the engine thread does when the journal fails, when nothing comes, and with a clock that
//! goes back.

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::projection::{ReadModel, Shared, show_pending};
use crate::view::Change;
use engine::journal::Sink;
use engine::{Journal, Latency, VenueConfig};
use journal::{Folder, SegmentOptions, SegmentWriter};
use model::{
    AccountConfig, AccountKind, AssetClass, Fees, Instrument, Lifecycle, LifecycleEvent, Margin,
    Money, Order, OrderId, OrderKind, OrderRequest, OrderStatus, Price, PriceLevel, Quantity,
    Quote, Side, StrategyId, VenueId,
};
use std::sync::atomic::Ordering;
use store::BookRow;
use testkit::book::update;

/// Takes so many blocks, then fails.
struct Failing(u32);

impl Sink for Failing {
    fn write(&mut self, _: &[u8]) -> Result<(), SinkError> {
        self.0 = self
            .0
            .checked_sub(1)
            .ok_or_else(|| SinkError("disk full".to_owned()))?;
        Ok(())
    }
}

fn definitions() -> Vec<Definition> {
    vec![
        Definition::Currency("USD".to_owned()),
        Definition::Venue(VenueConfig {
            name: "SIM".to_owned(),
            latency: Latency {
                insert: model::Duration::from_millis(5),
                ..Latency::default()
            },
            ..VenueConfig::default()
        }),
        Definition::Instrument(Instrument {
            symbol: "ABC".to_owned(),
            venue: VenueId::new(0),
            class: AssetClass::Equity,
            quote_currency: CurrencyId::new(0),
            tick: Price::from_raw(1),
            lot: Quantity::ONE,
            min_quantity: Quantity::ONE,
            max_quantity: Quantity::MAX,
            multiplier: Quantity::ONE,
            margin: Margin::default(),
            fees: Fees::default(),
            day_end: model::Duration::ZERO,
            session: None,
            tradable: true,
            sector: None,
        }),
        Definition::Account(AccountConfig {
            name: "main".to_owned(),
            venue: VenueId::new(0),
            kind: AccountKind::Cash,
            base_currency: CurrencyId::new(0),
            deposits: vec![(CurrencyId::new(0), Money::whole(1_000_000).unwrap())],
            hedging: None,
        }),
        Definition::Strategy(engine::StrategyConfig {
            name: "manual".to_owned(),
            account: AccountId::new(0),
            on_fault: engine::OrdersOnFault::Keep,
            manual: true,
            permissions: engine::Permissions::ALL,
        }),
    ]
}

struct Bench {
    trader: Trader,
    shared: Shared,
    clock: Arc<ManualClock>,
}

fn bench(journal: Journal) -> Bench {
    let clock = Arc::new(ManualClock::at(Timestamp::from_nanos(1_000)));
    let (inbox, outlet) = (
        Arc::new(Inbox::new(1_000, 10)),
        Arc::new(Outlet::new(1_000)),
    );
    let time = TimeSource::Wall(Arc::clone(&clock) as Arc<dyn Clock>);
    let sampler = Sampler::new(model::Duration::from_secs(5));
    let failed = Arc::default();
    let mut trader = Trader::new(Engine::new(journal), time, inbox, outlet, failed, sampler);
    trader.define(definitions(), None).unwrap();
    Bench {
        trader,
        shared: Shared::new(16, ReadModel::default()),
        clock,
    }
}

impl Bench {
    fn quote(&mut self) {
        let quote = self.quote_now();
        self.trader.on_market(quote);
        self.trader.let_out();
    }

    fn quote_now(&self) -> MarketInput {
        let at = self.clock.now();
        MarketInput::Quote(Quote {
            instrument: InstrumentId::new(0),
            bid: Price::from_raw(100),
            ask: Price::from_raw(101),
            bid_size: Quantity::ONE,
            ask_size: Quantity::ONE,
            ts_event: at,
            ts_init: at,
        })
    }

    fn buy(&mut self) -> Order {
        let request = OrderRequest::new(
            InstrumentId::new(0),
            Side::Buy,
            OrderKind::Market,
            Quantity::ONE,
        );
        let command = Command::PlaceOrders(StrategyId::new(0), vec![request]);
        let (request, mut answer) = StepRequest::command(command);
        self.trader.handle(request);
        assert!(
            answer.try_recv().is_err(),
            "an answer left before the journal was committed"
        );
        self.trader.let_out();
        let stepped = answer.try_recv().unwrap();
        stepped
            .order(OrderId::derive(stepped.sequence, 0).unwrap())
            .unwrap()
    }

    fn state(&self) -> EngineState {
        show_pending(&self.trader.outlet, &self.shared);
        self.shared.read(|model| model.engine.state)
    }
}

#[test]
fn a_journal_that_fails_stops_trading_and_nothing_else() {
    // One block for the definitions, one for the quote, one for the first order.
    let mut bench = bench(Journal::with_sink(Box::new(Failing(3))));
    bench.quote();
    assert_eq!(bench.buy().status, OrderStatus::Submitted);
    assert_ne!(bench.state(), EngineState::Error);
    // The one during which it fails is gone; from then on all are denied.
    bench.quote();
    assert_eq!(bench.buy().status, OrderStatus::Denied);
    assert_eq!(bench.state(), EngineState::Error);
    assert!(bench.trader.journal_failed.load(Ordering::Acquire));
    let ended = bench.trader.finish();
    assert!(ended.journal_error.unwrap().0.contains("disk full"));
}

#[test]
fn a_disk_without_room_denies_orders_and_is_written_once_it_has_some() {
    let temporary = tempfile::tempdir().unwrap();
    let (path, away) = (
        temporary.path().join("journal"),
        temporary.path().join("away"),
    );
    let folder = Folder::lock(&path, "test").unwrap();
    let options = SegmentOptions {
        // A segment for each block, so that a folder that is gone takes nothing.
        rotate_bytes: 1,
        waiting_bytes: 32 << 10,
        ..SegmentOptions::default()
    };
    let empty = Journal::default().hash();
    let writer = SegmentWriter::new(folder, options, 0, empty).unwrap();
    let mut bench = bench(Journal::with_sink(Box::new(writer)));
    bench.quote();
    let resting = bench.buy();
    assert_eq!(resting.status, OrderStatus::Submitted);

    std::fs::rename(&path, &away).unwrap();
    bench.quote();
    assert_eq!(bench.buy().status, OrderStatus::Denied);
    assert_eq!(bench.state(), EngineState::Error);
    let cancel = StepRequest::command(Command::CancelOrder(resting.id)).0;
    bench.trader.handle(cancel);
    while bench.trader.engine.journal().room() == Room::Plenty {
        bench.quote();
    }
    bench.trader.let_out();
    assert!(bench.trader.journal_failed.load(Ordering::Acquire));

    std::fs::rename(&away, &path).unwrap();
    std::thread::sleep(Duration::from_millis(150));
    bench.trader.let_out();
    assert!(!bench.trader.journal_failed.load(Ordering::Acquire));
    assert_eq!(bench.state(), EngineState::Running);
    assert_eq!(bench.buy().status, OrderStatus::Submitted);
    let ended = bench.trader.finish();
    assert_eq!(ended.journal_error, None);
    // Judged again, what was denied is denied.
    let mut engine = Engine::new(Journal::repeating());
    let repeated = journal::repeat(&path, &mut engine, &mut Nobody, |_| {}).unwrap();
    assert_eq!(
        (repeated.last, repeated.hash),
        (ended.sequence, ended.journal_hash)
    );
}

/// Makes no instances.
struct Nobody;

impl engine::replay::Instances for Nobody {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        _: model::PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn model::Strategy>, String> {
        Err("nobody".to_owned())
    }
}

#[test]
fn a_command_does_not_wait_for_a_batch_that_takes_long() {
    let quotes = |bench: &Bench| vec![bench.quote_now(); 3];
    let halt = || {
        StepRequest::command(Command::SetScopeState(
            LimitScope::Firm,
            TradingState::Halted,
        ))
    };
    let mut bench = bench(Journal::default());
    let before = bench.trader.engine.sequence();
    let (request, mut answer) = halt();
    bench.trader.inbox.offer_command(request).unwrap();
    // Any time is long.
    let mut market = quotes(&bench);
    bench.trader.work_off(&mut market, Duration::ZERO);
    let stepped = answer.try_recv().unwrap();
    assert_eq!(
        stepped.sequence,
        before + 2,
        "after the first of the quotes"
    );
    assert_eq!(bench.trader.engine.sequence(), before + 4);
    // None is: then it is handled after the batch, as what comes with the next one.
    let (request, mut answer) = halt();
    bench.trader.inbox.offer_command(request).unwrap();
    let mut market = quotes(&bench);
    bench.trader.work_off(&mut market, Duration::MAX);
    assert!(answer.try_recv().is_err() && market.is_empty());
    assert!(bench.trader.inbox.has_commands());
}

#[test]
fn what_a_kill_did_is_let_out_before_the_commands_that_came_with_it() {
    for is_mid_batch in [false, true] {
        let mut bench = bench(Journal::default());
        let outlet = Arc::clone(&bench.trader.outlet);
        outlet.take(Duration::ZERO).unwrap();
        let kill = StepRequest::command(Command::SetKillLatch(true)).0;
        bench.trader.inbox.offer_urgent(kill).unwrap();
        let (told, seen) = std::sync::mpsc::channel();
        for _ in 0..2 {
            let (outlet, told) = (Arc::clone(&outlet), told.clone());
            let look = move |_: &Engine| {
                let numbers = outlet.take(Duration::ZERO).unwrap().numbers;
                told.send(numbers.is_some_and(|numbers| numbers.killed))
                    .unwrap();
            };
            let request = Request::Read(Box::new(look));
            bench.trader.inbox.offer_command(request).unwrap();
        }
        let mut requests = Vec::new();
        match is_mid_batch {
            true => bench
                .trader
                .inbox
                .take_commands(Duration::ZERO, &mut requests),
            false => bench
                .trader
                .inbox
                .take(Duration::ZERO, &mut Vec::new(), &mut requests),
        }
        bench.trader.handle_all(&mut requests, Duration::MAX);
        assert_eq!(seen.try_recv(), Ok(true), "before the first of them");
    }
}

#[test]
fn what_market_data_led_to_is_let_out_before_commands_and_these_one_after_the_other() {
    let mut bench = bench(Journal::default());
    let outlet = Arc::clone(&bench.trader.outlet);
    let before = outlet.pushed();
    let (told, seen) = std::sync::mpsc::channel();
    for _ in 0..2 {
        let (outlet, told) = (Arc::clone(&outlet), told.clone());
        let look = move |_: &Engine| told.send(outlet.pushed()).unwrap();
        let request = Request::Read(Box::new(look));
        bench.trader.inbox.offer_command(request).unwrap();
    }
    // Any time is long.
    let mut market = vec![bench.quote_now()];
    bench.trader.work_off(&mut market, Duration::ZERO);
    let seen: Vec<u64> = seen.try_iter().collect();
    assert_eq!(seen, [before + 1, before + 2]);
}

#[test]
fn what_is_due_happens_without_any_market_data() {
    let mut bench = bench(Journal::default());
    bench.quote();
    let order = bench.buy();
    assert!(bench.trader.patience() <= Duration::from_millis(5));
    bench.trader.wake();
    assert!(
        bench.trader.engine.orders().get(order.id).is_some(),
        "on its way to the venue"
    );
    bench
        .clock
        .set(bench.clock.now().after(model::Duration::from_millis(5)));
    assert_eq!(bench.trader.patience(), Duration::ZERO);
    bench.trader.wake();
    assert!(bench.trader.engine.orders().is_empty(), "filled");
    let sequence = bench.trader.engine.sequence();
    bench.trader.wake();
    assert_eq!(
        bench.trader.engine.sequence(),
        sequence,
        "nothing is due, nothing is journaled"
    );
}

#[test]
fn a_split_moves_the_marks_that_are_shown_without_market_data() {
    let mut bench = bench(Journal::default());
    bench.quote();
    let at = bench.clock.now();
    let split = Input::Lifecycle(Box::new(Lifecycle {
        instrument: InstrumentId::new(0),
        event: LifecycleEvent::Split {
            numerator: 2,
            denominator: 1,
        },
        ts_event: at,
        ts_init: at,
    }));
    let stepped = bench.trader.step(split, None);
    assert_eq!(stepped.refusal(), None);
    bench.trader.let_out();
    show_pending(&bench.trader.outlet, &bench.shared);
    let shown = bench.shared.read(|model| model.instruments[0].quote);
    assert_eq!(shown.unwrap().bid, Price::from_raw(50));
}

#[test]
fn an_order_book_is_shown_while_it_is_known() {
    let mut bench = bench(Journal::default());
    let show = |bench: &mut Bench, number, bid, size| {
        for row in BookRow::of(&update(number, bid, size, 1_000 + number)) {
            bench.trader.on_market(MarketInput::Book(row));
        }
        bench.trader.let_out();
        show_pending(&bench.trader.outlet, &bench.shared);
        bench.shared.read(|model| model.instruments[0].book.clone())
    };
    let level = |price, size| PriceLevel {
        price: Price::from_raw(price),
        size: Quantity::from_raw(size),
    };
    let first = show(&mut bench, 1, 90, 4).unwrap();
    assert_eq!(first.bids, [level(90, 4)]);
    assert_eq!(first.asks, [level(100, 5)]);
    let mut updates = bench.shared.subscribe();
    let second = show(&mut bench, 2, 95, 7).unwrap();
    assert_eq!(second.bids, [level(95, 7), level(90, 4)]);
    assert_eq!(second.ts_event, Timestamp::from_nanos(1_002));
    // A batch between is missing.
    assert_eq!(show(&mut bench, 4, 96, 1), None);
    // What was lost is told once.
    assert_eq!(show(&mut bench, 5, 96, 1), None);
    let heard = std::iter::from_fn(|| updates.try_recv().ok());
    let told = heard.filter_map(|update| match &update.change {
        Change::Book(_, book) => Some(book.clone()),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [Some(second), None]);
}

#[test]
fn a_clock_that_goes_back_does_not_take_the_engine_with_it() {
    let mut bench = bench(Journal::default());
    bench.clock.set(Timestamp::from_nanos(5_000));
    bench.quote();
    bench.clock.set(Timestamp::from_nanos(2_000));
    bench.trader.wake();
    bench.buy();
    assert_eq!(bench.trader.engine.now(), Timestamp::from_nanos(5_000));
}

#[test]
fn a_definition_that_contradicts_another_is_named() {
    let mut bench = bench(Journal::default());
    let again = bench
        .trader
        .define(vec![Definition::Currency("USD".to_owned())], None);
    assert_eq!(again, Err("currency USD is defined twice".to_owned()));
}

/// The samples that 40 quotes lead to, half a second apart, let out in batches of this size.
fn samples(batch: u64) -> Vec<(Timestamp, Vec<(InstrumentId, Price)>)> {
    let outlet = Arc::new(Outlet::new(1_000));
    let sampler = Sampler::new(model::Duration::from_secs(1));
    let mut trader = Trader::new(
        Engine::new(Journal::default()),
        TimeSource::Events,
        Arc::new(Inbox::new(1_000, 10)),
        Arc::clone(&outlet),
        Arc::default(),
        sampler,
    );
    trader.define(definitions(), None).unwrap();
    for n in 0..40_u64 {
        // Nothing comes for five seconds in the middle.
        let late = if n < 20 { 0 } else { 5_000_000_000 };
        let at = Timestamp::from_nanos(n * 500_000_000 + late);
        let cents = i64::try_from(100 + n).unwrap();
        trader.on_market(MarketInput::Quote(Quote {
            instrument: InstrumentId::new(0),
            bid: Price::from_raw(cents),
            ask: Price::from_raw(cents + 2),
            bid_size: Quantity::ONE,
            ask_size: Quantity::ONE,
            ts_event: at,
            ts_init: at,
        }));
        if n % batch == 0 {
            trader.let_out();
        }
    }
    trader.let_out();
    let items = outlet.take(Duration::ZERO).unwrap().items;
    let samples = items.into_iter().filter_map(|item| match item {
        Item::Sample(time, moved) => Some((time, moved)),
        _ => None,
    });
    samples.collect()
}

#[test]
fn samples_do_not_depend_on_how_inputs_were_batched() {
    let one = samples(1);
    assert_eq!(one, samples(7));
    assert_eq!(one, samples(1_000));
    let at = |s: u64| Timestamp::from_nanos(s * 1_000_000_000);
    // At 3 s the quote of 2.5 s counts: the sixth, from 105 to 107; not that of 3 s itself.
    let third = one.iter().find(|(time, _)| *time == at(3)).unwrap();
    assert_eq!(third.1, [(InstrumentId::new(0), Price::from_raw(106))]);
    let times: Vec<Timestamp> = one.iter().map(|(time, _)| *time).collect();
    assert!(times.is_sorted_by(|one, next| one < next));
    assert!(times.contains(&at(15)) && !times.contains(&at(12)));
}

#[test]
fn a_scope_is_held_back_but_never_let_go_by_a_metric() {
    let mut bench = bench(Journal::default());
    let tighten = || Request::Tighten(LimitScope::Firm, TradingState::Reducing);
    bench.trader.handle(tighten());
    assert_eq!(bench.trader.engine.trading_state(), TradingState::Reducing);
    let before = bench.trader.engine.sequence();
    bench.trader.handle(tighten());
    assert_eq!(bench.trader.engine.sequence(), before, "nothing to journal");
    let halt = Command::SetScopeState(LimitScope::Firm, TradingState::Halted);
    bench.trader.handle(StepRequest::command(halt).0);
    bench.trader.handle(tighten());
    assert_eq!(bench.trader.engine.trading_state(), TradingState::Halted);
}

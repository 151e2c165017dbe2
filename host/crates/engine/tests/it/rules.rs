//! Custom pre-trade rules: they are asked last, can only tighten, and deny where they break. And the
//! journal of both kinds of custom part.

use crate::plan::{Maker, Rule, call};
use crate::script::trap;
use crate::world::*;
use engine::journal::reader::{Reader, Record};
use engine::journal::{MAGIC, Sink, SinkError};
use engine::replay::{self, Instances};
use engine::{
    AlgorithmConfig, Command, Definition, Effect, Engine, Journal, Judged, LimitScope, RuleConfig,
    Severity, Worked,
};
use model::{
    AlgorithmMaker, Amendment, ContextFacts, DenyCode, Fault, FaultKind, OrderFacts, OrderId,
    PluginHash, PreTradeRule, Strategy, StrategyId, Verdict,
};
use std::io::Cursor;
use std::sync::{Arc, Mutex};

type Facts = Arc<Mutex<Vec<(OrderFacts, ContextFacts)>>>;

/// Denies what is for more than ten, and keeps what it was told.
fn at_most_ten(told: &Facts) -> Rule {
    let told = Arc::clone(told);
    Rule::new(move |order, context| {
        told.lock().unwrap().push((*order, *context));
        Ok(if order.quantity > quantity("10") {
            Verdict::deny("more than ten")
        } else {
            Verdict::Pass
        })
    })
}

fn world(scope: LimitScope) -> (World, Facts) {
    let mut world = World::new();
    world.quote(EQUITY, "99.9", "100");
    let told = Facts::default();
    world.rule("ten", scope, at_most_ten(&told));
    (world, told)
}

fn amend(world: &mut World, order: OrderId, amount: &str, limit: Option<&str>) {
    world.command(Command::ModifyOrder(Amendment {
        order,
        quantity: Some(quantity(amount)),
        price: limit.map(price),
        trigger: None,
    }));
}

#[test]
fn a_rule_denies_with_its_reason_what_every_control_let_pass() {
    let (mut world, told) = world(LimitScope::Firm);
    let fine = world.place(MARGIN_HAND, buy(EQUITY, "10").limit("99"));
    assert_eq!(world.denied(fine), None);
    let (order, context) = told.lock().unwrap()[0];
    assert_eq!(
        (order.id, order.quantity, order.amends),
        (fine, quantity("10"), false)
    );
    assert_eq!(context.reference, Some(price("99")));
    assert_eq!(context.ask, Some(price("100")));
    assert_eq!(context.equity, Some(money("100000")));
    assert_eq!(context.strategy_orders, 0);
    let more = world.place(MARGIN_HAND, buy(EQUITY, "11"));
    assert_eq!(world.denied(more), Some(DenyCode::Rule));
    assert_eq!(told.lock().unwrap()[1].1.working_buys, quantity("10"));
    let said = world.effects.iter().find_map(|effect| match effect {
        Effect::RuleDenied(_, order, reason) => Some((*order, reason.clone())),
        _ => None,
    });
    assert_eq!(said, Some((more, "more than ten".to_owned())));
    // What a control denies is not even shown to it.
    let wrong = world.place(MARGIN_HAND, buy(EQUITY, "0"));
    assert_eq!(world.denied(wrong), Some(DenyCode::Quantity));
    assert_eq!(told.lock().unwrap().len(), 2);
    assert_eq!(world.engine.denials(DenyCode::Rule), 1);
}

#[test]
fn changes_are_shown_to_it_and_cancels_and_decreases_are_not() {
    let (mut world, told) = world(LimitScope::Firm);
    let order = world.place(MARGIN_HAND, buy(EQUITY, "8").limit("99"));
    amend(&mut world, order, "12", None);
    assert!(world.story(order).ends_with("unchanged:RULE"));
    let (facts, context) = told.lock().unwrap()[1];
    assert!(facts.amends);
    // The order itself is not counted twice.
    assert_eq!(context.working_buys, quantity("0"));
    amend(&mut world, order, "9", Some("98"));
    assert!(world.story(order).ends_with("changing changed:@98"));
    amend(&mut world, order, "5", None);
    world.cancel(order);
    assert!(world.story(order).ends_with("canceled"));
    assert_eq!(told.lock().unwrap().len(), 3);
}

#[test]
fn a_rule_judges_its_scope_only() {
    for (scope, expect) in [
        (LimitScope::Account(CASH), None),
        (LimitScope::Account(MARGIN), Some(DenyCode::Rule)),
        (LimitScope::Strategy(CASH_HAND), None),
        (LimitScope::Strategy(MARGIN_HAND), Some(DenyCode::Rule)),
    ] {
        let (mut world, _) = world(scope);
        let order = world.place(MARGIN_HAND, buy(EQUITY, "11").limit("99"));
        assert_eq!(world.denied(order), expect, "{scope:?}");
    }
}

#[test]
fn a_list_falls_with_the_order_a_rule_denies() {
    let (mut world, _) = world(LimitScope::Firm);
    let asks = vec![buy(EQUITY, "5").limit("99"), buy(EQUITY, "11").limit("98")];
    let first = world.place_list(MARGIN_HAND, asks);
    assert_eq!(world.denied(first), Some(DenyCode::List));
    assert_eq!(world.denied(first.next().unwrap()), Some(DenyCode::Rule));
    assert!(world.engine.orders().is_empty());
    assert_eq!(world.balance(MARGIN, USD).locked, money("0"));
}

#[test]
fn parents_and_children_are_shown_to_it() {
    let (mut world, told) = world(LimitScope::Firm);
    world.algorithm("slicer", Maker::slicer());
    let slices = || call("slicer", &[("slices", "2")]);
    let whole = world.work(MARGIN_HAND, buy(EQUITY, "12"), slices());
    assert_eq!(world.denied(whole), Some(DenyCode::Rule));
    let parent = world.work(MARGIN_HAND, buy(EQUITY, "10"), slices());
    let parents: Vec<_> = told.lock().unwrap().iter().map(|(o, _)| o.parent).collect();
    assert_eq!(parents, [None, None, Some(parent)]);
}

#[test]
fn a_rule_that_broke_denies_until_it_is_set_anew_or_removed() {
    let mut world = World::new();
    world.quote(EQUITY, "99.9", "100");
    let mut asked = 0;
    let broken = Rule::new(move |_, _| {
        asked += 1;
        assert_eq!(asked, 1, "a broken instance was asked again");
        Err(trap())
    });
    world.rule("broken", LimitScope::Firm, broken);
    let check = |world: &mut World, expect| {
        let order = world.place(MARGIN_HAND, buy(EQUITY, "1"));
        assert_eq!(world.denied(order), expect);
    };
    check(&mut world, Some(DenyCode::Rule));
    check(&mut world, Some(DenyCode::Rule));
    let alerts = world.effects.iter().filter(|effect| match effect {
        Effect::Alert(alert) => {
            (alert.severity, alert.code) == (Severity::Critical, DenyCode::Rule)
        }
        _ => false,
    });
    assert_eq!(alerts.count(), 1);
    world.rule(
        "broken",
        LimitScope::Firm,
        Rule::new(|_, _| Ok(Verdict::Pass)),
    );
    check(&mut world, None);
    let no = Rule::new(|_, _| Ok(Verdict::deny("no")));
    world.rule("no", LimitScope::Firm, no);
    check(&mut world, Some(DenyCode::Rule));
    world.command(Command::RemoveRule("no".to_owned()));
    check(&mut world, None);
    assert_eq!(world.engine.rules().count(), 1);
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let mut world = World::new();
    let check = |world: &mut World, scope| {
        let before = world.ignored().len();
        world.rule("bad", scope, Rule::new(|_, _| Ok(Verdict::Pass)));
        assert_eq!(world.ignored().len(), before + 1, "{scope:?}");
    };
    check(&mut world, LimitScope::Instrument(EQUITY));
    check(&mut world, LimitScope::Strategy(StrategyId::new(99)));
    // A definition without its plugin, and the removal of what is not there.
    let config = crate::plan::rule("bad", LimitScope::Firm);
    world.define(Definition::Rule(config));
    world.command(Command::RemoveRule("bad".to_owned()));
    assert_eq!(world.ignored().len(), 4);
    assert_eq!(world.engine.rules().count(), 0);
}

/// A journal in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Sink for Memory {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }
}

/// Makes the custom parts of [`custom_run`], or without the rule's late fault.
struct Again {
    late: bool,
}

impl Again {
    /// Passes orders until the third, for which it takes too long.
    fn rule_part(&self) -> Rule {
        let (late, mut asked) = (self.late, 0);
        Rule::new(move |_, _| {
            asked += 1;
            if asked == 3 && late {
                return Err(Fault {
                    kind: FaultKind::Deadline,
                    message: "judge: too slow".to_owned(),
                });
            }
            Ok(Verdict::Pass)
        })
    }
}

impl Instances for Again {
    fn make(
        &mut self,
        _: &Engine,
        _: StrategyId,
        _: PluginHash,
        _: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        Err("no strategies here".to_owned())
    }

    fn algorithm(
        &mut self,
        _: &Engine,
        _: &AlgorithmConfig,
    ) -> Result<Box<dyn AlgorithmMaker>, String> {
        Ok(Box::new(Maker::slicer()))
    }

    fn rule(&mut self, _: &Engine, _: &RuleConfig) -> Result<Box<dyn PreTradeRule>, String> {
        Ok(Box::new(self.rule_part()))
    }
}

/// A run with an algorithm and a rule, as a sealed journal.
fn custom_run() -> Vec<u8> {
    let memory = Memory::default();
    let mut world = Setup {
        journal: Journal::with_sink(Box::new(memory.clone())),
        ..Setup::default()
    }
    .build();
    world.algorithm("slicer", Maker::slicer());
    world.rule("slow", LimitScope::Firm, Again { late: true }.rule_part());
    world.quote(EQUITY, "99.9", "100");
    let slices = call("slicer", &[("slices", "2")]);
    let parent = world.work(MARGIN_HAND, buy(EQUITY, "10"), slices);
    // The parent and its first child passed; over the second the rule is too slow.
    world.wait(SECOND);
    assert_eq!(world.engine.denials(DenyCode::Rule), 1);
    assert!(world.story(parent).ends_with("5@100 canceled"));
    world.engine.journal().seal().unwrap();
    let written = memory.0.lock().unwrap();
    [&MAGIC[..], written.as_slice()].concat()
}

#[test]
fn outputs_and_verdicts_are_in_the_journal() {
    let bytes = custom_run();
    let mut reader = Reader::new(&bytes[..]).unwrap();
    let (mut worked, mut judged) = (Vec::new(), Vec::new());
    while let Some(record) = reader.next_record().unwrap() {
        match record {
            Record::Algorithm(_, call, Worked::Actions(actions)) => {
                worked.push((call, actions.len()))
            }
            Record::Rule(_, call, _, said) => judged.push((call, said)),
            _ => {}
        }
    }
    // A slice and a timer; what it hears of the fill leads to nothing; a slice and its end.
    assert_eq!(worked.len(), 2);
    assert_eq!(worked[0], (1, 2));
    let pass = Judged::Verdict(Verdict::Pass);
    assert_eq!(judged[..2], [(1, pass.clone()), (2, pass)]);
    assert!(matches!(judged[2], (3, Judged::Fault(_))));
}

#[test]
fn a_replay_asks_the_custom_parts_again_and_repeats_what_the_clock_ended() {
    let bytes = custom_run();
    for late in [true, false] {
        let again = &mut Again { late };
        let replayed = replay::verify(Cursor::new(bytes.clone()), again).unwrap();
        assert!(replayed.sealed);
    }
}

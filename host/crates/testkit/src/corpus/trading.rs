//! H09, H14 and H15: what guests do with orders, what they find in memory, and how they reckon.

use super::desk::{Desk, replay, tight};
use super::finding::Finding;
use super::life::{admit, config, intents, quote, reported, running};
use super::{Done, Setting, said, sandbox};
use crate::hostile::NONSENSE_ORDERS;
use crate::new_order::{NewOrder, at};
use crate::plugin::Plugin;
use engine::{Effect, JournalHash, StrategyState};
use model::{Event, OrderChange, OrderId, Strategy, StrategyId};
use runtime::{Admitted, Limits, Runtime, RuntimeOptions};
use std::collections::BTreeMap;

/// Whose orders the others are after.
const VICTIM: StrategyId = StrategyId::new(0);

/// Asks for quotes.
const LISTEN: &str = "(call $subscribe-quotes (i32.const 0)) (i32.const 1088)";

/// A strategy that asks for quotes and does this at each.
pub(super) fn listening(on_quote: &str) -> Plugin {
    Plugin::new()
        .with("init", LISTEN)
        .with("on-quote", on_quote)
}

fn market(quantity: &str, intent: u32) -> String {
    format!(
        "(drop (call $submit-market (i32.const 0) (i32.const 0) (i64.const {quantity}) \
         (i32.const 0) (i64.const 0) (i64.const {intent})))"
    )
}

fn limit(side: u32, price: u64) -> String {
    format!(
        "(call $submit-limit (i32.const 0) (i32.const {side}) (i64.const 100000000) \
         (i64.const {price}) (i32.const 0) (i64.const 0) (i64.const 0))"
    )
}

fn times(count: u32, what: &str) -> String {
    format!(
        "(local $left i32) (local.set $left (i32.const {count})) (loop $again {what}
         (local.set $left (i32.sub (local.get $left) (i32.const 1)))
         (br_if $again (local.get $left)))"
    )
}

/// What attacks by orders; those that use up what all share come last.
fn attackers(target: OrderId) -> Vec<(&'static str, Plugin)> {
    let target = target.number();
    let nonsense = NewOrder::data(&[NewOrder::default().byte(at::PARENT, 1)], 2048);
    let same = market("100000000", 7).repeat(3);
    let foreign = format!(
        "(call $cancel (i64.const {target})) (call $cancel-all (i32.const 0))
         (call $modify (i64.const {target}) (i32.const 1) (i64.const 900000000) (i32.const 1)
           (i64.const 1100050000) (i32.const 0) (i64.const 0))"
    );
    let crossing = format!(
        "(drop {}) (drop {})",
        limit(0, 1_100_050_000),
        limit(1, 1_100_050_000)
    );
    let storm = format!("(call $cancel {})", limit(0, 1_000_000_000));
    vec![
        ("nonsense", listening(NONSENSE_ORDERS).items(&nonsense)),
        ("same intent", listening(&same)),
        ("huge", listening(&market("-1", 0))),
        ("foreign", listening(&foreign)),
        ("self-cross", listening(&crossing)),
        ("storm", listening(&times(60, &storm))),
        ("spam", listening(&times(200, &market("100000000", 0)))),
        (
            "spam without end",
            listening(&format!(
                "(loop $again {} (br $again))",
                market("100000000", 0)
            )),
        ),
    ]
}

pub(super) fn order_spam(setting: &Setting, finding: &mut Finding) -> Done {
    let (runtime, limits) = (sandbox()?, Limits::default());
    let victim = Plugin::new().with("on-start", &format!("(drop {})", limit(0, 1_000_000_000)));
    let names = attackers(OrderId::default());
    let names = names.iter().map(|(name, _)| (*name).to_owned());
    let names: Vec<String> = ["victim".to_owned()].into_iter().chain(names).collect();
    let mut desk = Desk::new(&names, tight())?;
    desk.quote()?;
    let effects = start(&mut desk, VICTIM, &admit(&runtime, &victim, &limits)?)?;
    let sent = effects.iter().find_map(|effect| match effect {
        Effect::Order(update, _) => Some(update.order),
        _ => None,
    });
    let target = sent.ok_or("the victim sent no order")?;
    for (id, (name, plugin)) in (1..).map(StrategyId::new).zip(attackers(target)) {
        let admitted = admit(&runtime, &plugin, &limits);
        let admitted = admitted.map_err(|error| format!("{name}: {error}"))?;
        start(&mut desk, id, &admitted)?;
    }
    for _ in 0..setting.pick(20, 5_000) {
        let effects = finding.clocked(|| desk.quote())?;
        finding.ended("quotes");
        judge_orders(
            finding,
            &desk,
            &effects,
            names.len(),
            limits.intents_per_call,
        );
    }
    for code in ["P04", "P05", "P21"] {
        let denied = finding.outcomes().contains_key(&format!("denied {code}"));
        finding.expect(denied, || format!("nothing was denied with {code}"));
    }
    let last = StrategyId::new(u32::try_from(names.len() - 1).map_err(said)?);
    let state = desk.state(last);
    finding.expect(state == Some(StrategyState::Error), || {
        format!("spam without end: {state:?}")
    });
    Ok(())
}

fn start(desk: &mut Desk, id: StrategyId, admitted: &Admitted) -> Result<Vec<Effect>, String> {
    let limits = *admitted.limits();
    let instance = admitted.instantiate(config(limits)).map_err(said)?;
    desk.start(id, admitted.hash(), Box::new(instance))
}

/// After each quote: what was sent and denied, and whether all is within limits.
fn judge_orders(
    finding: &mut Finding,
    desk: &Desk,
    effects: &[Effect],
    strategies: usize,
    most: u32,
) {
    let mut made: BTreeMap<StrategyId, u32> = BTreeMap::new();
    for effect in effects {
        let Effect::Order(update, _) = effect else {
            continue;
        };
        match update.change {
            OrderChange::Denied(code) => finding.happened(format!("denied {code}")),
            OrderChange::Submitted => finding.happened("orders sent"),
            _ => continue,
        }
        *made.entry(update.strategy).or_default() += 1;
    }
    finding.expect(made.values().all(|count| *count <= most), || {
        format!("more than {most} orders from one event: {made:?}")
    });
    let sound = desk.check();
    finding.expect(sound.is_ok(), || format!("{sound:?}"));
    let limits = tight();
    let mut open = 0;
    for id in (0..).map(StrategyId::new).take(strategies) {
        open += desk.open_orders(id);
        let held = desk.position(id).magnitude();
        let within = matches!(&held, Ok(held) if *held <= limits.max_position);
        finding.expect(within, || {
            format!("strategy {} holds {held:?}", id.number())
        });
    }
    finding.expect(open <= limits.max_open_orders, || {
        format!("{open} open orders")
    });
    let left = desk.open_orders(VICTIM);
    finding.expect(left == 1, || format!("the victim has {left} open orders"));
}

/// Fills four megabytes, and keeps a value.
const SOIL: &str = "(drop (memory.grow (i32.const 64)))
    (memory.fill (i32.const 131072) (i32.const 0xaa) (i32.const 4194304))
    (call $put (i32.const 2048) (i32.const 1) (i32.const 131072) (i32.const 8))";

/// Looks for anything but zero in the same places.
const SEARCH: &str = "(local $at i32) (local $found i64) (drop (memory.grow (i32.const 64)))
    (call $get (i32.const 2048) (i32.const 1) (i32.const 2064))
    (local.set $found (i64.load8_u (i32.const 2064)))
    (local.set $at (i32.const 131072))
    (loop $again
      (local.set $found (i64.or (local.get $found) (i64.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 4325376))))
    (i64.store (i32.const 2100) (local.get $found))
    (call $put (i32.const 2048) (i32.const 1) (i32.const 2100) (i32.const 8))";

/// How far the time moves while it works, and what it is.
const CLOCK: &str = "(local $begun i64) (local $left i32) (local.set $begun (call $now))
    (local.set $left (i32.const 1000000))
    (loop $again (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (i64.store (i32.const 2100) (i64.or
      (i64.sub (call $now) (local.get $begun)) (i64.sub (local.get $begun) (local.get $ts_init))))
    (call $put (i32.const 2048) (i32.const 1) (i32.const 2100) (i32.const 8))";

pub(super) fn leaks(setting: &Setting, finding: &mut Finding) -> Done {
    let runtime = sandbox()?;
    let limits = Limits {
        event_fuel: 10_000_000_000,
        event_deadline_ms: 60_000,
        ..Limits::default()
    };
    let key = r#"(data (i32.const 2048) "s")"#;
    let made = |body: &str| {
        let plugin = Plugin::new().items(key).with("on-quote", body);
        admit(&runtime, &plugin, &limits)
    };
    let (soil, search, clock) = (made(SOIL)?, made(SEARCH)?, made(CLOCK)?);
    for number in 2..2 + setting.pick(5, 500_u64) {
        let kept = told(&soil, limits, number)?;
        let everywhere = Some(0xaaaa_aaaa_aaaa_aaaa);
        finding.expect(kept == everywhere, || {
            format!("it filled nothing: {kept:x?}")
        });
        let found = finding.clocked(|| told(&search, limits, number))?;
        finding.ended("searched");
        finding.expect(found == Some(0), || format!("found {found:x?}"));
        let moved = told(&clock, limits, number)?;
        finding.expect(moved == Some(0), || format!("time moved by {moved:?} ns"));
    }
    Ok(())
}

/// What a fresh instance keeps when it is told a quote, whose time is also that of the call.
fn told(admitted: &Admitted, limits: Limits, number: u64) -> Result<Option<u64>, String> {
    let mut instance = running(admitted, limits).map_err(said)?;
    let mut out = intents(number);
    let event = Event::Quote(quote(number));
    instance.handle(&event, &mut out).map_err(said)?;
    Ok(reported(&out))
}

/// What has no one answer, or a different one where a compiler is careless.
const RECKONING: [&str; 12] = [
    "(f64.sqrt (f64.const -1))",
    "(f64.sub (f64.const inf) (f64.const inf))",
    "(f64.mul (f64.const 0) (f64.const inf))",
    "(f64.min (f64.const nan:0x123) (local.get $x))",
    "(f64.max (local.get $x) (f64.const -nan:0x4))",
    "(f64.promote_f32 (f32.demote_f64 (f64.const nan:0x8000000000123)))",
    "(f64.promote_f32 (f32.div (f32.const 0) (f32.const 0)))",
    "(f64.nearest (local.get $x))",
    "(f64.sqrt (local.get $x))",
    "(f64.div (f64.const 1) (local.get $x))",
    "(f64.copysign (f64.const nan) (f64.const -1))",
    "(f64x2.extract_lane 0
       (f64x2.div (f64x2.splat (f64.const 0)) (f64x2.splat (f64.const 0))))",
];

/// Makes an order, and a value that it keeps, of the bits of all that.
fn reckoner() -> Plugin {
    let mixed = RECKONING.map(|reckoned| {
        format!(
            "(local.set $bits (i64.add (i64.rotl (local.get $bits) (i64.const 7))
               (i64.reinterpret_f64 {reckoned})))"
        )
    });
    let body = format!(
        "(local $x f64) (local $bits i64)
         (local.set $x (f64.div (f64.convert_i64_u (local.get $ts_init)) (f64.const 7)))
         {}
         (drop (call $submit-limit (i32.const 0) (i32.const 0) (i64.const 100000000)
           (i64.add (i64.const 1000000000)
             (i64.mul (i64.const 10000) (i64.popcnt (local.get $bits))))
           (i32.const 0) (i64.const 0) (i64.const 0)))
         (i64.store (i32.const 2100) (local.get $bits))
         (call $put (i32.const 2048) (i32.const 1) (i32.const 2100) (i32.const 8))",
        mixed.concat()
    );
    listening(&body).items(r#"(data (i32.const 2048) "s")"#)
}

pub(super) fn floats(setting: &Setting, finding: &mut Finding) -> Done {
    let bytes = reckoner().build().map_err(said)?;
    let quotes = setting.pick(50, 5_000);
    let runtime = sandbox()?;
    let admitted = runtime.admit(&bytes, &Limits::default()).map_err(said)?;
    let (hash, journal) = finding.clocked(|| reckon(&admitted, quotes))?;
    finding.ended("backtest");
    // Another thread, another runtime, and code that was compiled before and read from a disk.
    let folder = tempfile::tempdir().map_err(said)?;
    let again = || {
        let options = RuntimeOptions {
            cache_directory: Some(folder.path().to_owned()),
            ..RuntimeOptions::default()
        };
        let runtime = Runtime::new(options).map_err(said)?;
        let admitted = runtime.admit(&bytes, &Limits::default()).map_err(said)?;
        let (hash, _) = reckon(&admitted, quotes)?;
        Ok::<_, String>((hash, admitted.cached()))
    };
    for cached in [false, true] {
        let other = std::thread::scope(|scope| scope.spawn(again).join());
        let other = other.map_err(|_| "the other thread panicked")??;
        finding.ended("live");
        finding.expect(other == (hash, cached), || {
            "another runtime came to another hash".to_owned()
        });
    }
    let replayed = finding.clocked(|| replay(&journal, &admitted, Limits::default()))?;
    finding.ended("replay");
    finding.expect(replayed.hash == hash && replayed.sealed, || {
        "a replay came to another hash".to_owned()
    });
    Ok(())
}

/// Runs it over so many quotes: the journal's hash and bytes.
fn reckon(admitted: &Admitted, quotes: u64) -> Result<(JournalHash, Vec<u8>), String> {
    let mut desk = Desk::new(&["reckoner".to_owned()], engine::Limits::default())?;
    let plugin = admitted.hash();
    let instance = admitted
        .instantiate(config(*admitted.limits()))
        .map_err(said)?;
    desk.start(VICTIM, plugin, Box::new(instance))?;
    for _ in 0..quotes {
        desk.quote()?;
    }
    if desk.open_orders(VICTIM) == 0 {
        return Err("it sent no order, so its reckoning shows nowhere".to_owned());
    }
    desk.end()
}

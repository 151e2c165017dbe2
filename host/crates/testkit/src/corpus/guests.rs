//! The guests that attack when they are called: each a plugin that is one attack, with a name for reports.
//! Others are in `hostile`.

use super::said;
use crate::component::{World, componentise, core_module};
use crate::hostile::{self, HostilePlugin};
use crate::plugin::Plugin;

/// A guest's bytes with its name.
pub(super) type Guest = (String, Vec<u8>);

/// The exports of every strategy.
const EXPORTS: [&str; 13] = [
    "describe",
    "init",
    "load",
    "on-history",
    "on-start",
    "on-quote",
    "on-trade",
    "on-bar",
    "on-timer",
    "on-order-event",
    "on-position-event",
    "on-stop",
    "save",
];
/// Those of strategies that can be told of books.
const BOOK_EXPORTS: [&str; 2] = [
    "argonaut:plugin/on-book@1.0.0#on-book",
    "argonaut:plugin/on-book@1.0.0#on-book-lost",
];
/// Those of strategies that hear of what they did not ask for.
const LIFE_EXPORTS: [&str; 3] = [
    "argonaut:plugin/on-cash-flow@1.0.0#on-cash-flow",
    "argonaut:plugin/on-lifecycle@1.0.0#on-lifecycle",
    "argonaut:plugin/on-signal@1.0.0#on-signal",
];
/// The exports that return through memory, so that the host calls once more to have it freed.
const RETURNING: [&str; 4] = ["describe", "init", "load", "save"];

/// Wherever the host enters a guest: its start function, every export, its allocator and after each
/// return. `body` never gets to its end.
pub(super) fn everywhere(body: &str) -> Result<Vec<Guest>, String> {
    let mut plugins = vec![
        (
            "start".to_owned(),
            Plugin::new().items(&format!("(func $first {body}) (start $first)")),
        ),
        ("realloc".to_owned(), Plugin::new().with_realloc(body)),
    ];
    let families = [
        (Plugin::new(), &EXPORTS[..]),
        (Plugin::with_books(), &BOOK_EXPORTS[..]),
        (Plugin::with_life(), &LIFE_EXPORTS[..]),
    ];
    for (plugin, exports) in families {
        let each = exports.iter();
        plugins.extend(each.map(|name| ((*name).to_owned(), plugin.clone().with(name, body))));
    }
    plugins.extend(RETURNING.map(|name| {
        let after = format!("(func (export \"cabi_post_{name}\") (param i32) {body})");
        (format!("after {name}"), Plugin::new().items(&after))
    }));
    built(plugins)
}

fn built(plugins: Vec<(String, Plugin)>) -> Result<Vec<Guest>, String> {
    let all = plugins.into_iter();
    all.map(|(name, plugin)| Ok((name, plugin.build().map_err(said)?)))
        .collect()
}

fn named<const N: usize>(plugins: [(&str, Plugin); N]) -> Result<Vec<Guest>, String> {
    built(
        plugins
            .map(|(name, plugin)| (name.to_owned(), plugin))
            .into(),
    )
}

fn known<const N: usize>(plugins: [HostilePlugin; N]) -> Result<Vec<Guest>, String> {
    let all = plugins.into_iter();
    all.map(|plugin| {
        let bytes = hostile::component(plugin).map_err(said)?;
        Ok((format!("{plugin:?}"), bytes))
    })
    .collect()
}

fn on_quote(body: &str) -> Plugin {
    Plugin::new().with("on-quote", body)
}

/// Loops of host calls that cost the guest next to nothing.
pub(super) fn chatter() -> Result<Vec<Guest>, String> {
    let again = |call: &str| format!("(loop $again {call} (br $again)) unreachable");
    let key = r#"(data (i32.const 2048) "k")"#;
    let get = "(call $get (i32.const 2048) (i32.const 1) (i32.const 2064))";
    let write = "(call $write (i32.const 3) (i32.const 512) (i32.const 19))";
    let mut all = named([
        (
            "log in describe",
            Plugin::new().with("describe", &again(write)),
        ),
        (
            "subscribe in init",
            Plugin::new().with("init", &again("(call $subscribe-quotes (i32.const 0))")),
        ),
        ("errors logged", on_quote(&again(write))),
        (
            "values that are not there",
            on_quote(&again(get)).items(key),
        ),
        (
            "timers",
            on_quote(&again("(call $set-timer (i64.const 1) (i64.const 9))")),
        ),
        (
            "lists of no orders",
            on_quote(&again(
                "(drop (call $submit-list (i32.const 4096) (i32.const 0)))",
            )),
        ),
    ])?;
    all.extend(known([
        HostilePlugin::HostCallSpam,
        HostilePlugin::StateReadSpam,
        HostilePlugin::OrderSpam,
    ])?);
    Ok(all)
}

/// What wants more memory than it may have.
pub(super) fn memory_bombs() -> Result<Vec<Guest>, String> {
    let tables = "(table 1 funcref)".repeat(40);
    let grow_table = "(loop $again
        (br_if $again (i32.ne (table.grow $bag (ref.null func) (i32.const 10000)) (i32.const -1))))
        unreachable";
    let believe = "(i64.store
        (i32.mul (memory.grow (i32.const 60000)) (i32.const 65536)) (i64.const 1)) unreachable";
    let mut all = named([
        ("40 tables", Plugin::new().items(&tables)),
        (
            "a table that grows",
            on_quote(grow_table).items("(table $bag 1 funcref)"),
        ),
        ("growth that is believed to have worked", on_quote(believe)),
        (
            "data beyond the memory",
            Plugin::new().items(r#"(data (i32.const 0x7ffffff0) "far away")"#),
        ),
    ])?;
    all.extend(known([
        HostilePlugin::AllocateOnQuote,
        HostilePlugin::HugeMinimumMemory,
        HostilePlugin::HugeTable,
    ])?);
    Ok(all)
}

/// A component with 10,000 tables, which no validator lets pass.
pub(super) fn ten_thousand_tables() -> Result<Vec<u8>, String> {
    let tables = "(table 1 funcref)".repeat(10_000);
    core_module(&format!("(component (core module {tables}))")).map_err(said)
}

/// What calls itself, or one another, until the stack is used up.
pub(super) fn deep_stacks() -> Result<Vec<Guest>, String> {
    let deep = "(drop (call $deeper (i64.const 1)))";
    let deeper = |body: &str| format!("(func $deeper (param i64) (result i64) {body})");
    let plus_one = "(i64.add (i64.const 1) (call $deeper (local.get 0)))";
    let mutual = format!(
        "{} (func $other (param i64) (result i64) {plus_one})",
        deeper("(i64.add (i64.const 1) (call $other (local.get 0)))")
    );
    let indirect = format!(
        "(type $same (func (param i64) (result i64))) (table $calls 1 funcref)
         (elem (table $calls) (i32.const 0) func $deeper) {}",
        deeper(
            "(i64.add (i64.const 1)
               (call_indirect $calls (type $same) (local.get 0) (i32.const 0)))"
        )
    );
    let simple = deeper(plus_one);
    let unwinding = format!("{deep} unreachable");
    named([
        ("recursion", on_quote(deep).items(&simple)),
        ("mutual recursion", on_quote(deep).items(&mutual)),
        ("indirect recursion", on_quote(deep).items(&indirect)),
        (
            "large frames",
            on_quote(deep).items(&deeper(&large_frame())),
        ),
        (
            "recursion while the host passes a list",
            Plugin::new().with_realloc(&unwinding).items(&simple),
        ),
    ])
}

/// A body whose thousand numbers are all needed after it has called itself.
fn large_frame() -> String {
    let locals = (0..1_000).map(|n| format!("(local $n{n} i64)"));
    let filled = (0..1_000).map(|n| {
        format!(
            "(local.set $n{n} (i64.mul (local.get 0) (i64.const {})))",
            n + 3
        )
    });
    let called = "(local.set $n0 (call $deeper (local.get $n1)))".to_owned();
    let summed =
        (1..1_000).map(|n| format!("(local.set $n0 (i64.xor (local.get $n0) (local.get $n{n})))"));
    let lines = locals.chain(filled).chain([called]).chain(summed);
    let mut body: Vec<String> = lines.collect();
    body.push("(local.get $n0)".to_owned());
    body.join("\n")
}

/// What returns or passes on more than there is, or something else than it says.
pub(super) fn giant_results() -> Result<Vec<Guest>, String> {
    let at_2048 = |bytes: &str| format!("(data (i32.const 2048) \"{bytes}\")");
    let write =
        |length: &str| format!("(call $write (i32.const 1) (i32.const 2048) (i32.const {length}))");
    let mut all = named([
        (
            "a list of 2^31 bytes",
            Plugin::new()
                .items(&at_2048(r"\01\00\00\00\00\00\00\00\00\00\00\80"))
                .with("save", "(i32.const 2048)"),
        ),
        ("a line of 1 GiB", on_quote(&write("0x40000000"))),
        (
            "a line that is not UTF-8",
            on_quote(&write("2")).items(&at_2048(r"\ff\fe")),
        ),
        (
            "a result that is neither",
            Plugin::new()
                .items(&at_2048(r"\07"))
                .with("init", "(i32.const 2048)"),
        ),
        (
            "a misaligned description",
            Plugin::new().with("describe", "(i32.const 1025)"),
        ),
        (
            "a description beyond the memory",
            Plugin::new().with("describe", "(i32.const -8)"),
        ),
        (
            "a misaligned order",
            on_quote("(drop (call $submit (i32.const 2049)))"),
        ),
    ])?;
    all.extend(known([
        HostilePlugin::HugeDescription,
        HostilePlugin::BadUtf8InDescribe,
        HostilePlugin::BadDiscriminant,
        HostilePlugin::BadOrderKind,
        HostilePlugin::GiantList,
        HostilePlugin::ListOutOfBounds,
        HostilePlugin::HugeSave,
        HostilePlugin::SaveOutOfBounds,
    ])?);
    Ok(all)
}

/// Allocators that give out what is not theirs to give.
pub(super) fn evil_allocators() -> Result<Vec<Guest>, String> {
    let lie = |body: &str| Plugin::new().with_realloc(body);
    named([
        ("beyond the memory", lie("(i32.const 0x7ffffff0)")),
        ("at the last byte", lie("(i32.const -1)")),
        ("misaligned", lie("(i32.const 65537)")),
        ("at zero", lie("(i32.const 0)")),
        ("over its own data", lie("(i32.const 1024)")),
        ("not at all", lie("unreachable")),
        (
            "after for ever",
            lie("(loop $again (br $again)) unreachable"),
        ),
        (
            "after growing as often as it may",
            lie("(loop $again
                 (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable"),
        ),
    ])
}

/// What calls into the host while the host calls into it.
pub(super) fn re_entrant() -> Result<Vec<Guest>, String> {
    let (write, now) = (
        "(call $write (i32.const 1) (i32.const 512) (i32.const 3))",
        "(drop (call $now))",
    );
    let order = "(drop (call $submit-market (i32.const 0) (i32.const 0) (i64.const 100000000)
        (i32.const 0) (i64.const 0) (i64.const 0)))";
    let allocating = |call: &str| Plugin::new().with_realloc(&format!("{call} (i32.const 70000)"));
    let key = r#"(global $armed (mut i32) (i32.const 0)) (data (i32.const 2048) "k")"#;
    let get = "(call $get (i32.const 2048) (i32.const 1) (i32.const 2064))";
    let nested = Plugin::new()
        .items(key)
        .with(
            "on-start",
            "(call $put (i32.const 2048) (i32.const 1) (i32.const 4096) (i32.const 64))",
        )
        .with(
            "on-quote",
            &format!("(global.set $armed (i32.const 1)) {get}"),
        )
        .with_realloc(&format!(
            "(if (global.get $armed) (then {get})) (i32.const 70000)"
        ));
    named([
        ("a line while it allocates", allocating(write)),
        ("the time while it allocates", allocating(now)),
        ("an order while it allocates", allocating(order)),
        ("a value while a value is passed", nested),
        (
            "a line after it has returned",
            Plugin::new().items(&format!(
                "(func (export \"cabi_post_save\") (param i32) {write})"
            )),
        ),
    ])
}

/// A strategy with things of its own, of which it holds handles; `body` uses `$new`, `$drop` and `$rep`.
fn with_things(body: &str) -> Result<Vec<u8>, String> {
    const WORLD: &str = "package test:handles;
        interface things { resource thing { constructor(); } }
        world hostile { include argonaut:plugin/strategy@1.0.0; export things; }";
    let imports = r#"(module
        (import "[export]test:handles/things" "[resource-new]thing" (func $new (param i32) (result i32)))
        (import "[export]test:handles/things" "[resource-drop]thing" (func $drop (param i32)))
        (import "[export]test:handles/things" "[resource-rep]thing" (func $rep (param i32) (result i32)))"#;
    let exported = r#"(func (export "test:handles/things#[constructor]thing") (result i32)
        (call $new (i32.const 0)))"#;
    let text = on_quote(body).items(exported).text();
    let world = World {
        packages: &[WORLD],
        name: "hostile",
    };
    componentise(&text.replacen("(module", imports, 1), world).map_err(said)
}

/// What uses handles that it does not hold, or holds more and more.
pub(super) fn handles() -> Result<Vec<Guest>, String> {
    let one = "(local $held i32) (local.set $held (call $new (i32.const 1)))";
    let drop = "(call $drop (local.get $held))";
    [
        ("forged", "(call $drop (i32.const 12345))".to_owned()),
        ("none", "(call $drop (i32.const 0))".to_owned()),
        ("beyond all", "(drop (call $rep (i32.const -1)))".to_owned()),
        ("dropped twice", format!("{one} {drop} {drop}")),
        (
            "used after it was dropped",
            format!("{one} {drop} (drop (call $rep (local.get $held)))"),
        ),
        (
            "leaked",
            "(loop $again (drop (call $new (i32.const 1))) (br $again))".to_owned(),
        ),
    ]
    .into_iter()
    .map(|(name, body)| Ok((name.to_owned(), with_things(&body)?)))
    .collect()
}

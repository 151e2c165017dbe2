//! Plugins that try to hurt: each is one way in which a strategy can be broken or malicious. Names
//! follow what they do; the tests of `runtime` say how each ends.

use crate::component::{ComponentError, World, componentise, core_module};
use crate::new_order::{NewOrder, at};
use crate::plugin::Plugin;

/// A way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostilePlugin {
    /// Traps in `init`.
    TrapInInit,
    /// Refuses in `init` with a reason: `no thanks`.
    RefuseInInit,
    /// Traps in `on-quote` after logging `about to fail` as an error.
    TrapOnQuote,
    /// Never returns from `init`.
    LoopInInit,
    /// Never returns from `on-quote`.
    LoopOnQuote,
    /// Spends its time in memory operations that cost little fuel, in `on-quote`.
    SlowFillOnQuote,
    /// Allocates in `on-quote` until it gets no more, then traps.
    AllocateOnQuote,
    /// Demands 4 GiB before it runs.
    HugeMinimumMemory,
    /// Demands tables with 100 million elements.
    HugeTable,
    /// Sends orders that make no sense in `on-quote`: unknown instrument, zero quantity, huge
    /// quantity, off-tick and negative prices, a parent without a list, changes and cancels of orders
    /// of others.
    NonsenseOrders,
    /// Sends orders in `on-quote` without end.
    OrderSpam,
    /// Sends lists of 32 orders in `on-quote` without end.
    ListSpam,
    /// Sends a list of 257 orders in `on-quote`.
    LongList,
    /// Sends a list of 300,000 orders in `on-quote`.
    GiantList,
    /// Sends a list in `on-quote` that lies outside its memory.
    ListOutOfBounds,
    /// Sends an order with a tag of 60,000 characters in `on-quote`.
    HugeTag,
    /// Sends an order with a tag that drives a terminal in `on-quote`.
    EvilTag,
    /// Sends an order of a type that does not exist in `on-quote`.
    BadOrderKind,
    /// Sends an order in `init`.
    OrderInInit,
    /// Logs in `on-quote` 10,000 times, with line breaks and terminal escapes.
    LogSpam,
    /// Logs one line of 60,000 characters in `on-quote`.
    LongLog,
    /// Calls the host in `on-quote` without end, without asking for anything.
    HostCallSpam,
    /// Reads a large kept value again and again in `on-quote`.
    StateReadSpam,
    /// Keeps values in `on-quote` until it may not.
    StateSpam,
    /// Calls itself without end in `on-quote`.
    StackOverflow,
    /// Returns 16 MiB from `save`.
    HugeSave,
    /// Says in `save` that its bytes lie outside its memory.
    SaveOutOfBounds,
    /// Orders in `save`.
    OrderInSave,
    /// Passes a side that is neither buy nor sell.
    BadDiscriminant,
    /// Returns a name in `describe` that is not UTF-8.
    BadUtf8InDescribe,
    /// Returns a description with a name of 1 GiB.
    HugeDescription,
    /// Returns an allocation outside its memory.
    EvilRealloc,
    /// Traps in `load`.
    TrapInLoad,
    /// Imports `wasi:clocks/wall-clock@0.2.0` and `wasi:random/random@0.2.0`.
    ImportsWasi,
    /// Imports an interface of ours in a version that does not exist.
    WrongVersion,
    /// Imports an interface of ours with a function of another type.
    WrongImportType,
    /// Fits a world of its own.
    AnotherWorld,
    /// Exports everything, but `on-timer` with another type.
    WrongExportType,
    /// A core module.
    CoreModule,
    /// A component cut off in the middle.
    Truncated,
    /// Bytes that are no WebAssembly.
    NotWasm,
    /// Types nested so that printing them would take exponential time.
    BillionLaughs,
}

/// All of them.
pub const ALL: [HostilePlugin; 42] = {
    use HostilePlugin::*;
    [
        TrapInInit,
        RefuseInInit,
        TrapOnQuote,
        LoopInInit,
        LoopOnQuote,
        SlowFillOnQuote,
        AllocateOnQuote,
        HugeMinimumMemory,
        HugeTable,
        NonsenseOrders,
        OrderSpam,
        ListSpam,
        LongList,
        GiantList,
        ListOutOfBounds,
        HugeTag,
        EvilTag,
        BadOrderKind,
        OrderInInit,
        LogSpam,
        LongLog,
        HostCallSpam,
        StateReadSpam,
        StateSpam,
        StackOverflow,
        HugeSave,
        SaveOutOfBounds,
        OrderInSave,
        BadDiscriminant,
        BadUtf8InDescribe,
        HugeDescription,
        EvilRealloc,
        TrapInLoad,
        ImportsWasi,
        WrongVersion,
        WrongImportType,
        AnotherWorld,
        WrongExportType,
        CoreModule,
        Truncated,
        NotWasm,
        BillionLaughs,
    ]
};

/// The plugin's bytes.
///
/// # Errors
/// Never, unless a text in this file is wrong.
pub fn component(plugin: HostilePlugin) -> Result<Vec<u8>, ComponentError> {
    use HostilePlugin as H;
    match plugin {
        H::ImportsWasi
        | H::WrongVersion
        | H::WrongImportType
        | H::AnotherWorld
        | H::WrongExportType => misfit(plugin),
        H::CoreModule => core_module("(module (func (export \"on-quote\")))"),
        H::Truncated => {
            let mut bytes = Plugin::new().build()?;
            bytes.truncate(bytes.len() / 2);
            Ok(bytes)
        }
        H::NotWasm => Ok(b"#!/bin/sh\necho hello\n".to_vec()),
        H::BillionLaughs => core_module(&billion_laughs()),
        _ => strategy(plugin).build(),
    }
}

/// Those that fit the world and misbehave when called.
fn strategy(plugin: HostilePlugin) -> Plugin {
    use HostilePlugin as H;
    let new = Plugin::new();
    match plugin {
        H::TrapInInit => new.with("init", "unreachable"),
        H::RefuseInInit => new
            .items(r#"(data (i32.const 2048) "no thanks")"#)
            .items(r#"(data (i32.const 2064) "\01\00\00\00\00\08\00\00\09\00\00\00")"#)
            .with("init", "(i32.const 2064)"),
        H::TrapOnQuote => new
            .items(r#"(data (i32.const 2048) "about to fail")"#)
            .with("on-quote", "(call $write (i32.const 3) (i32.const 2048) (i32.const 13)) unreachable"),
        H::LoopInInit => new.with("init", "(loop $again (br $again)) unreachable"),
        H::LoopOnQuote => new.with("on-quote", "(loop $again (br $again))"),
        H::AllocateOnQuote => new.with("on-quote", ALLOCATE),
        H::SlowFillOnQuote => new.with("on-quote", SLOW_FILL),
        H::HugeMinimumMemory => new.items("(memory $huge 65536)"),
        H::HugeTable => new.items("(table $huge 100000000 funcref)"),
        H::StackOverflow => new
            .items("(func $deeper (param i64) (result i64) (i64.add (i64.const 1) (call $deeper (local.get 0))))")
            .with("on-quote", "(drop (call $deeper (i64.const 0)))"),
        H::TrapInLoad => new.with("load", "unreachable"),
        H::EvilRealloc => new.with_realloc("(i32.const 0x7ffffff0)"),
        _ => talkative(plugin),
    }
}

/// Those that misbehave towards host functions or in what they return.
fn talkative(plugin: HostilePlugin) -> Plugin {
    use HostilePlugin as H;
    let new = Plugin::new();
    match plugin {
        H::NonsenseOrders => new
            .items(&NewOrder::data(
                &[NewOrder::default().byte(at::PARENT, 1)],
                2048,
            ))
            .with("on-quote", NONSENSE_ORDERS),
        H::ListSpam
        | H::LongList
        | H::GiantList
        | H::ListOutOfBounds
        | H::HugeTag
        | H::EvilTag
        | H::BadOrderKind => new
            .items(&order_items(plugin))
            .with("on-quote", order_body(plugin)),
        H::OrderSpam => new.with(
            "on-quote",
            "(loop $again (drop (call $submit-market (i32.const 0) (i32.const 0) \
             (i64.const 100000000) (i32.const 0) (i64.const 0) (i64.const 0))) (br $again))",
        ),
        H::OrderInInit => new.with("init", &format!("{BUY_ONE} (i32.const 1088)")),
        H::OrderInSave => new.with("save", &format!("{BUY_ONE} (i32.const 1104)")),
        H::LogSpam => new
            .items(r#"(data (i32.const 2048) "\1b[2Jfake\0aline")"#)
            .with("on-quote", LOG_SPAM),
        H::LongLog => new.with(
            "on-quote",
            "(call $write (i32.const 1) (i32.const 2048) (i32.const 60000))",
        ),
        H::HostCallSpam => new.with("on-quote", "(loop $again (drop (call $now)) (br $again))"),
        H::StateReadSpam => new
            .items(r#"(data (i32.const 2048) "k")"#)
            .with(
                "on-start",
                "(call $put (i32.const 2048) (i32.const 1) (i32.const 0) (i32.const 60000))",
            )
            .with("on-quote", STATE_READ_SPAM),
        H::StateSpam => new.with("on-quote", STATE_SPAM),
        H::HugeSave => new
            .items(r#"(data (i32.const 2048) "\01\00\00\00\00\00\00\00\00\00\00\01")"#)
            .with(
                "save",
                "(drop (memory.grow (i32.const 400))) (i32.const 2048)",
            ),
        H::SaveOutOfBounds => new
            .items(r#"(data (i32.const 2048) "\01\00\00\00\00\00\ff\ff\00\10\00\00")"#)
            .with("save", "(i32.const 2048)"),
        H::BadDiscriminant => new.with(
            "on-quote",
            "(drop (call $submit-market (i32.const 0) (i32.const 7) (i64.const 1) (i32.const 0) \
             (i64.const 0) (i64.const 0)))",
        ),
        H::BadUtf8InDescribe => new.items(r#"(data (i32.const 512) "\ff\fe")"#),
        // The length of the name.
        _ => new.items(r#"(data (i32.const 1028) "\00\00\00\40")"#),
    }
}

/// What those that send whole orders have in memory at 2048.
fn order_items(plugin: HostilePlugin) -> String {
    let order = NewOrder::default();
    let order = match plugin {
        HostilePlugin::HugeTag => order.tag(4096, 60_000),
        HostilePlugin::EvilTag => order.tag(4096, 9),
        HostilePlugin::BadOrderKind => order.byte(at::KIND, 9),
        _ => return String::new(),
    };
    let evil = matches!(plugin, HostilePlugin::EvilTag);
    let text = if evil {
        "\\1b[2Jfake\\n"
    } else {
        &"a".repeat(60_000)
    };
    let tag = format!("(data (i32.const 4096) \"{text}\")");
    format!("{} {tag}", NewOrder::data(&[order], 2048))
}

const fn order_body(plugin: HostilePlugin) -> &'static str {
    match plugin {
        HostilePlugin::ListSpam => {
            "(loop $again
               (drop (call $submit-list (i32.const 4096) (i32.const 32))) (br $again))"
        }
        HostilePlugin::LongList => "(drop (call $submit-list (i32.const 4096) (i32.const 257)))",
        HostilePlugin::GiantList => {
            "(drop (memory.grow (i32.const 900)))
             (drop (call $submit-list (i32.const 4096) (i32.const 300000)))"
        }
        HostilePlugin::ListOutOfBounds => {
            "(drop (call $submit-list (i32.const 4096) (i32.const 0x7fffffff)))"
        }
        _ => "(drop (call $submit (i32.const 2048)))",
    }
}

const BUY_ONE: &str = "(drop (call $submit-market (i32.const 0) (i32.const 0) \
    (i64.const 100000000) (i32.const 0) (i64.const 0) (i64.const 0)))";

const ALLOCATE: &str = "(local $at i32) (loop $again
    (local.set $at (memory.grow (i32.const 16)))
    (if (i32.eq (local.get $at) (i32.const -1)) (then unreachable))
    (i64.store (i32.mul (local.get $at) (i32.const 65536)) (i64.const 1))
    (br $again))";

const SLOW_FILL: &str = "(drop (memory.grow (i32.const 900)))
    (loop $again
      (memory.fill (i32.const 131072) (i32.const 7) (i32.const 50000000)) (br $again))";

pub(crate) const NONSENSE_ORDERS: &str = "
    (drop (call $submit-market (i32.const 99) (i32.const 0) (i64.const 1) (i32.const 0)
      (i64.const 0) (i64.const 0)))
    (drop (call $submit-market (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0)
      (i64.const 0) (i64.const 0)))
    (drop (call $submit-market (i32.const 0) (i32.const 1) (i64.const -1) (i32.const 0)
      (i64.const 0) (i64.const 0)))
    (drop (call $submit-limit (i32.const 0) (i32.const 0) (i64.const 100000000) (i64.const 1)
      (i32.const 0) (i64.const 0) (i64.const 0)))
    (drop (call $submit-limit (i32.const 0) (i32.const 0) (i64.const 100000000)
      (i64.const -5000000000) (i32.const 0) (i64.const 0) (i64.const 0)))
    (drop (call $submit (i32.const 2048)))
    (call $modify (i64.const 4096) (i32.const 1) (i64.const 0) (i32.const 1) (i64.const -1)
      (i32.const 0) (i64.const 0))
    (call $modify (i64.const -1) (i32.const 0) (i64.const 0) (i32.const 0) (i64.const 0)
      (i32.const 0) (i64.const 0))
    (call $cancel (i64.const 4096))
    (call $cancel (i64.const -1))
    (call $cancel-all (i32.const 99))";

const LOG_SPAM: &str = "(local $left i32) (local.set $left (i32.const 10000)) (loop $again
    (call $write (i32.const 2) (i32.const 2048) (i32.const 13))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $again (local.get $left)))";

const STATE_READ_SPAM: &str = "(loop $again
    (call $get (i32.const 2048) (i32.const 1) (i32.const 2064)) (global.set $top (i32.const 65536))
    (br $again))";

const STATE_SPAM: &str = "(local $key i32) (loop $again
    (i32.store (i32.const 2048) (i32.or (local.get $key) (i32.const 0x20202000)))
    (i32.store8 (i32.const 2048) (i32.add (i32.const 65) (local.get $key)))
    (i32.store8 (i32.const 2049) (i32.const 65))
    (call $put (i32.const 2048) (i32.const 2) (i32.const 4096) (i32.const 60000))
    (local.set $key (i32.add (local.get $key) (i32.const 1)))
    (br $again))";

const WASI: [&str; 3] = [
    "package wasi:clocks@0.2.0;
     interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }",
    "package wasi:random@0.2.0; interface random { get-random-u64: func() -> u64; }",
    "package test:hostile; world hostile { include argonaut:plugin/strategy@1.0.0;
     import wasi:clocks/wall-clock@0.2.0; import wasi:random/random@0.2.0; }",
];

/// Those that do not fit the world.
fn misfit(plugin: HostilePlugin) -> Result<Vec<u8>, ComponentError> {
    let strategy = Plugin::new();
    let world = |packages| World {
        packages,
        name: "hostile",
    };
    match plugin {
        HostilePlugin::ImportsWasi => {
            let imports = "(module
                (import \"wasi:clocks/wall-clock@0.2.0\" \"now\" (func $wall (param i32)))
                (import \"wasi:random/random@0.2.0\" \"get-random-u64\" (func $random (result i64)))";
            let text = strategy
                .with(
                    "on-stop",
                    "(call $wall (i32.const 2048)) (drop (call $random))",
                )
                .text()
                .replacen("(module", imports, 1);
            componentise(&text, world(&WASI))
        }
        HostilePlugin::WrongVersion => {
            let packages = [
                "package argonaut:plugin@9.0.0; interface orders { cancel: func(order: u64); }",
                "package test:hostile; world hostile { import argonaut:plugin/orders@9.0.0; export run: func(); }",
            ];
            componentise(
                "(module (import \"argonaut:plugin/orders@9.0.0\" \"cancel\" (func $cancel (param i64)))
                   (func (export \"run\") (call $cancel (i64.const 1))))",
                world(&packages),
            )
        }
        HostilePlugin::WrongImportType => core_module(
            "(component (import \"argonaut:plugin/orders@1.0.0\" (instance
               (export \"cancel\" (func (param \"order\" string))) (export \"steal\" (func)))))",
        ),
        HostilePlugin::WrongExportType => {
            let text = strategy.text().replace(
                "(export \"on-timer\") (param $id i64) (param $due i64)",
                "(export \"on-timer\") (param $id i32)",
            );
            let wit = include_str!("../../../../wit/v1/strategy.wit")
                .replace("package argonaut:plugin@1.0.0;", "package test:hostile;")
                .replace("world strategy", "world hostile")
                .replace("use types.", "use argonaut:plugin/types@1.0.0.")
                .replace("func(id: u64, due: timestamp)", "func(id: u32)");
            let wit = ["market-data", "orders", "timers", "log", "state"]
                .iter()
                .fold(wit, |wit, name| {
                    wit.replace(
                        &format!("import {name};"),
                        &format!("import argonaut:plugin/{name}@1.0.0;"),
                    )
                });
            componentise(&text, world(&[&wit]))
        }
        _ => componentise(
            "(module (func (export \"run\")))",
            world(&["package test:other; world hostile { export run: func(); }"]),
        ),
    }
}

/// A function whose parameter is a tuple of tuples of tuples, each twice the one before.
fn billion_laughs() -> String {
    let mut text = String::from("(component (type $t0 (tuple u64 u64))\n");
    for level in 1..15 {
        let below = level - 1;
        text.push_str(&format!("(type $t{level} (tuple $t{below} $t{below}))\n"));
    }
    text.push_str("(import \"laugh\" (func (param \"x\" $t14))))");
    text
}

//! Each way in which admission refuses, with the stage and the words.

use crate::support::{admit, runtime};
use model::PluginHash;
use runtime::{AdmissionStage, Limits};
use testkit::hostile::{self, HostilePlugin};
use testkit::plugin::Plugin;

#[track_caller]
fn refuse(bytes: &[u8], stage: AdmissionStage, words: &[&str]) {
    let error = runtime().admit(bytes, &Limits::default()).unwrap_err();
    assert_eq!(error.stage(), stage, "{error}");
    let text = error.to_string();
    assert!(!text.contains('\n'), "one line: {text}");
    for word in words {
        assert!(text.contains(word), "`{text}` does not contain `{word}`");
    }
}

#[track_caller]
fn refuse_hostile(plugin: HostilePlugin, stage: AdmissionStage, words: &[&str]) {
    refuse(&hostile::component(plugin).unwrap(), stage, words);
}

#[test]
fn size_is_checked_first() {
    refuse(b"", AdmissionStage::Size, &["empty"]);
    let limits = Limits {
        component_bytes: 100,
        ..Limits::default()
    };
    let error = runtime().admit(&[0; 101], &limits).unwrap_err();
    assert_eq!(error.stage(), AdmissionStage::Size);
    assert!(
        error
            .to_string()
            .contains("101 bytes, more than the 100 allowed"),
        "{error}"
    );
    let limits = Limits {
        component_bytes: usize::MAX,
        ..Limits::default()
    };
    let huge = vec![0; runtime::MAX_COMPONENT_BYTES + 1];
    assert_eq!(
        runtime().admit(&huge, &limits).unwrap_err().stage(),
        AdmissionStage::Size
    );
}

#[test]
fn what_is_not_webassembly_is_told_what_it_is() {
    let parse = AdmissionStage::Parse;
    refuse_hostile(
        HostilePlugin::NotWasm,
        parse,
        &["not WebAssembly", "23 21 2f 62"],
    );
    refuse(b"\x7fELF\x02", parse, &["native program"]);
    refuse(b"PK\x03\x04", parse, &["zip"]);
    refuse(b"\x1f\x8b\x08", parse, &["gzip"]);
    refuse(b"(component)", parse, &["text"]);
    refuse(b"\0asm\x0d", parse, &["ends after 5 bytes"]);
    refuse(b"\0asm\x63\0\x01\0", parse, &["unknown version"]);
}

#[test]
fn a_truncated_component_is_refused_with_the_place() {
    refuse_hostile(
        HostilePlugin::Truncated,
        AdmissionStage::Parse,
        &["damaged", "at byte"],
    );
}

#[test]
fn a_component_cut_off_anywhere_is_refused() {
    let whole = Plugin::new().build().unwrap();
    for length in (0..whole.len()).step_by(37) {
        // What lacks nothing but a custom section, of which the number is 0, is whole.
        let is_whole = whole[length] == 0;
        let admitted = runtime().admit(&whole[..length], &Limits::default());
        assert!(admitted.is_err() || is_whole, "{length} bytes");
    }
}

#[test]
fn flipped_bits_never_panic() {
    let whole = Plugin::new().build().unwrap();
    for index in (0..whole.len()).step_by(61) {
        let mut flipped = whole.clone();
        flipped[index] ^= 1 << (index % 8);
        // Some flips hit names or constants and leave a valid plugin; all must be answered.
        let _ = runtime().admit(&flipped, &Limits::default());
    }
}

#[test]
fn a_core_module_is_told_how_to_become_a_component() {
    refuse_hostile(
        HostilePlugin::CoreModule,
        AdmissionStage::Parse,
        &["core WebAssembly module", "argonaut plugin build"],
    );
}

#[test]
fn every_forbidden_import_is_named() {
    refuse_hostile(
        HostilePlugin::ImportsWasi,
        AdmissionStage::Imports,
        &[
            "`wasi:clocks/wall-clock@0.2.0`",
            "`wasi:random/random@0.2.0`",
            "argonaut:plugin/log@1.0.0",
        ],
    );
    refuse_hostile(
        HostilePlugin::WrongVersion,
        AdmissionStage::Imports,
        &["`argonaut:plugin/orders@9.0.0`"],
    );
    refuse_hostile(
        HostilePlugin::BillionLaughs,
        AdmissionStage::Imports,
        &["`laugh`"],
    );
}

#[test]
fn an_import_of_another_type_is_shown_beside_ours() {
    refuse_hostile(
        HostilePlugin::WrongImportType,
        AdmissionStage::Imports,
        &[
            "orders@1.0.0#cancel",
            "func(order: string)",
            "func(order: u64)",
            "#steal` does not exist",
        ],
    );
}

#[test]
fn a_component_of_another_world_is_told_what_it_lacks() {
    refuse_hostile(
        HostilePlugin::AnotherWorld,
        AdmissionStage::World,
        &[
            "`argonaut:plugin/strategy@1.0.0`",
            "`describe`",
            "`on-quote`",
            "`save`",
        ],
    );
}

#[test]
fn an_export_of_another_type_is_shown_beside_ours() {
    refuse_hostile(
        HostilePlugin::WrongExportType,
        AdmissionStage::World,
        &["`on-timer` is `func(id: u32)` instead of `func(id: u64, due: u64)`"],
    );
}

#[test]
fn the_hash_names_the_bytes() {
    let plugin = Plugin::new();
    let bytes = plugin.build().unwrap();
    let admitted = admit(&plugin);
    assert_eq!(admitted.hash(), PluginHash::of(&bytes));
    assert_eq!(
        (admitted.size_bytes(), admitted.cached()),
        (bytes.len(), false)
    );
}

#[test]
fn a_component_says_what_it_asks_and_offers() {
    let plain = admit(&Plugin::new());
    assert_eq!(plain.interface().options, Vec::<String>::new());
    assert_eq!(plain.interface().authors, None);
    let imports = &plain.interface().imports;
    let submit = "argonaut:plugin/orders@1.0.0#submit-market".to_owned();
    assert!(imports.contains(&submit), "{imports:?}");
    assert!(imports.is_sorted());
    let books = admit(&Plugin::with_books());
    let hooks = ["on-book", "on-book-lost"];
    let hooks = hooks.map(|hook| format!("argonaut:plugin/on-book@1.0.0#{hook}"));
    assert_eq!(books.interface().options, hooks);
    // A custom section: its id, its size, its name with the size before it, and a text.
    let mut signed = Plugin::new().build().unwrap();
    signed.extend(b"\0\x10\x07authorsAnna\nBen");
    let admitted = runtime().admit(&signed, &Limits::default()).unwrap();
    assert_eq!(admitted.interface().authors.as_deref(), Some("Anna Ben"));
}

#[test]
fn what_events_cost_is_measured_where_it_can_be() {
    let measure = |plugin: Plugin| {
        let admitted = admit(&plugin);
        admitted.measure(&admitted.describe().unwrap())
    };
    let listens = "(call $subscribe-quotes (i32.const 0)) (i32.const 1088)";
    let listening = |body: &str| Plugin::new().with("init", listens).with("on-quote", body);
    let idle = measure(listening("")).unwrap();
    assert_eq!(idle.events, 512);
    let busy = "(local $n i32) (loop $again (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const 1000))))";
    let busy = measure(listening(busy)).unwrap();
    assert!(busy.median > idle.median + 1_000, "{busy:?} {idle:?}");
    assert_eq!(
        Some(busy),
        measure(listening(
            "(local $n i32) (loop $again (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const 1000))))",
        ))
    );
    assert_eq!(measure(listening("unreachable")), None, "it breaks");
    assert_eq!(
        measure(listening("(loop $again (br $again))")),
        None,
        "it does not end"
    );
    assert_eq!(measure(Plugin::new()), None, "it asks for nothing");
}

#[test]
fn every_hostile_plugin_can_be_made() {
    for plugin in hostile::ALL {
        hostile::component(plugin).unwrap_or_else(|error| panic!("{plugin:?}: {error}"));
    }
}

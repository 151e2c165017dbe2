//! The author's journey in every language: begin a plugin, build it, run it over the same data, try, look at,
//! measure and sign it, and have a host run it. All send the same orders as the crossover that comes with the host, say the event's time where
//! their language would say the clock's, and tell file and line of what went wrong.
//!
//! `cargo xtask test` installs what the languages need and names the folder of it in
//! `ARGONAUT_TOOLS`; a plain `cargo test` leaves these tests out.

use super::determinism::folder as quotes;
use super::journeys::{Desk, at_a_host_of};
use super::process::{argonaut, plugin, plugin_dir, stdout};
use argonaut::config::Config;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// What is added to the plugin that `plugin new` makes: with orders of 777 it says the time, the date
/// and something random at every bar, and breaks at the third.
struct Language {
    word: &'static str,
    /// The file it is added to, and the text it takes the place of.
    file: &'static str,
    from: &'static str,
    to: &'static str,
    /// What the fault must say of the place, and of what happened there.
    place: &'static str,
    what: &'static str,
}

const C: Language = Language {
    word: "c",
    file: "strategy.c",
    from: "void on_bar(const argonaut_bar_t *bar) {",
    to: r#"#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static argonaut_order_id_t far(void) {
    return argonaut_limit_order(instrument, ARGONAUT_SIDE_BUY, quantity, 500000000);
}

/* What is known of an order stays where it is while others are sent. */
static void holds_still(void) {
    static void *volatile between;
    argonaut_order_id_t first = far();
    const argonaut_open_order_t *kept = argonaut_order(first);
    for (int i = 0; i < 8; i++) {
        /* What lies behind an array keeps it from growing where it is. */
        between = malloc(64);
        assert(between);
        far();
    }
    assert(kept == argonaut_order(first) && kept->order == first);
    assert(argonaut_open_orders(instrument) >= 9);
}

static void probe(uint64_t end) {
    static int bars;
    if (bars == 0) {
        holds_still();
    }
    time_t now = time(NULL);
    struct tm *parts = gmtime(&now);
    printf("now %lld, ", (long long)now);
    printf("date %d, random %" PRIu64 "\n", 1900 + parts->tm_year, argonaut_random());
    argonaut_info("end %" PRIu64, end / 1000000000);
    assert(++bars < 3 && "the third bar");
}

void on_bar(const argonaut_bar_t *bar) {
    if (quantity == 777 * ARGONAUT_QUANTITY_SCALE) {
        probe(bar->ts_event);
    }
"#,
    place: "strategy.c:",
    what: "probe: assertion failed: ++bars < 3",
};

const PYTHON: Language = Language {
    word: "python",
    file: "strategy.py",
    from: "export(TrendStrategy)",
    to: r#"import datetime
import random
import time
import uuid


class Probe(TrendStrategy):
    bars = 0

    def on_bar(self, bar: Bar) -> None:
        if str(self.quantity) == "777":
            self.probe(bar)
        super().on_bar(bar)

    def probe(self, bar: Bar) -> None:
        print(f"now {int(time.time())}, date {datetime.datetime.now().year}, ", end="")
        print(f"random {random.random()} {random.randint(1, 1_000_000)} {uuid.uuid4()}")
        self.info(f"end {bar.ts_event // 10**9}")
        self.bars += 1
        if self.bars == 3:
            raise ValueError("the third bar")


export(Probe)
"#,
    place: "strategy.py:",
    what: "probe: ValueError: the third bar",
};

const TYPESCRIPT: Language = Language {
    word: "ts",
    file: "strategy.ts",
    from: "  override onBar(bar: Bar): void {",
    to: r#"  private bars = 0;

  private probe(bar: Bar): void {
    const now = Math.floor(Date.now() / 1000);
    console.log(`now ${now}, date ${new Date().getUTCFullYear()}, random ${Math.random()} ${crypto.randomUUID()}`);
    this.info(`end ${bar.tsEvent / 1_000_000_000n}`);
    this.bars += 1;
    if (this.bars === 3) {
      throw new RangeError("the third bar");
    }
  }

  override onBar(bar: Bar): void {
    if (Quantity.text(this.quantity) === "777") {
      this.probe(bar);
    }
"#,
    place: "strategy.ts:",
    what: "RangeError: the third bar",
};

/// Begins a plugin in `folder` and returns its own.
fn begin(folder: &Path, word: &str) -> PathBuf {
    let plugin = folder.join("trend");
    let arguments = ["plugin", "new", "trend", "--lang", word];
    let said = stdout(&argonaut(folder, &arguments));
    assert!(said.contains("trend/README.md"), "{said}");
    plugin
}

/// Builds the plugin in `folder`, and says how long it took and how large it is.
fn build(folder: &Path, out: &Path) -> PathBuf {
    let start = std::time::Instant::now();
    let out_text = out.display().to_string();
    stdout(&argonaut(
        folder,
        &["plugin", "build", ".", "--out", &out_text],
    ));
    let component = out.join("trend.wasm");
    let bytes = fs::metadata(&component).unwrap().len();
    eprintln!("{bytes} bytes in {:.1} s", start.elapsed().as_secs_f64());
    component
}

/// A backtest with orders of some size.
fn backtest(folder: &Path, component: &Path, quantity: &str) -> Output {
    let strategy = component.display().to_string();
    let quantity = format!("quantity={quantity}");
    let mut arguments = vec!["backtest", "--strategy", &strategy, "--param", &quantity];
    let rest = "--param fast=2 --param slow=4 --param warm_up=0 --data quotes.csv \
                --instrument EUR/USD,taker_fee=0.0001,lot=1 --latency 5ms --json -";
    arguments.extend(rest.split_whitespace());
    argonaut(folder, &arguments)
}

/// Its report, apart from what names the strategy's bytes and takes time.
fn report(folder: &Path, component: &Path) -> Value {
    let output = backtest(folder, component, "1000");
    let mut report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    for key in ["load", "run", "events per second"] {
        report["counters"].as_object_mut().unwrap().remove(key);
    }
    report.as_object_mut().unwrap().remove("journal_hash");
    report
}

/// What a run that breaks says: the strategy's log, and the fault.
fn complaints(folder: &Path, component: &Path) -> Vec<String> {
    let output = backtest(folder, component, "777");
    assert!(!output.status.success(), "it breaks");
    let text = String::from_utf8(output.stderr).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn check(language: &Language) {
    let folder = quotes();
    let project = begin(folder.path(), language.word);
    let path = project.join(language.file);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(language.from).count(), 1);
    let mut probed = text.replace(language.from, language.to);
    if language.word == "ts" {
        probed = probed.replace("Price, quantity,", "Price, Quantity, quantity,");
    }
    fs::write(&path, &probed).unwrap();
    let component = build(&project, &project.join("target/plugins"));
    same_orders(folder.path(), &component);
    says_event_time_and_place(folder.path(), &component, language, &probed);
    is_tried_measured_signed_and_run(&project, &component);
}

/// What comes between a component and its first order: the scenarios that it was begun with, what it is, what it
/// costs, a signature, and a host that takes nothing without one.
fn is_tried_measured_signed_and_run(project: &Path, component: &Path) {
    // A copy, since the folder that it was built into may be that of others.
    let copy = project.join("trend.wasm");
    fs::copy(component, &copy).unwrap();
    let file = copy.display().to_string();
    let plugin = |words: &[&str]| {
        let arguments = [&["plugin"][..], words].concat();
        stdout(&argonaut(project, &arguments))
    };
    let told = |words: &[&str]| -> Value { serde_json::from_str(&plugin(words)).unwrap() };

    let tried = plugin(&["test", &file]);
    assert_eq!(tried, "ok      scenarios/crossover.scenario\n");

    let bytes = fs::metadata(&copy).unwrap().len();
    let shown = told(&["inspect", &file, "--json"]);
    assert_eq!(shown["name"], "trend", "{shown}");
    assert_eq!(shown["size_bytes"], bytes, "{shown}");
    let parameters = shown["parameters"].as_array().unwrap();
    let mut names = parameters.iter().map(|parameter| &parameter["name"]);
    assert!(names.any(|name| name == "fast"), "{shown}");

    let words = ["bench", &file, "--events", "500", "--rounds", "1", "--json"];
    let measured = told(&words);
    assert_eq!(measured["plugin"]["hash"], shown["hash"], "{measured}");
    let calls = measured["calls"].as_array().unwrap();
    assert!(!calls.is_empty(), "{measured}");
    for call in calls {
        let fuel = call["plugin"]["fuel"]["p50"].as_u64();
        assert!(fuel.is_some_and(|fuel| fuel > 0), "{call}");
    }

    let made = plugin(&["keygen", "author.key", "--no-password"]);
    let (_, key) = made.split_once("trusted = [\"").unwrap();
    let key = key.split('"').next().unwrap().to_owned();
    plugin(&["sign", &file, "--key", "author.key"]);
    let unsigned = component.display().to_string();
    let trusting = |config: &mut Config| config.plugins.trusted = vec![key];
    at_a_host_of(&[], trusting, move |desk, _| is_run(desk, &file, &unsigned));
}

/// A host keeps what is signed, and trades by it.
fn is_run(desk: &Desk, signed: &str, unsigned: &str) {
    let refused = desk.fails(1, &format!("plugins upload {unsigned}"));
    assert!(refused.contains("PLUGIN_UNSIGNED"), "{refused}");
    let kept = desk.asked(&format!("plugins upload {signed} --by anna"));
    assert!(kept["signature"]["key_id"].is_string(), "{kept}");
    let hash = kept["hash"].as_str().unwrap();
    let load = format!(
        "strategies load --name trend --start --plugin sha256:{hash} --param instrument=EUR/USD.SIM \
         --param bar_seconds=1 --param fast=2 --param slow=4 --param warm_up=0 --param quantity=1000"
    );
    let loaded = desk.asked(&load);
    assert_eq!(loaded["state"], "RUNNING", "{loaded}");
    desk.until("a fill", "fills --strategy trend", |fills| {
        !fills[0].is_null()
    });
    let shown = desk.asked("strategies show trend");
    assert_eq!(shown["state"], "RUNNING", "{shown}");
    assert_eq!(shown["fault_count"], 0, "{shown}");
}

/// It trades as the crossover that comes with the host.
fn same_orders(folder: &Path, component: &Path) {
    let ours = report(folder, &plugin("ema-cross"));
    let theirs = report(folder, component);
    assert_ne!(ours["counters"]["fills"], "0", "it traded");
    assert_eq!(ours["counters"], theirs["counters"]);
    assert_eq!(ours["trades"], theirs["trades"]);
    assert_eq!(ours["curve"], theirs["curve"]);
    assert_eq!(ours["end_equity"], theirs["end_equity"]);
}

/// Twice the same, with the time of the event, and a fault that names file and line.
fn says_event_time_and_place(folder: &Path, component: &Path, language: &Language, source: &str) {
    let first = complaints(folder, component);
    assert_eq!(first, complaints(folder, component));
    let lines: Vec<&String> = first.iter().filter(|line| line.contains("now ")).collect();
    let ends = first.iter().filter(|line| line.contains("end "));
    let number = |note: &str, word: &str| -> u64 {
        let (_, rest) = note.split_once(word).unwrap();
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse().unwrap()
    };
    let mut drawn = Vec::new();
    for (line, end) in lines.iter().zip(ends) {
        assert_eq!(number(line, "now "), number(end, "end "), "{line}");
        assert_eq!(number(line, "date "), 2021, "{line}");
        drawn.push(line.split_once("random ").unwrap().1.to_owned());
    }
    // What the call that breaks had logged is in the fault alone.
    drawn.dedup();
    assert_eq!(drawn.len(), 2, "{first:?}");
    let fault = first
        .iter()
        .find(|line| line.starts_with("error: "))
        .unwrap();
    assert!(fault.contains(language.what), "{fault}");
    let thrown = source
        .lines()
        .position(|line| line.contains("the third bar"))
        .unwrap()
        + 1;
    assert!(
        fault.contains(&format!("{}{thrown}:", language.place)),
        "{thrown}: {fault}"
    );
}

#[test]
#[ignore = "needs a C compiler for WebAssembly"]
fn a_plugin_in_c_trades_the_same() {
    check(&C);
}

#[test]
#[ignore = "needs a C compiler for WebAssembly"]
fn in_c_what_memory_cannot_hold_stops_the_strategy_and_says_so() {
    let folder = quotes();
    let project = begin(folder.path(), C.word);
    let path = project.join(C.file);
    let text = fs::read_to_string(&path).unwrap();
    let too_much = "void on_bar(const argonaut_bar_t *bar) {
    argonaut_saved_state_t state = {0};
    argonaut_save(&state, 1, &memory, (size_t)1 << 30);
    argonaut_info(\"saved at %p\", (void *)state.bytes.ptr);
";
    fs::write(&path, text.replace(C.from, too_much)).unwrap();
    let component = build(&project, &project.join("target/plugins"));
    let said = complaints(folder.path(), &component).join("\n");
    assert!(
        said.contains("no memory left: 1073741824 bytes more were asked for"),
        "{said}"
    );
}

#[test]
#[ignore = "needs componentize-py"]
fn a_plugin_in_python_trades_the_same() {
    check(&PYTHON);
}

#[test]
#[ignore = "needs componentize-js"]
fn a_plugin_in_typescript_trades_the_same() {
    check(&TYPESCRIPT);
}

#[test]
#[ignore = "compiles the kit once more"]
fn a_plugin_in_rust_trades_the_same() {
    let folder = quotes();
    let project = begin(folder.path(), "rust");
    // Beside the others, so that what they have in common is not compiled again.
    let component = build(&project, &plugin_dir());
    same_orders(folder.path(), &component);
    is_tried_measured_signed_and_run(&project, &component);
    fs::remove_file(component).unwrap();
}

#[test]
#[ignore = "compiles the kit once more"]
fn a_factor_and_an_indicator_pass_their_tests_as_they_are_begun() {
    let folder = tempfile::tempdir().unwrap();
    let out = plugin_dir();
    let out_text = out.display().to_string();
    for world in ["factor", "indicator"] {
        let name = format!("begun-{world}");
        let new = ["plugin", "new", &name, "--lang", "rust", "--world", world];
        let said = stdout(&argonaut(folder.path(), &new));
        assert!(said.contains("src/lib.rs"), "{said}");
        let build = ["plugin", "build", &name, "--out", &out_text];
        stdout(&argonaut(folder.path(), &build));
        let component = out.join(format!("{name}.wasm"));
        let text = component.display().to_string();
        let said = stdout(&argonaut(folder.path(), &["plugin", "test", &text]));
        assert!(said.starts_with("ok      100 random"), "{said}");
        fs::remove_file(component).unwrap();
    }
}

#[test]
fn a_plugin_is_not_begun_twice_or_under_a_strange_name() {
    let folder = tempfile::tempdir().unwrap();
    let error = |arguments: &[&str]| {
        let output = argonaut(folder.path(), arguments);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    begin(folder.path(), "c");
    let taken = error(&["plugin", "new", "trend", "--lang", "rust"]);
    assert!(taken.contains("`trend` is not empty"), "{taken}");
    let strange = error(&["plugin", "new", "Trend 2", "--lang", "c"]);
    assert!(
        strange.contains("`Trend 2` is no name for a plugin"),
        "{strange}"
    );
    let kit = error(&["plugin", "new", "argonaut-sdk", "--lang", "rust"]);
    assert!(kit.contains("`argonaut-sdk` is the kit"), "{kit}");
    let unknown = error(&["plugin", "new", "other", "--lang", "cobol"]);
    assert!(unknown.contains("rust, ts, python, c"), "{unknown}");
    let elsewhere = ["plugin", "new", "other", "--lang", "c", "--world", "factor"];
    let elsewhere = error(&elsewhere);
    assert!(
        elsewhere.contains("begin other kinds with --lang rust"),
        "{elsewhere}"
    );
}

#[test]
fn a_missing_tool_is_named_with_the_command_that_installs_it() {
    let folder = tempfile::tempdir().unwrap();
    for (word, command) in [
        ("python", "pip install componentize-py=="),
        ("ts", "npm install"),
    ] {
        let project = folder.path().join(word);
        fs::create_dir(&project).unwrap();
        let project = begin(&project, word);
        // No tools but the system's, which are none for plugins.
        let path = [("PATH", "/usr/bin:/bin"), ("ARGONAUT_TOOLS", "")];
        let output = super::process::execute(&project, &["plugin", "build", "."], &path);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && text.contains("install it with"),
            "{text}"
        );
        assert!(
            text.contains(command) || text.contains("nodejs npm"),
            "{text}"
        );
    }
}

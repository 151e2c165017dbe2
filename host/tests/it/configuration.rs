//! What is wrong with a configuration is said in one line: where, which key, and what would do.

use super::process::{error_line, execute};
use argonaut::config;
use engine::Definition;
use model::{Duration, HedgeMargin, InstrumentId, OrderKindName};
use std::path::Path;

/// The smallest configuration that runs.
pub(crate) const GOOD: &str = r#"[feed]
kind = "simulated"

[[venue]]
name = "SIM"
insert_latency = "2ms"

[[instrument]]
symbol = "EUR/USD"
class = "fx_pair"
base = "EUR"
quote = "USD"
tick = "0.00001"
lot = "1000"

[[account]]
name = "main"
kind = "cash"
base_currency = "USD"
deposits = { USD = "1000" }
"#;

/// The good configuration with `from` replaced.
pub(crate) fn with(from: &str, to: &str) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "`{from}` names one place");
    GOOD.replace(from, to)
}

/// What reading and building say of a text.
fn problem(text: &str, overrides: &[(&str, &str)]) -> String {
    let file = Path::new("host.toml");
    let overrides: Vec<_> = overrides
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let built = config::parse(file, text, &overrides)
        .and_then(|config| config::build(file, &config).map(|_universe| ()));
    built.expect_err("it is wrong").to_string()
}

/// One line that is, or begins with, `expect`.
pub(crate) fn check(text: &str, expect: &str) {
    let found = problem(text, &[]);
    assert!(found.starts_with(expect), "{found}\nexpected: {expect}");
    assert_eq!(found.lines().count(), 1, "{found}");
}

#[test]
fn lines_of_the_log_are_text_unless_they_are_json() {
    let format = |text: &str, overrides: &[(String, String)]| {
        let config = config::parse(Path::new("host.toml"), text, overrides).unwrap();
        config.log.format
    };
    assert_eq!(format(GOOD, &[]), config::LogFormat::Text);
    let json = with("[feed]", "[log]\nformat = \"json\"\n\n[feed]");
    assert_eq!(format(&json, &[]), config::LogFormat::Json);
    let named = ("ARGONAUT_LOG__FORMAT".to_owned(), "json".to_owned());
    assert_eq!(format(GOOD, &[named]), config::LogFormat::Json);
    let wrong = with("[feed]", "[log]\nformat = \"xml\"\n\n[feed]");
    check(&wrong, "host.toml:2: log.format: ");
}

#[test]
fn the_good_one_is_good() {
    let config = config::parse(Path::new("host.toml"), GOOD, &[]).unwrap();
    config::build(Path::new("host.toml"), &config).unwrap();
}

#[test]
fn what_the_file_does_not_say_right_is_named_with_its_line() {
    check(
        &with("insert_latency", "insert_latncy"),
        "host.toml:6: venue[0].insert_latncy: unknown field `insert_latncy`, expected one of \
         `name`, `insert_latency`, ",
    );
    check(
        &with("quote =", "qoute ="),
        "host.toml:12: instrument[0].qoute: unknown field `qoute`, expected one of `symbol`, ",
    );
    check(
        &with("[feed]\nkind = \"simulated\"\n", ""),
        "host.toml:1: missing field `feed`",
    );
    check(
        &with("lot = \"1000\"\n", ""),
        "host.toml:8: instrument[0]: missing field `lot`",
    );
    check(&with("[feed]", "[feed"), "host.toml:1: unclosed table");
    check(
        &with("fx_pair", "forex"),
        "host.toml:10: instrument[0].class: unknown variant `forex`, expected one of `equity`, \
         `fx_pair`, ",
    );
}

#[test]
fn amounts_and_durations_are_text_with_units() {
    check(
        &with("\"2ms\"", "\"5 parsecs\""),
        "host.toml:6: venue[0].insert_latency: `5 parsecs` needs a unit: ns, us, ms, s, min or h, \
         as in \"5ms\"",
    );
    check(
        &with("\"2ms\"", "5"),
        "host.toml:6: venue[0].insert_latency: invalid type: integer `5`, expected a duration \
         with its unit in quotes, such as \"5ms\"",
    );
    check(
        &with("\"0.00001\"", "0.00001"),
        "host.toml:13: instrument[0].tick: invalid type: floating point `0.00001`, expected a \
         decimal number in quotes, such as \"0.0002\"",
    );
    check(
        &with("\"0.00001\"", "\"small\""),
        "host.toml:13: instrument[0].tick: `small` is not a decimal number",
    );
}

#[test]
fn sessions_and_order_types_are_named_with_what_would_do() {
    let session = |text: &str| with("class =", &format!("session = {text}\nclass ="));
    check(
        &session("\"9 to 5\""),
        "host.toml:10: instrument[0].session: `9 to 5` is not a session; write when it opens and \
         closes (UTC) and, if not from Monday to Friday, on which days, as in \"14:30-21:00\" or \
         \"22:00-21:00 sun-thu\"",
    );
    check(
        &session("\"09:00-17:00 weekdays\""),
        "host.toml:10: instrument[0].session: `weekdays` names no days; write days or ranges of \
         mon, tue, ",
    );
    check(
        &session("9"),
        "host.toml:10: instrument[0].session: invalid type: integer `9`, expected a session in \
         quotes, such as \"14:30-21:00\"",
    );
    let venue = |more: &str| with("insert_latency", &format!("{more}\ninsert_latency"));
    check(
        &venue("lacks = [\"stop_limit\", \"iceberg\"]"),
        "host.toml:6: venue[0].lacks[1]: unknown variant `iceberg`, expected one of `market`, \
         `limit`, `stop_market`, ",
    );
    check(
        &venue("modify_latency = \"3\""),
        "host.toml:6: venue[0].modify_latency: `3` needs a unit",
    );
}

#[test]
fn sessions_order_types_and_latencies_reach_the_engine() {
    let check = |text: &str, day_end_hours: u64, modify_ms: u64, lacks: &[OrderKindName]| {
        let file = Path::new("host.toml");
        let config = config::parse(file, text, &[]).unwrap();
        let universe = config::build(file, &config).unwrap();
        let day_end = universe.instrument(InstrumentId::new(0)).unwrap().day_end;
        assert_eq!(
            day_end,
            Duration::from_secs(day_end_hours * 3_600),
            "{text}"
        );
        let venue = universe
            .definitions()
            .iter()
            .find_map(|definition| match definition {
                Definition::Venue(venue) => Some(venue.clone()),
                _ => None,
            });
        let venue = venue.unwrap();
        assert_eq!(
            venue.latency.modify,
            Duration::from_millis(modify_ms),
            "{text}"
        );
        assert_eq!(venue.lacks, lacks, "{text}");
    };
    check(GOOD, 0, 2, &[]);
    let session = "session = \"14:00-21:00\"\nclass =";
    check(&with("class =", session), 21, 2, &[]);
    let both = "session = \"14:00-21:00\"\nday_end = \"22h\"\nclass =";
    check(&with("class =", both), 22, 2, &[]);
    let venue = "lacks = [\"trailing_stop_limit\"]\nmodify_latency = \"5ms\"\ninsert_latency";
    let lacks = [OrderKindName::TrailingStopLimit];
    check(&with("insert_latency", venue), 0, 5, &lacks);
}

#[test]
fn hedging_and_what_it_asks_margin_for_reach_the_engine() {
    let check = |lines: &str, expect: Option<HedgeMargin>| {
        let file = Path::new("host.toml");
        let text = with("\"cash\"", &format!("\"margin\"\n{lines}"));
        let config = config::parse(file, &text, &[]).unwrap();
        let universe = config::build(file, &config).unwrap();
        let mut definitions = universe.definitions().iter();
        let account = definitions.find_map(|definition| match definition {
            Definition::Account(account) => Some(account.hedging),
            _ => None,
        });
        assert_eq!(account, Some(expect), "{lines}");
    };
    check("", None);
    check("hedging = false", None);
    check("hedging = true", Some(HedgeMargin::Gross));
    check(
        "hedging = true\nhedge_margin = \"gross\"",
        Some(HedgeMargin::Gross),
    );
    check(
        "hedging = true\nhedge_margin = \"net\"",
        Some(HedgeMargin::Net),
    );
}

#[test]
fn names_must_be_known_and_unique() {
    check(
        &with("class =", "venue = \"NYSE\"\nclass ="),
        "host.toml: instrument[0].venue: there is no venue `NYSE`; there are: SIM",
    );
    let twin = "\n[[instrument]]\nsymbol = \"EUR/USD\"\nclass = \"equity\"\nquote = \"USD\"\n\
                tick = \"1\"\nlot = \"1\"\n";
    check(
        &format!("{GOOD}{twin}"),
        "host.toml: instrument[1].symbol: `EUR/USD` is defined twice",
    );
    let twin = "\n[[account]]\nname = \"main\"\nkind = \"cash\"\nbase_currency = \"USD\"\n\
                deposits = {}\n";
    check(
        &format!("{GOOD}{twin}"),
        "host.toml: account[1].name: `main` is defined twice",
    );
}

#[test]
fn parts_that_contradict_each_other_are_refused() {
    check(
        &with("\"cash\"", "\"cash\"\nleverage = \"2\""),
        "host.toml: account[0].leverage: a cash account has none; remove it",
    );
    check(
        &with("\"cash\"", "\"cash\"\nhedging = true"),
        "host.toml: account[0].hedging: a cash account holds what it owns; make it a margin",
    );
    check(
        &with("\"cash\"", "\"margin\"\nhedge_margin = \"net\""),
        "host.toml: account[0].hedge_margin: only an account with `hedging = true` has it",
    );
    check(
        &with("base = \"EUR\"\n", ""),
        "host.toml: instrument[0].base: this class needs the asset that is bought",
    );
}

#[test]
fn an_override_that_does_not_fit_is_named_by_its_variable() {
    let check = |name: &str, value: &str, expect: &str| {
        let found = problem(GOOD, &[(name, value)]);
        assert!(found.starts_with(expect), "{found}\nexpected: {expect}");
    };
    check(
        "ARGONAUT_HOST__LISTEN",
        "5",
        "environment variable ARGONAUT_HOST__LISTEN: host.listen: invalid type: integer `5`",
    );
    check(
        "ARGONAUT_HOST__LISTN",
        "127.0.0.1:1",
        "environment variable ARGONAUT_HOST__LISTN: host.listn: unknown field `listn`, expected \
         one of `listen`, ",
    );
    check(
        "ARGONAUT_VENUE__NAME",
        "X",
        "environment variable ARGONAUT_VENUE__NAME: `venue` is a list or a value",
    );
}

/// What `argonaut run` says of a configuration.
fn refused(text: &str, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("host.toml"), text).unwrap();
    let arguments = ["run", "--config", "host.toml"];
    // A free port, so that runs do not meet each other on the standard one.
    let mut all = vec![("ARGONAUT_HOST__DATA_DIR", "data")];
    if !text.contains("listen") {
        all.push(("ARGONAUT_HOST__LISTEN", "127.0.0.1:0"));
    }
    all.extend_from_slice(variables);
    error_line(&execute(folder.path(), &arguments, &all))
}

#[test]
fn the_program_refuses_to_start() {
    let check = |text: &str, variables: &[(&str, &str)], expect: &str| {
        let found = refused(text, variables);
        assert!(found.starts_with(expect), "{found}\nexpected: {expect}");
    };
    check(
        &with("\"2ms\"", "\"5 parsecs\""),
        &[],
        "error: host.toml:6: venue[0].insert_latency: `5 parsecs` needs a unit",
    );
    check(
        &format!("[host]\nlisten = \"0.0.0.0:0\"\n{GOOD}"),
        &[],
        "error: host.toml: host.listen: 0.0.0.0:0 is reachable from outside, and identity is \
         off; listen on 127.0.0.1",
    );
    check(
        GOOD,
        &[("ARGONAUT_HOST__FSYNC", "3")],
        "error: environment variable ARGONAUT_HOST__DATA_DIR, ARGONAUT_HOST__FSYNC, \
         ARGONAUT_HOST__LISTEN: host.fsync: ",
    );
    let replay = "\"replay\"\nfiles = [{ path = \"x.csv\", instrument = \"ABC\" }]";
    check(
        &with("\"simulated\"", replay),
        &[],
        "error: host.toml: feed.files: there is no instrument `ABC`; there are: EUR/USD",
    );
}

#[test]
fn a_strategy_that_cannot_be_loaded_keeps_the_program_from_starting() {
    let plugin = super::process::plugin("noop");
    let strategy = |more: &str| {
        format!(
            "{GOOD}\n[[strategy]]\nname = \"a\"\nplugin = \"noop.wasm\"\n{more}\n[host]\n\
             plugin_dir = \"{}\"\n",
            plugin.parent().unwrap().display()
        )
    };
    let check = |text: &str, expect: &str| {
        let found = refused(text, &[]);
        let begin = "error: host.toml: strategy `a`, plugin ";
        assert!(found.starts_with(begin), "{found}");
        assert!(found.contains(expect), "{found}\nexpected: {expect}");
    };
    check(
        &strategy("account = \"other\""),
        "there is no account `other`",
    );
    check(
        &strategy("parameters = { instrument = \"ABC\" }"),
        "instrument `ABC` is not configured",
    );
    check(
        &strategy("").replace("noop.wasm", "nope.wasm"),
        "nope.wasm: ",
    );
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = execute(folder.path(), &["run", "--config", "none.toml"], &[]);
    assert_eq!(
        error_line(&output),
        "error: none.toml: cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn risk_that_cannot_be_meant_names_its_key() {
    let check = |section: &str, expect: &str| {
        let found = problem(&format!("{GOOD}\n{section}"), &[]);
        assert!(found.contains(expect), "{found}");
    };
    check("[risk.metrics]\nperiod = \"0s\"", "risk.metrics.period: ");
    check(
        "[risk.metrics]\nperiod = \"3s\"",
        "risk.metrics.sample_period: ",
    );
    check("[risk.metrics]\nspeed = 1", "risk.metrics");
    check(
        "[risk.metrics]\nconfidences = [\"1.5\"]",
        "risk.metrics.confidences: ",
    );
    check("[risk.regimes]\ncalm = \"2\"", "risk.regimes: `calm` is 2");
    let limit = "[[risk.limits]]\nscope = \"firm\"\nmetric = \"leverage\"\nmax = ";
    check(&format!("{limit}\"0\""), "risk.limits[0].max: ");
    check(
        "[[risk.limits]]\nscope = \"desk\"\nmetric = \"leverage\"\nmax = \"1\"",
        "no scope",
    );
    check(
        "[[risk.limits]]\nscope = \"firm\"\nmetric = \"luck\"\nmax = \"1\"",
        "no metric",
    );
    let crash = "[[risk.scenarios]]\nname = \"crash\"\n";
    check(crash, "risk.scenarios[0].shocks: ");
    check(
        &format!("{crash}shocks = [{{ target = \"market\" }}]"),
        "risk.scenarios[0].shocks.price: ",
    );
    let window = "window = { from = \"yesterday\", to = \"2026-01-01\" }";
    check(
        &format!("{crash}{window}"),
        "risk.scenarios[0].window.from: ",
    );
}

#[test]
fn risk_is_read_as_it_is_written() {
    let text = format!(
        "{GOOD}\n[risk.metrics]\nsample_period = \"1min\"\ncovariance = \"ewma\"\n\
         [risk.regimes]\nstressed = \"0.5\"\n[risk.alerts]\nescalate_after = \"5min\"\n\
         [[risk.limits]]\nscope = \"account/main\"\nmetric = \"leverage\"\nmax = \"2\"\n\
         reduce = true\n[[risk.scenarios]]\nname = \"fall\"\n\
         shocks = [{{ target = \"currency/EUR\", price = \"-0.1\" }}]\n"
    );
    let config = config::parse(Path::new("host.toml"), &text, &[]).unwrap();
    let risk = config.risk.settings().unwrap();
    assert_eq!(risk.metrics.sample_period, Duration::from_secs(60));
    assert_eq!(risk.escalate_after, Some(Duration::from_secs(300)));
    assert_eq!(
        risk.regimes.factor("stressed"),
        Some("0.5".parse().unwrap())
    );
    assert!(risk.limits[0].reduce && risk.scenarios[0].name == "fall");
}

//! Who operates a host, by its command line alone: versions come, are tried, take over and go back; orders
//! are placed, changed and cancelled; trading stops and goes on; and every way to fail has its exit code.

use super::process::{error_line_of, execute, plugin, plugin_dir, stdout};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

const FILE: &str = "configuration";
const PASSWORD: &str = "correct horse battery staple";
/// Far longer than anything here takes; it only keeps a broken run from hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// The built-in market, faster, without its strategies.
fn config(folder: &Path, more: &[(&str, &str)]) -> Config {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut overrides = vec![
        set("ARGONAUT_HOST__LISTEN", "127.0.0.1:0"),
        set("ARGONAUT_HOST__DATA_DIR", folder.to_str().unwrap()),
        set("ARGONAUT_HOST__PLUGIN_DIR", plugin_dir().to_str().unwrap()),
    ];
    overrides.extend(more.iter().map(|(name, value)| set(name, value)));
    let mut text = DEFAULT_CONFIG.to_owned();
    for rate in ["25.0", "20.0", "30.0"] {
        let slow = format!("events_per_second = {rate}");
        text = text.replace(&slow, "events_per_second = 200.0");
    }
    let mut config = config::parse(Path::new(FILE), &text, &overrides).unwrap();
    config.strategies.clear();
    config
}

/// Runs a host, and lets somebody work at it; the invitation comes with identity.
pub fn at_a_host(more: &[(&str, &str)], work: impl FnOnce(&Desk, Option<String>) + Send + 'static) {
    at_a_host_of(more, |_| {}, work);
}

/// The same of a host whose configuration is changed before.
pub fn at_a_host_of(
    more: &[(&str, &str)],
    change: impl FnOnce(&mut Config),
    work: impl FnOnce(&Desk, Option<String>) + Send + 'static,
) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), more);
    change(&mut config);
    let place = folder.path().to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, folder.path());
        let app = App::start(Path::new(FILE), &config, "test".to_owned(), compiler);
        let app = app.await.unwrap();
        let invitation = app.invitation().map(str::to_owned);
        let desk = Desk {
            folder: place,
            url: format!("http://{}", app.address().unwrap()),
        };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        let worked = tokio::task::spawn_blocking(move || work(&desk, invitation));
        worked.await.unwrap();
        stop.send(()).unwrap();
        assert_eq!(serving.await.unwrap().unwrap().journal_error, None);
    });
}

/// Where somebody works.
pub struct Desk {
    /// With the host's data.
    pub folder: PathBuf,
    pub url: String,
}

impl Desk {
    /// Runs the program with words that have no spaces.
    fn run(&self, line: &str) -> Output {
        let state = self.folder.join("state");
        let variables = [
            ("ARGONAUT_URL", self.url.as_str()),
            ("XDG_STATE_HOME", state.to_str().unwrap()),
        ];
        let words: Vec<&str> = line.split_whitespace().collect();
        execute(&self.folder, &words, &variables)
    }

    /// What it says, which must be a success.
    pub fn told(&self, line: &str) -> String {
        stdout(&self.run(line))
    }

    /// The same as the API says it.
    pub fn asked(&self, line: &str) -> Value {
        serde_json::from_str(&self.told(&format!("{line} --json"))).unwrap()
    }

    /// Why it fails, with this exit code.
    pub fn fails(&self, code: i32, line: &str) -> String {
        error_line_of(code, &self.run(line))
    }

    pub fn until(&self, what: &str, line: &str, done: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let shown = self.asked(line);
            if done(&shown) {
                return shown;
            }
            let is_early = begin.elapsed() < PATIENCE;
            assert!(is_early, "waited in vain for {what}: {shown}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> String {
        let file = self.folder.join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        file.display().to_string()
    }
}

#[test]
fn an_operator_needs_nothing_but_the_command_line() {
    at_a_host(&[], |desk, _| {
        a_version_is_loaded_tried_promoted_and_sent_back(desk);
        another_is_sent_and_kept(desk);
        a_canary_comes_and_goes(desk);
        orders_are_placed_changed_and_cancelled(desk);
        trading_stops_and_goes_on(desk);
        everything_can_be_looked_at(desk);
        limits_are_replaced_by_who_has_seen_them(desk);
        what_cannot_be_done_is_said(desk);
    });
}

fn quantity(strategy: &Value) -> &Value {
    &strategy["plugin"]["parameters"]["quantity"]
}

fn a_version_is_loaded_tried_promoted_and_sent_back(desk: &Desk) {
    let file = plugin("order-every").display().to_string();
    let load = "strategies load --name every --param instrument=BTC/USD.SIM --param quantity=0.001 \
                --param every=5 --on-fault keep --file";
    let loaded = desk.asked(&format!("{load} {file}"));
    assert_eq!(loaded["name"], "every", "{loaded}");
    assert_eq!(desk.asked("strategies start every")["state"], "RUNNING");
    let list = desk.told("strategies list");
    assert!(
        list.starts_with("NAME") && list.contains("RUNNING"),
        "{list}"
    );

    let shadow = desk.asked("strategies shadow begin every --param quantity=0.002");
    assert_eq!(shadow["state"], "TRADING", "{shadow}");
    let show = "strategies shadow show every";
    let report = desk.until("differences", show, |report| {
        report["other_terms"].as_u64() >= Some(3)
    });
    assert_eq!(report["first"][0]["kind"], "OTHER_TERMS");
    let words = desk.told(show);
    assert!(
        words.contains("verdict") && words.contains("OTHER_TERMS"),
        "{words}"
    );
    let promoted = desk.asked("strategies shadow promote every --probation 1h");
    assert_eq!(quantity(&promoted["strategy"]), "0.002", "{promoted}");
    let back = desk.asked("strategies rollback every");
    assert_eq!(quantity(&back), "0.001", "{back}");

    let swap = "strategies swap every --param quantity=0.003 --probation 1h --max-denials 1000000";
    let swapped = desk.asked(swap);
    let strategy = &swapped["strategy"];
    assert_eq!(quantity(strategy), "0.003", "{swapped}");
    assert_eq!(strategy["probation"]["max_denials"], 1_000_000);
    assert_eq!(quantity(&desk.asked("strategies flip every")), "0.001");
    assert_eq!(quantity(&desk.asked("strategies flip every")), "0.003");
    assert_eq!(
        desk.asked("strategies keep every")["probation"],
        Value::Null
    );
}

fn another_is_sent_and_kept(desk: &Desk) {
    let [old, new] = ["counter", "counter-v2"].map(|name| plugin(name).display().to_string());
    let load = "strategies load --name count --start --param instrument=BTC/USD.SIM --file";
    let loaded = desk.asked(&format!("{load} {old}"));
    assert_eq!(loaded["plugin"]["version"], "1.0.0", "{loaded}");
    let swap = format!("strategies swap count --probation 1h --file {new}");
    let swapped = desk.asked(&swap);
    let strategy = &swapped["strategy"];
    assert_eq!(strategy["plugin"]["version"], "2.0.0", "{swapped}");
    assert_eq!(strategy["probation"]["before"]["version"], "1.0.0");
    assert_eq!(
        desk.asked("strategies keep count")["probation"],
        Value::Null
    );
    for (verb, state) in [
        ("pause", "PAUSED"),
        ("resume", "RUNNING"),
        ("stop", "STOPPED"),
    ] {
        let strategy = desk.asked(&format!("strategies {verb} count"));
        assert_eq!(strategy["state"], state, "{verb}");
    }
}

fn a_canary_comes_and_goes(desk: &Desk) {
    let begin = "strategies canary begin every --param instrument=EUR/USD.SIM --param quantity=1000 \
                 --instruments EUR/USD.SIM --probation 1h";
    let begun = desk.asked(begin);
    let canary = &begun["strategy"]["probation"]["canary"];
    assert_eq!(canary["instruments"], json!(["EUR/USD.SIM"]), "{begun}");
    let ended = desk.asked("strategies canary end every");
    assert_eq!(ended["probation"], Value::Null, "{ended}");
}

fn orders_are_placed_changed_and_cancelled(desk: &Desk) {
    let place = "orders place buy 1000 EUR/USD.SIM --type limit --price 1.05 --tag desk";
    let placed = desk.asked(place);
    let id = placed["id"].as_str().unwrap();
    assert_eq!(placed["deny_code"], Value::Null, "{placed}");
    let show = format!("orders show {id}");
    let is = |status: &'static str| move |order: &Value| order["status"] == status;
    desk.until("the order at the venue", &show, is("ACCEPTED"));
    desk.told(&format!("orders modify {id} --quantity 2000"));
    desk.until("its new quantity", &show, |order| {
        order["quantity"] == "2000" && order["status"] == "ACCEPTED"
    });
    let open = desk.asked("orders list --status open --instrument EUR/USD.SIM");
    let open = open.as_array().unwrap();
    assert!(open.iter().any(|order| order["id"] == *id), "{open:?}");
    desk.told(&format!("orders cancel {id}"));
    desk.until("its end", &show, is("CANCELED"));
}

fn trading_stops_and_goes_on(desk: &Desk) {
    let killed = || {
        let states = desk.asked("risk states");
        let mut states = states.as_array().unwrap().iter();
        let state = states.find(|state| state["scope"] == "strategy/every");
        state.is_some_and(|state| state["killed"] == true)
    };
    assert!(!killed());
    desk.told("kill --scope strategy=every");
    assert!(killed());
    desk.told("kill --scope strategy=every --clear");
    assert!(!killed());
    let engine = desk.asked("engine trading-state reducing");
    assert_eq!(engine["trading_state"], "REDUCING", "{engine}");
    assert_eq!(
        desk.asked("engine trading-state active")["trading_state"],
        "ACTIVE"
    );
}

fn everything_can_be_looked_at(desk: &Desk) {
    for line in [
        "engine",
        "engine show",
        "engine health",
        "positions",
        "fills --limit 5",
        "cash-flows --limit 5",
        "life-events --limit 5",
        "jobs list --limit 5",
        "accounts",
        "instruments",
        "instruments show EUR/USD.SIM",
        "strategies show every",
        "strategies cost every",
        "strategies log every",
        "strategies faults every",
        "orders list --limit 5",
        "plugins list",
        "pipelines list",
        "risk controls",
        "risk limits show firm",
        "risk states",
        "risk states show firm",
        "risk rules",
        "risk alerts --limit 5",
        "venues",
        "algorithms",
        "notifications list",
    ] {
        desk.asked(line);
        assert!(!desk.told(line).is_empty(), "{line}");
    }
    let quotes = desk.told("watch quotes --instrument EUR/USD.SIM --count 3 --json");
    let quotes: Vec<Value> = quotes
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(quotes[0]["type"], "hello");
    assert_eq!(quotes.len(), 3);
    let words = desk.told("watch engine --count 1");
    assert!(words.contains("trading_state=ACTIVE"), "{words}");
}

fn limits_are_replaced_by_who_has_seen_them(desk: &Desk) {
    let tag = || {
        let shown = desk.told("risk limits show strategy/manual");
        let tag = shown.split("--if-match ").nth(1).expect("a tag");
        tag.trim().to_owned()
    };
    let set = |most: u32, more: &str| {
        format!(r#"risk limits set strategy/manual --limits {{"max_open_orders":{most}}} {more}"#)
    };
    let line = desk.fails(1, &set(51, ""));
    assert!(line.contains("PRECONDITION_REQUIRED"), "{line}");
    let seen = tag();
    desk.told(&set(51, &format!("--if-match {seen}")));
    let line = desk.fails(1, &set(52, &format!("--if-match {seen}")));
    assert!(line.contains("PRECONDITION_FAILED"), "{line}");
    let shown = desk.asked("risk limits show strategy/manual").to_string();
    assert!(shown.contains(r#""max_open_orders":51"#), "{shown}");
    desk.told(&set(52, "--if-match *"));
    assert_ne!(tag(), seen);
}

fn what_cannot_be_done_is_said(desk: &Desk) {
    let line = desk.fails(1, "strategies show nobody");
    assert!(
        line.contains("there is no strategy") && line.contains("NOT_FOUND"),
        "{line}"
    );
    let line = desk.fails(1, "orders place buy much EUR/USD.SIM --type market");
    assert!(line.contains("field /quantity"), "{line}");
    let line = desk.fails(1, "strategies rollback every");
    assert!(line.contains("CONFLICT"), "{line}");
    let problem = desk.run("strategies show nobody --json");
    let body: Value = serde_json::from_slice(&problem.stdout).unwrap();
    assert_eq!(
        (problem.status.code(), &body["status"]),
        (Some(1), &json!(404))
    );
    let line = desk.fails(1, "watch quotes --instrument NOBODY.SIM");
    assert!(line.contains("the host refused"), "{line}");
    for wrong in [
        "strategies pause",
        "strategies dance every",
        "watch everything",
        "strategies swap every --probation soon",
        "strategies swap every --param fast",
        "orders list --limit few",
        "risk limits set firm --limits {",
    ] {
        let output = desk.run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(!output.stderr.is_empty(), "{wrong}");
    }
    let line = desk.fails(3, "engine --url 127.0.0.1:1");
    assert!(
        line.contains("no host answers at http://127.0.0.1:1/"),
        "{line}"
    );
    desk.fails(3, "watch engine --url http://127.0.0.1:1");
}

#[test]
fn who_asks_is_known_by_a_session_or_a_key_and_two_people_see_what_one_may_not_do() {
    at_a_host(&[("ARGONAUT_IDENTITY__MODE", "on")], |desk, invitation| {
        claim(desk, &invitation.unwrap());
        let line = desk.fails(5, "engine");
        assert!(line.contains("UNAUTHENTICATED"), "{line}");
        let password = desk.file("password", PASSWORD, 0o600);
        let login = format!("login anna --password-file {password}");
        assert!(desk.told(&login).starts_with("logged in as anna"));
        assert_eq!(desk.asked("whoami")["user"], "anna");
        desk.told("watch engine --count 1");
        a_second_person_is_asked(desk);

        let made = desk.asked("keys add screen --scopes viewer");
        let secret = made["secret"].as_str().unwrap();
        let open = desk.file("open", secret, 0o644);
        let line = desk.fails(1, &format!("engine --key-file {open}"));
        assert!(line.contains("chmod 600"), "{line}");
        let key = desk.file("key", secret, 0o600);
        desk.asked(&format!("engine --key-file {key}"));
        let line = desk.fails(5, &format!("engine trading-state halted --key-file {key}"));
        assert!(line.contains("FORBIDDEN"), "{line}");

        assert_eq!(desk.told("logout").trim(), "logged out");
        desk.fails(5, "engine");
        assert_eq!(desk.told("logout").trim(), "nobody was logged in");
        let wrong = desk.file("wrong", "not the password", 0o600);
        let line = desk.fails(5, &format!("login anna --password-file {wrong}"));
        assert!(line.contains("WRONG_CREDENTIALS"), "{line}");
    });
}

/// The first person takes up the name.
fn claim(desk: &Desk, invitation: &str) {
    let body = json!({"token": invitation, "name": "anna", "password": PASSWORD});
    let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
    let claimed = agent
        .post(format!("{}/api/v1/auth/claim", desk.url))
        .header("idempotency-key", "claim")
        .send_json(&body);
    assert_eq!(claimed.unwrap().status().as_u16(), 200);
}

fn a_second_person_is_asked(desk: &Desk) {
    desk.told("kill --scope account=paper");
    let waiting = desk.run("kill --scope account=paper --clear");
    assert_eq!(waiting.status.code(), Some(6));
    let words = String::from_utf8(waiting.stderr).unwrap();
    assert!(words.contains("argonaut approvals confirm "), "{words}");
    let approvals = desk.asked("approvals list");
    assert_eq!(approvals[0]["operation"], "risk.kill.clear", "{approvals}");
    let id = approvals[0]["id"].as_str().unwrap();
    assert!(words.contains(id), "{words}");
    // Nobody agrees with themselves.
    let agreed = desk.run(&format!("approvals confirm {id}"));
    assert_ne!(agreed.status.code(), Some(0));
    desk.told(&format!("approvals refuse {id}"));
    // What was not agreed to is not done, and what takes an approval may be given one.
    for line in [
        "kill --scope account=paper --clear",
        "plugins approve 01234567",
        "plugins release 01234567",
    ] {
        let asked = desk.run(&format!("{line} --approval {id} --idempotency-key {id}"));
        let code = asked.status.code();
        assert!(![Some(0), Some(2)].contains(&code), "{line}: {asked:?}");
    }
}

/// Takes connections one by one, notes the head of each request, and answers as told; nothing for `None`.
fn stub(
    answers: &'static [Option<&'static str>],
) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = std::thread::spawn(move || {
        let taken = answers.iter().map(|answer| {
            let (mut stream, _) = listener.accept().unwrap();
            let head = head(&stream);
            if let Some(answer) = answer {
                stream.write_all(answer.as_bytes()).unwrap();
            }
            head
        });
        taken.collect()
    });
    (url, heads)
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    head.join("\n").to_ascii_lowercase()
}

fn key(head: &str) -> &str {
    let mut lines = head.lines();
    let found = lines.find_map(|line| line.strip_prefix("idempotency-key: "));
    found.unwrap_or_else(|| panic!("no key in {head}"))
}

fn elsewhere(url: String) -> Desk {
    Desk {
        folder: std::env::temp_dir(),
        url,
    }
}

const DONE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
const DOWN: &str =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[test]
fn what_was_lost_is_sent_again_under_the_same_key() {
    let (url, heads) = stub(&[None, Some(DONE)]);
    elsewhere(url).told("strategies pause every");
    let heads = heads.join().unwrap();
    assert_eq!(heads.len(), 2);
    assert!(
        heads[0].starts_with("post /api/v1/strategies/every/pause"),
        "{heads:?}"
    );
    assert_eq!(key(&heads[0]), key(&heads[1]));

    let (url, heads) = stub(&[Some(DONE)]);
    elsewhere(url).told("strategies pause every --idempotency-key mine");
    assert_eq!(key(&heads.join().unwrap()[0]), "mine");
}

const AT_IT: &str = "HTTP/1.1 409 Conflict\r\ncontent-length: 33\r\nconnection: close\r\n\r\n\
                     {\"code\":\"IDEMPOTENCY_KEY_IN_USE\"}";
const ELSEWHERE: &str = "HTTP/1.1 302 Found\r\nlocation: http://elsewhere.example/\r\n\
                         content-length: 0\r\nconnection: close\r\n\r\n";

#[test]
fn what_is_sent_again_waits_for_the_first_of_its_kind() {
    let (url, heads) = stub(&[None, Some(AT_IT), Some(AT_IT), Some(DONE)]);
    elsewhere(url).told("strategies pause every");
    let heads = heads.join().unwrap();
    assert!(heads.iter().all(|head| key(head) == key(&heads[0])));
    // Whoever asks by a key that another command has is told.
    let (url, heads) = stub(&[Some(AT_IT)]);
    elsewhere(url).fails(1, "strategies pause every --idempotency-key mine");
    heads.join().unwrap();
}

#[test]
fn nobody_is_followed_elsewhere() {
    let (url, heads) = stub(&[Some(ELSEWHERE)]);
    let line = elsewhere(url).fails(1, "strategies pause every");
    assert!(line.contains("http://elsewhere.example/"), "{line}");
    assert_eq!(heads.join().unwrap().len(), 1);
}

#[test]
fn a_connection_that_is_always_lost_leaves_the_key_to_ask_again_with() {
    let (url, heads) = stub(&[None, None, None]);
    let line = elsewhere(url).fails(3, "strategies pause every");
    let heads = heads.join().unwrap();
    assert!(line.contains(key(&heads[2])), "{line}");
}

#[test]
fn a_host_that_fails_has_an_exit_code_of_its_own() {
    let (url, heads) = stub(&[Some(DOWN)]);
    elsewhere(url).fails(4, "engine");
    assert!(!heads.join().unwrap()[0].contains("idempotency-key"));
}

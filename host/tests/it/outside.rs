//! A host that tells a program outside what happens, and is told by a webhook to place an order.

use super::process::{fresh_key, plugin_dir};
use argonaut::config::{self, Config};
use argonaut::plugins::runtime_options_with;
use argonaut::run::{App, DEFAULT_CONFIG};
use notices::{SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, is_signed};
use serde_json::{Value, json};
use services::clock::{Clock, SystemClock};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const FILE: &str = "built-in configuration";
const SECRET: &str = "a secret of some length";

fn config(folder: &Path, receiver: &str) -> Config {
    let set = |name: &str, value: String| (name.to_owned(), value);
    let overrides = [
        set("ARGONAUT_HOST__DATA_DIR", folder.display().to_string()),
        set("ARGONAUT_HOST__LISTEN", "127.0.0.1:0".to_owned()),
        set(
            "ARGONAUT_HOST__PLUGIN_DIR",
            plugin_dir().display().to_string(),
        ),
    ];
    let secret = folder.join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let secret = secret.display();
    let text = format!(
        r#"{DEFAULT_CONFIG}
        [[notification]]
        name = "ops"
        kind = "webhook"
        url = "{receiver}"
        secret_file = "{secret}"
        on = ["kill"]

        [[hook]]
        name = "tv"
        kind = "tradingview"
        secret_file = "{secret}"
        instruments = {{ EURUSD = "EUR/USD.SIM" }}
        min_quantity = "1000"
        max_quantity = "10000"
        "#
    );
    config::parse(Path::new(FILE), &text, &overrides).unwrap()
}

/// Takes what is posted, and hands over headers and bodies.
fn receiver() -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, posted) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Some(post) = stream.ok().and_then(|stream| read_post(&stream)) else {
                continue;
            };
            if sender.send(post).is_err() {
                return;
            }
        }
    });
    (url, posted)
}

fn read_post(mut stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut body = vec![0; header(&head, "content-length").parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let answer = b"HTTP/1.1 204 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let mut pairs = head.lines().filter_map(|line| line.split_once(':'));
    let found = pairs.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map_or("", |(_, value)| value.trim())
}

pub(super) fn ask(method: &str, url: &str, body: &Value) -> (u16, Value) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false);
    let agent: ureq::Agent = agent.build().into();
    let answer = match method {
        "GET" => agent.get(url).call(),
        _ => agent
            .post(url)
            .header("idempotency-key", fresh_key())
            .header("content-type", "application/json")
            .send(body.to_string()),
    };
    let mut answer = answer.unwrap();
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_json().unwrap_or(Value::Null))
}

/// A call of the hook, as a chart makes it.
fn call(base: &str, id: &str) -> (u16, Value) {
    let body = json!({
        "secret": SECRET,
        "id": id,
        "time": SystemClock.now().to_string(),
        "instrument": "EURUSD",
        "side": "buy",
        "quantity": "1000",
    });
    ask("POST", &format!("{base}/hooks/tv"), &body)
}

fn visit(base: &str, posted: &Receiver<(String, String)>) {
    let api = format!("{base}/api/v1");
    let (status, tested) = ask(
        "POST",
        &format!("{api}/notifications/ops/test"),
        &Value::Null,
    );
    assert_eq!((status, &tested["sent"]), (200, &json!(true)), "{tested}");
    let (_, test) = posted.recv_timeout(Duration::from_secs(30)).unwrap();
    assert!(test.contains(r#""kind":"test""#), "{test}");

    let (status, first) = call(base, "a");
    assert_eq!(status, 201, "{first}");
    let (status, again) = call(base, "a");
    assert_eq!((status, &again["order"]), (200, &first["order"]), "{again}");
    let order = first["order"].as_str().unwrap();
    let (_, shown) = ask("GET", &format!("{api}/orders/{order}"), &Value::Null);
    assert_eq!(shown["strategy"], "hook-tv", "{shown}");

    let kill = json!({"set": true});
    assert_eq!(ask("POST", &format!("{api}/engine/kill"), &kill).0, 200);
    let (head, body) = posted.recv_timeout(Duration::from_secs(30)).unwrap();
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["kind"], "kill", "{told}");
    assert_eq!(
        (&told["state"], &told["scope"]),
        (&json!("SET"), &json!("firm"))
    );
    let timestamp = header(&head, TIMESTAMP_HEADER);
    let signature = header(&head, SIGNATURE_HEADER);
    assert!(is_signed(
        &Secret::new(SECRET),
        timestamp,
        body.as_bytes(),
        signature
    ));
    // The risk gate judges a hook's orders as all others.
    let (status, denied) = call(base, "b");
    assert_eq!(
        (status, &denied["status"]),
        (201, &json!("DENIED")),
        "{denied}"
    );
}

#[test]
fn a_kill_is_told_outside_and_a_webhook_is_an_order_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let (url, posted) = receiver();
    let config = config(folder.path(), &url);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let program = env!("CARGO_BIN_EXE_argonaut").into();
        let compiler = runtime_options_with(program, folder.path());
        let app = App::start(Path::new(FILE), &config, "first".to_owned(), compiler);
        let app = app.await.unwrap();
        let base = format!("http://{}", app.address().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(app.serve(async { stopped.await.unwrap_or_default() }));
        let visited = tokio::task::spawn_blocking(move || visit(&base, &posted));
        visited.await.unwrap();
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
    });
}

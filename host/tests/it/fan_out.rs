//! A host, a Redis of the test's own, and a process that serves the host's stream from there: whoever dies, its
//! clients are told what the host's own are told, or that something is missing.

use super::bus::Redis;
use super::crash::{Running, configuration, until_fills};
use super::identity::{ask, visited_with};
use super::identity_store::claim;
use super::process::signal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tungstenite::{Error, Message, WebSocket};

/// Far longer than anything here takes; it only keeps a broken process from hanging.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a client waits for a message before it looks whether it shall go on.
const LOOK: Duration = Duration::from_millis(50);

/// The process that serves the stream.
struct Serving {
    process: Child,
    address: String,
}

impl Serving {
    fn start(folder: &Path, redis: &Redis) -> Self {
        Self::start_with(folder, &redis.url(), "")
    }

    /// The same with more sections.
    fn start_with(folder: &Path, redis: &str, more: &str) -> Self {
        let file = folder.join("fan-out.toml");
        let text = format!("[fan_out]\nlisten = \"127.0.0.1:0\"\n[bus]\nurl = \"{redis}\"\n{more}");
        std::fs::write(&file, text).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_argonaut"))
            .arg("fan-out")
            .arg("--config")
            .arg(&file)
            .env("ARGONAUT_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.strip_prefix("argonaut fan-out is up: ws://").unwrap();
        let address = address.strip_suffix("/ws").unwrap().to_owned();
        Self { process, address }
    }

    fn get(&self, path: &str) -> (u16, String) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false);
        let agent: ureq::Agent = agent.build().into();
        let url = format!("http://{}{path}", self.address);
        let mut answer = agent.get(url).call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), text)
    }

    fn end(mut self) {
        signal(&self.process, "-TERM");
        assert!(self.process.wait().unwrap().success());
    }
}

/// A test that fails leaves no process behind.
impl Drop for Serving {
    fn drop(&mut self) {
        let _ended_already = self.process.kill();
        let _known = self.process.wait();
    }
}

/// A client of the channel of fills, and what it was told.
pub(super) struct Client {
    socket: WebSocket<TcpStream>,
    run: String,
    /// The data of updates, by sequence.
    pub(super) updates: BTreeMap<u64, Value>,
    /// From which sequence on, and up to which, it was told everything.
    whole: Vec<(u64, u64)>,
    /// The reasons of gaps.
    pub(super) gaps: Vec<String>,
    /// Whether the latest subscription went on from where it was.
    resumed: bool,
    /// Why it was sent away.
    bye: Option<String>,
}

impl Client {
    /// Connects, when it is let in, and subscribes; with `resume` from there on.
    pub(super) fn follow(address: &str, resume: Option<(&str, u64)>) -> Self {
        let mut socket = connected(address);
        let mut request = json!({"op": "subscribe", "id": 1, "channel": "fills"});
        if let Some((epoch, sequence)) = resume {
            request["resume"] = json!({"epoch": epoch, "sequence": sequence});
        }
        socket.send(Message::text(request.to_string())).unwrap();
        let mut client = Self {
            socket,
            run: String::new(),
            updates: BTreeMap::new(),
            whole: Vec::new(),
            gaps: Vec::new(),
            resumed: false,
            bye: None,
        };
        let begins = |client: &Self| client.resumed || !client.whole.is_empty();
        client.hear_until("its beginning", begins);
        if let Some((_, sequence)) = resume.filter(|_| client.resumed) {
            // What is caught up with may have come already.
            let told = client.whole.pop().map_or(sequence, |(_, last)| last);
            client.whole.push((sequence, told));
        }
        client
    }

    fn hear_until(&mut self, what: &str, mut enough: impl FnMut(&Self) -> bool) {
        let begun = Instant::now();
        while !enough(self) {
            assert!(begun.elapsed() < PATIENCE, "no {what}: {:?}", self.whole);
            self.hear();
        }
    }

    /// Hears the next message, if one comes soon.
    fn hear(&mut self) {
        let message = match self.socket.read() {
            Ok(Message::Text(text)) => serde_json::from_str::<Value>(&text).unwrap(),
            Ok(_) => return,
            Err(Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
            {
                return;
            }
            Err(error) => {
                self.bye.get_or_insert(error.to_string());
                return;
            }
        };
        let sequence = message["sequence"].as_u64().unwrap_or_default();
        match message["type"].as_str().unwrap() {
            "hello" => message["run"].as_str().unwrap().clone_into(&mut self.run),
            "ack" => {
                self.resumed = message["resumed"].as_bool().unwrap();
            }
            "snapshot" => self.whole.push((sequence, sequence)),
            "gap" => self
                .gaps
                .push(message["reason"].as_str().unwrap().to_owned()),
            "update" => self.take(&message, sequence),
            "bye" => self.bye = Some(message["code"].as_str().unwrap().to_owned()),
            _ => {}
        }
    }

    fn take(&mut self, message: &Value, sequence: u64) {
        let previous = message["previous"].as_u64().unwrap();
        match self.whole.last_mut() {
            Some((_, last)) => {
                assert_eq!(previous, *last, "{message}");
                *last = sequence;
            }
            // The first after the place from which it went on.
            None => self.whole.push((previous, sequence)),
        }
        let before = self.updates.insert(sequence, message["data"].clone());
        assert!(before.is_none(), "told twice: {message}");
    }

    fn last(&self) -> u64 {
        self.whole.last().unwrap().1
    }

    /// Hears until it was told so many more updates.
    fn hear_more(&mut self, count: usize) {
        let until = self.updates.len() + count;
        self.hear_until("more updates", |client| client.updates.len() >= until);
    }

    /// Where both were told everything they were told the same.
    fn agrees_with(&self, other: &Self) {
        let mut compared = 0;
        for &(from, to) in &self.whole {
            for &(other_from, other_to) in &other.whole {
                let range = from.max(other_from)..to.min(other_to);
                if range.is_empty() {
                    continue;
                }
                let range = (range.start + 1)..=range.end;
                let ours: Vec<_> = self.updates.range(range.clone()).collect();
                let theirs: Vec<_> = other.updates.range(range).collect();
                assert_eq!(ours, theirs);
                compared += ours.len();
            }
        }
        assert!(compared > 20, "only {compared} updates can be compared");
    }
}

/// Connects to a process, when it lets clients in.
fn connected(address: &str) -> WebSocket<TcpStream> {
    let begun = Instant::now();
    loop {
        let stream = TcpStream::connect(address).unwrap();
        if let Ok((mut socket, _)) = tungstenite::client(format!("ws://{address}/ws"), stream) {
            let stream = socket.get_mut();
            stream.set_read_timeout(Some(LOOK)).unwrap();
            return socket;
        }
        assert!(begun.elapsed() < PATIENCE, "{address} lets nobody in");
        std::thread::sleep(LOOK);
    }
}

/// A client that hears on a thread of its own until it is asked for.
pub(super) struct Hearing {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Client>,
}

impl Hearing {
    pub(super) fn of(mut client: Client) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let thread = std::thread::spawn(move || {
            while !asked.load(Ordering::Relaxed) {
                client.hear();
            }
            client
        });
        Self { stop, thread }
    }

    pub(super) fn end(self) -> Client {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// A configuration of a host that tells its stream.
fn telling(folder: &Path, redis: &Redis) -> PathBuf {
    let file = configuration(folder);
    let mut text = std::fs::read_to_string(&file).unwrap();
    let bus = format!("\n[bus]\nurl = \"{}\"\nfan_out = true\n", redis.url());
    text.push_str(&bus);
    std::fs::write(&file, text).unwrap();
    file
}

/// Where a host's own clients connect.
pub(super) fn address(host: &Running) -> String {
    let url = host.url("");
    let rest = url.strip_prefix("http://").unwrap();
    rest.strip_suffix("/api/v1").unwrap().to_owned()
}

#[test]
fn clients_of_either_process_are_told_the_same_whatever_becomes_of_redis() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = Redis::start_on_free_port(folder.path());
    let file = telling(folder.path(), &redis);
    let host = Running::start(&file, None).expect("it comes up");
    let serving = Serving::start(folder.path(), &redis);
    let own = Hearing::of(Client::follow(&address(&host), None));
    let mut far = Client::follow(&serving.address, None);
    far.hear_more(30);
    assert!(far.gaps.is_empty(), "{:?}", far.gaps);
    assert_eq!(serving.get("/readyz").0, 200);
    // What it has not read yet is gone: it is told so, and the channel as it is.
    signal(&serving.process, "-STOP");
    until_more_fills(folder.path(), 5);
    redis.empty();
    signal(&serving.process, "-CONT");
    far.hear_until("gap", |client| !client.gaps.is_empty());
    assert_eq!(far.gaps, ["OVERRUN"]);
    far.hear_more(30);
    redis.kill();
    until_more_fills(folder.path(), 5);
    redis.again();
    far.hear_more(30);
    assert_eq!(far.bye, None);
    let metrics = serving.get("/metrics").1;
    assert!(metrics.contains("argonaut_fan_out_ready 1"), "{metrics}");
    let own = own.end();
    assert_eq!((own.run.as_str(), own.gaps.len()), (far.run.as_str(), 0));
    far.agrees_with(&own);
    drop(far);
    serving.end();
    host.end();
    redis.kill();
}

#[test]
fn a_client_resumes_where_the_process_is_restarted_and_not_where_the_host_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = Redis::start_on_free_port(folder.path());
    let file = telling(folder.path(), &redis);
    let host = Running::start(&file, None).expect("it comes up");
    let own = Hearing::of(Client::follow(&address(&host), None));
    let serving = Serving::start(folder.path(), &redis);
    let mut before = Client::follow(&serving.address, None);
    before.hear_more(10);
    let (run, last) = (before.run.clone(), before.last());
    drop(before);
    serving.end();
    until_more_fills(folder.path(), 5);
    let serving = Serving::start(folder.path(), &redis);
    let mut after = Client::follow(&serving.address, Some((&run, last)));
    assert!(after.resumed && after.gaps.is_empty(), "{:?}", after.gaps);
    after.hear_more(30);
    after.agrees_with(&own.end());
    host.kill();
    let (status, text) = serving.get("/livez");
    assert_eq!(status, 200, "{text}");
    let host = Running::start(&file, None).expect("it comes back");
    after.hear_until("goodbye", |client| client.bye.is_some());
    assert_eq!(after.bye.as_deref(), Some("SHUTDOWN"));
    let place = (after.run.as_str(), after.last());
    let mut anew = Client::follow(&serving.address, Some(place));
    assert_ne!(anew.run, after.run);
    assert_eq!(
        (anew.resumed, anew.gaps.as_slice()),
        (false, &["EPOCH".to_owned()][..])
    );
    anew.hear_more(5);
    host.end();
    anew.hear_until("goodbye", |client| client.bye.is_some());
    let (status, text) = serving.get("/readyz");
    assert!(status == 503 && text.contains("HOST_SILENT"), "{text}");
    drop((after, anew));
    serving.end();
    redis.kill();
}

/// Waits until the host has made more fills than it has now.
fn until_more_fills(folder: &Path, count: usize) {
    let now = super::crash::ledger(folder).fills.len();
    until_fills(folder, now + count);
}

/// Says who reads, and returns what is answered.
fn saying(address: &str, token: &str) -> (WebSocket<TcpStream>, Value) {
    let mut socket = connected(address);
    let first = json!({"op": "authenticate", "token": token});
    socket.send(Message::text(first.to_string())).unwrap();
    let answer = next(&mut socket, &["hello", "bye"]);
    (socket, answer)
}

/// The next message of one of these types.
fn next(socket: &mut WebSocket<TcpStream>, kinds: &[&str]) -> Value {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let text = match socket.read() {
            Ok(Message::Text(text)) => text,
            Ok(_) | Err(Error::Io(_)) => continue,
            Err(error) => panic!("{error}"),
        };
        let message: Value = serde_json::from_str(&text).unwrap();
        if kinds.contains(&message["type"].as_str().unwrap()) {
            return message;
        }
    }
    panic!("none of {kinds:?} came");
}

#[test]
fn where_identity_is_on_a_session_of_the_host_is_read_by_until_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut redis = Redis::start_on_free_port(folder.path());
    let (place, url) = (folder.path().to_owned(), redis.url());
    let more = [
        ("ARGONAUT_BUS__URL", url.clone()),
        ("ARGONAUT_BUS__FAN_OUT", "true".to_owned()),
    ];
    let more = more.each_ref().map(|(name, value)| (*name, value.as_str()));
    visited_with(folder.path(), "told", &more, move |base, invitation| {
        let access = claim(&base, &invitation.unwrap());
        let keys = place.join("identity/token-keys.json");
        let identity = format!("[identity]\ntoken_keys = \"{}\"\n", keys.display());
        let serving = Serving::start_with(&place, &url, &identity);
        let (_, refused) = saying(&serving.address, "v4.local.x");
        assert_eq!(refused["code"], "UNAUTHENTICATED", "{refused}");
        let (mut socket, hello) = saying(&serving.address, &access);
        assert_eq!(hello["run"], "told", "{hello}");
        let wish = json!({"op": "subscribe", "channel": "orders"});
        socket.send(Message::text(wish.to_string())).unwrap();
        next(&mut socket, &["snapshot"]);
        let logout = format!("{base}/auth/logout");
        assert_eq!(ask("POST", &logout, &access, &json!({})).0, 204);
        let bye = next(&mut socket, &["bye"]);
        assert_eq!(bye["code"], "UNAUTHENTICATED", "{bye}");
        let (_, refused) = saying(&serving.address, &access);
        assert_eq!(refused["code"], "UNAUTHENTICATED", "{refused}");
        serving.end();
    });
    redis.kill();
}

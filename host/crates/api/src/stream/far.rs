//! The stream of a host in another process: what is heard of it, and what it is asked.

use super::authentication::Door;
use super::encoding::{Body, Encoding};
use super::event::{Event, Place};
use super::hall::{Hall, lock};
use super::origin::{Origin, Shared};
use super::outbox::{Bye, CODES};
use super::snapshot::{Picture, Taken, Written};
use super::subscriptions::Key;
use super::told::{Answer, Asked, Head, NAMES, What, json};
use super::vouching::Vouching;
use crate::dto::job::JobDto;
use crate::jobs::Jobs;
use crate::names::Names;
use crate::observe::Counted;
use crate::rate::{Limit, RateSettings, Rates};
use crate::state::StreamSettings;
use identity::TokenReader;
use model::{AccountId, InstrumentId, Timestamp};
use services::clock::Clock;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, watch};

/// Without a sign of life for so long, nothing is known of a host.
const SILENCE: Duration = Duration::from_secs(5);
/// After so long without an answer it is asked again.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// A run of a host, as far as it was heard.
pub(super) struct Far {
    run: String,
    hall: Hall,
    names: Mutex<Arc<Names>>,
    /// Of its engine, in nanoseconds.
    time_ns: AtomicU64,
    /// When it gave a sign of life that was one of now.
    alive: Mutex<Option<Instant>>,
    /// Whether it knows who asks, as far as it said.
    asks_who: AtomicBool,
    /// Snapshots that are wanted, and when the host was asked. There are so many channels of so many instruments.
    wanted: Mutex<BTreeMap<Key, Option<Instant>>>,
}

impl Far {
    fn new(run: &str, head: u64, bounds: &StreamSettings) -> Self {
        Self {
            run: run.to_owned(),
            hall: Hall::new(head, bounds),
            names: Mutex::default(),
            time_ns: AtomicU64::new(0),
            alive: Mutex::new(None),
            asks_who: AtomicBool::new(false),
            wanted: Mutex::default(),
        }
    }

    fn is_alive(&self) -> bool {
        lock(&self.alive).is_some_and(|at| at.elapsed() < SILENCE)
    }

    fn symbols(&self) -> usize {
        lock(&self.names).symbols().len()
    }
}

impl Origin for Arc<Far> {
    fn hall(&self) -> &Hall {
        &self.hall
    }

    fn run(&self) -> &str {
        &self.run
    }

    fn position(&self) -> u64 {
        self.hall.head()
    }

    fn time(&self) -> Option<Timestamp> {
        let time = Timestamp::from_nanos(self.time_ns.load(Ordering::Relaxed));
        self.is_alive().then_some(time)
    }

    fn fresh_names(&self) -> Arc<Names> {
        lock(&self.names).clone()
    }

    fn body(&self, event: &Event, encoding: Encoding) -> Result<Body, Bye> {
        // All came written.
        event.body(encoding, |_| None).ok_or_else(Bye::internal)
    }

    fn snapshot(&self, _: &Names, key: Key) -> Option<Taken> {
        lock(&self.wanted).entry(key).or_default();
        None
    }

    fn tells_losses(&self) -> bool {
        true
    }

    fn jobs(&self) -> Option<&Jobs> {
        None
    }

    async fn all_jobs(&self) -> Option<Vec<JobDto>> {
        None
    }
}

/// Serves the stream of a host in another process, which somebody else carries here. Cheap to clone.
#[derive(Clone)]
pub struct FanOut {
    shared: Shared,
    /// Who reads, where the host knows who asks.
    vouching: Option<Arc<Vouching>>,
    current: Arc<Mutex<Option<Arc<Far>>>>,
    /// Whether all was read that there was.
    caught_up: Arc<AtomicBool>,
    entries: Arc<AtomicU64>,
    lost: Arc<AtomicU64>,
}

/// What those are told who watch it.
pub(crate) struct Standing {
    pub(crate) is_ready: bool,
    pub(crate) entries: u64,
    pub(crate) lost: u64,
    pub(crate) connections: usize,
}

impl FanOut {
    /// Of a host that nothing was heard of yet.
    #[must_use]
    pub fn new(bounds: StreamSettings) -> Self {
        let connections = Semaphore::new(bounds.max_connections as usize);
        Self {
            shared: Shared {
                counted: Arc::new(Counted::new(CODES, &[Limit::Address.name()])),
                closing: Arc::new(watch::Sender::new(false)),
                door: None,
                rates: None,
                connections: Arc::new(connections),
                // Nobody has to say who it is.
                strangers: Arc::new(Semaphore::new(0)),
                bounds,
            },
            vouching: None,
            current: Arc::default(),
            caught_up: Arc::default(),
            entries: Arc::default(),
            lost: Arc::default(),
        }
    }

    /// Lets in only who shows an access token that this reads, and whose session the host says that it holds.
    #[must_use]
    pub fn with_tokens(mut self, tokens: TokenReader) -> Self {
        let vouching = Arc::new(Vouching::new(tokens));
        self.shared.door = Some(Door::Afar(vouching.clone()));
        let strangers = self.shared.bounds.strangers() as usize;
        self.shared.strangers = Arc::new(Semaphore::new(strangers));
        self.vouching = Some(vouching);
        self
    }

    /// With limits to how often an address may ask, and a client may say something, by a clock.
    #[must_use]
    pub fn with_rates(mut self, settings: Option<RateSettings>, clock: Arc<dyn Clock>) -> Self {
        let counted = self.shared.counted.clone();
        let rates = settings.map(|settings| Arc::new(Rates::new(settings, clock, counted)));
        self.shared.rates = rates;
        self
    }

    /// How often somebody may ask, where that is limited.
    pub(crate) fn rates(&self) -> Option<Arc<Rates>> {
        self.shared.rates.clone()
    }

    /// Whether clients have to say who they are.
    #[must_use]
    pub fn asks_who(&self) -> bool {
        self.vouching.is_some()
    }

    /// An entry came: the next of the stream, or one that came before. Returns the name of a value that is needed
    /// now, for [`Self::value`].
    ///
    /// # Errors
    /// It is none; the reason. What it said is lost, which shows by the next.
    pub fn hear(&self, head: &str, body: &str) -> Result<Option<String>, String> {
        let head: Head = serde_json::from_str(head).map_err(|error| error.to_string())?;
        self.entries.fetch_add(1, Ordering::Relaxed);
        match head.what {
            What::Update {
                previous,
                sequence,
                channel,
                instrument,
                mark,
            } => {
                let json = Body::of_text(body).ok_or("its body is no message")?;
                let place = Place {
                    channel,
                    instrument: instrument.map(InstrumentId::new),
                    sequence,
                    mark,
                };
                let far = self.of_run(&head.run, previous);
                self.count(far.hall.tell_after(previous, place, json));
                Ok(None)
            }
            What::Shown { name } => Ok(self.is_wanted(&head.run, &name).then_some(name)),
            What::Alive {
                sequence,
                time_ns,
                instruments,
                asks_who,
            } => {
                let far = self.of_run(&head.run, sequence);
                far.asks_who.store(asks_who, Ordering::Relaxed);
                self.count(far.hall.is_at(sequence));
                far.time_ns.store(time_ns, Ordering::Relaxed);
                if self.caught_up.load(Ordering::Relaxed) {
                    *lock(&far.alive) = Some(Instant::now());
                }
                Ok((far.symbols() != instruments).then(|| NAMES.to_owned()))
            }
            What::Ended => {
                let mut current = lock(&self.current);
                if let Some(far) = current.take_if(|far| far.run == head.run) {
                    far.hall.end();
                }
                Ok(None)
            }
            What::Vouched { vouch, refused } => {
                if let Some(vouching) = &self.vouching {
                    vouching.answered(&vouch, &refused);
                }
                Ok(None)
            }
        }
    }

    /// A value came that was needed.
    ///
    /// # Errors
    /// It is none; the reason.
    pub fn value(&self, name: &str, text: &str) -> Result<(), String> {
        let Some(far) = lock(&self.current).clone() else {
            return Ok(());
        };
        let read = |error: serde_json::Error| error.to_string();
        if name == NAMES {
            let symbols: Vec<(u32, String)> = serde_json::from_str(text).map_err(read)?;
            let symbols = symbols.into_iter();
            let symbols = symbols.map(|(id, symbol)| (InstrumentId::new(id), symbol));
            *lock(&far.names) = Arc::new(Names::of_symbols(symbols));
            return Ok(());
        }
        let asked: Asked = serde_json::from_str(name).map_err(read)?;
        let (first, body) = text.split_once('\n').ok_or("it has no message")?;
        let answer: Answer = serde_json::from_str(first).map_err(read)?;
        // One from before what was told would take that back unseen; it stays wanted, and is asked for again.
        if answer.run != far.run || answer.sequence < far.hall.head() {
            return Ok(());
        }
        let fills = answer.fills.into_iter();
        let picture = Picture {
            sequence: answer.sequence,
            written: Written::new(Body::of_text(body).ok_or("its message is none")?),
            fills: fills
                .map(|(account, execution)| (AccountId::new(account), execution))
                .collect(),
            newest: answer.newest,
        };
        // Before it is shown: who wants it from now on must be told another.
        lock(&far.wanted).remove(&asked.key());
        far.hall.show(asked.key(), picture);
        Ok(())
    }

    /// What the host is to be asked now.
    #[must_use]
    pub fn asks(&self) -> Vec<String> {
        let Some(far) = lock(&self.current).clone() else {
            return Vec::new();
        };
        let vouching = self.vouching.iter();
        let mut asks: Vec<String> = vouching.flat_map(|it| it.asks()).collect();
        for (key, asked) in lock(&far.wanted).iter_mut() {
            if asked.is_none_or(|at| at.elapsed() >= ANSWERS_WITHIN) {
                *asked = Some(Instant::now());
                asks.extend(json(&Asked::of(*key)));
            }
        }
        asks
    }

    /// Whether all was read that there was: only signs of life that come after that are of now.
    pub fn is_caught_up(&self, caught_up: bool) {
        self.caught_up.store(caught_up, Ordering::Relaxed);
    }

    /// Whether clients are served.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.served().is_some()
    }

    /// What new connections are served from.
    pub(super) fn served(&self) -> Option<(Arc<Far>, Shared)> {
        let far = lock(&self.current).clone()?;
        let is_known = far.is_alive() && far.symbols() > 0 && self.agrees_with(&far);
        let is_served = is_known && !*self.shared.closing.borrow();
        is_served.then(|| (far, self.shared.clone()))
    }

    /// Whether clients are asked who they are exactly where the host asks.
    fn agrees_with(&self, far: &Far) -> bool {
        far.asks_who.load(Ordering::Relaxed) == self.asks_who()
    }

    /// Why nobody is served, where that is so: a code, and what is wrong.
    pub(crate) fn why_not_ready(&self) -> (&'static str, &'static str) {
        let current = lock(&self.current).clone();
        match current.filter(|far| far.is_alive()) {
            Some(far) if !self.agrees_with(&far) => (
                "IDENTITY_DIFFERS",
                "identity is on at the host or here, and not at both: see `token_keys`",
            ),
            _ => ("HOST_SILENT", "nothing is heard of the host just now"),
        }
    }

    /// What is counted, and how it stands.
    pub(crate) fn standing(&self) -> (&Counted, Standing) {
        let most = usize::try_from(self.shared.bounds.max_connections).unwrap_or(usize::MAX);
        let standing = Standing {
            is_ready: self.is_ready(),
            entries: self.entries.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            connections: most.saturating_sub(self.shared.connections.available_permits()),
        };
        (&self.shared.counted, standing)
    }

    /// Tells connections to end.
    pub(crate) fn close(&self) {
        self.shared.closing.send_replace(true);
    }

    /// Most WebSocket clients at once.
    pub(crate) fn most_clients(&self) -> usize {
        self.shared.bounds.clients()
    }

    /// Waits until all connections have ended.
    pub(crate) async fn until_left(&self) {
        let bounds = &self.shared.bounds;
        let _left = self
            .shared
            .connections
            .acquire_many(bounds.max_connections)
            .await;
        let strangers = match self.asks_who() {
            true => bounds.strangers(),
            false => 0,
        };
        let _strangers = self.shared.strangers.acquire_many(strangers).await;
    }

    /// The run that is heard; another one than before ends what was heard of that.
    fn of_run(&self, run: &str, head: u64) -> Arc<Far> {
        let mut current = lock(&self.current);
        if let Some(far) = current.as_ref().filter(|far| far.run == run) {
            return far.clone();
        }
        let far = Arc::new(Far::new(run, head, &self.shared.bounds));
        if let Some(before) = current.replace(far.clone()) {
            before.hall.end();
        }
        far
    }

    fn is_wanted(&self, run: &str, name: &str) -> bool {
        let far = lock(&self.current).clone();
        let Some(far) = far.filter(|far| far.run == run) else {
            return false;
        };
        let asked = serde_json::from_str::<Asked>(name);
        asked.is_ok_and(|asked| lock(&far.wanted).contains_key(&asked.key()))
    }

    fn count(&self, lost: u64) {
        self.lost.fetch_add(lost, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::stream::{Channel, ServerMessage};
    use crate::stream::event::Mark;
    use crate::stream::hall::Heard;

    fn hear(fan_out: &FanOut, run: &str, what: What) -> Option<String> {
        let is_update = matches!(what, What::Update { .. });
        let head = Head {
            run: run.to_owned(),
            what,
        };
        let pong = ServerMessage::Pong {
            id: None,
            sequence: 0,
        };
        let body = Encoding::Json.body(&pong).filter(|_| is_update);
        let body = body.and_then(|body| body.text()).unwrap_or_default();
        fan_out.hear(&json(&head).unwrap(), &body).unwrap()
    }

    fn alive(fan_out: &FanOut, run: &str, sequence: u64) -> Option<String> {
        let what = What::Alive {
            sequence,
            time_ns: 7,
            instruments: 1,
            asks_who: false,
        };
        hear(fan_out, run, what)
    }

    fn ready() -> FanOut {
        let fan_out = FanOut::new(StreamSettings::default());
        fan_out.is_caught_up(true);
        assert_eq!(alive(&fan_out, "one", 5).as_deref(), Some(NAMES));
        fan_out.value(NAMES, r#"[[3,"EUR/USD.SIM"]]"#).unwrap();
        assert!(fan_out.is_ready());
        fan_out
    }

    #[test]
    fn only_what_is_said_now_makes_it_ready() {
        let fan_out = FanOut::new(StreamSettings::default());
        fan_out.is_caught_up(false);
        alive(&fan_out, "one", 5);
        fan_out.value(NAMES, r#"[[3,"EUR/USD.SIM"]]"#).unwrap();
        assert!(!fan_out.is_ready(), "it may have been said long ago");
        fan_out.is_caught_up(true);
        assert_eq!(alive(&fan_out, "one", 5), None);
        assert!(fan_out.is_ready());
        hear(&fan_out, "another", What::Ended);
        assert!(fan_out.is_ready());
        hear(&fan_out, "one", What::Ended);
        assert!(!fan_out.is_ready());
    }

    #[test]
    fn nobody_is_served_unasked_where_the_host_asks_who_it_is() {
        let fan_out = ready();
        let what = What::Alive {
            sequence: 5,
            time_ns: 7,
            instruments: 1,
            asks_who: true,
        };
        hear(&fan_out, "one", what);
        assert!(!fan_out.is_ready());
        assert_eq!(fan_out.why_not_ready().0, "IDENTITY_DIFFERS");
        alive(&fan_out, "one", 5);
        assert!(fan_out.is_ready());
    }

    #[test]
    fn another_run_ends_the_one_before() {
        let fan_out = ready();
        let (far, _) = fan_out.served().unwrap();
        let (mut hearing, _) = far.hall.listen();
        let update = What::Update {
            previous: 1,
            sequence: 2,
            channel: Channel::Engine,
            instrument: None,
            mark: Mark::Plain,
        };
        hear(&fan_out, "two", update);
        assert!(matches!(hearing.try_recv(), Ok(Heard::Ended)));
        let far = lock(&fan_out.current).clone().unwrap();
        assert_eq!((far.run.as_str(), far.hall.head()), ("two", 2));
    }

    #[test]
    fn a_snapshot_is_asked_for_once_and_shown_to_all() {
        let fan_out = ready();
        let (far, _) = fan_out.served().unwrap();
        let key = (Channel::Orders, Some(InstrumentId::new(3)));
        for _ in 0..2 {
            assert!(far.snapshot(&Names::default(), key).is_none());
        }
        let asks = fan_out.asks();
        assert_eq!(asks.len(), 1);
        assert_eq!(fan_out.asks(), [""; 0], "it was asked just now");
        let name = asks[0].clone();
        let shown = || What::Shown { name: name.clone() };
        assert_eq!(hear(&fan_out, "another", shown()), None);
        assert_eq!(hear(&fan_out, "one", shown()), Some(name.clone()));
        let (mut hearing, _) = far.hall.listen();
        let answer = |run: &str, sequence: u64| {
            let first = format!("\"run\":\"{run}\",\"sequence\":{sequence}");
            format!("{{{first},\"fills\":[],\"newest\":0}}\n{{}}")
        };
        fan_out.value(&name, &answer("another", 9)).unwrap();
        fan_out.value(&name, &answer("one", 4)).unwrap();
        assert!(hearing.try_recv().is_err(), "5 was told");
        assert_eq!(hear(&fan_out, "one", shown()), Some(name.clone()));
        fan_out.value(&name, &answer("one", 9)).unwrap();
        let heard = hearing.try_recv().unwrap();
        let Heard::Picture(shown_of, picture) = heard else {
            panic!("{heard:?}");
        };
        assert_eq!((shown_of, picture.sequence), (key, 9));
        assert_eq!(hear(&fan_out, "one", shown()), None, "nobody wants another");
        assert!(fan_out.hear("{}", "").is_err());
        assert!(fan_out.value(&name, "no message").is_err());
    }
}

//! What is measured, and what it should come to: one row for each figure.

use super::crowd::{Crowd, Heard, Pace};
use super::requests::{self, Requests};
use super::{EngineCost, Host, LoadError, Setting};
use std::time::Duration;

/// Settling time after clients have come.
const SETTLE: Duration = Duration::from_secs(2);
/// Messages that all clients together should get in a second.
const MESSAGES: u64 = 200_000;
/// From the engine to a client.
const TO_CLIENT: Duration = Duration::from_millis(50);
/// What the engine may cost beside its own clients, of what it costs beside those of another host, in percent.
const ENGINE_SHARE: u64 = 110;
/// Clients of the scene with slow ones, and how many of them are slow.
const READERS: usize = 200;
const SLOW: usize = 20;
/// What the others' time may be beside them, of what it was before, in percent.
const SLOW_SHARE: u64 = 150;
/// What each of them may take of the host's memory, in KiB.
const SLOW_KIB: u64 = 1_024;
/// Clients that read over REST, and how many answers they should get in a second.
const REST_CLIENTS: usize = 32;
const READS: u64 = 5_000;
const READ: Duration = Duration::from_millis(20);
/// Orders in a second, and how long each may take.
const ORDERS: u32 = 500;
const ORDER: Duration = Duration::from_millis(10);

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Many WebSocket clients.
    Ws,
    /// Some that read too slowly.
    Slow,
    /// Reads over REST.
    Rest,
    /// Orders over REST.
    Orders,
}

impl Scene {
    /// All, in the order in which they are run.
    pub const ALL: [Self; 4] = [Self::Ws, Self::Slow, Self::Rest, Self::Orders];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Slow => "slow",
            Self::Rest => "rest",
            Self::Orders => "orders",
        }
    }
}

/// How to measure.
#[derive(Debug, Clone)]
pub struct Run {
    /// What kind of host; as many connections as `connections`, and room for the scene with slow ones.
    pub setting: Setting,
    /// How long each part takes.
    pub length: Duration,
    /// WebSocket clients.
    pub connections: usize,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub figure: String,
    /// What was measured.
    pub measured: String,
    /// What it should be; nothing where it only explains another.
    pub target: String,
    /// Whether it is so, where it should be something.
    pub holds: Option<bool>,
}

impl Row {
    fn new(figure: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            figure: figure.into(),
            measured: measured.into(),
            target: "–".to_owned(),
            holds: None,
        }
    }

    fn should(self, target: impl Into<String>, holds: bool) -> Self {
        Self {
            target: target.into(),
            holds: Some(holds),
            ..self
        }
    }
}

/// Measures scenes, one after the other, each on a host of its own; `begins` is told of each.
///
/// # Errors
/// When host or clients broke: then there are no figures.
pub fn measure(
    scenes: &[Scene],
    run: &Run,
    mut begins: impl FnMut(Scene),
) -> Result<Vec<Row>, LoadError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(LoadError::system("threads for the clients"))?;
    let mut rows = Vec::new();
    for scene in scenes {
        begins(*scene);
        rows.extend(runtime.block_on(measured(*scene, run))?);
    }
    Ok(rows)
}

async fn measured(scene: Scene, run: &Run) -> Result<Vec<Row>, LoadError> {
    let host = Host::start(&run.setting).await?;
    tokio::time::sleep(SETTLE).await;
    match scene {
        Scene::Ws => ws(&host, run).await,
        Scene::Slow => slow(&host, run).await,
        Scene::Rest => {
            let read = requests::reads(host.address(), REST_CLIENTS, run.length).await?;
            Ok(rest_rows(read))
        }
        Scene::Orders => {
            let placed = requests::orders(host.address(), ORDERS, run.length).await?;
            Ok(order_rows(placed, &run.setting.fsync))
        }
    }
}

async fn ws(host: &Host, run: &Run) -> Result<Vec<Row>, LoadError> {
    let alone = host.engine_cost_of(tokio::time::sleep(run.length)).await?;
    let elsewhere = beside_another(host, run).await?;
    let mut crowd = Crowd::of(host.address());
    crowd.join(run.connections, Pace::Fast).await?;
    tokio::time::sleep(SETTLE).await;
    let beside = host.engine_cost_of(crowd.measured(0, run.length)).await?;
    let memory_kib = host.resident_kib()?;
    let heard = crowd.leave().await?;
    Ok(ws_rows(heard, run, [alone, elsewhere, beside], memory_kib))
}

/// What the engine costs while another host serves as many clients on the same machine: processors and caches are
/// shared then as they are beside its own clients, and nothing else is.
async fn beside_another(host: &Host, run: &Run) -> Result<EngineCost, LoadError> {
    let another = Host::start(&run.setting).await?;
    let mut crowd = Crowd::of(another.address());
    crowd.join(run.connections, Pace::Fast).await?;
    tokio::time::sleep(SETTLE).await;
    let cost = host.engine_cost_of(crowd.measured(0, run.length)).await?;
    crowd.leave().await?;
    Ok(cost)
}

fn ws_rows(mut heard: Heard, run: &Run, costs: [EngineCost; 3], memory_kib: u64) -> Vec<Row> {
    let whole = wholeness(&heard, run.connections, 1);
    let [part, _] = &mut heard.parts;
    let each_second = per_second(part.messages, run.length);
    let [alone, elsewhere, beside] = costs.map(|cost| cost.each_ns());
    let share = percent(beside, elsewhere);
    let (median, late) = (part.latencies.percentile(50), part.latencies.percentile(99));
    vec![
        Row::new(
            format!("messages per second to {} clients", run.connections),
            each_second.to_string(),
        )
        .should(format!(">= {MESSAGES}"), each_second >= MESSAGES),
        Row::new(
            "MiB per second of them",
            (per_second(part.bytes, run.length) >> 20).to_string(),
        ),
        Row::new("from the engine to a client, median", figure(median)),
        Row::new("from the engine to a client, p99", figure(late)).should(
            format!("<= {}", shown(TO_CLIENT)),
            is_within(late, TO_CLIENT),
        ),
        Row::new(
            "engine's thread for an input, alone, beside clients of another host, beside its own",
            format!("{alone}, {elsewhere} and {beside} ns"),
        ),
        Row::new("the last over the one before", format!("{share} %"))
            .should(format!("<= {ENGINE_SHARE} %"), share <= ENGINE_SHARE),
        Row::new(
            "memory of the host beside them",
            format!("{} MiB", memory_kib >> 10),
        ),
        whole,
    ]
}

/// The same clients twice: alone, and then beside slow ones, once the system keeps no more for these.
async fn slow(host: &Host, run: &Run) -> Result<Vec<Row>, LoadError> {
    let mut crowd = Crowd::of(host.address());
    crowd.join(READERS - SLOW, Pace::Fast).await?;
    tokio::time::sleep(SETTLE).await;
    crowd.measured(0, run.length).await;
    let before_kib = host.resident_kib()?;
    crowd.join(SLOW, Pace::Slow).await?;
    tokio::time::sleep(run.length).await;
    crowd.measured(1, run.length).await;
    let after_kib = host.resident_kib()?;
    let there = host.connections().await?;
    let heard = crowd.leave().await?;
    let each_kib = after_kib.saturating_sub(before_kib) / count(SLOW);
    let slow_there = there.saturating_sub(count(READERS - SLOW));
    Ok(slow_rows(heard, each_kib, slow_there))
}

fn slow_rows(mut heard: Heard, each_kib: u64, slow_there: u64) -> Vec<Row> {
    let whole = wholeness(&heard, READERS - SLOW, 2);
    let [before, beside] = &mut heard.parts;
    let (before, beside) = (
        before.latencies.percentile(99),
        beside.latencies.percentile(99),
    );
    // Of a stream that stands still there is nothing to compare.
    let both = before.zip(beside);
    let both = both.filter(|(before, beside)| !before.is_zero() && !beside.is_zero());
    let share = both.map(|(before, beside)| percent(micros(beside), micros(before)));
    let shown_share = share.map_or_else(|| "none".to_owned(), |share| format!("{share} %"));
    vec![
        Row::new(
            format!(
                "p99 to {} clients, before and beside {SLOW} slow ones",
                READERS - SLOW
            ),
            format!("{} and {}", figure(before), figure(beside)),
        ),
        Row::new("the latter over the former", shown_share).should(
            format!("<= {SLOW_SHARE} %"),
            share.is_some_and(|share| share <= SLOW_SHARE),
        ),
        Row::new("memory for each slow one", format!("{each_kib} KiB"))
            .should(format!("<= {SLOW_KIB} KiB"), each_kib <= SLOW_KIB),
        Row::new(
            "slow ones that the host closed",
            heard.slow_closed.to_string(),
        ),
        Row::new(
            format!("slow ones of {SLOW} that were there to the end"),
            slow_there.to_string(),
        )
        .should("> 0", slow_there > 0),
        whole,
    ]
}

/// Whether everybody heard everything in the first so many parts.
fn wholeness(heard: &Heard, clients: usize, parts: usize) -> Row {
    let silent = heard.parts.iter().take(parts);
    let silent: u64 = silent
        .map(|part| count(clients).saturating_sub(u64::from(part.listeners)))
        .sum();
    let bad = [
        heard.missing,
        heard.errors,
        heard.gaps,
        heard.closed,
        silent,
    ];
    let code = heard.code.as_deref().unwrap_or("none");
    let [missing, errors, gaps, closed, silent] = bad;
    Row::new(
        "missing, errors (the first), gaps, closed, silent",
        format!("{missing}, {errors} ({code}), {gaps}, {closed}, {silent}"),
    )
    .should("0", bad.iter().all(|number| *number == 0))
}

fn rest_rows(mut read: Requests) -> Vec<Row> {
    let each_second = per_second(read.done, read.lasted);
    let late = read.latencies.percentile(99);
    vec![
        Row::new(
            format!("REST reads per second by {REST_CLIENTS} clients"),
            each_second.to_string(),
        )
        .should(format!(">= {READS}"), each_second >= READS),
        Row::new("a read, median", figure(read.latencies.percentile(50))),
        Row::new("a read, p99", figure(late))
            .should(format!("<= {}", shown(READ)), is_within(late, READ)),
        failures(&read),
    ]
}

fn order_rows(mut placed: Requests, fsync: &str) -> Vec<Row> {
    let each_second = per_second(placed.done, placed.lasted);
    let late = placed.latencies.percentile(99);
    // All but a twentieth: the last of them may still be under way when the time is over.
    let enough = u64::from(ORDERS - ORDERS / 20);
    vec![
        Row::new("orders per second", each_second.to_string())
            .should(format!(">= {enough} of {ORDERS}"), each_second >= enough),
        Row::new(
            format!("order to journaled acceptance, fsync `{fsync}`, median"),
            figure(placed.latencies.percentile(50)),
        ),
        Row::new(
            format!("order to journaled acceptance, fsync `{fsync}`, p99"),
            figure(late),
        )
        .should(format!("<= {}", shown(ORDER)), is_within(late, ORDER)),
        failures(&placed),
    ]
}

fn failures(requests: &Requests) -> Row {
    let first = requests.failure.as_deref().unwrap_or("none");
    Row::new(
        "refused or denied (the first)",
        format!("{} ({first})", requests.failed),
    )
    .should("0", requests.failed == 0)
}

fn per_second(number: u64, length: Duration) -> u64 {
    let millis = u64::try_from(length.as_millis()).unwrap_or(u64::MAX).max(1);
    number.saturating_mul(1_000) / millis
}

fn percent(number: u64, of: u64) -> u64 {
    number.saturating_mul(100) / of.max(1)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A time, where there is one.
fn figure(took: Option<Duration>) -> String {
    took.map_or_else(|| "none".to_owned(), shown)
}

fn is_within(took: Option<Duration>, most: Duration) -> bool {
    took.is_some_and(|took| took <= most)
}

/// In milliseconds, to a hundredth.
fn shown(duration: Duration) -> String {
    let hundredths = micros(duration) / 10;
    format!("{}.{:02} ms", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_rounded_down_and_never_divided_by_nothing() {
        assert_eq!(per_second(999, Duration::from_millis(500)), 1_998);
        assert_eq!(percent(3, 2), 150);
        assert_eq!(percent(3, 0), 300);
        assert_eq!(shown(Duration::from_micros(12_349)), "12.34 ms");
    }

    #[test]
    fn a_silent_client_is_a_broken_promise() {
        let mut heard = Heard::default();
        heard.parts[0].listeners = 2;
        assert_eq!(wholeness(&heard, 2, 1).holds, Some(true));
        assert_eq!(wholeness(&heard, 3, 1).holds, Some(false));
        assert_eq!(wholeness(&heard, 2, 2).holds, Some(false));
        heard.missing = 1;
        assert_eq!(wholeness(&heard, 2, 1).holds, Some(false));
    }

    #[test]
    fn slow_readers_are_measured_against_the_time_before_them() {
        let mut heard = Heard::default();
        for (part, micros) in heard.parts.iter_mut().zip([1_000, 1_510]) {
            part.latencies.add(Duration::from_micros(micros));
        }
        let rows = slow_rows(heard, SLOW_KIB, 1);
        let holds: Vec<_> = rows.iter().map(|row| row.holds).collect();
        let expect = [None, Some(false), Some(true), None, Some(true)];
        assert_eq!(holds[..5], expect);
    }

    #[test]
    fn of_a_stream_that_stands_still_nothing_holds() {
        let rows = slow_rows(Heard::default(), 0, 0);
        let holds: Vec<_> = rows.iter().map(|row| row.holds).collect();
        let no = Some(false);
        assert_eq!(holds, [None, no, Some(true), None, no, no]);
        assert_eq!(rows[0].measured, "none and none");
    }
}

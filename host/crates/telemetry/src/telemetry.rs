//! From spans to a collector: what is sampled, how much may wait, and the end.

use crate::export::Exporter;
use crate::settings::{Settings, SettingsError};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider,
};
use std::time::Duration;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::{Layer, Registry};

/// Spans that wait at most; what comes then is dropped.
const QUEUE: usize = 2_048;
/// Spans that are sent at once.
const BATCH: usize = 512;
/// How long spans wait for others.
const DELAY: Duration = Duration::from_secs(2);
/// What a span has at most of events and attributes: a client's request must not grow without bound.
const MOST_EVENTS: u32 = 64;
const MOST_ATTRIBUTES: u32 = 64;

/// Sends traces until it is ended.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

impl Telemetry {
    /// Begins a thread that sends. The collector need not be there.
    ///
    /// # Errors
    /// The setting that cannot be meant.
    pub fn begin(settings: &Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let exporter = Exporter::new(settings).map_err(|reason| SettingsError {
            field: "endpoint",
            reason,
        })?;
        let bounds = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY);
        let sending = BatchSpanProcessor::builder(exporter)
            .with_batch_config(bounds.build())
            .build();
        let own = Sampler::TraceIdRatioBased(settings.sample);
        let resource = Resource::builder_empty()
            .with_service_name(settings.service_name.clone())
            .with_attributes([
                KeyValue::new("service.version", settings.service_version.clone()),
                KeyValue::new("service.instance.id", settings.instance.clone()),
            ]);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(sending)
            // Whoever began a trace decides whether it is sent.
            .with_sampler(Sampler::ParentBased(Box::new(own)))
            .with_max_events_per_span(MOST_EVENTS)
            .with_max_attributes_per_span(MOST_ATTRIBUTES)
            .with_resource(resource.build());
        Ok(Self {
            provider: provider.build(),
        })
    }

    /// The layer that makes traces of spans: those from `INFO` on, with what is logged in them.
    #[must_use]
    pub fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        let layer = tracing_opentelemetry::layer::<Registry>()
            .with_tracer(self.provider.tracer("argonaut"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false);
        let filter = Targets::new().with_default(LevelFilter::INFO);
        Box::new(layer.with_filter(filter))
    }

    /// Sends what waits, and ends. Blocks for so long at most.
    pub fn end(self, within: Duration) {
        if let Err(error) = self.provider.shutdown_with_timeout(within) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Joined, answered, join};
    use crate::settings::tests::settings;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::{Receiver, channel};
    use tracing_subscriber::layer::SubscriberExt as _;
    use zeroize::Zeroizing;

    /// Far longer than a collector on this machine takes.
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A collector that takes everything; what it was sent, head and body.
    fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let posted = posted(&mut stream);
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                stream.write_all(answer.as_bytes()).unwrap();
                if sender.send(posted).is_err() {
                    return;
                }
            }
        });
        (address, receiver)
    }

    fn posted(stream: &mut TcpStream) -> (String, Vec<u8>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        (head, body)
    }

    fn has(body: &[u8], part: &[u8]) -> bool {
        body.windows(part.len()).any(|window| window == part)
    }

    /// What a request's span joined.
    fn request(telemetry: &Telemetry, parent: Option<&str>) -> Option<Joined> {
        let subscriber = tracing_subscriber::registry().with(telemetry.layer());
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::error_span!("request", request = "run-1-7");
            let joined = join(&span, "engine.kill", parent);
            answered(&span, 503);
            joined
        })
    }

    #[test]
    fn a_collector_gets_the_span_of_a_request_in_its_callers_trace() {
        let (endpoint, received) = collector();
        let mut settings = settings(&endpoint);
        let key = Zeroizing::new("hunter2".to_owned());
        settings.headers = vec![("x-collector-key".to_owned(), key)];
        let telemetry = Telemetry::begin(&settings).unwrap();
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = format!("00-{trace}-00f067aa0ba902b7-01");
        let joined = request(&telemetry, Some(&parent)).unwrap();
        assert_eq!(joined.trace, trace);
        assert!(joined.traceparent.starts_with(&format!("00-{trace}-")));
        assert_ne!(joined.traceparent, parent);
        let own = request(&telemetry, None).unwrap();
        assert_ne!(own.trace, trace);
        telemetry.end(PATIENCE);
        let (head, body) = received.recv().unwrap();
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        assert!(head.contains("x-collector-key: hunter2"), "{head}");
        assert!(
            head.contains("content-type: application/x-protobuf"),
            "{head}"
        );
        let bytes = |text: &str| u128::from_str_radix(text, 16).unwrap().to_be_bytes();
        assert!(has(&body, &bytes(trace)));
        assert!(has(&body, &bytes(own.trace.as_str())));
        for part in [
            "engine.kill",
            "argonaut",
            "run-1-7",
            "http.response.status_code",
        ] {
            assert!(has(&body, part.as_bytes()), "{part}");
        }
    }

    #[test]
    fn who_began_a_trace_decides_whether_it_is_sent() {
        let (endpoint, received) = collector();
        let mut settings = settings(&endpoint);
        settings.sample = 0.0;
        let telemetry = Telemetry::begin(&settings).unwrap();
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = |flags: &str| format!("00-{trace}-00f067aa0ba902b7-{flags}");
        let unsent = request(&telemetry, Some(&parent("00"))).unwrap();
        assert!(unsent.traceparent.ends_with("-00"), "{unsent:?}");
        assert!(request(&telemetry, None).is_some());
        let sent = request(&telemetry, Some(&parent("01"))).unwrap();
        assert!(sent.traceparent.ends_with("-01"), "{sent:?}");
        telemetry.end(PATIENCE);
        let (_, body) = received.recv().unwrap();
        let count = body
            .windows(11)
            .filter(|part| part == b"engine.kill")
            .count();
        assert_eq!(count, 1);
    }

    #[test]
    fn a_collector_that_is_away_holds_up_nothing() {
        let nowhere = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let telemetry = Telemetry::begin(&settings(&format!("http://{nowhere}"))).unwrap();
        let subscriber = tracing_subscriber::registry().with(telemetry.layer());
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..3 * QUEUE {
                let span = tracing::error_span!("request");
                assert!(join(&span, "engine.show", None).is_some());
            }
        });
        telemetry.end(PATIENCE);
    }
}

//! Routes and notices that tests begin with.

use model::Timestamp;
use notices::{
    Filter, Kind, Level, Notice, Notifications, Retry, RouteConfig, RouteView, SinkConfig, Template,
};
use services::clock::ManualClock;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Noon of a day, in seconds since the epoch.
pub(crate) const NOON_S: u64 = 1_700_049_600 / 86_400 * 86_400 + 43_200;

pub(crate) fn noon() -> Timestamp {
    Timestamp::from_nanos(NOON_S * 1_000_000_000)
}

pub(crate) fn route(name: &str, sink: SinkConfig) -> RouteConfig {
    RouteConfig {
        name: name.to_owned(),
        sink,
        filter: Filter {
            kinds: Kind::ALL.to_vec(),
            at_least: Level::Info,
            codes: Vec::new(),
        },
        quiet: Vec::new(),
        subject: Template::parse("[{severity}] {title}").unwrap(),
        text: Template::parse("{severity} {title}").unwrap(),
        queue: 100,
        retry: Retry {
            attempts: 3,
            first: Duration::from_millis(1),
            longest: Duration::from_millis(5),
        },
    }
}

pub(crate) fn notice(title: &str, level: Level) -> Notice {
    Notice {
        kind: Kind::Alert,
        state: "RAISED",
        level,
        code: "P18".to_owned(),
        scope: "firm".to_owned(),
        title: title.to_owned(),
        text: "a word more".to_owned(),
        time: noon(),
        alert: Some(7),
    }
}

pub(crate) fn desk(routes: Vec<RouteConfig>) -> Notifications {
    let clock = Arc::new(ManualClock::at(noon()));
    Notifications::begin("run-1".to_owned(), routes, clock).unwrap()
}

/// How the only route stands, once it does as it should.
#[track_caller]
pub(crate) fn settled(desk: &Notifications, is: impl Fn(&RouteView) -> bool) -> RouteView {
    let begun = Instant::now();
    loop {
        let view = desk.routes().remove(0);
        if is(&view) {
            return view;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{view:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

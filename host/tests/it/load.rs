//! A few clients and requests of every kind on a real host, for two seconds: all are told everything and nothing is
//! refused. How fast that is `cargo xtask load` measures, with the same clients and more of them.

use super::process::plugin_dir;
use std::time::Duration;
use testkit::load::{Crowd, Host, Pace, Setting, orders, reads};

const CLIENTS: u32 = 20;
const LENGTH: Duration = Duration::from_secs(2);

fn setting() -> Setting {
    Setting {
        program: env!("CARGO_BIN_EXE_argonaut").into(),
        plugins: plugin_dir(),
        connections: CLIENTS + 1,
        quotes: 100,
        fsync: "never".to_owned(),
    }
}

#[test]
fn everybody_hears_everything_while_others_ask_and_one_is_slow() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let host = Host::start(&setting()).await.unwrap();
        let mut crowd = Crowd::of(host.address());
        crowd.join(20, Pace::Fast).await.unwrap();
        crowd.join(1, Pace::Slow).await.unwrap();
        let (_, cost, read, placed) = tokio::join!(
            crowd.measured(0, LENGTH),
            host.engine_cost_of(tokio::time::sleep(LENGTH)),
            reads(host.address(), 2, LENGTH),
            orders(host.address(), 20, LENGTH),
        );
        let there = host.connections().await.unwrap();
        assert_eq!(there, u64::from(CLIENTS) + 1);
        let heard = crowd.leave().await.unwrap();
        let part = &heard.parts[0];
        assert_eq!(part.listeners, CLIENTS, "{heard:?}");
        assert!(part.messages > u64::from(CLIENTS) * 20, "{}", part.messages);
        assert!(part.latencies.count() > 0);
        let bad = (heard.missing, heard.errors, heard.gaps, heard.closed);
        assert_eq!(bad, (0, 0, 0, 0), "{:?}", heard.code);
        assert_eq!(heard.slow_closed, 0);
        let (read, placed) = (read.unwrap(), placed.unwrap());
        assert_eq!((read.failed, read.failure), (0, None));
        assert_eq!((placed.failed, placed.failure), (0, None));
        assert!(read.done > 0);
        assert_eq!(placed.done, 40);
        assert!(cost.unwrap().inputs > 40);
        assert!(host.resident_kib().unwrap() > 0);
    });
}

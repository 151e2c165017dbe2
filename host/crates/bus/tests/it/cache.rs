//! The market cache: caps, lifetimes and the layer in this process.

use crate::server::Server;
use bus::{CacheKey, CacheKind, MarketCache, Monitor};

fn key(kind: CacheKind) -> CacheKey {
    CacheKey {
        kind,
        venue: "SIM".to_owned(),
        instrument: "EUR/USD".to_owned(),
    }
}

#[test]
fn lists_are_capped_newest_first_and_vanish_in_time() {
    let server = Server::start();
    let mut cache = MarketCache::new(&server.settings(), Monitor::default()).unwrap();
    let kinds = [
        (CacheKind::Quote, 1_000, 300),
        (CacheKind::Trade, 1_000, 300),
        (CacheKind::Bar, 500, 3_600),
        (CacheKind::Book, 200, 60),
    ];
    for (kind, cap, lifetime) in kinds {
        let values: Vec<_> = (0..=cap).map(|n| (key(kind), n.to_string())).collect();
        cache.add(&values).unwrap();
        let recent = cache.recent(&key(kind), u16::MAX).unwrap();
        let expected: Vec<_> = (1..=cap).rev().map(|n| n.to_string()).collect();
        assert_eq!(recent, expected, "the oldest went");
        assert_eq!(cache.recent(&key(kind), 2).unwrap(), expected[..2]);
        assert_eq!(cache.recent(&key(kind), 0).unwrap(), [""; 0]);
        for first in ["market", "latest"] {
            let name = format!("{first}:{}:SIM:EUR/USD", kind.name());
            let left: u64 = server.ask_database("1", &["TTL", &name]).unwrap();
            assert!(left <= lifetime && left + 30 > lifetime, "{name}: {left}");
        }
    }
}

#[test]
fn the_latest_value_is_kept_near_for_a_moment() {
    let server = Server::start();
    let (settings, quote) = (server.settings(), key(CacheKind::Quote));
    let mut writer = MarketCache::new(&settings, Monitor::default()).unwrap();
    let mut reader = MarketCache::new(&settings, Monitor::default()).unwrap();
    assert_eq!(reader.latest(&quote).unwrap(), None);
    writer.add(&[(quote.clone(), "1".to_owned())]).unwrap();
    let begun = std::time::Instant::now();
    while reader.latest(&quote).unwrap().is_none() {
        assert!(begun.elapsed().as_secs() < 30, "it never asks again");
    }
    assert_eq!(reader.latest(&quote).unwrap().as_deref(), Some("1"));
}

//! Models of venues and fees as the configuration writes them: what reaches the engine, and what is
//! refused with its key and what would do.

use super::configuration::{GOOD, check, with};
use argonaut::config;
use engine::{Definition, FillChances, SelfMatch, Slippage, VenueConfig};
use model::{Duration, Fees, InstrumentId, VenueId};
use std::path::Path;

fn definitions(text: &str) -> Vec<Definition> {
    let file = Path::new("host.toml");
    let config = config::parse(file, text, &[]).unwrap();
    config::build(file, &config).unwrap().definitions().to_vec()
}

/// The good configuration with more keys in its venue.
fn venue(more: &str) -> String {
    with("insert_latency", &format!("{more}\ninsert_latency"))
}

/// The good configuration with more keys in its instrument.
fn instrument(more: &str) -> String {
    with("class =", &format!("{more}\nclass ="))
}

fn defined_venue(text: &str) -> VenueConfig {
    let found = definitions(text).into_iter().find_map(|one| match one {
        Definition::Venue(venue) => Some(venue),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn latencies_and_chances_reach_the_engine() {
    let plain = defined_venue(GOOD);
    assert_eq!((plain.chances, plain.slippage), (None, Slippage::None));
    assert_eq!(plain.latency.feed, Duration::ZERO);
    let text = venue(
        "feed_latency = \"3ms\"\nseed = 5\ntouch_fill_chance = \"0.4\"\n\
         insert_distribution = { quantiles = [\"1ms\", \"2ms\", \"9ms\"] }\n\
         feed_distribution = { exponential = { mean = \"2ms\" } }\n\
         cancel_distribution = { log_normal = { median = \"1ms\", sigma = 0.5 } }",
    );
    let found = defined_venue(&text);
    let chances = FillChances {
        touch: "0.4".parse().unwrap(),
        seed: 5,
        ..FillChances::default()
    };
    assert_eq!(found.chances, Some(chances));
    let latency = found.latency;
    assert_eq!(latency.feed, Duration::from_millis(3));
    let quantiles = [1, 2, 9].map(Duration::from_millis);
    assert_eq!(latency.drawn.insert.0, quantiles);
    // Changes travel as orders do, unless told.
    assert_eq!(latency.drawn.modify.0, quantiles);
    assert_eq!(latency.drawn.feed.0.len(), 129);
    assert_eq!(latency.drawn.cancel.0.len(), 129);
}

#[test]
fn fees_of_orders_reach_the_engine() {
    let text = instrument(
        "fee_per_contract = \"0.005\"\nmin_fee_per_order = \"1\"\nmax_fee_share = \"0.01\"",
    );
    let fees = definitions(&text).into_iter().find_map(|one| match one {
        Definition::Instrument(instrument) => Some(instrument.fees),
        _ => None,
    });
    let expect = Fees {
        per_contract: "0.005".parse().unwrap(),
        min_per_order: "1".parse().unwrap(),
        max_share: Some("0.01".parse().unwrap()),
        ..Fees::default()
    };
    assert_eq!(fees, Some(expect));
}

#[test]
fn what_becomes_of_orders_that_meet_reaches_the_engine() {
    let modes = |text: &str| {
        let found = definitions(text).into_iter();
        let found = found.filter_map(|one| match one {
            Definition::SelfMatch(venue, mode) => Some((venue, mode)),
            _ => None,
        });
        found.collect::<Vec<_>>()
    };
    assert_eq!(modes(GOOD), []);
    for (name, mode) in [
        ("none", SelfMatch::None),
        ("cancel_newest", SelfMatch::CancelNewest),
        ("cancel_oldest", SelfMatch::CancelOldest),
        ("cancel_both", SelfMatch::CancelBoth),
        ("decrement_and_cancel", SelfMatch::DecrementAndCancel),
    ] {
        let text = venue(&format!("self_match = \"{name}\""));
        assert_eq!(modes(&text), [(VenueId::new(0), mode)]);
    }
}

#[test]
fn tiers_are_the_venues_unless_the_instrument_has_its_own() {
    let tier =
        |from: &str| format!("{{ from = \"{from}\", maker = \"-0.0001\", taker = \"0.0002\" }}");
    let of_venue = venue(&format!("fee_tiers = [{}, {}]", tier("10"), tier("20")));
    let tiers = |text: &str| {
        let tiers = definitions(text).into_iter().find_map(|one| match one {
            Definition::FeeTiers(id, tiers) => Some((id, tiers)),
            _ => None,
        });
        tiers.map(|(id, tiers)| {
            assert_eq!(id, InstrumentId::new(0));
            tiers
                .iter()
                .map(|tier| tier.from.to_string())
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(tiers(GOOD), None);
    assert_eq!(tiers(&of_venue).unwrap(), ["10", "20"]);
    let own = |more: &str| of_venue.replace("class =", &format!("{more}\nclass ="));
    let both = own(&format!("fee_tiers = [{}]", tier("5")));
    assert_eq!(tiers(&both).unwrap(), ["5"]);
    assert_eq!(tiers(&own("fee_tiers = []")), None);
}

#[test]
fn models_that_cannot_be_meant_are_named_with_their_key() {
    check(
        &venue("insert_distribution = { quantiles = [\"2ms\", \"1ms\"] }"),
        "host.toml: venue[0].insert_distribution: quantiles must not fall",
    );
    check(
        &venue("feed_distribution = { quantiles = [] }"),
        "host.toml: venue[0].feed_distribution: there are no quantiles",
    );
    check(
        &venue("cancel_distribution = { exponential = { mean = \"0ms\" } }"),
        "host.toml: venue[0].cancel_distribution: a mean or median of 0 draws nothing; remove the \
         distribution",
    );
    check(
        &venue("modify_distribution = { log_normal = { median = \"1ms\", sigma = 9.0 } }"),
        "host.toml: venue[0].modify_distribution: sigma is 9; write one above 0, up to 4",
    );
    check(
        &venue("insert_distribution = { pareto = { mean = \"1ms\" } }"),
        "host.toml:6: venue[0].insert_distribution: unknown variant `pareto`, expected one of \
         `quantiles`, `exponential`, `log_normal`",
    );
    check(
        &venue("touch_fill_chance = \"1.5\""),
        "host.toml: venue[0].touch_fill_chance: a chance is from 0 to 1",
    );
    check(
        &venue("slip_chance = \"-0.5\""),
        "host.toml: venue[0].slip_chance: a chance is from 0 to 1",
    );
    let tier = "{ from = \"5\", maker = \"0\", taker = \"0\" }";
    check(
        &venue(&format!("fee_tiers = [{tier}, {tier}]")),
        "host.toml: venue[0].fee_tiers: the thresholds of tiers must rise",
    );
    check(
        &instrument(&format!("fee_tiers = [{tier}, {tier}]")),
        "host.toml: instrument[0].fee_tiers: the thresholds of tiers must rise",
    );
    check(
        &instrument("min_fee_per_order = \"-1\""),
        "host.toml: instrument[0].min_fee_per_order: what an order costs at least or at most must \
         not be negative",
    );
    check(
        &instrument("max_fee_share = \"-0.01\""),
        "host.toml: instrument[0].max_fee_share: the largest share of the value must not be \
         negative",
    );
}

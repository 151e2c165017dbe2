//! Limits and permissions of a configuration: all of them reach the engine, and what cannot be meant is named.

use super::configuration::{GOOD, check, with};
use argonaut::config;
use engine::{Allowed, Definition, LimitScope, Limits};
use model::{AccountId, Duration, InstrumentId, Side};
use std::path::Path;

/// The good configuration with these lines in `[limits]` and below it.
fn limited(lines: &str) -> String {
    format!("{GOOD}\n[limits]\n{lines}\n")
}

#[test]
fn every_group_of_limits_reaches_the_engine() {
    let check = |lines: &str, expect: fn(&mut Limits)| {
        let file = Path::new("host.toml");
        let config = config::parse(file, &limited(lines), &[]).unwrap();
        let universe = config::build(file, &config).unwrap();
        let mut limits = Limits::default();
        expect(&mut limits);
        let wanted = Definition::Limits(LimitScope::Firm, limits);
        assert!(universe.definitions().contains(&wanted), "{lines}");
    };
    check("max_open_orders = 7", |limits| limits.max_open_orders = 7);
    check("max_venue_messages = 7", |limits| {
        limits.max_venue_messages = 7;
    });
    check("short = { locate_required = true }", |limits| {
        limits.short.locate_required = true;
    });
    check("[limits.price]\nmax_distance = \"0.05\"", |limits| {
        limits.price.max_distance = "0.05".parse().unwrap();
    });
    check("volume = { max_day_share = \"0.1\" }", |limits| {
        limits.volume.max_day_share = "0.1".parse().unwrap();
    });
    check("volume = { max_depth_share = \"0.1\" }", |limits| {
        limits.volume.max_depth_share = "0.1".parse().unwrap();
    });
    check("[limits.exposure]\nmax_gross = \"250000.5\"", |limits| {
        limits.exposure.max_gross = "250000.5".parse().unwrap();
    });
    check("[limits.loss]\nmax_daily = \"5000\"", |limits| {
        limits.loss.max_daily = "5000".parse().unwrap();
    });
    check(
        "conduct = { max_repeats = 3, repeat_window = \"1min\", no_self_match = true }",
        |limits| {
            limits.conduct.max_repeats = 3;
            limits.conduct.repeat_window = Duration::from_secs(60);
            limits.conduct.no_self_match = true;
        },
    );
    check("[limits.data]\nmax_age = \"2s\"", |limits| {
        limits.data.max_age = Duration::from_secs(2);
    });
    check("[limits.short]\nmax_day_trades = 3", |limits| {
        limits.short.max_day_trades = 3;
    });
    check("escalation = { warn = \"0.5\", halt = \"1\" }", |limits| {
        limits.escalation.warn = "0.5".parse().unwrap();
        limits.escalation.halt = "1".parse().unwrap();
    });
    check(
        "scaling = { calm_volatility = \"0.01\", volatility_window = \"5min\" }",
        |limits| {
            limits.scaling.calm_volatility = "0.01".parse().unwrap();
            limits.scaling.volatility_window = Duration::from_secs(300);
        },
    );
}

#[test]
fn sectors_volumes_and_limits_of_scopes_reach_the_engine() {
    let text = with(
        "class =",
        "sector = \"currencies\"\naverage_daily_volume = \"5000000\"\n\
         limits = { volume = { max_day_share = \"0.1\" } }\nclass =",
    );
    let text = text.replace(
        "kind = \"cash\"",
        "kind = \"cash\"\nlimits = { max_position = \"9\" }\nlocates = { \"EUR/USD\" = \"70\" }",
    );
    let file = Path::new("host.toml");
    let config = config::parse(file, &text, &[]).unwrap();
    let universe = config::build(file, &config).unwrap();
    let id = InstrumentId::new(0);
    let sector = universe.instrument(id).unwrap().sector.as_deref();
    assert_eq!(sector, Some("currencies"));
    let volume = Definition::AverageVolume(id, "5000000".parse().unwrap());
    assert!(universe.definitions().contains(&volume));
    let mut limits = Limits::default();
    limits.volume.max_day_share = "0.1".parse().unwrap();
    let own = Definition::Limits(LimitScope::Instrument(id), limits);
    assert!(universe.definitions().contains(&own));
    let position = Limits {
        max_position: "9".parse().unwrap(),
        ..Limits::default()
    };
    let account = AccountId::new(0);
    let own = Definition::Limits(LimitScope::Account(account), position);
    assert!(universe.definitions().contains(&own));
    let located = Definition::Locate(account, id, "70".parse().unwrap());
    assert!(universe.definitions().contains(&located));
    check(
        &with(
            "kind = \"cash\"",
            "kind = \"cash\"\nlocates = { GOLD = \"1\" }",
        ),
        "host.toml: account[0].locates: there is no instrument `GOLD`; there are: EUR/USD",
    );
}

#[test]
fn limits_that_cannot_be_meant_are_named_with_what_would_do() {
    check(
        &limited("[limits.loss]\nmax_dayly = \"1\""),
        "host.toml:24: limits.loss.max_dayly: unknown field `max_dayly`, expected one of \
         `max_daily`, ",
    );
    check(
        &limited("[limits.loss]\nmax_daily = 0.5"),
        "host.toml:24: limits.loss.max_daily: invalid type: floating point `0.5`, expected a \
         decimal number in quotes",
    );
    check(
        &limited("[limits.loss]\nmax_daily = \"-1\""),
        "host.toml: limits.loss.max_daily: is negative; write zero or more",
    );
    check(
        &limited("[limits.price]\nmax_drift = \"0.1\""),
        "host.toml: limits.price.drift_window: is missing or zero; its limit needs to know",
    );
    check(
        &limited("escalation = { warn = \"0.9\", reduce = \"0.5\" }"),
        "host.toml: limits.escalation.reduce: is below escalation.warn; write a share that is not",
    );
    check(
        &with(
            "class =",
            "limits = { loss = { max_daily = \"1\" } }\nclass =",
        ),
        "host.toml: instrument[0].limits.loss.max_daily: an instrument has no such sum; limit \
         the firm, an account or a strategy",
    );
    check(
        &with(
            "kind = \"cash\"",
            "kind = \"cash\"\nlimits = { scaling = { drawdown_from = \"0.5\" } }",
        ),
        "host.toml: account[0].limits.scaling.drawdown_from: needs loss.max_drawdown",
    );
}

#[test]
fn permissions_name_what_there_is() {
    let strategy = |more: &str| {
        format!("{GOOD}\n[[strategy]]\nname = \"a\"\nplugin = \"noop.wasm\"\n{more}\n")
    };
    check(
        &strategy("permissions = { instruments = [\"GBP/USD\"] }"),
        "host.toml: strategy[0].permissions.instruments: there is no instrument `GBP/USD`; there \
         are: EUR/USD",
    );
    check(
        &strategy("permissions = { venues = [\"NYSE\"] }"),
        "host.toml: strategy[0].permissions.venues: there is no venue `NYSE`; there are: SIM",
    );
    check(
        &strategy("permissions = { accounts = [\"other\"] }"),
        "host.toml: strategy[0].permissions.accounts: there is no account `other`; there are: main",
    );
    check(
        &strategy("permissions = { sides = [\"short\"] }"),
        "host.toml:25: strategy[0].permissions.sides[0]: unknown variant `short`, expected `buy` \
         or `sell`",
    );
    check(
        &strategy("limits = { loss = { max_daily = \"-5\" } }"),
        "host.toml: strategy[0].limits.loss.max_daily: is negative",
    );
    let text = strategy("permissions = { instruments = [\"EUR/USD\"], sides = [\"buy\"] }");
    let file = Path::new("host.toml");
    let config = config::parse(file, &text, &[]).unwrap();
    let universe = config::build(file, &config).unwrap();
    let section = config.strategies[0].permissions.as_ref().unwrap();
    let permissions = section.permissions(&universe).unwrap();
    let instruments = Allowed::Only(vec![InstrumentId::new(0)]);
    assert_eq!(permissions.instruments, instruments);
    assert_eq!(permissions.sides, Allowed::Only(vec![Side::Buy]));
    assert_eq!(permissions.venues, Allowed::All);
    assert_eq!(permissions.accounts, Allowed::All);
}

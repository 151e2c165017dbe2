//! Backtests that a running host is asked for, made of the configuration; and what of a request `argonaut
//! backtest` would refuse, so that it is refused before anybody waits for it.

use crate::backtest::instruments;
use crate::backtest::spec::World;
use crate::config::{AccountSort, AccountTerms, Config, Span};
use anyhow::{Context, Result, anyhow};
use engine::FillChances;
use model::{Money, PluginHash, Price, Rate, Timestamp};
use pipelines::{BacktestSettings, Backtests, BacktestsConfig, Length};
use registry::Refusal;
use services::host::HostHandle;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use store::DataKind;

/// A field, why it cannot be meant, and what would do.
type Flaw = (&'static str, String);

/// Backtests, with what the data folder has of them; nothing where the host runs none.
///
/// # Errors
/// There is no folder of market data, or the data folder cannot be read or written.
pub(crate) fn begin(
    config: &Config,
    program: PathBuf,
    host: &HostHandle,
) -> Result<Option<Backtests>> {
    let Some(section) = &config.backtests else {
        return Ok(None);
    };
    let host = host.clone();
    let begun = Backtests::begin(BacktestsConfig {
        data: section.data.clone(),
        data_dir: config.host.data_dir.clone(),
        program,
        at_work: section.at_work,
        keep: section.keep,
        limit: Length(section.limit.0),
        memory_mib: section.memory_mib,
        check,
        may_run: Arc::new(move |hash| may_run(&host, hash)),
    });
    begun
        .map(Some)
        .map_err(|reason| anyhow!("backtests: {reason}"))
}

/// Whether a component may be backtested still. That nobody has approved it, or that it broke too often where it
/// traded, does not matter here.
fn may_run(host: &HostHandle, hash: PluginHash) -> Result<(), String> {
    match host.plugin_refusal(hash) {
        None | Some(Refusal::NotApproved { .. } | Refusal::Quarantined { .. }) => Ok(()),
        Some(refusal) => Err(refusal.to_string()),
    }
}

/// What `argonaut backtest` would refuse of the command line that these settings become.
fn check(settings: &BacktestSettings) -> Result<(), Flaw> {
    let from = moment("from", settings.from.as_deref())?;
    let to = moment("to", settings.to.as_deref())?;
    let start = moment("start", settings.start.as_deref())?;
    let end = moment("end", settings.end.as_deref())?;
    let is_empty = |first: Option<Timestamp>, last: Option<Timestamp>| {
        first.zip(last).is_some_and(|(first, last)| first >= last)
    };
    if is_empty(from, to) {
        return Err(("to", "must be after `from`".to_owned()));
    }
    if is_empty(start, end) {
        return Err(("end", "must be after `start`".to_owned()));
    }
    read::<DataKind>("kind", settings.kind.as_deref())?;
    let world = world(settings)?;
    // The tick may follow from the data, which is not looked at here.
    let tick = Price::from_raw(1);
    let sections = settings.instruments.iter().map(|text| {
        let section = instruments::parse(text, tick);
        section.map_err(|error| ("instruments", without_option(&format!("{error:#}"))))
    });
    let sections = sections.collect::<Result<Vec<_>, Flaw>>()?;
    let universe = world.universe(&sections);
    let universe = universe.map_err(|error| ("instruments", without_option(&format!("{error:#}"))));
    universe.map(drop)
}

/// Requests know no options.
fn without_option(reason: &str) -> String {
    reason.replacen("--instrument ", "", 1)
}

fn world(settings: &BacktestSettings) -> Result<World, Flaw> {
    if settings.cash_account && settings.leverage.is_some() {
        let reason = "a cash account has none; leave it or `cash_account` out";
        return Err(("leverage", reason.to_owned()));
    }
    let deposits = settings.deposits.iter().map(|text| {
        let read = deposit(text);
        read.map_err(|error| ("deposits", format!("{error:#}")))
    });
    let usual = FillChances::default();
    let touch = read::<Rate>("touch_fill_chance", settings.touch_fill_chance.as_deref())?;
    let slip = read::<Rate>("slip_chance", settings.slip_chance.as_deref())?;
    let chances = FillChances {
        touch: touch.unwrap_or(usual.touch),
        slip: slip.unwrap_or(usual.slip),
        seed: settings.seed.unwrap_or_default(),
    };
    if let Some(flaw) = chances.flaw() {
        let field = match settings.touch_fill_chance {
            Some(_) => "touch_fill_chance",
            None => "slip_chance",
        };
        return Err((field, flaw.to_string()));
    }
    let latency = read::<Span>("latency", settings.latency.as_deref())?;
    let feed_latency = read::<Span>("feed_latency", settings.feed_latency.as_deref())?;
    let leverage = read::<Rate>("leverage", settings.leverage.as_deref())?;
    Ok(World {
        cash_account: settings.cash_account,
        leverage: leverage.unwrap_or(Rate::from_raw(Rate::SCALE)),
        deposits: deposits.collect::<Result<_, Flaw>>()?,
        latency: latency.unwrap_or_default(),
        feed_latency: feed_latency.unwrap_or_default(),
        slippage_ticks: settings.slippage_ticks.unwrap_or_default(),
        chances: Some(chances),
        external: None,
        terms: terms(settings)?,
    })
}

fn terms(settings: &BacktestSettings) -> Result<AccountTerms, Flaw> {
    let kind = match settings.cash_account {
        true => AccountSort::Cash,
        false => AccountSort::Margin,
    };
    let text = settings.account.as_deref();
    let terms = text.map(|text| AccountTerms::parse(text, kind));
    let terms = terms.transpose().map_err(|reason| ("account", reason))?;
    Ok(terms.unwrap_or_default())
}

fn deposit(text: &str) -> Result<(String, Money)> {
    let wrong = || format!("`{text}`: write AMOUNT CURRENCY, such as 1000000 USD");
    let (amount, currency) = text.split_once(' ').with_context(wrong)?;
    let amount: Money = amount.parse().with_context(wrong)?;
    Ok((currency.trim().to_owned(), amount))
}

fn moment(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Flaw> {
    let Some(text) = text else {
        return Ok(None);
    };
    let wrong = || {
        let reason = format!("`{text}`: write a date or 2024-01-31T09:30:00Z");
        (field, reason)
    };
    store::parse_iso(text).map(Some).ok_or_else(wrong)
}

/// A value as `argonaut backtest` reads it.
fn read<T>(field: &'static str, text: Option<&str>) -> Result<Option<T>, Flaw>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let Some(text) = text else {
        return Ok(None);
    };
    let wrong = |error: T::Err| (field, format!("`{text}`: {error}"));
    text.parse().map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_named() {
        let good = || BacktestSettings {
            instruments: vec!["EUR/USD,lot=1000".to_owned()],
            ..BacktestSettings::default()
        };
        let field = |edit: fn(&mut BacktestSettings)| {
            let mut settings = good();
            edit(&mut settings);
            check(&settings).unwrap_err()
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(check(&good()), Ok(()));
        let whole = BacktestSettings {
            kind: text("quotes"),
            start: text("2024-01-31"),
            end: text("2024-02-01T00:00:00Z"),
            deposits: vec!["1000 USD".to_owned()],
            leverage: text("10"),
            latency: text("5ms"),
            account: text("hedging=true,margin_call.call=1.2"),
            touch_fill_chance: text("0.5"),
            ..good()
        };
        assert_eq!(check(&whole), Ok(()));
        let named =
            |edit: fn(&mut BacktestSettings), expect: &str| assert_eq!(field(edit).0, expect);
        named(|it| it.start = Some("soon".to_owned()), "start");
        named(|it| it.kind = Some("news".to_owned()), "kind");
        named(|it| it.latency = Some("5".to_owned()), "latency");
        named(|it| it.leverage = Some("much".to_owned()), "leverage");
        named(|it| it.deposits = vec!["much".to_owned()], "deposits");
        named(
            |it| it.account = Some("hedging=maybe".to_owned()),
            "account",
        );
        named(
            |it| {
                it.account = Some("hedging=true".to_owned());
                it.cash_account = true;
            },
            "account",
        );
        named(|it| it.slip_chance = Some("2".to_owned()), "slip_chance");
        named(
            |it| it.instruments.push("A,lot=x".to_owned()),
            "instruments",
        );
        named(
            |it| it.instruments.push("EUR/USD".to_owned()),
            "instruments",
        );
        let (_, reason) = field(|it| it.instruments = vec!["A,colour=red".to_owned()]);
        assert!(reason.starts_with("A: "), "{reason}");
        let order = |it: &mut BacktestSettings| {
            it.start = Some("2024-02-01".to_owned());
            it.end = Some("2024-01-01".to_owned());
        };
        named(order, "end");
    }
}

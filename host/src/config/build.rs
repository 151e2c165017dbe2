//! From a configuration to the world of a run: names become handles, what is left out gets its
//! default, and what contradicts itself is named.

use super::account_rules::account_rules;
use super::hedging::hedging;
use super::venue::{models as venue_models, self_match, venue_config};
use super::{
    AccountSection, AccountSort, Class, Config, ConfigError, InstrumentSection, LimitsSection,
    OnFault, Right, VenueSection, fees,
};
use crate::universe::Universe;
use engine::{LimitScope, OrdersOnFault, StrategyConfig};
use model::{
    AccountConfig, AccountId, AccountKind, AssetClass, Duration, Instrument, InstrumentId, Margin,
    OptionRight, Quantity, Rate, StrategyId, Timestamp, VenueId,
};
use std::path::Path;

/// What sections cannot mean by themselves.
fn check_sections(config: &Config) -> Result<(), (String, String)> {
    config.host.keep()?;
    config.api.stream()?;
    config.risk.settings()?;
    config.plugin_watch()?;
    let backtests = config.backtests.as_ref();
    backtests.map_or(Ok(()), super::BacktestsSection::check)
}

/// Defines everything the configuration names but its strategies, which are loaded one by one.
pub fn build(file: &Path, config: &Config) -> Result<Universe, ConfigError> {
    let mut universe = Universe::default();
    let meaning = |key: String, reason: String| ConfigError::Meaning {
        file: file.to_owned(),
        key,
        reason,
    };
    check_limits(config).map_err(|(key, reason)| meaning(key, reason))?;
    check_sections(config).map_err(|(key, reason)| meaning(key, reason))?;
    let secrets = config.secrets.place(&config.host.data_dir);
    secrets.map_err(|(key, reason)| meaning(key.to_owned(), reason))?;
    let policy = config.plugins.policy();
    policy.map_err(|error| meaning(format!("plugins.{}", error.field), error.reason))?;
    let mut tiers = Vec::new();
    for (index, section) in config.venues.iter().enumerate() {
        let problem = |(key, reason)| meaning(format!("venue[{index}].{key}"), reason);
        let venue = universe.add_venue(venue_config(section).map_err(problem)?);
        if let Some(mode) = self_match(section).map_err(problem)? {
            universe.set_self_match(venue, mode);
        }
        universe.add_venue_models(venue_models(section));
        let own = fees::tiers(&section.fee_tiers);
        tiers.push(own.map_err(|reason| problem(("fee_tiers", reason)))?);
    }
    for (index, section) in config.instruments.iter().enumerate() {
        let problem = |(key, reason)| meaning(format!("instrument[{index}].{key}"), reason);
        let id = add_instrument(&mut universe, section).map_err(problem)?;
        let venue = universe.instrument(id).map(|instrument| instrument.venue);
        let of_venue = venue.and_then(|venue| tiers.get(venue.index()));
        if let Some(tiers) = of_venue.filter(|tiers| !tiers.is_empty())
            && section.fee_tiers.is_none()
        {
            universe.set_fee_tiers(id, tiers.clone());
        }
    }
    for (index, section) in config.accounts.iter().enumerate() {
        let made = account(&mut universe, section);
        made.map_err(|(key, reason)| meaning(format!("account[{index}].{key}"), reason))?;
    }
    for (index, section) in config.strategies.iter().enumerate() {
        let allowed = section.permissions.iter();
        let allowed = allowed.map(|section| section.permissions(&universe));
        let known = allowed.collect::<Result<Vec<_>, Problem>>();
        known.map_err(|(key, reason)| meaning(format!("strategy[{index}].{key}"), reason))?;
    }
    universe.set_limits(LimitScope::Firm, config.limits.limits());
    if config.accounts.is_empty() {
        return Err(meaning(
            "account".to_owned(),
            "at least one account is needed".to_owned(),
        ));
    }
    add_manual(&mut universe, services::host::MANUAL, AccountId::new(0));
    add_adopters(&mut universe, config);
    for (index, section) in config.hooks.iter().enumerate() {
        let problem = |(key, reason)| meaning(format!("hook[{index}].{key}"), reason);
        if let Some(account) = section.check(config, &universe).map_err(problem)? {
            add_manual(&mut universe, &section.strategy(), account);
        }
    }
    Ok(universe)
}

fn add_manual(universe: &mut Universe, name: &str, account: AccountId) -> StrategyId {
    universe.add_strategy(StrategyConfig {
        name: name.to_owned(),
        account,
        on_fault: OrdersOnFault::Keep,
        manual: true,
        permissions: engine::Permissions::ALL,
    })
}

/// What is found at a venue outside and not known here goes to a strategy for orders by hand, one for
/// each account there.
fn add_adopters(universe: &mut Universe, config: &Config) {
    let only = |sections: &[VenueSection]| match sections {
        [one] => Some(one.name.clone()),
        _ => None,
    };
    for (index, section) in (0_u32..).zip(&config.accounts) {
        let venue = section.venue.clone().or_else(|| only(&config.venues));
        let mut venues = config.venues.iter();
        let outside =
            venues.any(|known| Some(&known.name) == venue.as_ref() && known.gateway.is_some());
        if !outside {
            continue;
        }
        let adopter = match index {
            0 => universe.find_strategy(services::host::MANUAL),
            _ => {
                let name = format!("{}-{}", services::host::MANUAL, section.name);
                Some(add_manual(universe, &name, AccountId::new(index)))
            }
        };
        if let Some(adopter) = adopter {
            universe.set_adopter(adopter);
        }
    }
}

/// Limits that cannot be meant, with their key; which scope of a kind it is does not matter.
fn check_limits(config: &Config) -> Result<(), (String, String)> {
    let check = |scope, section: &LimitsSection, of: String| {
        let checked = services::limits::check(scope, &section.limits());
        checked.map_err(|(key, reason)| (format!("{of}limits.{key}"), reason))
    };
    check(LimitScope::Firm, &config.limits, String::new())?;
    for (index, section) in config.instruments.iter().enumerate() {
        if let Some(limits) = &section.limits {
            let scope = LimitScope::Instrument(InstrumentId::new(0));
            check(scope, limits, format!("instrument[{index}]."))?;
        }
    }
    for (index, section) in config.accounts.iter().enumerate() {
        if let Some(limits) = &section.limits {
            let scope = LimitScope::Account(AccountId::new(0));
            check(scope, limits, format!("account[{index}]."))?;
        }
    }
    for (index, section) in config.strategies.iter().enumerate() {
        if let Some(limits) = &section.limits {
            let scope = LimitScope::Strategy(StrategyId::new(0));
            check(scope, limits, format!("strategy[{index}]."))?;
        }
    }
    Ok(())
}

/// A key and what is wrong with it.
pub type Problem = (&'static str, String);

fn venue_of(universe: &Universe, name: Option<&str>) -> Result<VenueId, Problem> {
    let known = universe.venue_names();
    match (name, known) {
        (Some(name), _) => universe.find_venue(name).ok_or_else(|| {
            (
                "venue",
                format!(
                    "there is no venue `{name}`; there are: {}",
                    known.join(", ")
                ),
            )
        }),
        (None, [_]) => Ok(VenueId::new(0)),
        (None, _) => Err((
            "venue",
            format!("name one of the venues: {}", known.join(", ")),
        )),
    }
}

/// Defines an instrument.
pub fn add_instrument(
    universe: &mut Universe,
    section: &InstrumentSection,
) -> Result<InstrumentId, Problem> {
    if universe.find_instrument(&section.symbol).is_some() {
        return Err(("symbol", format!("`{}` is defined twice", section.symbol)));
    }
    let venue = venue_of(universe, section.venue.as_deref())?;
    let class = asset_class(universe, section)?;
    let quote_currency = universe.currency(&section.quote);
    let fees = fees::fees(section)?;
    let tiers = section.fee_tiers.as_deref().unwrap_or_default();
    let tiers = fees::tiers(tiers).map_err(|reason| ("fee_tiers", reason))?;
    let own_limits = section.limits.as_ref().map(LimitsSection::limits);
    let initial = section
        .initial_margin
        .map_or(Rate::from_raw(Rate::SCALE), |rate| rate.0);
    let id = universe.add_instrument(Instrument {
        symbol: section.symbol.clone(),
        venue,
        class,
        quote_currency,
        tick: section.tick.0,
        lot: section.lot.0,
        min_quantity: section
            .min_quantity
            .map_or(section.lot.0, |quantity| quantity.0),
        max_quantity: section
            .max_quantity
            .map_or(Quantity::MAX, |quantity| quantity.0),
        multiplier: section
            .multiplier
            .map_or(Quantity::ONE, |quantity| quantity.0),
        margin: Margin {
            initial,
            maintenance: section.maintenance_margin.map_or(initial, |rate| rate.0),
        },
        fees,
        day_end: day_end(section),
        session: section.session.map(|text| text.0),
        tradable: true,
        sector: section.sector.clone(),
    });
    if let Some(volume) = section.average_daily_volume {
        universe.set_average_volume(id, volume.0);
    }
    if !tiers.is_empty() {
        universe.set_fee_tiers(id, tiers);
    }
    if let Some(limits) = own_limits {
        universe.set_limits(LimitScope::Instrument(id), limits);
    }
    Ok(id)
}

/// When DAY orders end: with the session, unless told.
fn day_end(section: &InstrumentSection) -> Duration {
    let told = section.day_end.map(|span| span.0);
    let close = section.session.map(|text| text.0.close);
    told.or(close).unwrap_or_default()
}

fn asset_class(
    universe: &mut Universe,
    section: &InstrumentSection,
) -> Result<AssetClass, Problem> {
    let base = section.base.as_deref().map(|name| universe.currency(name));
    let needs_base = || {
        (
            "base",
            "this class needs the asset that is bought".to_owned(),
        )
    };
    let expiry = section
        .expiry_s
        .map(|s| Timestamp::from_nanos(s.saturating_mul(1_000_000_000)));
    let needs_expiry = || {
        (
            "expiry_s",
            "this class needs its last trading moment".to_owned(),
        )
    };
    Ok(match section.class {
        Class::Equity => AssetClass::Equity,
        Class::FxPair => AssetClass::FxPair {
            base: base.ok_or_else(needs_base)?,
        },
        Class::CryptoSpot => AssetClass::CryptoSpot {
            base: base.ok_or_else(needs_base)?,
        },
        Class::CryptoPerpetual => AssetClass::CryptoPerpetual {
            base: base.ok_or_else(needs_base)?,
        },
        Class::Future => AssetClass::Future {
            expiry: expiry.ok_or_else(needs_expiry)?,
        },
        Class::Option => AssetClass::Option {
            underlying: None,
            strike: section
                .strike
                .ok_or(("strike", "an option needs its strike".to_owned()))?
                .0,
            expiry: expiry.ok_or_else(needs_expiry)?,
            right: match section
                .right
                .ok_or(("right", "write call or put".to_owned()))?
            {
                Right::Call => OptionRight::Call,
                Right::Put => OptionRight::Put,
            },
        },
    })
}

fn account(universe: &mut Universe, section: &AccountSection) -> Result<(), Problem> {
    if universe.find_account(&section.name).is_some() {
        return Err(("name", format!("`{}` is defined twice", section.name)));
    }
    let venue = venue_of(universe, section.venue.as_deref())?;
    let leverage = section.leverage.map(|rate| rate.0);
    let kind = match (section.kind, leverage) {
        (AccountSort::Cash, None) => AccountKind::Cash,
        (AccountSort::Cash, Some(_)) => {
            return Err(("leverage", "a cash account has none; remove it".to_owned()));
        }
        (AccountSort::Margin, leverage) => AccountKind::Margin {
            leverage: leverage.unwrap_or(Rate::from_raw(Rate::SCALE)),
        },
    };
    let hedging = hedging(section)?;
    let rules = account_rules(section)?;
    let base_currency = universe.currency(&section.base_currency);
    let deposits = section.deposits.iter();
    let deposits = deposits
        .map(|(name, amount)| (universe.currency(name), amount.0))
        .collect();
    let id = universe.add_account(AccountConfig {
        name: section.name.clone(),
        venue,
        kind,
        base_currency,
        deposits,
        hedging,
    });
    universe.set_account_rules(id, rules);
    if let Some(section) = &section.limits {
        universe.set_limits(LimitScope::Account(id), section.limits());
    }
    for (symbol, quantity) in &section.locates {
        let Some(instrument) = universe.find_instrument(symbol) else {
            let known = universe.symbols().join(", ");
            let reason = format!("there is no instrument `{symbol}`; there are: {known}");
            return Err(("locates", reason));
        };
        universe.locate(id, instrument, quantity.0);
    }
    Ok(())
}

/// What becomes of orders, as the engine takes it.
pub fn on_fault(section: OnFault) -> OrdersOnFault {
    match section {
        OnFault::Cancel => OrdersOnFault::Cancel,
        OnFault::Keep => OrdersOnFault::Keep,
        OnFault::Flatten => OrdersOnFault::Flatten,
    }
}

//! `[[hook]]`: webhooks, what they may order or tell a strategy, and how they show that they are genuine.

mod signal;

use super::secrets::{Named, Problem};
use super::vault::{SecretName, Secrets};
use super::{Config, Decimal, Span};
use crate::universe::Universe;
use api::{HookConfig, HookKind, HookOrder, HookPurpose, OrderTemplate};
use engine::KNOWN_SIGNALS;
use model::{AccountId, Quantity, Side, TimeInForce};
use serde::Deserialize;
use signal::HookSignalSection;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Shortest secret, in bytes: it is all that keeps others from trading.
const SECRET_BYTES: usize = 16;
/// The longest that a call may be old.
const OLDEST: model::Duration = model::Duration::from_secs(3_600);
/// Longest name, in bytes.
const NAME_BYTES: usize = 64;
/// A minute.
const MINUTE_NS: u64 = 60_000_000_000;
/// Most calls within a minute.
const MOST_CALLS: usize = 6_000;

/// `[[hook]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookSection {
    /// Unique name; its place in the path. Orders of it are those of the strategy `hook-NAME`.
    pub name: String,
    /// How it is called.
    pub kind: HookKindName,
    /// `secret:NAME` of the secret.
    pub secret: Option<SecretName>,
    /// A variable that holds the secret.
    pub secret_env: Option<String>,
    /// A file whose first line the secret is.
    pub secret_file: Option<PathBuf>,
    /// What its calls tell a strategy; without it they place orders, and with it nothing of orders is said.
    pub signal: Option<HookSignalSection>,
    /// Whose money its orders use; the only account when left out.
    pub account: Option<String>,
    /// What it may trade: symbols by the names that calls use.
    #[serde(default)]
    pub instruments: BTreeMap<String, String>,
    /// Which ways; both when left out.
    pub sides: Option<Vec<HookSideName>>,
    /// Types of orders; the first one where a call says none, and only at the market when left out.
    pub types: Option<Vec<HookOrderName>>,
    /// How much where a call does not say; calls must say it when left out.
    pub quantity: Option<Decimal<Quantity>>,
    /// The least that a call may say. Orders need it.
    pub min_quantity: Option<Decimal<Quantity>>,
    /// The most that a call may say. Orders need it.
    pub max_quantity: Option<Decimal<Quantity>>,
    /// How long its orders live; until they are cancelled when left out.
    pub time_in_force: Option<HookTimeName>,
    /// How far the moment of a call may be from the clock.
    #[serde(default = "default_age")]
    pub max_age: Span,
    /// Calls within a minute, at most.
    #[serde(default = "default_calls")]
    pub per_minute: usize,
}

const fn default_age() -> Span {
    Span(model::Duration::from_secs(60))
}

const fn default_calls() -> usize {
    30
}

/// How a hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookKindName {
    /// With a signature in headers.
    Generic,
    /// By an alert of TradingView, with the secret in the body.
    TradingView,
}

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookSideName {
    /// Buy.
    Buy,
    /// Sell.
    Sell,
}

/// A type of order that a hook may place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookOrderName {
    /// At the market.
    Market,
    /// At a price or better.
    Limit,
}

/// How long the orders of a hook live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookTimeName {
    /// Until they are cancelled.
    #[default]
    Gtc,
    /// What does not fill at once is cancelled.
    Ioc,
    /// They fill at once and whole, or are cancelled.
    Fok,
    /// Until the end of the day.
    Day,
}

impl HookSection {
    /// The strategy whose orders its are.
    #[must_use]
    pub fn strategy(&self) -> String {
        format!("hook-{}", self.name)
    }

    /// Checks it against what there is besides; returns the account of its orders, where it places any.
    ///
    /// # Errors
    /// The key that cannot be meant, and why.
    pub fn check(
        &self,
        config: &Config,
        universe: &Universe,
    ) -> Result<Option<AccountId>, Problem> {
        self.check_calls()?;
        match &self.signal {
            Some(signal) => {
                self.check_no_orders()?;
                signal.check(config)?;
                self.check_memory(config, &signal.strategy)?;
                Ok(None)
            }
            None => self.check_orders(config, universe).map(Some),
        }
    }

    /// A call that may come again must be known again, also by a host that was restarted: all hooks of a
    /// strategy together bring no more meanwhile than the engine remembers.
    fn check_memory(&self, config: &Config, strategy: &str) -> Result<(), Problem> {
        let tells = |hook: &&Self| {
            let signal = hook.signal.as_ref();
            signal.is_some_and(|signal| signal.strategy == strategy)
        };
        let hooks: Vec<&Self> = config.hooks.iter().filter(tells).collect();
        let oldest = hooks.iter().map(|hook| hook.max_age.0.nanos()).max();
        // One of the future may come until it is past, and for as long again.
        let span = oldest.unwrap_or_default().saturating_mul(2);
        let minutes = usize::try_from(span.div_ceil(MINUTE_NS)).unwrap_or(usize::MAX);
        let each = hooks.iter().map(|hook| hook.per_minute);
        let calls = each.fold(0_usize, usize::saturating_add);
        match calls.saturating_mul(minutes) {
            ..=KNOWN_SIGNALS => Ok(()),
            calls => {
                let reason = format!(
                    "within twice `max_age` the hooks of `{strategy}` take {calls} calls, and {KNOWN_SIGNALS} \
                     are known again after a restart; lower `per_minute` or `max_age`"
                );
                said("per_minute", &reason)
            }
        }
    }

    fn check_orders(&self, config: &Config, universe: &Universe) -> Result<AccountId, Problem> {
        self.check_bounds()?;
        let own = self.strategy();
        let is_taken = config.strategies.iter().any(|section| section.name == own);
        if is_taken || universe.find_strategy(&own).is_some() {
            return said(
                "name",
                &format!("there is a strategy `{own}` already; take another name"),
            );
        }
        for (name, symbol) in &self.instruments {
            if universe.find_instrument(symbol).is_none() {
                let known = universe.symbols().join(", ");
                let reason = format!("there is no instrument `{symbol}`; there are: {known}");
                return said(&format!("instruments.{name}"), &reason);
            }
        }
        let known = universe.account_names().join(", ");
        match (&self.account, config.accounts.as_slice()) {
            (Some(name), _) => universe.find_account(name).ok_or_else(|| {
                let reason = format!("there is no account `{name}`; there are: {known}");
                ("account".to_owned(), reason)
            }),
            (None, [_]) => Ok(AccountId::new(0)),
            (None, _) => said("account", &format!("say which one: {known}")),
        }
    }

    /// The hook, with its secret read.
    ///
    /// # Errors
    /// The key that cannot be meant, and why; never the secret.
    pub fn hook(&self, secrets: &Secrets) -> Result<HookConfig, Problem> {
        let named = Named {
            key: "secret",
            variable: self.secret_env.as_deref(),
            file: self.secret_file.as_deref(),
            sealed: self.secret.as_ref(),
            secrets,
        };
        let secret = named.needed("the hook's secret")?;
        if secret.len() < SECRET_BYTES {
            let key = match (&self.secret_env, &self.secret_file) {
                (Some(_), _) => "secret_env",
                (None, Some(_)) => "secret_file",
                (None, None) => "secret",
            };
            return said(key, "the secret must have 16 bytes or more");
        }
        Ok(HookConfig {
            name: self.name.clone(),
            kind: match self.kind {
                HookKindName::Generic => HookKind::Generic,
                HookKindName::TradingView => HookKind::TradingView,
            },
            secret,
            purpose: match &self.signal {
                Some(signal) => HookPurpose::Signals(signal.template()),
                None => HookPurpose::Orders(self.template()?),
            },
            max_age: self.max_age.0,
            per_minute: self.per_minute,
        })
    }

    /// What it may order.
    fn template(&self) -> Result<OrderTemplate, Problem> {
        let (min_quantity, max_quantity) = self.bounds()?;
        Ok(OrderTemplate {
            strategy: self.strategy(),
            instruments: self.instruments.clone(),
            sides: self.sides().iter().map(|side| Side::from(*side)).collect(),
            types: self
                .types()
                .iter()
                .map(|kind| HookOrder::from(*kind))
                .collect(),
            quantity: self.quantity.map(|quantity| quantity.0),
            min_quantity,
            max_quantity,
            time_in_force: self.time_in_force.unwrap_or_default().into(),
        })
    }

    fn sides(&self) -> &[HookSideName] {
        const BOTH: &[HookSideName] = &[HookSideName::Buy, HookSideName::Sell];
        self.sides.as_deref().unwrap_or(BOTH)
    }

    fn types(&self) -> &[HookOrderName] {
        const MARKET: &[HookOrderName] = &[HookOrderName::Market];
        self.types.as_deref().unwrap_or(MARKET)
    }

    /// The least and the most that a call may ask for.
    fn bounds(&self) -> Result<(Quantity, Quantity), Problem> {
        let needed = |key: &str, bound: Option<Decimal<Quantity>>| match bound {
            Some(bound) => Ok(bound.0),
            None => said(key, "is missing: a hook for orders needs it"),
        };
        Ok((
            needed("min_quantity", self.min_quantity)?,
            needed("max_quantity", self.max_quantity)?,
        ))
    }

    /// What is said of orders has no meaning where there are none.
    fn check_no_orders(&self) -> Result<(), Problem> {
        let said_of_orders = [
            ("account", self.account.is_some()),
            ("instruments", !self.instruments.is_empty()),
            ("sides", self.sides.is_some()),
            ("types", self.types.is_some()),
            ("quantity", self.quantity.is_some()),
            ("min_quantity", self.min_quantity.is_some()),
            ("max_quantity", self.max_quantity.is_some()),
            ("time_in_force", self.time_in_force.is_some()),
        ];
        match said_of_orders.into_iter().find(|(_, is_said)| *is_said) {
            Some((key, _)) => said(key, "is of orders; leave it out, or `signal`"),
            None => Ok(()),
        }
    }

    fn check_calls(&self) -> Result<(), Problem> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if self.name.is_empty() || !self.name.bytes().all(is_letter) {
            return said(
                "name",
                "must be letters, digits, `-` and `_`: it stands in the path",
            );
        }
        if self.name.len() > NAME_BYTES {
            return said("name", "must have at most 64 bytes");
        }
        if self.max_age.0 > OLDEST || self.max_age.0 < model::Duration::from_secs(1) {
            return said("max_age", "must be from \"1s\" to \"1h\"");
        }
        if !(1..=MOST_CALLS).contains(&self.per_minute) {
            return said("per_minute", "must be from 1 to 6000");
        }
        Ok(())
    }

    fn check_bounds(&self) -> Result<(), Problem> {
        if self.instruments.is_empty() {
            return said(
                "instruments",
                "name at least one, as { EURUSD = \"EUR/USD.SIM\" }",
            );
        }
        if self.sides().is_empty() {
            return said("sides", "name at least one");
        }
        if self.types().is_empty() {
            return said("types", "name at least one");
        }
        let (least, most) = self.bounds()?;
        if least <= Quantity::ZERO {
            return said("min_quantity", "must be more than 0");
        }
        if most < least {
            return said("max_quantity", "must not be less than `min_quantity`");
        }
        let usual = self.quantity.map(|quantity| quantity.0);
        if usual.is_some_and(|usual| usual < least || usual > most) {
            return said("quantity", "must be from `min_quantity` to `max_quantity`");
        }
        Ok(())
    }
}

fn said<T>(key: &str, reason: &str) -> Result<T, Problem> {
    Err((key.to_owned(), reason.to_owned()))
}

impl From<HookSideName> for Side {
    fn from(name: HookSideName) -> Self {
        match name {
            HookSideName::Buy => Self::Buy,
            HookSideName::Sell => Self::Sell,
        }
    }
}

impl From<HookOrderName> for HookOrder {
    fn from(name: HookOrderName) -> Self {
        match name {
            HookOrderName::Market => Self::Market,
            HookOrderName::Limit => Self::Limit,
        }
    }
}

impl From<HookTimeName> for TimeInForce {
    fn from(name: HookTimeName) -> Self {
        match name {
            HookTimeName::Gtc => Self::Gtc,
            HookTimeName::Ioc => Self::Ioc,
            HookTimeName::Fok => Self::Fok,
            HookTimeName::Day => Self::Day,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{build, parse};
    use crate::run::DEFAULT_CONFIG;
    use std::path::Path;

    const HOOK: &str = r#"
        [[hook]]
        name = "tv"
        kind = "tradingview"
        secret_env = "TV_SECRET"
        instruments = { EURUSD = "EUR/USD.SIM" }
        min_quantity = "1000"
        max_quantity = "100000"
    "#;

    /// What becomes of the built-in configuration with a hook in which a text is another.
    #[track_caller]
    fn check(old: &str, new: &str, expect: Option<&str>) {
        assert!(HOOK.contains(old), "{old}");
        let text = format!("{DEFAULT_CONFIG}\n{}", HOOK.replace(old, new));
        let file = Path::new("test.toml");
        let built = parse(file, &text, &[]).and_then(|config| build(file, &config));
        match (built, expect) {
            (Ok(universe), None) => assert!(universe.find_strategy("hook-tv").is_some()),
            (Err(error), Some(key)) => {
                let error = error.to_string();
                assert!(error.contains(&format!("hook[0].{key}: ")), "{error}");
            }
            (built, _) => panic!("{new}: {:?}, not {expect:?}", built.err()),
        }
    }

    #[test]
    fn a_hook_has_a_strategy_of_its_own_and_bounds() {
        check("tv", "tv", None);
        check("name = \"tv\"", "name = \"a/b\"", Some("name"));
        check("EUR/USD.SIM", "EUR/NOK.SIM", Some("instruments.EURUSD"));
        check("{ EURUSD = \"EUR/USD.SIM\" }", "{}", Some("instruments"));
        check("\"1000\"", "\"0\"", Some("min_quantity"));
        check("\"100000\"", "\"10\"", Some("max_quantity"));
        let with = |line: &str| format!("[[hook]]\n{line}");
        check("[[hook]]", &with("quantity = \"1\""), Some("quantity"));
        check("[[hook]]", &with("sides = []"), Some("sides"));
        check("[[hook]]", &with("max_age = \"2h\""), Some("max_age"));
        check("[[hook]]", &with("account = \"nobody\""), Some("account"));
        check("[[hook]]", &with("per_minute = 0"), Some("per_minute"));
        let long = format!("name = \"{}\"", "x".repeat(65));
        check("name = \"tv\"", &long, Some("name"));
        check("min_quantity = \"1000\"", "", Some("min_quantity"));
        check("max_quantity = \"100000\"", "", Some("max_quantity"));
    }

    /// What becomes of the built-in configuration with a hook that tells its first strategy.
    #[track_caller]
    fn check_signal(old: &str, new: &str, expect: Option<&str>) {
        const SIGNAL: &str = r#"
            [[hook]]
            name = "tv"
            kind = "tradingview"
            secret_env = "TV_SECRET"
            [hook.signal]
            strategy = "TOLD"
            name = "chart"
            values = { side = { kind = "text", one_of = ["buy"] }, size = { kind = "decimal", min = "1" } }
        "#;
        assert!(SIGNAL.contains(old), "{old}");
        let file = Path::new("test.toml");
        let plain = parse(file, DEFAULT_CONFIG, &[]).unwrap();
        let told = &plain.strategies.first().unwrap().name;
        let hook = SIGNAL.replace(old, new).replace("TOLD", told);
        let text = format!("{DEFAULT_CONFIG}\n{hook}");
        let built = parse(file, &text, &[]).and_then(|config| build(file, &config));
        match (built, expect) {
            (Ok(universe), None) => assert!(universe.find_strategy("hook-tv").is_none()),
            (Err(error), Some(key)) => {
                let error = error.to_string();
                assert!(error.contains(&format!("hook[0].{key}: ")), "{error}");
            }
            (built, _) => panic!("{new}: {:?}, not {expect:?}", built.err()),
        }
    }

    #[test]
    fn a_hook_that_tells_a_strategy_orders_nothing() {
        check_signal("tv", "tv", None);
        check_signal("TOLD", "nobody", Some("signal.strategy"));
        check_signal("\"chart\"", "\"a b\"", Some("signal.name"));
        check_signal("size =", "\"a b\" =", Some("signal.values.a b"));
        let size = Some("signal.values.size");
        check_signal("min =", "one_of = [\"x\"], min =", size);
        check_signal("min = \"1\"", "min = \"1\", max = \"0\"", size);
        check_signal("min =", "digits = 9, min =", None);
        check_signal("min =", "digits = 10, min =", size);
        let side = Some("signal.values.side");
        check_signal("one_of = [\"buy\"]", "max = \"1\"", side);
        check_signal("one_of = [\"buy\"]", "digits = 2", side);
        let with = |line: &str| format!("[[hook]]\n{line}");
        check_signal("[[hook]]", &with("sides = [\"buy\"]"), Some("sides"));
        check_signal("[[hook]]", &with("quantity = \"1\""), Some("quantity"));
        let many = Some("per_minute");
        check_signal("[[hook]]", &with("per_minute = 2048"), None);
        check_signal("[[hook]]", &with("per_minute = 2049"), many);
        let beside = |per_minute: u32| {
            format!(
                r#"[[hook]]
                name = "beside"
                kind = "generic"
                secret_env = "SECRET"
                max_age = "1h"
                signal = {{ strategy = "TOLD", name = "chart" }}
                [[hook]]
                per_minute = {per_minute}"#
            )
        };
        // The other one takes 30.
        check_signal("[[hook]]", &beside(4), None);
        check_signal("[[hook]]", &beside(5), many);
        check_signal("[[hook]]", &with("account = \"paper\""), Some("account"));
    }
}

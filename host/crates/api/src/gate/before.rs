//! How that was which a request is about to change, in a few words for the log. It is looked up where readers
//! look, when the request has come: between that look and the change somebody else may change it, too.

use crate::dto::custom::RuleDto;
use crate::dto::engine::trading_state;
use crate::dto::locate::LocateDto;
use crate::dto::order::OrderDto;
use crate::dto::risk::{ScopeDto, ScopeLimitsDto};
use crate::dto::strategy::PluginDto;
use crate::port::HostPort;
use crate::state::Api;
use engine::LimitScope;
use model::{OrderId, Price};
use serde::Serialize;
use serde_json::{Value, json};
use services::handle::ScopeName;
use services::view::InstrumentView;
use std::sync::Arc;

/// What a request is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// As in the policy.
    pub(crate) operation: &'static str,
    /// The name in its path, where it has one.
    pub(crate) name: Option<&'a str>,
    /// Its body, where that is JSON.
    pub(crate) body: Option<&'a Value>,
}

/// Says how something is now; nothing where there is nothing yet, or nothing to tell.
pub(crate) type BeforeOf = Arc<dyn Fn(About<'_>) -> Option<Value> + Send + Sync>;

/// How that is now which a request is about.
pub(crate) fn before<H: HostPort>(api: &Api<H>, about: About<'_>) -> Option<Value> {
    let said = |field: &str| about.body?.get(field)?.as_str();
    match about.operation {
        "engine.kill" | "engine.trading_state.set" => {
            let engine = api.host.engine();
            let state = trading_state(engine.trading_state).0;
            Some(json!({ "trading_state": state, "killed": engine.killed }))
        }
        "orders.modify" | "orders.cancel" => order(api, about.name?),
        "instruments.status.set" => {
            let view = instrument(api, about.name?.strip_suffix("/status")?)?;
            Some(json!({ "halted": view.halted }))
        }
        "instruments.prices.set" => {
            let view = instrument(api, about.name?.strip_suffix("/prices")?)?;
            let shown = |price: Option<Price>| price.map(|price| price.to_string());
            Some(json!({ "mark": shown(view.venue_mark), "index": shown(view.index) }))
        }
        "risk.limits.set" | "risk.factors.set" => limits(api, about.name?),
        "risk.regimes.set" => limits(api, said("scope")?),
        "risk.locates.set" => located(api, said("account")?, said("instrument")?),
        "risk.states.set" | "risk.kill.clear" => state(api, about.name?),
        "risk.kill.set" => state(api, said("scope")?),
        "risk.rules.set" | "risk.rules.remove" => rule(api, about.name?),
        "plugins.approve" | "plugins.revoke" | "plugins.release" | "plugins.delete" => {
            let record = api.host.plugin(about.name?).ok()?;
            Some(json!({ "state": record.state.name() }))
        }
        operation => {
            let (of, _) = operation.split_once('.')?;
            let is_strategy = ["strategies", "shadows", "canaries"].contains(&of);
            is_strategy.then(|| strategy(api, about.name?)).flatten()
        }
    }
}

fn order<H: HostPort>(api: &Api<H>, id: &str) -> Option<Value> {
    let order = api.host.order(id.parse::<OrderId>().ok()?)?;
    let shown = OrderDto::new(&order, None, &api.names());
    Some(json!({
        "status": shown.status.0,
        "quantity": shown.quantity,
        "filled": shown.filled,
        "price": shown.prices.price,
        "trigger": shown.prices.trigger,
    }))
}

fn instrument<H: HostPort>(api: &Api<H>, symbol: &str) -> Option<InstrumentView> {
    let mut views = api.host.instruments().into_iter();
    views.find(|view| view.instrument.symbol == symbol)
}

fn strategy<H: HostPort>(api: &Api<H>, name: &str) -> Option<Value> {
    let strategy = api.host.strategy(name)?;
    let mut shown = json!({
        "state": strategy.state.name(),
        "plugin": value(strategy.plugin.as_ref().map(PluginDto::new)),
    });
    let besides = [
        ("probation", strategy.probation.is_some()),
        ("shadow", strategy.shadow.is_some()),
    ];
    for (what, _) in besides.into_iter().filter(|(_, is_there)| *is_there) {
        shown[what] = Value::Bool(true);
    }
    Some(shown)
}

fn limits<H: HostPort>(api: &Api<H>, scope: &str) -> Option<Value> {
    let view = api.host.limits(find(api, scope)?);
    let shown = value(ScopeLimitsDto::new(&view, &api.names()));
    Some(without_nothing(shown))
}

fn located<H: HostPort>(api: &Api<H>, account: &str, instrument: &str) -> Option<Value> {
    let names = api.names();
    let place = (names.account_id(account)?, names.instrument_id(instrument)?);
    let located = api.host.locates().into_iter();
    let mut own = located.filter(|view| (view.account, view.instrument) == place);
    Some(value(LocateDto::new(&own.next()?, &names)))
}

fn state<H: HostPort>(api: &Api<H>, scope: &str) -> Option<Value> {
    let view = api.host.risk_state(find(api, scope)?);
    Some(value(ScopeDto::new(&view, &api.names())))
}

fn rule<H: HostPort>(api: &Api<H>, name: &str) -> Option<Value> {
    let mut rules = api.host.rules().into_iter();
    let rule = rules.find(|rule| rule.name == name)?;
    Some(value(RuleDto::new(rule, &api.names())))
}

fn find<H: HostPort>(api: &Api<H>, scope: &str) -> Option<LimitScope> {
    scope.parse::<ScopeName>().ok()?.find(&api.host).ok()
}

/// As JSON; what cannot be is left out.
fn value(shown: impl Serialize) -> Value {
    serde_json::to_value(shown).unwrap_or_default()
}

/// Without what does not bind, of which limits have much.
fn without_nothing(value: Value) -> Value {
    let Value::Object(fields) = value else {
        return value;
    };
    let kept = fields.into_iter().filter_map(|(name, value)| {
        let value = without_nothing(value);
        let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty);
        (!value.is_null() && !is_empty).then_some((name, value))
    });
    Value::Object(kept.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_bind_is_left_out() {
        let all = json!({ "a": null, "b": { "c": null }, "d": { "e": 1, "f": null }, "g": [null] });
        let kept = json!({ "d": { "e": 1 }, "g": [null] });
        assert_eq!(without_nothing(all), kept);
    }
}

//! Whose business a request is: what is of a strategy or an account is refused to a person who is bound to
//! others. It is asked here and not in the engine, which knows no people; what only takes away passes.

use super::before::About;
use crate::port::HostPort;
use crate::state::Api;
use model::{AccountId, OrderId};
use services::host::MANUAL;
use services::view::StrategyView;
use std::sync::Arc;

/// What a request lets trade. `None` is of none, or not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) strategy: Option<String>,
    pub(crate) account: Option<String>,
}

impl Touched {
    /// In words.
    pub(super) fn said(&self) -> String {
        let strategy = self.strategy.as_deref().unwrap_or("none that is known");
        let account = self.account.as_deref().unwrap_or("none that is known");
        format!("strategy {strategy}, account {account}")
    }
}

/// Says what a request lets trade; nothing where it lets nothing trade that is somebody's.
pub(crate) type TouchedOf = Arc<dyn Fn(About<'_>) -> Option<Touched> + Send + Sync>;

/// What a request lets trade.
pub(crate) fn touched<H: HostPort>(api: &Api<H>, about: About<'_>) -> Option<Touched> {
    let said = |field: &str| about.body?.get(field)?.as_str();
    match about.operation {
        "orders.place" | "orders.place_list" => {
            // Without a body it is refused anyway.
            let body = about.body?;
            let is_named = body.get("strategy").is_some_and(|named| !named.is_null());
            let named = if is_named {
                said("strategy")
            } else {
                Some(MANUAL)
            };
            Some(of_name(api, named))
        }
        "orders.modify" => {
            let id = about.name.and_then(|name| name.parse::<OrderId>().ok());
            let order = id.and_then(|id| api.host.order(id));
            let strategies = api.host.strategies();
            let of = |view: &&Arc<StrategyView>| {
                order
                    .as_ref()
                    .is_some_and(|order| view.id == order.strategy)
            };
            Some(of_view(api, strategies.iter().find(of)))
        }
        "accounts.convert" => Some(Touched {
            strategy: None,
            account: about.name.map(str::to_owned),
        }),
        "strategies.load" => Some(Touched {
            strategy: said("name").map(str::to_owned),
            account: said("account").map(str::to_owned),
        }),
        "strategies.start"
        | "strategies.resume"
        | "strategies.signal"
        | "strategies.swap"
        | "strategies.parameters.set"
        | "strategies.flip"
        | "strategies.probation.end"
        | "canaries.begin"
        | "canaries.promote"
        | "shadows.promote" => Some(of_name(api, about.name)),
        _ => None,
    }
}

fn of_name<H: HostPort>(api: &Api<H>, name: Option<&str>) -> Touched {
    let strategy = name.and_then(|name| api.host.strategy(name));
    of_view(api, strategy.as_ref())
}

fn of_view<H: HostPort>(api: &Api<H>, strategy: Option<&Arc<StrategyView>>) -> Touched {
    Touched {
        strategy: strategy.map(|view| view.name.clone()),
        account: strategy.and_then(|view| account(api, view.account)),
    }
}

fn account<H: HostPort>(api: &Api<H>, id: AccountId) -> Option<String> {
    let accounts = api.host.accounts().into_iter();
    let mut own = accounts.filter(|account| account.id == id);
    own.next().map(|account| account.config.name)
}

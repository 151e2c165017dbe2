//! A channel as it is now.

use crate::dto::account::AccountDto;
use crate::dto::alert::AlertDto;
use crate::dto::engine::EngineDto;
use crate::dto::fill::FillDto;
use crate::dto::happened::{CashFlowViewDto, LifeEventDto};
use crate::dto::market::{BookDto, QuoteDto};
use crate::dto::metrics::MetricsDto;
use crate::dto::order::OrderDto;
use crate::dto::pipeline::DeploymentDto;
use crate::dto::position::PositionDto;
use crate::dto::risk::ScopeDto;
use crate::dto::strategy::StrategyDto;
use crate::dto::stream::{Channel, Item};
use crate::dto::venue::VenueDto;
use crate::names::Names;
use crate::port::HostPort;
use crate::state::Api;
use crate::stream::encoding::{Body, Encoding};
use crate::stream::subscriptions::Key;
use model::{AccountId, InstrumentId};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Most closed orders, and most fills, in a snapshot.
const LATEST: usize = 200;

/// How often a snapshot is tried during which nothing happens.
const TRIES: usize = 8;

/// A channel as it is at a place of the host's stream.
pub(super) struct Taken {
    pub(super) sequence: u64,
    pub(super) items: Vec<Item>,
    /// Fills that are in it and may be of updates after `sequence`.
    pub(super) fills: BTreeSet<(AccountId, u64)>,
    /// The same of what has a number: up to this one.
    pub(super) newest: u64,
}

/// The same from another process: its message is written already.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) sequence: u64,
    pub(super) written: Written,
    /// As [`Taken::fills`].
    pub(super) fills: BTreeSet<(AccountId, u64)>,
    /// As [`Taken::newest`].
    pub(super) newest: u64,
}

/// A message that came in JSON, written in the other encoding once for all who want it so.
#[derive(Debug)]
pub(super) struct Written {
    json: Body,
    packed: OnceLock<Option<Body>>,
}

impl Written {
    pub(super) fn new(json: Body) -> Self {
        Self {
            json,
            packed: OnceLock::new(),
        }
    }

    /// It, in an encoding; `None` when it cannot be written, which the log tells.
    pub(super) fn body(&self, encoding: Encoding) -> Option<Body> {
        let again = || encoding.again(&self.json);
        match encoding {
            Encoding::Json => again(),
            Encoding::MessagePack => self.packed.get_or_init(again).clone(),
        }
    }
}

/// Takes a snapshot: of a moment during which nothing happened, if there is one. Where something happens
/// all the time, what happened meanwhile may be in it and come once more; states repeat, and what comes one
/// by one is told.
pub(super) fn take<H: HostPort>(api: &Api<H>, names: &Names, (channel, instrument): Key) -> Taken {
    for _ in 0..TRIES {
        let sequence = api.host.stream_position();
        let items = items(api, names, channel, instrument);
        if api.host.stream_position() == sequence {
            return Taken {
                sequence,
                fills: BTreeSet::new(),
                newest: newest(&items),
                items,
            };
        }
    }
    let sequence = api.host.stream_position();
    // Read before the items: a fill that is in here is in them as well, or is older.
    let fills = match channel {
        Channel::Fills => executions(api),
        _ => BTreeSet::new(),
    };
    let items = items(api, names, channel, instrument);
    Taken {
        sequence,
        fills,
        newest: newest(&items),
        items,
    }
}

/// The greatest number of what is numbered.
fn newest(items: &[Item]) -> u64 {
    let numbers = items.iter().filter_map(Item::number);
    numbers.max().unwrap_or_default()
}

/// The items of a channel, of one instrument or of all. Bars have no state to show.
fn items<H: HostPort>(
    api: &Api<H>,
    names: &Names,
    channel: Channel,
    instrument: Option<InstrumentId>,
) -> Vec<Item> {
    let wanted = |id: InstrumentId| instrument.is_none_or(|wanted| wanted == id);
    match channel {
        Channel::Quotes => quotes(api, names, wanted),
        Channel::Book => books(api, names, wanted),
        // Bars have no state, and what people do and jobs are read elsewhere.
        Channel::Bars | Channel::Audit | Channel::Approvals | Channel::Jobs => Vec::new(),
        Channel::Orders => orders(api, names, wanted),
        Channel::Fills => {
            let fills = api.host.fills();
            let fills = fills
                .iter()
                .filter(|fill| wanted(fill.instrument))
                .take(LATEST);
            fills
                .map(|fill| Item::Fill(FillDto::new(fill, names)))
                .collect()
        }
        Channel::Positions => {
            let views = api.host.positions();
            let views = views.iter().filter(|view| wanted(view.instrument));
            views
                .map(|view| Item::Position(PositionDto::new(view, names)))
                .collect()
        }
        Channel::Strategies => {
            let views = api.host.strategies();
            views
                .iter()
                .map(|view| Item::Strategy(Box::new(StrategyDto::new(view, names))))
                .collect()
        }
        Channel::Accounts => {
            let views = api.host.accounts();
            views
                .iter()
                .map(|view| Item::Account(AccountDto::new(view, names)))
                .collect()
        }
        Channel::Engine => {
            vec![Item::Engine(EngineDto::new(
                &api.host.engine(),
                &api.settings.run,
            ))]
        }
        Channel::Risk => risk(api, names),
        Channel::Alerts => alerts(api, names),
        Channel::Metrics => metrics(api, names),
        Channel::Venues => venues(api, names),
        Channel::CashFlows => cash_flows(api, names, instrument),
        Channel::LifeEvents => life_events(api, names, instrument),
        Channel::Pipelines => {
            let views = api.host.strategies();
            let deployments = views.iter().filter_map(|view| DeploymentDto::of(view));
            deployments.map(Item::Pipeline).collect()
        }
        Channel::Portfolio => {
            let now = crate::routes::portfolio::now(&api.host);
            vec![Item::Portfolio(Box::new(now))]
        }
    }
}

fn quotes<H: HostPort>(
    api: &Api<H>,
    names: &Names,
    wanted: impl Fn(InstrumentId) -> bool,
) -> Vec<Item> {
    let views = api.host.instruments();
    let quotes = views
        .iter()
        .filter(|view| wanted(view.id))
        .filter_map(|view| view.quote);
    quotes
        .map(|quote| Item::Quote(QuoteDto::new(&quote, names)))
        .collect()
}

fn books<H: HostPort>(
    api: &Api<H>,
    names: &Names,
    wanted: impl Fn(InstrumentId) -> bool,
) -> Vec<Item> {
    let views = api.host.instruments();
    let books = views
        .iter()
        .filter(|view| wanted(view.id))
        .filter_map(|view| view.book.as_deref());
    books
        .map(|book| Item::Book(BookDto::new(book.instrument, Some(book), names)))
        .collect()
}

fn risk<H: HostPort>(api: &Api<H>, names: &Names) -> Vec<Item> {
    let scopes = crate::routes::risk::scopes(&api.host);
    let scopes = scopes.iter();
    scopes
        .map(|view| Item::Scope(ScopeDto::new(view, names)))
        .collect()
}

fn alerts<H: HostPort>(api: &Api<H>, names: &Names) -> Vec<Item> {
    let alerts = api.host.alerts();
    let alerts = alerts.iter().take(LATEST);
    alerts
        .map(|view| Item::Alert(AlertDto::new(view, names)))
        .collect()
}

fn cash_flows<H: HostPort>(
    api: &Api<H>,
    names: &Names,
    instrument: Option<InstrumentId>,
) -> Vec<Item> {
    let flows = api.host.cash_flows();
    let wanted = flows
        .iter()
        .filter(|view| instrument.is_none() || view.instrument() == instrument);
    let latest = wanted.take(LATEST);
    latest
        .map(|view| Item::CashFlow(CashFlowViewDto::new(view, names)))
        .collect()
}

fn life_events<H: HostPort>(
    api: &Api<H>,
    names: &Names,
    instrument: Option<InstrumentId>,
) -> Vec<Item> {
    let events = api.host.life_events();
    let wanted = events
        .iter()
        .filter(|view| instrument.is_none() || view.what.instrument() == instrument);
    let latest = wanted.take(LATEST);
    latest
        .map(|view| Item::LifeEvent(LifeEventDto::new(view, names)))
        .collect()
}

fn venues<H: HostPort>(api: &Api<H>, names: &Names) -> Vec<Item> {
    let venues = api.host.venues();
    let venues = venues.iter();
    venues
        .map(|view| Item::Venue(Box::new(VenueDto::new(view, names))))
        .collect()
}

fn metrics<H: HostPort>(api: &Api<H>, names: &Names) -> Vec<Item> {
    let latest = api.host.metrics().into_iter();
    latest
        .map(|view| Item::Metrics(Box::new(MetricsDto::new(&view, names))))
        .collect()
}

fn orders<H: HostPort>(
    api: &Api<H>,
    names: &Names,
    wanted: impl Fn(InstrumentId) -> bool,
) -> Vec<Item> {
    let mut closed = 0;
    let mut items = Vec::new();
    for order in api
        .host
        .orders()
        .iter()
        .filter(|order| wanted(order.instrument))
    {
        if order.status.is_closed() {
            closed += 1;
            if closed > LATEST {
                continue;
            }
        }
        let denied = api.denials.of(order.id);
        items.push(Item::Order(OrderDto::new(order, denied, names)));
    }
    items
}

/// The executions that a snapshot of fills may hold.
fn executions<H: HostPort>(api: &Api<H>) -> BTreeSet<(AccountId, u64)> {
    let fills = api.host.fills();
    fills
        .iter()
        .take(LATEST)
        .map(|fill| (fill.account, fill.execution))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_came_in_json_is_packed_once_for_all() {
        let json = Body::of_text(r#"{"type":"snapshot","sequence":7}"#).unwrap();
        let written = Written::new(json.clone());
        assert_eq!(written.body(Encoding::Json), Some(json.clone()));
        let packed = || match written.body(Encoding::MessagePack) {
            Some(Body::MessagePack(_, fields)) => fields,
            other => panic!("{other:?}"),
        };
        assert!(Arc::ptr_eq(&packed(), &packed()));
        let expect = Encoding::MessagePack.again(&json);
        assert_eq!(written.body(Encoding::MessagePack), expect);
    }
}

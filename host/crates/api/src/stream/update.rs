//! A change of the host as a message.

use crate::denials::Denial;
use crate::dto::account::BalanceUpdateDto;
use crate::dto::alert::AlertDto;
use crate::dto::engine::EngineDto;
use crate::dto::fill::FillDto;
use crate::dto::happened::{CashFlowViewDto, LifeEventDto};
use crate::dto::market::{BarDto, BookDto, QuoteDto};
use crate::dto::metrics::MetricsDto;
use crate::dto::order::OrderUpdateDto;
use crate::dto::pipeline::DeploymentDto;
use crate::dto::portfolio::PortfolioDto;
use crate::dto::position::PositionDto;
use crate::dto::risk::ScopeDto;
use crate::dto::strategy::StrategyDto;
use crate::dto::stream::{Channel, Item, ServerMessage};
use crate::dto::venue::VenueDto;
use crate::names::Names;
use engine::LimitScope;
use model::{InstrumentId, StrategyId};
use services::view::{Change, Update};

/// Where a change belongs.
pub(super) fn place(change: &Change) -> (Channel, Option<InstrumentId>) {
    match change {
        Change::Quote(quote) => (Channel::Quotes, Some(quote.instrument)),
        Change::Bar(bar) => (Channel::Bars, Some(bar.instrument)),
        Change::Order(_, order, _) => (Channel::Orders, Some(order.instrument)),
        Change::Fill(fill) => (Channel::Fills, Some(fill.instrument)),
        Change::Position(view) => (Channel::Positions, Some(view.instrument)),
        Change::Balance(..) => (Channel::Accounts, None),
        Change::Strategy(_) => (Channel::Strategies, None),
        Change::Engine(_) => (Channel::Engine, None),
        Change::Risk(_) => (Channel::Risk, None),
        Change::Alert(_) => (Channel::Alerts, None),
        Change::Metrics(_) => (Channel::Metrics, None),
        Change::Venue(_) => (Channel::Venues, None),
        Change::CashFlow(view) => (Channel::CashFlows, view.instrument()),
        Change::LifeEvent(view) => (Channel::LifeEvents, view.what.instrument()),
        Change::Book(instrument, _) => (Channel::Book, Some(*instrument)),
    }
}

/// The strategy whose name a message about the change needs.
pub(super) fn strategy(change: &Change) -> Option<StrategyId> {
    match change {
        Change::Order(_, order, _) => Some(order.strategy),
        Change::Fill(fill) => Some(fill.strategy),
        Change::Position(view) => Some(view.strategy),
        Change::CashFlow(view) => view.strategy(),
        Change::Risk(view) => of_scope(view.scope),
        Change::Alert(view) => of_scope(view.scope),
        // The last of its scopes was known last.
        Change::Metrics(view) => of_scope(view.scopes.last()?.scope),
        _ => None,
    }
}

fn of_scope(scope: LimitScope) -> Option<StrategyId> {
    match scope {
        LimitScope::Strategy(strategy) => Some(strategy),
        _ => None,
    }
}

/// The message about a change, on the channel where it belongs or on one that shows part of it.
pub(super) fn message(
    channel: Channel,
    update: &Update,
    names: &Names,
    run: &str,
) -> ServerMessage {
    told(channel, update, item(channel, &update.change, names, run))
}

/// The message about what is owned as it is by now, at the place of an update or later.
pub(super) fn portfolio(update: &Update, now: PortfolioDto) -> ServerMessage {
    told(Channel::Portfolio, update, Item::Portfolio(Box::new(now)))
}

fn told(channel: Channel, update: &Update, item: Item) -> ServerMessage {
    ServerMessage::Update {
        channel,
        sequence: update.sequence,
        time: update.time.to_string(),
        time_ns: update.time.nanos().to_string(),
        data: Box::new(item),
    }
}

fn item(channel: Channel, what: &Change, names: &Names, run: &str) -> Item {
    if channel == Channel::Pipelines
        && let Change::Strategy(view) = what
        && let Some(deployment) = DeploymentDto::of(view)
    {
        return Item::Pipeline(deployment);
    }
    match what {
        Change::Quote(quote) => Item::Quote(QuoteDto::new(quote, names)),
        Change::Bar(bar) => Item::Bar(BarDto::new(bar, names)),
        Change::Order(step, order, words) => {
            let denial = Denial::of(&step.change, words.as_ref());
            Item::OrderUpdate(OrderUpdateDto::new(&step.change, order, denial, names))
        }
        Change::Fill(fill) => Item::Fill(FillDto::new(fill, names)),
        Change::Position(view) => Item::Position(PositionDto::new(view, names)),
        Change::Balance(account, currency, balance) => {
            Item::Balance(BalanceUpdateDto::new(*account, *currency, balance, names))
        }
        Change::Strategy(view) => Item::Strategy(Box::new(StrategyDto::new(view, names))),
        Change::Engine(view) => Item::Engine(EngineDto::new(view, run)),
        Change::Risk(view) => Item::Scope(ScopeDto::new(view, names)),
        Change::Alert(view) => Item::Alert(AlertDto::new(view, names)),
        Change::Metrics(view) => Item::Metrics(Box::new(MetricsDto::new(view, names))),
        Change::Venue(view) => Item::Venue(Box::new(VenueDto::new(view, names))),
        Change::CashFlow(view) => Item::CashFlow(CashFlowViewDto::new(view, names)),
        Change::LifeEvent(view) => Item::LifeEvent(LifeEventDto::new(view, names)),
        Change::Book(instrument, book) => {
            Item::Book(BookDto::new(*instrument, book.as_deref(), names))
        }
    }
}

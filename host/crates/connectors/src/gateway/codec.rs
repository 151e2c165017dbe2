//! Both ways between lines and the model.

mod answers;
mod requests;

use super::names::Names;
use super::wire::Lasting;
use model::{
    AccountId, CurrencyId, ExecutionId, InstrumentId, OrderId, TimeInForce, Timestamp, VenueId,
    VenueOrderId,
};

/// A line that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Misfit {
    /// Which field.
    pub field: &'static str,
    /// Why.
    pub reason: String,
}

/// What travels for what, with one venue.
#[derive(Debug, Clone)]
pub struct Codec {
    venue: VenueId,
    /// How client ids of this journal begin.
    prefix: String,
    names: Names,
}

impl Codec {
    /// For a venue. `journal` names the journal whose orders are ours.
    pub fn new(venue: VenueId, journal: &str, names: Names) -> Self {
        Self {
            venue,
            prefix: format!("{journal}."),
            names,
        }
    }

    /// The name of the journal.
    pub fn journal(&self) -> &str {
        self.prefix.strip_suffix('.').unwrap_or(&self.prefix)
    }

    fn client_id(&self, order: OrderId) -> String {
        format!("{}{}", self.prefix, order.number())
    }

    /// Our order behind a client id; none for one of another journal, or of somebody else.
    fn order(&self, client_id: &str) -> Option<OrderId> {
        let number = client_id.strip_prefix(&self.prefix)?.parse().ok()?;
        Some(OrderId::from_number(number))
    }

    fn account_name(&self, id: AccountId) -> Result<String, Misfit> {
        let name = self.names.account(id);
        name.ok_or_else(|| unknown("account", id.number()))
    }

    fn account(&self, name: &str) -> Result<AccountId, Misfit> {
        let id = self.names.account_id(name);
        id.ok_or_else(|| unknown("account", name))
    }

    fn symbol(&self, id: InstrumentId) -> Result<String, Misfit> {
        let name = self.names.symbol(id);
        name.ok_or_else(|| unknown("instrument", id.number()))
    }

    fn instrument(&self, symbol: &str) -> Result<InstrumentId, Misfit> {
        let id = self.names.instrument_id(symbol);
        id.ok_or_else(|| unknown("instrument", symbol))
    }

    fn currency_name(&self, id: CurrencyId) -> Result<String, Misfit> {
        let name = self.names.currency(id);
        name.ok_or_else(|| unknown("currency", id.number()))
    }

    fn currency(&self, name: &str) -> Result<CurrencyId, Misfit> {
        let id = self.names.currency_id(name);
        id.ok_or_else(|| unknown("currency", name))
    }
}

fn unknown(field: &'static str, name: impl std::fmt::Display) -> Misfit {
    Misfit {
        field,
        reason: format!("`{name}` is not known here"),
    }
}

fn venue_id(text: &str) -> Result<VenueOrderId, Misfit> {
    text.parse().map_err(|error: model::BadVenueName| Misfit {
        field: "venue_id",
        reason: error.to_string(),
    })
}

fn venue_order(text: Option<&str>) -> Result<Option<VenueOrderId>, Misfit> {
    text.map(venue_id).transpose()
}

fn execution_id(text: &str) -> Result<ExecutionId, Misfit> {
    text.parse().map_err(|error: model::BadVenueName| Misfit {
        field: "execution_id",
        reason: error.to_string(),
    })
}

fn lasting(time_in_force: TimeInForce) -> Lasting {
    match time_in_force {
        TimeInForce::Gtc => Lasting::Gtc,
        TimeInForce::Ioc => Lasting::Ioc,
        TimeInForce::Fok => Lasting::Fok,
        TimeInForce::Day => Lasting::Day,
        TimeInForce::Gtd(until) => Lasting::Gtd {
            until_ns: until.nanos(),
        },
        TimeInForce::AtTheOpen => Lasting::AtTheOpen,
        TimeInForce::AtTheClose => Lasting::AtTheClose,
    }
}

fn time_in_force(lasting: Lasting) -> TimeInForce {
    match lasting {
        Lasting::Gtc => TimeInForce::Gtc,
        Lasting::Ioc => TimeInForce::Ioc,
        Lasting::Fok => TimeInForce::Fok,
        Lasting::Day => TimeInForce::Day,
        Lasting::Gtd { until_ns } => TimeInForce::Gtd(Timestamp::from_nanos(until_ns)),
        Lasting::AtTheOpen => TimeInForce::AtTheOpen,
        Lasting::AtTheClose => TimeInForce::AtTheClose,
    }
}

//! What came of a line of a golden trace, in a trader's words.

use crate::world::*;
use engine::{Effect, Ignored, VenueEvent};
use model::{Fill, InstrumentId, Liquidity, Order, OrderChange, OrderId, OrderStatus, OrderUpdate};
use std::collections::BTreeMap;

/// Reads effects on, knowing orders by the names the trace gives them.
pub(crate) struct Reader {
    seen: usize,
    pub(crate) names: BTreeMap<String, OrderId>,
    /// Lines that the trace asked for.
    pub(crate) shown: Vec<String>,
    /// The instrument of the present line.
    pub(crate) about: InstrumentId,
}

impl Reader {
    pub(crate) fn new(seen: usize) -> Self {
        Self {
            seen,
            names: BTreeMap::new(),
            shown: Vec::new(),
            about: EQUITY,
        }
    }

    /// Everything since the last time.
    pub(crate) fn news(&mut self, world: &World) -> Vec<String> {
        for effect in world.effects.iter().skip(self.seen) {
            self.name_child(effect);
        }
        let fresh = world.effects.iter().skip(self.seen);
        let mut lines: Vec<String> = fresh
            .filter_map(|effect| self.line(effect, world.now))
            .collect();
        self.seen = world.effects.len();
        lines.append(&mut self.shown);
        lines
    }

    /// Children of an algorithm's order A are A.1, A.2 and so on.
    fn name_child(&mut self, effect: &Effect) {
        let Effect::Order(_, order) = effect else {
            return;
        };
        let Some(parent) = order.parent else {
            return;
        };
        if self.names.values().all(|id| *id != order.id) {
            let parent = self.name(parent);
            let before = |name: &&String| name.starts_with(&format!("{parent}."));
            let count = self.names.keys().filter(before).count();
            let name = format!("{parent}.{}", count + 1);
            self.names.insert(name, order.id);
        }
    }

    fn line(&self, effect: &Effect, now: u64) -> Option<String> {
        match effect {
            Effect::Order(update, order) => {
                let late = update.ts_event != at(now);
                let when = if late {
                    time_of_day(update.ts_event.nanos())
                } else {
                    String::new()
                };
                Some(format!(
                    "{when}{} {}",
                    self.named(order),
                    said(update, order)
                ))
            }
            Effect::Position(_) | Effect::CashFlow(_) | Effect::Margin(..) | Effect::Alert(_) => {
                crate::trace_lifecycle::line(effect)
            }
            Effect::Venue(VenueEvent::SelfMatch { order, other, mode }) => {
                let (came, was) = (self.name(*order), self.name(*other));
                Some(format!("{came} met {was} of its account: {}", mode.name()))
            }
            Effect::Ignored(Ignored::UnknownOrder(order)) => {
                Some(format!("ignored: order {} is not open", self.name(*order)))
            }
            Effect::AlgorithmFault(parent, fault) => {
                Some(format!("{} algorithm: {fault}", self.name(*parent)))
            }
            Effect::Ignored(why) => Some(format!("ignored: {why}")),
            _ => None,
        }
    }

    /// What nobody named is known by its tag.
    fn named(&self, order: &Order) -> String {
        let named = self.names.values().any(|id| *id == order.id);
        match order.terms.tag.as_str() {
            "" => self.name(order.id),
            _ if named => self.name(order.id),
            tag => format!("{tag} {}", side_name(order)),
        }
    }

    pub(crate) fn name(&self, order: OrderId) -> String {
        let mut names = self.names.iter();
        let found = names.find(|(_, id)| **id == order);
        found.map_or_else(|| order.to_string(), |(name, _)| name.clone())
    }
}

fn side_name(order: &Order) -> &'static str {
    match order.side {
        model::Side::Buy => "BUY",
        model::Side::Sell => "SELL",
    }
}

fn said(update: &OrderUpdate, order: &Order) -> String {
    let word = |text: &str| text.to_owned();
    match &update.change {
        OrderChange::Denied(code) => format!("DENIED {code}"),
        OrderChange::Submitted => word("SUBMITTED"),
        OrderChange::Accepted => word("ACCEPTED"),
        OrderChange::Rejected => word("REJECTED"),
        OrderChange::Emulated => word("EMULATED"),
        OrderChange::Released => word("RELEASED"),
        OrderChange::Triggered => word("TRIGGERED"),
        OrderChange::PendingUpdate => word("PENDING_UPDATE"),
        OrderChange::Updated { .. } => updated(order),
        OrderChange::UpdateDenied(code) => format!("UPDATE_DENIED {code}"),
        OrderChange::UpdateRejected => word("UPDATE_REJECTED"),
        OrderChange::PendingCancel => word("PENDING_CANCEL"),
        OrderChange::CancelRejected => word("CANCEL_REJECTED"),
        OrderChange::Filled(fill) => filled(fill, update.status),
        OrderChange::Canceled => word("CANCELED"),
        OrderChange::Expired => word("EXPIRED"),
    }
}

fn updated(order: &Order) -> String {
    let mut text = format!("UPDATED quantity {}", order.quantity);
    if let Some(limit) = order.kind.price() {
        text += &format!(" limit {limit}");
    }
    if let Some(trigger) = order.trigger {
        text += &format!(" trigger {trigger}");
    }
    text
}

fn filled(fill: &Fill, status: OrderStatus) -> String {
    let liquidity = match fill.liquidity {
        Liquidity::Maker => "maker",
        Liquidity::Taker => "taker",
    };
    let mut text = format!(
        "{} {} @ {} {liquidity}",
        status.name(),
        fill.quantity,
        fill.price
    );
    if !fill.fee.is_zero() {
        text += &format!(" fee {}", fill.fee);
    }
    text
}

/// `09:30:00.5 `, for what happened before the line it is told under.
fn time_of_day(nanos: u64) -> String {
    let (seconds, rest) = (nanos / SECOND % 86_400, nanos % SECOND / 1_000_000);
    let fraction = if rest == 0 {
        String::new()
    } else {
        format!(".{rest:03}")
    };
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}{fraction} ", seconds % 60)
}

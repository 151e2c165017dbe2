//! A copy of an engine made into a shadow: one strategy trades there, by the version that is tried.
//!
//! It keeps everything as it was at the copy: prices and books, bars in the making, limits and what
//! they count, the strategy's position, its orders and its account. Others are still there and do
//! nothing: their orders are withdrawn, their positions stay. Venues outside become simulated ones, so
//! nothing leaves; the strategy's orders there rest on the simulated book.

use super::super::execution::request_of;
use super::super::snapshots::Saved;
use super::super::{Engine, SnapshotError};
use crate::effect::{Effect, StrategyState};
use crate::exchange::{Paid, ReportKind, VenueCommand, VenueOrder};
use crate::journal::Journal;
use crate::journal::codec::{Decode, DecodeError};
use crate::listeners::{Role, Seat};
use crate::orders::OpenOrder;
use crate::outside::Sent;
use crate::replay::Instances;
use crate::strategies::Budget;
use model::{
    HistoryBlock, OrderId, OrderStatus, PluginHash, SavedState, StartReason, Strategy, StrategyId,
};

/// The version that is tried.
pub struct Understudy {
    /// Whose place it takes in the copy.
    pub strategy: StrategyId,
    /// Its bytes, named.
    pub plugin: PluginHash,
    /// What its instance was made with.
    pub parameters: Vec<(String, String)>,
    /// The instance.
    pub instance: Box<dyn Strategy>,
    /// History it asked for.
    pub history: Vec<HistoryBlock>,
}

impl Engine {
    /// The engine in which a version is tried, from [`Engine::copy_for_shadow`], with what happened as
    /// the version began. Its next input is the one after the copy. It journals nothing.
    ///
    /// # Errors
    /// The copy cannot be read, a custom part cannot be made again, or the version subscribed to what
    /// does not exist. One that broke as it started is an effect and no error.
    pub fn in_shadow(
        copy: &[u8],
        understudy: Understudy,
        instances: &mut dyn Instances,
    ) -> Result<(Self, Vec<Effect>), SnapshotError> {
        let mut from = copy;
        let mut engine = Self::decode(&mut from)?;
        engine.journal = Journal::discarding();
        engine.journal.resume(&mut from)?;
        let mut saved = Saved::decode(&mut from)?;
        if !from.is_empty() {
            return Err(DecodeError::Trailing(from.len()).into());
        }
        let state = saved.take_strategy(understudy.strategy);
        engine.make_parts(saved, instances)?;
        engine.seclude(understudy.strategy);
        engine.take_the_stage(understudy, state)?;
        let effects = std::mem::take(&mut engine.effects);
        Ok((engine, effects))
    }

    /// Leaves one strategy alone with its market.
    fn seclude(&mut self, own: StrategyId) {
        let all: Vec<StrategyId> = self.strategies.places().map(|(id, _)| id).collect();
        for id in all {
            self.clear_candidate(id);
            if let Some(mut watched) = self.strategies.take_probation(id) {
                self.unschedule(&mut watched);
            }
            if let Some(place) = self.strategies.get_mut(id) {
                place.shadow = None;
            }
            let config = self.strategies.config(id);
            let manual = config.is_some_and(|config| config.manual);
            if id != own && !manual {
                self.leave(id, StrategyState::Stopped);
            }
        }
        self.bring_inside(own);
        let orders = self.orders.iter().map(|open| &open.order);
        let others = orders.filter(|order| order.strategy != own && order.parent.is_none());
        let others: Vec<OrderId> = others.map(|order| order.id).collect();
        others.into_iter().for_each(|order| self.cancel(order));
        self.settle();
    }

    /// Makes venues outside simulated ones. What others have there is gone.
    fn bring_inside(&mut self, own: StrategyId) {
        let outside = std::mem::take(&mut self.outside);
        self.agenda.forget_outside();
        for (venue, last) in self.venues.iter_mut().zip(&self.last_execution) {
            venue.simulate(*last);
        }
        for (id, sent) in outside.orders() {
            let open = self.orders.get(id);
            if open.is_some_and(|open| open.order.strategy == own && !open.foreign) {
                self.insert_again(id, sent);
            } else {
                self.move_order(id, OrderStatus::Canceled);
            }
        }
    }

    /// Puts an order that is at a venue outside on the simulated book, and lets what was asked about
    /// it and not answered be asked there.
    fn insert_again(&mut self, id: OrderId, sent: &Sent) {
        let Some(open) = self.orders.get(id) else {
            return;
        };
        let (order, is_new, cancels) = (
            at_venue(open),
            open.order.status == OrderStatus::Submitted,
            open.order.status == OrderStatus::PendingCancel,
        );
        let refusal = if cancels {
            Some(ReportKind::CancelRejected)
        } else {
            open.update.is_some().then_some(ReportKind::UpdateRejected)
        };
        if let Some(venue) = self.venues.get_mut(sent.venue.index()) {
            let command = VenueCommand::Insert(order);
            venue.on_command(command, self.now, &mut self.reports);
        }
        for report in self.reports.iter_mut().filter(|report| report.order == id) {
            // What its venue had taken cannot be refused.
            if !is_new && report.kind == ReportKind::Rejected {
                report.kind = ReportKind::Canceled;
            }
        }
        if !is_new {
            self.reports
                .retain(|report| report.order != id || report.kind != ReportKind::Accepted);
        }
        if let Some(kind) = refusal {
            self.reports.push_front(crate::exchange::Report {
                order: id,
                instrument: order.instrument,
                kind,
                ts_event: self.now,
            });
        }
        self.settle();
        if cancels && self.orders.get(id).is_some() {
            self.cancel(id);
        }
    }

    /// Seats the version in the place of the one that runs and starts it. Bars in the making go on.
    fn take_the_stage(
        &mut self,
        understudy: Understudy,
        state: Option<SavedState>,
    ) -> Result<(), SnapshotError> {
        let Understudy {
            strategy,
            plugin,
            parameters,
            instance,
            history,
        } = understudy;
        let seat = Seat {
            strategy,
            role: Role::Candidate,
        };
        for subscription in instance.declared() {
            if !self.seat(seat, subscription) {
                let reason = format!("it subscribed to what does not exist: {subscription:?}");
                let part = "the version".to_owned();
                return Err(SnapshotError::Part { part, reason });
            }
        }
        self.listeners
            .iter_mut()
            .for_each(|listeners| listeners.promote(strategy));
        self.cancel_timers(strategy);
        if let Some(place) = self.strategies.get_mut(strategy) {
            place.instance = Some(instance);
            (place.plugin, place.parameters) = (Some(plugin), parameters);
            place.budget = Budget::default();
            place.tenure += 1;
        }
        let reason = match state {
            Some(_) => StartReason::Swapped,
            None => StartReason::Fresh,
        };
        let snapshot = self.snapshot(strategy, reason, state, history);
        let now = self.now;
        self.call(strategy, now, |instance, out| {
            instance.start(&snapshot, out)
        });
        self.settle();
        Ok(())
    }
}

/// An order as its venue has it now, what is left of it.
fn at_venue(open: &OpenOrder) -> VenueOrder {
    let (order, request) = (&open.order, request_of(&open.order));
    VenueOrder {
        id: order.id,
        instrument: order.instrument,
        owner: order.strategy,
        account: order.account,
        position: order.terms.position,
        side: order.side,
        kind: open.kind_now(),
        time_in_force: order.time_in_force,
        quantity: order.quantity,
        remaining: request.quantity,
        post_only: order.terms.post_only,
        reduce_only: order.terms.reduce_only,
        display: order.terms.display,
        paid: Paid::default(),
    }
}

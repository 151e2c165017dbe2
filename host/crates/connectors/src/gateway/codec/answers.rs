//! What a venue says.

use super::super::client::Said;
use super::super::wire::{
    Answer, Balance, Execution, Holdings, OrderState, PastExecution, Position, What,
};
use super::{Codec, Misfit, execution_id, lasting, time_in_force, venue_id, venue_order};
use model::{
    OrderId, SnapshotExecution, Timestamp, VenueExecution, VenueOrder, VenuePosition, VenueReport,
    VenueReportKind, VenueSnapshot, VenueTerms,
};

impl Codec {
    /// What a line says; `None` for a greeting or a pong.
    ///
    /// # Errors
    /// A name is not known, or an id of the venue cannot be one.
    pub fn said(&self, answer: &Answer) -> Result<Option<Said>, Misfit> {
        Ok(match answer {
            Answer::Hello { .. } | Answer::Pong => None,
            Answer::Reachable { reachable } => Some(Said::Connected(*reachable)),
            Answer::Report {
                account,
                client_id,
                venue_id,
                what,
                ts_ns,
            } => Some(Said::Report(VenueReport {
                venue: self.venue,
                account: self.account(account)?,
                order: self.known(client_id.as_deref()),
                venue_order: venue_order(venue_id.as_deref())?,
                kind: self.kind(what)?,
                ts_event: Timestamp::from_nanos(*ts_ns),
            })),
            Answer::Snapshot(holdings) => Some(Said::Snapshot(Box::new(self.snapshot(holdings)?))),
        })
    }

    /// The line of what a venue says, for a gateway.
    ///
    /// # Errors
    /// Something has no name.
    pub fn answer(&self, said: &Said) -> Result<Answer, Misfit> {
        Ok(match said {
            Said::Connected(reachable) => Answer::Reachable {
                reachable: *reachable,
            },
            Said::Report(report) => Answer::Report {
                account: self.account_name(report.account)?,
                client_id: report.order.map(|order| self.client_id(order)),
                venue_id: report.venue_order.as_ref().map(ToString::to_string),
                what: self.what(&report.kind)?,
                ts_ns: report.ts_event.nanos(),
            },
            Said::Snapshot(snapshot) => Answer::Snapshot(self.holdings(snapshot)?),
        })
    }

    fn known(&self, client_id: Option<&str>) -> Option<OrderId> {
        client_id.and_then(|id| self.order(id))
    }

    fn kind(&self, what: &What) -> Result<VenueReportKind, Misfit> {
        Ok(match what {
            What::Accepted => VenueReportKind::Accepted,
            What::Rejected { reason } => VenueReportKind::Rejected {
                reason: reason.clone(),
            },
            What::Triggered => VenueReportKind::Triggered,
            What::Filled { execution } => VenueReportKind::Filled(self.executed(execution)?),
            What::Busted {
                execution_id: id,
                revision,
            } => VenueReportKind::Busted {
                execution: execution_id(id)?,
                revision: *revision,
            },
            What::Corrected { execution } => VenueReportKind::Corrected(self.executed(execution)?),
            What::Updated {
                quantity,
                price,
                trigger,
            } => VenueReportKind::Updated(VenueTerms {
                quantity: *quantity,
                price: *price,
                trigger: *trigger,
            }),
            What::UpdateRejected { reason } => VenueReportKind::UpdateRejected {
                reason: reason.clone(),
            },
            What::Canceled => VenueReportKind::Canceled,
            What::CancelRejected { reason } => VenueReportKind::CancelRejected {
                reason: reason.clone(),
            },
            What::Expired => VenueReportKind::Expired,
            What::Unknown { request } => VenueReportKind::Unknown { query: *request },
            What::State { request, order } => VenueReportKind::State {
                query: *request,
                order: self.held(order)?,
            },
        })
    }

    fn what(&self, kind: &VenueReportKind) -> Result<What, Misfit> {
        Ok(match kind {
            VenueReportKind::Accepted => What::Accepted,
            VenueReportKind::Rejected { reason } => What::Rejected {
                reason: reason.clone(),
            },
            VenueReportKind::Triggered => What::Triggered,
            VenueReportKind::Filled(execution) => What::Filled {
                execution: self.execution(execution)?,
            },
            VenueReportKind::Busted {
                execution,
                revision,
            } => What::Busted {
                execution_id: execution.to_string(),
                revision: *revision,
            },
            VenueReportKind::Corrected(execution) => What::Corrected {
                execution: self.execution(execution)?,
            },
            VenueReportKind::Updated(terms) => What::Updated {
                quantity: terms.quantity,
                price: terms.price,
                trigger: terms.trigger,
            },
            VenueReportKind::UpdateRejected { reason } => What::UpdateRejected {
                reason: reason.clone(),
            },
            VenueReportKind::Canceled => What::Canceled,
            VenueReportKind::CancelRejected { reason } => What::CancelRejected {
                reason: reason.clone(),
            },
            VenueReportKind::Expired => What::Expired,
            VenueReportKind::Unknown { query } => What::Unknown { request: *query },
            VenueReportKind::State { query, order } => What::State {
                request: *query,
                order: self.order_state(order)?,
            },
        })
    }

    fn executed(&self, execution: &Execution) -> Result<VenueExecution, Misfit> {
        Ok(VenueExecution {
            id: execution_id(&execution.id)?,
            revision: execution.revision,
            instrument: self.instrument(&execution.instrument)?,
            side: execution.side,
            price: execution.price,
            quantity: execution.quantity,
            fee: execution.fee,
            liquidity: execution.liquidity,
        })
    }

    fn execution(&self, execution: &VenueExecution) -> Result<Execution, Misfit> {
        Ok(Execution {
            id: execution.id.to_string(),
            revision: execution.revision,
            instrument: self.symbol(execution.instrument)?,
            side: execution.side,
            price: execution.price,
            quantity: execution.quantity,
            fee: execution.fee,
            liquidity: execution.liquidity,
        })
    }

    fn held(&self, order: &OrderState) -> Result<VenueOrder, Misfit> {
        Ok(VenueOrder {
            order: self.known(order.client_id.as_deref()),
            venue_order: venue_id(&order.venue_id)?,
            instrument: self.instrument(&order.instrument)?,
            side: order.side,
            kind: order.kind,
            time_in_force: time_in_force(order.time_in_force),
            quantity: order.quantity,
            filled: order.filled,
            status: order.status,
        })
    }

    fn order_state(&self, order: &VenueOrder) -> Result<OrderState, Misfit> {
        Ok(OrderState {
            client_id: order.order.map(|order| self.client_id(order)),
            venue_id: order.venue_order.to_string(),
            instrument: self.symbol(order.instrument)?,
            side: order.side,
            kind: order.kind,
            time_in_force: lasting(order.time_in_force),
            quantity: order.quantity,
            filled: order.filled,
            status: order.status,
        })
    }

    fn snapshot(&self, holdings: &Holdings) -> Result<VenueSnapshot, Misfit> {
        let past = |past: &PastExecution| {
            Ok(SnapshotExecution {
                order: self.known(past.client_id.as_deref()),
                venue_order: venue_order(past.venue_id.as_deref())?,
                execution: self.executed(&past.execution)?,
                busted: past.busted,
                ts_event: Timestamp::from_nanos(past.ts_ns),
            })
        };
        let position = |position: &Position| {
            Ok(VenuePosition {
                instrument: self.instrument(&position.instrument)?,
                quantity: position.quantity,
                average_price: position.average_price,
            })
        };
        let balance = |balance: &Balance| Ok((self.currency(&balance.currency)?, balance.total));
        Ok(VenueSnapshot {
            venue: self.venue,
            account: self.account(&holdings.account)?,
            request: holdings.request,
            as_of: Timestamp::from_nanos(holdings.as_of_ns),
            orders: all(&holdings.orders, |order| self.held(order))?,
            executions: all(&holdings.executions, past)?,
            positions: all(&holdings.positions, position)?,
            balances: all(&holdings.balances, balance)?,
        })
    }

    fn holdings(&self, snapshot: &VenueSnapshot) -> Result<Holdings, Misfit> {
        let past = |past: &SnapshotExecution| {
            Ok(PastExecution {
                client_id: past.order.map(|order| self.client_id(order)),
                venue_id: past.venue_order.as_ref().map(ToString::to_string),
                execution: self.execution(&past.execution)?,
                busted: past.busted,
                ts_ns: past.ts_event.nanos(),
            })
        };
        let position = |position: &VenuePosition| {
            Ok(Position {
                instrument: self.symbol(position.instrument)?,
                quantity: position.quantity,
                average_price: position.average_price,
            })
        };
        let balance = |(currency, total): &(_, _)| {
            Ok(Balance {
                currency: self.currency_name(*currency)?,
                total: *total,
            })
        };
        Ok(Holdings {
            account: self.account_name(snapshot.account)?,
            request: snapshot.request,
            as_of_ns: snapshot.as_of.nanos(),
            orders: all(&snapshot.orders, |order| self.order_state(order))?,
            executions: all(&snapshot.executions, past)?,
            positions: all(&snapshot.positions, position)?,
            balances: all(&snapshot.balances, balance)?,
        })
    }
}

fn all<A, B>(items: &[A], one: impl Fn(&A) -> Result<B, Misfit>) -> Result<Vec<B>, Misfit> {
    items.iter().map(one).collect()
}

//! P07: the venue takes this type, and type, time in force and flags do not contradict each other.

use crate::risk::Context;
use model::{DenyCode, Instrument, OrderKind, OrderRequest, TimeInForce, Timestamp};

pub(crate) fn check(context: &Context<'_>) -> Result<(), DenyCode> {
    let instrument = context.instrument().ok_or(DenyCode::Unsupported)?;
    let venue = context.venue.ok_or(DenyCode::Unsupported)?;
    let kind = context.request.kind;
    // What waits for a trigger the host can do itself.
    let taken = kind.waits() || !venue.lacks(kind.name());
    let agrees = agrees_with_itself(context.request, instrument, context.now);
    if taken && agrees && suits_account(context) {
        Ok(())
    } else {
        Err(DenyCode::Unsupported)
    }
}

/// Only hedging accounts have positions to name, and there only what closes one can reduce it.
fn suits_account(context: &Context<'_>) -> bool {
    let terms = &context.request.terms;
    let named = terms.position.is_some();
    if context.hedging().is_none() {
        return !named;
    }
    let reduces = context.closes_leg() || (context.leg.is_none() && !context.opens_leg());
    // What ends or delivers without a trade would leave open which position it moves.
    let lasts = context
        .instrument()
        .is_none_or(|of| of.class.expiry().is_none());
    lasts && (!terms.reduce_only || reduces)
}

fn agrees_with_itself(request: &OrderRequest, instrument: &Instrument, now: Timestamp) -> bool {
    let terms = &request.terms;
    let rests = request.time_in_force.rests() && has_limit(&request.kind);
    let shown = |display: model::Quantity| {
        rests && !display.is_zero() && display.is_on_grid(instrument.lot)
    };
    (!terms.post_only || rests)
        && terms.display.is_none_or(shown)
        && suits(request, now)
        && trails(&request.kind)
}

/// Whether the order has, or will have, a limit at which it can rest.
fn has_limit(kind: &OrderKind) -> bool {
    kind.price().is_some() || matches!(kind, OrderKind::TrailingStopLimit { .. })
}

fn suits(request: &OrderRequest, now: Timestamp) -> bool {
    let auctioned = matches!(request.kind, OrderKind::Market | OrderKind::Limit { .. });
    match request.time_in_force {
        TimeInForce::AtTheOpen | TimeInForce::AtTheClose => auctioned,
        TimeInForce::Gtd(until) => until > now,
        _ => true,
    }
}

fn trails(kind: &OrderKind) -> bool {
    let limited = match kind {
        OrderKind::TrailingStopLimit { limit, .. } => limit.is_valid(),
        _ => true,
    };
    limited && kind.trail().is_none_or(|trail| trail.offset.is_valid())
}

//! The layout of what goes to and comes from venues outside.

use crate::input::{ExternalVenue, ForeignOrders};
use crate::journal::codec::{Decode, DecodeError, Encode, fields, variants};
use model::{
    ExecutionId, Outbound, OutboundCommand, SnapshotExecution, VenueExecution, VenueOrder,
    VenueOrderId, VenueOrderStatus, VenuePosition, VenueReport, VenueReportKind, VenueSnapshot,
    VenueTerms,
};

fields! {
    ExternalVenue { answer_within, reconcile_every, foreign_orders, remembers }
    VenueReport { venue, account, order, venue_order, kind, ts_event }
    VenueExecution { id, revision, instrument, side, price, quantity, fee, liquidity }
    VenueTerms { quantity, price, trigger }
    VenueOrder {
        order, venue_order, instrument, side, kind, time_in_force, quantity, filled, status,
    }
    VenueSnapshot { venue, account, request, as_of, orders, executions, positions, balances }
    SnapshotExecution { order, venue_order, execution, busted, ts_event }
    VenuePosition { instrument, quantity, average_price }
    Outbound { number, venue, account, command }
}

variants!(ForeignOrders { 0 => Adopt, 1 => Cancel });
variants!(VenueOrderStatus {
    0 => Working, 1 => Triggered, 2 => Filled, 3 => Canceled, 4 => Rejected, 5 => Expired,
});
variants!(VenueReportKind {
    0 => Accepted,
    1 => Rejected { reason },
    2 => Triggered,
    3 => Filled(execution),
    4 => Busted { execution, revision },
    5 => Corrected(execution),
    6 => Updated(terms),
    7 => UpdateRejected { reason },
    8 => Canceled,
    9 => CancelRejected { reason },
    10 => Expired,
    11 => Unknown { query },
    12 => State { query, order },
});
variants!(OutboundCommand {
    0 => Insert(request),
    1 => Modify { amendment, venue_order },
    2 => Cancel { order, venue_order },
    3 => Query { order, venue_order },
    4 => Snapshot { since },
});

macro_rules! names {
    ($($name:ident),*) => {$(
        impl Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                self.as_str().to_owned().encode(out);
            }
        }
        impl Decode for $name {
            fn decode(from: &mut &[u8]) -> Result<Self, DecodeError> {
                String::decode(from)?.parse().map_err(|_| DecodeError::Text)
            }
        }
    )*};
}
names!(VenueOrderId, ExecutionId);

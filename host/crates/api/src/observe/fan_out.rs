//! What `/metrics` tells of a process that serves the stream of a host in another one.

use super::counted::Counted;
use super::gathered::of_bus;
use super::process;
use super::table::Table;
use crate::state::BusView;
use crate::stream::Standing;
use std::fmt;

/// The text of its `GET /metrics`.
///
/// # Errors
/// It could not be written, which memory alone can be the reason for.
pub(crate) fn fan_out_text(
    counted: &Counted,
    standing: &Standing,
    bus: &BusView,
) -> Result<String, fmt::Error> {
    let [state, _published] = of_bus(Some(bus));
    let mut tables = vec![
        state,
        Table::gauge(
            "argonaut_fan_out_ready",
            "Whether the host is heard, and clients are served.",
        )
        .just(standing.is_ready),
        Table::counter(
            "argonaut_fan_out_entries",
            "Entries of the host's stream that were read.",
        )
        .just(standing.entries),
        Table::counter(
            "argonaut_fan_out_lost",
            "Changes of the host that were missing in its stream; clients were told.",
        )
        .just(standing.lost),
        Table::gauge(
            "argonaut_websocket_connections",
            "WebSocket connections that are open.",
        )
        .just(standing.connections),
    ];
    tables.extend(process::tables());
    counted.text(tables)
}

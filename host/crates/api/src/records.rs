//! What happened, page by page, from the store: nothing here touches the engine.

use crate::names::Names;
use model::{AccountId, CurrencyId, InstrumentId, OrderId, StrategyId, Timestamp, VenueId};
use serde_json::{Map, Value};
use services::sql_projection::{StoreMonitor, StoreView};
use std::sync::Arc;
use store::sql::{
    ALERTS, AUDIT, BACKTESTS, BALANCES, BARS, CASH_FLOWS, FILLS, JOBS, Kind, ORDER_EVENTS, ORDERS,
    PARAMETERS, POSITIONS, QUOTES, RISK_EVENTS, RISK_METRICS, Reader, Record, STRATEGY_VERSIONS,
    TRADES, Table,
};
use tokio::sync::Semaphore;

/// Tables that can be asked for, by the name in the path.
const TABLES: &[(&str, &Table)] = &[
    ("orders", &ORDERS),
    ("order-events", &ORDER_EVENTS),
    ("fills", &FILLS),
    ("positions", &POSITIONS),
    ("cash-flows", &CASH_FLOWS),
    ("balances", &BALANCES),
    ("strategy-versions", &STRATEGY_VERSIONS),
    ("parameters", &PARAMETERS),
    ("risk-events", &RISK_EVENTS),
    ("risk-metrics", &RISK_METRICS),
    ("alerts", &ALERTS),
    ("quotes", &QUOTES),
    ("trades", &TRADES),
    ("bars", &BARS),
    ("audit", &AUDIT),
    ("jobs", &JOBS),
    ("backtests", &BACKTESTS),
];

/// The store, to be read.
#[derive(Debug, Clone)]
pub struct Records {
    pub(crate) reader: Reader,
    monitor: StoreMonitor,
    /// Whose turn it is to have figures made of many rows: two at once would take the store from those who write it.
    pub(crate) turn: Arc<Semaphore>,
}

impl Records {
    /// Of a reader; `monitor` says how far it is.
    pub fn new(reader: Reader, monitor: StoreMonitor) -> Self {
        Self {
            reader,
            monitor,
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// How the store stands.
    pub(crate) fn view(&self) -> StoreView {
        self.monitor.view()
    }
}

/// The table behind a name in the path.
pub(crate) fn table(name: &str) -> Option<&'static Table> {
    let mut known = TABLES.iter();
    known
        .find(|(known, _)| *known == name)
        .map(|(_, table)| *table)
}

/// As what else it takes to be allowed to read a table.
pub(crate) fn also_takes(table: &Table) -> Option<&'static str> {
    // What people did is for no more eyes here than in its file.
    (*table == AUDIT).then_some("audit.list")
}

/// All names of tables.
pub(crate) fn tables() -> String {
    let names: Vec<_> = TABLES.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// A row as an object: handles by name, decimals as strings, moments also in nanoseconds.
pub(crate) fn object(table: &Table, row: Record, names: &Names) -> Value {
    let mut object = Map::new();
    for (column, cell) in table.columns.iter().zip(row) {
        // An order in an order's own row is its id, elsewhere it is somebody's.
        let name = column.name.strip_suffix("_id").unwrap_or(column.name);
        if column.kind == Kind::Time {
            let nanos = cell.as_ref().and_then(|text| text.parse().ok());
            let time = nanos.map(|nanos| Timestamp::from_nanos(nanos).to_string());
            object.insert(name.to_owned(), time.into());
            object.insert(format!("{name}_ns"), cell.into());
            continue;
        }
        let shown = cell.map_or(Value::Null, |text| value(column.kind, text, names));
        object.insert(name.to_owned(), shown);
    }
    Value::Object(object)
}

/// A cell of a row by the name of its column; `None` for nothing.
pub(crate) fn cell<'a>(table: &Table, row: &'a Record, name: &str) -> Option<&'a str> {
    let place = table
        .columns
        .iter()
        .position(|column| column.name == name)?;
    row.get(place)?.as_deref()
}

fn value(kind: Kind, text: String, names: &Names) -> Value {
    let handle = || text.parse::<u32>().unwrap_or(u32::MAX);
    match kind {
        Kind::Integer => text.parse::<u64>().map_or(Value::Null, Value::from),
        Kind::Flag => Value::Bool(text == "1"),
        Kind::Text | Kind::Decimal | Kind::Time => Value::String(text),
        Kind::Order => {
            let number = text.parse::<u64>();
            number.map_or(Value::Null, |number| {
                OrderId::from_number(number).to_string().into()
            })
        }
        Kind::Instrument => names.symbol(InstrumentId::new(handle())).into(),
        Kind::Strategy => names.strategy(StrategyId::new(handle())).into(),
        Kind::Account => names.account(AccountId::new(handle())).into(),
        Kind::Currency => names.currency(CurrencyId::new(handle())).into(),
        Kind::Venue => names.venue(VenueId::new(handle())).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_an_object_that_people_can_read() {
        let cell = |text: &str| Some(text.to_owned());
        let id = OrderId::derive(7, 1).unwrap().number();
        let row = vec![
            cell("1500000000"),
            cell("7"),
            cell("0"),
            cell("3"),
            Some(id.to_string()),
            cell("0"),
            cell("0"),
            cell("0"),
            None,
            cell("BUY"),
            cell("1.50"),
            cell("170141183460469231731"),
            cell("-0.1"),
            cell("TAKER"),
            cell("1500000001"),
        ];
        let object = object(&FILLS, row, &Names::default());
        assert_eq!(object["time"], "1970-01-01T00:00:01.500000000Z");
        assert_eq!(object["time_ns"], "1500000000");
        assert_eq!(object["sequence"], 7);
        assert_eq!(object["order"], "7-1");
        assert_eq!(object["position"], Value::Null);
        assert_eq!(object["price"], "1.50");
        assert_eq!(object["quantity"], "170141183460469231731");
        assert_eq!(object["strategy"], "#0", "a name that is not known");
        assert!(object.get("order_id").is_none());
    }
}

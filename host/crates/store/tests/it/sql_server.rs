//! PostgreSQL for tests: the server that answers on this machine, or one of the test's own.

use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use store::sql::Location;
pub(crate) use testkit::postgres::Server;

/// The usual port.
const PORT: u16 = 5432;

/// A schema of its own, on the server that answers or on one that is started for the test.
pub(crate) struct Database {
    pub(crate) location: Location,
    schema: String,
    _own: Option<Server>,
}

impl Database {
    pub(crate) fn new() -> Self {
        let answers = TcpStream::connect((Ipv4Addr::LOCALHOST, PORT)).is_ok();
        let own = (!answers).then(Server::start);
        let (port, database) = match &own {
            Some(server) => (server.port(), "postgres"),
            None => (PORT, "test"),
        };
        // Processes' numbers come again; a schema that a failed test left must not.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let schema = format!("store_test_{}_{}", std::process::id(), now.as_nanos());
        Self {
            location: at(port, database, &schema),
            schema,
            _own: own,
        }
    }

    /// Leaves nothing behind.
    pub(crate) async fn forget(self) {
        let sql = format!("DROP SCHEMA {} CASCADE", self.schema);
        crate::sql_cases::raw(&self.location, &sql).await;
    }
}

/// A schema of a server.
pub(crate) fn at(port: u16, database: &str, schema: &str) -> Location {
    let url = format!("postgres://postgres@127.0.0.1:{port}/{database}");
    Location::parse(&url, schema).unwrap()
}

/// Waits for something that has to come true.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < Duration::from_secs(60), "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

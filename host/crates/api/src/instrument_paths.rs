//! What is done with an instrument stands below its symbol, and symbols have `/` in them, so that one route takes
//! all these paths with the methods of each. Here every path keeps to its own.

use crate::gate::not_taken;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// What stands below a symbol, and its methods.
const BELOW: &[(&str, &str)] = &[
    ("/events", "POST"),
    ("/status", "PUT"),
    ("/prices", "PATCH"),
];
/// The methods of an instrument itself.
const ITSELF: &str = "GET,HEAD";

/// Refuses a method that only another path of instruments has.
pub(crate) async fn own_methods(request: Request, next: Next) -> Response {
    let method = request.method().as_str();
    let wrong = methods(request.uri().path())
        .filter(|methods| !methods.split(',').any(|taken| taken == method));
    match wrong {
        Some(methods) => not_taken(&request, methods),
        None => next.run(request).await,
    }
}

fn methods(path: &str) -> Option<&'static str> {
    let rest = path.strip_prefix("/api/v1/instruments/")?;
    let below = BELOW.iter().find(|(end, _)| rest.ends_with(end));
    Some(below.map_or(ITSELF, |(_, methods)| methods))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_own() {
        let check = |path: &str, expect| assert_eq!(methods(path), expect, "{path}");
        check("/api/v1/instruments", None);
        check("/api/v1/instruments/EUR/USD.SIM", Some("GET,HEAD"));
        check("/api/v1/instruments/EUR%2FUSD.SIM/events", Some("POST"));
        check("/api/v1/instruments/EUR/USD.SIM/status", Some("PUT"));
        check("/api/v1/instruments/EUR/USD.SIM/prices", Some("PATCH"));
        check("/api/v1/orders/1-0", None);
    }
}

//! Orders of a request that is sent again: found by their intents, which no other request has.
//!
//! The engine denies an intent that it has approved before (P21), also after a crash that forgot the request's
//! key; and whatever else it denies then, it denies a copy. What the first one came to is the answer, and
//! not what became of the copy.

use crate::idempotency::{REPLAYED, unknown};
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::http::HeaderValue;
use axum::response::Response;
use model::{Order, OrderStatus};

/// What a request came to.
pub(super) struct Outcome {
    pub(super) orders: Vec<Order>,
    /// Whether they were made before.
    is_old: bool,
}

impl Outcome {
    /// Of orders with these intents; `placed` is what was made now, nothing where it may only be found out.
    ///
    /// # Errors
    /// Nothing was made now, and nothing is found.
    pub(super) async fn of<H: HostPort>(
        api: &Api<H>,
        intents: &[Option<u64>],
        placed: Option<Vec<Order>>,
    ) -> Result<Self, Problem> {
        let made = placed.as_deref().unwrap_or_default();
        let denied = made
            .iter()
            .find(|order| order.status == OrderStatus::Denied);
        if let Some(order) = denied {
            // Once its reason is told, everything before it is shown.
            let _reason = api.denials.awaited(order.id).await;
        }
        let before = match denied.is_some() || placed.is_none() {
            true => before(api, intents, made),
            false => None,
        };
        let is_old = before.is_some();
        let look_at = || unknown("GET orders and GET history/orders for what was ordered");
        let orders = before.or(placed).ok_or_else(look_at)?;
        Ok(Self { orders, is_old })
    }

    /// An answer that says whether it tells of what was made before.
    pub(super) fn tell(&self, mut answer: Response) -> Response {
        if self.is_old {
            let yes = HeaderValue::from_static("true");
            answer.headers_mut().insert(REPLAYED, yes);
        }
        answer
    }
}

/// The first orders with these intents, but for those that were made now; nothing unless each has one.
fn before<H: HostPort>(
    api: &Api<H>,
    intents: &[Option<u64>],
    made: &[Order],
) -> Option<Vec<Order>> {
    let orders = api.host.orders();
    let is_new = |order: &Order| made.iter().any(|made| made.id == order.id);
    let first = |intent: &Option<u64>| {
        let has = |order: &&Order| Some(order.intent) == *intent && !is_new(order);
        let of = orders.iter().filter(has);
        of.min_by_key(|order| order.id).copied()
    };
    intents.iter().map(first).collect()
}

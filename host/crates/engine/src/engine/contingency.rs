//! Carries out what follows from the fills and ends of orders that depend on each other.

use super::Engine;
use super::execution::request_of;
use crate::lists::{Consequence, Leg, is_consistent, room};
use model::{Amendment, DenyCode, Order, OrderId, OrderRequest, Quantity, StrategyId};

impl Engine {
    /// Judges a list of orders and sends what may go at once; all of it is denied if one fails.
    pub(super) fn submit_list(&mut self, strategy: StrategyId, requests: &[OrderRequest]) {
        let Some(first) = requests.first().map(|request| request.id) else {
            return;
        };
        if let Err((at, code)) = self.admit_list(strategy, first, requests) {
            for (place, request) in requests.iter().enumerate() {
                let code = if place == at { code } else { DenyCode::List };
                self.deny(strategy, request, code);
            }
            return;
        }
        let admitted = requests
            .iter()
            .filter_map(|request| self.orders.get(request.id))
            .map(|open| request_of(&open.order));
        let admitted: Vec<OrderRequest> = admitted.collect();
        self.lists.add(first, &admitted);
        for request in requests {
            self.launch(request.id);
        }
    }

    /// Takes all orders of a list on, or none; gives the place and code of the one that failed.
    fn admit_list(
        &mut self,
        strategy: StrategyId,
        list: OrderId,
        requests: &[OrderRequest],
    ) -> Result<(), (usize, DenyCode)> {
        if !is_consistent(requests) {
            return Err((0, DenyCode::List));
        }
        for (place, request) in requests.iter().enumerate() {
            let repeated = request.intent != 0
                && requests
                    .iter()
                    .take(place)
                    .any(|earlier| earlier.intent == request.intent);
            let admitted = if repeated {
                Err(DenyCode::Duplicate)
            } else {
                let room = self.room_in_list(requests, place);
                let request = self.beside_parent(requests, request);
                self.admit(strategy, &request, Some(list), room)
            };
            if let Err(code) = admitted {
                for earlier in requests.iter().take(place) {
                    self.retract(earlier.id);
                }
                return Err((place, code));
            }
        }
        Ok(())
    }

    /// The most an order of a list may be for, given those before it, which are taken on already.
    fn room_in_list(&self, requests: &[OrderRequest], place: usize) -> Option<Quantity> {
        let legs = requests.iter().take(place + 1).map(|request| {
            let taken_on = self.orders.get(request.id);
            let quantity = taken_on.map_or(request.quantity, |open| open.order.quantity);
            Leg::of(request, quantity)
        });
        let legs: Vec<Leg> = legs.collect();
        room(&legs, place)
    }

    /// Takes the next thing that happened to an order of a list and does what follows.
    pub(super) fn follow_up(&mut self) -> bool {
        let Some((order, happening)) = self.happenings.pop_front() else {
            return false;
        };
        for consequence in self.lists.after(&order, happening) {
            self.carry_out_consequence(consequence);
        }
        true
    }

    fn carry_out_consequence(&mut self, consequence: Consequence) {
        match consequence {
            Consequence::Release(id, quantity) => {
                let Some(open) = self.orders.get(id) else {
                    return;
                };
                let Order {
                    kind,
                    instrument,
                    terms,
                    ..
                } = open.order;
                if terms.hold.is_some() {
                    return self.start_to_wait(id, quantity);
                }
                self.release_held(id, kind, quantity);
                self.check_held(instrument);
            }
            Consequence::Resize(id, quantity) => self.resize_member(id, quantity),
            Consequence::Cancel(id) => {
                if self.orders.get(id).is_some() {
                    self.cancel(id);
                }
            }
        }
    }

    /// A child that also waits for a price begins to.
    fn start_to_wait(&mut self, id: OrderId, quantity: Quantity) {
        self.size_held(id, quantity);
        let Some(order) = self.orders.get(id).map(|open| open.order) else {
            return;
        };
        self.watch_held(&order);
        self.check_held(order.instrument);
    }

    fn resize_member(&mut self, id: OrderId, quantity: Quantity) {
        let Some(open) = self.orders.get(id) else {
            return;
        };
        if open.update.is_some() {
            // Another change is on its way; this one follows when the venue has answered that.
            return self.lists.owe(&open.order);
        }
        if open.order.quantity == quantity {
            return;
        }
        if open.is_held() {
            return self.size_held(id, quantity);
        }
        self.modify(&Amendment {
            order: id,
            quantity: Some(quantity),
            price: None,
            trigger: None,
        });
    }
}

//! Orders, changes and cancels. A list of orders is charged as that many intents, and one the host
//! cannot hold (too many, a tag that is none) breaks the contract; whatever else is wrong with an
//! order is denied by the risk gate, where it is journaled with a code.

use crate::bindings::argonaut::plugin::orders;
use crate::bindings::argonaut::plugin::types::{NewOrder, Side, TimeInForce};
use crate::convert;
use crate::host::HostState;
use model::{
    AlgorithmCall, Amendment, InstrumentId, Intent, OrderId, OrderKind, OrderRequest, Price,
    Quantity, Terms,
};
use wasmtime::Result;

/// What an order of the flat calls is made of, but its kind and its time in force.
struct Flat {
    instrument: u32,
    side: Side,
    quantity: u64,
    intent: u64,
}

impl HostState {
    fn submit_flat(
        &mut self,
        function: &str,
        order: Flat,
        kind: OrderKind,
        time_in_force: TimeInForce,
    ) -> Result<u64> {
        self.charge_intent(function, 0)?;
        let id = self.intents.submit(OrderRequest {
            id: OrderId::default(),
            instrument: InstrumentId::new(order.instrument),
            side: convert::side_from(order.side),
            kind,
            quantity: Quantity::from_raw(order.quantity),
            time_in_force: convert::time_in_force_from(time_in_force),
            terms: Terms::default(),
            intent: order.intent,
        });
        Ok(self.answer(id, 1))
    }

    /// `modify`, of an order or a child.
    pub(super) fn change(
        &mut self,
        order: u64,
        quantity: Option<u64>,
        price: Option<i64>,
        trigger: Option<i64>,
    ) -> Result<()> {
        self.charge_intent("modify", 0)?;
        self.intents.push(Intent::Modify(Amendment {
            order: OrderId::from_number(order),
            quantity: quantity.map(Quantity::from_raw),
            price: price.map(Price::from_raw),
            trigger: trigger.map(Price::from_raw),
        }));
        Ok(())
    }

    /// `cancel`, of an order or a child.
    pub(super) fn withdraw(&mut self, order: u64) -> Result<()> {
        self.charge_intent("cancel", 0)?;
        let order = OrderId::from_number(order);
        self.intents.push(Intent::Cancel(order));
        Ok(())
    }

    /// The id for the guest; orders that got none are counted.
    pub(super) fn answer(&mut self, id: Option<OrderId>, orders: usize) -> u64 {
        if id.is_none() {
            self.refused_orders += orders as u64;
        }
        id.map_or(0, OrderId::number)
    }
}

impl orders::Host for HostState {
    fn submit_market(
        &mut self,
        instrument: u32,
        side: Side,
        quantity: u64,
        time_in_force: TimeInForce,
        intent: u64,
    ) -> Result<u64> {
        let order = Flat {
            instrument,
            side,
            quantity,
            intent,
        };
        self.submit_flat("submit-market", order, OrderKind::Market, time_in_force)
    }

    fn submit_limit(
        &mut self,
        instrument: u32,
        side: Side,
        quantity: u64,
        price: i64,
        time_in_force: TimeInForce,
        intent: u64,
    ) -> Result<u64> {
        let order = Flat {
            instrument,
            side,
            quantity,
            intent,
        };
        let price = Price::from_raw(price);
        let kind = OrderKind::Limit { price };
        self.submit_flat("submit-limit", order, kind, time_in_force)
    }

    fn submit_stop_market(
        &mut self,
        instrument: u32,
        side: Side,
        quantity: u64,
        trigger: i64,
        time_in_force: TimeInForce,
        intent: u64,
    ) -> Result<u64> {
        let order = Flat {
            instrument,
            side,
            quantity,
            intent,
        };
        let kind = OrderKind::stop_market(Price::from_raw(trigger));
        self.submit_flat("submit-stop-market", order, kind, time_in_force)
    }

    fn submit(&mut self, order: NewOrder) -> Result<u64> {
        self.charge_intent("submit", order.tag.len())?;
        let request = convert::order_request(&order)?;
        let id = self.intents.submit(request);
        Ok(self.answer(id, 1))
    }

    fn submit_list(&mut self, orders: Vec<NewOrder>) -> Result<u64> {
        let size = |order: &NewOrder| size_of::<NewOrder>() + order.tag.len();
        let bytes = orders.iter().map(size).sum();
        self.charge_intents("submit-list", orders.len(), bytes)?;
        let requests = orders.iter().map(convert::order_request);
        let requests: Vec<OrderRequest> = requests.collect::<Result<_, _>>()?;
        let id = self.intents.submit_list(requests);
        Ok(self.answer(id, orders.len()))
    }

    fn submit_by(
        &mut self,
        order: NewOrder,
        algorithm: String,
        parameters: Vec<(String, String)>,
    ) -> Result<u64> {
        let sizes = parameters
            .iter()
            .map(|(name, value)| name.len() + value.len());
        let bytes = order.tag.len() + algorithm.len() + sizes.sum::<usize>();
        self.charge_intent("submit-by", bytes)?;
        let request = convert::order_request(&order)?;
        let call = AlgorithmCall {
            name: algorithm,
            parameters,
        };
        let id = self.intents.work(request, call);
        Ok(self.answer(id, 1))
    }

    fn modify(
        &mut self,
        order: u64,
        quantity: Option<u64>,
        price: Option<i64>,
        trigger: Option<i64>,
    ) -> Result<()> {
        self.change(order, quantity, price, trigger)
    }

    fn cancel(&mut self, order: u64) -> Result<()> {
        self.withdraw(order)
    }

    fn cancel_all(&mut self, instrument: u32) -> Result<()> {
        self.charge_intent("cancel-all", 0)?;
        self.intents
            .push(Intent::CancelAll(InstrumentId::new(instrument)));
        Ok(())
    }
}

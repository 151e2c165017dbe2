//! What an execution algorithm may call: feeds of its parent's instrument, and children.

use super::within;
use crate::bindings::algorithm::argonaut::plugin::{children, parent};
use crate::bindings::argonaut::plugin::types::BarSpec;
use crate::bindings::rule::argonaut::plugin::facts;
use crate::convert;
use crate::host::{Breach, HostState, Phase};
use model::{MarketFeed, OrderRequest};
use wasmtime::Result;

impl HostState {
    fn feed(&mut self, function: &str, feed: MarketFeed) -> Result<()> {
        self.charge(0)?;
        self.require(function, self.phase == Phase::Init)?;
        if !self.feeds.contains(&feed) {
            within(self.feeds.len(), self.limits.declarations, "subscriptions")?;
            self.feeds.push(feed);
        }
        Ok(())
    }
}

/// Types only.
impl facts::Host for HostState {}

impl parent::Host for HostState {
    fn subscribe_quotes(&mut self) -> Result<()> {
        self.feed("subscribe-quotes", MarketFeed::Quotes)
    }

    fn subscribe_trades(&mut self) -> Result<()> {
        self.feed("subscribe-trades", MarketFeed::Trades)
    }

    fn subscribe_bars(&mut self, spec: BarSpec) -> Result<()> {
        let spec = convert::bar_spec(spec)?;
        self.feed("subscribe-bars", MarketFeed::Bars(spec))
    }
}

impl children::Host for HostState {
    fn submit(&mut self, child: children::ChildOrder) -> Result<u64> {
        self.charge_intent("submit", child.tag.len())?;
        let Some(parent) = self.parent else {
            return Err(
                Breach::bad_output("there is no parent to send a child of".to_owned()).into(),
            );
        };
        let request: OrderRequest = convert::child_request(&child, parent)?;
        let id = self.intents.submit(request);
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

    fn done(&mut self) -> Result<()> {
        self.charge_intent("done", 0)?;
        let before = self.intents.items().len();
        self.done_after.get_or_insert(before);
        Ok(())
    }
}

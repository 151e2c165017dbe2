//! Quotes both sides of the market and earns the spread, leaning against its inventory.
//!
//! * Each side has one limit order, half a spread away from the middle of the market.
//! * Inventory skews both: the longer the position, the lower both prices, so that selling becomes
//!   likelier than buying. A side that would grow the position beyond its limit is not quoted.
//! * An order is moved only when its price is wrong by the re-quote threshold: moving costs a message
//!   and the place in the queue. A side has one order, which is changed, never a second one.
//! * Quotes are post-only: a maker that takes has made a mistake. One that would is rejected, and the
//!   next quote tries again.
//! * After a fill nothing is quoted until the next quote: the one in hand is from before the move.
//! * A timer withdraws everything when the market falls silent: old prices are for others to pick.

mod prices;
mod quoting;

use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    Amendment, Config, Context, Description, Duration, Instrument, InstrumentId, NewOrder,
    OrderChange, OrderEvent, Parameter, Position, Quantity, Quote, SavedState, Side, Snapshot,
    Strategy, Timestamp,
};
use prices::Pricing;
use quoting::Quoting;

/// Version of the saved state.
const STATE_VERSION: u32 = 4;
/// The one timer.
const SILENCE_TIMER: u64 = 1;
/// How long a side rests after the host has refused one of its orders or changes.
const REFUSAL_PAUSE: Duration = Duration::from_secs(1);

/// Quotes both sides.
#[derive(Debug)]
pub struct MarketMaker {
    instrument: InstrumentId,
    quantity: Quantity,
    max_inventory: Quantity,
    pricing: Pricing,
    silence: Duration,
    memory: Memory,
}

/// What outlives the instance: everything that decides what it does next, but what the host hands over
/// itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct Memory {
    market: Option<Quote>,
    /// When silence is looked at next.
    wakes: Option<Timestamp>,
    bid: Quoting,
    ask: Quoting,
}

impl Memory {
    fn side(&mut self, side: Side) -> &mut Quoting {
        match side {
            Side::Buy => &mut self.bid,
            Side::Sell => &mut self.ask,
        }
    }
}

impl MarketMaker {
    /// How much a side may still add before the position reaches its limit, up to one order.
    fn room(&self, side: Side, position: &Position) -> Quantity {
        let after_full = i128::from(self.max_inventory.raw())
            - match side {
                Side::Buy => position.signed(),
                Side::Sell => -position.signed(),
            };
        let room = u64::try_from(after_full.max(0)).unwrap_or(u64::MAX);
        // A part of an order could be off the lot grid, so it is a whole one or none.
        if room >= self.quantity.raw() {
            self.quantity
        } else {
            Quantity::ZERO
        }
    }

    /// Brings one side in step with the market.
    fn requote(&mut self, side: Side, context: &mut Context<'_>) {
        let Some(market) = self.memory.market else {
            return;
        };
        let position = context.position(self.instrument);
        let wanted = self
            .pricing
            .price(side, &market, &position, self.max_inventory);
        let room = self.room(side, &position);
        let wanted = wanted.filter(|_| !room.is_zero());
        let (instrument, pricing) = (self.instrument, self.pricing);
        let quoting = self.memory.side(side);
        let working = quoting.order.and_then(|id| context.order(id)).copied();
        let rests = context.now() < quoting.resume;
        match (working, wanted) {
            (Some(order), None) => context.cancel(order.order),
            // What was asked for last is still on its way; the answer leads here again.
            (Some(order), _) if order.status.is_in_flight() => {}
            (Some(order), Some(wanted)) => {
                if !rests && pricing.is_off(order.limit_price, wanted) {
                    context.modify(order.order, Amendment::price(wanted));
                }
            }
            (None, Some(wanted)) if !rests => {
                let order = NewOrder::limit(instrument, side, room, wanted).post_only();
                quoting.order = context.submit(&order);
            }
            (None, _) => quoting.order = None,
        }
    }

    fn wake_at(&mut self, wakes: Timestamp, context: &mut Context<'_>) {
        self.memory.wakes = Some(wakes);
        context.set_timer(SILENCE_TIMER, wakes);
    }

    fn requote_both(&mut self, context: &mut Context<'_>) {
        self.requote(Side::Buy, context);
        self.requote(Side::Sell, context);
    }

    /// Withdraws open orders that this instance did not send: the last ones of the version before a
    /// swap.
    fn cancel_strays(&mut self, context: &mut Context<'_>) {
        let known = [self.memory.bid.order, self.memory.ask.order];
        let open = context
            .open_orders(self.instrument)
            .map(|order| order.order);
        let strays: Vec<_> = open.filter(|id| !known.contains(&Some(*id))).collect();
        strays.into_iter().for_each(|id| context.cancel(id));
    }
}

impl Strategy for MarketMaker {
    fn describe() -> Description {
        let documentation = "Quotes both sides of the market with limit orders around the middle, \
                             leaning against its inventory.";
        let ticks = |name, documentation, default, minimum| {
            Parameter::integer(name, documentation)
                .default(default)
                .range(minimum, 1_000_000)
        };
        let half_spread = "Distance of each price from the middle of the market, in ticks.";
        let skew = "How far a full inventory moves both prices, in ticks.";
        let requote = "How wrong a price must be before the order is moved, in ticks.";
        let inventory = "Largest position either way; 0 means ten orders.";
        let silence = "Seconds without a quote after which all orders are withdrawn.";
        let inventory = Parameter::decimal("max_inventory", inventory);
        Description::new("market-maker", env!("CARGO_PKG_VERSION"), documentation)
            .with_instrument()
            .with_quantity()
            .with(ticks("half_spread_ticks", half_spread, 2, 1))
            .with(ticks("skew_ticks", skew, 4, 0))
            .with(ticks("requote_ticks", requote, 1, 1))
            .with(inventory.default(0).range(0, 100_000_000_000_u64))
            .with(
                Parameter::integer("silence_seconds", silence)
                    .default(30)
                    .range(1, 86_400),
            )
    }

    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        let instrument: &Instrument = config.instrument()?;
        let quantity = config.order_quantity(instrument)?;
        let max_inventory = config.quantity("max_inventory")?;
        context.subscribe_quotes(instrument.id);
        Ok(Self {
            instrument: instrument.id,
            quantity,
            max_inventory: if max_inventory.is_zero() {
                quantity * 10
            } else {
                max_inventory
            },
            pricing: Pricing::read(config, instrument.tick)?,
            silence: Duration::from_secs(config.count("silence_seconds")?),
            memory: Memory::default(),
        })
    }

    fn on_start(&mut self, snapshot: &Snapshot, context: &mut Context<'_>) {
        // The version before had it set: a swap does not put it off.
        let set = self.memory.wakes.filter(|wakes| *wakes > snapshot.now);
        self.wake_at(set.unwrap_or(snapshot.now + self.silence), context);
        self.cancel_strays(context);
    }

    fn on_quote(&mut self, quote: &Quote, context: &mut Context<'_>) {
        self.memory.market = Some(*quote);
        self.requote_both(context);
    }

    fn on_order_event(&mut self, event: &OrderEvent, context: &mut Context<'_>) {
        let quoting = self.memory.side(event.side);
        if quoting.order != Some(event.order) {
            // Not ours: sent by the version before, and arriving during a swap.
            self.cancel_strays(context);
            return;
        }
        match event.change {
            // A fill says that the market has moved, and the quote in hand is from before: to quote
            // on it again would be to chase. The next quote brings both sides in step.
            OrderChange::Filled(_) => self.memory.market = None,
            // Orders are muted while this version catches up; the next quote tries again.
            OrderChange::Denied(0) => quoting.order = None,
            OrderChange::Denied(_) => {
                quoting.rest(event, context);
                quoting.order = None;
            }
            // A price that may not be moved is soon an old one.
            OrderChange::UpdateDenied(_) => {
                quoting.rest(event, context);
                quoting.cancel(context);
            }
            // The market was there first, or was faster; the next quote tries again.
            OrderChange::Rejected => quoting.order = None,
            OrderChange::UpdateRejected | OrderChange::CancelRejected => {}
            OrderChange::Accepted | OrderChange::Updated { .. } => {
                self.requote(event.side, context)
            }
            _ if event.status.is_closed() => self.requote(event.side, context),
            _ => {}
        }
    }

    fn on_timer(&mut self, _: u64, due: Timestamp, context: &mut Context<'_>) {
        let latest = self
            .memory
            .market
            .map_or(Timestamp::default(), |quote| quote.ts_init);
        if due - latest >= self.silence {
            // Without a market nothing is quoted again until the next quote.
            self.memory.market = None;
            self.memory.bid.cancel(context);
            self.memory.ask.cancel(context);
        }
        self.wake_at(due + self.silence, context);
    }

    fn on_stop(&mut self, context: &mut Context<'_>) {
        // Without a market the withdrawals are not answered by new orders.
        self.memory.market = None;
        context.cancel_all(self.instrument);
    }

    fn save(&self) -> SavedState {
        SavedState::encode(STATE_VERSION, &self.memory)
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        self.memory = state.expect_version(STATE_VERSION)?.decode()?;
        Ok(())
    }
}

argonaut_sdk::export!(MarketMaker);

#[cfg(test)]
mod tests;

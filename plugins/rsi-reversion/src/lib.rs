//! Fades extremes: buys when the RSI of bar closes says oversold, sells when it says overbought, and
//! leaves at neutral. A stop-market order protects the position from the first fill on.
//!
//! Entry and stop are one list: the stop waits at the host until the entry fills, grows with it, and
//! only ever reduces the position, so it can neither come late nor close too much. What is left to
//! do here is to get out of its way and to notice when it is gone:
//!
//! * Leaving takes two steps: the stop, and an entry that still works, are withdrawn; once that is
//!   confirmed a market order closes what is left. If the stop fills instead, nothing is left.
//! * A stop that is refused, or cannot grow, leaves the position naked, so it is closed at once.
//! * After a swap there may be orders the old version sent last. They are withdrawn first, and the
//!   position gets a stop of its own.

mod orders;

use argonaut_sdk::indicators::Rsi;
use argonaut_sdk::serde::{Deserialize, Serialize};
use argonaut_sdk::{
    Bar, Config, Context, Description, History, Instrument, InstrumentId, NewOrder, OrderChange,
    OrderEvent, Parameter, Position, Price, Quantity, SavedState, Side, Snapshot, Strategy,
    Timestamp,
};
use orders::Working;

/// Version of the saved state.
const STATE_VERSION: u32 = 2;

/// Fades extremes.
#[derive(Debug)]
pub struct RsiReversion {
    instrument: InstrumentId,
    tick: Price,
    settings: Settings,
    rsi: Rsi,
    /// End of the latest bar in the RSI.
    latest: Timestamp,
    working: Working,
}

/// The parameters that decide.
#[derive(Debug, Clone, Copy)]
struct Settings {
    quantity: Quantity,
    oversold: f64,
    overbought: f64,
    neutral: f64,
    /// Distance of the stop from the entry, as a share of its price.
    stop_fraction: f64,
    /// Whether to enter by a limit order at the close instead of a market order.
    limit_entry: bool,
}

/// What outlives the instance.
#[derive(Serialize, Deserialize)]
#[serde(crate = "argonaut_sdk::serde")]
struct State {
    closes: Vec<f64>,
    latest: Timestamp,
    working: Working,
}

impl Settings {
    fn read(config: &Config, instrument: &Instrument) -> Result<Self, String> {
        let settings = Self {
            quantity: config.order_quantity(instrument)?,
            oversold: config.decimal("oversold")?,
            overbought: config.decimal("overbought")?,
            neutral: config.decimal("neutral")?,
            stop_fraction: config.decimal("stop_percent")? / 100.0,
            limit_entry: match config.text("entry")? {
                "limit" => true,
                "market" => false,
                other => {
                    return Err(format!(
                        "parameter `entry`: `{other}` is not market or limit"
                    ));
                }
            },
        };
        if settings.oversold >= settings.neutral || settings.neutral >= settings.overbought {
            return Err("parameters: oversold < neutral < overbought does not hold".to_owned());
        }
        Ok(settings)
    }

    /// The side an RSI says to enter on.
    fn entry(&self, rsi: f64) -> Option<Side> {
        if rsi <= self.oversold {
            Some(Side::Buy)
        } else if rsi >= self.overbought {
            Some(Side::Sell)
        } else {
            None
        }
    }

    /// Whether an RSI says that a position on `side` has done its work.
    fn is_done(&self, rsi: f64, side: Side) -> bool {
        match side {
            Side::Buy => rsi >= self.neutral,
            Side::Sell => rsi <= self.neutral,
        }
    }
}

impl RsiReversion {
    /// Moves the RSI by one bar, unless it has seen it.
    fn observe(&mut self, bar: &Bar) {
        if bar.ts_event > self.latest {
            self.latest = bar.ts_event;
            self.rsi.update(bar.close.to_f64());
        }
    }

    /// Where the stop of an entry on `side` belongs: away from its price, on the grid.
    fn stop_price(&self, side: Side, entry: Price) -> Option<Price> {
        let entry = entry.to_f64();
        let distance = entry.abs() * self.settings.stop_fraction;
        let trigger = match side {
            Side::Buy => entry - distance,
            Side::Sell => entry + distance,
        };
        Price::nearest(trigger, self.tick)
    }

    /// Sends the entry order, or withdraws one whose reason has gone.
    fn enter(&mut self, side: Option<Side>, close: Price, context: &mut Context<'_>) {
        let working = self.working.entry.and_then(|id| context.order(id)).copied();
        match (working, side) {
            (Some(order), side) if side != Some(order.side) => {
                context.cancel(order.order);
            }
            // Whatever else is still open, such as a closing order in flight, comes first.
            (None, Some(side)) if context.open_orders(self.instrument).next().is_none() => {
                self.send_entry(side, close, context);
            }
            _ => {}
        }
    }

    fn send_entry(&mut self, side: Side, close: Price, context: &mut Context<'_>) {
        let (instrument, quantity) = (self.instrument, self.settings.quantity);
        let entry = if self.settings.limit_entry {
            let price = match side {
                Side::Buy => close.floor(self.tick),
                Side::Sell => close.ceil(self.tick),
            };
            NewOrder::limit(instrument, side, quantity, price)
        } else {
            NewOrder::market(instrument, side, quantity)
        };
        if let Some(trigger) = self.stop_price(side, close) {
            self.working.enter(entry, trigger, context);
        }
    }

    /// Brings the orders in step with the position.
    fn settle(&mut self, context: &mut Context<'_>) {
        let position = context.position(self.instrument);
        let stop_price = self.stop_price(position.side, position.average_price);
        self.working.settle(&position, stop_price, context);
    }

    fn warn_refused(&self, event: &OrderEvent, context: &mut Context<'_>) {
        let (order, change) = (event.order, event.change);
        context.warn(format_args!("order {order}: {change}"));
    }

    /// Closes the position, whatever its price.
    fn leave(&mut self, context: &mut Context<'_>) {
        self.working.leaving = true;
        self.settle(context);
    }
}

impl Strategy for RsiReversion {
    fn describe() -> Description {
        let documentation = "Fades extremes of the RSI of bar closes; leaves at neutral or by a \
                             protective stop.";
        let level = |name, documentation, default| {
            Parameter::decimal(name, documentation)
                .default(default)
                .range(0, 100)
        };
        let period = Parameter::integer("period", "Period of the RSI, in bars.");
        let entry = "How to enter: market, or limit at the close of the bar.";
        let stop = "Distance of the stop from the close that led to the entry, in percent of it.";
        let warm_up = "Bars from before the start that warm the RSI up.";
        Description::new("rsi-reversion", env!("CARGO_PKG_VERSION"), documentation)
            .with_instrument()
            .with_quantity()
            .with_time_bars(60, "mid")
            .with(period.default(14).range(2, 500))
            .with(level("oversold", "RSI at or below which to buy.", 30))
            .with(level("overbought", "RSI at or above which to sell.", 70))
            .with(level("neutral", "RSI at which to leave.", 50))
            .with(Parameter::text("entry", entry).default("market"))
            .with(
                Parameter::decimal("stop_percent", stop)
                    .default("0.5")
                    .range("0.001", 50),
            )
            .with(
                Parameter::integer("warm_up", warm_up)
                    .default(200)
                    .range(0, 10_000),
            )
    }

    fn new(config: &Config, context: &mut Context<'_>) -> Result<Self, String> {
        let instrument = config.instrument()?;
        let bars = config.bar_spec()?;
        context.subscribe_bars(instrument.id, bars);
        context.request_history(instrument.id, bars, config.parse("warm_up")?);
        Ok(Self {
            instrument: instrument.id,
            tick: instrument.tick,
            settings: Settings::read(config, instrument)?,
            rsi: Rsi::new(config.count("period")?)?,
            latest: Timestamp::default(),
            working: Working::default(),
        })
    }

    fn on_history(&mut self, history: &History, _: &mut Context<'_>) {
        history.bars.iter().for_each(|bar| self.observe(bar));
    }

    fn on_start(&mut self, _: &Snapshot, context: &mut Context<'_>) {
        // Restored with a position whose stop is gone, say because it was withdrawn by hand.
        self.settle(context);
    }

    fn on_bar(&mut self, bar: &Bar, context: &mut Context<'_>) {
        self.observe(bar);
        // Also tries again what was refused since the last bar.
        self.settle(context);
        let Some(rsi) = self.rsi.value() else { return };
        let position = context.position(self.instrument);
        if position.is_flat() {
            self.enter(self.settings.entry(rsi), bar.close, context);
        } else if self.settings.is_done(rsi, position.side) {
            self.leave(context);
        }
    }

    fn on_order_event(&mut self, event: &OrderEvent, context: &mut Context<'_>) {
        let is_stop = self.working.stop == Some(event.order);
        match event.change {
            // The position event that follows a fill knows the new size; acting now would act on
            // the old one.
            OrderChange::Filled(_) => {}
            // Orders are muted while this version catches up; the next bar tries again.
            OrderChange::Denied(0) => self.working.forget(event.order),
            OrderChange::Denied(_) | OrderChange::Rejected => {
                self.warn_refused(event, context);
                self.working.forget(event.order);
                if is_stop {
                    self.leave(context);
                }
            }
            OrderChange::UpdateDenied(_) | OrderChange::UpdateRejected if is_stop => {
                self.warn_refused(event, context);
                self.leave(context);
            }
            _ if event.status.is_closed() => {
                self.working.forget(event.order);
                self.settle(context);
            }
            _ => {}
        }
    }

    fn on_position(&mut self, _: &Position, context: &mut Context<'_>) {
        self.settle(context);
    }

    fn save(&self) -> SavedState {
        let state = State {
            closes: self.rsi.inputs().to_vec(),
            latest: self.latest,
            working: self.working.clone(),
        };
        SavedState::encode(STATE_VERSION, &state)
    }

    fn load(&mut self, state: SavedState) -> Result<(), String> {
        let state: State = state.expect_version(STATE_VERSION)?.decode()?;
        self.rsi.restore(&state.closes);
        self.latest = state.latest;
        self.working = state.working;
        Ok(())
    }
}

argonaut_sdk::export!(RsiReversion);

#[cfg(test)]
mod tests;

//! A strategy compiled into the host behind the same port as a WebAssembly one. Only the bench uses
//! it, to say what the sandbox costs; it has no limits and no isolation.

mod convert;

use argonaut_sdk as sdk;
use model::{
    AlgorithmCall, Event, Fault, FaultKind, Hears, HistoryRequest, InstrumentId, Intent, Intents,
    OrderId, SavedState, StartSnapshot, Strategy, Subscription,
};
use std::collections::BTreeMap;

/// An SDK strategy as an engine strategy.
pub struct Native<S> {
    runner: sdk::Runner<S>,
    multipliers: Vec<model::Quantity>,
    values: BTreeMap<String, Vec<u8>>,
    declared: Vec<Subscription>,
    history: Vec<HistoryRequest>,
}

impl<S: sdk::Strategy> Native<S> {
    /// Makes the strategy with defaults filled in.
    pub fn new(
        name: &str,
        instruments: &[(InstrumentId, model::Instrument, String)],
        parameters: &[(String, String)],
    ) -> Result<Self, Fault> {
        let multipliers = instruments.iter().map(|(_, i, _)| i.multiplier).collect();
        let described = instruments.iter().map(convert::instrument).collect();
        let config = sdk::Config::new(name, described, parameters.iter().cloned());
        let config = config
            .checked(&S::describe())
            .map_err(|error| refused(error.to_string()))?;
        let mut values = BTreeMap::new();
        let mut intents = Intents::default();
        let mut history = Vec::new();
        let mut host = Imports {
            intents: &mut intents,
            values: &mut values,
            history: Some(&mut history),
        };
        let runner = sdk::Runner::new(&config, &mut host).map_err(refused)?;
        let declared = intents.items().iter().filter_map(|intent| match intent {
            Intent::Subscribe(subscription) => Some(*subscription),
            _ => None,
        });
        Ok(Self {
            runner,
            multipliers,
            declared: declared.collect(),
            values,
            history,
        })
    }
}

fn refused(message: String) -> Fault {
    Fault {
        kind: FaultKind::Refused,
        message,
    }
}

impl<S: sdk::Strategy + Send> Strategy for Native<S> {
    fn declared(&self) -> &[Subscription] {
        &self.declared
    }

    fn history_requests(&self) -> &[HistoryRequest] {
        &self.history
    }

    fn hears(&self) -> Hears {
        // The SDK's trait has a hook for everything, as a component made with it has the exports.
        Hears::ALL
    }

    fn start(&mut self, snapshot: &StartSnapshot, out: &mut Intents) -> Result<(), Fault> {
        self.values = snapshot.values.iter().cloned().collect();
        if let Some(SavedState { version, bytes }) = snapshot.state.clone() {
            self.runner
                .load(sdk::SavedState { version, bytes })
                .map_err(refused)?;
        }
        let start = convert::snapshot(snapshot, out.now(), &self.multipliers);
        let mut host = Imports {
            intents: out,
            values: &mut self.values,
            history: None,
        };
        for block in &snapshot.history {
            self.runner.on_history(&convert::history(block), &mut host);
        }
        self.runner.on_start(&start, &mut host);
        Ok(())
    }

    fn handle(&mut self, event: &Event, out: &mut Intents) -> Result<(), Fault> {
        let mut host = Imports {
            intents: out,
            values: &mut self.values,
            history: None,
        };
        match event {
            Event::Quote(quote) => self.runner.on_quote(&convert::quote(quote), &mut host),
            Event::Trade(trade) => self.runner.on_trade(&convert::trade(trade), &mut host),
            Event::Bar(bar) => self.runner.on_bar(&convert::bar(bar), &mut host),
            Event::Book(view) => self.runner.on_book(&convert::book(view), &mut host),
            Event::BookLost(instrument) => {
                let instrument = sdk::InstrumentId::new(instrument.number());
                self.runner.on_book_lost(instrument, &mut host);
            }
            Event::Timer { id, due } => {
                self.runner
                    .on_timer(*id, sdk::Timestamp::from_nanos(due.nanos()), &mut host);
            }
            Event::Order(update) => {
                self.runner
                    .on_order_event(&convert::order_event(update), &mut host);
            }
            Event::Position(update) => {
                let position = convert::position(update, &self.multipliers);
                self.runner.on_position(&position, &mut host);
            }
            Event::CashFlow { flow, currency } => {
                if let Some(flow) = convert::cash_flow(flow, currency) {
                    self.runner.on_cash_flow(&flow, &mut host);
                }
            }
            Event::Life { event, currency } => {
                let event = convert::life_event(event, currency.as_deref().unwrap_or_default());
                self.runner.on_lifecycle(&event, &mut host);
            }
            Event::Signal(told) => self.runner.on_signal(&convert::signal(told), &mut host),
        }
        Ok(())
    }

    fn stop(&mut self, out: &mut Intents) -> Result<(), Fault> {
        let mut host = Imports {
            intents: out,
            values: &mut self.values,
            history: None,
        };
        self.runner.on_stop(&mut host);
        Ok(())
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        let sdk::SavedState { version, bytes } = self.runner.save();
        Ok(SavedState { version, bytes })
    }
}

/// What the strategy can call.
struct Imports<'a> {
    intents: &'a mut Intents,
    values: &'a mut BTreeMap<String, Vec<u8>>,
    /// Where history requests go; only while the strategy is being made.
    history: Option<&'a mut Vec<HistoryRequest>>,
}

impl sdk::Host for Imports<'_> {
    fn now(&self) -> sdk::Timestamp {
        sdk::Timestamp::from_nanos(self.intents.now().nanos())
    }

    fn subscribe(&mut self, subscription: sdk::Subscription) {
        self.intents
            .push(Intent::Subscribe(convert::subscription(subscription)));
    }

    fn unsubscribe(&mut self, subscription: sdk::Subscription) {
        self.intents
            .push(Intent::Unsubscribe(convert::subscription(subscription)));
    }

    fn request_history(&mut self, instrument: sdk::InstrumentId, spec: sdk::BarSpec, count: u32) {
        if let Some(history) = &mut self.history {
            let instrument = InstrumentId::new(instrument.number());
            let spec = convert::bar_spec(spec);
            history.push(HistoryRequest {
                instrument,
                spec,
                count,
            });
        }
    }

    fn submit(&mut self, order: &sdk::NewOrder) -> Option<sdk::OrderId> {
        let id = self.intents.submit(convert::order_request(order))?;
        Some(sdk::OrderId::new(id.number()))
    }

    fn submit_list(&mut self, orders: &[sdk::NewOrder]) -> Option<sdk::OrderId> {
        let requests = orders.iter().map(convert::order_request);
        let first = self.intents.submit_list(requests.collect())?;
        Some(sdk::OrderId::new(first.number()))
    }

    fn submit_by(&mut self, worked: &sdk::WorkedOrder<'_>) -> Option<sdk::OrderId> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let call = AlgorithmCall {
            name: worked.algorithm.to_owned(),
            parameters: worked.parameters.iter().map(owned).collect(),
        };
        let request = convert::order_request(&worked.order);
        let id = self.intents.work(request, call)?;
        Some(sdk::OrderId::new(id.number()))
    }

    fn modify(&mut self, order: sdk::OrderId, amendment: sdk::Amendment) {
        let amendment = convert::amendment(order, amendment);
        self.intents.push(Intent::Modify(amendment));
    }

    fn cancel(&mut self, order: sdk::OrderId) {
        self.intents
            .push(Intent::Cancel(OrderId::from_number(order.number())));
    }

    fn cancel_all(&mut self, instrument: sdk::InstrumentId) {
        self.intents
            .push(Intent::CancelAll(InstrumentId::new(instrument.number())));
    }

    fn set_timer(&mut self, id: u64, due: sdk::Timestamp) {
        let due = model::Timestamp::from_nanos(due.nanos());
        self.intents.push(Intent::SetTimer { id, due });
    }

    fn cancel_timer(&mut self, id: u64) {
        self.intents.push(Intent::CancelTimer { id });
    }

    fn log(&mut self, level: sdk::LogLevel, text: &str) {
        let level = convert::log_level(level);
        self.intents.push(Intent::Log {
            level,
            text: text.to_owned(),
        });
    }

    fn get_value(&self, key: &str) -> Option<Vec<u8>> {
        self.values.get(key).cloned()
    }

    fn put_value(&mut self, key: &str, value: &[u8]) {
        let (key, value) = (key.to_owned(), value.to_vec());
        if value.is_empty() {
            self.values.remove(&key);
        } else {
            self.values.insert(key.clone(), value.clone());
        }
        self.intents.push(Intent::PutState { key, value });
    }
}

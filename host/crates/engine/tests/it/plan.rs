//! Execution algorithms as test doubles: a slicer that parameters steer, and plans of closures. The
//! real ones are plugins; these only put the mechanics through their paces.

use crate::world::*;
use engine::{AlgorithmConfig, Command, Custom, Definition, RuleConfig};
use model::{
    Action, Actions, AlgorithmCall, AlgorithmEvent, AlgorithmMaker, AlgorithmSnapshot,
    ContextFacts, Duration, ExecutionAlgorithm, Fault, FaultKind, MarketFeed, Order, OrderFacts,
    OrderId, OrderKind, OrderRequest, PluginHash, PreTradeRule, Quantity, SavedState, StrategyId,
    Verdict,
};
use std::sync::{Arc, Mutex};

type Parameters = [(String, String)];
type Make =
    Box<dyn FnMut(&Order, &Parameters) -> Result<Box<dyn ExecutionAlgorithm>, Fault> + Send>;

/// Makes instances with a closure.
pub(crate) struct Maker(Make);

impl Maker {
    pub(crate) fn new<A: ExecutionAlgorithm + 'static>(
        mut make: impl FnMut(&Order, &Parameters) -> Result<A, Fault> + Send + 'static,
    ) -> Self {
        Self(Box::new(move |order, parameters| {
            let made = make(order, parameters)?;
            Ok(Box::new(made))
        }))
    }

    /// Makes [`Slicer`]s.
    pub(crate) fn slicer() -> Self {
        Self::new(Slicer::new)
    }
}

impl AlgorithmMaker for Maker {
    fn make(
        &mut self,
        parent: &Order,
        parameters: &Parameters,
    ) -> Result<Box<dyn ExecutionAlgorithm>, Fault> {
        (self.0)(parent, parameters)
    }
}

/// Sends its parent in equal slices, one every so many seconds, and is then done. Parameters:
/// `slices`, `every` (seconds), `limit` (a price; market orders without), `size` (of each slice,
/// whatever the parent is for), `fault_at` (the slice over which it breaks), `post_only`.
pub(crate) struct Slicer {
    parent: OrderRequest,
    sent: i64,
    slices: i64,
    every: u64,
    fault_at: Option<i64>,
    size: Option<Quantity>,
}

impl Slicer {
    pub(crate) fn new(parent: &Order, parameters: &Parameters) -> Result<Self, Fault> {
        let value = |name: &str| {
            let found = parameters.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str())
        };
        let kind = match value("limit") {
            Some(text) => OrderKind::Limit { price: price(text) },
            None => OrderKind::Market,
        };
        let slices = value("slices").unwrap_or("1");
        let slices = slices.parse().map_err(|_| Fault {
            kind: FaultKind::Refused,
            message: format!("slices: `{slices}` is not a number"),
        })?;
        let mut slice = OrderRequest::new(parent.instrument, parent.side, kind, parent.quantity);
        slice.terms.post_only = value("post_only").is_some();
        Ok(Self {
            parent: slice,
            sent: 0,
            slices,
            every: value("every").unwrap_or("1").parse().unwrap(),
            fault_at: value("fault_at").map(|text| text.parse().unwrap()),
            size: value("size").map(quantity),
        })
    }

    fn send(&mut self, out: &mut Actions) -> Result<(), Fault> {
        self.sent += 1;
        if self.fault_at == Some(self.sent) {
            return Err(crate::script::trap());
        }
        let units = self.parent.quantity.raw() / u64::try_from(self.slices).unwrap();
        let quantity = self.size.unwrap_or(Quantity::from_raw(units));
        out.submit(OrderRequest {
            quantity,
            ..self.parent
        });
        self.go_on(out);
        Ok(())
    }

    fn go_on(&self, out: &mut Actions) {
        out.push(if self.sent < self.slices {
            Action::SetTimer {
                id: 1,
                due: out.now().after(Duration::from_secs(self.every)),
            }
        } else {
            Action::Done
        });
    }
}

impl ExecutionAlgorithm for Slicer {
    fn declared(&self) -> &[MarketFeed] {
        &[]
    }

    fn start(
        &mut self,
        _: &Order,
        snapshot: &AlgorithmSnapshot,
        out: &mut Actions,
    ) -> Result<(), Fault> {
        match &snapshot.state {
            None => self.send(out),
            Some(state) => {
                self.sent = i64::from(state.bytes[0]);
                Ok(())
            }
        }
    }

    fn handle(&mut self, event: &AlgorithmEvent, out: &mut Actions) -> Result<(), Fault> {
        match event {
            AlgorithmEvent::Timer { .. } => self.send(out),
            AlgorithmEvent::Amended { quantity, .. } => {
                self.parent.quantity = *quantity;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        Ok(SavedState {
            version: 1,
            bytes: vec![u8::try_from(self.sent).unwrap()],
        })
    }
}

type OnStart = Box<dyn FnMut(&Order, &mut Actions) -> Result<(), Fault> + Send>;
type OnEvent = Box<dyn FnMut(&AlgorithmEvent, &mut Actions) -> Result<(), Fault> + Send>;

/// What a plan saw, readable while the engine owns the plan.
pub(crate) type Heard = Arc<Mutex<Vec<AlgorithmEvent>>>;

/// An algorithm of closures.
pub(crate) struct Plan {
    declared: Vec<MarketFeed>,
    on_start: OnStart,
    on_event: OnEvent,
    heard: Heard,
}

impl Plan {
    pub(crate) fn new(
        declared: &[MarketFeed],
        heard: &Heard,
        on_start: impl FnMut(&Order, &mut Actions) -> Result<(), Fault> + Send + 'static,
        on_event: impl FnMut(&AlgorithmEvent, &mut Actions) -> Result<(), Fault> + Send + 'static,
    ) -> Self {
        Self {
            declared: declared.to_vec(),
            on_start: Box::new(on_start),
            on_event: Box::new(on_event),
            heard: Arc::clone(heard),
        }
    }
}

impl ExecutionAlgorithm for Plan {
    fn declared(&self) -> &[MarketFeed] {
        &self.declared
    }

    fn start(
        &mut self,
        parent: &Order,
        _: &AlgorithmSnapshot,
        out: &mut Actions,
    ) -> Result<(), Fault> {
        (self.on_start)(parent, out)
    }

    fn handle(&mut self, event: &AlgorithmEvent, out: &mut Actions) -> Result<(), Fault> {
        self.heard.lock().unwrap().push(*event);
        (self.on_event)(event, out)
    }

    fn save(&mut self) -> Result<SavedState, Fault> {
        Ok(SavedState::default())
    }
}

type Judge = Box<dyn FnMut(&OrderFacts, &ContextFacts) -> Result<Verdict, Fault> + Send>;

/// A custom rule of a closure.
pub(crate) struct Rule(Judge);

impl PreTradeRule for Rule {
    fn judge(&mut self, order: &OrderFacts, context: &ContextFacts) -> Result<Verdict, Fault> {
        (self.0)(order, context)
    }
}

impl Rule {
    pub(crate) fn new(
        judge: impl FnMut(&OrderFacts, &ContextFacts) -> Result<Verdict, Fault> + Send + 'static,
    ) -> Self {
        Self(Box::new(judge))
    }
}

pub(crate) fn algorithm(name: &str) -> AlgorithmConfig {
    AlgorithmConfig {
        name: name.to_owned(),
        plugin: PluginHash::default(),
        parameters: Vec::new(),
    }
}

pub(crate) fn rule(name: &str, scope: engine::LimitScope) -> RuleConfig {
    RuleConfig {
        name: name.to_owned(),
        scope,
        plugin: PluginHash::default(),
        parameters: Vec::new(),
    }
}

pub(crate) fn call(name: &str, parameters: &[(&str, &str)]) -> AlgorithmCall {
    let owned = parameters.iter();
    AlgorithmCall {
        name: name.to_owned(),
        parameters: owned
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

impl World {
    /// Puts an algorithm in place.
    pub(crate) fn algorithm(&mut self, name: &str, maker: Maker) {
        self.engine.stage_custom(Custom::Algorithm(Box::new(maker)));
        self.define(Definition::Algorithm(algorithm(name)));
    }

    /// Puts a custom rule in place.
    pub(crate) fn rule(&mut self, name: &str, scope: engine::LimitScope, instance: Rule) {
        self.engine.stage_custom(Custom::Rule(Box::new(instance)));
        self.define(Definition::Rule(rule(name, scope)));
    }

    /// Places an order by hand for an algorithm to work, and returns its id.
    pub(crate) fn work(
        &mut self,
        strategy: StrategyId,
        ask: OrderRequest,
        call: AlgorithmCall,
    ) -> OrderId {
        self.command(Command::PlaceWorked(strategy, Box::new(ask), call));
        OrderId::derive(self.engine.sequence(), 0).unwrap()
    }
}

//! The port behind which execution algorithms live: one instance works one parent order by sending
//! children of it, told what happens by events.
//!
//! The engine knows only this trait. `runtime` implements it with WebAssembly instances, tests with
//! closures. The parent is judged as a whole before an instance is made, every child is judged again
//! when it is sent, and P30 keeps the children within their parent; so an algorithm can spoil how
//! an order is done, never how much of it.

use crate::{
    Amendment, Bar, BarSpec, Fault, LogLevel, Order, OrderId, OrderRequest, OrderUpdate, Price,
    Quantity, Quote, SavedState, Timestamp, Trade,
};

/// The most parameters an order may hand to its algorithm.
pub const MAX_PARAMETERS: usize = 64;
/// The most bytes they may have, names included.
pub const MAX_PARAMETER_BYTES: usize = 4_096;

/// Which algorithm is to work an order, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlgorithmCall {
    /// The name it was defined with.
    pub name: String,
    /// Parameters of this order. They stand over those the algorithm was defined with.
    pub parameters: Vec<(String, String)>,
}

impl AlgorithmCall {
    /// Whether the parameters are within [`MAX_PARAMETERS`] and [`MAX_PARAMETER_BYTES`], and none is
    /// named twice.
    pub fn is_bounded(&self) -> bool {
        let sizes = self
            .parameters
            .iter()
            .map(|(key, value)| key.len() + value.len());
        let twice = self.parameters.iter().enumerate().any(|(place, (key, _))| {
            let mut earlier = self.parameters.iter().take(place);
            earlier.any(|(other, _)| other == key)
        });
        self.parameters.len() <= MAX_PARAMETERS
            && sizes.sum::<usize>() + self.name.len() <= MAX_PARAMETER_BYTES
            && !twice
    }

    /// These parameters on top of the ones given by the definition, sorted by name.
    pub fn over(&self, defaults: &[(String, String)]) -> Vec<(String, String)> {
        let own = |key: &String| self.parameters.iter().any(|(name, _)| name == key);
        let kept = defaults.iter().filter(|(key, _)| !own(key));
        let mut all: Vec<_> = kept.chain(&self.parameters).cloned().collect();
        all.sort();
        all
    }
}

/// What an algorithm wants to hear of its parent's instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketFeed {
    /// Every quote.
    Quotes,
    /// Every trade.
    Trades,
    /// Every bar made by a rule.
    Bars(BarSpec),
}

/// What an algorithm is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlgorithmEvent {
    /// A new best bid or ask.
    Quote(Quote),
    /// A trade between others.
    Trade(Trade),
    /// A finished bar.
    Bar(Bar),
    /// A timer that is due.
    Timer {
        /// The algorithm's own number for it.
        id: u64,
        /// When it was due.
        due: Timestamp,
    },
    /// One of its children changed; a denied one was never open.
    Child(OrderUpdate),
    /// The parent is another one now. Children beyond its new limit price, or too many for its new
    /// quantity, are being withdrawn by the host.
    Amended {
        /// How much the parent is for, what is filled included.
        quantity: Quantity,
        /// Its limit price, if it has one.
        price: Option<Price>,
    },
    /// The parent is being cancelled, or its time is over. The host withdraws the children; nothing
    /// new may be sent. The last event but for what becomes of the children.
    Ending,
}

/// What an algorithm wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send a child.
    Submit(OrderRequest),
    /// Change one of its children.
    Modify(Amendment),
    /// Withdraw one of its children.
    Cancel(OrderId),
    /// Be woken at or after a moment; the same id again moves the timer.
    SetTimer {
        /// The algorithm's own number for it.
        id: u64,
        /// When.
        due: Timestamp,
    },
    /// Not be woken.
    CancelTimer {
        /// The number given when it was set.
        id: u64,
    },
    /// Say something.
    Log {
        /// How serious.
        level: LogLevel,
        /// What.
        text: String,
    },
    /// It will send no more. The parent ends with the last open child: filled, or else cancelled.
    Done,
}

/// Collects what one call to an algorithm wants done, and hands out order ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actions {
    now: Timestamp,
    next_order: Option<OrderId>,
    items: Vec<Action>,
}

impl Actions {
    /// An empty collection for a call at `now` whose first child will be `first_order`. Without one
    /// the call can send none.
    pub fn new(now: Timestamp, first_order: impl Into<Option<OrderId>>) -> Self {
        Self {
            now,
            next_order: first_order.into(),
            items: Vec::new(),
        }
    }

    /// Engine time of the call: what a guest sees as "now".
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The id the next child would get; `None` once one input has made all it may.
    pub const fn next_order(&self) -> Option<OrderId> {
        self.next_order
    }

    /// Adds a child and returns its id; `None` once one input has made all it may.
    pub fn submit(&mut self, request: OrderRequest) -> Option<OrderId> {
        let id = self.next_order?;
        self.next_order = id.next();
        self.items
            .push(Action::Submit(OrderRequest { id, ..request }));
        Some(id)
    }

    /// Adds anything that is not an order.
    pub fn push(&mut self, action: Action) {
        self.items.push(action);
    }

    /// What was asked for so far, in order.
    pub fn items(&self) -> &[Action] {
        &self.items
    }

    /// What was asked for, in order.
    pub fn into_items(self) -> Vec<Action> {
        self.items
    }
}

/// What an algorithm learns when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlgorithmSnapshot {
    /// State of the instance it takes over from, if any.
    pub state: Option<SavedState>,
    /// The parent's children that are open; none at first.
    pub children: Vec<Order>,
    /// The latest quote of the parent's instrument.
    pub quote: Option<Quote>,
    /// The price of its latest trade or bar.
    pub last: Option<Price>,
}

/// A running algorithm, made for one parent. Calls are synchronous and happen on the thread that owns
/// the engine.
pub trait ExecutionAlgorithm: Send {
    /// What it asked to be told about while it was being made.
    fn declared(&self) -> &[MarketFeed];

    /// Starts it, or lets it take over. Called once, before any event.
    fn start(
        &mut self,
        parent: &Order,
        snapshot: &AlgorithmSnapshot,
        out: &mut Actions,
    ) -> Result<(), Fault>;

    /// Tells it what happened.
    fn handle(&mut self, event: &AlgorithmEvent, out: &mut Actions) -> Result<(), Fault>;

    /// Its state as bytes that `start` of a later instance takes.
    fn save(&mut self) -> Result<SavedState, Fault>;
}

/// Makes instances of one algorithm. The engine holds one for each algorithm that is defined, since
/// an order may ask for an instance within a step.
pub trait AlgorithmMaker: Send {
    /// An instance for one parent. Fails for parameters the algorithm refuses.
    fn make(
        &mut self,
        parent: &Order,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn ExecutionAlgorithm>, Fault>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = of
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    #[test]
    fn parameters_of_an_order_stand_over_those_of_the_definition() {
        let call = AlgorithmCall {
            name: "twap".to_owned(),
            parameters: pairs(&[("slices", "4")]),
        };
        let all = call.over(&pairs(&[("slices", "10"), ("duration", "1h")]));
        assert_eq!(all, pairs(&[("duration", "1h"), ("slices", "4")]));
    }

    #[test]
    fn parameters_have_a_bound_and_one_value_each() {
        let call = |parameters| AlgorithmCall {
            name: String::new(),
            parameters,
        };
        let filled = "x".repeat(MAX_PARAMETER_BYTES - 1);
        assert!(call(pairs(&[("a", &filled)])).is_bounded());
        assert!(!call(pairs(&[("ab", &filled)])).is_bounded());
        assert!(!call(pairs(&[("a", "1"), ("a", "2")])).is_bounded());
        let many = |count: usize| (0..count).map(|n| (n.to_string(), String::new())).collect();
        assert!(call(many(MAX_PARAMETERS)).is_bounded());
        assert!(!call(many(MAX_PARAMETERS + 1)).is_bounded());
    }
}

//! Execution algorithms that are defined, and the orders at work in them: the bookkeeping that the
//! engine does for an instance beside its parent order.

use crate::account::Reservation;
use crate::agenda::Ticket;
use crate::input::AlgorithmConfig;
use crate::journal::codec::{fields, variants};
use crate::strategies::Budget;
use model::{
    AlgorithmCall, AlgorithmId, AlgorithmMaker, ExecutionAlgorithm, MarketFeed, OrderId, OrderKind,
    OrderRequest, OrderStatus, PreTradeRule, Price, Quantity, Side, Subscription,
};
use std::collections::{BTreeMap, VecDeque};

/// The most algorithms that may be defined.
pub const MAX_ALGORITHMS: usize = 256;
/// The most orders that may be at work at once.
pub const MAX_WORKED: usize = 1_024;
/// The most children that one parent may have open at once.
pub const MAX_CHILDREN: usize = 64;

/// A custom part given to the engine before the definition that puts it to use.
pub enum Custom {
    /// What makes instances of an execution algorithm.
    Algorithm(Box<dyn AlgorithmMaker>),
    /// A custom pre-trade rule.
    Rule(Box<dyn PreTradeRule>),
}

/// How a parent ends once it has no open child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its algorithm sends no more; what is open is worked on.
    Finished,
    /// It is being cancelled.
    Canceled,
    /// Its time is over.
    Expired,
}

impl Ending {
    pub(crate) fn status(self) -> OrderStatus {
        match self {
            Self::Finished | Self::Canceled => OrderStatus::Canceled,
            Self::Expired => OrderStatus::Expired,
        }
    }
}

/// The algorithm at work on one parent.
pub(crate) struct Worker {
    pub(crate) algorithm: AlgorithmId,
    /// Gone once it broke.
    pub(crate) instance: Option<Box<dyn ExecutionAlgorithm>>,
    /// What its order asked for.
    pub(crate) call: AlgorithmCall,
    pub(crate) budget: Budget,
    /// Calls made so far; names each outcome in the journal.
    pub(crate) calls: u64,
    pub(crate) timers: BTreeMap<u64, Ticket>,
    /// Children that are open, oldest first.
    pub(crate) children: Vec<OrderId>,
    /// What children filled that are closed, kept apart from the parent to check it (invariant I2).
    pub(crate) filled_by_closed: Quantity,
    /// What the gate had held back for `of`; the parent keeps the share that no child holds.
    pub(crate) whole: Reservation,
    pub(crate) of: Quantity,
    pub(crate) ending: Option<Ending>,
    /// Whether its algorithm was defined anew and the instance is still of what it was before.
    pub(crate) outdated: bool,
    /// A smaller quantity that the parent gets once enough of its children are withdrawn.
    pub(crate) wanted: Option<Quantity>,
}

struct Defined {
    maker: Box<dyn AlgorithmMaker>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Algorithms {
    configs: Vec<AlgorithmConfig>,
    defined: Vec<Defined>,
    workers: BTreeMap<OrderId, Worker>,
    /// Parents of which a child ended, or that may end.
    pub(crate) touched: VecDeque<OrderId>,
}

impl Algorithms {
    pub(crate) fn configs(&self) -> &[AlgorithmConfig] {
        &self.configs
    }

    pub(crate) fn define(
        &mut self,
        config: AlgorithmConfig,
        maker: Box<dyn AlgorithmMaker>,
    ) -> Result<AlgorithmId, String> {
        if let Some(id) = self.find(&config.name) {
            self.configs[id.index()] = config;
            self.defined[id.index()] = Defined { maker };
            return Ok(id);
        }
        if self.configs.len() >= MAX_ALGORITHMS {
            return Err(format!("more than {MAX_ALGORITHMS} algorithms"));
        }
        self.configs.push(config);
        self.defined.push(Defined { maker });
        self.find_last()
            .ok_or_else(|| "no algorithm was added".to_owned())
    }

    fn find_last(&self) -> Option<AlgorithmId> {
        let last = self.configs.len().checked_sub(1)?;
        u32::try_from(last).ok().map(AlgorithmId::new)
    }

    pub(crate) fn find(&self, name: &str) -> Option<AlgorithmId> {
        let place = self.configs.iter().position(|config| config.name == name)?;
        u32::try_from(place).ok().map(AlgorithmId::new)
    }

    pub(crate) fn config(&self, id: AlgorithmId) -> Option<&AlgorithmConfig> {
        self.configs.get(id.index())
    }

    pub(crate) fn maker(&mut self, id: AlgorithmId) -> Option<&mut Box<dyn AlgorithmMaker>> {
        let defined = self.defined.get_mut(id.index());
        defined.map(|defined| &mut defined.maker)
    }

    /// How many orders are at work.
    pub(crate) fn at_work(&self) -> usize {
        self.workers.len()
    }

    pub(crate) fn add(&mut self, parent: OrderId, worker: Worker) {
        self.workers.insert(parent, worker);
    }

    pub(crate) fn remove(&mut self, parent: OrderId) -> Option<Worker> {
        self.workers.remove(&parent)
    }

    pub(crate) fn get(&self, parent: OrderId) -> Option<&Worker> {
        self.workers.get(&parent)
    }

    pub(crate) fn get_mut(&mut self, parent: OrderId) -> Option<&mut Worker> {
        self.workers.get_mut(&parent)
    }

    pub(crate) fn parents(&self) -> impl Iterator<Item = (OrderId, &Worker)> {
        self.workers.iter().map(|(id, worker)| (*id, worker))
    }

    /// Those who work now are of what their algorithm was before.
    pub(crate) fn outdate(&mut self, id: AlgorithmId) {
        let workers = self.workers.values_mut();
        for worker in workers.filter(|worker| worker.algorithm == id) {
            worker.outdated = true;
        }
    }

    /// Takes over what is behind ports.
    pub(crate) fn take_ports(&mut self, from: &mut Self) {
        self.defined = std::mem::take(&mut from.defined);
        for (own, other) in self.workers.values_mut().zip(from.workers.values_mut()) {
            own.instance = other.instance.take();
        }
    }

    /// Gives algorithms read from a snapshot what makes their instances, in the order of their handles.
    pub(crate) fn supply(&mut self, makers: Vec<Box<dyn AlgorithmMaker>>) {
        self.defined = makers.into_iter().map(|maker| Defined { maker }).collect();
    }

    pub(crate) fn children(&self, parent: OrderId) -> &[OrderId] {
        let worker = self.workers.get(&parent);
        worker.map_or(&[], |worker| worker.children.as_slice())
    }
}

/// Whether an algorithm can work such an order: it needs a price bound or none, and time.
pub(crate) fn is_workable(request: &OrderRequest) -> bool {
    let terms = &request.terms;
    let kind = matches!(request.kind, OrderKind::Market | OrderKind::Limit { .. });
    kind && request.time_in_force.rests()
        && !terms.post_only
        && terms.display.is_none()
        && terms.hold.is_none()
        && terms.links.is_none()
}

/// Whether a child can only trade at the parent's limit or better.
pub(crate) fn is_within_limit(parent: &OrderKind, side: Side, child: &OrderKind) -> bool {
    let Some(limit) = parent.price() else {
        return true;
    };
    let better = |price: Price| match side {
        Side::Buy => price <= limit,
        Side::Sell => price >= limit,
    };
    child.price().is_some_and(better)
}

/// What an algorithm wants to hear, as a subscription to its parent's instrument.
pub(crate) fn subscription(feed: &MarketFeed, instrument: model::InstrumentId) -> Subscription {
    match feed {
        MarketFeed::Quotes => Subscription::Quotes(instrument),
        MarketFeed::Trades => Subscription::Trades(instrument),
        MarketFeed::Bars(spec) => Subscription::Bars(instrument, *spec),
    }
}

fields! {
    Worker {
        algorithm, call, budget, calls, timers, children, filled_by_closed, whole, of, ending, outdated,
        wanted,
    } - { instance }
    Algorithms { configs, workers, touched } - { defined }
}
variants!(Ending { 0 => Finished, 1 => Canceled, 2 => Expired });

#[cfg(test)]
mod tests {
    use super::*;
    use model::{InstrumentId, TimeInForce};

    fn limit(text: &str) -> OrderKind {
        OrderKind::Limit {
            price: text.parse().unwrap(),
        }
    }

    #[test]
    fn a_child_of_a_limit_order_needs_a_limit_as_good() {
        let check = |side, parent: &OrderKind, child: &OrderKind, expect| {
            assert_eq!(is_within_limit(parent, side, child), expect, "{child:?}");
        };
        check(Side::Buy, &limit("10"), &limit("10"), true);
        check(Side::Buy, &limit("10"), &limit("10.01"), false);
        check(Side::Sell, &limit("10"), &limit("9.99"), false);
        check(Side::Sell, &limit("10"), &limit("10.01"), true);
        check(Side::Buy, &limit("10"), &OrderKind::Market, false);
        check(Side::Buy, &OrderKind::Market, &OrderKind::Market, true);
    }

    #[test]
    fn only_plain_orders_that_last_can_be_worked() {
        let plain = OrderRequest::new(
            InstrumentId::new(0),
            Side::Buy,
            OrderKind::Market,
            Quantity::whole(1).unwrap(),
        );
        assert!(is_workable(&plain));
        assert!(is_workable(&plain.lasting(TimeInForce::Day)));
        for short in [TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::AtTheClose] {
            assert!(!is_workable(&plain.lasting(short)), "{short:?}");
        }
        let mut shown = plain;
        shown.terms.display = Some(Quantity::whole(1).unwrap());
        assert!(!is_workable(&shown));
        let mut stop = plain;
        stop.kind = OrderKind::MarketToLimit;
        assert!(!is_workable(&stop));
    }
}

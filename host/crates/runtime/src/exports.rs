//! What the host calls in a component: its exports, found by name once for all its instances.

use crate::World;
use crate::bindings::algorithm::{ExecutionAlgorithm, ExecutionAlgorithmIndices};
use crate::bindings::argonaut::plugin::types::Description;
use crate::bindings::factor::{Factor, FactorIndices};
use crate::bindings::indicator::{Indicator, IndicatorIndices};
use crate::bindings::model::{VenueModel, VenueModelIndices};
use crate::bindings::options::exports::argonaut::plugin::{
    on_book, on_cash_flow, on_lifecycle, on_signal,
};
use crate::bindings::rule::{PreTradeRule, PreTradeRuleIndices};
use crate::bindings::{Strategy, StrategyIndices};
use crate::host::HostState;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Result, Store};

/// Where a component keeps the exports of its world.
#[derive(Clone)]
pub(crate) enum Indices {
    Strategy {
        world: Box<StrategyIndices>,
        options: Box<OptionIndices>,
    },
    Algorithm(Box<ExecutionAlgorithmIndices>),
    Rule(Box<PreTradeRuleIndices>),
    Model(Box<VenueModelIndices>),
    Factor(Box<FactorIndices>),
    Indicator(Box<IndicatorIndices>),
}

/// Where a strategy keeps what it may leave out.
#[derive(Clone)]
pub(crate) struct OptionIndices {
    on_book: Option<on_book::GuestIndices>,
    on_cash_flow: Option<on_cash_flow::GuestIndices>,
    on_lifecycle: Option<on_lifecycle::GuestIndices>,
    on_signal: Option<on_signal::GuestIndices>,
}

/// The exports of one instance.
pub(crate) enum Exports {
    Strategy(StrategyExports),
    Algorithm(ExecutionAlgorithm),
    Rule(PreTradeRule),
    Model(VenueModel),
    Factor(Factor),
    Indicator(Indicator),
}

/// A strategy's, with what it may leave out.
pub(crate) struct StrategyExports {
    pub(crate) world: Strategy,
    pub(crate) on_book: Option<on_book::Guest>,
    pub(crate) on_cash_flow: Option<on_cash_flow::Guest>,
    pub(crate) on_lifecycle: Option<on_lifecycle::Guest>,
    pub(crate) on_signal: Option<on_signal::Guest>,
}

impl OptionIndices {
    fn find(pre: &InstancePre<HostState>) -> Self {
        Self {
            on_book: on_book::GuestIndices::new(pre).ok(),
            on_cash_flow: on_cash_flow::GuestIndices::new(pre).ok(),
            on_lifecycle: on_lifecycle::GuestIndices::new(pre).ok(),
            on_signal: on_signal::GuestIndices::new(pre).ok(),
        }
    }
}

impl Indices {
    /// Finds the exports of `world`. What is optional was compared with the contract before, so one
    /// that is not found is not there.
    pub(crate) fn find(world: World, pre: &InstancePre<HostState>) -> Result<Self> {
        Ok(match world {
            World::Strategy => Self::Strategy {
                world: Box::new(StrategyIndices::new(pre)?),
                options: Box::new(OptionIndices::find(pre)),
            },
            World::ExecutionAlgorithm => {
                Self::Algorithm(Box::new(ExecutionAlgorithmIndices::new(pre)?))
            }
            World::PreTradeRule => Self::Rule(Box::new(PreTradeRuleIndices::new(pre)?)),
            World::VenueModel => Self::Model(Box::new(VenueModelIndices::new(pre)?)),
            World::Factor => Self::Factor(Box::new(FactorIndices::new(pre)?)),
            World::Indicator => Self::Indicator(Box::new(IndicatorIndices::new(pre)?)),
        })
    }

    pub(crate) const fn world(&self) -> World {
        match self {
            Self::Strategy { .. } => World::Strategy,
            Self::Algorithm(_) => World::ExecutionAlgorithm,
            Self::Rule(_) => World::PreTradeRule,
            Self::Model(_) => World::VenueModel,
            Self::Factor(_) => World::Factor,
            Self::Indicator(_) => World::Indicator,
        }
    }

    /// Whether it can be told of order books.
    pub(crate) const fn hears_books(&self) -> bool {
        matches!(self, Self::Strategy { options, .. } if options.on_book.is_some())
    }

    /// The exports of `instance`.
    pub(crate) fn load(
        &self,
        store: &mut Store<HostState>,
        instance: &Instance,
    ) -> Result<Exports> {
        Ok(match self {
            Self::Strategy { world, options } => {
                let OptionIndices {
                    on_book,
                    on_cash_flow,
                    on_lifecycle,
                    on_signal,
                } = &**options;
                let books = on_book.as_ref().map(|it| it.load(&mut *store, instance));
                let flows = on_cash_flow
                    .as_ref()
                    .map(|it| it.load(&mut *store, instance));
                let lives = on_lifecycle
                    .as_ref()
                    .map(|it| it.load(&mut *store, instance));
                let signals = on_signal.as_ref().map(|it| it.load(&mut *store, instance));
                Exports::Strategy(StrategyExports {
                    world: world.load(store, instance)?,
                    on_book: books.transpose()?,
                    on_cash_flow: flows.transpose()?,
                    on_lifecycle: lives.transpose()?,
                    on_signal: signals.transpose()?,
                })
            }
            Self::Algorithm(indices) => Exports::Algorithm(indices.load(store, instance)?),
            Self::Rule(indices) => Exports::Rule(indices.load(store, instance)?),
            Self::Model(indices) => Exports::Model(indices.load(store, instance)?),
            Self::Factor(indices) => Exports::Factor(indices.load(store, instance)?),
            Self::Indicator(indices) => Exports::Indicator(indices.load(store, instance)?),
        })
    }
}

impl Exports {
    pub(crate) fn call_describe(&self, store: &mut Store<HostState>) -> Result<Description> {
        match self {
            Self::Strategy(exports) => exports.world.call_describe(store),
            Self::Algorithm(exports) => exports.call_describe(store),
            Self::Rule(exports) => exports.call_describe(store),
            Self::Model(exports) => exports.call_describe(store),
            Self::Factor(exports) => exports.call_describe(store),
            Self::Indicator(exports) => exports.call_describe(store),
        }
    }
}

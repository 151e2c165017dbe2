//! Models of simulated venues: a plugin behind the port of the model that it was made for. What it logs
//! goes to the host's log, since it has no part in the journal.
//!
//! A model that says that it cannot answer is asked again next time; one that breaks is not.

use crate::bindings::model::VenueModel as World;
use crate::bindings::model::argonaut::plugin::venue as wit;
use crate::exports::Exports;
use crate::fault;
use crate::guest::{Guest, init_budget};
use crate::host::{HostState, Phase};
use crate::log_text::to_host_log;
use crate::{Admitted, Limits, Parameters, convert};
use model::{
    Charge, Duration, Fault, FeeModel, FeeQuery, Fees, FillAnswer, FillModel, FillQuery, Intents,
    LatencyModel, LatencyQuery, Listing, ModelKind, VenueModel,
};
use wasmtime::Store;

/// What a model is made with.
#[derive(Debug, Clone)]
pub struct ModelConfig {
    /// The name of the venue.
    pub venue: String,
    /// The port that it serves.
    pub kind: ModelKind,
    /// Checked parameters.
    pub parameters: Parameters,
    /// What it may use.
    pub limits: Limits,
}

/// A running model of one port.
struct Model {
    /// Of its venue.
    name: String,
    guest: Guest<World>,
    delays_data: bool,
    /// What a call logs; kept for its memory.
    lines: Intents,
}

fn model(exports: Exports) -> Option<World> {
    match exports {
        Exports::Model(exports) => Some(exports),
        _ => None,
    }
}

impl Admitted {
    /// Makes a model and runs its `init`.
    ///
    /// # Errors
    /// A [`Fault`]: `REFUSED` when `init` returned an error or the plugin is of another world,
    /// otherwise how it broke.
    pub fn venue_model(&self, config: ModelConfig) -> Result<VenueModel, Fault> {
        let state = HostState::new(config.limits, Vec::new());
        let mut guest = Guest::new(self, state, model)?;
        let described = wit::ModelConfig {
            venue: config.venue.clone(),
            port: convert::port(config.kind),
            parameters: config.parameters.as_slice().to_vec(),
        };
        let budget = init_budget(&config.limits);
        let answer = guest.private_call("init", Phase::Init, budget, |exports, store| {
            exports.call_init(store, &described)
        })?;
        answer.map_err(|reason| fault::refused("init", reason))?;
        let mut made = Model {
            name: config.venue,
            guest,
            delays_data: false,
            lines: Intents::default(),
        };
        Ok(match config.kind {
            ModelKind::Fill => VenueModel::Fill(Box::new(made)),
            ModelKind::Fee => VenueModel::Fee(Box::new(made)),
            ModelKind::Latency => {
                made.delays_data = made.call("delays-data", |exports, store| {
                    exports.call_delays_data(store)
                })?;
                VenueModel::Latency(Box::new(made))
            }
        })
    }
}

impl Model {
    fn call<R>(
        &mut self,
        export: &'static str,
        body: impl FnOnce(&World, &mut Store<HostState>) -> wasmtime::Result<R>,
    ) -> Result<R, Fault> {
        self.guest.check()?;
        self.guest.flush_early(&mut self.lines);
        let budget = self.guest.event_budget();
        let lines = &mut self.lines;
        let answer = self.guest.call(export, Phase::Live, budget, lines, body);
        to_host_log("venue model", &self.name, &mut self.lines);
        answer
    }

    /// A question to which the model may say that it has no answer.
    fn ask<R>(
        &mut self,
        export: &'static str,
        body: impl FnOnce(&World, &mut Store<HostState>) -> wasmtime::Result<Result<R, String>>,
    ) -> Result<R, Fault> {
        let answer = self.call(export, body)?;
        answer.map_err(|reason| fault::refused(export, reason))
    }

    fn take_in(&mut self, listing: &Listing<'_>) -> Result<(), Fault> {
        let described = convert::instrument(listing.id, listing.instrument, listing.currency);
        self.ask("on-instrument", |exports, store| {
            exports.call_on_instrument(store, &described)
        })
    }
}

impl FillModel for Model {
    fn list(&mut self, listing: &Listing<'_>) -> Result<(), Fault> {
        self.take_in(listing)
    }

    fn fill(&mut self, query: &FillQuery) -> Result<FillAnswer, Fault> {
        let query = convert::fill_query(query);
        let answer = self.ask("fill", |exports, store| exports.call_fill(store, query));
        answer.map(convert::fill_answer)
    }
}

impl FeeModel for Model {
    fn ceiling(&mut self, listing: &Listing<'_>) -> Result<Fees, Fault> {
        self.take_in(listing)?;
        let id = listing.id.number();
        let fees = self.ask("ceiling", |exports, store| exports.call_ceiling(store, id));
        fees.map(convert::fees)
    }

    fn charge(&mut self, query: &FeeQuery) -> Result<Charge, Fault> {
        let query = convert::fee_query(query);
        let answer = self.ask("charge", |exports, store| exports.call_charge(store, query));
        answer.map(convert::charge)
    }
}

impl LatencyModel for Model {
    fn delays_data(&self) -> bool {
        self.delays_data
    }

    fn list(&mut self, listing: &Listing<'_>) -> Result<(), Fault> {
        self.take_in(listing)
    }

    fn delay(&mut self, query: &LatencyQuery) -> Result<Duration, Fault> {
        let query = convert::latency_query(query);
        let nanos = self.ask("delay", |exports, store| exports.call_delay(store, query));
        nanos.map(Duration::from_nanos)
    }
}

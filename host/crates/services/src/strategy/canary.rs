//! Canaries, the worker's side: a version that takes over some instruments of its strategy by a swap.

use super::swap::Way;
use super::{Loaded, Strategies, SwapDone};
use crate::handle::{CanaryRequest, HostError};
use engine::CanaryTerms;
use model::InstrumentId;

impl Strategies {
    /// Lets another version take over some instruments of a running strategy.
    pub(crate) fn begin_canary(
        &self,
        name: &str,
        request: CanaryRequest,
    ) -> Result<SwapDone, HostError> {
        let _occupied = self.occupy(name, "canary")?;
        let CanaryRequest {
            plugin,
            parameters,
            terms,
            hand_over,
            instruments,
            probation,
            when_over,
        } = request;
        if probation.max_faults > 0 {
            let why = "a canary bears no faults, since the version before goes on; leave it out";
            return Err(HostError::Disagrees {
                field: "probation.max_faults",
                reason: why.to_owned(),
            });
        }
        let instruments = self.instruments_named(&instruments)?;
        let way = Way::Canary(CanaryTerms {
            hand_over,
            probation,
            instruments,
            when_over,
        });
        let choose = |running: &Loaded| self.successor(running, plugin, &terms, parameters);
        self.swap_to(name, way, choose)
    }

    fn instruments_named(&self, symbols: &[String]) -> Result<Vec<InstrumentId>, HostError> {
        if symbols.is_empty() {
            let why = "name at least one instrument that the new version is to trade";
            return Err(invalid("instruments", why.to_owned()));
        }
        self.shared.read(|model| {
            let named = symbols.iter().map(|symbol| {
                let mut views = model.instruments.iter();
                let found = views.find(|view| view.instrument.symbol == *symbol);
                let unknown =
                    || invalid("instruments", format!("there is no instrument `{symbol}`"));
                found.map(|view| view.id).ok_or_else(unknown)
            });
            named.collect()
        })
    }
}

fn invalid(field: &'static str, reason: String) -> HostError {
    HostError::Invalid { field, reason }
}

//! Canaries, the worker's side: a version that takes over some instruments of its strategy by a swap.

use super::swap::Way;
use super::{Loaded, Strategies, SwapDone, not_found};
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
            return Err(HostError::Invalid {
                field: "probation.max_faults",
                reason: "a canary bears no faults, since the version before goes on; leave it out"
                    .to_owned(),
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
            return Err(HostError::Invalid {
                field: "instruments",
                reason: "name at least one instrument that the new version is to trade".to_owned(),
            });
        }
        self.shared.read(|model| {
            let named = symbols.iter().map(|symbol| {
                let mut views = model.instruments.iter();
                let found = views.find(|view| view.instrument.symbol == *symbol);
                let found = found.ok_or_else(|| not_found("instrument", symbol))?;
                Ok(found.id)
            });
            named.collect()
        })
    }
}

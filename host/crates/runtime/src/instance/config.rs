//! What an instance is made with, and how the guest gets to see it.

use crate::{Limits, Parameters, bindings, convert};
use model::{Instrument, InstrumentId};

/// What an instance is made with.
#[derive(Debug, Clone)]
pub struct InstanceConfig {
    /// The name under which it runs.
    pub strategy: String,
    /// The instruments it may use.
    pub instruments: Vec<(InstrumentId, Instrument)>,
    /// Names of currencies, by the number of their id.
    pub currencies: Vec<String>,
    /// Checked parameters.
    pub parameters: Parameters,
    /// What it may use.
    pub limits: Limits,
}

impl InstanceConfig {
    /// The same as the guest sees it; fails when a currency has no name.
    pub(super) fn to_wit(&self) -> Result<bindings::Config, String> {
        Ok(bindings::Config {
            strategy: self.strategy.clone(),
            instruments: self
                .instruments
                .iter()
                .map(|(id, traded)| convert::described(*id, traded, &self.currencies))
                .collect::<Result<_, String>>()?,
            parameters: self.parameters.as_slice().to_vec(),
        })
    }
}

//! WebAssembly components as plugins: `runtime` behind the port.

use crate::plugin::{InstanceRequest, Made, Plugin, PluginHost, Refusal};
use model::PluginHash;
use runtime::{Admitted, Description, InstanceConfig, Limits, Parameters, Runtime};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Admits components under one set of limits.
#[derive(Clone)]
pub struct WasmPlugins {
    runtime: Runtime,
    limits: Limits,
}

impl WasmPlugins {
    /// Plugins of `runtime` that may use what `limits` say.
    pub fn new(runtime: Runtime, limits: Limits) -> Self {
        Self { runtime, limits }
    }
}

impl PluginHost for WasmPlugins {
    fn admit(&self, bytes: &[u8]) -> Result<Arc<dyn Plugin>, Refusal> {
        let admitted = self
            .runtime
            .admit(bytes, &self.limits)
            .map_err(|error| Refusal {
                stage: error.stage().name(),
                reason: error.to_string(),
            })?;
        let description = admitted.describe().map_err(|fault| Refusal {
            stage: "describe",
            reason: fault.to_string(),
        })?;
        Ok(Arc::new(WasmPlugin {
            admitted,
            description,
        }))
    }
}

struct WasmPlugin {
    admitted: Admitted,
    description: Description,
}

impl WasmPlugin {
    fn parameters(&self, given: &BTreeMap<String, String>) -> Result<Parameters, Refusal> {
        Parameters::check(&self.description, given).map_err(|error| Refusal {
            stage: "parameters",
            reason: error.to_string(),
        })
    }
}

impl Plugin for WasmPlugin {
    fn hash(&self) -> PluginHash {
        self.admitted.hash()
    }

    fn name(&self) -> &str {
        &self.description.name
    }

    fn version(&self) -> &str {
        &self.description.version
    }

    fn parameter_names(&self) -> Vec<String> {
        self.description
            .parameters
            .iter()
            .map(|parameter| parameter.name.clone())
            .collect()
    }

    fn check(&self, given: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, Refusal> {
        self.parameters(given)
            .map(|parameters| parameters.as_slice().to_vec())
    }

    fn make(&self, request: InstanceRequest) -> Result<Made, Refusal> {
        let checked = self.parameters(&request.parameters)?;
        let parameters = checked.as_slice().to_vec();
        let config = InstanceConfig {
            strategy: request.strategy,
            instruments: request.instruments,
            currencies: request.currencies,
            parameters: checked,
            limits: *self.admitted.limits(),
        };
        let instance = self.admitted.instantiate(config).map_err(|fault| Refusal {
            stage: "init",
            reason: fault.to_string(),
        })?;
        Ok(Made {
            instance: Box::new(instance),
            parameters,
        })
    }
}

//! WebAssembly components as plugins: `runtime` behind the port.

use crate::plugin::{
    CustomRequest, InstanceRequest, Made, MadeAlgorithm, MadeModel, MadeRule, ModelRequest, Plugin,
    PluginHost, PluginStage, Progress, Refusal,
};
use model::PluginHash;
use registry::{Fuel, Manifest};
use runtime::{
    AdmissionProgress, Admitted, AlgorithmConfig, Description, InstanceConfig, Limits, ModelConfig,
    ParameterError, Parameters, RuleConfig, Runtime, World,
};
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

impl WasmPlugins {
    fn admit_as(&self, world: World, bytes: &[u8]) -> Result<Admitted, Refusal> {
        let admitted = self.runtime.admit_as(world, bytes, &self.limits);
        admitted.map_err(|error| refusal(error.stage().name(), &error))
    }

    /// The same for what takes all its parameters when it is made.
    fn admit_with(
        &self,
        world: World,
        bytes: &[u8],
        given: &BTreeMap<String, String>,
    ) -> Result<(Admitted, Parameters), Refusal> {
        let admitted = self.admit_as(world, bytes)?;
        let description = admitted.describe();
        let description = description.map_err(|fault| refusal("describe", &fault))?;
        let checked = Parameters::check(&description, given);
        Ok((
            admitted,
            checked.map_err(|error| refusal("parameters", &error))?,
        ))
    }
}

fn refusal(stage: &'static str, error: &dyn std::error::Error) -> Refusal {
    Refusal {
        stage,
        reason: error.to_string(),
    }
}

impl PluginHost for WasmPlugins {
    fn inspect(&self, bytes: &[u8], progress: &Progress) -> Result<Manifest, Refusal> {
        let told = |reached| {
            progress.tell(match reached {
                AdmissionProgress::Valid => PluginStage::Validated,
                AdmissionProgress::Compiling => PluginStage::Compiling,
            });
        };
        let admitted = self.runtime.admit_telling(bytes, &self.limits, &told);
        let admitted = admitted.map_err(|error| refusal(error.stage().name(), &error))?;
        let description = admitted.describe();
        let description = description.map_err(|fault| refusal("describe", &fault))?;
        let manifest = manifest(&admitted, &description);
        progress.tell(PluginStage::Tried);
        Ok(manifest)
    }

    fn algorithm(&self, bytes: &[u8], request: CustomRequest) -> Result<MadeAlgorithm, Refusal> {
        let admitted = self.admit_as(World::ExecutionAlgorithm, bytes)?;
        let config = AlgorithmConfig {
            name: request.name,
            instruments: request.instruments,
            currencies: request.currencies,
            limits: self.limits,
        };
        let algorithm = admitted
            .algorithm(config)
            .map_err(|fault| refusal("describe", &fault))?;
        // What a set-up leaves out, each order may bring.
        match Parameters::check(algorithm.description(), &request.parameters) {
            Ok(_) | Err(ParameterError::Missing { .. }) => {}
            Err(error) => return Err(refusal("parameters", &error)),
        }
        Ok(MadeAlgorithm {
            plugin: admitted.hash(),
            maker: Box::new(algorithm),
        })
    }

    fn rule(&self, bytes: &[u8], request: CustomRequest) -> Result<MadeRule, Refusal> {
        let (admitted, checked) =
            self.admit_with(World::PreTradeRule, bytes, &request.parameters)?;
        let parameters = checked.as_slice().to_vec();
        let rule = admitted.rule(RuleConfig {
            name: request.name,
            instruments: request.instruments,
            currencies: request.currencies,
            strategies: request.strategies,
            accounts: request.accounts,
            parameters: checked,
            limits: self.limits,
        });
        Ok(MadeRule {
            plugin: admitted.hash(),
            rule: Box::new(rule.map_err(|fault| refusal("init", &fault))?),
            parameters,
        })
    }

    fn venue_model(&self, bytes: &[u8], request: ModelRequest) -> Result<MadeModel, Refusal> {
        let (admitted, checked) = self.admit_with(World::VenueModel, bytes, &request.parameters)?;
        let parameters = checked.as_slice().to_vec();
        let model = admitted.venue_model(ModelConfig {
            venue: request.venue,
            kind: request.kind,
            parameters: checked,
            limits: self.limits,
        });
        Ok(MadeModel {
            plugin: admitted.hash(),
            model: model.map_err(|fault| refusal("init", &fault))?,
            parameters,
        })
    }

    fn admit(&self, bytes: &[u8]) -> Result<Arc<dyn Plugin>, Refusal> {
        let admitted = self.admit_as(World::Strategy, bytes)?;
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

/// What a component is, in the registry's words.
pub fn manifest(admitted: &Admitted, description: &Description) -> Manifest {
    let interface = admitted.interface().clone();
    let parameters = description.parameters.iter();
    let parameters = parameters.map(|parameter| registry::Parameter {
        name: parameter.name.clone(),
        kind: parameter.kind.name().to_owned(),
        default: parameter.default.clone(),
        minimum: parameter.minimum.clone(),
        maximum: parameter.maximum.clone(),
        documentation: parameter.documentation.clone(),
    });
    let limits = admitted.limits().named().into_iter();
    let is_strategy = admitted.world() == World::Strategy;
    let fuel = is_strategy.then(|| admitted.measure(description)).flatten();
    Manifest {
        hash: admitted.hash(),
        size_bytes: admitted.size_bytes() as u64,
        world: admitted.world().name().to_owned(),
        name: description.name.clone(),
        version: description.version.clone(),
        documentation: description.documentation.clone(),
        authors: interface.authors,
        imports: interface.imports,
        options: interface.options,
        parameters: parameters.collect(),
        limits: limits
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        fuel: fuel.map(|fuel| Fuel {
            events: fuel.events,
            median: fuel.median,
            most: fuel.most,
        }),
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

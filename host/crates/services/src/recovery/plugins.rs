//! Makes what a journal names again, from the bytes that were kept when it was made first.

use crate::plugin::{CustomRequest, InstanceRequest, Plugin, PluginHost, Refusal};
use crate::plugin_files::PluginFiles;
use crate::shadow::meter::Metered;
use crate::strategy::Loaded;
use crate::strategy::versions::Version;
use crate::sync::lock;
use crate::venue_models::make_again;
use crate::view::PluginView;
use engine::replay::Instances;
use engine::{AlgorithmConfig, Engine, RuleConfig};
use model::{
    AlgorithmMaker, ModelKind, ModelSpec, PluginHash, PreTradeRule, Strategy, StrategyId,
    VenueModel,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The plugins below a host's data folder. Clones share what was made.
#[derive(Clone)]
pub(crate) struct KeptPlugins {
    host: Arc<dyn PluginHost>,
    files: PluginFiles,
    admitted: BTreeMap<PluginHash, Arc<dyn Plugin>>,
    made: Arc<Mutex<BTreeMap<StrategyId, Version>>>,
}

impl KeptPlugins {
    pub(crate) fn new(host: Arc<dyn PluginHost>, files: PluginFiles) -> Self {
        Self {
            host,
            files,
            admitted: BTreeMap::new(),
            made: Arc::default(),
        }
    }

    /// What was made last for a strategy.
    pub(crate) fn made(&self, strategy: StrategyId) -> Option<Version> {
        lock(&self.made).remove(&strategy)
    }

    /// Forgets what was made on trial.
    pub(super) fn forget_made(&self) {
        lock(&self.made).clear();
    }

    fn admit(&mut self, hash: PluginHash) -> Result<Arc<dyn Plugin>, String> {
        if let Some(plugin) = self.admitted.get(&hash) {
            return Ok(Arc::clone(plugin));
        }
        let bytes = self.files.kept(hash)?;
        let plugin = self.host.admit(&bytes).map_err(refused(hash))?;
        self.admitted.insert(hash, Arc::clone(&plugin));
        Ok(plugin)
    }
}

fn refused(hash: PluginHash) -> impl FnOnce(Refusal) -> String {
    move |refusal| format!("plugin {hash}: {refusal}")
}

impl Instances for KeptPlugins {
    fn make(
        &mut self,
        engine: &Engine,
        strategy: StrategyId,
        hash: PluginHash,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        let plugin = self.admit(hash)?;
        let market = engine.market();
        let name = engine.strategies().find(|(id, _)| *id == strategy);
        let name = name.map(|(_, config)| config.name.clone());
        let request = InstanceRequest {
            strategy: name.unwrap_or_default(),
            instruments: market
                .iter()
                .map(|(id, state)| (id, state.instrument.clone()))
                .collect(),
            currencies: market.currency_names().to_vec(),
            parameters: parameters.iter().cloned().collect(),
        };
        let made = plugin.make(request).map_err(refused(hash))?;
        let view = PluginView {
            hash,
            name: plugin.name().to_owned(),
            version: plugin.version().to_owned(),
            parameters: made.parameters,
        };
        let loaded = Loaded::new(plugin, parameters.to_vec());
        let instance = Metered::boxed(made.instance, Arc::clone(&loaded.meter));
        lock(&self.made).insert(strategy, Version { loaded, view });
        Ok(instance)
    }

    fn make_model(
        &mut self,
        venue: &str,
        kind: ModelKind,
        spec: &ModelSpec,
    ) -> Result<VenueModel, String> {
        let kept = |hash| self.files.kept(hash);
        make_again(&*self.host, kept, (venue, kind), spec)
    }

    fn algorithm(
        &mut self,
        engine: &Engine,
        config: &AlgorithmConfig,
    ) -> Result<Box<dyn AlgorithmMaker>, String> {
        let bytes = self.files.kept(config.plugin)?;
        let request = CustomRequest::known_to(engine, &config.name, &config.parameters);
        let made = self.host.algorithm(&bytes, request);
        made.map(|made| made.maker).map_err(refused(config.plugin))
    }

    fn rule(
        &mut self,
        engine: &Engine,
        config: &RuleConfig,
    ) -> Result<Box<dyn PreTradeRule>, String> {
        let bytes = self.files.kept(config.plugin)?;
        let request = CustomRequest::known_to(engine, &config.name, &config.parameters);
        let made = self.host.rule(&bytes, request);
        made.map(|made| made.rule).map_err(refused(config.plugin))
    }
}

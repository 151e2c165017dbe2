//! Execution algorithms and custom pre-trade rules: their plugins are read, admitted and kept here, on
//! a worker, and handed to the engine with the definition that puts them to use.

use super::{Strategies, check_name, refused};
use crate::handle::{AlgorithmRequest, HostError, RuleRequest};
use crate::plugin::{CustomRequest, MadeAlgorithm, MadeRule};
use crate::trader::StepRequest;
use engine::{AlgorithmConfig, Custom, Definition, Ignored, LimitScope, RuleConfig};
use model::PluginHash;
use registry::Role;
use std::collections::BTreeMap;

impl Strategies {
    /// Puts an algorithm in place, or another version in the place of one.
    pub(crate) fn set_algorithm(&self, request: AlgorithmRequest) -> Result<(), HostError> {
        check_name(&request.name)?;
        let replaced = self.custom_plugin(Role::Algorithm, &request.name);
        let bytes = self.take(request.plugin, &request.terms, replaced)?;
        let parameters = request.parameters;
        let made = self
            .admission
            .plugins
            .algorithm(&bytes, self.custom(&request.name, &parameters));
        let MadeAlgorithm { plugin, maker } = made.map_err(refused)?;
        self.admission
            .note_use(plugin, Role::Algorithm, &request.name)?;
        let config = AlgorithmConfig {
            name: request.name,
            plugin,
            parameters: parameters.into_iter().collect(),
        };
        self.put(Definition::Algorithm(config), Custom::Algorithm(maker))?;
        self.still_may_run(plugin)
    }

    /// Puts a custom rule in place, or in the place of one.
    pub(crate) fn set_rule(
        &self,
        scope: LimitScope,
        request: RuleRequest,
    ) -> Result<(), HostError> {
        check_name(&request.name)?;
        let replaced = self.custom_plugin(Role::Rule, &request.name);
        let bytes = self.take(request.plugin, &request.terms, replaced)?;
        let custom = self.custom(&request.name, &request.parameters);
        let made = self
            .admission
            .plugins
            .rule(&bytes, custom)
            .map_err(refused)?;
        let MadeRule {
            plugin,
            rule,
            parameters,
        } = made;
        self.admission.note_use(plugin, Role::Rule, &request.name)?;
        let config = RuleConfig {
            name: request.name,
            scope,
            plugin,
            parameters,
        };
        self.put(Definition::Rule(config), Custom::Rule(rule))?;
        self.still_may_run(plugin)
    }

    /// Says so where a plugin was revoked while it was put in place: it stays there until it is replaced,
    /// as others that are revoked do.
    fn still_may_run(&self, plugin: PluginHash) -> Result<(), HostError> {
        self.admission.registry().may_run(plugin)?;
        Ok(())
    }

    fn custom_plugin(&self, role: Role, name: &str) -> Option<PluginHash> {
        let mut known = self.custom_plugins().into_iter();
        let found = known.find(|(of, known, _)| *of == role && known == name);
        found.map(|(_, _, hash)| hash)
    }

    fn custom(&self, name: &str, parameters: &BTreeMap<String, String>) -> CustomRequest {
        self.shared.read(|model| CustomRequest {
            name: name.to_owned(),
            instruments: model
                .instruments
                .iter()
                .map(|view| (view.id, view.instrument.clone()))
                .collect(),
            currencies: model.currencies.clone(),
            strategies: model
                .strategies
                .iter()
                .map(|view| view.name.clone())
                .collect(),
            accounts: model
                .accounts
                .iter()
                .map(|view| view.config.name.clone())
                .collect(),
            parameters: parameters.clone(),
        })
    }

    fn put(&self, definition: Definition, custom: Custom) -> Result<(), HostError> {
        let stepped = self.step(StepRequest::custom(definition, custom))?;
        match stepped.refusal() {
            Some(Ignored::BadDefinition(reason)) => Err(HostError::Conflict(reason.clone())),
            Some(why) => Err(HostError::Conflict(why.to_string())),
            None => Ok(()),
        }
    }
}

//! The plugins of strategies, algorithms, rules and venues: which run, who has one, and what becomes of
//! strategies whose plugin may run no more.

use super::{Loaded, Strategies, refused};
use crate::handle::{HostError, PluginSource, PluginUser, RevokedPlugin, Terms};
use crate::plugin::Plugin;
use crate::sync::lock;
use crate::trader::StepRequest;
use engine::Command;
use model::{PluginHash, StrategyId};
use registry::{Beside, Decision, Record, Refusal, Role};
use std::sync::Arc;

impl Strategies {
    /// Admits a strategy's plugin, which is to take the place of `replaced`.
    pub(super) fn admit(
        &self,
        source: PluginSource,
        terms: &Terms,
        replaced: Option<PluginHash>,
    ) -> Result<Arc<dyn Plugin>, HostError> {
        let bytes = self.take(source, terms, replaced)?;
        self.admission.plugins.admit(&bytes).map_err(refused)
    }

    /// The bytes of a plugin that may take the place of `replaced`.
    pub(super) fn take(
        &self,
        source: PluginSource,
        terms: &Terms,
        replaced: Option<PluginHash>,
    ) -> Result<Vec<u8>, HostError> {
        let running = self.running();
        let beside = Beside {
            running: &running,
            replaced,
        };
        self.admission.take(source, terms, beside)
    }

    /// Keeps a plugin without putting it to use.
    pub(crate) fn upload(
        &self,
        source: PluginSource,
        terms: &Terms,
    ) -> Result<Arc<Record>, HostError> {
        self.admission.upload(source, terms, &self.running())
    }

    /// Says that a plugin may run.
    pub(crate) fn approve(&self, text: &str, decision: Decision) -> Result<Arc<Record>, HostError> {
        let registry = self.admission.registry();
        let hash = registry.find(text)?.manifest.hash;
        let decision = self.admission.stamped(decision)?;
        Ok(registry.approve(hash, &self.running(), &decision)?)
    }

    /// Says that a plugin may never run again, and pauses the strategies that do run it: they see what
    /// happens, their orders stay, and new ones are denied until they are swapped for another plugin.
    pub(crate) fn revoke(
        &self,
        text: &str,
        decision: Decision,
    ) -> Result<RevokedPlugin, HostError> {
        let registry = self.admission.registry();
        let hash = registry.find(text)?.manifest.hash;
        let record = registry.revoke(hash, &self.admission.stamped(decision)?)?;
        // Who starts it meanwhile finds it revoked afterwards, and pauses it.
        let mut paused = Vec::new();
        for (id, name) in self.strategies_with(hash) {
            if self.pause(id)? {
                paused.push(name);
            }
        }
        Ok(RevokedPlugin { record, paused })
    }

    /// Removes a plugin's bytes, if nobody needs them.
    pub(crate) fn delete(&self, text: &str, decision: Decision) -> Result<Arc<Record>, HostError> {
        let registry = self.admission.registry();
        let hash = registry.find(text)?.manifest.hash;
        let users = self.users(hash).into_iter();
        let users = users.map(|user| format!("the {} `{}` has it", user.role.name(), user.name));
        let journals = self.admission.journals()?;
        let decision = self.admission.stamped(decision)?;
        Ok(registry.delete(hash, users.collect(), &journals, &decision)?)
    }

    /// Fails when a strategy's plugin may run no more: then it must not trade again.
    pub(crate) fn may_trade(&self, name: &str) -> Result<(), HostError> {
        let entries = lock(&self.entries);
        let loaded = entries.get(name).and_then(|entry| entry.loaded.as_ref());
        let hash = loaded.map(|loaded| loaded.plugin.hash());
        drop(entries);
        match hash {
            Some(hash) => Ok(self.admission.registry().may_run(hash).map(drop)?),
            None => Ok(()),
        }
    }

    /// Whether what filled a strategy in an earlier run may go on.
    pub(crate) fn may_run(&self, loaded: &Loaded) -> Result<(), Refusal> {
        let registry = self.admission.registry();
        registry.may_run(loaded.plugin.hash()).map(drop)
    }

    /// Pauses a strategy that has just begun if its plugin was revoked meanwhile.
    pub(super) fn hold_back(&self, id: StrategyId, hash: PluginHash) -> Result<(), HostError> {
        if let Err(refusal) = self.admission.registry().may_run(hash) {
            self.pause(id)?;
            return Err(refusal.into());
        }
        Ok(())
    }

    /// Whether it ran, and is paused now.
    fn pause(&self, id: StrategyId) -> Result<bool, HostError> {
        let stepped = self.step(StepRequest::command(Command::Pause(id)))?;
        Ok(stepped.refusal().is_none())
    }

    fn strategies_with(&self, hash: PluginHash) -> Vec<(StrategyId, String)> {
        let entries = lock(&self.entries);
        let with = entries.iter().filter(|(_, entry)| {
            let loaded = entry.loaded.as_ref();
            loaded.is_some_and(|loaded| loaded.plugin.hash() == hash)
        });
        with.map(|(name, entry)| (entry.id, name.clone())).collect()
    }

    /// Who has a plugin now.
    pub(crate) fn users(&self, hash: PluginHash) -> Vec<PluginUser> {
        let user = |role, name: &String| PluginUser {
            role,
            name: name.clone(),
        };
        let strategies = self.strategies_with(hash);
        let strategies = strategies
            .iter()
            .map(|(_, name)| user(Role::Strategy, name));
        let mut users: Vec<_> = strategies.collect();
        let custom = self.custom_plugins().into_iter();
        let custom = custom.filter(|(_, _, found)| *found == hash);
        users.extend(custom.map(|(role, name, _)| user(role, &name)));
        users
    }

    /// All plugins that somebody has now.
    fn running(&self) -> Vec<PluginHash> {
        let entries = lock(&self.entries);
        let loaded = entries.values().filter_map(|entry| entry.loaded.as_ref());
        let mut running: Vec<_> = loaded.map(|loaded| loaded.plugin.hash()).collect();
        drop(entries);
        let custom = self.custom_plugins().into_iter();
        running.extend(custom.map(|(_, _, hash)| hash));
        running
    }

    /// Those of algorithms, rules and venues.
    pub(super) fn custom_plugins(&self) -> Vec<(Role, String, PluginHash)> {
        self.shared.read(|model| {
            let algorithms = model.algorithms.iter();
            let mut found: Vec<_> = algorithms
                .map(|config| (Role::Algorithm, config.name.clone(), config.plugin))
                .collect();
            let rules = model.rules.values();
            found.extend(rules.map(|config| (Role::Rule, config.name.clone(), config.plugin)));
            for venue in &model.venues {
                let models = &venue.config.models;
                let models = [&models.fill, &models.fee, &models.latency];
                let named = models.into_iter().flatten();
                let hashes = named.filter_map(|spec| PluginHash::parse(&spec.name));
                found
                    .extend(hashes.map(|hash| (Role::VenueModel, venue.config.name.clone(), hash)));
            }
            found
        })
    }
}

//! The plugins of strategies, algorithms, rules and venues: which run, who has one, and what becomes of
//! strategies whose plugin may run no more.

use super::shadow::Shadowing;
use super::{Entry, Loaded, Strategies, refused};
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
        let mut paused = self.pause_all_with(hash)?;
        self.give_up_beside(hash, "it was revoked")?;
        // A strategy may have gone back to it before that way was shut.
        paused.extend(self.pause_all_with(hash)?);
        Ok(RevokedPlugin { record, paused })
    }

    pub(super) fn pause_all_with(&self, hash: PluginHash) -> Result<Vec<String>, HostError> {
        let mut paused = Vec::new();
        for (id, name) in self.strategies_with(hash) {
            if self.pause(id)? {
                paused.push(name);
            }
        }
        Ok(paused)
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
        let loaded = entries.get(name).and_then(|entry| self.fills(entry));
        drop(entries);
        loaded.map_or(Ok(()), |loaded| Ok(self.may_run(&loaded)?))
    }

    /// Whether what filled a strategy in an earlier run may go on.
    pub(crate) fn may_run(&self, loaded: &Loaded) -> Result<(), Refusal> {
        let registry = self.admission.registry();
        registry.may_run(loaded.plugin.hash()).map(drop)
    }

    /// Pauses a strategy that has just begun if its plugin was revoked meanwhile. `done` says what was done
    /// before that was found.
    ///
    /// # Errors
    /// [`HostError::HeldBack`] when it was.
    pub(super) fn hold_back(
        &self,
        id: StrategyId,
        hash: PluginHash,
        done: &'static str,
    ) -> Result<(), HostError> {
        let Err(refusal) = self.admission.registry().may_run(hash) else {
            return Ok(());
        };
        self.pause(id)?;
        Err(HostError::HeldBack { done, refusal })
    }

    /// Lets the version before go that is at hand after a swap, if its plugin was revoked meanwhile.
    pub(super) fn let_go_if_revoked(&self, id: StrategyId) -> Result<(), HostError> {
        let before = self.versions.before(id);
        match before.and_then(|before| self.may_run(&before).err()) {
            Some(refusal) => self.let_go(id, &refusal),
            None => Ok(()),
        }
    }

    /// Lets a version go to which there is no way back any more.
    fn let_go(&self, strategy: StrategyId, why: &dyn std::fmt::Display) -> Result<(), HostError> {
        let reason = format!("the version before may run no more: {why}");
        let end = match self.versions.shares(strategy) {
            false => Command::EndProbation { strategy, reason },
            // Its instruments are the other one's then, and somebody is to look before those are traded.
            true => {
                self.pause(strategy)?;
                let probation = None;
                Command::CanaryPromote {
                    strategy,
                    probation,
                    reason,
                }
            }
        };
        // One that the engine let go meanwhile is no error.
        self.step(StepRequest::command(end)).map(drop)
    }

    /// Ends shadows that try a plugin, and probations that would bring it back.
    pub(super) fn give_up_beside(&self, hash: PluginHash, why: &str) -> Result<(), HostError> {
        let entries = lock(&self.entries);
        let all: Vec<_> = entries
            .iter()
            .filter(|(_, entry)| entry.loaded.is_some())
            .map(|(name, entry)| (entry.id, name.clone()))
            .collect();
        drop(entries);
        let has = |loaded: Loaded| loaded.plugin.hash() == hash;
        for (id, name) in all {
            if self.versions.before(id).is_some_and(has) {
                self.let_go(id, &why)?;
            }
            if self.trading(&name).is_some_and(|(tried, _)| has(tried)) {
                self.tell_ended(id, format!("its plugin may run no more: {why}"))?;
            }
        }
        Ok(())
    }

    /// Whether it ran, and is paused now.
    fn pause(&self, id: StrategyId) -> Result<bool, HostError> {
        let stepped = self.step(StepRequest::command(Command::Pause(id)))?;
        Ok(stepped.refusal().is_none())
    }

    /// What fills a strategy now. One that is being loaded has no handle yet, and nothing fills it.
    fn fills(&self, entry: &Entry) -> Option<Loaded> {
        let loaded = entry.loaded.as_ref()?;
        let running = self.versions.running(entry.id);
        Some(running.unwrap_or_else(|| loaded.clone()))
    }

    /// Strategies that trade by a plugin.
    pub(super) fn strategies_with(&self, hash: PluginHash) -> Vec<(StrategyId, String)> {
        let entries = lock(&self.entries);
        let with = entries.iter().filter(|(_, entry)| {
            let shares = entry.loaded.is_some() && self.versions.shares(entry.id);
            let beside = shares.then(|| self.versions.before(entry.id)).flatten();
            let mut all = self.fills(entry).into_iter().chain(beside);
            all.any(|loaded| loaded.plugin.hash() == hash)
        });
        with.map(|(name, entry)| (entry.id, name.clone())).collect()
    }

    /// Strategies that run a plugin, may go back to it, or try it in a shadow.
    fn strategies_with_any(&self, hash: PluginHash) -> Vec<String> {
        let entries = lock(&self.entries);
        let with = entries.iter().filter(|(_, entry)| {
            let before = || self.versions.before(entry.id);
            let before = entry.loaded.as_ref().and_then(|_| before());
            let tried = entry.shadow.as_ref().and_then(Shadowing::tried);
            let mut all = self.fills(entry).into_iter().chain(before).chain(tried);
            all.any(|loaded| loaded.plugin.hash() == hash)
        });
        with.map(|(name, _)| name.clone()).collect()
    }

    /// Who has a plugin now: beside who runs it, who may go back to it or tries it.
    pub(crate) fn users(&self, hash: PluginHash) -> Vec<PluginUser> {
        let user = |role, name: &String| PluginUser {
            role,
            name: name.clone(),
        };
        let strategies = self.strategies_with_any(hash);
        let strategies = strategies.iter().map(|name| user(Role::Strategy, name));
        let mut users: Vec<_> = strategies.collect();
        let custom = self.custom_plugins().into_iter();
        let custom = custom.filter(|(_, _, found)| *found == hash);
        users.extend(custom.map(|(role, name, _)| user(role, &name)));
        users
    }

    /// All plugins that somebody has now.
    fn running(&self) -> Vec<PluginHash> {
        let entries = lock(&self.entries);
        let loaded = entries.values().filter_map(|entry| self.fills(entry));
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

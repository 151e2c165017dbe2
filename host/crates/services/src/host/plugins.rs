//! The registry of plugins, as operators see and change it.

use super::HostHandle;
use crate::handle::{HostError, PluginSource, PluginUser, RevokedPlugin, Terms};
use model::PluginHash;
use registry::{Decision, Record, Refusal, Registry};
use std::sync::Arc;

impl HostHandle {
    /// Everything that is known of plugins, the newest first.
    pub fn plugins(&self) -> Vec<Arc<Record>> {
        self.registry().all()
    }

    /// A plugin, by its SHA-256 or the first 8 or more digits of it.
    ///
    /// # Errors
    /// None begins like that, or several do.
    pub fn plugin(&self, text: &str) -> Result<Arc<Record>, HostError> {
        Ok(self.registry().find(text)?)
    }

    /// Who has a plugin now.
    pub fn plugin_users(&self, hash: PluginHash) -> Vec<PluginUser> {
        self.0.strategies.users(hash)
    }

    /// Why a plugin may not run now; `None` when it may.
    pub fn plugin_refusal(&self, hash: PluginHash) -> Option<Refusal> {
        self.registry().may_run(hash).err()
    }

    fn registry(&self) -> &Registry {
        self.0.strategies.admission.registry()
    }

    /// Keeps a plugin without putting it to use. One that is here already stays as it is.
    ///
    /// # Errors
    /// [`HostError::Registry`] when it is not to be trusted or too old, [`HostError::Plugin`] names the
    /// stage of admission that failed.
    pub async fn upload_plugin(
        &self,
        source: PluginSource,
        terms: Terms,
    ) -> Result<Arc<Record>, HostError> {
        let strategies = Arc::clone(&self.0.strategies);
        self.blocking(move || strategies.upload(source, &terms))
            .await
    }

    /// Says that a plugin may run; it is named by its SHA-256 or the first digits of it. When it is
    /// decided is the host's business.
    ///
    /// # Errors
    /// [`HostError::Registry`] says why not.
    pub async fn approve_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<Arc<Record>, HostError> {
        let (strategies, plugin) = (Arc::clone(&self.0.strategies), plugin.to_owned());
        self.blocking(move || strategies.approve(&plugin, decision))
            .await
    }

    /// Says that a plugin may never run again. Strategies that run it are paused: they see what happens,
    /// their orders stay, and they trade again once they are swapped for another plugin and resumed.
    /// Algorithms, rules and models of venues that are of it stay in place until they are replaced.
    ///
    /// # Errors
    /// [`HostError::Registry`] says why not.
    pub async fn revoke_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<RevokedPlugin, HostError> {
        let (strategies, plugin) = (Arc::clone(&self.0.strategies), plugin.to_owned());
        self.blocking(move || strategies.revoke(&plugin, decision))
            .await
    }

    /// Removes a plugin's bytes; what was known of it stays.
    ///
    /// # Errors
    /// [`HostError::Registry`] names who needs it.
    pub async fn delete_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<Arc<Record>, HostError> {
        let (strategies, plugin) = (Arc::clone(&self.0.strategies), plugin.to_owned());
        self.blocking(move || strategies.delete(&plugin, decision))
            .await
    }
}

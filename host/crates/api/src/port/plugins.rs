//! What this crate asks of a host about plugins.

use model::PluginHash;
use registry::{Decision, Record, Refusal};
use services::handle::{HostError, PluginSource, PluginUser, RevokedPlugin, Terms};
use services::host::HostHandle;
use std::future::Future;
use std::sync::Arc;

/// The registry of a running host. A plugin is named by its SHA-256 or the first digits of it.
pub trait PluginPort {
    /// Everything that is known of plugins, the newest first.
    fn plugins(&self) -> Vec<Arc<Record>>;

    /// What is known of a plugin.
    ///
    /// # Errors
    /// None begins like that, or several do.
    fn plugin(&self, text: &str) -> Result<Arc<Record>, HostError>;

    /// Who has a plugin now.
    fn plugin_users(&self, hash: PluginHash) -> Vec<PluginUser>;

    /// Why a plugin may not run now; `None` when it may.
    fn plugin_refusal(&self, hash: PluginHash) -> Option<Refusal>;

    /// Keeps a plugin without putting it to use.
    fn upload_plugin(
        &self,
        source: PluginSource,
        terms: Terms,
    ) -> impl Future<Output = Result<Arc<Record>, HostError>> + Send;

    /// Says that a plugin may run.
    fn approve_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> impl Future<Output = Result<Arc<Record>, HostError>> + Send;

    /// Says that a plugin may never run again, and pauses who runs it.
    fn revoke_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> impl Future<Output = Result<RevokedPlugin, HostError>> + Send;

    /// Removes a plugin's bytes.
    fn delete_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> impl Future<Output = Result<Arc<Record>, HostError>> + Send;
}

impl PluginPort for HostHandle {
    fn plugins(&self) -> Vec<Arc<Record>> {
        HostHandle::plugins(self)
    }

    fn plugin(&self, text: &str) -> Result<Arc<Record>, HostError> {
        HostHandle::plugin(self, text)
    }

    fn plugin_users(&self, hash: PluginHash) -> Vec<PluginUser> {
        HostHandle::plugin_users(self, hash)
    }

    fn plugin_refusal(&self, hash: PluginHash) -> Option<Refusal> {
        HostHandle::plugin_refusal(self, hash)
    }

    async fn upload_plugin(
        &self,
        source: PluginSource,
        terms: Terms,
    ) -> Result<Arc<Record>, HostError> {
        HostHandle::upload_plugin(self, source, terms).await
    }

    async fn approve_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<Arc<Record>, HostError> {
        HostHandle::approve_plugin(self, plugin, decision).await
    }

    async fn revoke_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<RevokedPlugin, HostError> {
        HostHandle::revoke_plugin(self, plugin, decision).await
    }

    async fn delete_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<Arc<Record>, HostError> {
        HostHandle::delete_plugin(self, plugin, decision).await
    }
}

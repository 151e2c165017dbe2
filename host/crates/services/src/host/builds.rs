//! What those who watch the plugin folder need of a host.

use super::HostHandle;
use crate::handle::{HostError, Queries};
use crate::outlet::Item;
use crate::plugin_files::PluginFiles;
use crate::view::BuildView;
use model::Timestamp;
use std::sync::Arc;

impl HostHandle {
    /// Where plugins are read from, and who is trusted.
    pub(crate) fn plugin_files(&self) -> PluginFiles {
        self.0.strategies.admission.files().clone()
    }

    /// Engine time as readers see it.
    pub(crate) fn engine_time(&self) -> Timestamp {
        self.engine().time
    }

    /// Tells readers what became of a build.
    pub(crate) fn tell_build(&self, strategy: &str, build: BuildView) {
        if let Some(view) = self.strategy(strategy) {
            self.0.outlet.note(Item::Build(view.id, Box::new(build)));
        }
    }

    /// Ends the shadow of a strategy because another version is to be tried.
    ///
    /// # Errors
    /// `Conflict` when none trades.
    pub(crate) async fn supersede_shadow(&self, name: &str) -> Result<(), HostError> {
        let (strategies, asked) = (Arc::clone(&self.0.strategies), name.to_owned());
        self.blocking(move || strategies.end_shadow(&asked, "a newer build came"))
            .await
    }
}

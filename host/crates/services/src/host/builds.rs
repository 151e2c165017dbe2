//! What those who watch the plugin folder, or take versions through pipelines, need of a host.

use super::HostHandle;
use crate::handle::{HostError, Queries};
use crate::outlet::Item;
use crate::plugin_files::PluginFiles;
use crate::view::{BuildView, PipelineView};
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

    /// Tells readers where a run of a strategy's pipeline is.
    pub fn tell_pipeline(&self, strategy: &str, pipeline: PipelineView) {
        if let Some(view) = self.strategy(strategy) {
            let item = Item::Pipeline(view.id, Box::new(pipeline));
            self.0.outlet.note(item);
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

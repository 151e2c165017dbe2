//! One strategy whose plugin file is watched: which builds are new to it, and what is done with them.

use super::place::{Build, Found, Place};
use super::{OnNewBuild, PluginWatchConfig, Watched};
use crate::handle::{HostError, PluginSource, Queries, ShadowRequest, SwapRequest, Terms};
use crate::host::HostHandle;
use crate::view::{BuildOutcome, BuildView};
use engine::{HandOver, SwapTerms};
use model::PluginHash;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Handle;

/// Who acts, in the records of plugins.
const WATCH: &str = "watch";

/// By what a build that was passed over is known again.
type Mark = (PluginHash, (i64, i64), Option<String>);

fn mark(build: &Build) -> Mark {
    (build.hash, build.modified, build.signature.clone())
}

/// A strategy and its file.
pub(super) struct Follower {
    strategy: String,
    on_new_build: OnNewBuild,
    place: Place,
    host: HostHandle,
    runtime: Handle,
    /// The build that was taken last: it is not taken again for being there.
    taken: Option<PluginHash>,
    /// The build that was left or refused: only when it is written anew, or has another signature, is
    /// it looked at again. That its permissions or links change is no reason to run it.
    passed: Option<Mark>,
    /// The build whose shadow was begun from here.
    shadow: Option<PluginHash>,
    /// What was told last.
    told: Option<BuildOutcome>,
}

impl Follower {
    /// Follows a file. What lies there now is told if it is not what runs, and nothing else.
    pub(super) fn new(
        watched: &Watched,
        folder: &Path,
        (config, host, runtime): (&PluginWatchConfig, &HostHandle, &Handle),
    ) -> Self {
        let times = (config.quiet, config.signature_wait);
        let place = Place::new((folder, &watched.plugin), host.plugin_files(), times);
        let mut follower = Self {
            strategy: watched.strategy.clone(),
            on_new_build: watched.on_new_build,
            place,
            host: host.clone(),
            runtime: runtime.clone(),
            taken: None,
            passed: None,
            shadow: None,
            told: None,
        };
        follower.note_first();
        follower
    }

    fn note_first(&mut self) {
        match self.place.read_now() {
            // It is being written; what becomes of that is a change.
            None => {}
            Some(Found::Build(build)) if self.runs(build.hash) => self.taken = Some(build.hash),
            Some(Found::Build(build)) => {
                self.passed = Some(mark(&build));
                let reason = "it was there when the host began, and is not what runs; touch it to \
                              have it taken";
                self.tell(Some(build.hash), BuildOutcome::Left, None, Some(reason));
            }
            Some(other) => self.not_there(other),
        }
    }

    /// The file, below the plugin folder.
    pub(super) fn file(&self) -> PathBuf {
        self.place.file().to_owned()
    }

    /// When it is worth a look if nothing else happens.
    pub(super) fn due(&self) -> Option<Duration> {
        self.place.due()
    }

    /// Looks at the file, and does what a new build is for.
    pub(super) fn look(&mut self, now: Duration) {
        match self.place.look(now) {
            None => {}
            Some(Found::Build(build)) => self.take(build),
            Some(other) => self.not_there(other),
        }
    }

    fn runs(&self, hash: PluginHash) -> bool {
        let view = self.host.strategy(&self.strategy);
        let plugin = view.as_ref().and_then(|view| view.plugin.as_ref());
        plugin.is_some_and(|plugin| plugin.hash == hash)
    }

    fn not_there(&mut self, found: Found) {
        match found {
            Found::Unreadable(reason) => {
                self.tell(None, BuildOutcome::Unreadable, None, Some(&reason));
            }
            Found::Gone if self.told != Some(BuildOutcome::Gone) => {
                let reason = "there is no such file in the plugin folder; what ran runs on";
                self.tell(None, BuildOutcome::Gone, None, Some(reason));
            }
            _ => {}
        }
    }

    /// Takes a build, unless it is none.
    fn take(&mut self, build: Build) {
        let hash = build.hash;
        if self.taken == Some(hash) && self.told == Some(BuildOutcome::HeldBack) {
            // It runs no better for being touched.
            return;
        }
        if self.runs(hash) || self.taken == Some(hash) {
            // A touch is not worth a word, but that all is well again is.
            let is_known = self.taken == Some(hash) && self.told.is_none_or(BuildOutcome::is_well);
            self.taken = Some(hash);
            if !is_known {
                self.tell(Some(hash), BuildOutcome::Same, None, None);
            }
            return;
        }
        let mark = mark(&build);
        if self.passed.as_ref() == Some(&mark) {
            return;
        }
        match self.put_to_use(build) {
            Ok(outcome) => {
                self.taken = Some(hash);
                self.tell(Some(hash), outcome, None, None);
            }
            Err(error) => {
                let (outcome, stage) = became(&error);
                match outcome {
                    BuildOutcome::HeldBack => self.taken = Some(hash),
                    _ => self.passed = Some(mark),
                }
                self.tell(Some(hash), outcome, stage, Some(&error.to_string()));
            }
        }
    }

    fn put_to_use(&mut self, build: Build) -> Result<BuildOutcome, HostError> {
        let (hash, runtime) = (build.hash, self.runtime.clone());
        let source = PluginSource::Found {
            file: self.file(),
            bytes: build.bytes,
            signature: build.signature,
        };
        match self.on_new_build {
            OnNewBuild::Admit => {
                runtime.block_on(self.host.upload_plugin(source, terms()))?;
                Ok(BuildOutcome::Admitted)
            }
            OnNewBuild::Shadow => {
                runtime.block_on(self.try_in_shadow(hash, source))?;
                self.shadow = Some(hash);
                Ok(BuildOutcome::Shadowed)
            }
            OnNewBuild::Swap(probation) => {
                let request = SwapRequest {
                    start: false,
                    plugin: Some(source),
                    parameters: BTreeMap::new(),
                    terms: terms(),
                    succession: SwapTerms {
                        hand_over: HandOver::Carry,
                        probation,
                    },
                };
                runtime.block_on(self.host.swap(&self.strategy, request))?;
                Ok(BuildOutcome::Swapped)
            }
        }
    }

    /// Begins a shadow. One that was begun from here makes room, but only for a build that is admitted;
    /// one that somebody else began stays.
    async fn try_in_shadow(&self, hash: PluginHash, source: PluginSource) -> Result<(), HostError> {
        self.host.upload_plugin(source, terms()).await?;
        let view = self.host.strategy(&self.strategy);
        let shadow = view.as_ref().and_then(|view| view.shadow.as_ref());
        let trades = shadow.map(|shadow| shadow.plugin.hash);
        if trades.is_some() && trades == self.shadow {
            match self.host.supersede_shadow(&self.strategy).await {
                // It ended by itself meanwhile.
                Ok(()) | Err(HostError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let request = ShadowRequest {
            plugin: Some(PluginSource::Kept(hash.to_string())),
            parameters: BTreeMap::new(),
            terms: terms(),
            hand_over: HandOver::Carry,
            tolerance: None,
        };
        let begun = self.host.begin_shadow(&self.strategy, request).await;
        begun.map(drop)
    }

    fn tell(
        &mut self,
        plugin: Option<PluginHash>,
        outcome: BuildOutcome,
        stage: Option<&'static str>,
        reason: Option<&str>,
    ) {
        self.told = Some(outcome);
        let build = BuildView {
            time: self.host.engine_time(),
            file: self.place.file().display().to_string(),
            plugin,
            outcome,
            stage,
            reason: reason.map(str::to_owned),
        };
        let (strategy, line) = (&self.strategy, build.line());
        let plugin = plugin.map(tracing::field::display);
        match outcome.is_well() {
            true => tracing::info!(%strategy, plugin, "{line}"),
            false => tracing::warn!(%strategy, plugin, "{line}"),
        }
        self.host.tell_build(strategy, build);
    }
}

/// What became of a build over which something failed, and where.
fn became(error: &HostError) -> (BuildOutcome, Option<&'static str>) {
    match error {
        HostError::HeldBack { refusal, .. } => (BuildOutcome::HeldBack, Some(refusal.code())),
        HostError::Plugin { stage, .. } => (BuildOutcome::Refused, Some(*stage)),
        HostError::Registry(refusal) => (BuildOutcome::Refused, Some(refusal.code())),
        _ => (BuildOutcome::Refused, None),
    }
}

/// Nothing is forced, and nothing is approved by lying there.
fn terms() -> Terms {
    Terms {
        by: Some(WATCH.to_owned()),
        ..Terms::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use registry::{Refusal, Untrusted};

    #[test]
    fn a_build_that_took_over_is_not_called_refused() {
        let refusal = || Refusal::from(Untrusted::Unsigned);
        let held = HostError::HeldBack {
            done: "the new version took over",
            refusal: refusal(),
        };
        let code = Some("PLUGIN_UNSIGNED");
        assert_eq!(became(&held), (BuildOutcome::HeldBack, code));
        let refused = HostError::from(refusal());
        assert_eq!(became(&refused), (BuildOutcome::Refused, code));
        let busy = became(&HostError::Busy);
        assert_eq!(busy, (BuildOutcome::Refused, None));
    }
}

//! One plugin file with its signature: when it counts as a build, and what was read of it.

use crate::handle::HostError;
use crate::plugin_files::{PluginFiles, signature_of};
use model::PluginHash;
use registry::{Refusal, Untrusted};
use std::path::{Path, PathBuf};
use std::time::Duration;
use watch::{Seen, Settling};

/// What was found after a change.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing.
    Gone,
    /// Something that cannot be read, and why.
    Unreadable(String),
    /// A component, or what has the name of one.
    Build(Build),
}

/// A file that has come to rest, read once.
#[derive(Debug)]
pub(super) struct Build {
    pub(super) hash: PluginHash,
    /// When the component was written, as its file says.
    pub(super) modified: (i64, i64),
    pub(super) bytes: Vec<u8>,
    pub(super) signature: Option<String>,
}

/// The component and its signature, as far as they show without reading.
type Both = [Seen; 2];

/// A place where builds are dropped.
pub(super) struct Place {
    /// As the configuration names it.
    file: PathBuf,
    /// Where that is.
    path: PathBuf,
    files: PluginFiles,
    settling: Settling<Both>,
    /// How long a signature is waited for.
    patience: Duration,
    /// The component whose signature is waited for, and until when.
    waits: Option<(PluginHash, Duration)>,
}

impl Place {
    /// A place below a folder. What lies there now is no change.
    pub(super) fn new(
        (folder, file): (&Path, &Path),
        files: PluginFiles,
        (quiet, patience): (Duration, Duration),
    ) -> Self {
        let path = folder.join(file);
        Self {
            settling: Settling::new(quiet, both(&path)),
            file: file.to_owned(),
            path,
            files,
            patience,
            waits: None,
        }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// What lies there now, if that can be told without a wait.
    pub(super) fn read_now(&self) -> Option<Found> {
        let [component, signature] = self.settling.seen();
        let found = match (component, signature) {
            (Seen::Absent, _) => Found::Gone,
            (Seen::Unreadable(reason), _) => Found::Unreadable(reason.clone()),
            (_, Seen::Unreadable(reason)) => Found::Unreadable(format!("its signature: {reason}")),
            (Seen::File(print), _) => match self.files.read_signed(&self.file) {
                Ok((bytes, signature)) => Found::Build(Build {
                    hash: PluginHash::of(&bytes),
                    modified: print.modified(),
                    bytes,
                    signature,
                }),
                Err(HostError::Plugin { reason, .. }) => Found::Unreadable(reason),
                Err(error) => Found::Unreadable(error.to_string()),
            },
        };
        // Who wrote meanwhile is not done.
        (both(&self.path) == *self.settling.seen()).then_some(found)
    }

    /// Looks at it. Says what was found when that has changed and come to rest.
    pub(super) fn look(&mut self, now: Duration) -> Option<Found> {
        let settled = self.settling.look(both(&self.path), now);
        let over = self.waits.is_some_and(|(_, until)| now >= until);
        let at_rest = over && self.settling.is_at_rest();
        if !settled && !at_rest {
            return None;
        }
        let found = self.read_now()?;
        if let Found::Build(build) = &found
            && self.signature_may_come(build)
        {
            let until = match self.waits {
                Some((hash, until)) if hash == build.hash => until,
                _ => now.saturating_add(self.patience),
            };
            if now < until {
                self.waits = Some((build.hash, until));
                return None;
            }
        }
        self.waits = None;
        Some(found)
    }

    /// Whether the build is refused for its signature, and another one could change that.
    fn signature_may_come(&self, build: &Build) -> bool {
        let registry = self.files.registry();
        let checked = registry.check(&build.bytes, build.signature.as_deref());
        let refused = checked.err();
        refused.is_some_and(|why| !matches!(why, Refusal::Untrusted(Untrusted::Revoked(_))))
    }

    /// When it is worth a look if nothing else happens.
    pub(super) fn due(&self) -> Option<Duration> {
        let waits = self.waits.map(|(_, until)| until);
        self.settling.due().into_iter().chain(waits).min()
    }
}

fn both(path: &Path) -> Both {
    let signature = match path.canonicalize() {
        Ok(real) => Seen::at(&signature_of(real)),
        Err(_) => Seen::Absent,
    };
    [Seen::at(path), signature]
}

#[cfg(test)]
mod tests;

//! The one way by which a plugin comes into a host: it is read, checked for who signed it, admitted, kept
//! with a record, and asked whether it may run where it is wanted. All of it runs on workers.

use crate::clock::Clock;
use crate::handle::{HostError, PluginSource, Terms};
use crate::plugin::{PluginHost, PluginStage, Refusal};
use crate::plugin_files::{Checked, PluginFiles};
use crate::recovery::KeptPlugins;
use crate::said;
use journal::JournalError;
use model::PluginHash;
use registry::{Arrival, Beside, Decision, Record, Registry, Role, Source};
use std::path::PathBuf;
use std::sync::Arc;

/// Who approves what the configuration names.
const CONFIGURATION: &str = "configuration";

/// What admits plugins. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Admission {
    pub(crate) plugins: Arc<dyn PluginHost>,
    files: PluginFiles,
    clock: Arc<dyn Clock>,
    journals: Option<Journals>,
}

/// The journals that may need a plugin to be stepped again.
#[derive(Debug, Clone)]
pub(crate) struct Journals {
    /// The run that began the one that is written.
    pub(crate) current: String,
    /// Where those are that were put away.
    pub(crate) away: PathBuf,
}

/// What a plugin's own refusal is to whoever asked.
pub(crate) fn refused(refusal: Refusal) -> HostError {
    HostError::Plugin {
        stage: refusal.stage,
        reason: refusal.reason,
    }
}

impl Admission {
    pub(crate) fn new(
        plugins: Arc<dyn PluginHost>,
        files: PluginFiles,
        clock: Arc<dyn Clock>,
        journals: Option<Journals>,
    ) -> Self {
        Self {
            plugins,
            files,
            clock,
            journals,
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.files.registry()
    }

    /// Where plugins are read from.
    pub(crate) fn files(&self) -> &PluginFiles {
        &self.files
    }

    /// What makes plugins again that were kept.
    pub(crate) fn kept(&self) -> KeptPlugins {
        KeptPlugins::new(Arc::clone(&self.plugins), self.files.clone())
    }

    /// The bytes of a plugin that may take its place beside what runs; they are kept.
    pub(crate) fn take(
        &self,
        source: PluginSource,
        terms: &Terms,
        beside: Beside<'_>,
    ) -> Result<Vec<u8>, HostError> {
        let (bytes, record) = self.bring(source, terms, beside.running)?;
        let force = terms.force || terms.configured;
        self.registry()
            .may_begin(record.manifest.hash, beside, force)?;
        Ok(bytes)
    }

    /// Keeps a plugin without putting it to use.
    pub(crate) fn upload(
        &self,
        source: PluginSource,
        terms: &Terms,
        running: &[PluginHash],
    ) -> Result<Arc<Record>, HostError> {
        self.bring(source, terms, running).map(|(_, record)| record)
    }

    fn bring(
        &self,
        source: PluginSource,
        terms: &Terms,
        running: &[PluginHash],
    ) -> Result<(Vec<u8>, Arc<Record>), HostError> {
        let Checked {
            bytes,
            signature,
            signer,
            source,
        } = self.files.read(source)?;
        terms.progress.tell(PluginStage::Read);
        let registry = self.registry();
        let known = registry.get(PluginHash::of(&bytes));
        let known = known.filter(|record| record.kept);
        let manifest = match &known {
            Some(record) => record.manifest.clone(),
            None => self
                .plugins
                .inspect(&bytes, &terms.progress)
                .map_err(refused)?,
        };
        let hash = manifest.hash;
        let older = match known {
            Some(_) => Ok(()),
            None => registry.may_come(&manifest, running),
        };
        let forced = older.is_err();
        if !(terms.force || terms.configured) {
            older?;
        }
        let arrival = Arrival {
            bytes: &bytes,
            manifest,
            signature: signature.as_deref(),
            signer: signer.as_ref(),
            source: source.unwrap_or(Source::Upload),
            forced,
        };
        let decision = self.stamped(Decision {
            by: terms.by.clone(),
            force: terms.force,
            ..Decision::default()
        })?;
        let mut record = registry.take_in(arrival, &decision)?;
        if terms.configured {
            let decision = Decision {
                by: Some(CONFIGURATION.to_owned()),
                force: true,
                ..decision
            };
            record = registry.approve(hash, running, &decision)?;
        }
        terms.progress.tell(PluginStage::Stored);
        Ok((bytes, record))
    }

    /// A decision that is made now. Who asks is who they say they are: there is no identity yet.
    pub(crate) fn stamped(&self, decision: Decision) -> Result<Decision, HostError> {
        let texts = [
            ("by", &decision.by, said::LONGEST_NAME),
            ("reason", &decision.reason, said::LONGEST_REASON),
        ];
        for (field, text, most) in texts {
            let Some(text) = text else {
                continue;
            };
            said::check(field, text, most)?;
        }
        Ok(Decision {
            at: self.clock.now(),
            ..decision
        })
    }

    /// Notes that a plugin is about to be put to use, so that it is not deleted before the journal that
    /// has it.
    pub(crate) fn note_use(
        &self,
        hash: PluginHash,
        role: Role,
        name: &str,
    ) -> Result<(), HostError> {
        let Some(journals) = &self.journals else {
            return Ok(());
        };
        let place = (journals.current.as_str(), role, name);
        Ok(self.registry().note_use(hash, place, self.clock.now())?)
    }

    /// The run that began the journal that is written, if one is.
    pub(crate) fn journal(&self) -> Option<&str> {
        let journals = self.journals.as_ref();
        journals.map(|journals| journals.current.as_str())
    }

    /// Now, by the host's clock.
    pub(crate) fn now(&self) -> model::Timestamp {
        self.clock.now()
    }

    /// The names of all journals there are.
    pub(crate) fn journals(&self) -> Result<Vec<String>, HostError> {
        let Some(journals) = &self.journals else {
            return Ok(Vec::new());
        };
        let unreadable = |error: &dyn std::fmt::Display| {
            let away = journals.away.display();
            HostError::Conflict(format!(
                "which journals need it cannot be told: {error}; mend or move what is in `{away}`"
            ))
        };
        let mut names = vec![journals.current.clone()];
        if !journals.away.exists() {
            return Ok(names);
        }
        let entries = std::fs::read_dir(&journals.away).map_err(|error| unreadable(&error))?;
        for entry in entries {
            let path = entry.map_err(|error| unreadable(&error))?.path();
            if !path.is_dir() {
                continue;
            }
            match journal::run_of(&path) {
                Ok(name) => names.extend(name),
                // One of another format is not stepped again by this program.
                Err(JournalError::Format { .. }) => {}
                Err(error) => return Err(unreadable(&error)),
            }
        }
        Ok(names)
    }
}

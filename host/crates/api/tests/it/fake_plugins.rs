//! The plugins of the table: two versions of one.

use super::{Fake, NOON};
use api::PluginPort;
use model::{PluginHash, Timestamp};
use registry::{
    Act, Decision, Deed, Fuel, Manifest, Parameter, Record, Refusal, Role, Signature, Source,
    State, Use,
};
use services::handle::{HostError, PluginSource, PluginUser, RevokedPlugin, Terms};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A key that nobody has the secret of.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// Those there are: one that runs, and a newer one.
pub(crate) fn records() -> Vec<Arc<Record>> {
    let mut newer = record(0xcd, "1.1.0", State::Uploaded);
    newer.manifest.size_bytes = 2_345;
    newer.manifest.imports = vec!["argonaut:plugin/log@1.0.0#log".to_owned()];
    newer.manifest.parameters[0].default = Some("12".to_owned());
    newer.manifest.fuel = None;
    newer.signature = None;
    newer.acts[0].at_ns = NOON + 1;
    vec![
        Arc::new(newer),
        Arc::new(record(0xab, "1.0.0", State::Approved)),
    ]
}

fn record(digit: u8, version: &str, state: State) -> Record {
    Record {
        manifest: Manifest {
            hash: PluginHash::new([digit; 32]),
            size_bytes: 1_234,
            world: "strategy".to_owned(),
            name: "ema-cross".to_owned(),
            version: version.to_owned(),
            documentation: "Crosses.".to_owned(),
            authors: Some("Anna".to_owned()),
            imports: vec!["argonaut:plugin/orders@1.0.0#submit-market".to_owned()],
            options: Vec::new(),
            parameters: vec![Parameter {
                name: "fast".to_owned(),
                kind: "integer".to_owned(),
                default: Some("10".to_owned()),
                minimum: Some("2".to_owned()),
                maximum: None,
                documentation: "Bars.".to_owned(),
            }],
            limits: BTreeMap::from([("event_fuel".to_owned(), 10_000_000)]),
            fuel: Some(Fuel {
                events: 512,
                median: 700,
                most: 900,
            }),
        },
        state,
        kept: true,
        signature: Some(Signature {
            key: KEY.to_owned(),
            comment: "build 7".to_owned(),
        }),
        source: Source::Upload,
        acts: vec![Act {
            deed: Deed::Upload,
            at_ns: NOON,
            by: Some("anna".to_owned()),
            reason: None,
            forced: false,
        }],
        uses: vec![Use {
            journal: "run-1".to_owned(),
            role: Role::Strategy,
            name: "ema".to_owned(),
            since_ns: NOON,
        }],
        faults: Vec::new(),
        quarantine: None,
    }
}

impl PluginPort for Fake {
    fn plugins(&self) -> Vec<Arc<Record>> {
        records()
    }

    fn plugin(&self, text: &str) -> Result<Arc<Record>, HostError> {
        let mut records = records().into_iter();
        let found = records.find(|record| record.manifest.hash.to_string().starts_with(text));
        Ok(found.ok_or_else(|| Refusal::Unknown(text.to_owned()))?)
    }

    fn plugin_users(&self, hash: PluginHash) -> Vec<PluginUser> {
        let runs = hash == PluginHash::new([0xab; 32]);
        let user = PluginUser {
            role: Role::Strategy,
            name: "ema".to_owned(),
        };
        runs.then_some(user).into_iter().collect()
    }

    fn plugin_refusal(&self, hash: PluginHash) -> Option<Refusal> {
        let mut records = records().into_iter();
        let record = records.find(|record| record.manifest.hash == hash)?;
        (record.state == State::Uploaded).then(|| Refusal::NotApproved {
            title: record.title(),
            hash: hash.to_string(),
        })
    }

    async fn upload_plugin(
        &self,
        plugin: PluginSource,
        Terms { by, force, .. }: Terms,
    ) -> Result<Arc<Record>, HostError> {
        let plugin = source(&plugin);
        self.ask(format!("upload {plugin} by {by:?} force={force}"))?;
        self.plugin("cdcdcdcd")
    }

    async fn approve_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<Arc<Record>, HostError> {
        self.decided("approve", plugin, &decision, State::Approved)
    }

    async fn revoke_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<RevokedPlugin, HostError> {
        let record = self.decided("revoke", plugin, &decision, State::Revoked)?;
        let paused = vec!["ema".to_owned()];
        Ok(RevokedPlugin { record, paused })
    }

    async fn delete_plugin(
        &self,
        plugin: &str,
        decision: Decision,
    ) -> Result<Arc<Record>, HostError> {
        self.decided("delete", plugin, &decision, State::Deleted)
    }
}

impl Fake {
    fn decided(
        &self,
        what: &str,
        plugin: &str,
        decision: &Decision,
        state: State,
    ) -> Result<Arc<Record>, HostError> {
        let Decision {
            by,
            reason,
            force,
            at,
        } = decision;
        assert_eq!(*at, Timestamp::default(), "the host says when");
        let found = self.plugin(plugin)?;
        self.ask(format!(
            "{what} {plugin} by {by:?} because {reason:?} force={force}"
        ))?;
        Ok(Arc::new(Record {
            state,
            ..Record::clone(&found)
        }))
    }
}

/// Where a plugin is from, in a word.
pub(super) fn source(plugin: &PluginSource) -> String {
    match plugin {
        PluginSource::Bytes { bytes, signature } => {
            let signed = signature.as_ref().map_or("", |_| ", signed");
            format!("{} bytes{signed}", bytes.len())
        }
        PluginSource::Path(path) | PluginSource::Found { file: path, .. } => {
            path.display().to_string()
        }
        PluginSource::Kept(digits) => format!("kept {digits}"),
    }
}

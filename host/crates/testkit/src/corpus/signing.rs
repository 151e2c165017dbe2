//! H17: plugins that are not who they say, and files that change under the host's hands.

use super::finding::Finding;
use super::life::{admit_bytes, serves};
use super::{Done, Setting, said, sandbox};
use crate::plugin::Plugin;
use crate::simulator::Dice;
use minisign::KeyPair;
use model::PluginHash;
use registry::{Arrival, Decision, Manifest, Policy, Registry, Source, Trust};
use runtime::Limits;
use std::io::Cursor;

/// Who makes plugins.
struct Author(KeyPair);

impl Author {
    fn new() -> Result<Self, String> {
        KeyPair::generate_unencrypted_keypair()
            .map(Self)
            .map_err(said)
    }

    fn key(&self) -> String {
        self.0.pk.to_base64()
    }

    fn sign(&self, bytes: &[u8]) -> Result<String, String> {
        let signed = minisign::sign(None, &self.0.sk, Cursor::new(bytes), None, None);
        Ok(signed.map_err(said)?.into_string())
    }
}

pub(super) fn forgeries(setting: &Setting, finding: &mut Finding) -> Done {
    let (anna, stranger) = (Author::new()?, Author::new()?);
    let good = Plugin::new().build().map_err(said)?;
    let signature = anna.sign(&good)?;
    let trust = |revoked: &[String]| Trust::new(&[anna.key()], None, revoked).map_err(said);
    let usual = trust(&[])?;
    let refused = |finding: &mut Finding,
                   trust: &Trust,
                   bytes: &[u8],
                   signature: Option<&str>,
                   code: &str| {
        let found = finding.clocked(|| trust.check(bytes, signature));
        let found = found.map(|_| ()).map_err(|error| error.code());
        finding.ended(found.err().unwrap_or("trusted"));
        finding.expect(found == Err(code), || {
            format!("{found:?} instead of {code}")
        });
    };
    refused(finding, &usual, &good, None, "PLUGIN_UNSIGNED");
    let other = stranger.sign(&good)?;
    refused(finding, &usual, &good, Some(&other), "PLUGIN_KEY_UNKNOWN");
    let none = Some("trust me");
    refused(finding, &usual, &good, none, "PLUGIN_SIGNATURE_MALFORMED");
    let hash = PluginHash::of(&good).to_string();
    let signed = Some(signature.as_str());
    refused(finding, &trust(&[hash])?, &good, signed, "PLUGIN_REVOKED");
    refused(
        finding,
        &trust(&[anna.key()])?,
        &good,
        signed,
        "PLUGIN_KEY_REVOKED",
    );
    let mut dice = Dice::of(&[17]);
    for _ in 0..setting.pick(50, 10_000) {
        let mut altered = good.clone();
        let place = dice.index(altered.len()).unwrap_or(0);
        if let Some(byte) = altered.get_mut(place) {
            *byte ^= 1 << dice.below(8);
        }
        refused(finding, &usual, &altered, signed, "PLUGIN_SIGNATURE_WRONG");
    }
    downgraded(finding)?;
    exchanged(setting, finding, &usual, &good, &signature)
}

/// A version that is older than the one that runs does not come in.
fn downgraded(finding: &mut Finding) -> Done {
    let folder = tempfile::tempdir().map_err(said)?;
    let registry = Registry::open(folder.path().to_owned(), Policy::default())?;
    let newer = manifest(b"newer", "2.0.0");
    let arrival = Arrival {
        bytes: b"newer",
        manifest: newer.clone(),
        signature: None,
        signer: None,
        source: Source::Upload,
        forced: false,
    };
    registry
        .take_in(arrival, &Decision::default())
        .map_err(said)?;
    let older = registry.may_come(&manifest(b"older", "1.9.9"), &[newer.hash]);
    finding.ended("PLUGIN_DOWNGRADE");
    let refused = matches!(older, Err(registry::Refusal::Downgrade { .. }));
    finding.expect(refused, || format!("an older version: {older:?}"));
    Ok(())
}

fn manifest(bytes: &[u8], version: &str) -> Manifest {
    Manifest {
        hash: PluginHash::of(bytes),
        size_bytes: bytes.len() as u64,
        world: "strategy".to_owned(),
        name: "trend".to_owned(),
        version: version.to_owned(),
        documentation: String::new(),
        authors: None,
        imports: Vec::new(),
        options: Vec::new(),
        parameters: Vec::new(),
        limits: std::collections::BTreeMap::new(),
        fuel: None,
    }
}

/// The file is exchanged between the check and the compilation: what was checked is what is compiled, since
/// the bytes are read once. That the host does so is tried by the tests of `services`.
fn exchanged(
    setting: &Setting,
    finding: &mut Finding,
    trust: &Trust,
    good: &[u8],
    signature: &str,
) -> Done {
    let evil = Plugin::new().with("on-quote", "unreachable");
    let evil = evil.build().map_err(said)?;
    let folder = tempfile::tempdir().map_err(said)?;
    let file = folder.path().join("plugin.wasm");
    let runtime = sandbox()?;
    for _ in 0..setting.pick(3, 100) {
        std::fs::write(&file, good).map_err(said)?;
        let read = std::fs::read(&file).map_err(said)?;
        trust.check(&read, Some(signature)).map_err(said)?;
        std::fs::write(&file, &evil).map_err(said)?;
        let admitted = admit_bytes(&runtime, &read, &Limits::default())?;
        finding.ended("what was verified");
        let same = admitted.hash() == PluginHash::of(good) && serves(&admitted).is_ok();
        finding.expect(same, || "something else was compiled".to_owned());
    }
    Ok(())
}

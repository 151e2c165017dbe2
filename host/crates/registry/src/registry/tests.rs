//! What comes in, may run, is approved, revoked and deleted, also after a restart.

use super::*;
use crate::quarantine::{FaultNote, QuarantineRule};
use minisign::KeyPair;
use tempfile::TempDir;

fn manifest(bytes: &[u8], version: &str) -> Manifest {
    Manifest {
        hash: PluginHash::of(bytes),
        size_bytes: bytes.len() as u64,
        world: "strategy".to_owned(),
        name: "ema".to_owned(),
        version: version.to_owned(),
        documentation: String::new(),
        authors: None,
        imports: Vec::new(),
        options: Vec::new(),
        parameters: Vec::new(),
        limits: BTreeMap::new(),
        fuel: None,
    }
}

fn by(name: &str, at: u64) -> Decision {
    Decision {
        by: Some(name.to_owned()),
        at: Timestamp::from_nanos(at),
        ..Decision::default()
    }
}

fn forced(name: &str) -> Decision {
    Decision {
        force: true,
        ..by(name, 9)
    }
}

struct Shelf {
    folder: TempDir,
    policy: Policy,
    registry: Registry,
}

impl Shelf {
    fn new(policy: Policy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = open(&folder, &policy);
        Self {
            folder,
            policy,
            registry,
        }
    }

    fn restart(&mut self) {
        self.registry = open(&self.folder, &self.policy);
    }

    /// Brings in what nobody signed.
    fn bring(&self, version: &str) -> PluginHash {
        self.try_to_bring(version, None).unwrap()
    }

    fn try_to_bring(&self, version: &str, signature: Option<&str>) -> Result<PluginHash, Refusal> {
        let bytes = version.as_bytes();
        let signer = self.registry.check(bytes, signature)?;
        let arrival = Arrival {
            bytes,
            manifest: manifest(bytes, version),
            signature,
            signer: signer.as_ref(),
            source: Source::Upload,
            forced: false,
        };
        let record = self.registry.take_in(arrival, &by("anna", 7))?;
        Ok(record.manifest.hash)
    }
}

fn open(folder: &TempDir, policy: &Policy) -> Registry {
    Registry::open(folder.path().join("plugins"), policy.clone()).unwrap()
}

fn careful() -> Policy {
    Policy {
        require_approval: true,
        ..Policy::default()
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Refusal>, code: &str, words: &str) {
    let refusal = result.unwrap_err();
    assert_eq!(refusal.code(), code, "{refusal}");
    assert!(refusal.to_string().contains(words), "{refusal}");
}

#[test]
fn what_came_in_is_kept_with_who_and_when() {
    let mut shelf = Shelf::new(Policy::default());
    let hash = shelf.bring("1.0.0");
    assert_eq!(
        shelf.bring("1.0.0"),
        hash,
        "the same bytes are one component"
    );
    for _ in 0..2 {
        let record = shelf.registry.get(hash).unwrap();
        assert_eq!(record.state, State::Uploaded);
        assert_eq!(record.acts.len(), 1);
        assert_eq!(record.acts[0].by.as_deref(), Some("anna"));
        assert_eq!(record.since(), Timestamp::from_nanos(7));
        assert_eq!(shelf.registry.bytes(hash, 99).unwrap(), b"1.0.0");
        shelf.restart();
    }
}

#[test]
fn a_component_is_named_by_its_first_digits() {
    let shelf = Shelf::new(Policy::default());
    let hash = shelf.bring("1.0.0").to_string();
    let find = |text: &str| shelf.registry.find(text);
    for text in [
        &hash,
        &hash[..8],
        &format!("sha256:{hash}"),
        &hash.to_ascii_uppercase(),
    ] {
        assert_eq!(
            find(text).unwrap().manifest.hash.to_string(),
            hash,
            "{text}"
        );
    }
    refused(find(&hash[..7]), "PLUGIN_UNKNOWN", "the first 8 or more");
    refused(
        find("../../etc/passwd"),
        "PLUGIN_UNKNOWN",
        "argonaut plugin list",
    );
    refused(
        find(&"0".repeat(64)),
        "PLUGIN_UNKNOWN",
        "there is no plugin",
    );
}

#[test]
fn approval_is_asked_for_where_the_policy_says_so() {
    let mut shelf = Shelf::new(careful());
    let hash = shelf.bring("1.0.0");
    refused(
        shelf.registry.may_run(hash),
        "PLUGIN_NOT_APPROVED",
        "argonaut plugin approve",
    );
    shelf.registry.approve(hash, &[], &by("ben", 8)).unwrap();
    shelf.restart();
    let record = shelf.registry.may_run(hash).unwrap();
    let acts: Vec<_> = record
        .acts
        .iter()
        .map(|act| (act.deed, act.by.as_deref()))
        .collect();
    assert_eq!(
        acts,
        [(Deed::Upload, Some("anna")), (Deed::Approve, Some("ben"))]
    );
    let again = shelf.registry.approve(hash, &[], &by("ben", 9)).unwrap();
    assert_eq!(again.acts.len(), 2, "once is enough");
    refused(
        shelf.registry.may_run(PluginHash::of(b"x")),
        "PLUGIN_UNKNOWN",
        "no plugin",
    );
}

#[test]
fn revoked_is_for_ever() {
    let mut shelf = Shelf::new(Policy::default());
    let hash = shelf.bring("1.0.0");
    let why = Decision {
        reason: Some("sends too much".to_owned()),
        ..by("ben", 8)
    };
    shelf.registry.revoke(hash, &why).unwrap();
    shelf
        .registry
        .delete(hash, Vec::new(), &[], &by("ben", 9))
        .unwrap();
    shelf.restart();
    let record = shelf.registry.get(hash).unwrap();
    assert_eq!((record.state, record.kept), (State::Revoked, false));
    assert_eq!(record.acts[1].reason.as_deref(), Some("sends too much"));
    refused(
        shelf.try_to_bring("1.0.0", None),
        "PLUGIN_REVOKED",
        "another version",
    );
    refused(
        shelf.registry.may_run(hash),
        "PLUGIN_REVOKED",
        "another version",
    );
    let place = ("run-1", Role::Strategy, "ema-eurusd");
    let used = shelf
        .registry
        .note_use(hash, place, Timestamp::from_nanos(9));
    refused(used, "PLUGIN_REVOKED", "another version");
    refused(
        shelf.registry.approve(hash, &[], &forced("ben")),
        "PLUGIN_REVOKED",
        "another version",
    );
}

#[test]
fn an_older_version_needs_force() {
    let shelf = Shelf::new(Policy::default());
    let [old, new] = ["1.9.0", "1.10.0"].map(|version| shelf.bring(version));
    let registry = &shelf.registry;
    let begin = |hash, running: &[PluginHash], force| {
        let beside = Beside {
            running,
            replaced: None,
        };
        registry.may_begin(hash, beside, force)
    };
    begin(old, &[], false).unwrap();
    refused(
        begin(old, &[new], false),
        "PLUGIN_DOWNGRADE",
        "1.10.0, which runs",
    );
    begin(old, &[new], true).unwrap();
    begin(new, &[old], false).unwrap();
    begin(new, &[new], false).unwrap();
    let older = manifest(b"x", "1.8");
    refused(
        registry.may_come(&older, &[old]),
        "PLUGIN_DOWNGRADE",
        "force it",
    );
    let strange = manifest(b"x", "spring");
    refused(
        registry.may_come(&strange, &[old]),
        "PLUGIN_VERSION_UNORDERED",
        "MAJOR.MINOR.PATCH",
    );
    let mut other = manifest(b"x", "0.1");
    other.name = "rsi".to_owned();
    registry.may_come(&other, &[old]).unwrap();

    registry.approve(new, &[], &by("ben", 8)).unwrap();
    refused(
        begin(old, &[], false),
        "PLUGIN_DOWNGRADE",
        "1.10.0, which is approved",
    );
    refused(
        registry.approve(old, &[], &by("ben", 8)),
        "PLUGIN_DOWNGRADE",
        "which is approved",
    );
    let record = registry.approve(old, &[], &forced("ben")).unwrap();
    assert!(record.acts.last().unwrap().forced);
    // Somebody decided on it; but what runs in its place is not to be replaced by accident.
    begin(old, &[new], false).unwrap();
    let beside = Beside {
        running: &[new],
        replaced: Some(new),
    };
    refused(
        registry.may_begin(old, beside, false),
        "PLUGIN_DOWNGRADE",
        "which runs",
    );
}

#[test]
fn what_is_needed_is_not_deleted() {
    let mut shelf = Shelf::new(Policy::default());
    let hash = shelf.bring("1.0.0");
    let place = ("run-1", Role::Strategy, "ema-eurusd");
    shelf
        .registry
        .note_use(hash, place, Timestamp::from_nanos(5))
        .unwrap();
    shelf
        .registry
        .note_use(hash, place, Timestamp::from_nanos(6))
        .unwrap();
    shelf.restart();
    let registry = &shelf.registry;
    assert_eq!(registry.get(hash).unwrap().uses.len(), 1);
    let delete = |users: &[&str], journals: &[&str]| {
        let texts = |list: &[&str]| {
            list.iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        registry.delete(hash, texts(users), &texts(journals), &by("ben", 8))
    };
    refused(
        delete(&["the strategy `ema` runs it"], &[]),
        "PLUGIN_IN_USE",
        "swap it",
    );
    refused(
        delete(&[], &["run-0", "run-1"]),
        "PLUGIN_IN_USE",
        "the journal `run-1` has it as the strategy `ema-eurusd`",
    );
    delete(&[], &["run-2"]).unwrap();
    refused(delete(&[], &[]), "PLUGIN_STATE", "nothing to delete");
    assert!(registry.bytes(hash, 9).is_err());
    refused(registry.may_run(hash), "PLUGIN_STATE", "upload it again");
    // Who had its bytes in hand when it was deleted puts them to no use.
    let use_it = || registry.note_use(hash, place, Timestamp::from_nanos(9));
    refused(use_it(), "PLUGIN_STATE", "upload it again");
    refused(
        registry.find_kept(&hash.to_string()),
        "PLUGIN_STATE",
        "upload it again",
    );
    assert_eq!(shelf.bring("1.0.0"), hash);
    let record = shelf.registry.get(hash).unwrap();
    assert_eq!((record.state, record.acts.len()), (State::Uploaded, 3));
}

#[test]
fn trust_is_asked_for_again_after_a_restart() {
    let pair = KeyPair::generate_unencrypted_keypair().unwrap();
    let key = pair.pk.to_base64();
    let trusting = |trusted: &[String], revoked: &[String]| Policy {
        trust: Trust::new(trusted, None, revoked).unwrap(),
        ..Policy::default()
    };
    let mut shelf = Shelf::new(trusting(std::slice::from_ref(&key), &[]));
    let signed = minisign::sign(None, &pair.sk, &b"1.0.0"[..], None, None).unwrap();
    let signature = signed.into_string();
    refused(
        shelf.try_to_bring("1.0.0", None),
        "PLUGIN_UNSIGNED",
        "sign it",
    );
    let hash = shelf.try_to_bring("1.0.0", Some(&signature)).unwrap();
    assert_eq!(
        shelf.registry.signature(hash).as_deref(),
        Some(signature.as_str())
    );
    shelf.registry.may_run(hash).unwrap();
    let other = KeyPair::generate_unencrypted_keypair()
        .unwrap()
        .pk
        .to_base64();
    for (policy, code) in [
        (
            trusting(std::slice::from_ref(&key), std::slice::from_ref(&key)),
            "PLUGIN_KEY_REVOKED",
        ),
        (
            trusting(std::slice::from_ref(&key), &[hash.to_string()]),
            "PLUGIN_REVOKED",
        ),
        (trusting(&[other], &[]), "PLUGIN_KEY_UNKNOWN"),
    ] {
        shelf.policy = policy;
        shelf.restart();
        refused(shelf.registry.may_run(hash), code, "");
    }
}

#[test]
fn a_record_that_cannot_be_read_is_named() {
    let mut shelf = Shelf::new(Policy::default());
    let hash = shelf.bring("1.0.0");
    let file = shelf.folder.path().join(format!("plugins/{hash}.json"));
    std::fs::write(shelf.folder.path().join("plugins/notes.json"), "mine").unwrap();
    shelf.restart();
    for text in ["{", "{\"format\":2}", ""] {
        std::fs::write(&file, text).unwrap();
        let path = shelf.folder.path().join("plugins");
        let error = Registry::open(path, Policy::default()).unwrap_err();
        assert!(
            error.contains(&hash.to_string()) && error.contains("move it away"),
            "{error}"
        );
    }
}

fn fault_at(seconds: u64, strategy: &str) -> FaultNote {
    FaultNote {
        journal: "run-1".to_owned(),
        strategy: strategy.to_owned(),
        sequence: seconds,
        at_ns: seconds * 1_000_000_000,
        fault: "TRAP: on-event: unreachable".to_owned(),
    }
}

#[test]
fn what_breaks_too_often_runs_no_more_until_it_is_released() {
    let mut shelf = Shelf::new(Policy::default());
    let hash = shelf.bring("1.0.0");
    let rule = QuarantineRule::default();
    let note = |shelf: &Shelf, seconds, strategy: &str| {
        let now = Timestamp::from_nanos(9);
        let note = fault_at(seconds, strategy);
        shelf.registry.note_fault(hash, note, rule, now).unwrap()
    };
    // An hour apart at most, whoever ran it; the same one twice is one.
    for (seconds, strategy) in [(1, "a"), (3_700, "a"), (3_700, "a"), (3_701, "b")] {
        assert!(note(&shelf, seconds, strategy).is_none(), "{seconds}");
        shelf.restart();
    }
    shelf.registry.may_run(hash).unwrap();
    let record = note(&shelf, 3_702, "c").unwrap();
    let reason = record.quarantine.as_ref().unwrap().reason.clone();
    assert!(
        reason.contains("3 times") && reason.contains("`c` at input 3702"),
        "{reason}"
    );
    assert_eq!(record.acts.last().unwrap().deed, Deed::Quarantine);
    assert!(note(&shelf, 3_703, "c").is_none(), "once is enough");
    shelf.restart();
    let words = "argonaut plugin release";
    refused(shelf.registry.may_run(hash), "PLUGIN_QUARANTINED", words);
    let begin = shelf.registry.may_begin(hash, Beside::default(), true);
    refused(begin, "PLUGIN_QUARANTINED", words);
    let approve = shelf.registry.approve(hash, &[], &forced("ben"));
    refused(approve, "PLUGIN_QUARANTINED", words);
    assert_eq!(shelf.registry.quarantined().len(), 1);
    assert_eq!(shelf.bring("1.0.0"), hash, "it may come, and not run");

    shelf.registry.release(hash, &by("ben", 10)).unwrap();
    shelf.registry.release(hash, &by("ben", 11)).unwrap();
    shelf.restart();
    let record = shelf.registry.may_run(hash).unwrap();
    assert_eq!(record.acts.last().unwrap().deed, Deed::Release);
    assert!(record.faults.is_empty() && shelf.registry.quarantined().is_empty());
    assert!(note(&shelf, 3_704, "c").is_none(), "it is counted anew");
}

#[test]
fn nothing_is_put_into_quarantine_where_the_rule_says_so() {
    let shelf = Shelf::new(Policy::default());
    let hash = shelf.bring("1.0.0");
    let rule = QuarantineRule {
        faults: 0,
        ..QuarantineRule::default()
    };
    for seconds in 1..=200 {
        let now = Timestamp::from_nanos(9);
        let noted = shelf
            .registry
            .note_fault(hash, fault_at(seconds, "a"), rule, now);
        assert!(noted.unwrap().is_none());
    }
    assert_eq!(shelf.registry.get(hash).unwrap().faults.len(), 100);
}

//! Signed plugins in a host, and files that change while the host reads them.

use crate::native::Natives;
use crate::stand::{Stand, forced};
use crate::wasm::plugins;
use minisign::KeyPair;
use model::PluginHash;
use registry::Trust;
use services::handle::{HostError, LoadRequest, PluginSource};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::plugin::Plugin;

/// The file in the plugin folder.
const FILE: &str = "trend.wasm";

fn put(folder: &Path, bytes: &[u8]) {
    let beside = folder.join("trend.part");
    std::fs::write(&beside, bytes).unwrap();
    std::fs::rename(beside, folder.join(FILE)).unwrap();
}

/// Loads the file under a name; what runs then.
async fn load(stand: &Stand, name: &str) -> Result<Option<PluginHash>, HostError> {
    let request = LoadRequest {
        name: name.to_owned(),
        account: None,
        plugin: PluginSource::Path(FILE.into()),
        parameters: BTreeMap::new(),
        on_fault: engine::OrdersOnFault::Cancel,
        start: true,
        terms: forced(),
    };
    let view = stand.host.load_strategy(request).await?;
    Ok(view.plugin.as_ref().map(|plugin| plugin.hash))
}

#[tokio::test(flavor = "multi_thread")]
async fn h17_a_file_that_is_exchanged_while_it_is_read_never_runs_unsigned() {
    let author = KeyPair::generate_unencrypted_keypair().unwrap();
    let trust = Trust::new(&[author.pk.to_base64()], None, &[]).unwrap();
    let stand = Stand::with_plugins(plugins(), Natives::default(), |config| {
        config.policy.trust = trust;
    });
    let folder = stand.folder.path().join("incoming");
    let good = Plugin::new().build().unwrap();
    let evil = Plugin::new().with("on-start", "unreachable");
    let evil = evil.build().unwrap();
    let signed = minisign::sign(None, &author.sk, Cursor::new(&good), None, None);
    let signature = signed.unwrap().into_string();
    std::fs::write(folder.join(format!("{FILE}.minisig")), signature).unwrap();
    put(&folder, &good);
    let of_good = Some(PluginHash::of(&good));
    assert_eq!(load(&stand, "first").await.unwrap(), of_good);
    let stop = Arc::new(AtomicBool::new(false));
    let exchanging = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            while !stop.load(Ordering::Acquire) {
                put(&folder, &evil);
                put(&folder, &good);
            }
            put(&folder, &evil);
        })
    };
    for number in 0..12 {
        check(load(&stand, &format!("s{number}")).await, of_good);
    }
    stop.store(true, Ordering::Release);
    exchanging.join().unwrap();
    let last = load(&stand, "last").await;
    assert!(matches!(last, Err(HostError::Registry(_))), "{last:?}");
    check(last, of_good);
    stand.end().await;
}

/// Either what was signed runs, or nothing does, because of its signature.
#[track_caller]
fn check(loaded: Result<Option<PluginHash>, HostError>, of_good: Option<PluginHash>) {
    match loaded {
        Ok(runs) => assert_eq!(runs, of_good),
        Err(HostError::Registry(refusal)) => {
            assert_eq!(refusal.code(), "PLUGIN_SIGNATURE_WRONG", "{refusal}");
        }
        Err(other) => panic!("{other}"),
    }
}

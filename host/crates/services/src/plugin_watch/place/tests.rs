//! Files as they come in: all with a clock that the test sets.

use super::*;
use registry::{Policy, Registry, Trust};
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

/// Milliseconds for which a file must rest, and for which a signature is waited.
const QUIET: u64 = 100;
const WAIT: u64 = 1_000;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A plugin folder with the place `one.wasm`, and a clock.
struct Stand {
    temporary: tempfile::TempDir,
    place: Place,
    now: u64,
}

impl Stand {
    fn new(trust: Trust, prepare: impl FnOnce(&Path)) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("plugins");
        fs::create_dir(&folder).unwrap();
        prepare(&folder);
        let policy = Policy {
            trust,
            ..Policy::default()
        };
        let registry = Registry::open(temporary.path().join("data"), policy).unwrap();
        let files = PluginFiles::new(Arc::new(registry), Some(folder.clone()), 4096);
        let times = (ms(QUIET), ms(WAIT));
        let place = Place::new((&folder, Path::new("one.wasm")), files, times);
        Self {
            temporary,
            place,
            now: 0,
        }
    }

    fn open(prepare: impl FnOnce(&Path)) -> Self {
        Self::new(Trust::default(), prepare)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.temporary.path().join("plugins").join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at(name), bytes).unwrap();
    }

    /// What is found so much later: the text of a build, or what else.
    fn after(&mut self, later: u64) -> Option<String> {
        self.now += later;
        let found = self.place.look(ms(self.now))?;
        Some(match found {
            Found::Gone => "gone".to_owned(),
            Found::Unreadable(reason) => format!("unreadable: {reason}"),
            Found::Build(build) => String::from_utf8(build.bytes).unwrap(),
        })
    }

    /// What is found at a look and after the quiet time, with nothing at the first.
    #[track_caller]
    fn rests(&mut self) -> Option<String> {
        assert_eq!(self.after(1), None, "it has only just changed");
        self.after(QUIET)
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn what_was_there_is_found_only_when_it_changes() {
    let mut stand = Stand::open(|folder| fs::write(folder.join("one.wasm"), b"a").unwrap());
    assert_eq!(stand.rests(), None);
    stand.write("one.wasm", b"ab");
    assert_eq!(stand.rests(), some("ab"));
    assert_eq!(stand.rests(), None);
}

#[test]
fn a_file_that_is_written_in_pieces_is_found_whole() {
    let mut stand = Stand::open(|_| {});
    for piece in ["a", "ab", "abc", "abcd"] {
        stand.write("one.wasm", piece.as_bytes());
        assert_eq!(stand.after(QUIET - 1), None, "{piece}");
        assert_eq!(stand.after(QUIET / 2), None, "{piece}");
    }
    assert_eq!(stand.after(QUIET), some("abcd"));
}

#[test]
fn a_build_that_is_renamed_into_place_is_found_and_the_temporary_files_beside_it_are_not() {
    let mut stand = Stand::open(|_| {});
    for name in [
        ".one.wasm.swp",
        "one.wasm~",
        "#one.wasm#",
        "4913",
        "one.wasm.tmp",
    ] {
        stand.write(name, name.as_bytes());
    }
    assert_eq!(stand.rests(), None);
    fs::rename(stand.at("one.wasm.tmp"), stand.at("one.wasm")).unwrap();
    assert_eq!(stand.rests(), some("one.wasm.tmp"));
    fs::rename(stand.at("4913"), stand.at("one.wasm")).unwrap();
    assert_eq!(stand.rests(), some("4913"));
}

#[test]
fn a_link_that_is_turned_is_a_change() {
    let mut stand = Stand::open(|folder| {
        for version in ["..v1", "..v2"] {
            fs::create_dir(folder.join(version)).unwrap();
            fs::write(folder.join(version).join("one.wasm"), version).unwrap();
        }
        symlink("..v1", folder.join("..data")).unwrap();
        symlink("..data/one.wasm", folder.join("one.wasm")).unwrap();
    });
    assert_eq!(stand.rests(), None);
    symlink("..v2", stand.at("..data_tmp")).unwrap();
    fs::rename(stand.at("..data_tmp"), stand.at("..data")).unwrap();
    fs::remove_dir_all(stand.at("..v1")).unwrap();
    assert_eq!(stand.rests(), some("..v2"));
    fs::remove_dir_all(stand.at("..v2")).unwrap();
    assert_eq!(stand.rests(), some("gone"));
}

#[test]
fn a_link_that_leads_out_of_the_folder_is_not_read() {
    let mut stand = Stand::open(|_| {});
    fs::write(stand.temporary.path().join("secret"), b"secret").unwrap();
    symlink("../secret", stand.at("one.wasm")).unwrap();
    let found = stand.rests().unwrap();
    assert!(found.starts_with("unreadable: "), "{found}");
    assert!(found.contains("is not below the plugin folder"), "{found}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let mut stand = Stand::open(|_| {});
    fs::create_dir(stand.at("one.wasm")).unwrap();
    assert_eq!(stand.rests(), some("unreadable: it is not a file"));
    fs::remove_dir(stand.at("one.wasm")).unwrap();
    symlink("one.wasm", stand.at("one.wasm")).unwrap();
    let found = stand.rests().unwrap();
    assert!(found.starts_with("unreadable: "), "{found}");
}

#[test]
fn a_deleted_file_is_gone_unless_it_comes_back_at_once() {
    let mut stand = Stand::open(|folder| fs::write(folder.join("one.wasm"), b"a").unwrap());
    fs::remove_file(stand.at("one.wasm")).unwrap();
    assert_eq!(stand.after(1), None);
    stand.write("one.wasm", b"ab");
    assert_eq!(stand.rests(), some("ab"));
    fs::remove_file(stand.at("one.wasm")).unwrap();
    assert_eq!(stand.rests(), some("gone"));
}

#[test]
fn a_folder_may_go_and_come_again() {
    let mut stand = Stand::open(|folder| fs::write(folder.join("one.wasm"), b"a").unwrap());
    let folder = stand.at("");
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(stand.rests(), some("gone"));
    fs::create_dir(&folder).unwrap();
    assert_eq!(stand.rests(), None);
    stand.write("one.wasm", b"abc");
    assert_eq!(stand.rests(), some("abc"));
}

/// Keys that are trusted, and what signs with one of them.
fn signing() -> (Trust, impl Fn(&[u8]) -> String) {
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let trusted = [keys.pk.to_base64()];
    let sign = move |bytes: &[u8]| {
        let signed = minisign::sign(None, &keys.sk, bytes, None, None);
        signed.unwrap().into_string()
    };
    (Trust::new(&trusted, None, &[]).unwrap(), sign)
}

#[test]
fn a_signature_that_comes_later_is_waited_for() {
    let (trust, sign) = signing();
    let mut stand = Stand::new(trust, |_| {});
    stand.write("one.wasm", b"first");
    assert_eq!(stand.rests(), None, "nobody signed it yet");
    assert_eq!(stand.after(WAIT / 2), None);
    stand.write("one.wasm.minisig", sign(b"first").as_bytes());
    assert_eq!(stand.rests(), some("first"));
    // The one of the build before lies there until the new one comes.
    stand.write("one.wasm", b"the second");
    assert_eq!(stand.rests(), None, "it is signed for another build");
    stand.write("one.wasm.minisig", &sign(b"the second").as_bytes()[..20]);
    assert_eq!(stand.rests(), None, "half a signature");
    stand.write("one.wasm.minisig", sign(b"the second").as_bytes());
    assert_eq!(stand.rests(), some("the second"));
}

#[test]
fn a_signature_that_does_not_come_is_not_waited_for_for_ever() {
    let (trust, sign) = signing();
    let mut stand = Stand::new(trust, |_| {});
    stand.write("one.wasm", b"first");
    assert_eq!(stand.rests(), None);
    assert_eq!(stand.place.due(), Some(ms(stand.now + WAIT)));
    // A wrong one does not make it longer.
    stand.write("one.wasm.minisig", sign(b"another").as_bytes());
    assert_eq!(stand.rests(), None);
    assert_eq!(stand.after(WAIT - 2 * QUIET), None);
    assert_eq!(stand.after(2 * QUIET), some("first"), "admission says why");
    assert_eq!((stand.after(WAIT), stand.place.due()), (None, None));
    // Another build has its own time.
    stand.write("one.wasm", b"the second");
    assert_eq!(stand.rests(), None);
    assert_eq!(stand.place.due(), Some(ms(stand.now + WAIT)));
}

//! A desk to test at: an identity whose clock and storage tests hold in their hands.

use identity::{
    Change, Clock, Cost, Entropy, Entry, Identity, MemoryStorage, Principal, Refusal, Role,
    Settings, Storage, StorageError,
};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;
/// Everybody's password here holds nobody's name.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A clock that stands until it is moved.
pub(crate) struct Hands(AtomicU64);

impl Clock for Hands {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Counts: the same secrets in the same order, none twice.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Refusal> {
        let count = self.0.fetch_add(1, Ordering::SeqCst);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&count.to_le_bytes());
        hasher.finalize_xof().fill(bytes);
        Ok(())
    }
}

/// A storage that can be made to fail.
struct Failing(MemoryStorage, Arc<AtomicBool>);

impl Storage for Failing {
    fn load(&mut self) -> Result<Vec<Entry>, StorageError> {
        self.0.load()
    }

    fn write(&mut self, changes: &[Change]) -> Result<(), StorageError> {
        if self.1.load(Ordering::SeqCst) {
            return Err(StorageError("the disk is full".to_owned()));
        }
        self.0.write(changes)
    }
}

pub(crate) struct Desk {
    pub(crate) identity: Identity,
    pub(crate) fails: Arc<AtomicBool>,
    clock: Arc<Hands>,
    entropy: Arc<Counting>,
    storage: MemoryStorage,
    folder: tempfile::TempDir,
}

impl Desk {
    /// Without anybody.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hands(AtomicU64::new(1_800_000_000_000)));
        let entropy = Arc::new(Counting(AtomicU64::new(0)));
        let (storage, fails) = (MemoryStorage::default(), Arc::new(AtomicBool::new(false)));
        let kept = Failing(storage.clone(), fails.clone());
        let identity = open(kept, &folder, &clock, &entropy);
        Self {
            identity,
            fails,
            clock,
            entropy,
            storage,
            folder,
        }
    }

    /// With `root`, who has every role.
    pub(crate) fn new() -> Self {
        let desk = Self::empty();
        let token = desk.identity.first_invitation().unwrap().unwrap();
        let claimed = desk.identity.claim(&token, "root", PASSWORD, HERE);
        claimed.unwrap();
        desk
    }

    /// Adds a person who has taken up the invitation, and logs in.
    pub(crate) fn person(&self, name: &str, roles: &[Role]) -> Principal {
        let roles = roles.iter().copied().collect();
        let (_, token) = self.identity.add_user(name, roles, &[]).unwrap();
        let granted = self.identity.claim(&token, name, PASSWORD, HERE).unwrap();
        self.identity.authenticate(&granted.access, HERE).unwrap()
    }

    pub(crate) fn wait(&self, ms: u64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// The same after the process was started again.
    pub(crate) fn restarted(self) -> Self {
        let kept = Failing(self.storage.clone(), self.fails.clone());
        Self {
            identity: open(kept, &self.folder, &self.clock, &self.entropy),
            ..self
        }
    }

    /// Everything that is kept, as text.
    pub(crate) fn kept(&self) -> String {
        let entries = self.storage.clone().load().unwrap();
        entries.into_iter().map(|entry| entry.record).collect()
    }
}

fn open(
    kept: Failing,
    folder: &tempfile::TempDir,
    clock: &Arc<Hands>,
    entropy: &Arc<Counting>,
) -> Identity {
    let settings = Settings {
        token_keys: folder.path().join("keys.json"),
        cost: Cost {
            memory_kib: 64,
            passes: 1,
        },
        by_address: true,
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    Identity::open(Box::new(kept), settings).unwrap()
}

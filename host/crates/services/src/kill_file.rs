//! A file that keeps the firm, or parts of it, from trading: while it names a scope, that scope's kill
//! latch is set.
//!
//! It has a scope a line: `firm`, `account/NAME`, `strategy/NAME`, `instrument/SYMBOL`; lines that begin
//! with `#` are for people. Whatever is not understood means the firm: a file without a scope, one that
//! cannot be read, a line that is no scope or that names nobody.
//!
//! A thread of its own looks for it, so that it works when the API, the async runtime and every
//! plugin hang. Any kill of the firm writes it, so that a restart does not trade either. Whoever
//! wants to trade again removes the file, or the line, and then clears the latch.

use crate::handle::ScopeName;
use crate::inbox::Inbox;
use crate::trader::Request;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

/// How often the file is looked for.
const RHYTHM: Duration = Duration::from_millis(20);
/// Largest file that is read, in bytes; a larger one is not understood.
const LARGEST: u64 = 64 << 10;
/// How often a file that others write too is tried.
const TRIES: usize = 3;

/// The file.
#[derive(Debug, Clone)]
pub struct KillFile(PathBuf);

impl KillFile {
    /// The file of that path, which need not be there.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whom it kills; `None` when it is not there. When that cannot be known, it is there.
    pub(crate) fn named(&self) -> Option<Vec<ScopeName>> {
        if !self.exists() {
            return None;
        }
        match self.read() {
            Ok(bytes) => Some(scopes_in(&bytes)),
            // Removed meanwhile.
            Err(_) if !self.exists() => None,
            Err(_) => Some(vec![ScopeName::Firm]),
        }
    }

    fn exists(&self) -> bool {
        match std::fs::symlink_metadata(&self.0) {
            Ok(_) => true,
            Err(error) => error.kind() != ErrorKind::NotFound,
        }
    }

    fn read(&self) -> std::io::Result<Vec<u8>> {
        // Whoever opens a pipe may wait for ever.
        if !std::fs::metadata(&self.0)?.is_file() {
            let reason = "it is no file with lines";
            return Err(Error::new(ErrorKind::InvalidInput, reason));
        }
        let mut bytes = Vec::new();
        File::open(&self.0)?
            .take(LARGEST + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Writes a scope into it, unless the file kills that already. What it named before stays, and nobody
    /// who looks sees half of it.
    ///
    /// # Errors
    /// It cannot be read or written. That keeps nobody from killing; a host tries again.
    pub fn write(&self, scope: &ScopeName) -> std::io::Result<()> {
        for _ in 0..TRIES {
            let written = if self.exists() {
                let named = scopes_in(&self.read()?);
                if named.contains(&ScopeName::Firm) || named.contains(scope) {
                    return Ok(());
                }
                self.append(scope)
            } else {
                self.make(scope)
            };
            match written {
                // Somebody was faster, with another scope perhaps.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                other => return other,
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    fn append(&self, scope: &ScopeName) -> std::io::Result<()> {
        let mut file = OpenOptions::new().append(true).open(&self.0)?;
        // In one piece; the line before may have no end.
        file.write_all(format!("\n{scope}\n").as_bytes())?;
        file.sync_all()
    }

    fn make(&self, scope: &ScopeName) -> std::io::Result<()> {
        let text = format!(
            "# Killed. Remove this file, or lines of it, and clear the kill latch to trade again.\n{scope}\n"
        );
        let mut new = OpenOptions::new();
        new.write(true);
        if *scope == ScopeName::Firm {
            // What there is of it before it is whole means the firm, too.
            return fill(new.create_new(true), &self.0, &text);
        }
        let mut beside = self.0.clone().into_os_string();
        beside.push(format!(".{}.new", std::process::id()));
        let beside = PathBuf::from(beside);
        let made = fill(new.create(true).truncate(true), &beside, &text)
            .and_then(|()| std::fs::hard_link(&beside, &self.0));
        // A name more for what is there, or not there, now.
        let _left = std::fs::remove_file(&beside);
        made
    }

    /// Looks for the file until the host ends, and has the latches set that it names; writes it when
    /// the firm's was set by other means.
    pub(crate) fn watch(
        self,
        inbox: Arc<Inbox>,
        killed: Arc<AtomicBool>,
    ) -> Result<(), std::io::Error> {
        let watch = move || {
            // A latch that came back was kept before; whoever removed its file since meant it.
            let mut kept = match killed.load(Ordering::Acquire) {
                true => Kept::Yes,
                false => Kept::No,
            };
            let mut told = Told::default();
            while !inbox.is_closed() {
                let is_killed = killed.load(Ordering::Acquire);
                kept = match (is_killed, kept) {
                    (false, _) => Kept::No,
                    (true, Kept::Yes) => Kept::Yes,
                    (true, before) => self.keep(before),
                };
                if !told.is_waiting() {
                    told.tell(self.named(), is_killed, &inbox);
                }
                std::thread::sleep(RHYTHM);
            }
        };
        let thread = std::thread::Builder::new().name("kill-file".to_owned());
        thread.spawn(watch).map(drop)
    }

    /// Writes it for the firm's latch that was set, and says so once when it cannot be.
    fn keep(&self, before: Kept) -> Kept {
        let named = self.named().unwrap_or_default();
        if named.contains(&ScopeName::Firm) {
            return Kept::Yes;
        }
        let Err(error) = self.write(&ScopeName::Firm) else {
            return Kept::Yes;
        };
        if before == Kept::No {
            let file = self.0.display();
            tracing::error!(%error, %file, "the kill file cannot be written; it is tried again");
        }
        Kept::NotYet
    }
}

/// Writes a whole file that lasts.
fn fill(options: &OpenOptions, path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The scopes of a file with these bytes, never none.
fn scopes_in(bytes: &[u8]) -> Vec<ScopeName> {
    let is_whole = u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST);
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_whole);
    let lines = text.unwrap_or_default().lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut named: Vec<ScopeName> = lines
        .map(|line| line.parse().unwrap_or(ScopeName::Firm))
        .collect();
    if named.is_empty() {
        named.push(ScopeName::Firm);
    }
    named
}

/// What the engine's thread was told of the file.
#[derive(Default)]
struct Told {
    /// Whom it named when it was looked at last.
    named: Option<Vec<ScopeName>>,
    /// Comes when the latches are set.
    answer: Option<oneshot::Receiver<()>>,
}

impl Told {
    /// Whether it has not answered yet. What was refused is told again.
    fn is_waiting(&mut self) -> bool {
        match self.answer.as_mut().map(oneshot::Receiver::try_recv) {
            None => return false,
            Some(Err(TryRecvError::Empty)) => return true,
            Some(Err(TryRecvError::Closed)) => self.named = None,
            Some(Ok(())) => {}
        }
        self.answer = None;
        false
    }

    /// Has those killed that the file names, when it names others than before or the firm is not killed.
    fn tell(&mut self, named: Option<Vec<ScopeName>>, is_killed: bool, inbox: &Inbox) {
        let is_news = named != self.named;
        if let Some(scopes) = &named
            && (is_news || (!is_killed && scopes.contains(&ScopeName::Firm)))
        {
            let (reply, answer) = oneshot::channel();
            // Refused when kills wait already, or the host has ended.
            let _refused = inbox.offer_urgent(Request::Obey(scopes.clone(), reply));
            self.answer = Some(answer);
        }
        self.named = named;
    }
}

/// Whether a latch has its file, as far as the thread that keeps it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    No,
    NotYet,
    Yes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_kill_file_that_cannot_be_written_at_first_is_written_when_it_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("later");
        let file = KillFile::new(place.join("kill"));
        let (inbox, killed) = (Arc::new(Inbox::new(1, 1)), Arc::new(AtomicBool::new(false)));
        file.clone()
            .watch(Arc::clone(&inbox), Arc::clone(&killed))
            .unwrap();
        std::thread::sleep(2 * RHYTHM);
        killed.store(true, Ordering::Release);
        std::thread::sleep(3 * RHYTHM);
        std::fs::create_dir(&place).unwrap();
        let begun = Instant::now();
        while file.named() != Some(vec![ScopeName::Firm]) {
            assert!(begun.elapsed() < Duration::from_secs(60), "it never was");
            std::thread::sleep(RHYTHM);
        }
        inbox.close();
    }

    /// A file with these bytes; what it names.
    fn named(bytes: &[u8]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = KillFile::new(folder.path().join("kill"));
        assert_eq!(file.named(), None);
        std::fs::write(file.path(), bytes).unwrap();
        let named = file.named().unwrap();
        named.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn whatever_is_not_understood_means_the_firm() {
        let parts = b"# no trading\n account/a \r\n\nstrategy/ema\ninstrument/EUR/USD.SIM";
        let expect = ["account/a", "strategy/ema", "instrument/EUR/USD.SIM"];
        assert_eq!(named(parts), expect);
        let large = [b"account/a\n".repeat(7_000), b"account/b".to_vec()].concat();
        let firm: [&[u8]; 7] = [
            b"",
            b"\n \n",
            b"# nothing but words\n",
            b"firm",
            b"account",
            b"account/a\xff",
            &large,
        ];
        for bytes in firm {
            assert_eq!(named(bytes), ["firm"], "{bytes:?}");
        }
        assert_eq!(named(b"account/a\naccount=b\n"), ["account/a", "firm"]);
        let folder = tempfile::tempdir().unwrap();
        let folder_itself = KillFile::new(folder.path().to_owned());
        assert_eq!(folder_itself.named(), Some(vec![ScopeName::Firm]));
        assert!(folder_itself.write(&ScopeName::Firm).is_err());
    }

    #[test]
    fn what_is_written_is_added_to_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = KillFile::new(folder.path().join("kill"));
        let scope = |text: &str| text.parse::<ScopeName>().unwrap();
        let (account, strategy) = (scope("account/a"), scope("strategy/ema"));
        file.write(&account).unwrap();
        assert_eq!(file.named(), Some(vec![account.clone()]));
        file.write(&strategy).unwrap();
        file.write(&account).unwrap();
        let both = vec![account.clone(), strategy.clone()];
        assert_eq!(file.named(), Some(both.clone()));
        file.write(&ScopeName::Firm).unwrap();
        let all = [both, vec![ScopeName::Firm]].concat();
        assert_eq!(file.named(), Some(all));
        // One that kills the firm needs no more, and one that says nothing must not come to say less.
        for text in ["", "firm"] {
            std::fs::write(file.path(), text).unwrap();
            file.write(&strategy).unwrap();
            assert_eq!(std::fs::read_to_string(file.path()).unwrap(), text);
        }
        let files = std::fs::read_dir(folder.path()).unwrap();
        assert_eq!(files.count(), 1, "nothing is left beside it");
    }
}

//! The files of runs: `pipelines/STRATEGY/ID.json` in the data folder. Each is written under another name,
//! forced to the disk and renamed, so that nobody ever sees half of one.

use crate::run::Run;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The form of a run's file that this program writes.
const FORMAT: u32 = 1;
/// Runs that are kept of each strategy.
pub(crate) const MOST_KEPT: usize = 100;

/// A run's file.
#[derive(Serialize, Deserialize)]
struct Sheet {
    format: u32,
    run: Run,
}

/// Runs by number.
pub(crate) type Runs = BTreeMap<u64, Run>;

/// The folder.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> String {
    let fix = "take it back from a copy, or move it away";
    format!("{}: cannot be read: {error}; {fix}", path.display())
}

impl Folder {
    /// Makes it, if there is none.
    pub(crate) fn open(path: PathBuf) -> Result<Self, String> {
        std::fs::create_dir_all(&path)
            .map_err(|error| format!("{}: cannot be made: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// All runs, by strategy.
    pub(crate) fn runs(&self) -> Result<BTreeMap<String, Runs>, String> {
        let mut all = BTreeMap::new();
        for strategy in entries(&self.0)? {
            let name = strategy.file_name().and_then(|name| name.to_str());
            let Some(name) = name.filter(|_| strategy.is_dir()) else {
                continue;
            };
            let mut runs = Runs::new();
            for path in entries(&strategy)? {
                let stem = path.file_stem().and_then(|stem| stem.to_str());
                let is_sheet = path.extension().is_some_and(|end| end == "json");
                let Some(id) = stem.filter(|_| is_sheet).and_then(|id| id.parse().ok()) else {
                    continue;
                };
                runs.insert(id, read(&path, name, id)?);
            }
            all.insert(name.to_owned(), runs);
        }
        Ok(all)
    }

    /// Writes a run.
    pub(crate) fn write(&self, run: &Run) -> Result<(), String> {
        let folder = self.0.join(&run.strategy);
        let target = folder.join(format!("{}.json", run.id));
        let sheet = Sheet {
            format: FORMAT,
            run: run.clone(),
        };
        let put = || -> std::io::Result<()> {
            std::fs::create_dir_all(&folder)?;
            let text = serde_json::to_vec_pretty(&sheet)?;
            let mut draft = tempfile::NamedTempFile::new_in(&folder)?;
            draft.write_all(&text)?;
            draft.as_file().sync_all()?;
            draft.persist(&target).map_err(|error| error.error)?;
            File::open(&folder)?.sync_all()
        };
        put().map_err(|error| format!("{}: cannot be written: {error}", target.display()))
    }

    /// Removes a run; one that is gone already is no error.
    pub(crate) fn remove(&self, strategy: &str, id: u64) {
        let target = self.0.join(strategy).join(format!("{id}.json"));
        if let Err(error) = std::fs::remove_file(&target)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(file = %target.display(), %error, "an old run stays");
        }
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let paths = read.map(|entry| entry.map(|entry| entry.path()));
    let paths = paths.collect::<std::io::Result<_>>();
    paths.map_err(|error| unreadable(folder, &error))
}

fn read(path: &Path, strategy: &str, id: u64) -> Result<Run, String> {
    let text = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let sheet: Sheet = serde_json::from_slice(&text).map_err(|error| unreadable(path, &error))?;
    if sheet.format != FORMAT || sheet.run.id != id || sheet.run.strategy != strategy {
        return Err(unreadable(
            path,
            &"it is of another format, or of another run",
        ));
    }
    Ok(sheet.run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::State;

    fn run(id: u64) -> Run {
        let definition = "strategy = \"trend\"\n[approve]\n[live]\nfor = \"1h\"";
        let parsed = crate::Definition::parse(Path::new("trend.toml"), definition).unwrap();
        Run {
            id,
            strategy: "trend".to_owned(),
            plugin: "ab".repeat(32),
            title: "trend 2.0.0".to_owned(),
            parameters: BTreeMap::from([("fast".to_owned(), "5".to_owned())]),
            force: false,
            by: "anna".to_owned(),
            definition: definition.to_owned(),
            state: State::Running,
            began_at_ns: 5,
            ended_at_ns: None,
            steps: Run::steps_of(&parsed),
            approvals: Vec::new(),
            canary_after: None,
            canary: None,
            switching_after: None,
            live: None,
            verdict: String::new(),
        }
    }

    #[test]
    fn runs_come_back_as_they_were_written() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join("pipelines");
        let folder = Folder::open(root.clone()).unwrap();
        assert_eq!(folder.runs(), Ok(BTreeMap::new()));
        let (one, mut two) = (run(1), run(2));
        folder.write(&one).unwrap();
        folder.write(&two).unwrap();
        two.begin(0, 7);
        two.steps[0].progress = 0.25;
        folder.write(&two).unwrap();
        let all = folder.runs().unwrap();
        assert_eq!(all["trend"], Runs::from([(1, one), (2, two)]));
        folder.remove("trend", 1);
        folder.remove("trend", 1);
        assert_eq!(folder.runs().unwrap()["trend"].len(), 1);

        let file = root.join("trend/2.json");
        std::fs::copy(&file, root.join("trend/3.json")).unwrap();
        assert!(folder.runs().unwrap_err().contains("of another run"));
        std::fs::write(root.join("trend/3.json"), "{").unwrap();
        let error = folder.runs().unwrap_err();
        assert!(error.contains("3.json: cannot be read"), "{error}");
        assert!(error.contains("move it away"), "{error}");
    }

    #[test]
    fn a_run_goes_on_where_it_was() {
        use crate::gate::{Criterion, Gate};
        let good = || Gate::of(vec![Criterion::stated("it", "well", "well", true)]);
        let mut run = run(1);
        run.begin(0, 7);
        assert_eq!((run.turn(), run.state), (Some(0), State::Running));
        run.judge(0, good(), 8);
        assert_eq!((run.turn(), run.progress()), (Some(1), 0.5));
        run.begin(1, 9);
        run.interrupt(10);
        assert_eq!((run.turn(), run.state), (Some(1), State::Interrupted));
        assert!(
            run.verdict.starts_with("LIVE: the host ended"),
            "{}",
            run.verdict
        );
        run.begin(1, 11);
        run.judge(1, good(), 12);
        assert_eq!((run.state, run.ended_at_ns), (State::Passed, Some(12)));
        assert_eq!(run.verdict, "all 2 gates passed");
        let mut other = self::run(2);
        other.begin(0, 7);
        other.judge(0, Gate::broken("nobody came"), 8);
        assert_eq!(other.state, State::Failed);
        assert_eq!(other.verdict, "APPROVE failed: nobody came");
    }
}

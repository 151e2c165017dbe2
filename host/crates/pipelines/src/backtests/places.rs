//! Market data that requests may name: what lies below one folder, and nothing that a name or a link leads out
//! of it.

use crate::settings::BacktestSettings;
use services::handle::HostError;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Most files and folders of a catalog that are looked at.
const MOST_ENTRIES: usize = 1_000_000;
/// How many folders of a catalog lie above its files: of kind, instrument and day.
const FOLDERS: usize = 3;

/// The folder, without links.
#[derive(Debug)]
pub(super) struct Places(PathBuf);

fn refused(field: &'static str, reason: impl Into<String>) -> HostError {
    HostError::Invalid {
        field,
        reason: reason.into(),
    }
}

/// The symbol of an instrument as it is given.
fn symbol(instrument: &str) -> &str {
    instrument.split(',').next().unwrap_or_default().trim()
}

/// The folder of an instrument in a catalog.
fn folder_of(symbol: &str) -> String {
    let mut name = "instrument=".to_owned();
    for byte in symbol.bytes() {
        match byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            true => name.push(char::from(byte)),
            false => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name
}

impl Places {
    /// # Errors
    /// There is no such folder.
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        let shown = folder.display();
        let root = folder
            .canonicalize()
            .map_err(|error| format!("data: the folder {shown} cannot be used: {error}"))?;
        match root.is_dir() {
            true => Ok(Self(root)),
            false => Err(format!("data: {shown} is no folder")),
        }
    }

    /// Where children are run, so that what they say has no path of this machine.
    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// The settings as a child in the folder takes them: with each file under the symbol that it is of.
    pub(super) fn resolved(
        &self,
        settings: &BacktestSettings,
    ) -> Result<BacktestSettings, HostError> {
        let files = settings.data.iter().map(|text| self.file(text, settings));
        let data = files.collect::<Result<Vec<String>, HostError>>()?;
        let catalog = settings.catalog.as_deref();
        let catalog = catalog.map(|name| {
            let place = self.find("catalog", name)?;
            match self.0.join(&place).is_dir() {
                true => {
                    self.check_links(name, &self.0.join(&place), &settings.instruments)?;
                    Ok(place)
                }
                false => Err(refused("catalog", format!("`{name}` is no folder"))),
            }
        });
        let events = settings.events.as_deref();
        let events = events.map(|name| self.plain_file("events", name));
        Ok(BacktestSettings {
            data,
            catalog: catalog.transpose()?,
            events: events.transpose()?,
            ..settings.clone()
        })
    }

    /// What is read of a catalog is read wherever links in it lead, so none may lead out of the folder.
    fn check_links(
        &self,
        name: &str,
        catalog: &Path,
        instruments: &[String],
    ) -> Result<(), HostError> {
        let wrong = |what: &str| refused("catalog", format!("`{name}` {what}"));
        let unreadable = |error: std::io::Error| wrong(&format!("cannot be read: {error}"));
        let wanted = instruments.iter().map(|one| folder_of(symbol(one)));
        let wanted: Vec<String> = wanted.collect();
        let is_read = |depth: usize, entry: &str| match depth {
            0 => entry.starts_with("kind="),
            1 => wanted.iter().any(|folder| folder == entry),
            // What is hidden is no part of a catalog.
            _ => !entry.starts_with('.'),
        };
        let (mut waiting, mut seen) = (vec![(catalog.to_owned(), 0_usize)], 0_usize);
        while let Some((folder, depth)) = waiting.pop() {
            for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                if !is_read(depth, &entry.file_name().to_string_lossy()) {
                    continue;
                }
                seen += 1;
                if seen > MOST_ENTRIES {
                    return Err(wrong("has too many files of these instruments"));
                }
                let (path, mut kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
                if kind.is_symlink() {
                    let found = path.canonicalize().map_err(unreadable)?;
                    if !found.starts_with(&self.0) {
                        return Err(wrong("has a link out of the folder of market data"));
                    }
                    kind = found.metadata().map_err(unreadable)?.file_type();
                }
                match (kind.is_dir(), depth < FOLDERS) {
                    (true, true) => waiting.push((path, depth + 1)),
                    (true, false) => return Err(wrong("has folders below those of days")),
                    (false, _) => {}
                }
            }
        }
        Ok(())
    }

    /// `SYMBOL=FILE`, of that or of a file alone where there is one instrument.
    fn file(&self, text: &str, settings: &BacktestSettings) -> Result<String, HostError> {
        let mut symbols = settings.instruments.iter().map(|one| symbol(one));
        let named = symbols.find_map(|symbol| {
            let file = text.strip_prefix(symbol)?.strip_prefix('=')?;
            Some((symbol, file))
        });
        let (symbol, name) = match (named, settings.instruments.as_slice()) {
            (Some(named), _) => named,
            (None, [only]) => (symbol(only), text),
            (None, _) => {
                let reason = format!("`{text}`: with several instruments write SYMBOL=FILE");
                return Err(refused("data", reason));
            }
        };
        let place = self.plain_file("data", name)?;
        Ok(format!("{symbol}={place}"))
    }

    /// Where a file below the folder really is, from there.
    fn plain_file(&self, field: &'static str, name: &str) -> Result<String, HostError> {
        let place = self.find(field, name)?;
        match self.0.join(&place).is_file() {
            true => Ok(place),
            false => Err(refused(field, format!("`{name}` is no file"))),
        }
    }

    /// Where something below the folder really is, from there.
    fn find(&self, field: &'static str, name: &str) -> Result<String, HostError> {
        let path = Path::new(name);
        let mut parts = path.components();
        let is_plain = !name.is_empty()
            && !name.chars().any(char::is_control)
            && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let outside = || {
            let reason = format!(
                "`{name}` is not below the folder of market data; write a path from there, without `..`"
            );
            refused(field, reason)
        };
        if !is_plain {
            return Err(outside());
        }
        let found = self
            .0
            .join(path)
            .canonicalize()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => refused(
                    field,
                    format!("there is no `{name}` in the folder of market data"),
                ),
                _ => refused(field, format!("`{name}` cannot be read: {error}")),
            })?;
        // A link may lead anywhere.
        let below = found.strip_prefix(&self.0).map_err(|_| outside())?;
        let below = below.to_str().ok_or_else(outside)?;
        Ok(match below {
            "" => ".".to_owned(),
            below => below.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with `eur.csv`, the catalog `all`, and links out of it and within.
    fn folder() -> tempfile::TempDir {
        let temporary = tempfile::tempdir().unwrap();
        let data = temporary.path().join("data");
        std::fs::create_dir_all(data.join("all")).unwrap();
        std::fs::write(data.join("eur.csv"), "x").unwrap();
        std::fs::write(temporary.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink("../secret", data.join("link.csv")).unwrap();
        std::os::unix::fs::symlink("eur.csv", data.join("same.csv")).unwrap();
        std::os::unix::fs::symlink("..", data.join("up")).unwrap();
        let day = "kind=quotes/instrument=A%2FB/day=2024-01-02";
        for catalog in ["all", "file"] {
            std::fs::create_dir_all(data.join(catalog).join(day)).unwrap();
        }
        for catalog in ["within", "out"] {
            std::fs::create_dir_all(data.join(catalog).join("kind=quotes")).unwrap();
        }
        let link = |to: &str, from: &str| {
            std::os::unix::fs::symlink(to, data.join(from)).unwrap();
        };
        link("../../../../../secret", &format!("file/{day}/part"));
        link("../../..", "out/kind=quotes/instrument=A%2FB");
        let all = "../../all/kind=quotes/instrument=A%2FB";
        link(all, "within/kind=quotes/instrument=A%2FB");
        temporary
    }

    fn of(
        instruments: &[&str],
        data: &[&str],
        catalog: Option<&str>,
    ) -> Result<BacktestSettings, String> {
        let temporary = folder();
        let places = Places::open(&temporary.path().join("data")).unwrap();
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let settings = BacktestSettings {
            instruments: texts(instruments),
            data: texts(data),
            catalog: catalog.map(str::to_owned),
            ..BacktestSettings::default()
        };
        let resolved = places.resolved(&settings);
        resolved.map_err(|error| error.to_string())
    }

    #[test]
    fn what_lies_below_the_folder_is_found() {
        let check = |instruments: &[&str], data: &str, expect: &str| {
            let found = of(instruments, &[data], None).unwrap();
            assert_eq!(found.data, [expect]);
        };
        check(&["EUR/USD,tick=1"], "eur.csv", "EUR/USD=eur.csv");
        check(&["EUR/USD"], "same.csv", "EUR/USD=eur.csv");
        check(&["EUR/USD", "A"], "A=./eur.csv", "A=eur.csv");
        assert_eq!(
            of(&["A"], &[], Some("all")).unwrap().catalog.unwrap(),
            "all"
        );
        assert_eq!(of(&["A"], &[], Some(".")).unwrap().catalog.unwrap(), ".");
    }

    #[test]
    fn nothing_leads_out_of_the_folder() {
        let check = |data: &str, expect: &str| {
            let error = of(&["A"], &[data], None).unwrap_err();
            assert!(
                error.starts_with("data: ") && error.contains(expect),
                "{data}: {error}"
            );
        };
        let outside = "is not below the folder of market data";
        for escape in [
            "../secret",
            "/etc/hostname",
            "link.csv",
            "up/secret",
            "all/../../secret",
            "",
        ] {
            check(escape, outside);
        }
        check("none.csv", "there is no `none.csv`");
        check("all", "is no file");
        let error = of(&["A", "B"], &["eur.csv"], None).unwrap_err();
        assert!(error.contains("write SYMBOL=FILE"), "{error}");
        let error = of(&["A"], &[], Some("up")).unwrap_err();
        assert!(
            error.starts_with("catalog: ") && error.contains(outside),
            "{error}"
        );
        let error = of(&["A"], &[], Some("eur.csv")).unwrap_err();
        assert!(error.contains("is no folder"), "{error}");
    }

    #[test]
    fn a_file_of_events_lies_below_the_folder_too() {
        let temporary = folder();
        let places = Places::open(&temporary.path().join("data")).unwrap();
        let of = |name: &str| {
            let settings = BacktestSettings {
                events: Some(name.to_owned()),
                ..BacktestSettings::default()
            };
            let resolved = places.resolved(&settings);
            resolved.map(|settings| settings.events.unwrap())
        };
        assert_eq!(of("same.csv").unwrap(), "eur.csv");
        for (name, expect) in [
            ("../secret", "is not below the folder"),
            ("link.csv", "is not below the folder"),
            ("none.jsonl", "there is no `none.jsonl`"),
            ("all", "is no file"),
        ] {
            let error = of(name).unwrap_err().to_string();
            assert!(error.starts_with("events: "), "{error}");
            assert!(error.contains(expect), "{error}");
        }
    }

    #[test]
    fn no_link_in_a_catalog_leads_out_of_what_is_read_of_it() {
        let error = |catalog: &str| of(&["A/B,tick=1"], &[], Some(catalog)).unwrap_err();
        for catalog in ["out", "file"] {
            let error = error(catalog);
            assert!(error.contains("has a link out of the folder"), "{error}");
        }
        assert!(of(&["A/B"], &[], Some("within")).is_ok());
        // Not read.
        assert!(of(&["A"], &[], Some("out")).is_ok());
    }
}

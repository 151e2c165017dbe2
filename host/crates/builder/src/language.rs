//! The languages that plugins are written in, and how a folder is recognised as a plugin in one.

use crate::BuildError;
use crate::build::file_error;
use serde_json::Value;
use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

/// A language that plugins are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// A crate: the folder has a `Cargo.toml`.
    Rust,
    /// TypeScript or JavaScript: the folder has a `package.json`.
    TypeScript,
    /// The folder has a `pyproject.toml`.
    Python,
    /// The folder has `.c` files.
    C,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust => "Rust",
            Self::TypeScript => "TypeScript",
            Self::Python => "Python",
            Self::C => "C",
        })
    }
}

impl FromStr for Language {
    type Err = String;

    /// Reads `rust`, `ts`, `python` or `c`.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|language| language.word() == text)
            .ok_or_else(|| format!("`{text}` is not one of rust, ts, python, c"))
    }
}

impl Language {
    /// All of them, in the order in which a folder is asked for their marks.
    pub const ALL: [Self; 4] = [Self::Rust, Self::TypeScript, Self::Python, Self::C];

    /// The word for it on the command line and in folder names.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::TypeScript => "ts",
            Self::Python => "python",
            Self::C => "c",
        }
    }

    /// The folder of its kit below `sdk`.
    pub(crate) const fn kit(self) -> &'static str {
        match self {
            Self::TypeScript => "js",
            other => other.word(),
        }
    }

    /// The language of the plugin in `folder`.
    ///
    /// # Errors
    /// [`BuildError::NoPlugin`] when it holds none.
    pub fn of(folder: &Path) -> Result<Self, BuildError> {
        let has = |language: &Self| match language.manifest() {
            Some(manifest) => folder.join(manifest).is_file(),
            None => sources(folder, "c").next().is_some(),
        };
        Self::ALL
            .into_iter()
            .find(has)
            .ok_or_else(|| BuildError::NoPlugin(folder.to_owned()))
    }

    /// The file that names a plugin's package, where the language has one.
    const fn manifest(self) -> Option<&'static str> {
        match self {
            Self::Rust => Some("Cargo.toml"),
            Self::TypeScript => Some("package.json"),
            Self::Python => Some("pyproject.toml"),
            Self::C => None,
        }
    }

    /// The name of the plugin in `folder`: its package's, or the folder's own.
    pub(crate) fn name_of(self, folder: &Path) -> Result<String, BuildError> {
        let named = match self.manifest() {
            None => folder
                .file_name()
                .and_then(|name| name.to_str())
                .map(str::to_owned),
            Some(manifest) => {
                let path = folder.join(manifest);
                let text = fs::read_to_string(&path).map_err(|source| file_error(&path, source))?;
                let malformed = |message: String| BuildError::Manifest {
                    path: path.clone(),
                    message,
                };
                package_name(self, &text).map_err(malformed)?
            }
        };
        let name = named.ok_or_else(|| BuildError::Manifest {
            path: folder.join(self.manifest().unwrap_or(".")),
            message: "it names no package: give it a `name`".to_owned(),
        })?;
        // `@owner/name` is a name of npm; the file is called by its last part.
        let last = name.rsplit('/').next().unwrap_or(&name);
        Ok(last.replace('_', "-"))
    }
}

fn package_name(language: Language, text: &str) -> Result<Option<String>, String> {
    if language == Language::TypeScript {
        let manifest: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        return Ok(manifest["name"].as_str().map(str::to_owned));
    }
    let manifest: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| error.to_string())?;
    let section = if language == Language::Rust {
        "package"
    } else {
        "project"
    };
    let name = manifest
        .get(section)
        .and_then(|section| section.get("name"));
    Ok(name.and_then(|name| name.as_str()).map(str::to_owned))
}

/// The files directly in `folder` whose names end in `.extension`.
pub(crate) fn sources(folder: &Path, extension: &str) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(move |path| path.extension().is_some_and(|found| found == extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, text: &str, expect: (Language, &str)) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(file), text).unwrap();
        let language = Language::of(folder.path()).unwrap();
        assert_eq!(
            (language, language.name_of(folder.path()).unwrap().as_str()),
            expect
        );
    }

    #[test]
    fn a_folder_tells_its_language_and_name() {
        check(
            "Cargo.toml",
            "[package]\nname = \"a_b\"",
            (Language::Rust, "a-b"),
        );
        let npm = r#"{"name": "@desk/a"}"#;
        check("package.json", npm, (Language::TypeScript, "a"));
        check(
            "pyproject.toml",
            "[project]\nname = \"a\"",
            (Language::Python, "a"),
        );
        let folder = tempfile::tempdir().unwrap();
        let error = Language::of(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("Cargo.toml, package.json, pyproject.toml"),
            "{error}"
        );
        fs::write(folder.path().join("strategy.c"), "").unwrap();
        assert_eq!(Language::of(folder.path()).unwrap(), Language::C);
    }

    #[test]
    fn a_manifest_without_a_name_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("package.json"), "{}").unwrap();
        let error = Language::TypeScript.name_of(folder.path()).unwrap_err();
        assert!(error.to_string().contains("package.json"), "{error}");
    }
}

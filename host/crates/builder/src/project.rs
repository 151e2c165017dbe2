//! Begins a plugin: the example of its language under another name, with the kit beside it.

use crate::build::file_error;
use crate::kit::{self, FOLDER};
use crate::{BuildError, Language};
use rust_embed::Embed;
use std::fs;
use std::path::Path;
use std::str::FromStr;

/// The same strategy in every language; what a new plugin begins as.
#[derive(Embed)]
#[folder = "../../../examples/strategies"]
#[exclude = "*/.argonaut/*"]
#[exclude = "*/node_modules/*"]
#[exclude = "*/__pycache__/*"]
#[exclude = "*/.venv/*"]
#[exclude = "*/target/*"]
#[exclude = "*/Cargo.lock"]
#[exclude = "*/package-lock.json"]
struct Examples;

/// The names of the examples, which a plugin's own take the place of.
const EXAMPLE: &str = "ema-cross";
const EXAMPLE_TYPE: &str = "EmaCross";
/// The package that a crate's kit is, which a plugin depends on.
const KIT: &str = "argonaut-sdk";
/// What a plugin begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProjectKind {
    /// A strategy that trades, in any language.
    #[default]
    Strategy,
    /// A factor, in Rust.
    Factor,
    /// An indicator, in Rust.
    Indicator,
}

impl ProjectKind {
    /// What the name of a plugin's type ends with.
    const fn ending(self) -> &'static str {
        match self {
            Self::Strategy => "Strategy",
            Self::Factor => "Factor",
            Self::Indicator => "Indicator",
        }
    }
}

impl FromStr for ProjectKind {
    type Err = String;

    /// Reads the name of a world: `strategy`, `factor` or `indicator`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "strategy" => Ok(Self::Strategy),
            "factor" => Ok(Self::Factor),
            "indicator" => Ok(Self::Indicator),
            _ => Err(format!(
                "`{text}` is not one of strategy, factor, indicator; other kinds begin as a copy of one below \
                 `plugins/`"
            )),
        }
    }
}

/// What a plugin in Rust begins as that is no strategy: a first-party one.
struct Sample {
    kind: ProjectKind,
    /// Its name and its type, which a plugin's own take the place of.
    name: &'static str,
    type_name: &'static str,
    /// Files and their texts, beside the manifest of the strategy.
    files: &'static [(&'static str, &'static str)],
}

const FACTOR: Sample = Sample {
    kind: ProjectKind::Factor,
    name: "momentum-12-1",
    type_name: "Momentum",
    files: &[
        ("README.md", include_str!("project/factor.md")),
        (
            "src/lib.rs",
            include_str!("../../../../plugins/momentum-12-1/src/lib.rs"),
        ),
    ],
};

const INDICATOR: Sample = Sample {
    kind: ProjectKind::Indicator,
    name: "supertrend",
    type_name: "Supertrend",
    files: &[
        ("README.md", include_str!("project/indicator.md")),
        (
            "src/lib.rs",
            include_str!("../../../../plugins/supertrend/src/lib.rs"),
        ),
        (
            "src/tests.rs",
            include_str!("../../../../plugins/supertrend/src/tests.rs"),
        ),
    ],
};

/// Makes `folder`, which must not exist or be empty, a plugin in `language` that builds and works.
/// Its name is the folder's. Returns the files written, the kit's aside, in order.
///
/// # Errors
/// A name that is none for packages, a folder that holds something, a kind that this language does not
/// have, or a file that cannot be written.
pub fn new_project(
    folder: &Path,
    language: Language,
    kind: ProjectKind,
) -> Result<Vec<String>, BuildError> {
    let sample = match kind {
        ProjectKind::Strategy => None,
        ProjectKind::Factor => Some(FACTOR),
        ProjectKind::Indicator => Some(INDICATOR),
    };
    if sample.is_some() && language != Language::Rust {
        return Err(BuildError::Project(format!(
            "the kit for {language} has strategies only; begin other kinds with --lang rust"
        )));
    }
    let name = folder.file_name().and_then(|name| name.to_str());
    let name = checked(name.unwrap_or_default())?;
    if folder
        .read_dir()
        .is_ok_and(|mut entries| entries.next().is_some())
    {
        let taken = format!("`{}` is not empty; name a new folder", folder.display());
        return Err(BuildError::Project(taken));
    }
    fs::create_dir_all(folder).map_err(|source| file_error(folder, source))?;
    let written = match sample {
        None => example(folder, language, name)?,
        Some(sample) => sample.write(folder, name)?,
    };
    kit::lay_out(folder, language)?;
    Ok(written)
}

impl Sample {
    fn write(&self, folder: &Path, name: &str) -> Result<Vec<String>, BuildError> {
        let manifest = Examples::get("rust/Cargo.toml");
        let manifest = manifest.map(|file| String::from_utf8_lossy(&file.data).into_owned());
        let manifest = ("Cargo.toml", manifest.unwrap_or_default());
        let files = self.files.iter();
        let files = files.map(|(file, text)| (*file, self.renamed(text, name)));
        let mut written = Vec::new();
        for (file, text) in std::iter::once(manifest).chain(files) {
            kit::write_if_other(&folder.join(file), renamed(&text, name).as_bytes())?;
            written.push(file.to_owned());
        }
        Ok(written)
    }

    /// A text under the plugin's name. Only the name in quotes is one: variables may be named alike.
    fn renamed(&self, text: &str, name: &str) -> String {
        let quoted = |name: &str| format!("\"{name}\"");
        text.replace(&quoted(self.name), &quoted(name))
            .replace(self.type_name, &type_name(name, self.kind))
    }
}

/// The example of a language, as a plugin.
fn example(folder: &Path, language: Language, name: &str) -> Result<Vec<String>, BuildError> {
    let prefix = format!("{}/", language.word());
    let mut written = Vec::new();
    for path in Examples::iter() {
        let (Some(file), Some(example)) = (path.strip_prefix(&prefix), Examples::get(&path)) else {
            continue;
        };
        let text = String::from_utf8_lossy(&example.data);
        kit::write_if_other(&folder.join(file), renamed(&text, name).as_bytes())?;
        written.push(file.to_owned());
    }
    Ok(written)
}

/// The example's text under the plugin's name, with the kit where a plugin has it.
fn renamed(text: &str, name: &str) -> String {
    let kit = format!("{FOLDER}/sdk");
    text.replace("../../../sdk", &kit)
        .replace(EXAMPLE, name)
        .replace(EXAMPLE_TYPE, &type_name(name, ProjectKind::Strategy))
}

/// `mean-reversion` as `MeanReversionStrategy`: a plugin may be called `bar` or `ema`, which kits and
/// examples have types for, and none of theirs ends so but `Strategy` itself.
fn type_name(name: &str, kind: ProjectKind) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    let words: String = words.collect();
    match words.strip_suffix(kind.ending()) {
        Some(rest) if !rest.is_empty() => words,
        _ => words + kind.ending(),
    }
}

/// A name that every language takes for a package: small letters, digits and single hyphens.
fn checked(name: &str) -> Result<&str, BuildError> {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if name == KIT {
        let taken = format!("`{KIT}` is the kit's own package; give the plugin another name");
        return Err(BuildError::Project(taken));
    }
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    if begins && name.len() <= 64 && name.split('-').all(is_word) {
        return Ok(name);
    }
    Err(BuildError::Project(format!(
        "`{name}` is no name for a plugin: use up to 64 small letters, digits and single hyphens, \
         beginning with a letter, such as `mean-reversion`"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_fit_every_language() {
        for good in ["a", "ema-cross", "v2-mean"] {
            assert_eq!(checked(good).unwrap(), good);
        }
        for bad in ["", "A", "a_b", "a--b", "-a", "2a", "a b", "../a"] {
            assert!(checked(bad).is_err(), "{bad}");
        }
        let strategy = |name| type_name(name, ProjectKind::Strategy);
        assert_eq!(strategy("v2-mean-reversion"), "V2MeanReversionStrategy");
        assert_eq!(strategy("my-strategy"), "MyStrategy");
        assert_eq!(strategy("strategy"), "StrategyStrategy");
        assert_eq!(type_name("value", ProjectKind::Factor), "ValueFactor");
    }

    /// The words of all files below a folder.
    fn words_below(folder: &Path, words: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                words_below(&path, words);
                continue;
            }
            let text = fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&text);
            let ends = |letter: char| !letter.is_alphanumeric() && letter != '_';
            words.extend(text.split(ends).map(str::to_owned));
        }
    }

    #[test]
    fn the_type_of_a_new_plugin_is_called_like_nothing_in_its_kit() {
        let root = tempfile::tempdir().unwrap();
        let main = |language: Language| match language {
            Language::Rust => Some("src/lib.rs"),
            Language::TypeScript => Some("strategy.ts"),
            Language::Python => Some("strategy.py"),
            // It has no type.
            Language::C => None,
        };
        for language in Language::ALL {
            let Some(main) = main(language) else {
                continue;
            };
            for name in ["strategy", "ema", "bar", "self", "object", "state"] {
                let folder = root.path().join(language.word()).join(name);
                new_project(&folder, language, ProjectKind::Strategy).unwrap();
                let own = type_name(name, ProjectKind::Strategy);
                let text = fs::read_to_string(folder.join(main)).unwrap();
                let declares = ["struct", "class"].map(|word| format!("{word} {own}"));
                assert!(declares.iter().any(|line| text.contains(line)), "{text}");
                let mut words = BTreeSet::new();
                words_below(&folder.join(FOLDER), &mut words);
                assert!(words.contains(ProjectKind::Strategy.ending()));
                assert!(!words.contains(&own), "{language}: the kit has {own}");
            }
        }
    }

    #[test]
    fn a_new_plugin_carries_its_own_name_everywhere() {
        let root = tempfile::tempdir().unwrap();
        for language in Language::ALL {
            let folder = root.path().join(format!("my-{}", language.word()));
            let files = new_project(&folder, language, ProjectKind::Strategy).unwrap();
            assert!(files.iter().any(|file| file == "README.md"), "{files:?}");
            for file in &files {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                for left in [EXAMPLE, EXAMPLE_TYPE, "../../../sdk"] {
                    assert!(!text.contains(left), "{language}: {file} has {left}");
                }
            }
            assert_eq!(Language::of(&folder).unwrap(), language);
            let readme = fs::read_to_string(folder.join("README.md")).unwrap();
            assert!(readme.lines().count() <= 40, "{language}");
            assert!(
                new_project(&folder, language, ProjectKind::Strategy).is_err(),
                "the folder is taken"
            );
        }
    }

    #[test]
    fn factors_and_indicators_begin_as_the_first_party_ones_in_rust() {
        let root = tempfile::tempdir().unwrap();
        for (kind, macro_name, left) in [
            (ProjectKind::Factor, "export_factor!(MyOwnFactor)", FACTOR),
            (
                ProjectKind::Indicator,
                "export_indicator!(MyOwnIndicator)",
                INDICATOR,
            ),
        ] {
            let folder = root.path().join(left.name).join("my-own");
            let files = new_project(&folder, Language::Rust, kind).unwrap();
            for file in &files {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                let quoted = format!("\"{}\"", left.name);
                for left in [EXAMPLE, left.type_name, quoted.as_str(), "../../../sdk"] {
                    assert!(!text.contains(left), "{file} has {left}");
                }
            }
            let text = fs::read_to_string(folder.join("src/lib.rs")).unwrap();
            assert!(text.contains(macro_name), "{text}");
            assert_eq!(Language::of(&folder).unwrap(), Language::Rust);
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            assert!(manifest.contains("name = \"my-own\""), "{manifest}");
            let other = root.path().join(left.name).join("in-c");
            let refused = new_project(&other, Language::C, kind).unwrap_err();
            assert!(refused.to_string().contains("--lang rust"), "{refused}");
        }
    }
}

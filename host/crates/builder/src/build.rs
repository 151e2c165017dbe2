//! Builds plugins in whatever language their folders hold.

use crate::{BuildError, Language, Progress, c, javascript, python, rust};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What to build.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildOptions {
    /// Folder of the plugin.
    pub manifest_dir: PathBuf,
    /// Where the component goes; made when absent. `None` means `target/plugins`: of the crate's
    /// workspace in Rust, of the plugin's folder in other languages.
    pub out_dir: Option<PathBuf>,
    /// Cargo features to turn on; for Rust only.
    pub features: Vec<String>,
    /// Name of the component without `.wasm`; the package's name unless given.
    pub name: Option<String>,
}

impl BuildOptions {
    /// Builds the plugin in `manifest_dir` with default features.
    pub fn new(manifest_dir: impl Into<PathBuf>) -> Self {
        Self {
            manifest_dir: manifest_dir.into(),
            ..Self::default()
        }
    }
}

/// A component that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Where it is.
    pub component: PathBuf,
    /// What compiled it.
    pub toolchain: String,
    /// Its size.
    pub bytes: u64,
}

/// Builds one plugin.
pub fn build(options: &BuildOptions, progress: Progress<'_>) -> Result<Built, BuildError> {
    let mut built = build_many(std::slice::from_ref(options), progress)?;
    built
        .pop()
        .ok_or_else(|| BuildError::NoPlugin(options.manifest_dir.clone()))
}

/// Builds several plugins, crates of one workspace in one run of cargo. The results come in the
/// order of `options`.
pub fn build_many(
    options: &[BuildOptions],
    progress: Progress<'_>,
) -> Result<Vec<Built>, BuildError> {
    let languages = options
        .iter()
        .map(|options| Language::of(&options.manifest_dir))
        .collect::<Result<Vec<_>, _>>()?;
    let crates: Vec<&BuildOptions> = options
        .iter()
        .zip(&languages)
        .filter(|(_, language)| **language == Language::Rust)
        .map(|(options, _)| options)
        .collect();
    let mut crates = rust::build_many(&crates, progress)?.into_iter();
    let mut built = Vec::new();
    for (options, language) in options.iter().zip(languages) {
        match language {
            Language::Rust => built.extend(crates.next()),
            other => built.push(build_other(other, options, progress)?),
        }
    }
    Ok(built)
}

fn build_other(
    language: Language,
    options: &BuildOptions,
    progress: Progress<'_>,
) -> Result<Built, BuildError> {
    if let Some(feature) = options.features.first() {
        return Err(BuildError::Features {
            feature: feature.clone(),
            language,
        });
    }
    let project = Project::read(language, options)?;
    let built = match language {
        Language::Rust => rust::build_many(&[options], progress)?
            .pop()
            .ok_or_else(|| BuildError::NoPlugin(options.manifest_dir.clone()))?,
        Language::TypeScript => javascript::build(&project, progress)?,
        Language::Python => python::build(&project, progress)?,
        Language::C => c::build(&project, progress)?,
    };
    progress(&format!(
        "{} ({} bytes)",
        built.component.display(),
        built.bytes
    ));
    Ok(built)
}

/// A folder with a plugin, and where what is made of it goes.
pub(crate) struct Project {
    /// The folder, as an absolute path.
    pub(crate) folder: PathBuf,
    /// The plugin's name.
    pub(crate) name: String,
    /// Where the component goes.
    pub(crate) component: PathBuf,
    /// Where what is kept between builds goes: a folder of this plugin's own.
    pub(crate) work: PathBuf,
}

impl Project {
    fn read(language: Language, options: &BuildOptions) -> Result<Self, BuildError> {
        let given = &options.manifest_dir;
        let folder = given
            .canonicalize()
            .map_err(|source| file_error(given, source))?;
        let name = match &options.name {
            Some(name) => name.clone(),
            None => language.name_of(&folder)?,
        };
        let out = match &options.out_dir {
            // Compilers run elsewhere, so the path must not depend on where we are.
            Some(path) => std::path::absolute(path).map_err(|source| file_error(path, source))?,
            None => folder.join("target").join("plugins"),
        };
        let work = out.join(language.word()).join(&name);
        fs::create_dir_all(&work).map_err(|source| file_error(&work, source))?;
        Ok(Self {
            component: out.join(format!("{name}.wasm")),
            folder,
            name,
            work,
        })
    }

    /// Puts the component where it belongs.
    pub(crate) fn finish(&self, component: &[u8], toolchain: &str) -> Result<Built, BuildError> {
        write_whole(&self.component, component)?;
        Ok(Built {
            component: self.component.clone(),
            toolchain: toolchain.to_owned(),
            bytes: component.len() as u64,
        })
    }
}

/// Writes a file so that whoever watches the path sees the old bytes or the new, never half.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(|source| file_error(directory, source))?;
    // Two builds of one plugin at the same time must not write into one file.
    static PARTS: AtomicU64 = AtomicU64::new(0);
    let part = PARTS.fetch_add(1, Ordering::Relaxed);
    let partial = path.with_extension(format!("wasm.{}-{part}", std::process::id()));
    fs::write(&partial, bytes).map_err(|source| file_error(&partial, source))?;
    fs::rename(&partial, path).map_err(|source| file_error(path, source))
}

pub(crate) fn file_error(path: &Path, source: std::io::Error) -> BuildError {
    BuildError::File {
        path: path.to_owned(),
        source,
    }
}

//! From bytes to a plugin that may be instantiated: size, hash, parse, imports, world, compile.
//!
//! The order is fixed and cheap checks come first; nothing is compiled that was not understood.
//! Admission runs wherever the caller runs it, which must not be the engine's thread.

use crate::artefact::Origin;
use crate::contract::{self, Contract, Interface, Surface};
use crate::exports::Indices;
use crate::host::HostState;
use crate::limits::MAX_COMPONENT_BYTES;
use crate::{CompileError, Limits, Runtime, World, reexport};
use model::PluginHash;
use std::fmt;
use std::sync::Arc;
use wasmparser::types::Types;
use wasmparser::{Encoding, Validator};
use wasmtime::component::{Component, InstancePre};

/// Longest list of names in one message.
const MAX_NAMED: usize = 16;

/// How far an admission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmissionProgress {
    /// It is a component that fits a world.
    Valid,
    /// It is being compiled, which takes most of the time; not said of one whose code is in the cache.
    Compiling,
}

/// Where a component was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmissionStage {
    /// Its size.
    Size,
    /// Reading and validating it.
    Parse,
    /// What it imports.
    Imports,
    /// Whether it is what is wanted.
    World,
    /// Compiling it.
    Compile,
}

impl AdmissionStage {
    /// The name as shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Parse => "parse",
            Self::Imports => "imports",
            Self::World => "world",
            Self::Compile => "compile",
        }
    }
}

impl fmt::Display for AdmissionStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a component was refused: what, why and what to do, on one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// There is nothing in it.
    #[error("the plugin is empty; was the upload or the build cut off?")]
    Empty,
    /// It is too large.
    #[error(
        "the plugin has {bytes} bytes, more than the {limit} allowed; build it with `--release`, \
         strip it, or raise the limit"
    )]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// It does not begin like WebAssembly.
    #[error(
        "the plugin is not WebAssembly: {found}; expected a component as made by `argonaut plugin build`"
    )]
    NotWasm {
        /// What it looks like instead.
        found: String,
    },
    /// It begins like WebAssembly, but cannot be read to the end or breaks the rules.
    #[error("the plugin is damaged or invalid at byte {offset}: {reason}; build or copy it again")]
    Malformed {
        /// Where.
        offset: usize,
        /// Why.
        reason: String,
    },
    /// It is a core module.
    #[error(
        "the plugin is a core WebAssembly module, not a component; make one of it with \
         `argonaut plugin build`"
    )]
    CoreModule,
    /// It imports what plugins may not have.
    #[error(
        "the plugin imports {}, which a `{world}` may not use; allowed are only {allowed}. Build for \
         wasm32-unknown-unknown and without files, clocks, network or randomness",
        list(names)
    )]
    ForbiddenImports {
        /// The world it should fit.
        world: String,
        /// Every forbidden import.
        names: Vec<String>,
        /// What may be imported.
        allowed: String,
    },
    /// It imports what exists, but in a form that does not.
    #[error(
        "the plugin was built against another contract: {}; rebuild it with this version's SDK",
        list_plain(differences)
    )]
    WrongImports {
        /// Each difference.
        differences: Vec<String>,
    },
    /// It fits another world than the one wanted.
    #[error(
        "a `{wanted}` is wanted, the plugin is of the world `{found}`; name another plugin, or use \
         this one where a `{found}` belongs"
    )]
    OtherWorld {
        /// What it was to be.
        wanted: World,
        /// What it is.
        found: World,
    },
    /// It lacks exports of the world.
    #[error(
        "the plugin is no `{world}`: it does not export {}; use the SDK's macro or export them",
        list(missing)
    )]
    MissingExports {
        /// The world it should fit.
        world: String,
        /// What it lacks.
        missing: Vec<String>,
    },
    /// Its exports have other types than the world's.
    #[error(
        "the plugin is no `{world}`: its export {}; rebuild it with this version's SDK",
        list_plain(differences)
    )]
    WrongExports {
        /// The world it should fit.
        world: String,
        /// Each difference.
        differences: Vec<String>,
    },
    /// It does not compile, or not within its limits.
    #[error("the plugin does not compile: {0}")]
    Compile(#[from] CompileError),
    /// It compiles, but the engine will not link it.
    #[error("the plugin cannot be linked: {reason}; rebuild it with this version's SDK")]
    Link {
        /// Why.
        reason: String,
    },
}

impl AdmissionError {
    /// The stage at which it was refused.
    pub const fn stage(&self) -> AdmissionStage {
        match self {
            Self::Empty | Self::TooLarge { .. } => AdmissionStage::Size,
            Self::NotWasm { .. } | Self::Malformed { .. } | Self::CoreModule => {
                AdmissionStage::Parse
            }
            Self::ForbiddenImports { .. } | Self::WrongImports { .. } => AdmissionStage::Imports,
            Self::OtherWorld { .. }
            | Self::MissingExports { .. }
            | Self::WrongExports { .. }
            | Self::Link { .. } => AdmissionStage::World,
            Self::Compile(_) => AdmissionStage::Compile,
        }
    }
}

/// A component that passed admission. Cheap to clone; instances are made from it.
#[derive(Clone)]
pub struct Admitted(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    hash: PluginHash,
    size_bytes: usize,
    cached: bool,
    limits: Limits,
    interface: Interface,
    pre: InstancePre<HostState>,
    indices: Indices,
}

impl Admitted {
    /// The content hash that names the plugin.
    pub fn hash(&self) -> PluginHash {
        self.0.hash
    }

    /// Size of the component in bytes.
    pub fn size_bytes(&self) -> usize {
        self.0.size_bytes
    }

    /// Whether its compiled code came from the cache.
    pub fn cached(&self) -> bool {
        self.0.cached
    }

    /// The limits it was admitted under.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// What it may ask of a host, and what it offers beyond its world.
    pub fn interface(&self) -> &Interface {
        &self.0.interface
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    /// What kind of plugin it is.
    pub fn world(&self) -> World {
        self.0.indices.world()
    }

    pub(crate) fn pre(&self) -> &InstancePre<HostState> {
        &self.0.pre
    }

    pub(crate) fn indices(&self) -> &Indices {
        &self.0.indices
    }
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admitted")
            .field("hash", &self.0.hash)
            .field("world", &self.world())
            .field("size_bytes", &self.0.size_bytes)
            .field("cached", &self.0.cached)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// Checks and compiles a strategy. Takes from under a millisecond (cached) to seconds, so
    /// call it off the engine's thread.
    ///
    /// # Errors
    /// See [`AdmissionError`]; [`AdmissionError::stage`] says how far it came.
    pub fn admit(&self, bytes: &[u8], limits: &Limits) -> Result<Admitted, AdmissionError> {
        self.admit_as(World::Strategy, bytes, limits)
    }

    /// The same for a plugin of whatever world it says it fits.
    ///
    /// # Errors
    /// See [`AdmissionError`].
    pub fn admit_any(&self, bytes: &[u8], limits: &Limits) -> Result<Admitted, AdmissionError> {
        self.admit_telling(bytes, limits, &|_| {})
    }

    /// The same, and tells how far it is.
    ///
    /// # Errors
    /// See [`AdmissionError`].
    pub fn admit_telling(
        &self,
        bytes: &[u8],
        limits: &Limits,
        told: &dyn Fn(AdmissionProgress),
    ) -> Result<Admitted, AdmissionError> {
        check_size(bytes, limits)?;
        let surface = Surface::read(bytes, &parse(bytes)?).map_err(malformed)?;
        let world = self.world_of(&surface).unwrap_or(World::Strategy);
        self.admit_to(world, bytes, limits, told)
    }

    /// The same for a plugin of one world.
    ///
    /// # Errors
    /// See [`AdmissionError`].
    pub fn admit_as(
        &self,
        world: World,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Admitted, AdmissionError> {
        self.admit_to(world, bytes, limits, &|_| {})
    }

    fn admit_to(
        &self,
        world: World,
        bytes: &[u8],
        limits: &Limits,
        told: &dyn Fn(AdmissionProgress),
    ) -> Result<Admitted, AdmissionError> {
        check_size(bytes, limits)?;
        let hash = PluginHash::of(bytes);
        let types = parse(bytes)?;
        let surface = Surface::read(bytes, &types).map_err(malformed)?;
        self.check_kind(world, &surface)?;
        let mut interface = Interface::default();
        for (_, contract) in self.contracts().filter(|(other, _)| *other == world) {
            check_imports(contract, &surface)?;
            check_exports(contract, &surface)?;
            interface = contract.interface(&surface);
        }
        told(AdmissionProgress::Valid);
        let (component, cached) = self.compile((bytes, &types), hash, limits, told)?;
        let link = |error: wasmtime::Error| AdmissionError::Link {
            reason: crate::compiler::one_line(&error),
        };
        let pre = self.linker().instantiate_pre(&component).map_err(link)?;
        let indices = Indices::find(world, &pre).map_err(link)?;
        Ok(Admitted(Arc::new(Inner {
            runtime: self.clone(),
            hash,
            size_bytes: bytes.len(),
            cached,
            limits: *limits,
            interface,
            pre,
            indices,
        })))
    }

    /// The world all of whose exports a component has.
    fn world_of(&self, surface: &Surface) -> Option<World> {
        self.contracts()
            .find(|(_, contract)| contract.missing_exports(surface).is_empty())
            .map(|(world, _)| world)
    }

    /// Tells a plugin of another world from one of none.
    fn check_kind(&self, wanted: World, surface: &Surface) -> Result<(), AdmissionError> {
        match self.world_of(surface) {
            Some(found) if found != wanted => Err(AdmissionError::OtherWorld { wanted, found }),
            _ => Ok(()),
        }
    }

    /// The component's code, and whether it came from the cache.
    fn compile(
        &self,
        (bytes, types): (&[u8], &Types),
        hash: PluginHash,
        limits: &Limits,
        told: &dyn Fn(AdmissionProgress),
    ) -> Result<(Component, bool), AdmissionError> {
        let origin = Origin {
            plugin: &hash,
            fingerprint: self.fingerprint(),
        };
        if let Some(cache) = self.cache()
            && let Some(artefact) = cache.load(origin, limits.artefact_bytes)
        {
            match artefact.load(self.engine()) {
                Ok(component) => return Ok((component, true)),
                Err(error) => cache.reject(origin, &crate::compiler::one_line(&error)),
            }
        }
        told(AdmissionProgress::Compiling);
        let cheaper = reexport::reexported(bytes, types);
        let bytes = cheaper.as_deref().unwrap_or(bytes);
        let artefact =
            self.compiler()
                .compile(self.engine(), self.canonical_nans(), bytes, limits)?;
        let component = artefact
            .load(self.engine())
            .map_err(|error| CompileError::Refused(crate::compiler::one_line(&error)))?;
        if let Some(cache) = self.cache() {
            cache.store(origin, &artefact);
        }
        Ok((component, false))
    }
}

fn check_imports(contract: &Contract, surface: &Surface) -> Result<(), AdmissionError> {
    let names = contract.forbidden_imports(surface);
    if !names.is_empty() {
        return Err(AdmissionError::ForbiddenImports {
            world: contract.world.clone(),
            names,
            allowed: contract.allowed().collect::<Vec<_>>().join(", "),
        });
    }
    let differences = contract.wrong_imports(surface);
    if differences.is_empty() {
        Ok(())
    } else {
        Err(AdmissionError::WrongImports { differences })
    }
}

fn check_exports(contract: &Contract, surface: &Surface) -> Result<(), AdmissionError> {
    let world = || contract.world.clone();
    let missing = contract.missing_exports(surface);
    if !missing.is_empty() {
        return Err(AdmissionError::MissingExports {
            world: world(),
            missing,
        });
    }
    let differences = contract.wrong_exports(surface);
    if differences.is_empty() {
        Ok(())
    } else {
        Err(AdmissionError::WrongExports {
            world: world(),
            differences,
        })
    }
}

fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), AdmissionError> {
    let limit = limits.component_bytes.min(MAX_COMPONENT_BYTES);
    match bytes.len() {
        0 => Err(AdmissionError::Empty),
        size if size > limit => Err(AdmissionError::TooLarge { bytes: size, limit }),
        _ => Ok(()),
    }
}

fn parse(bytes: &[u8]) -> Result<Types, AdmissionError> {
    let encoding = contract::encoding(bytes).ok_or_else(|| AdmissionError::NotWasm {
        found: describe_foreign(bytes),
    })?;
    let types = Validator::new_with_features(contract::features())
        .validate_all(bytes)
        .map_err(malformed)?;
    match encoding {
        Encoding::Component => Ok(types),
        Encoding::Module => Err(AdmissionError::CoreModule),
    }
}

fn malformed(error: wasmparser::Error) -> AdmissionError {
    AdmissionError::Malformed {
        offset: error.offset(),
        reason: error.message().to_owned(),
    }
}

/// What bytes that are not WebAssembly look like.
fn describe_foreign(bytes: &[u8]) -> String {
    match bytes {
        [b'\0', b'a', b's', b'm', rest @ ..] if rest.len() < 4 => {
            format!("it ends after {} bytes, within its header", bytes.len())
        }
        [b'\0', b'a', b's', b'm', ..] => "its header announces an unknown version".to_owned(),
        [0x7f, b'E', b'L', b'F', ..] => "it is a native program or library (ELF)".to_owned(),
        [0x1f, 0x8b, ..] => "it is compressed with gzip; unpack it".to_owned(),
        [b'P', b'K', ..] => "it is a zip archive; unpack it".to_owned(),
        [b'(', ..] => "it is WebAssembly text; convert it to binary".to_owned(),
        _ => {
            let head: Vec<String> = bytes
                .iter()
                .take(8)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("it begins with the bytes {}", head.join(" "))
        }
    }
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    list_plain(&quoted)
}

fn list_plain(items: &[String]) -> String {
    let shown = items
        .iter()
        .take(MAX_NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match items.len().checked_sub(MAX_NAMED) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

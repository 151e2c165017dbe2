//! The process-wide part: engine, ticker, linker, contract, cache. One per process, shared by all.

use crate::bindings::{self, Strategy};
use crate::cache::{Cache, CacheStatistics};
use crate::compiler::Compiler;
use crate::contract::Contract;
use crate::host::HostState;
use crate::ticker::Ticker;
use crate::{World, engine, ticker};
use std::path::PathBuf;
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

/// How a [`Runtime`] is made.
#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// Where compiled components are kept; `None` (the default) compiles every time.
    pub cache_directory: Option<PathBuf>,
    /// How many compiled components are kept. Default 64.
    pub cache_entries: usize,
    /// Where components are compiled. Default: in this process.
    pub compiler: Compiler,
    /// Whether every NaN has the same bits. Default true: without it, replay is exact only on the
    /// same kind of processor. Costs up to a factor of 4 in tight floating-point loops.
    pub canonical_nans: bool,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self {
            cache_directory: None,
            cache_entries: 64,
            compiler: Compiler::InProcess,
            canonical_nans: true,
        }
    }
}

/// Why a [`Runtime`] could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The engine refused its configuration, or this machine is not supported.
    #[error("cannot set up WebAssembly: {0}")]
    Engine(String),
    /// The ticker's thread could not be started.
    #[error("cannot start the epoch ticker: {0}")]
    Ticker(#[source] std::io::Error),
    /// The cache's directory or key cannot be used.
    #[error("cannot use the compile cache in `{}`: {source}", directory.display())]
    Cache {
        /// The directory.
        directory: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Everything plugins share. Clones are handles to the same runtime; the ticker thread ends when
/// the last handle, admitted plugin and instance is gone.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    engine: Engine,
    linker: Linker<HostState>,
    /// In the order of [`World::ALL`].
    contracts: Vec<Contract>,
    fingerprint: [u8; 32],
    cache: Option<Cache>,
    compiler: Compiler,
    canonical_nans: bool,
    _ticker: Ticker,
}

impl Runtime {
    /// Makes a runtime.
    ///
    /// # Errors
    /// See [`RuntimeError`].
    pub fn new(options: RuntimeOptions) -> Result<Self, RuntimeError> {
        let engine_error = |error: wasmtime::Error| RuntimeError::Engine(format!("{error:#}"));
        let engine = engine::engine(options.canonical_nans).map_err(engine_error)?;
        let linker = linker(&engine).map_err(engine_error)?;
        let contracts = World::ALL.map(Contract::of).into_iter();
        let contracts: Result<Vec<_>, _> = contracts.collect();
        let cache = match options.cache_directory {
            None => None,
            Some(directory) => match Cache::open(&directory, options.cache_entries) {
                Ok(cache) => Some(cache),
                Err(source) => return Err(RuntimeError::Cache { directory, source }),
            },
        };
        Ok(Self(Arc::new(Inner {
            fingerprint: engine::fingerprint(&engine),
            contracts: contracts.map_err(RuntimeError::Engine)?,
            _ticker: ticker::Ticker::start(&engine).map_err(RuntimeError::Ticker)?,
            linker,
            engine,
            cache,
            compiler: options.compiler,
            canonical_nans: options.canonical_nans,
        })))
    }

    /// How often the compile cache helped; `None` without one.
    pub fn cache_statistics(&self) -> Option<CacheStatistics> {
        self.0.cache.as_ref().map(Cache::statistics)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn linker(&self) -> &Linker<HostState> {
        &self.0.linker
    }

    /// The worlds there are, with what each demands.
    pub(crate) fn contracts(&self) -> impl Iterator<Item = (World, &Contract)> {
        World::ALL.into_iter().zip(&self.0.contracts)
    }

    pub(crate) fn fingerprint(&self) -> &[u8; 32] {
        &self.0.fingerprint
    }

    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.0.cache.as_ref()
    }

    pub(crate) fn compiler(&self) -> &Compiler {
        &self.0.compiler
    }

    pub(crate) fn canonical_nans(&self) -> bool {
        self.0.canonical_nans
    }
}

/// Everything any world may import; which of it a plugin may is decided by its contract.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<HostState>> {
    use bindings::algorithm::argonaut::plugin::{children, parent};
    use bindings::rule::argonaut::plugin::facts;
    type Own = HasSelf<HostState>;
    let mut linker = Linker::new(engine);
    Strategy::add_to_linker::<_, Own>(&mut linker, |state| state)?;
    parent::add_to_linker::<_, Own>(&mut linker, |state| state)?;
    children::add_to_linker::<_, Own>(&mut linker, |state| state)?;
    facts::add_to_linker::<_, Own>(&mut linker, |state| state)?;
    Ok(linker)
}

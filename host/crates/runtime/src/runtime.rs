//! The process-wide part: engine, ticker, linker, contract, cache. One per process, shared by all.

use crate::bindings::Strategy;
use crate::cache::{Cache, CacheStatistics};
use crate::compiler::Compiler;
use crate::contract::Contract;
use crate::host::HostState;
use crate::ticker::Ticker;
use crate::{engine, ticker};
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
    contract: Contract,
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
        let mut linker = Linker::new(&engine);
        Strategy::add_to_linker::<_, HasSelf<HostState>>(&mut linker, |state| state)
            .map_err(engine_error)?;
        let cache = match options.cache_directory {
            None => None,
            Some(directory) => match Cache::open(&directory, options.cache_entries) {
                Ok(cache) => Some(cache),
                Err(source) => return Err(RuntimeError::Cache { directory, source }),
            },
        };
        Ok(Self(Arc::new(Inner {
            fingerprint: engine::fingerprint(&engine),
            contract: Contract::strategy().map_err(RuntimeError::Engine)?,
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

    pub(crate) fn contract(&self) -> &Contract {
        &self.0.contract
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

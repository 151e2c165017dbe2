//! Plugins from files to instances, for everything that runs without the live host.

use crate::universe::Universe;
use anyhow::{Context, Result, anyhow, bail};
use model::{Instrument, InstrumentId, PluginHash};
use runtime::{
    Admitted, Compiler, Description, Factor, FactorConfig, Indicator, IndicatorConfig, Instance,
    InstanceConfig, Limits, Parameters, Runtime, RuntimeOptions, World,
};
use services::wasm::WasmPlugins;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The hidden command under which this program compiles one plugin and exits.
pub const COMPILE_COMMAND: &str = "compile-plugin";

/// A plugin that may run, and what it says of itself.
pub struct Plugin {
    /// The admitted component.
    pub admitted: Admitted,
    /// Name, version, parameters.
    pub description: Description,
}

/// Loads plugins under one set of limits.
pub struct Plugins {
    runtime: Runtime,
    limits: Limits,
}

/// How plugins are compiled by this program: in a bounded child, cached below `data_dir`.
pub fn runtime_options(data_dir: &Path) -> Result<RuntimeOptions> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    Ok(runtime_options_with(program, data_dir))
}

/// The same with `program` in the place of this one: for a caller that is another program, such as
/// a test.
pub fn runtime_options_with(program: PathBuf, data_dir: &Path) -> RuntimeOptions {
    RuntimeOptions {
        cache_directory: Some(data_dir.join("compiled")),
        compiler: Compiler::Child {
            program,
            args: vec![OsString::from(COMPILE_COMMAND)],
        },
        ..RuntimeOptions::default()
    }
}

/// Tells where the data folder is, as it does for `argonaut run`.
const DATA_DIR_VARIABLE: &str = "ARGONAUT_HOST__DATA_DIR";

/// Where compiled plugins are kept when no configuration says otherwise.
pub fn default_data_dir() -> PathBuf {
    let named = std::env::var_os(DATA_DIR_VARIABLE);
    named.map_or_else(|| PathBuf::from(".argonaut"), PathBuf::from)
}

impl Plugins {
    /// The same plugins as the live host makes them: for algorithms and custom rules.
    pub fn as_host(&self) -> WasmPlugins {
        WasmPlugins::new(self.runtime.clone(), self.limits)
    }

    /// A loader with default limits.
    pub fn new(options: RuntimeOptions) -> Result<Self> {
        Ok(Self {
            runtime: Runtime::new(options)?,
            limits: Limits::default(),
        })
    }

    /// Reads, admits and asks a plugin to describe itself.
    pub fn load(&self, path: &Path) -> Result<Plugin> {
        let bytes = std::fs::read(path)
            .with_context(|| format!("{}: the plugin cannot be read", path.display()))?;
        self.admit(&bytes)
            .with_context(|| path.display().to_string())
    }

    /// The same for a plugin of whatever world.
    pub fn load_any(&self, path: &Path) -> Result<Plugin> {
        let bytes = std::fs::read(path)
            .with_context(|| format!("{}: the plugin cannot be read", path.display()))?;
        let admitted = self.runtime.admit_any(&bytes, &self.limits);
        let admitted = admitted.with_context(|| path.display().to_string())?;
        let description = admitted.describe();
        Ok(Plugin {
            admitted,
            description: description.with_context(|| path.display().to_string())?,
        })
    }

    /// The same for a plugin that must be of one world.
    pub fn load_as(&self, world: World, path: &Path) -> Result<Plugin> {
        let plugin = self.load_any(path)?;
        let found = plugin.admitted.world();
        if found != world {
            let file = path.display();
            bail!("{file}: a `{world}` is wanted, the plugin is of the world `{found}`");
        }
        Ok(plugin)
    }

    /// Admits bytes and asks the plugin to describe itself.
    pub fn admit(&self, bytes: &[u8]) -> Result<Plugin> {
        let admitted = self.runtime.admit(bytes, &self.limits)?;
        let description = admitted.describe()?;
        Ok(Plugin {
            admitted,
            description,
        })
    }

    /// Makes a factor of a plugin of that world.
    pub fn factor(&self, plugin: &Plugin, given: &BTreeMap<String, String>) -> Result<Factor> {
        let name = &plugin.description.name;
        let made = plugin.admitted.factor(FactorConfig {
            name: name.clone(),
            parameters: Parameters::check(&plugin.description, given)?,
            limits: self.limits,
        });
        made.map_err(|fault| anyhow!("factor `{name}`: {fault}"))
    }

    /// Makes an indicator of a plugin of that world.
    pub fn indicator(
        &self,
        plugin: &Plugin,
        given: &BTreeMap<String, String>,
    ) -> Result<Indicator> {
        let name = &plugin.description.name;
        let made = plugin.admitted.indicator(IndicatorConfig {
            name: name.clone(),
            parameters: Parameters::check(&plugin.description, given)?,
            limits: self.limits,
        });
        made.map_err(|fault| anyhow!("indicator `{name}`: {fault}"))
    }

    /// Makes an instance for the instruments of `universe`.
    pub fn instance(
        &self,
        plugin: &Plugin,
        strategy: &str,
        universe: &Universe,
        given: &BTreeMap<String, String>,
    ) -> Result<(Instance, Parameters)> {
        let instruments = universe
            .instruments()
            .map(|(id, i)| (id, i.clone()))
            .collect();
        let currencies = universe.currency_names().to_vec();
        self.instance_for(plugin, strategy, instruments, currencies, given)
    }

    /// The same for instruments listed one by one.
    pub fn instance_for(
        &self,
        plugin: &Plugin,
        strategy: &str,
        instruments: Vec<(InstrumentId, Instrument)>,
        currencies: Vec<String>,
        given: &BTreeMap<String, String>,
    ) -> Result<(Instance, Parameters)> {
        let parameters = Parameters::check(&plugin.description, given)?;
        let config = InstanceConfig {
            strategy: strategy.to_owned(),
            instruments,
            currencies,
            parameters: parameters.clone(),
            limits: self.limits,
        };
        let instance = plugin.admitted.instantiate(config);
        Ok((
            instance.map_err(|fault| anyhow!("strategy `{strategy}`: {fault}"))?,
            parameters,
        ))
    }
}

/// A plugin's bytes by hash, from folders of `.wasm` files.
pub fn find_by_hash(folders: &[PathBuf], wanted: PluginHash) -> Result<Vec<u8>> {
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_none_or(|extension| extension != "wasm") {
                continue;
            }
            let Ok(bytes) = std::fs::read(&path) else {
                continue;
            };
            if PluginHash::of(&bytes) == wanted {
                return Ok(bytes);
            }
        }
    }
    let looked: Vec<_> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    Err(anyhow!(
        "plugin {wanted} is in none of: {}; name its folder",
        looked.join(", ")
    ))
}

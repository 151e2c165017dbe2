//! `argonaut replay`: what a journal holds, and whether it runs again to the same byte.

mod event;
mod remains;

use super::say;
use crate::plugins::{Plugins, default_data_dir, find_by_hash, runtime_options};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use engine::journal::reader::{Reader, Record};
use engine::replay::{Instances, Replayed, Watched, verify_on};
use engine::{AlgorithmConfig, Engine, Journal, JournalHash, RuleConfig};
use model::{
    AlgorithmMaker, ModelKind, ModelSpec, PluginHash, PreTradeRule, Strategy, StrategyId,
    VenueModel,
};
use services::plugin::{CustomRequest, PluginHost};
use services::venue_models::make_again;
use std::collections::BTreeMap;
use std::io::Read;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

/// Which journal, and how.
#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// A backtest's journal file, or a live host's journal folder.
    #[arg(required_unless_present = "event")]
    journal: Option<PathBuf>,
    /// Show the input over which a strategy broke once more: by its sequence in the journal, or from the file
    /// of a dead letter, with which the journal is not needed.
    #[arg(long, value_name = "SEQUENCE|FILE", conflicts_with = "verify")]
    event: Option<String>,
    /// With --event: a component that takes over before that input.
    #[arg(long, value_name = "FILE", requires = "event")]
    plugin: Option<PathBuf>,
    /// With --plugin: it begins without the state of the one that ran.
    #[arg(long, requires = "plugin")]
    fresh: bool,
    /// With --event: the strategy that is looked at, where not exactly one broke.
    #[arg(long, value_name = "NAME", requires = "event")]
    strategy: Option<String>,
    /// Run every input again, plugins included, and compare every byte. Where the oldest segments of a
    /// folder were dropped, from the oldest snapshot on.
    #[arg(long)]
    verify: bool,
    /// With --verify: check the engine's invariants after every so many inputs, and after the last. The first
    /// that does not hold ends it.
    #[arg(
        long,
        value_name = "EVERY",
        default_value = "1000",
        requires = "verify"
    )]
    invariants: NonZeroU64,
    /// Folders with the plugins the journal names, by the hash of their bytes.
    #[arg(long, default_values = [".argonaut/plugins", "target/plugins"])]
    plugins: Vec<PathBuf>,
    /// Print one JSON object on one line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &ReplayArguments) -> Result<()> {
    let report = match (&arguments.event, &arguments.journal) {
        (Some(event), _) => event::show(arguments, event)?,
        (None, Some(journal)) if arguments.verify => again(arguments, journal)?,
        (None, Some(journal)) => summary(journal)?,
        (None, None) => bail!("name a journal"),
    };
    if arguments.json {
        return say(&serde_json::Value::Object(report).to_string());
    }
    report
        .into_iter()
        .try_for_each(|(name, value)| say(&format!("{name:<12} {value}")))
}

type Report = serde_json::Map<String, serde_json::Value>;

fn open(path: &Path) -> Result<impl Read> {
    journal::open(path).with_context(|| format!("{}: cannot be read", path.display()))
}

fn summary(path: &Path) -> Result<Report> {
    if path.is_dir() && remains::of(path)?.is_some() {
        return remains::summary(path);
    }
    let mut reader = Reader::new(open(path)?).with_context(|| path.display().to_string())?;
    let mut counts = Counts::default();
    while let Some(record) = reader
        .next_record()
        .with_context(|| path.display().to_string())?
    {
        let counted = counts.take(&record, reader.hash());
        counted.with_context(|| path.display().to_string())?;
    }
    Ok(counts.report(reader.hash()))
}

/// What records are, and how many of each.
#[derive(Default)]
struct Counts {
    kinds: BTreeMap<&'static str, u64>,
    /// Whether the last record is a seal.
    sealed: bool,
}

impl Counts {
    /// Counts a record; `hash` is that of all records up to it.
    fn take(&mut self, record: &Record, hash: JournalHash) -> Result<()> {
        self.sealed = matches!(record, Record::Seal(_));
        let kind = match record {
            Record::Input(_) => "inputs",
            Record::Strategy(..) => "outcomes",
            Record::Algorithm(..) => "algorithms",
            Record::Rule(..) => "verdicts",
            Record::Probation(..) => "ended probations",
            Record::NewOrder(_) => "orders",
            Record::Order(_) => "order changes",
            Record::Model(_) => "broken models",
            Record::Fill(_) => "fills",
            Record::Position(_) => "positions",
            Record::Outbound(_) => "messages",
            Record::Refused(_) => "refusals",
            Record::Bar(_) => "bars",
            Record::CashFlow(_) => "cash flows",
            Record::Balance(..) => "balances",
            Record::Seal(sealed) if *sealed == hash => return Ok(()),
            Record::Seal(sealed) => {
                bail!("altered: sealed with {sealed}, records hash to {hash}")
            }
        };
        *self.kinds.entry(kind).or_default() += 1;
        Ok(())
    }

    fn report(self, hash: JournalHash) -> Report {
        let mut report = Report::new();
        report.insert("hash".to_owned(), hash.to_string().into());
        report.insert("sealed".to_owned(), self.sealed.into());
        let kinds = self.kinds.into_iter();
        report.extend(kinds.map(|(kind, count)| (kind.to_owned(), count.into())));
        report
    }
}

fn again(arguments: &ReplayArguments, path: &Path) -> Result<Report> {
    let mut instances = FromFolders::new(arguments)?;
    let every = arguments.invariants;
    let (replayed, remains, looks) = if path.is_dir() {
        let (engine, remains) = match remains::of(path)? {
            Some(remains) => remains::begin(path, &remains, &mut instances)?,
            None => (Engine::new(Journal::repeating()), Report::new()),
        };
        let mut watched = Watched::new(engine, every);
        let repeated = journal::repeat(path, &mut watched, &mut instances, |_| {})?;
        let replayed = Replayed {
            inputs: repeated.last,
            records: repeated.records,
            hash: repeated.hash,
            sealed: repeated.sealed,
        };
        (replayed, remains, watched.end())
    } else {
        let mut watched = Watched::new(Engine::new(Journal::repeating()), every);
        let replayed = verify_on(open(path)?, &mut watched, &mut instances);
        let replayed = replayed.with_context(|| path.display().to_string())?;
        (replayed, Report::new(), watched.end())
    };
    let looks = looks.with_context(|| path.display().to_string())?;
    let mut report = Report::new();
    report.insert("hash".to_owned(), replayed.hash.to_string().into());
    report.insert("equal".to_owned(), true.into());
    report.insert("sealed".to_owned(), replayed.sealed.into());
    report.insert("inputs".to_owned(), replayed.inputs.into());
    report.insert("records".to_owned(), replayed.records.into());
    report.insert("checks".to_owned(), looks.into());
    report.extend(remains);
    Ok(report)
}

/// Makes the instances a journal names from folders of plugins.
struct FromFolders {
    plugins: Plugins,
    folders: Vec<PathBuf>,
    /// Components from elsewhere.
    added: BTreeMap<PluginHash, Vec<u8>>,
}

impl Instances for FromFolders {
    fn make(
        &mut self,
        engine: &Engine,
        strategy: StrategyId,
        plugin: PluginHash,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn Strategy>, String> {
        self.try_make(engine, strategy, plugin, parameters)
            .map_err(|error| format!("{error:#}"))
    }

    fn make_model(
        &mut self,
        venue: &str,
        kind: ModelKind,
        spec: &ModelSpec,
    ) -> Result<VenueModel, String> {
        let host = self.plugins.as_host();
        make_again(&host, |hash| self.bytes(hash), (venue, kind), spec)
    }

    fn algorithm(
        &mut self,
        engine: &Engine,
        config: &AlgorithmConfig,
    ) -> Result<Box<dyn AlgorithmMaker>, String> {
        let bytes = self.bytes(config.plugin)?;
        let request = CustomRequest::known_to(engine, &config.name, &config.parameters);
        let made = self.plugins.as_host().algorithm(&bytes, request);
        made.map(|made| made.maker)
            .map_err(|refusal| refusal.reason)
    }

    fn rule(
        &mut self,
        engine: &Engine,
        config: &RuleConfig,
    ) -> Result<Box<dyn PreTradeRule>, String> {
        let bytes = self.bytes(config.plugin)?;
        let request = CustomRequest::known_to(engine, &config.name, &config.parameters);
        let made = self.plugins.as_host().rule(&bytes, request);
        made.map(|made| made.rule).map_err(|refusal| refusal.reason)
    }
}

impl FromFolders {
    fn new(arguments: &ReplayArguments) -> Result<Self> {
        Ok(Self {
            plugins: Plugins::new(runtime_options(&default_data_dir())?)?,
            folders: arguments.plugins.clone(),
            added: BTreeMap::new(),
        })
    }

    /// Adds a component that may lie elsewhere.
    fn add(&mut self, bytes: Vec<u8>) -> PluginHash {
        let hash = PluginHash::of(&bytes);
        self.added.insert(hash, bytes);
        hash
    }

    /// Those of some parameters that a component has.
    fn fitting(
        &self,
        plugin: PluginHash,
        parameters: &[(String, String)],
    ) -> Result<Vec<(String, String)>> {
        let bytes = self.bytes(plugin).map_err(|reason| anyhow!(reason))?;
        let known = self.plugins.admit(&bytes)?.description.parameters;
        let has = |name: &String| known.iter().any(|parameter| parameter.name == *name);
        let own = parameters.iter().filter(|(name, _)| has(name));
        Ok(own.cloned().collect())
    }

    fn bytes(&self, plugin: PluginHash) -> Result<Vec<u8>, String> {
        if let Some(bytes) = self.added.get(&plugin) {
            return Ok(bytes.clone());
        }
        find_by_hash(&self.folders, plugin).map_err(|error| format!("{error:#}"))
    }

    fn try_make(
        &mut self,
        engine: &Engine,
        strategy: StrategyId,
        plugin: PluginHash,
        parameters: &[(String, String)],
    ) -> Result<Box<dyn Strategy>> {
        let bytes = self.bytes(plugin).map_err(|reason| anyhow!(reason))?;
        let plugin = self.plugins.admit(&bytes)?;
        let name = engine
            .strategies()
            .find(|(id, _)| *id == strategy)
            .map(|(_, config)| config.name.clone())
            .context("the journal starts a strategy it never defined")?;
        let market = engine.market();
        let instruments = market
            .iter()
            .map(|(id, state)| (id, state.instrument.clone()))
            .collect();
        let currencies = market.currency_names().to_vec();
        let given = parameters.iter().cloned().collect();
        let (instance, _) =
            self.plugins
                .instance_for(&plugin, &name, instruments, currencies, &given)?;
        Ok(Box::new(instance))
    }
}

//! The strategy service: what operators do to strategies, as far as it is slow.
//!
//! Everything here runs on blocking workers: reading files, admission, compilation, making and
//! initialising instances, catching up. The engine thread only gets finished things. Each strategy
//! has at most one such request under way; a second one is refused, not queued.

mod canary;
mod custom;
mod entries;
mod faults;
mod plugins;
pub(crate) mod recorder;
mod shadow;
mod swap;
pub(crate) mod versions;

use crate::admission::{Admission, refused};
use crate::clock::TimeSource;
use crate::handle::{HostError, LoadRequest};
use crate::history::History;
use crate::inbox::Inbox;
use crate::outlet::Outlet;
use crate::plugin::{InstanceRequest, Made, Plugin};
use crate::projection::Shared;
use crate::shadow::meter::{Meter, Metered};
use crate::sync::lock;
use crate::trader::{Request, StepRequest, Stepped, Trader};
use crate::view::{AccountView, PluginView};
use engine::{
    Command, Definition, Effect, Ignored, Input, OrdersOnFault, Staged, StrategyConfig,
    StrategyState,
};
use entries::{Entry, check_name};
pub(crate) use faults::Restarted;
use model::{AccountId, Fault, FaultKind, PluginHash, SavedState, Strategy, StrategyId};
use registry::Role;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
pub(crate) use swap::{SwapDone, checked as check_probation};
use tokio::sync::oneshot;
use versions::{Version, Versions};

/// How swaps behave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SwapOptions {
    /// Events that may wait for a candidate.
    pub(crate) events_bound: usize,
    /// How long a candidate may take to catch up.
    pub(crate) timeout: Duration,
}

/// The service.
pub(crate) struct Strategies {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) history: Arc<History>,
    pub(crate) admission: Admission,
    pub(crate) time: TimeSource,
    pub(crate) swaps: SwapOptions,
    /// Which plugin runs for each.
    pub(crate) versions: Arc<Versions>,
    /// What is known of each strategy that has a plugin, by name.
    entries: Mutex<BTreeMap<String, Entry>>,
    /// The input by which each was told to stop last.
    stops: Mutex<BTreeMap<StrategyId, u64>>,
}

/// A plugin with parameters, ready to be made.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub(crate) plugin: Arc<dyn Plugin>,
    pub(crate) parameters: Vec<(String, String)>,
    /// Measures the instances that are made of it.
    pub(crate) meter: Arc<Meter>,
}

impl Loaded {
    pub(crate) fn new(plugin: Arc<dyn Plugin>, parameters: Vec<(String, String)>) -> Self {
        let meter = Arc::default();
        Self {
            plugin,
            parameters,
            meter,
        }
    }
}

/// An instance with what readers and the journal are told of it.
struct Instance {
    made: Made,
    hash: PluginHash,
    version: Version,
}

fn no_effect(why: &Ignored) -> HostError {
    HostError::Conflict(why.to_string())
}

/// How a strategy broke over an input, if it did.
fn broke(id: StrategyId, stepped: &Stepped) -> Option<&Fault> {
    stepped.effects.iter().find_map(|effect| match effect {
        Effect::Fault(broken, fault) if *broken == id => Some(fault),
        _ => None,
    })
}

impl Strategies {
    #[allow(
        clippy::too_many_arguments,
        reason = "the parts of the host, each of its own type"
    )]
    pub(crate) fn new(
        inbox: Arc<Inbox>,
        outlet: Arc<Outlet>,
        shared: Arc<Shared>,
        history: Arc<History>,
        admission: Admission,
        time: TimeSource,
        swaps: SwapOptions,
        versions: Arc<Versions>,
    ) -> Self {
        let entries = Mutex::default();
        Self {
            inbox,
            outlet,
            shared,
            history,
            admission,
            time,
            swaps,
            versions,
            entries,
            stops: Mutex::default(),
        }
    }

    /// Admits a plugin and adds a strategy, started if asked for.
    pub(crate) fn load(&self, request: LoadRequest) -> Result<(), HostError> {
        check_name(&request.name)?;
        let account = self.account(request.account.as_deref())?;
        let known = self.reserved(&request.name)?;
        let _occupied = self.reserve(&request.name)?;
        let plugin = self.admit(request.plugin, &request.terms, None)?;
        let parameters = plugin.check(&request.parameters).map_err(refused)?;
        let loaded = Loaded::new(plugin, parameters);
        // Made before anything is defined: an instance that refuses leaves no strategy behind.
        let instance = request
            .start
            .then(|| self.make(&request.name, &loaded))
            .transpose()?;
        let id = match known {
            Some(id) => id,
            None => self.define(&request.name, account, request.on_fault)?,
        };
        if let Some(entry) = lock(&self.entries).get_mut(&request.name) {
            entry.id = id;
            entry.loaded = Some(loaded);
        }
        match instance {
            Some(instance) => self.start_with(&request.name, id, instance),
            None => Ok(()),
        }
    }

    fn define(
        &self,
        name: &str,
        account: AccountId,
        on_fault: OrdersOnFault,
    ) -> Result<StrategyId, HostError> {
        let config = StrategyConfig {
            name: name.to_owned(),
            account,
            on_fault,
            manual: false,
            permissions: engine::Permissions::ALL,
        };
        let definition = Box::new(Definition::Strategy(config));
        let stepped = self.step(StepRequest::ask(Input::Define(definition), None, None))?;
        if let Some(why) = stepped.refusal() {
            return Err(HostError::Invalid {
                field: "name",
                reason: why.to_string(),
            });
        }
        stepped.defined.ok_or(HostError::Stopped)
    }

    /// Swaps a running strategy that came back by a snapshot for a fresh instance of the same plugin.
    ///
    /// What a plugin does not save it has forgotten, and nobody can tell. The swap is in the journal, so
    /// that whoever steps all of it forgets the same.
    pub(crate) fn renew(&self, name: &str, id: StrategyId, loaded: &Loaded, trader: &mut Trader) {
        let state = trader.engine().strategy_state(id);
        if !matches!(state, Some(StrategyState::Running | StrategyState::Paused)) {
            return;
        }
        match self.make(name, loaded) {
            Ok(Instance { made, hash, .. }) => {
                let history = self.history_for(made.instance.as_ref());
                trader.renew((id, hash), made, history);
            }
            Err(error) => {
                tracing::warn!(%name, %error, "it goes on with what it saved");
            }
        }
    }

    /// Starts a strategy that is stopped or broken, from what it saved last.
    pub(crate) fn start(&self, name: &str) -> Result<(), HostError> {
        let _occupied = self.occupy(name, "start")?;
        let (id, loaded) = self.loaded(name)?;
        self.admission.registry().may_run(loaded.plugin.hash())?;
        let instance = self.make(name, &loaded)?;
        self.start_with(name, id, instance)
    }

    /// Stops a strategy and keeps what it saved. A swap under way is given up by the engine. One that broke
    /// is not started again by itself, and nothing more is done about what it holds.
    pub(crate) fn stop(&self, name: &str) -> Result<(), HostError> {
        let id = self.plugged(name)?;
        let called_off = self.call_off(name, id);
        let stepped = self.step(StepRequest::command(Command::Stop(id)));
        self.note_stop(id, stepped.as_ref().map_or(0, |stepped| stepped.sequence));
        let stepped = stepped?;
        self.keep_saved(name, id, &stepped);
        match stepped.refusal() {
            Some(why) if !called_off => Err(no_effect(why)),
            _ => Ok(()),
        }
    }

    fn start_with(&self, name: &str, id: StrategyId, instance: Instance) -> Result<(), HostError> {
        let (hash, state) = (instance.hash, self.saved(name));
        let restored = state.is_some();
        let stepped = self.start_from(name, id, instance, state)?;
        let Some(fault) = broke(id, &stepped) else {
            return self.hold_back(id, hash, "the strategy was started");
        };
        let mut reason = format!("`{name}` broke while it started: {fault}");
        if restored && fault.kind == FaultKind::Refused {
            self.put_saved_aside(name, stepped.sequence);
            reason.push_str("; its saved state was put aside, the next start is a fresh one");
        }
        Err(HostError::Conflict(reason))
    }

    /// Has the engine start an instance, which may break over it.
    fn start_from(
        &self,
        name: &str,
        id: StrategyId,
        instance: Instance,
        state: Option<SavedState>,
    ) -> Result<Stepped, HostError> {
        let Instance {
            made,
            hash,
            version,
        } = instance;
        self.admission.note_use(hash, Role::Strategy, name)?;
        let history = self.history_for(made.instance.as_ref());
        let start = Command::Start {
            strategy: id,
            plugin: hash,
            parameters: made.parameters,
            state,
            history,
        };
        let stepped = self.step(StepRequest::ask(
            Input::Command(Box::new(start)),
            Some((id, Staged::Instance(made.instance))),
            Some((id, version)),
        ))?;
        if let Some(why) = stepped.refusal() {
            return Err(no_effect(why));
        }
        Ok(stepped)
    }

    fn make(&self, name: &str, loaded: &Loaded) -> Result<Instance, HostError> {
        let Loaded {
            plugin,
            parameters,
            meter,
        } = loaded;
        let (instruments, currencies) = self.shared.read(|model| {
            let instruments = model.instruments.iter();
            (
                instruments
                    .map(|view| (view.id, view.instrument.clone()))
                    .collect(),
                model.currencies.clone(),
            )
        });
        let request = InstanceRequest {
            strategy: name.to_owned(),
            instruments,
            currencies,
            parameters: parameters.iter().cloned().collect(),
        };
        let mut made = plugin.make(request).map_err(refused)?;
        made.instance = Metered::boxed(made.instance, Arc::clone(meter));
        let view = PluginView {
            hash: plugin.hash(),
            name: plugin.name().to_owned(),
            version: plugin.version().to_owned(),
            parameters: made.parameters.clone(),
        };
        Ok(Instance {
            made,
            hash: plugin.hash(),
            version: Version {
                loaded: loaded.clone(),
                view,
            },
        })
    }

    fn history_for(&self, instance: &dyn Strategy) -> Vec<model::HistoryBlock> {
        let engine_time = self.shared.read(|model| model.engine.time);
        let now = self.time.stamp(None, engine_time);
        self.history.answer(instance.history_requests(), now)
    }

    /// Has the engine thread step an input, waiting for room and for the answer.
    fn step(
        &self,
        (request, answer): (Request, oneshot::Receiver<Stepped>),
    ) -> Result<Stepped, HostError> {
        self.inbox.send_command(request)?;
        answer.blocking_recv().map_err(|_| HostError::Stopped)
    }

    fn account(&self, name: Option<&str>) -> Result<AccountId, HostError> {
        let accounts = self.shared.read(|model| model.accounts.clone());
        match (name, accounts.as_slice()) {
            (Some(name), accounts) => accounts
                .iter()
                .find(|account| account.config.name == name)
                .map(|account| account.id)
                .ok_or_else(|| not_found("account", name)),
            (None, [only]) => Ok(only.id),
            (None, accounts) => Err(HostError::Invalid {
                field: "account",
                reason: format!("name one of {}", names(accounts)),
            }),
        }
    }
}

pub(crate) fn not_found(what: &'static str, name: &str) -> HostError {
    HostError::NotFound {
        what,
        name: name.to_owned(),
    }
}

fn names(accounts: &[AccountView]) -> String {
    let names: Vec<_> = accounts
        .iter()
        .map(|account| format!("`{}`", account.config.name))
        .collect();
    if names.is_empty() {
        "none; there is no account".to_owned()
    } else {
        names.join(", ")
    }
}

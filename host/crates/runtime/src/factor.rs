//! Factors: a plugin that scores instruments, a batch of rows of a panel at a time. What it logs goes to the
//! host's log, since it has no part in a journal.
//!
//! Whether a factor looks at rows after the one that it scores cannot be told from one call. Whoever
//! scores gives it no such rows, or scores again without them and compares.

use crate::bindings::factor::Factor as World;
use crate::bindings::factor::argonaut::plugin::panels as wit;
use crate::exports::Exports;
use crate::fault;
use crate::guest::{Guest, Usage, batch_budget, init_budget};
use crate::host::{HostState, Phase};
use crate::log_text::to_host_log;
use crate::{Admitted, Limits, PanelField, PanelRows, Parameters};
use model::{Fault, Intents};

/// Longest history that a factor may need, in rows.
const MAX_LOOKBACK: usize = 1_000_000;

/// What a factor is made with.
#[derive(Debug, Clone)]
pub struct FactorConfig {
    /// The name under which it runs.
    pub name: String,
    /// Checked parameters.
    pub parameters: Parameters,
    /// What it may use; `batch_memory_bytes` takes the place of `memory_bytes`.
    pub limits: Limits,
}

/// Which scores its author holds for the better ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The higher ones.
    Higher,
    /// The lower ones.
    Lower,
    /// Neither.
    Neither,
}

impl Better {
    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Neither => "neither",
        }
    }
}

/// What a factor needs with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorNeeds {
    /// What it reads of bars, in the order in which panels must have it.
    pub fields: Vec<PanelField>,
    /// How many rows before a row its scores depend on.
    pub lookback: usize,
    /// Which scores are the better ones.
    pub better: Better,
}

/// A running factor.
pub struct Factor {
    name: String,
    guest: Guest<World>,
    needs: FactorNeeds,
    /// What a call logs; kept for its memory.
    lines: Intents,
}

fn factor(exports: Exports) -> Option<World> {
    match exports {
        Exports::Factor(exports) => Some(exports),
        _ => None,
    }
}

impl Admitted {
    /// Makes a factor and runs its `init`.
    ///
    /// # Errors
    /// A [`Fault`]: `REFUSED` when `init` returned an error or the plugin is of another world,
    /// otherwise how it broke.
    pub fn factor(&self, config: FactorConfig) -> Result<Factor, Fault> {
        let limits = Limits {
            memory_bytes: config.limits.batch_memory_bytes,
            ..config.limits
        };
        let mut guest = Guest::new(self, HostState::new(limits, Vec::new()), factor)?;
        guest.store.set_hostcall_fuel(limits.batch_transfer_bytes());
        let described = wit::FactorConfig {
            factor: config.name.clone(),
            parameters: config.parameters.as_slice().to_vec(),
        };
        let budget = init_budget(&limits);
        let answer = guest.private_call("init", Phase::Init, budget, |exports, store| {
            exports.call_init(store, &described)
        })?;
        let needs = answer.map_err(|reason| fault::refused("init", reason))?;
        let needs = read(&needs).map_err(|reason| fault::bad_output("init", &reason))?;
        Ok(Factor {
            name: config.name,
            guest,
            needs,
            lines: Intents::default(),
        })
    }
}

fn read(needs: &wit::FactorNeeds) -> Result<FactorNeeds, String> {
    let mut fields: Vec<PanelField> = Vec::new();
    for name in &needs.fields {
        let known = PanelField::ALL.map(PanelField::name).join(", ");
        let field = PanelField::of(name)
            .ok_or_else(|| format!("it needs the field `{name}`; panels have {known}"))?;
        if fields.contains(&field) {
            return Err(format!("it needs the field `{name}` twice"));
        }
        fields.push(field);
    }
    if fields.is_empty() {
        return Err("it needs no field; name at least one".to_owned());
    }
    let lookback = usize::try_from(needs.lookback).unwrap_or(usize::MAX);
    if lookback > MAX_LOOKBACK {
        return Err(format!(
            "it needs {lookback} rows of history, more than the {MAX_LOOKBACK} allowed"
        ));
    }
    Ok(FactorNeeds {
        fields,
        lookback,
        better: match needs.better {
            wit::Better::High => Better::Higher,
            wit::Better::Low => Better::Lower,
            wit::Better::Neither => Better::Neither,
        },
    })
}

impl Factor {
    /// What it needs.
    pub const fn needs(&self) -> &FactorNeeds {
        &self.needs
    }

    /// What it may use.
    pub fn limits(&self) -> &Limits {
        self.guest.limits()
    }

    /// Scores all rows from `first` on: rows × instruments numbers, row by row; NaN is no score.
    ///
    /// # Errors
    /// A [`Fault`]: `REFUSED` when the rows do not fit what it needs or it says that it cannot score them,
    /// after which it may be asked again; otherwise how it broke, or that the scores are not as many as
    /// asked for, or infinite.
    pub fn score(&mut self, rows: &PanelRows<'_>) -> Result<Vec<f64>, Fault> {
        self.guest.check()?;
        let limit = self.guest.limits().batch_bytes;
        let refused = |reason| fault::refused("score", reason);
        let asked = rows
            .check(self.needs.fields.len(), self.needs.lookback, limit)
            .map_err(refused)?;
        let panel = rows.to_wit();
        self.guest.flush_early(&mut self.lines);
        let budget = batch_budget(self.guest.limits());
        let lines = &mut self.lines;
        let answer = self
            .guest
            .call("score", Phase::Live, budget, lines, |exports, store| {
                exports.call_score(store, &panel)
            });
        to_host_log("factor", &self.name, &mut self.lines);
        let scores = answer?.map_err(refused)?;
        match rows.check_scores(&scores, asked) {
            Ok(()) => Ok(scores),
            Err(reason) => Err(self.guest.poison(fault::bad_output("score", &reason))),
        }
    }

    /// What it has used.
    pub fn usage(&self) -> Usage {
        self.guest.usage()
    }
}

impl std::fmt::Debug for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Factor")
            .field("name", &self.name)
            .field("needs", &self.needs)
            .field("usage", &self.usage())
            .field("fault", &self.guest.fault())
            .finish_non_exhaustive()
    }
}

//! Custom pre-trade rules: a plugin behind the model's port. What a rule logs goes to the host's log,
//! since it has no part in the journal.

use crate::bindings::rule::PreTradeRule as World;
use crate::bindings::rule::argonaut::plugin::facts as wit;
use crate::exports::Exports;
use crate::fault;
use crate::guest::{Guest, Usage, init_budget};
use crate::host::{HostState, Phase};
use crate::log_text::{printable, to_host_log};
use crate::{Admitted, Limits, Parameters, convert};
use model::pre_trade_rule::MAX_REASON;
use model::{
    ContextFacts, Fault, Instrument, InstrumentId, Intents, OrderFacts, PreTradeRule, Verdict,
};

/// Most bytes of a reason that are looked at: enough for as many characters as are kept.
const MAX_REASON_BYTES: usize = MAX_REASON * 4;

/// What a rule is made with.
#[derive(Debug, Clone)]
pub struct RuleConfig {
    /// The name under which it is set up.
    pub name: String,
    /// The instruments there are.
    pub instruments: Vec<(InstrumentId, Instrument)>,
    /// Names of currencies, by the number of their id.
    pub currencies: Vec<String>,
    /// Names of strategies, by the number of their id.
    pub strategies: Vec<String>,
    /// Names of accounts, by the number of their id.
    pub accounts: Vec<String>,
    /// Checked parameters.
    pub parameters: Parameters,
    /// What it may use.
    pub limits: Limits,
}

/// A running rule.
pub struct Rule {
    name: String,
    guest: Guest<World>,
    /// What a call logs; kept for its memory.
    lines: Intents,
}

fn rule(exports: Exports) -> Option<World> {
    match exports {
        Exports::Rule(exports) => Some(exports),
        _ => None,
    }
}

impl Admitted {
    /// Makes a rule and runs its `init`.
    ///
    /// # Errors
    /// A [`Fault`]: `REFUSED` when `init` returned an error or the plugin is of another world,
    /// otherwise how it broke.
    pub fn rule(&self, config: RuleConfig) -> Result<Rule, Fault> {
        let refused = |reason| fault::refused("init", reason);
        let described = config.to_wit().map_err(refused)?;
        let state = HostState::new(config.limits, Vec::new());
        let mut guest = Guest::new(self, state, rule)?;
        let budget = init_budget(&config.limits);
        let answer = guest.private_call("init", Phase::Init, budget, |exports, store| {
            exports.call_init(store, &described)
        })?;
        answer.map_err(refused)?;
        Ok(Rule {
            name: config.name,
            guest,
            lines: Intents::default(),
        })
    }
}

impl RuleConfig {
    fn to_wit(&self) -> Result<wit::RuleConfig, String> {
        let instruments = self.instruments.iter();
        let instruments = instruments
            .map(|(id, traded)| convert::described(*id, traded, &self.currencies))
            .collect::<Result<_, _>>()?;
        Ok(wit::RuleConfig {
            rule: self.name.clone(),
            instruments,
            strategies: self.strategies.clone(),
            accounts: self.accounts.clone(),
            parameters: self.parameters.as_slice().to_vec(),
        })
    }
}

impl Rule {
    /// What it has used.
    pub fn usage(&self) -> Usage {
        self.guest.usage()
    }

    /// Why it is broken, if it is.
    pub fn fault(&self) -> Option<&Fault> {
        self.guest.fault()
    }
}

impl PreTradeRule for Rule {
    fn judge(&mut self, order: &OrderFacts, context: &ContextFacts) -> Result<Verdict, Fault> {
        self.guest.check()?;
        let order = convert::order_facts(order);
        let context = match convert::context_facts(context) {
            Ok(context) => context,
            Err(reason) => return Err(self.guest.poison(fault::bad_output("judge", &reason))),
        };
        self.guest.flush_early(&mut self.lines);
        let budget = self.guest.event_budget();
        let lines = &mut self.lines;
        let verdict = self
            .guest
            .call("judge", Phase::Live, budget, lines, |exports, store| {
                exports.call_judge(store, &order, context)
            });
        to_host_log("rule", &self.name, &mut self.lines);
        Ok(match verdict? {
            wit::Verdict::Pass => Verdict::Pass,
            wit::Verdict::Deny(reason) => Verdict::deny(&printable(reason, MAX_REASON_BYTES)),
        })
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name)
            .field("usage", &self.usage())
            .field("fault", &self.guest.fault())
            .finish_non_exhaustive()
    }
}

//! Custom pre-trade rules that are in place, in the order in which they are asked.

use crate::input::{LimitScope, RuleConfig};
use crate::journal::codec::fields;
use model::{PreTradeRule, RuleId};
use std::collections::BTreeMap;

/// The most rules that may be in place at once.
pub(crate) const MAX_RULES: usize = 64;

/// One rule. Its instance is gone once it broke; it then denies.
pub(crate) struct Rule {
    pub(crate) config: RuleConfig,
    pub(crate) instance: Option<Box<dyn PreTradeRule>>,
    /// Times it was asked; names each verdict in the journal.
    pub(crate) calls: u64,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Rules {
    rules: BTreeMap<RuleId, Rule>,
    made: u32,
}

impl Rules {
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn configs(&self) -> impl Iterator<Item = (RuleId, &RuleConfig)> {
        self.rules.iter().map(|(id, rule)| (*id, &rule.config))
    }

    /// Puts a rule in place, instead of an earlier one of its name.
    pub(crate) fn set(
        &mut self,
        config: RuleConfig,
        instance: Box<dyn PreTradeRule>,
    ) -> Result<RuleId, String> {
        let known = self.find(&config.name);
        if known.is_none() && self.rules.len() >= MAX_RULES {
            return Err(format!("more than {MAX_RULES} rules"));
        }
        let id = known.unwrap_or(RuleId::new(self.made));
        if known.is_none() {
            self.made += 1;
        }
        // Calls count on, so that no number names two verdicts.
        let calls = self.rules.get(&id).map_or(0, |rule| rule.calls);
        let rule = Rule {
            config,
            instance: Some(instance),
            calls,
        };
        self.rules.insert(id, rule);
        Ok(id)
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<RuleId> {
        let id = self.find(name)?;
        self.rules.remove(&id);
        Some(id)
    }

    pub(crate) fn get_mut(&mut self, id: RuleId) -> Option<&mut Rule> {
        self.rules.get_mut(&id)
    }

    /// All of them with their handles.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (RuleId, &mut Rule)> {
        self.rules.iter_mut().map(|(id, rule)| (*id, rule))
    }

    /// The rules that judge orders of these scopes.
    pub(crate) fn of(&self, scopes: &[Option<LimitScope>]) -> Vec<RuleId> {
        let within = |rule: &Rule| scopes.contains(&Some(rule.config.scope));
        let rules = self.rules.iter().filter(|(_, rule)| within(rule));
        rules.map(|(id, _)| *id).collect()
    }

    fn find(&self, name: &str) -> Option<RuleId> {
        let mut rules = self.configs();
        rules
            .find(|(_, config)| config.name == name)
            .map(|(id, _)| id)
    }
}

fields! {
    Rule { config, calls } - { instance }
    Rules { rules, made }
}

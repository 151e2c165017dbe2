//! Asking custom pre-trade rules. They are asked last, of what every control let pass; one that
//! breaks denies, and goes on denying until it is set anew or removed.

use super::{Caller, Engine};
use crate::algorithms::Custom;
use crate::effect::{Effect, Ignored, Severity};
use crate::input::{Judged, LimitScope, RuleConfig};
use crate::risk::Context;
use crate::scopes::scopes_of;
use model::{
    AccountId, ContextFacts, DenyCode, Fault, FaultKind, OrderFacts, OrderId, Rate, RuleId, Side,
    Verdict,
};

impl Engine {
    pub(super) fn define_rule(&mut self, config: RuleConfig) -> Result<(), String> {
        let staged = self.staged_custom.take();
        self.check_scope(config.scope)?;
        if matches!(config.scope, LimitScope::Instrument(_)) {
            return Err(format!(
                "rule {}: its scope must be the firm, an account or a strategy",
                config.name
            ));
        }
        let Some(Custom::Rule(instance)) = staged else {
            return Err(format!("rule {}: no plugin was staged", config.name));
        };
        let id = self.rules.set(config.clone(), instance)?;
        self.effects.push(Effect::Rule(id, Some(config)));
        Ok(())
    }

    pub(super) fn remove_rule(&mut self, name: &str) {
        match self.rules.remove(name) {
            Some(id) => self.effects.push(Effect::Rule(id, None)),
            None => self.ignore(Ignored::BadCommand("no custom rule has this name")),
        }
    }

    /// What rules are told of an order; `None` where there is no rule to tell.
    pub(super) fn facts(
        &self,
        context: &Context<'_>,
        parent: Option<OrderId>,
        amends: bool,
    ) -> Option<(OrderFacts, ContextFacts)> {
        if self.rules.is_empty() {
            return None;
        }
        let request = context.request;
        let (instrument, account) = (request.instrument, context.account_id?);
        let quote = context.state.and_then(|state| state.quote);
        let order = OrderFacts {
            id: request.id,
            strategy: context.strategy,
            account,
            instrument,
            side: request.side,
            kind: request.kind,
            quantity: request.quantity,
            time_in_force: request.time_in_force,
            terms: request.terms,
            parent,
            amends,
        };
        let orders = &self.orders;
        let facts = ContextFacts {
            now: self.now,
            position: context.holding.position.quantity,
            working_buys: context.holding.on_order(Side::Buy),
            working_sells: context.holding.on_order(Side::Sell),
            reference: context.valuation(),
            bid: quote.map(|quote| quote.bid),
            ask: quote.map(|quote| quote.ask),
            last: context.state.and_then(|state| state.last),
            equity: self.equity_if_known(account),
            strategy_orders: orders.of_strategy(context.strategy),
            account_orders: orders.of_account(account),
            instrument_orders: orders.of_instrument(instrument),
        };
        Some((order, facts))
    }

    fn equity_if_known(&self, account: AccountId) -> Option<model::Money> {
        self.worth(account)?.ok()
    }

    /// Asks every rule whose scope the order falls under; the first that objects denies.
    pub(super) fn ask_rules(
        &mut self,
        facts: Option<(OrderFacts, ContextFacts)>,
    ) -> Result<(), DenyCode> {
        let Some((order, context)) = facts else {
            return Ok(());
        };
        let scopes = scopes_of(Some(order.account), order.strategy, order.instrument);
        for id in self.rules.of(&scopes) {
            if let Verdict::Deny(reason) = self.ask_rule(id, &order, &context) {
                self.effects.push(Effect::RuleDenied(id, order.id, reason));
                return Err(DenyCode::Rule);
            }
        }
        Ok(())
    }

    fn ask_rule(&mut self, id: RuleId, order: &OrderFacts, context: &ContextFacts) -> Verdict {
        let Some(rule) = self.rules.get_mut(id) else {
            return Verdict::deny("the rule is gone");
        };
        rule.calls += 1;
        let (call, scope) = (rule.calls, rule.config.scope);
        let said = match rule.instance.as_mut() {
            Some(instance) => instance.judge(order, context),
            None => Err(Fault {
                kind: FaultKind::Refused,
                message: "the rule broke earlier".to_owned(),
            }),
        };
        let expected = self.take_expected_fault(Caller::Rule(id), call);
        match expected.map_or(said, Err) {
            Ok(verdict) => {
                let verdict = match verdict {
                    Verdict::Deny(reason) => Verdict::deny(&reason),
                    Verdict::Pass => Verdict::Pass,
                };
                let judged = Judged::Verdict(verdict.clone());
                self.journal.judged(id, call, order.id, &judged);
                verdict
            }
            Err(fault) => {
                let judged = Judged::Fault(fault.clone());
                self.journal.judged(id, call, order.id, &judged);
                let rule = self.rules.get_mut(id);
                if rule.is_some_and(|rule| rule.instance.take().is_some()) {
                    let code = DenyCode::Rule;
                    self.alert(Severity::Critical, code, scope, Rate::ZERO);
                }
                Verdict::deny(&fault.to_string())
            }
        }
    }
}

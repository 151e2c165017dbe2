//! What lines answer in the place of others: the gate, by a rule that denies when it is told to, and the
//! venue, which then is one outside of the engine.

use super::super::scenario::Answer;
use super::{Happened, Stage};
use anyhow::{Context, Result, bail};
use engine::{Command, Custom, Definition, Effect, Input, LimitScope, RuleConfig, Standing};
use model::{
    ContextFacts, Fault, Liquidity, OrderFacts, OrderId, OutboundCommand, PluginHash, PreTradeRule,
    Timestamp, VenueExecution, VenueReport, VenueReportKind, VenueSnapshot, VenueTerms, Verdict,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Why the next order is denied, if it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Denial(Arc<Mutex<Option<String>>>);

impl Denial {
    pub(super) fn arm(&self, reason: &str) {
        let reason = match reason {
            "" => "the scenario denies it",
            reason => reason,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }

    pub(super) fn as_custom(&self) -> Custom {
        Custom::Rule(Box::new(self.clone()))
    }
}

impl PreTradeRule for Denial {
    fn judge(&mut self, _: &OrderFacts, _: &ContextFacts) -> Result<Verdict, Fault> {
        let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = |reason: String| Verdict::deny(&reason);
        Ok(armed.take().map_or(Verdict::Pass, verdict))
    }
}

/// The definition of that rule.
pub(super) fn rule() -> Definition {
    Definition::Rule(RuleConfig {
        name: "scenario".to_owned(),
        scope: LimitScope::Firm,
        plugin: PluginHash::default(),
        parameters: Vec::new(),
    })
}

impl Stage<'_> {
    /// The venue that lines answer for comes, and holds nothing.
    pub(super) fn connect(&mut self, at: Timestamp) -> Result<()> {
        let connected = Command::SetVenueConnected(self.venue, true);
        let effects = self.session.step(at, Input::Command(Box::new(connected)))?;
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::Outbound(sent) if matches!(sent.command, OutboundCommand::Snapshot { .. }) => {
                Some(sent.number)
            }
            _ => None,
        });
        let snapshot = VenueSnapshot {
            venue: self.venue,
            account: self.account,
            request: asked.context("the engine asks a venue what it holds")?,
            as_of: at,
            orders: Vec::new(),
            executions: Vec::new(),
            positions: Vec::new(),
            balances: Vec::new(),
        };
        let mut seen = Happened::default();
        self.step(at, Input::VenueSnapshot(Box::new(snapshot)), &mut seen)?;
        let standing = self.session.engine().standing(self.account);
        if standing != Standing::Reconciled {
            bail!("the account does not agree with its venue: {standing:?}");
        }
        Ok(())
    }

    /// What the venue says of an order.
    pub(super) fn answer(&mut self, id: OrderId, answer: Answer, at: Timestamp) -> Result<Input> {
        let open = self.session.engine().orders().get(id);
        let order = open
            .with_context(|| format!("order {id} is not open any more"))?
            .order;
        let reason = || "the scenario rejects it".to_owned();
        let kind = match answer {
            Answer::Accept => VenueReportKind::Accepted,
            Answer::Reject => VenueReportKind::Rejected { reason: reason() },
            Answer::Trigger => VenueReportKind::Triggered,
            Answer::Fill(quantity, price) => {
                self.executions += 1;
                VenueReportKind::Filled(VenueExecution {
                    id: format!("x{}", self.executions).parse()?,
                    revision: 0,
                    instrument: order.instrument,
                    side: order.side,
                    price,
                    quantity,
                    fee: None,
                    liquidity: Liquidity::Taker,
                })
            }
            Answer::ConfirmUpdate => {
                let wanted = self.amendments.remove(&id);
                let wanted = wanted.context("no change of the order was asked for")?;
                VenueReportKind::Updated(VenueTerms {
                    quantity: wanted.quantity.unwrap_or(order.quantity),
                    price: wanted.price.or_else(|| order.kind.price()),
                    trigger: wanted.trigger.or(order.trigger),
                })
            }
            Answer::RejectUpdate => VenueReportKind::UpdateRejected { reason: reason() },
            Answer::ConfirmCancel => VenueReportKind::Canceled,
            Answer::RejectCancel => VenueReportKind::CancelRejected { reason: reason() },
            Answer::Expire => VenueReportKind::Expired,
        };
        Ok(Input::VenueReport(Box::new(VenueReport {
            venue: self.venue,
            account: self.account,
            order: Some(id),
            venue_order: None,
            kind,
            ts_event: at,
        })))
    }
}

//! What readers are told of scopes: what holds their trading back, what somebody should look at, and
//! how an account's margin stands.

use super::ReadModel;
use super::alerts::Raised;
use crate::view::{AlertCode, Change, WhatHappened};
use engine::{Effect, LimitScope};
use model::Timestamp;

impl ReadModel {
    pub(super) fn apply_scope(
        &mut self,
        time: Timestamp,
        sequence: u64,
        effect: Effect,
        changes: &mut Vec<Change>,
    ) {
        match effect {
            Effect::TradingState(state) => {
                self.engine.trading_state = state;
                self.publish_engine(changes);
                changes.push(self.risk.set_state(LimitScope::Firm, state));
            }
            Effect::KillLatch(killed) => {
                self.engine.killed = killed;
                self.publish_engine(changes);
                changes.push(self.risk.set_kill(LimitScope::Firm, killed));
            }
            Effect::ScopeState(scope, state) => changes.push(self.risk.set_state(scope, state)),
            Effect::ScopeKill(scope, killed) => changes.push(self.risk.set_kill(scope, killed)),
            Effect::Alert(alert) => changes.extend(self.risk.alerts.raise(Raised {
                time,
                sequence,
                code: AlertCode::Control(alert.code),
                scope: alert.scope,
                severity: alert.severity,
                share: alert.share,
            })),
            Effect::Margin(account, status) => {
                if let Some(view) = self.accounts.get_mut(account.index()) {
                    view.margin = Some(status);
                }
                self.note_life(sequence, WhatHappened::Margin(account, status), changes);
            }
            _ => {}
        }
    }
}

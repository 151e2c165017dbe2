//! Alerts that stand, for readers who did not hear them raised.

use super::Engine;
use super::margin::alarm;
use crate::effect::{Alert, Severity, Standing};
use crate::input::LimitScope;
use model::{DenyCode, Rate};

impl Engine {
    /// Alerts of a scope that were raised and not cleared yet, with what is used of the limit now. What is
    /// told once, and has nothing that would clear it, is not among them.
    pub fn alerts_of(&self, scope: LimitScope) -> Vec<Alert> {
        let level = self.memory.levels.of(scope);
        let mut found = vec![
            (DenyCode::Loss, level.loss.severity(), self.loss_used(scope)),
            (
                DenyCode::Exposure,
                level.exposure.severity(),
                self.exposure_used(scope),
            ),
        ];
        if level.repeated {
            found.push((DenyCode::RepeatedExecution, Severity::Critical, None));
        }
        if let LimitScope::Account(id) = scope {
            let margin = self.margin(id).map(|status| alarm(&status));
            found.extend(
                margin.map(|(severity, share)| (DenyCode::BuyingPower, severity, Some(share))),
            );
            if self.standing(id) == Standing::Differs {
                found.push((DenyCode::Account, Severity::Critical, None));
            }
        }
        let raised = found
            .into_iter()
            .filter(|(_, severity, _)| *severity != Severity::Cleared);
        raised
            .map(|(code, severity, share)| Alert {
                severity,
                code,
                scope,
                share: share.unwrap_or(Rate::ZERO),
            })
            .collect()
    }
}

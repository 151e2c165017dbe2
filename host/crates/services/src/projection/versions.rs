//! What readers learn of the versions of a strategy beside the one that runs.

use super::alerts::Raised;
use super::read_model::ReadModel;
use crate::view::{AlertCode, BuildView, Change, LogLine, ProbationView, RollBackView};
use engine::{LimitScope, Severity, ShadowStage, SwapStage};
use model::{LogLevel, Rate, StrategyId, Timestamp};

impl ReadModel {
    /// A shadow began, which its own item shows with all there is to know, or it is over.
    pub(super) fn follow_shadow(
        &mut self,
        time: Timestamp,
        strategy: StrategyId,
        stage: &ShadowStage,
        changes: &mut Vec<Change>,
    ) {
        let text = match stage {
            ShadowStage::Begun(plugin) => format!("shadow of plugin {plugin} began"),
            ShadowStage::Ended(reason) => {
                self.edit(strategy, changes, |view| view.shadow = None);
                format!("shadow ended: {reason}")
            }
        };
        let level = LogLevel::Info;
        self.log(strategy, LogLine { time, level, text });
    }

    /// A build for a strategy was taken, or was not.
    pub(super) fn follow_build(
        &mut self,
        strategy: StrategyId,
        build: Box<BuildView>,
        changes: &mut Vec<Change>,
    ) {
        let (time, sequence) = (build.time, self.engine.sequence);
        let outcome = build.outcome;
        let level = match outcome.is_bad() {
            true => LogLevel::Warn,
            false => LogLevel::Info,
        };
        let text = build.line();
        self.log(strategy, LogLine { time, level, text });
        self.edit(strategy, changes, |view| view.last_build = Some(build));
        let severity = match outcome.is_bad() {
            true => Severity::Warning,
            false if outcome.is_well() => Severity::Cleared,
            // That a file is gone makes no good build of a bad one.
            false => return,
        };
        let raised = Raised {
            time,
            sequence,
            code: AlertCode::NewBuild,
            scope: LimitScope::Strategy(strategy),
            severity,
            share: Rate::ZERO,
        };
        changes.extend(self.risk.alerts.raise(raised));
    }

    /// A swap, or what followed it, moved on.
    pub(super) fn follow_swap(
        &mut self,
        (time, sequence): (Timestamp, u64),
        strategy: StrategyId,
        stage: SwapStage,
        changes: &mut Vec<Change>,
    ) {
        let mut severity = None;
        let said = match &stage {
            SwapStage::RolledBack(plugin, reason) => {
                severity = Some(Severity::Serious);
                Some((LogLevel::Warn, format!("back to plugin {plugin}: {reason}")))
            }
            SwapStage::Kept(reason) => {
                let text = format!("probation ended: {reason}");
                Some((LogLevel::Info, text))
            }
            SwapStage::Committed(_) => {
                severity = Some(Severity::Cleared);
                None
            }
            _ => None,
        };
        self.edit(strategy, changes, |view| match stage {
            SwapStage::Begun(_) => view.swap = Some("catch-up".to_owned()),
            SwapStage::Committed(_) | SwapStage::Aborted(_) => view.swap = None,
            // The plugin that is shown is still the one before.
            SwapStage::Probation(_, terms, until) => {
                view.probation = Some(Box::new(ProbationView {
                    before: view.plugin.clone(),
                    since: time,
                    until,
                    terms,
                }));
            }
            SwapStage::Kept(_) => view.probation = None,
            SwapStage::RolledBack(_, reason) => {
                view.probation = None;
                view.last_roll_back = Some(Box::new(RollBackView {
                    time,
                    sequence,
                    from: view.plugin.clone(),
                    reason,
                }));
            }
        });
        if let Some((level, text)) = said {
            self.log(strategy, LogLine { time, level, text });
        }
        let raised = severity.map(|severity| Raised {
            time,
            sequence,
            code: AlertCode::RollBack,
            scope: LimitScope::Strategy(strategy),
            severity,
            share: Rate::ZERO,
        });
        changes.extend(raised.and_then(|raised| self.risk.alerts.raise(raised)));
    }
}

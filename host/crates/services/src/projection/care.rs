//! What readers learn of strategies that broke: their restarts, and quarantine of their plugins.

use super::alerts::Raised;
use super::read_model::ReadModel;
use crate::view::{AlertCode, CareNews, Change, LogLine, PluginView, RestartOutcome};
use engine::{LimitScope, Severity, StrategyState};
use model::{LogLevel, Rate, StrategyId};

impl ReadModel {
    /// Something is to be told of a strategy that is taken care of.
    pub(super) fn follow_care(
        &mut self,
        strategy: StrategyId,
        news: CareNews,
        changes: &mut Vec<Change>,
    ) {
        match news {
            CareNews::Restart(view) => {
                let (level, severity) = match view.outcome {
                    RestartOutcome::Waiting => (LogLevel::Warn, Severity::Warning),
                    RestartOutcome::GaveUp => (LogLevel::Error, Severity::Critical),
                    RestartOutcome::Restored | RestartOutcome::Fresh => {
                        (LogLevel::Warn, Severity::Cleared)
                    }
                };
                self.say(strategy, level, view.line());
                self.edit(strategy, changes, |known| known.restart = Some(view));
                self.raise_care(strategy, AlertCode::Restart, severity, changes);
            }
            CareNews::Over => {
                self.edit(strategy, changes, |known| known.restart = None);
                self.raise_care(strategy, AlertCode::Restart, Severity::Cleared, changes);
            }
            CareNews::Quarantined(reason) => {
                let text = format!("its plugin is in quarantine: {reason}");
                self.say(strategy, LogLevel::Error, text);
                let severity = Severity::Critical;
                self.raise_care(strategy, AlertCode::Quarantine, severity, changes);
            }
            CareNews::OverBudget(reason) => {
                self.say(
                    strategy,
                    LogLevel::Warn,
                    format!("over its budget: {reason}"),
                );
                let severity = Severity::Warning;
                self.raise_care(strategy, AlertCode::Budget, severity, changes);
            }
            CareNews::InBudget => {
                let severity = Severity::Cleared;
                self.raise_care(strategy, AlertCode::Budget, severity, changes);
            }
            CareNews::Released => {
                let text = "its plugin may run again".to_owned();
                self.say(strategy, LogLevel::Info, text);
                let severity = Severity::Cleared;
                self.raise_care(strategy, AlertCode::Quarantine, severity, changes);
            }
        }
    }

    /// Another plugin runs for a strategy, or the same again. Whether the one before is in quarantine is then
    /// no business of the strategy any more.
    pub(super) fn follow_plugin(
        &mut self,
        strategy: StrategyId,
        plugin: PluginView,
        changes: &mut Vec<Change>,
    ) {
        let mut is_other = false;
        self.edit(strategy, changes, |view| {
            let before = view.plugin.as_ref();
            is_other = before.is_some_and(|before| before.hash != plugin.hash);
            view.plugin = Some(plugin);
        });
        if is_other {
            let severity = Severity::Cleared;
            self.raise_care(strategy, AlertCode::Quarantine, severity, changes);
        }
    }

    /// A strategy is in another state. That it was paused when it broke is known until it is started or
    /// stopped.
    pub(super) fn follow_state(
        &mut self,
        strategy: StrategyId,
        state: StrategyState,
        changes: &mut Vec<Change>,
    ) {
        let mut mended = false;
        self.edit(strategy, changes, |view| {
            let broken = view.state == StrategyState::Error;
            match state {
                StrategyState::Error => view.broke_paused |= view.state == StrategyState::Paused,
                StrategyState::Running | StrategyState::Stopped => view.broke_paused = false,
                StrategyState::Paused => {}
            }
            mended = broken && matches!(state, StrategyState::Running | StrategyState::Stopped);
            view.state = state;
        });
        if mended {
            self.raise_care(strategy, AlertCode::Restart, Severity::Cleared, changes);
        }
    }

    fn say(&mut self, strategy: StrategyId, level: LogLevel, text: String) {
        let time = self.engine.time;
        self.log(strategy, LogLine { time, level, text });
    }

    fn raise_care(
        &mut self,
        strategy: StrategyId,
        code: AlertCode,
        severity: Severity,
        changes: &mut Vec<Change>,
    ) {
        let raised = Raised {
            time: self.engine.time,
            sequence: self.engine.sequence,
            code,
            scope: LimitScope::Strategy(strategy),
            severity,
            share: Rate::ZERO,
        };
        changes.extend(self.risk.alerts.raise(raised));
    }
}

//! What readers learn of strategies that broke: their restarts, and quarantine of their plugins.

use super::alerts::Raised;
use super::read_model::ReadModel;
use crate::view::{AlertCode, CareNews, Change, LogLine, PluginView, RestartOutcome};
use engine::{FLATTEN_CODES, LimitScope, Severity, StrategyState};
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
            let left = FLATTEN_CODES.into_iter().map(AlertCode::Control);
            for code in left.chain([AlertCode::Restart]) {
                self.raise_care(strategy, code, Severity::Cleared, changes);
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outlet::Item;
    use crate::view::AlertState;
    use engine::{
        Alert, Definition, Effect, OrdersOnFault, Permissions, StrategyConfig, VenueConfig,
    };
    use model::{AccountConfig, AccountId, AccountKind, CurrencyId, DenyCode, Timestamp, VenueId};

    fn model() -> ReadModel {
        let strategy = StrategyConfig {
            name: "one".to_owned(),
            account: AccountId::new(0),
            on_fault: OrdersOnFault::Flatten,
            manual: false,
            permissions: Permissions::ALL,
        };
        let definitions = [
            Definition::Currency("USD".to_owned()),
            Definition::Venue(VenueConfig {
                name: "SIM".to_owned(),
                ..VenueConfig::default()
            }),
            Definition::Account(AccountConfig {
                name: "main".to_owned(),
                venue: VenueId::new(0),
                kind: AccountKind::Cash,
                base_currency: CurrencyId::new(0),
                deposits: Vec::new(),
                hedging: None,
            }),
            Definition::Strategy(strategy),
        ];
        let mut model = ReadModel::default();
        for definition in definitions {
            let item = Item::Defined(Timestamp::ZERO, Box::new(definition));
            model.apply(item, &mut Vec::new());
        }
        model
    }

    #[test]
    fn what_a_broken_strategy_left_open_is_over_when_it_is_broken_no_more() {
        let (mut model, id) = (model(), StrategyId::new(0));
        let tell = |model: &mut ReadModel, effect| {
            let item = Item::Effect(Timestamp::ZERO, 1, effect);
            model.apply(item, &mut Vec::new());
        };
        let alert = |code| {
            Effect::Alert(Alert {
                severity: Severity::Critical,
                code,
                scope: LimitScope::Strategy(id),
                share: Rate::ZERO,
            })
        };
        tell(&mut model, Effect::Strategy(id, StrategyState::Error));
        tell(&mut model, alert(DenyCode::MarketData));
        tell(&mut model, alert(DenyCode::Loss));
        tell(&mut model, Effect::Strategy(id, StrategyState::Running));
        let alerts = model.risk.alerts.all();
        let states = alerts.iter().map(|alert| (alert.code, alert.state));
        let expect = [
            (DenyCode::Loss, AlertState::Open),
            (DenyCode::MarketData, AlertState::Resolved),
        ];
        let expect = expect.map(|(code, state)| (AlertCode::Control(code), state));
        assert_eq!(states.collect::<Vec<_>>(), expect);
    }
}

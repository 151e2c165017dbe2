//! What readers are told of execution algorithms and custom rules: which there are, and what they
//! said, in the log of the strategy whose order it is about.

use super::ReadModel;
use crate::view::{LogLine, Words};
use engine::Effect;
use model::{DenyCode, LogLevel, OrderChange, OrderId, OrderUpdate, Timestamp};

impl ReadModel {
    pub(super) fn apply_custom(&mut self, time: Timestamp, effect: Effect) {
        match effect {
            Effect::AlgorithmFault(parent, fault) => {
                self.refused = Some((parent, format!("its algorithm: {}", fault.message).into()));
                self.log_of(parent, time, LogLevel::Error, fault.to_string());
            }
            Effect::AlgorithmLog(parent, level, text) => self.log_of(parent, time, level, text),
            Effect::RuleDenied(rule, order, reason) => {
                let rule = self.rules.get(&rule);
                let name = rule.map_or("?", |config| config.name.as_str());
                self.refused = Some((order, format!("rule {name}: {reason}").into()));
                let text = format!("refused by rule {name}: {reason}");
                self.log_of(order, time, LogLevel::Warn, text);
            }
            Effect::Algorithm(id, config) => match self.algorithms.get_mut(id.index()) {
                Some(known) => *known = config,
                None => self.algorithms.push(config),
            },
            Effect::Rule(id, Some(config)) => {
                self.rules.insert(id, config);
            }
            Effect::Rule(id, None) => {
                self.rules.remove(&id);
            }
            _ => {}
        }
    }

    /// What was said of an order that an update refuses.
    pub(super) fn words_on(&mut self, update: &OrderUpdate) -> Option<Words> {
        let (OrderChange::Denied(code) | OrderChange::UpdateDenied(code)) = update.change else {
            return None;
        };
        let said = matches!(code, DenyCode::Rule | DenyCode::Algorithm);
        let refused = self.refused.take_if(|(about, _)| *about == update.order);
        refused.map(|(_, words)| words).filter(|_| said)
    }

    /// Of an order that was refused the host learns the strategy only with the next effect, so what
    /// is said of it waits.
    pub(super) fn log_of(
        &mut self,
        order: OrderId,
        time: Timestamp,
        level: LogLevel,
        text: String,
    ) {
        let line = LogLine {
            time,
            level,
            text: format!("order {order}: {text}"),
        };
        match self.order(order) {
            Some(known) => self.log(known.strategy, line),
            None => self.unclaimed = Some((order, line)),
        }
    }
}

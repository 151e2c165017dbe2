//! What readers are told of execution algorithms and custom rules: which there are, and what they
//! said, in the log of the strategy whose order it is about.

use super::ReadModel;
use crate::view::LogLine;
use engine::Effect;
use model::{LogLevel, OrderId, Timestamp};

impl ReadModel {
    pub(super) fn apply_custom(&mut self, time: Timestamp, effect: Effect) {
        match effect {
            Effect::AlgorithmFault(parent, fault) => {
                self.log_of(parent, time, LogLevel::Error, fault.to_string());
            }
            Effect::AlgorithmLog(parent, level, text) => self.log_of(parent, time, level, text),
            Effect::RuleDenied(rule, order, reason) => {
                let rule = self.rules.get(&rule);
                let name = rule.map_or("?", |config| config.name.as_str());
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

    /// Of an order that was refused the host learns the strategy only with the next effect, so what
    /// is said of it waits.
    fn log_of(&mut self, order: OrderId, time: Timestamp, level: LogLevel, text: String) {
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

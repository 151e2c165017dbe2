//! Makes notices of what a host says to its readers. The same alert in the same state is one notice,
//! however often it is raised; so is each fault, swap, roll-back and kill.

use crate::notice::{Kind, Level, Notice};
use engine::LimitScope;
use model::{StrategyId, Timestamp};
use services::handle::{Queries, ScopeName};
use services::view::{
    AlertCode, AlertState, AlertView, Change, FaultView, PluginView, RollBackView, StrategyView,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Unresolved alerts that are remembered; the oldest is forgotten first. A host keeps fewer.
const ALERTS: usize = 4_000;

/// What was told already.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    /// Unresolved alerts, and how bad they were said to be at worst.
    alerts: BTreeMap<u64, Level>,
    strategies: BTreeMap<StrategyId, Known>,
    kills: BTreeMap<LimitScope, bool>,
}

/// What is known of a strategy.
#[derive(Debug, Default, PartialEq)]
struct Known {
    plugin: Option<PluginView>,
    /// Its latest fault, by moment and input.
    fault: Option<(Timestamp, u64)>,
    /// The latest time a version before took its place back, likewise.
    roll_back: Option<(Timestamp, u64)>,
}

impl Known {
    fn of(view: &StrategyView) -> Self {
        let place = |fault: &FaultView| (fault.time, fault.sequence);
        let rolled = view.last_roll_back.as_deref();
        Self {
            plugin: view.plugin.clone(),
            fault: view.faults.last().map(place),
            roll_back: rolled.map(|it| (it.time, it.sequence)),
        }
    }
}

/// How a host's scopes are called.
pub(crate) type ScopeNames<'a> = &'a dyn Fn(LimitScope) -> String;

impl Ear {
    /// Takes what there is for known, but for open alerts: those are news.
    pub(crate) fn begin(&mut self, host: &impl Queries) -> Vec<Notice> {
        for view in host.strategies() {
            self.strategies.insert(view.id, Known::of(&view));
        }
        self.kills.insert(LimitScope::Firm, host.engine().killed);
        self.alerts_of(&host.alerts(), &|scope| name_of(host, scope))
    }

    /// Looks at all there is, after changes were missed.
    pub(crate) fn catch_up(&mut self, host: &impl Queries) -> Vec<Notice> {
        let names = |scope| name_of(host, scope);
        let engine = host.engine();
        let mut notices = self.alerts_of(&host.alerts(), &names);
        for view in host.strategies() {
            notices.extend(self.strategy(&view, engine.time, &names));
        }
        notices.extend(self.kill(LimitScope::Firm, engine.killed, engine.time, &names));
        notices
    }

    /// What there is to tell of a change at a moment of engine time.
    pub(crate) fn hear(
        &mut self,
        change: &Change,
        time: Timestamp,
        names: ScopeNames<'_>,
    ) -> Vec<Notice> {
        match change {
            Change::Alert(alert) => self.alert(alert, names).into_iter().collect(),
            Change::Strategy(view) => self.strategy(view, time, names),
            Change::Engine(view) => self.kill(LimitScope::Firm, view.killed, time, names),
            Change::Risk(view) => self.kill(view.scope, view.killed, time, names),
            _ => Vec::new(),
        }
    }

    /// The newest alert comes first, and is to be told last.
    fn alerts_of(&mut self, alerts: &[AlertView], names: ScopeNames<'_>) -> Vec<Notice> {
        let oldest_first = alerts.iter().rev();
        oldest_first
            .filter_map(|alert| self.alert(alert, names))
            .collect()
    }

    fn alert(&mut self, alert: &AlertView, names: ScopeNames<'_>) -> Option<Notice> {
        let level = Level::from(alert.severity);
        let told = self.alerts.get(&alert.id).copied();
        let state = match (alert.state, told) {
            (AlertState::Resolved, None) => return None,
            (AlertState::Resolved, Some(_)) => {
                self.alerts.remove(&alert.id);
                return Some(alert_notice(alert, "RESOLVED", names));
            }
            (_, Some(worst)) if level <= worst => return None,
            (_, Some(_)) => "ESCALATED",
            (_, None) => "RAISED",
        };
        self.alerts.insert(alert.id, level);
        while self.alerts.len() > ALERTS {
            self.alerts.pop_first();
        }
        // Somebody has seen it, as when the host began again.
        let is_seen = told.is_none() && alert.state == AlertState::Acknowledged;
        (!is_seen).then(|| alert_notice(alert, state, names))
    }

    fn strategy(
        &mut self,
        view: &Arc<StrategyView>,
        time: Timestamp,
        names: ScopeNames<'_>,
    ) -> Vec<Notice> {
        let now = Known::of(view);
        let before = self.strategies.get(&view.id);
        if view.manual || before == Some(&now) {
            return Vec::new();
        }
        let before = self.strategies.insert(view.id, now).unwrap_or_default();
        let now = &self.strategies[&view.id];
        let scope = names(LimitScope::Strategy(view.id));
        let mut notices = Vec::new();
        if let Some(fault) = view.faults.last().filter(|_| now.fault != before.fault) {
            notices.push(fault_notice(view, fault, scope.clone()));
        }
        let rolled = view.last_roll_back.as_deref();
        if let Some(rolled) = rolled.filter(|_| now.roll_back != before.roll_back) {
            notices.push(roll_back_notice(view, rolled, scope));
        } else if let (Some(old), Some(new)) = (&before.plugin, &now.plugin)
            && old != new
        {
            notices.push(swap_notice(view, (old, new), scope, time));
        }
        notices
    }

    fn kill(
        &mut self,
        scope: LimitScope,
        killed: bool,
        time: Timestamp,
        names: ScopeNames<'_>,
    ) -> Vec<Notice> {
        if self.kills.insert(scope, killed).unwrap_or_default() == killed {
            return Vec::new();
        }
        let (state, level, did) = match killed {
            true => (
                "SET",
                Level::Critical,
                "killed: its orders are cancelled and none leaves",
            ),
            false => ("CLEARED", Level::Warning, "no longer killed"),
        };
        let scope = names(scope);
        vec![Notice {
            kind: Kind::Kill,
            state,
            level,
            code: String::new(),
            title: format!("{scope} is {did}"),
            scope,
            text: String::new(),
            time,
            alert: None,
        }]
    }
}

/// The name of a scope, as the API writes it.
pub(crate) fn name_of(host: &impl Queries, scope: LimitScope) -> String {
    let unnamed = |number: u32| format!("#{number}");
    let name = match scope {
        LimitScope::Firm => ScopeName::Firm,
        LimitScope::Account(id) => {
            let found = host.accounts().into_iter().find(|view| view.id == id);
            let name = found.map(|view| view.config.name);
            ScopeName::Account(name.unwrap_or_else(|| unnamed(id.number())))
        }
        LimitScope::Strategy(id) => {
            let found = host.strategies().into_iter().find(|view| view.id == id);
            let name = found.map(|view| view.name.clone());
            ScopeName::Strategy(name.unwrap_or_else(|| unnamed(id.number())))
        }
        LimitScope::Instrument(id) => {
            let found = host.instruments().into_iter().find(|view| view.id == id);
            let symbol = found.map(|view| view.instrument.symbol);
            ScopeName::Instrument(symbol.unwrap_or_else(|| unnamed(id.number())))
        }
    };
    name.to_string()
}

/// The code of an alert, as the API writes it.
fn code(code: AlertCode) -> String {
    match code {
        AlertCode::Control(code) => code.to_string(),
        AlertCode::Metric(metric) => metric.name().to_ascii_uppercase(),
        AlertCode::RollBack => "ROLL_BACK".to_owned(),
        AlertCode::NewBuild => "NEW_BUILD".to_owned(),
        AlertCode::Quarantine => "QUARANTINE".to_owned(),
        AlertCode::Budget => "BUDGET".to_owned(),
        AlertCode::Restart => "RESTART".to_owned(),
        AlertCode::Journal => "JOURNAL".to_owned(),
    }
}

/// What an alert is about, in words.
fn meaning(alert: AlertCode) -> String {
    match alert {
        AlertCode::Control(denial) => {
            let mut controls = engine::controls().iter();
            let control = controls.find(|control| control.code == denial);
            control.map_or_else(|| code(alert), |control| control.name.to_owned())
        }
        AlertCode::Metric(metric) => metric.name().replace('_', " "),
        AlertCode::RollBack => "a version was sent back".to_owned(),
        AlertCode::NewBuild => "a new build was not taken".to_owned(),
        AlertCode::Quarantine => "its plugin is in quarantine".to_owned(),
        AlertCode::Budget => "its events cost too much".to_owned(),
        AlertCode::Restart => {
            "it broke and waits for its restart, or is not started again".to_owned()
        }
        AlertCode::Journal => "the journal cannot be written, new orders are denied".to_owned(),
    }
}

fn alert_notice(alert: &AlertView, state: &'static str, names: ScopeNames<'_>) -> Notice {
    let (scope, code) = (names(alert.scope), code(alert.code));
    let meaning = meaning(alert.code);
    let (count, share) = (alert.count, alert.share);
    Notice {
        kind: Kind::Alert,
        state,
        level: Level::from(alert.severity),
        title: format!(
            "{scope}: {code}, {meaning} ({})",
            state.to_ascii_lowercase()
        ),
        code,
        scope,
        text: format!(
            "alert {}, raised {count} times, share of the limit {share}",
            alert.id
        ),
        time: alert.last_time,
        alert: Some(alert.id),
    }
}

fn fault_notice(view: &StrategyView, fault: &FaultView, scope: String) -> Notice {
    Notice {
        kind: Kind::Fault,
        state: "HAPPENED",
        level: Level::Serious,
        code: fault.fault.kind.name().to_owned(),
        scope,
        title: format!("strategy {} broke: {}", view.name, fault.fault.kind.name()),
        text: format!("{} (input {})", fault.fault.message, fault.sequence),
        time: fault.time,
        alert: None,
    }
}

fn roll_back_notice(view: &StrategyView, rolled: &RollBackView, scope: String) -> Notice {
    let from = rolled.from.as_ref().map(version).unwrap_or_default();
    let to = view.plugin.as_ref().map(version).unwrap_or_default();
    Notice {
        kind: Kind::RollBack,
        state: "HAPPENED",
        level: Level::Serious,
        code: String::new(),
        scope,
        title: format!("strategy {} was rolled back: {}", view.name, rolled.reason),
        text: format!("{from} left, {to} runs"),
        time: rolled.time,
        alert: None,
    }
}

fn swap_notice(
    view: &StrategyView,
    (old, new): (&PluginView, &PluginView),
    scope: String,
    time: Timestamp,
) -> Notice {
    let what = match old.hash == new.hash {
        true => "has new parameters",
        false => "runs another version",
    };
    Notice {
        kind: Kind::Swap,
        state: "HAPPENED",
        level: Level::Info,
        code: String::new(),
        scope,
        title: format!("strategy {} {what}", view.name),
        text: format!("{} left, {} runs", version(old), version(new)),
        time,
        alert: None,
    }
}

fn version(plugin: &PluginView) -> String {
    let hash: String = plugin.hash.to_string().chars().take(12).collect();
    format!("{} {} (sha256:{hash})", plugin.name, plugin.version)
}

#[cfg(test)]
mod tests;

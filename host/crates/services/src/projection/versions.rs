//! What readers learn of the versions of a strategy beside the one that runs.

use super::alerts::Raised;
use super::read_model::ReadModel;
use crate::view::{
    AlertCode, BuildView, CanaryView, Change, KeptView, LogLine, PipelineView, ProbationView,
    RollBackView, StrategyView,
};
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

    /// A run of a strategy's pipeline moved on.
    pub(super) fn follow_pipeline(
        &mut self,
        strategy: StrategyId,
        pipeline: Box<PipelineView>,
        changes: &mut Vec<Change>,
    ) {
        let level = match pipeline.is_bad {
            true => LogLevel::Warn,
            false => LogLevel::Info,
        };
        let line = LogLine {
            time: pipeline.time,
            level,
            text: format!("pipeline run {}: {}", pipeline.run, pipeline.verdict),
        };
        self.log(strategy, line);
        self.edit(strategy, changes, |view| view.pipeline = Some(pipeline));
    }

    /// A swap, or what followed it, moved on.
    pub(super) fn follow_swap(
        &mut self,
        (time, sequence): (Timestamp, u64),
        strategy: StrategyId,
        stage: SwapStage,
        changes: &mut Vec<Change>,
    ) {
        let severity = match &stage {
            SwapStage::RolledBack(..) => Some(Severity::Serious),
            SwapStage::Committed(_) => Some(Severity::Cleared),
            _ => None,
        };
        let said = line_of(&stage);
        self.edit(strategy, changes, |view| {
            show_stage((time, sequence), view, stage);
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

/// What the log of a strategy says of it.
fn line_of(stage: &SwapStage) -> Option<(LogLevel, String)> {
    match stage {
        SwapStage::RolledBack(plugin, reason) => {
            Some((LogLevel::Warn, format!("back to plugin {plugin}: {reason}")))
        }
        SwapStage::Kept(reason) => Some((LogLevel::Info, format!("probation ended: {reason}"))),
        SwapStage::Canary(before, canary) => {
            let count = canary.instruments.len();
            let text = format!("canary began with {count} instruments, beside plugin {before}");
            Some((LogLevel::Info, text))
        }
        SwapStage::Promoted(_, _, reason) => {
            Some((LogLevel::Info, format!("canary promoted: {reason}")))
        }
        SwapStage::Flipped(plugin) => Some((LogLevel::Info, format!("flipped to plugin {plugin}"))),
        SwapStage::Begun(_)
        | SwapStage::Committed(_)
        | SwapStage::Aborted(_)
        | SwapStage::Probation(..) => None,
    }
}

fn show_stage((time, sequence): (Timestamp, u64), view: &mut StrategyView, stage: SwapStage) {
    // The plugin that is shown is still the one before, whenever another one begins to run.
    let watched = |before, terms, until, canary| {
        Some(Box::new(ProbationView {
            before,
            since: time,
            until,
            terms,
            canary,
        }))
    };
    match stage {
        SwapStage::Begun(_) => view.swap = Some("catch-up".to_owned()),
        SwapStage::Committed(_) | SwapStage::Aborted(_) => view.swap = None,
        SwapStage::Probation(_, terms, until) => {
            view.probation = watched(view.plugin.clone(), terms, until, None);
        }
        SwapStage::Canary(_, stage) => {
            let canary = CanaryView {
                instruments: stage.instruments,
                when_over: stage.when_over,
            };
            view.probation = watched(view.plugin.clone(), stage.terms, stage.until, Some(canary));
        }
        SwapStage::Promoted(terms, until, _) => {
            let before = view.probation.take().and_then(|was| was.before);
            view.probation = watched(before, terms, until, None);
        }
        SwapStage::Flipped(_) => {
            if let Some(probation) = &mut view.probation {
                (probation.before, probation.since) = (view.plugin.clone(), time);
            }
        }
        SwapStage::Kept(reason) => {
            view.probation = None;
            view.last_kept = Some(Box::new(KeptView {
                time,
                sequence,
                reason,
            }));
        }
        SwapStage::RolledBack(_, reason) => {
            view.probation = None;
            view.last_roll_back = Some(Box::new(RollBackView {
                time,
                sequence,
                from: view.plugin.clone(),
                reason,
            }));
        }
    }
}

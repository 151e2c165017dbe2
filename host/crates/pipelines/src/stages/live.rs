//! `[live]`: the version takes over by a swap with a probation, as an operator would have it, and must
//! outlive that. A version that is sent back fails; so does one of which that cannot be told.

use super::paper::hand_over;
use crate::definition::Live;
use crate::driver::{Context, Halt, Outcome, share_of_time};
use crate::gate::{Criterion, Gate};
use crate::text::words;
use engine::{Probation, StrategyState, SwapTerms};
use model::Timestamp;
use services::handle::{PluginSource, Queries, SwapRequest, Terms};
use services::view::{KeptView, PluginView, StrategyView};
use std::sync::Arc;

/// The name of what is asked.
const NAME: &str = "probation";

pub(crate) fn run(context: &Context<'_>, terms: &Live) -> Outcome {
    let begun = match context.run.switching_after {
        None => switch(context, terms),
        Some(after) => again(context, after),
    };
    let watch = match begun {
        Ok(watch) => watch,
        Err(reason) => return Outcome::Judged(Gate::broken(reason)),
    };
    loop {
        let Some(view) = context.host.strategy(&context.run.strategy) else {
            return Outcome::Judged(Gate::broken("there is no such strategy any more"));
        };
        if let Some(criterion) = watch.judge(&view) {
            return Outcome::Judged(Gate::of(vec![criterion]));
        }
        let now = context.host.engine().time;
        let all = watch.until.since(watch.since);
        context.progress(share_of_time(now.since(watch.since), all));
        if let Some(halt) = context.halt() {
            return halted(context, halt);
        }
        context.pause();
    }
}

/// Who cancels a run whose version is on probation wants the one before back.
fn halted(context: &Context<'_>, halt: Halt) -> Outcome {
    let asked = match halt {
        Halt::Closing => return Halt::Closing.into(),
        Halt::Cancelled(asked) => asked,
    };
    let back = context.ask(context.host.roll_back(&context.run.strategy));
    let said = match back {
        Ok(_) => "the version before is back".to_owned(),
        Err(error) => format!("the version before is not back: {error}"),
    };
    Halt::Cancelled(format!("{asked}; {said}")).into()
}

/// What is watched.
struct Watch {
    plugin: model::PluginHash,
    /// Inputs of the engine before it took over.
    after: u64,
    since: Timestamp,
    until: Timestamp,
}

/// Has the version take over.
fn switch(context: &Context<'_>, terms: &Live) -> Result<Watch, String> {
    let after = context.host.engine().sequence;
    // On the disk first: who goes on with this run after a crash must know that it may have happened.
    context.keep(|run| run.switching_after = Some(after))?;
    let view = take_over(context, terms)?;
    // One that was sent back at once is seen by whoever looks at the strategy next.
    let (since, until) = match &view.probation {
        Some(probation) => (probation.since, probation.until),
        None => {
            let now = context.host.engine().time;
            (now, now.after(terms.lasts.0))
        }
    };
    Ok(Watch {
        plugin: context.plugin,
        after,
        since,
        until,
    })
}

/// A canary is given the other instruments; without one, it is a swap.
fn take_over(context: &Context<'_>, terms: &Live) -> Result<Arc<StrategyView>, String> {
    let name = &context.run.strategy;
    let taken = match context.definition.canary {
        None => {
            let asked = context.host.swap(name, request(context, terms));
            context.ask(asked).map(|report| report.strategy)
        }
        Some(_) => {
            let view = context.host.strategy(name);
            let is_ours = view.is_some_and(|view| {
                let probation = view.probation.as_ref();
                let canary = probation.and_then(|probation| probation.canary.as_ref());
                canary.is_some() && runs(&view, context.plugin)
            });
            if !is_ours {
                return Err("the canary that passed is gone; begin another run".to_owned());
            }
            let asked = context.host.promote_canary(name, Some(probation(terms)));
            context.ask(asked)
        }
    };
    taken.map_err(|error| format!("it did not take over: {error}"))
}

fn probation(terms: &Live) -> Probation {
    Probation {
        lasts: terms.lasts.0,
        max_faults: terms.max_faults,
        max_loss: terms.max_loss.map(|loss| loss.0),
        max_denials: terms.max_denials,
    }
}

fn request(context: &Context<'_>, terms: &Live) -> SwapRequest {
    SwapRequest {
        plugin: Some(PluginSource::Kept(context.run.plugin.clone())),
        parameters: context.run.parameters.clone(),
        terms: Terms {
            force: context.run.force,
            by: Some(context.run.by.clone()),
            configured: false,
        },
        succession: SwapTerms {
            hand_over: hand_over(terms.fresh),
            probation: Some(probation(terms)),
        },
    }
}

/// Goes on watching after the host came back. Nothing is swapped again: a version that was sent back while
/// nobody looked must not come back by itself.
fn again(context: &Context<'_>, after: u64) -> Result<Watch, String> {
    let view = context.host.strategy(&context.run.strategy);
    let view = view.ok_or("there is no such strategy any more")?;
    let plugin = context.plugin;
    let watch = |since, until| Watch {
        plugin,
        after,
        since,
        until,
    };
    if let Some(probation) = view.probation.as_ref().filter(|_| runs(&view, plugin)) {
        return Ok(watch(probation.since, probation.until));
    }
    // What is known of its end is judged as if it had been watched.
    let told = watch(Timestamp::ZERO, Timestamp::MAX).judge(&view);
    Err(match told {
        Some(criterion) => criterion.measured.unwrap_or_default(),
        None => "whether it took over, or how that ended, cannot be told any more".to_owned(),
    })
}

/// Whether the strategy runs this component.
pub(super) fn runs(view: &StrategyView, plugin: model::PluginHash) -> bool {
    let is_it = |running: &PluginView| running.hash == plugin;
    view.plugin.as_ref().is_some_and(is_it)
}

impl Watch {
    /// What became of it; `None` while it is watched.
    fn judge(&self, view: &StrategyView) -> Option<Criterion> {
        let wanted = format!("borne for {}", words(self.until.since(self.since)));
        let said = |measured: String, holds| Criterion::stated(NAME, &wanted, measured, holds);
        let back = view.last_roll_back.as_deref();
        if let Some(back) = back.filter(|back| back.sequence > self.after) {
            let measured = format!("sent back at {}: {}", back.time, back.reason);
            return Some(said(measured, false));
        }
        if view.probation.is_some() && runs(view, self.plugin) {
            return None;
        }
        let kept = view.last_kept.as_deref();
        let kept = kept.filter(|kept| kept.sequence > self.after);
        let state = view.state;
        let is_live = matches!(state, StrategyState::Running | StrategyState::Paused);
        Some(match kept {
            Some(KeptView { time, .. })
                if *time >= self.until && is_live && runs(view, self.plugin) =>
            {
                said("borne to its end".to_owned(), true)
            }
            Some(KeptView { time, reason, .. }) if *time < self.until => {
                let measured = format!("ended early at {time}: {reason}; what runs runs on");
                said(measured, false)
            }
            _ => {
                let measured = format!(
                    "another version runs, or none; the strategy is {}",
                    state.name()
                );
                said(measured, false)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{NEW, at, on_probation as view};
    use super::*;
    use services::view::RollBackView;

    fn ended(time: u64, sequence: u64) -> StrategyView {
        StrategyView {
            probation: None,
            last_kept: Some(Box::new(KeptView {
                time: at(time),
                sequence,
                reason: "confirmed by an operator".to_owned(),
            })),
            ..view()
        }
    }

    fn check(view: &StrategyView, expect: Option<(&str, bool)>) {
        let watch = Watch {
            plugin: NEW,
            after: 50,
            since: at(100),
            until: at(200),
        };
        let found = watch.judge(view);
        let found = found.map(|one| (one.measured.unwrap(), one.holds));
        match expect {
            None => assert_eq!(found, None),
            Some((words, holds)) => {
                let (measured, held) = found.unwrap();
                assert!(
                    measured.contains(words) && held == holds,
                    "{measured} {held}"
                );
            }
        }
    }

    #[test]
    fn a_probation_must_be_borne_to_its_end() {
        check(&view(), None);
        check(&ended(200, 60), Some(("borne to its end", true)));
        check(&ended(199, 60), Some(("ended early", false)));
        // Of the probation before.
        check(&ended(200, 50), Some(("another version runs", false)));
        let stopped = StrategyView {
            state: StrategyState::Error,
            ..ended(200, 60)
        };
        check(&stopped, Some(("another version runs", false)));
    }

    #[test]
    fn a_version_that_was_sent_back_fails() {
        let back = |sequence| StrategyView {
            last_roll_back: Some(Box::new(RollBackView {
                time: at(150),
                sequence,
                from: None,
                reason: "it broke".to_owned(),
            })),
            ..view()
        };
        check(&back(50), None);
        check(&back(51), Some(("it broke", false)));
    }
}

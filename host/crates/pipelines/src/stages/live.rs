//! `[live]`: the version takes over by a swap with a probation, as an operator would have it, and must
//! outlive that. A version that is sent back fails; so does one of which that cannot be told.

use super::paper::hand_over;
use super::watched::{Orders, Own, brought, sent_back, taken_over};
use crate::definition::Live;
use crate::driver::{Context, Outcome, share_of_time};
use crate::gate::{Criterion, Gate};
use crate::run::TakenOver;
use crate::text::words;
use engine::{Probation, StrategyState, SwapTerms};
use model::PluginHash;
use services::handle::{PluginSource, Queries, SwapRequest, Terms};
use services::view::{KeptView, StrategyView};
use std::sync::Arc;

/// The name of what is asked.
const NAME: &str = "probation";

pub(crate) fn run(context: &Context<'_>, terms: &Live) -> Outcome {
    let begun = match context.run.switching_after {
        None => switch(context, terms),
        Some(after) => again(context, terms, after),
    };
    let watch = match begun {
        Ok(watch) => watch,
        Err(reason) => return Outcome::Judged(Gate::broken(reason)),
    };
    let (since, until) = (watch.taken.since(), watch.taken.until());
    let mut orders = Orders::default();
    loop {
        let Some(view) = context.host.strategy(&context.run.strategy) else {
            return Outcome::Judged(Gate::broken("there is no such strategy any more"));
        };
        let own = Own {
            strategy: view.id,
            since,
            instruments: None,
        };
        orders.gather(context, &own);
        if let Some(borne) = watch.judge(&view) {
            let mut criteria = vec![borne, orders.criterion(terms.min_orders)];
            let brought = brought(context).now;
            criteria.extend(watch.taken.loss(terms.max_loss, brought));
            return Outcome::Judged(Gate::of(criteria));
        }
        let now = context.host.engine().time;
        context.progress(share_of_time(now.since(since), until.since(since)));
        // Who cancels a run is given back what it began, here and anywhere.
        if let Some(halt) = context.halt() {
            return halt.into();
        }
        context.pause();
    }
}

/// What is watched.
#[derive(Debug)]
struct Watch {
    plugin: PluginHash,
    /// Inputs of the engine before it took over.
    after: u64,
    taken: TakenOver,
}

/// Has the version take over.
fn switch(context: &Context<'_>, terms: &Live) -> Result<Watch, String> {
    let after = context.host.engine().sequence;
    // On the disk first: who goes on with this run after a crash must know that it may have happened.
    context.keep(|run| run.switching_after = Some(after))?;
    let view = take_over(context, terms)?;
    taken_on(context, after, &view).ok_or_else(|| {
        let back = sent_back(&view, after);
        back.unwrap_or_else(|| "another version took its place as soon as it ran".to_owned())
    })
}

/// The version on probation, as it took over.
fn taken_on(context: &Context<'_>, after: u64, view: &StrategyView) -> Option<Watch> {
    let taken = taken_over(context, view)?;
    let kept = taken.clone();
    // The disk may refuse: then it is watched all the same, and lost with a crash.
    let _kept = context.keep(|run| run.live = Some(kept));
    Some(Watch {
        plugin: context.plugin,
        after,
        taken,
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
            if !view.is_some_and(|view| is_our_canary(context, &view)) {
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
        max_drawdown: terms.max_drawdown.map(|loss| loss.0),
        max_denied_percent: terms.max_denied_percent,
    }
}

fn request(context: &Context<'_>, terms: &Live) -> SwapRequest {
    SwapRequest {
        start: false,
        plugin: Some(PluginSource::Kept(context.run.plugin.clone())),
        parameters: context.run.parameters.clone(),
        terms: Terms {
            force: context.run.force,
            by: Some(context.run.by.clone()),
            ..Terms::default()
        },
        succession: SwapTerms {
            hand_over: hand_over(terms.fresh),
            probation: Some(probation(terms)),
        },
    }
}

/// Whether the canary of the run is there.
fn is_our_canary(context: &Context<'_>, view: &StrategyView) -> bool {
    let is_ours = match &context.run.canary {
        Some(taken) => taken.is_watched(view, context.plugin),
        // The disk did not take it down.
        None => {
            let running = view.plugin.as_ref();
            running.is_some_and(|running| running.hash == context.plugin)
        }
    };
    context.run.canary_after.is_some() && is_canary(view) && is_ours
}

fn is_canary(view: &StrategyView) -> bool {
    let probation = view.probation.as_ref();
    probation.is_some_and(|probation| probation.canary.is_some())
}

/// Goes on watching after the host came back. Nothing is swapped again: a version that was sent back while
/// nobody looked must not come back by itself. A canary that passed, and had not been promoted yet when
/// the host crashed, is promoted now.
fn again(context: &Context<'_>, terms: &Live, after: u64) -> Result<Watch, String> {
    let view = context.host.strategy(&context.run.strategy);
    let view = view.ok_or("there is no such strategy any more")?;
    if let Some(back) = sent_back(&view, after) {
        return Err(back);
    }
    if is_our_canary(context, &view) {
        return switch(context, terms);
    }
    let watch = match &context.run.live {
        // How that went on, or ended, is judged as if it had been watched.
        Some(taken) => Some(Watch {
            plugin: context.plugin,
            after,
            taken: taken.clone(),
        }),
        // The host crashed in the moment in which it took over.
        None if is_canary(&view) => None,
        None => taken_on(context, after, &view),
    };
    let unknown = "whether it took over, or how that ended, cannot be told any more";
    watch.ok_or_else(|| unknown.to_owned())
}

impl Watch {
    /// What became of it; `None` while it is watched.
    fn judge(&self, view: &StrategyView) -> Option<Criterion> {
        let (since, until) = (self.taken.since(), self.taken.until());
        let wanted = format!("borne for {}", words(until.since(since)));
        let said = |measured: String, holds| Criterion::stated(NAME, &wanted, measured, holds);
        if let Some(back) = sent_back(view, self.after) {
            return Some(said(back, false));
        }
        let runs = self.taken.runs(view, self.plugin);
        if view.probation.is_some() {
            if !is_canary(view) && self.taken.is_watched(view, self.plugin) {
                return None;
            }
            let measured = "another version is on probation, or the two changed places".to_owned();
            return Some(said(measured, false));
        }
        let kept = view.last_kept.as_deref();
        let kept = kept.filter(|kept| kept.sequence > self.after);
        let state = view.state;
        let is_live = matches!(state, StrategyState::Running | StrategyState::Paused);
        Some(match kept {
            Some(KeptView { time, reason, .. }) if *time < until => {
                let measured = format!("ended early at {time}: {reason}; what runs runs on");
                said(measured, false)
            }
            Some(_) if is_live && runs => said("borne to its end".to_owned(), true),
            None if is_live && runs => {
                let measured = "how it ended cannot be told any more; what runs runs on";
                said(measured.to_owned(), false)
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
    use super::super::samples::{NEW, at, on_probation as view, says, taken};
    use super::*;
    use services::view::{CanaryView, RollBackView};

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
            taken: taken(),
        };
        says(watch.judge(view), expect);
    }

    #[test]
    fn a_probation_must_be_borne_to_its_end() {
        check(&view(), None);
        check(&ended(200, 60), Some(("borne to its end", true)));
        check(&ended(199, 60), Some(("ended early", false)));
        // Of the probation before.
        check(&ended(200, 50), Some(("cannot be told any more", false)));
        let mut other = ended(200, 60);
        if let Some(plugin) = &mut other.plugin {
            plugin.parameters = vec![("fast".to_owned(), "5".to_owned())];
        }
        check(&other, Some(("another version runs", false)));
        let stopped = StrategyView {
            state: StrategyState::Error,
            ..ended(200, 60)
        };
        check(&stopped, Some(("another version runs", false)));
    }

    #[test]
    fn versions_that_changed_places_were_not_watched() {
        let mut flipped = view();
        if let Some(probation) = &mut flipped.probation {
            probation.since = at(150);
        }
        check(&flipped, Some(("changed places", false)));
        let mut canary = view();
        if let Some(probation) = &mut canary.probation {
            probation.canary = Some(CanaryView {
                instruments: Vec::new(),
                when_over: engine::WhenOver::RollBack,
            });
        }
        check(&canary, Some(("another version is on probation", false)));
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

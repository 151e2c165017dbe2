//! `[canary]`: the version takes over some instruments of its strategy, as an operator would have it, and
//! must do well there for so long. Then it is given the others by `[live]`, or gives its own back.
//!
//! It is begun for longer than it is watched, and goes back when that is over: whatever happens to this
//! host meanwhile, nobody has all instruments because nobody decided.

use super::paper::hand_over;
use super::watched::{Orders, Own, brought, sent_back, taken_over};
use crate::definition::Canary;
use crate::driver::{Context, Outcome, share_of_time};
use crate::gate::{Criterion, Gate};
use crate::run::TakenOver;
use crate::text::words;
use engine::{Probation, WhenOver};
use model::{Duration, InstrumentId, PluginHash, Timestamp};
use services::handle::{CanaryRequest, PluginSource, Queries, Terms};
use services::view::StrategyView;

/// The name of what is asked.
const NAME: &str = "canary";

pub(crate) fn run(context: &Context<'_>, terms: &Canary) -> Outcome {
    let begun = match context.run.canary_after {
        None => begin(context, terms),
        Some(after) => again(context, terms, after),
    };
    let watch = match begun {
        Ok(watch) => watch,
        Err(reason) => return Outcome::Judged(Gate::broken(reason)),
    };
    let mut orders = Orders::default();
    loop {
        let Some(view) = context.host.strategy(&context.run.strategy) else {
            return Outcome::Judged(Gate::broken("there is no such strategy any more"));
        };
        let now = context.host.engine().time;
        let since = watch.taken.since();
        context.progress(share_of_time(now.since(since), watch.lasts));
        orders.gather(context, &watch.own(&view));
        if let Some(borne) = watch.judge(&view, now) {
            let is_there = borne.holds;
            let mut criteria = vec![borne, orders.criterion(terms.min_orders)];
            // Without a canary it is that of all instruments.
            if is_there {
                let brought = brought(context).now;
                criteria.extend(watch.taken.loss(terms.max_loss, brought));
            }
            let gate = Gate::of(criteria);
            let goes_on = gate.passes() && context.definition.live.is_some();
            // One that was sent back, or replaced, is nobody's to end.
            if is_there && !goes_on {
                end(context);
            }
            return Outcome::Judged(gate);
        }
        // Who cancels a run is given back what it began, here and anywhere. A host that ends gives it back
        // by itself, one that crashes goes on.
        if let Some(halt) = context.halt() {
            return halt.into();
        }
        context.pause();
    }
}

/// The version before has all instruments again; where it has them already, nothing happens.
fn end(context: &Context<'_>) {
    let _ended = context.ask(context.host.end_canary(&context.run.strategy));
}

/// What is watched.
struct Watch {
    plugin: PluginHash,
    /// Inputs of the engine before it began.
    after: u64,
    taken: TakenOver,
    lasts: Duration,
    instruments: Vec<InstrumentId>,
}

fn begin(context: &Context<'_>, terms: &Canary) -> Result<Watch, String> {
    let after = context.host.engine().sequence;
    // On the disk first, as the swap of `[live]` is.
    context.keep(|run| run.canary_after = Some(after))?;
    let asked = request(context, terms);
    let asked = context.host.begin_canary(&context.run.strategy, asked);
    let report = context
        .ask(asked)
        .map_err(|error| format!("it did not take over its instruments: {error}"))?;
    let view = report.strategy;
    taken_on(context, terms, (after, &view)).ok_or_else(|| {
        let back = sent_back(&view, after);
        back.unwrap_or_else(|| "it was sent back as soon as it began".to_owned())
    })
}

fn request(context: &Context<'_>, terms: &Canary) -> CanaryRequest {
    CanaryRequest {
        plugin: Some(PluginSource::Kept(context.run.plugin.clone())),
        parameters: context.run.parameters.clone(),
        terms: Terms {
            force: context.run.force,
            by: Some(context.run.by.clone()),
            ..Terms::default()
        },
        hand_over: hand_over(terms.fresh),
        instruments: terms.instruments.clone(),
        probation: Probation {
            lasts: Duration::from_nanos(terms.lasts.0.nanos().saturating_mul(2)),
            max_faults: 0,
            max_loss: terms.max_loss.map(|loss| loss.0),
            max_denials: terms.max_denials,
            max_drawdown: terms.max_drawdown.map(|loss| loss.0),
            max_denied_percent: terms.max_denied_percent,
        },
        when_over: WhenOver::RollBack,
    }
}

/// The canary of the strategy, as it began.
fn taken_on(
    context: &Context<'_>,
    terms: &Canary,
    (after, view): (u64, &StrategyView),
) -> Option<Watch> {
    let instruments = instruments(view)?;
    let taken = taken_over(context, view)?;
    let kept = taken.clone();
    // The disk may refuse: then it is watched all the same, and lost with a crash.
    let _kept = context.keep(|run| run.canary = Some(kept));
    Some(Watch {
        plugin: context.plugin,
        after,
        taken,
        lasts: terms.lasts.0,
        instruments,
    })
}

/// What the version on probation has, where it has not all.
fn instruments(view: &StrategyView) -> Option<Vec<InstrumentId>> {
    let canary = view.probation.as_ref()?.canary.as_ref()?;
    Some(canary.instruments.clone())
}

/// Goes on watching after the host came back. None is begun again: one that was sent back while nobody
/// looked must not come back by itself.
fn again(context: &Context<'_>, terms: &Canary, after: u64) -> Result<Watch, String> {
    let view = context.host.strategy(&context.run.strategy);
    let view = view.ok_or("there is no such strategy any more")?;
    if let Some(back) = sent_back(&view, after) {
        return Err(back);
    }
    let watch = match &context.run.canary {
        // The host crashed in the moment in which it began.
        None => taken_on(context, terms, (after, &view)),
        Some(taken) => instruments(&view).map(|instruments| Watch {
            plugin: context.plugin,
            after,
            taken: taken.clone(),
            lasts: terms.lasts.0,
            instruments,
        }),
    };
    let unknown = "how it ended cannot be told any more; begin another run";
    watch.ok_or_else(|| unknown.to_owned())
}

impl Watch {
    /// What became of it; `None` while it is watched.
    fn judge(&self, view: &StrategyView, now: Timestamp) -> Option<Criterion> {
        let wanted = format!("borne for {}", words(self.lasts));
        let said = |measured: String, holds| Criterion::stated(NAME, &wanted, measured, holds);
        if let Some(back) = sent_back(view, self.after) {
            return Some(said(back, false));
        }
        let is_canary = instruments(view).is_some();
        if !is_canary || !self.taken.is_watched(view, self.plugin) {
            let measured = "somebody else promoted or replaced it".to_owned();
            return Some(said(measured, false));
        }
        let passed = now.since(self.taken.since());
        let is_done = passed >= self.lasts;
        is_done.then(|| said(format!("borne for {}", words(passed)), true))
    }

    /// Orders of the strategy on its instruments since it began: those are its own.
    fn own(&self, view: &StrategyView) -> Own<'_> {
        Own {
            strategy: view.id,
            since: self.taken.since(),
            instruments: Some(&self.instruments),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{NEW, at, on_probation, says, taken};
    use super::*;
    use services::view::{CanaryView, RollBackView};

    /// The new version with one instrument, from 100 on.
    fn view() -> StrategyView {
        let mut view = on_probation();
        if let Some(probation) = &mut view.probation {
            probation.canary = Some(CanaryView {
                instruments: vec![InstrumentId::new(0)],
                when_over: WhenOver::RollBack,
            });
        }
        view
    }

    fn check(view: &StrategyView, now: u64, expect: Option<(&str, bool)>) {
        let watch = Watch {
            plugin: NEW,
            after: 50,
            taken: taken(),
            lasts: Duration::from_nanos(100),
            instruments: vec![InstrumentId::new(0)],
        };
        says(watch.judge(view, at(now)), expect);
    }

    #[test]
    fn a_canary_must_be_borne_for_so_long_and_be_there_then() {
        check(&view(), 199, None);
        check(&view(), 200, Some(("borne for 100 ns", true)));
        check(
            &on_probation(),
            200,
            Some(("somebody else promoted", false)),
        );
        let mut anew = view();
        if let Some(probation) = &mut anew.probation {
            probation.since = at(150);
        }
        check(&anew, 200, Some(("somebody else promoted", false)));
        let mut gone = view();
        gone.probation = None;
        check(&gone, 200, Some(("somebody else promoted", false)));
        gone.last_roll_back = Some(Box::new(RollBackView {
            time: at(150),
            sequence: 51,
            from: None,
            reason: "it broke".to_owned(),
        }));
        check(&gone, 200, Some(("it broke", false)));
    }
}

//! What a run gives back that people end: the place that its version has on probation.

use crate::desk::Desk;
use crate::run::Run;
use model::PluginHash;
use services::handle::Queries;
use services::view::StrategyView;

/// Has the version before back where what this run began is still on probation; what came of that, and
/// `None` where there is nothing to give back.
pub(crate) fn give_back(desk: &Desk, run: &Run) -> Option<String> {
    let view = desk.host.strategy(&run.strategy)?;
    if !is_on_probation(run, &view) {
        return None;
    }
    let back = desk.runtime.block_on(desk.host.roll_back(&run.strategy));
    Some(match back {
        Ok(_) => "the version before is back".to_owned(),
        Err(error) => format!("the version before is not back: {error}"),
    })
}

/// Whether what this run began is on probation. What another switch put there after that ended is not
/// the run's to send back.
fn is_on_probation(run: &Run, view: &StrategyView) -> bool {
    let Some(after) = run.switching_after.max(run.canary_after) else {
        return false;
    };
    let (back, kept) = (view.last_roll_back.as_ref(), view.last_kept.as_ref());
    let is_over = back.is_some_and(|back| back.sequence > after)
        || kept.is_some_and(|kept| kept.sequence > after);
    let known = run.live.as_ref().or(run.canary.as_ref());
    let plugin = PluginHash::parse(&run.plugin);
    let runs = view.plugin.as_ref().is_some_and(|running| {
        let is_made_so = known.is_none_or(|known| known.parameters == running.parameters);
        plugin == Some(running.hash) && is_made_so
    });
    view.probation.is_some() && runs && !is_over
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::samples::{NEW, at, on_probation, run_of};
    use services::view::{KeptView, RollBackView};

    fn check(run: &Run, view: &StrategyView, expect: bool) {
        assert_eq!(is_on_probation(run, view), expect, "{run:?} {view:?}");
    }

    #[test]
    fn only_what_the_run_began_is_sent_back() {
        let mut run = run_of(NEW);
        check(&run, &on_probation(), false);
        run.canary_after = Some(50);
        check(&run, &on_probation(), true);
        run.switching_after = Some(60);
        check(&run, &on_probation(), true);
        check(&run_of(PluginHash::new([9; 32])), &on_probation(), false);
        let mut other = on_probation();
        if let Some(plugin) = &mut other.plugin {
            plugin.hash = PluginHash::new([1; 32]);
        }
        check(&run, &other, false);
        let mut gone = on_probation();
        gone.probation = None;
        check(&run, &gone, false);
    }

    #[test]
    fn what_somebody_else_began_later_stays() {
        let mut run = run_of(NEW);
        run.switching_after = Some(50);
        let back = |sequence| {
            Some(Box::new(RollBackView {
                time: at(90),
                sequence,
                from: None,
                reason: "it broke".to_owned(),
            }))
        };
        let kept = |sequence| {
            Some(Box::new(KeptView {
                time: at(90),
                sequence,
                reason: "its time is over".to_owned(),
            }))
        };
        for (sequence, expect) in [(50, true), (51, false)] {
            let mut view = on_probation();
            view.last_roll_back = back(sequence);
            check(&run, &view, expect);
            let mut view = on_probation();
            view.last_kept = kept(sequence);
            check(&run, &view, expect);
        }
        run.live = Some(crate::run::TakenOver {
            since_ns: 100,
            until_ns: 200,
            parameters: vec![("fast".to_owned(), "5".to_owned())],
            brought: None,
        });
        check(&run, &on_probation(), false);
    }
}

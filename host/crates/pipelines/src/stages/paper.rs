//! `[paper]`: a shadow beside the version that runs, for so much engine time or so many events. It is begun
//! and ended as an operator would, and has ended when this stage has.

use crate::definition::Paper;
use crate::driver::{Context, Halt, Outcome, share, share_of_time};
use crate::gate::{Bound, Criterion, Gate};
use crate::text::{Length, words};
use engine::HandOver;
use model::Money;
use services::handle::{HostError, PluginSource, ShadowRequest, Terms};
use services::shadow::{ShadowReport, ShadowState, SideReport};
use std::time::Instant;

/// What is said where the shadow is another one.
const REPLACED: &str = "somebody ended the shadow and began another";

pub(crate) fn run(context: &Context<'_>, terms: &Paper) -> Outcome {
    let name = &context.run.strategy;
    let begun = context.ask(context.host.begin_shadow(name, request(context, terms)));
    let begun_at = match begun {
        Ok(report) => report.view.begun_at,
        Err(error) => return Outcome::Judged(Gate::broken(error)),
    };
    let (watched, is_over) = match watch(context, terms, begun_at) {
        Ok(Watched::Done) => (None, false),
        Ok(Watched::Late) => {
            let within = terms.within.words();
            (Some(format!("it did not get there within {within}")), false)
        }
        Ok(Watched::Ended(reason)) => (Some(format!("the shadow ended by itself: {reason}")), true),
        Err(End::Replaced) => return Outcome::Judged(Gate::broken(REPLACED)),
        Err(End::Lost(error)) => (Some(error.to_string()), true),
        Err(End::Halted(halt)) => {
            // It may be over already; then there is nothing to end.
            let _ended = context.ask(context.host.end_shadow(name));
            return halt.into();
        }
    };
    let report = match is_over {
        true => context.host.shadow_report(name),
        false => context.ask(context.host.end_shadow(name)),
    };
    let gate = match report {
        Ok(report) if report.view.begun_at != begun_at => Gate::broken(REPLACED),
        Ok(report) => Gate {
            broken: watched,
            ..judge(terms, &Figures::of(&report))
        },
        // Also where it ended in the moment in which it was to be ended.
        Err(error) => Gate::broken(watched.unwrap_or_else(|| error.to_string())),
    };
    Outcome::Judged(gate)
}

fn request(context: &Context<'_>, terms: &Paper) -> ShadowRequest {
    ShadowRequest {
        plugin: Some(PluginSource::Kept(context.run.plugin.clone())),
        parameters: context.run.parameters.clone(),
        terms: Terms {
            force: context.run.force,
            by: Some(context.run.by.clone()),
            ..Terms::default()
        },
        hand_over: hand_over(terms.fresh),
        tolerance: terms.tolerance.map(|length| length.0),
    }
}

/// What a version begins with.
pub(super) const fn hand_over(fresh: bool) -> HandOver {
    match fresh {
        true => HandOver::Fresh,
        false => HandOver::Carry,
    }
}

/// How the shadow came to the end of its time.
enum Watched {
    Done,
    Late,
    Ended(String),
}

/// Why it is watched no more.
enum End {
    Halted(Halt),
    Lost(HostError),
    /// The shadow that trades is another one.
    Replaced,
}

fn watch(context: &Context<'_>, terms: &Paper, begun_at: u64) -> Result<Watched, End> {
    let begun = Instant::now();
    loop {
        if let Some(halt) = context.halt() {
            return Err(End::Halted(halt));
        }
        let report = context.host.shadow_report(&context.run.strategy);
        let report = report.map_err(End::Lost)?;
        if report.view.begun_at != begun_at {
            return Err(End::Replaced);
        }
        if let ShadowState::Ended(reason) = &report.state {
            return Ok(Watched::Ended(reason.clone()));
        }
        let done = done(terms, &report);
        context.progress(done);
        if done >= 1.0 {
            return Ok(Watched::Done);
        }
        if begun.elapsed() > terms.within.std() {
            return Ok(Watched::Late);
        }
        context.pause();
    }
}

/// How much of what is wanted is done: of time and events the one that is less.
fn done(terms: &Paper, report: &ShadowReport) -> f64 {
    let passed = report.time.since(report.view.since);
    let of_time = terms.lasts.map(|all| share_of_time(passed, all.0));
    let calls = report.shadow.handling.calls;
    let of_events = terms.events.map(|all| share(calls, all));
    of_time.into_iter().chain(of_events).fold(1.0, f64::min)
}

/// What a shadow found; `None` where it could not tell.
#[derive(Debug, Clone, PartialEq, Default)]
struct Figures {
    orders: u64,
    denied: u64,
    faults: u64,
    differences: u64,
    /// Decisions that both made.
    matched: u64,
    profit: Option<Money>,
    running_profit: Option<Money>,
    fuel_p99: Option<u64>,
    time_p99: Option<Length>,
}

impl Figures {
    fn of(report: &ShadowReport) -> Self {
        let profit = |side: &SideReport| side.profit.and_then(|profit| profit.net().ok());
        let ShadowReport {
            running, shadow, ..
        } = report;
        let handling = shadow.handling;
        let time_p99 = model::Duration::from_nanos(handling.time_p99_ns);
        Self {
            orders: shadow.orders,
            denied: shadow.denied,
            faults: shadow.faults,
            differences: report.differences(),
            matched: report.matched,
            profit: profit(shadow),
            running_profit: profit(running),
            fuel_p99: handling.fuel_p99,
            time_p99: (handling.calls > 0).then_some(Length(time_p99)),
        }
    }

    /// The differences as a fraction of all decisions; `None` where there was none.
    fn difference_share(&self) -> Option<f64> {
        let all = self.matched.checked_add(self.differences)?;
        let rounded = |count: u64| u32::try_from(count).ok().map(f64::from);
        (all > 0).then(|| Some(rounded(self.differences)? / rounded(all)?))?
    }
}

fn judge(terms: &Paper, found: &Figures) -> Gate {
    use Bound::{AtLeast, AtMost};
    let mut criteria = vec![
        Criterion::bounded("orders", &AtLeast(terms.min_orders), Some(found.orders)),
        Criterion::bounded("faults", &AtMost(terms.max_faults), Some(found.faults)),
    ];
    if let Some(most) = terms.max_differences {
        let measured = Some(found.differences);
        criteria.push(Criterion::bounded("differences", &AtMost(most), measured));
    }
    if let Some(most) = terms.max_difference_share {
        let measured = found.difference_share();
        criteria.push(Criterion::bounded(
            "differences of all decisions",
            &AtMost(most),
            measured,
        ));
    }
    if let Some(most) = terms.max_denied {
        let measured = Some(found.denied);
        criteria.push(Criterion::bounded(
            "orders refused",
            &AtMost(most),
            measured,
        ));
    }
    if let Some(least) = terms.min_profit {
        criteria.push(Criterion::bounded(
            "profit",
            &AtLeast(least.0),
            found.profit,
        ));
    }
    if let Some(most) = terms.profit_worse_by {
        let both = found.running_profit.zip(found.profit);
        let worse = both.and_then(|(running, own)| running.checked_sub(own).ok());
        let name = "profit worse than running by";
        criteria.push(Criterion::bounded(name, &AtMost(most.0), worse));
    }
    if let Some(most) = terms.max_fuel_p99 {
        let measured = found.fuel_p99;
        criteria.push(Criterion::bounded("fuel p99", &AtMost(most), measured));
    }
    if let Some(most) = terms.max_time_p99 {
        criteria.push(of_time(most, found.time_p99));
    }
    Gate::of(criteria)
}

fn of_time(most: Length, measured: Option<Length>) -> Criterion {
    Criterion {
        name: "time p99".to_owned(),
        wanted: format!("at most {}", most.words()),
        measured: measured.map(|length| words(length.0)),
        holds: measured.is_some_and(|length| length <= most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(more: &str) -> Paper {
        toml::from_str(&format!("for = \"1h\"\nmin_orders = 5\n{more}")).unwrap()
    }

    fn money(whole: i64) -> Option<Money> {
        Some(Money::whole(whole).unwrap())
    }

    fn figures() -> Figures {
        Figures {
            orders: 5,
            denied: 1,
            faults: 0,
            differences: 1,
            matched: 3,
            profit: money(100),
            running_profit: money(150),
            fuel_p99: Some(1_000),
            time_p99: Some(Length(model::Duration::from_nanos(2_000))),
        }
    }

    fn check(more: &str, found: &Figures, failure: Option<&str>) {
        let gate = judge(&terms(more), found);
        let verdict = gate.verdict();
        assert_eq!(gate.passes(), failure.is_none(), "{verdict}");
        assert!(verdict.contains(failure.unwrap_or("passed")), "{verdict}");
    }

    #[test]
    fn each_criterion_holds_at_its_bound_and_not_beyond() {
        let found = figures();
        let alone = |more: &str, failure| check(more, &found, failure);
        alone("", None);
        alone("max_differences = 1", None);
        alone(
            "max_differences = 0",
            Some("differences: 1, wanted at most 0"),
        );
        alone("max_difference_share = 0.25", None);
        alone(
            "max_difference_share = 0.24",
            Some("differences of all decisions: 0.25"),
        );
        alone("max_denied = 1", None);
        alone("max_denied = 0", Some("orders refused: 1"));
        alone("min_profit = \"100\"", None);
        alone("min_profit = \"100.5\"", Some("profit: 100"));
        alone("profit_worse_by = \"50\"", None);
        alone(
            "profit_worse_by = \"49\"",
            Some("profit worse than running by: 50"),
        );
        alone("max_fuel_p99 = 1000", None);
        alone("max_fuel_p99 = 999", Some("fuel p99: 1000"));
        alone("max_time_p99 = \"2us\"", None);
        alone(
            "max_time_p99 = \"1us\"",
            Some("time p99: 2 us, wanted at most 1 us"),
        );
        let few = Figures {
            orders: 4,
            ..figures()
        };
        check("", &few, Some("orders: 4, wanted at least 5"));
        let broken = Figures {
            faults: 1,
            ..figures()
        };
        check("", &broken, Some("faults: 1, wanted at most 0"));
        check("max_faults = 1", &broken, None);
    }

    #[test]
    fn what_could_not_be_measured_does_not_pass() {
        let nothing = Figures {
            orders: 5,
            ..Figures::default()
        };
        for (more, name) in [
            ("max_difference_share = 1.0", "differences of all decisions"),
            ("min_profit = \"-1000\"", "profit"),
            ("profit_worse_by = \"1000\"", "profit worse than running by"),
            ("max_fuel_p99 = 1000000", "fuel p99"),
            ("max_time_p99 = \"1h\"", "time p99"),
        ] {
            check(
                more,
                &nothing,
                Some(&format!("{name}: could not be measured")),
            );
        }
        check("", &Figures::default(), Some("orders: 0"));
    }
}

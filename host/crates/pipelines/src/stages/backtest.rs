//! `[backtest]`: `argonaut backtest` of the version, and where so asked of the one that runs, in child
//! processes, one after the other.

use super::parameters::{Parameters, of_candidate, of_running};
use crate::child::{Answer, NoAnswer, answer};
use crate::definition::{AgainstRunning, Backtest};
use crate::driver::{Context, Outcome};
use crate::gate::{Bound, Criterion, Gate};
use crate::settings::BacktestSettings;
use model::{Money, PluginHash};
use serde_json::Value;
use services::handle::{HostError, Queries};
use services::view::PluginView;

/// What a backtest found; `None` where it could not tell.
#[derive(Debug, Clone, PartialEq, Default)]
struct Figures {
    trades: Option<u64>,
    sharpe: Option<f64>,
    /// The largest fall from a peak, as a fraction.
    drawdown: Option<f64>,
    profit: Option<Money>,
    /// How the version broke, if it did.
    fault: Option<String>,
}

impl Figures {
    /// From the report; `None` where there is none.
    fn read(answer: &Answer) -> Option<Self> {
        let report: Value = serde_json::from_str(&answer.output).ok()?;
        let money = |name: &str| report[name].as_str()?.parse::<Money>().ok();
        let statistics = &report["statistics"];
        let (start, end) = (money("start_equity"), money("end_equity"));
        let profit = end
            .zip(start)
            .and_then(|(end, start)| end.checked_sub(start).ok());
        Some(Self {
            trades: report["trades_total"].as_u64(),
            sharpe: statistics["returns"]["sharpe"].as_f64(),
            drawdown: statistics["drawdown"]["max_drawdown"].as_f64(),
            profit,
            fault: (!answer.success).then(|| answer.error()),
        })
    }
}

pub(crate) fn run(context: &Context<'_>, terms: &Backtest) -> Outcome {
    match measure(context, terms) {
        Ok((own, running)) => Outcome::Judged(judge(terms, &own, running.as_ref())),
        Err(NoAnswer::Halted(halt)) => halt.into(),
        Err(NoAnswer::Broken(reason)) => Outcome::Judged(Gate::broken(reason)),
    }
}

/// What is found of the version, and where so asked of the one that runs.
type Found = (Figures, Option<Figures>);

fn measure(context: &Context<'_>, terms: &Backtest) -> Result<Found, NoAnswer> {
    let refused = |error: HostError| NoAnswer::Broken(error.to_string());
    let record = context.host.plugin(&context.run.plugin).map_err(refused)?;
    let running = running(context)?;
    let layers = [&context.run.parameters, &terms.parameters];
    let parameters = of_candidate(&record.manifest, &running.parameters, &layers);
    let parts = match terms.against_running {
        Some(_) => 2.0,
        None => 1.0,
    };
    let own = figures(context, terms, (context.plugin, &parameters), |done| {
        context.progress(done / parts);
    })?;
    if terms.against_running.is_none() {
        return Ok((own, None));
    }
    let hash = running.hash;
    let record = context.host.plugin(&hash.to_string()).map_err(refused)?;
    let parameters = of_running(&record.manifest, &running.parameters, &terms.parameters);
    let theirs = figures(context, terms, (hash, &parameters), |done| {
        context.progress(0.5 + done / 2.0);
    })?;
    Ok((own, Some(theirs)))
}

fn running(context: &Context<'_>) -> Result<PluginView, NoAnswer> {
    let name = &context.run.strategy;
    let view = context.host.strategy(name);
    let plugin = view.and_then(|view| view.plugin.clone());
    plugin.ok_or_else(|| NoAnswer::Broken(format!("`{name}` has no version that runs")))
}

fn figures(
    context: &Context<'_>,
    terms: &Backtest,
    (hash, parameters): (PluginHash, &Parameters),
    progress: impl Fn(f64),
) -> Result<Figures, NoAnswer> {
    let component = context.component(hash).map_err(NoAnswer::Broken)?;
    let settings = BacktestSettings::from(terms);
    let command = settings.on(context.command(), (component.as_path(), parameters));
    let answer = answer(|| context.halt(), command, terms.limit.std(), progress)?;
    Figures::read(&answer).ok_or_else(|| NoAnswer::Broken(answer.error()))
}

fn judge(terms: &Backtest, own: &Figures, running: Option<&Figures>) -> Gate {
    let fault = own.fault.as_deref();
    let mut criteria = vec![
        Criterion::stated("faults", "none", fault.unwrap_or("none"), fault.is_none()),
        Criterion::bounded("trades", &Bound::AtLeast(terms.min_trades), own.trades),
    ];
    if let Some(least) = terms.min_sharpe {
        criteria.push(Criterion::bounded(
            "sharpe",
            &Bound::AtLeast(least),
            own.sharpe,
        ));
    }
    if let Some(least) = terms.min_profit {
        criteria.push(Criterion::bounded(
            "profit",
            &Bound::AtLeast(least.0),
            own.profit,
        ));
    }
    if let Some(most) = terms.max_drawdown {
        criteria.push(Criterion::bounded(
            "drawdown",
            &Bound::AtMost(most),
            own.drawdown,
        ));
    }
    if let Some(against) = &terms.against_running {
        let none = Figures::default();
        criteria.extend(compare(against, own, running.unwrap_or(&none)));
    }
    Gate::of(criteria)
}

/// By how much it is worse than what runs. A version that broke says nothing of itself.
fn compare(terms: &AgainstRunning, own: &Figures, running: &Figures) -> Vec<Criterion> {
    let whole = running.fault.is_none();
    let mut criteria = Vec::new();
    if let Some(most) = terms.profit_worse_by {
        let both = running.profit.zip(own.profit).filter(|_| whole);
        let worse = both.and_then(|(theirs, own)| theirs.checked_sub(own).ok());
        let bound = Bound::AtMost(most.0);
        criteria.push(Criterion::bounded(
            "profit worse than running by",
            &bound,
            worse,
        ));
    }
    if let Some(most) = terms.sharpe_worse_by {
        let both = running.sharpe.zip(own.sharpe).filter(|_| whole);
        let worse = both.map(|(theirs, own)| theirs - own);
        let bound = Bound::AtMost(most);
        criteria.push(Criterion::bounded(
            "sharpe worse than running by",
            &bound,
            worse,
        ));
    }
    if let Some(most) = terms.drawdown_worse_by {
        let both = running.drawdown.zip(own.drawdown).filter(|_| whole);
        let worse = both.map(|(theirs, own)| own - theirs);
        let bound = Bound::AtMost(most);
        criteria.push(Criterion::bounded(
            "drawdown worse than running by",
            &bound,
            worse,
        ));
    }
    criteria
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(more: &str) -> Backtest {
        let text = format!("instruments = [\"A\"]\ndata = [\"a.csv\"]\nmin_trades = 10\n{more}");
        toml::from_str(&text).unwrap()
    }

    fn figures() -> Figures {
        Figures {
            trades: Some(10),
            sharpe: Some(1.5),
            drawdown: Some(0.25),
            profit: Some(Money::whole(100).unwrap()),
            fault: None,
        }
    }

    fn check(more: &str, own: &Figures, running: Option<&Figures>, failure: Option<&str>) {
        let gate = judge(&terms(more), own, running);
        let verdict = gate.verdict();
        assert_eq!(gate.passes(), failure.is_none(), "{verdict}");
        assert!(verdict.contains(failure.unwrap_or("passed")), "{verdict}");
    }

    #[test]
    fn each_figure_holds_at_its_bound_and_not_beyond() {
        let own = figures();
        check("", &own, None, None);
        let alone = |more: &str, failure| check(more, &own, None, failure);
        alone("min_sharpe = 1.4", None);
        alone("min_sharpe = 1.5", None);
        alone("min_sharpe = 1.6", Some("sharpe: 1.5, wanted at least 1.6"));
        alone("min_profit = \"100\"", None);
        alone("min_profit = \"100.1\"", Some("profit: 100"));
        alone("max_drawdown = 0.25", None);
        alone(
            "max_drawdown = 0.24",
            Some("drawdown: 0.25, wanted at most 0.24"),
        );
        let fewer = Figures {
            trades: Some(9),
            ..figures()
        };
        check("", &fewer, None, Some("trades: 9, wanted at least 10"));
        let broken = Figures {
            fault: Some("it broke at event 5".to_owned()),
            ..figures()
        };
        check("", &broken, None, Some("faults: it broke at event 5"));
    }

    #[test]
    fn what_could_not_be_measured_does_not_pass() {
        let nothing = Figures::default();
        check("", &nothing, None, Some("trades: could not be measured"));
        for (more, name) in [
            ("min_sharpe = -9.0", "sharpe"),
            ("min_profit = \"-9\"", "profit"),
            ("max_drawdown = 1.0", "drawdown"),
        ] {
            let failure = format!("{name}: could not be measured");
            check(more, &nothing, None, Some(&failure));
        }
        let against = "[against_running]\nprofit_worse_by = \"1000\"";
        let failure = "profit worse than running by: could not be measured";
        check(against, &figures(), None, Some(failure));
        check(against, &figures(), Some(&nothing), Some(failure));
        let broken = Figures {
            fault: Some("it broke".to_owned()),
            ..figures()
        };
        check(against, &figures(), Some(&broken), Some(failure));
    }

    #[test]
    fn it_may_be_worse_than_what_runs_by_so_much() {
        let better = Figures {
            sharpe: Some(2.0),
            drawdown: Some(0.125),
            profit: Some(Money::whole(150).unwrap()),
            ..figures()
        };
        let against = |terms: &str, failure| {
            let more = format!("[against_running]\n{terms}");
            check(&more, &figures(), Some(&better), failure);
        };
        against("profit_worse_by = \"50\"", None);
        against(
            "profit_worse_by = \"49.9\"",
            Some("profit worse than running by: 50"),
        );
        against("sharpe_worse_by = 0.5", None);
        against(
            "sharpe_worse_by = 0.4",
            Some("sharpe worse than running by: 0.5"),
        );
        against("drawdown_worse_by = 0.125", None);
        against(
            "drawdown_worse_by = 0.1",
            Some("drawdown worse than running by: 0.125"),
        );
        check(
            "[against_running]\nprofit_worse_by = \"0\"",
            &better,
            Some(&figures()),
            None,
        );
    }

    #[test]
    fn a_report_is_read() {
        let answer = |success, output: &str| Answer {
            success,
            output: output.to_owned(),
            said: "error: strategy `x` broke at event 5: TRAP".to_owned(),
        };
        let report = r#"{"trades_total":10,"start_equity":"1000","end_equity":"1100",
            "statistics":{"returns":{"sharpe":1.5},"drawdown":{"max_drawdown":0.25}}}"#;
        assert_eq!(Figures::read(&answer(true, report)), Some(figures()));
        let broken = Figures::read(&answer(false, report)).unwrap();
        assert!(broken.fault.unwrap().contains("broke at event 5"));
        assert_eq!(Figures::read(&answer(true, "")), None);
        let null = r#"{"statistics":{"returns":{"sharpe":null}}}"#;
        assert_eq!(Figures::read(&answer(true, null)), Some(Figures::default()));
    }
}

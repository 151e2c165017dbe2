//! Scenarios of what happened before: a window of the data catalog, read once when the scenario is set, becomes
//! the shocks of the instruments that have data in it.

use super::catalog;
use crate::dto::scenario::Past;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use model::{Price, Rate};
use services::metrics::{MOST_SHOCKS, Scenario, ScenarioKind, Shock, ShockTarget};
use store::catalog::{Catalog, Moved, Range};

/// The scenario of what a window of the catalog did.
pub(super) async fn scenario<H: HostPort>(
    api: &Api<H>,
    name: String,
    past: Past,
) -> Result<Scenario, Problem> {
    if past.from >= past.to {
        let detail = "must be after history.from";
        return Err(Problem::disagrees("history.to", detail));
    }
    let wanted = wanted(api, &past)?;
    let range = Range {
        from: past.from,
        to: past.to,
    };
    let read = {
        let wanted = wanted.clone();
        move |root: &std::path::Path| Catalog::open(root)?.moved(&wanted, range)
    };
    let moved = catalog::reading(api, read).await?;
    check(&past, &wanted, &moved)?;
    let shocks = moved.into_iter().map(shock).collect::<Option<Vec<_>>>();
    let shocks = shocks.ok_or_else(|| {
        let detail =
            "a price of the catalog there is not above zero, or moved beyond what can be said";
        Problem::disagrees("history", detail)
    })?;
    let kind = ScenarioKind::Shocks(shocks);
    Ok(Scenario { name, kind })
}

/// The instruments that are asked for, each of which there is.
fn wanted<H: HostPort>(api: &Api<H>, past: &Past) -> Result<Vec<String>, Problem> {
    let here = api.host.instruments().into_iter();
    let here: Vec<String> = here.map(|view| view.instrument.symbol).collect();
    let Some(named) = &past.instruments else {
        return Ok(here);
    };
    if !(1..=MOST_SHOCKS).contains(&named.len()) {
        let detail = format!("must be 1 to {MOST_SHOCKS}");
        return Err(Problem::invalid("history.instruments", detail));
    }
    for (place, symbol) in named.iter().enumerate() {
        if !here.contains(symbol) || named[..place].contains(symbol) {
            let detail = format!("there is no instrument `{symbol}`, or it is named twice");
            return Err(Problem::invalid("history.instruments", detail));
        }
    }
    Ok(named.clone())
}

/// Whether the catalog had enough, and not too much.
fn check(past: &Past, wanted: &[String], moved: &[Moved]) -> Result<(), Problem> {
    let window = format!("from {} to {}", past.from, past.to);
    if past.instruments.is_some() {
        let has = |symbol: &String| moved.iter().any(|one| one.instrument == *symbol);
        let lacks: Vec<&str> = wanted
            .iter()
            .filter(|symbol| !has(symbol))
            .map(String::as_str)
            .collect();
        if !lacks.is_empty() {
            let detail = format!("the catalog has no data of {} {window}", lacks.join(", "));
            return Err(Problem::disagrees("history.instruments", detail));
        }
    }
    if moved.is_empty() {
        let detail = format!("the catalog has no data of any instrument here {window}");
        return Err(Problem::disagrees("history", detail));
    }
    if moved.len() > MOST_SHOCKS {
        let many = moved.len();
        let detail = format!(
            "the catalog has data of {many} instruments {window}; name at most {MOST_SHOCKS} of them"
        );
        return Err(Problem::disagrees("history.instruments", detail));
    }
    Ok(())
}

fn shock(moved: Moved) -> Option<Shock> {
    Some(Shock {
        price: Some(change(moved.first, moved.last)?),
        target: ShockTarget::Instrument(moved.instrument),
        volatility: None,
    })
}

/// By how much a price changed, as a share of the first.
fn change(first: Price, last: Price) -> Option<Rate> {
    let (first, last) = (i128::from(first.raw()), i128::from(last.raw()));
    if first <= 0 || last < 0 {
        return None;
    }
    let change = (last - first) * i128::from(Rate::SCALE) / first;
    i64::try_from(change).ok().map(Rate::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_a_share_of_the_first_price() {
        let check = |first: &str, last: &str, expect: Option<&str>| {
            let found = change(first.parse().unwrap(), last.parse().unwrap());
            assert_eq!(found, expect.map(|text| text.parse().unwrap()));
        };
        check("100", "80", Some("-0.2"));
        check("80", "100", Some("0.25"));
        check("100", "100", Some("0"));
        check("100", "0", Some("-1"));
        check("0", "100", None);
        check("0.000000001", "9000000000", None);
    }
}

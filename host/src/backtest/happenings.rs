//! What happens in a backtest beside the market data: funding, final prices, splits, dividends, halts and marks. They
//! come from a file with a line of JSON for each, written as the requests to a running host write them.

use crate::config::Decimal;
use crate::universe::Universe;
use anyhow::{Context, Result, anyhow, bail};
use engine::Input;
use model::{
    CurrencyId, InstrumentId, InstrumentStatus, Lifecycle, LifecycleEvent, MarkPrice, Money, Price,
    Rate, Timestamp,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Longest file, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// Something that happens at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Happening {
    /// When. It comes before market data of the same moment.
    pub at: Timestamp,
    /// As the engine takes it.
    pub input: Input,
}

/// A line without its time and its instrument.
#[derive(Debug, Deserialize)]
#[serde(
    tag = "event",
    rename_all = "SCREAMING_SNAKE_CASE",
    deny_unknown_fields
)]
enum Line {
    Funding {
        rate: Decimal<Rate>,
    },
    Settlement {
        price: Decimal<Price>,
    },
    /// `denominator` shares become `numerator`.
    Split {
        numerator: u32,
        denominator: u32,
    },
    /// For each share.
    Dividend {
        amount: Decimal<Money>,
        currency: String,
    },
    /// As of `PUT instruments/{symbol}/status`.
    Status {
        status: StatusName,
    },
    /// As of `PATCH instruments/{symbol}/prices`.
    Prices {
        mark: Option<Decimal<Price>>,
        index: Option<Decimal<Price>>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum StatusName {
    Halted,
    Trading,
}

/// All that a file says, in the order of time; of one moment, in that of its lines.
///
/// # Errors
/// It cannot be read, is too long, or a line cannot be meant, which is named.
pub fn read(path: &Path, universe: &Universe) -> Result<Vec<Happening>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("{shown}: cannot be read"))?;
    let mut text = String::new();
    let mut file = file.take(MOST_BYTES + 1);
    file.read_to_string(&mut text)
        .with_context(|| format!("{shown}: cannot be read"))?;
    if file.limit() == 0 {
        bail!("{shown}: has more than {MOST_BYTES} bytes");
    }
    parse(&text, universe)
        .map_err(|(line, reason)| anyhow!("{shown}: line {line}: {}", reason.replace('\n', " ")))
}

/// The same of text; the number of the line at fault, and why.
fn parse(text: &str, universe: &Universe) -> Result<Vec<Happening>, (u64, String)> {
    let lines = (1_u64..).zip(text.lines());
    let written = lines.filter(|(_, line)| !line.trim().is_empty());
    let read = written.map(|(number, line)| one(line, universe).map_err(|why| (number, why)));
    let mut all = read.collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|happening| happening.at);
    Ok(all)
}

fn one(line: &str, universe: &Universe) -> Result<Happening, String> {
    let fields = serde_json::from_str::<Map<String, Value>>(line);
    let mut fields = fields.map_err(|error| error.to_string())?;
    let time = text(&mut fields, "time")?;
    let symbol = text(&mut fields, "instrument")?;
    let at = store::parse_iso(&time);
    let at = at.ok_or_else(|| format!("time: `{time}`: write 2024-01-31T08:00:00Z"))?;
    let instrument = universe.find_instrument(&symbol);
    let instrument = instrument.ok_or_else(|| format!("there is no instrument `{symbol}`"))?;
    let line = serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())?;
    let input = input(line, (instrument, at), universe)?;
    Ok(Happening { at, input })
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<String, String> {
    match fields.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(format!("`{name}` is missing, or is no string")),
    }
}

fn input(
    line: Line,
    (instrument, at): (InstrumentId, Timestamp),
    universe: &Universe,
) -> Result<Input, String> {
    let event = match line {
        Line::Funding { rate } => LifecycleEvent::Funding { rate: rate.0 },
        Line::Settlement { price } => LifecycleEvent::Settlement { price: price.0 },
        Line::Split {
            numerator,
            denominator,
        } => LifecycleEvent::Split {
            numerator,
            denominator,
        },
        Line::Dividend { amount, currency } => LifecycleEvent::Dividend {
            amount: amount.0,
            currency: find_currency(universe, &currency)?,
        },
        Line::Status { status } => {
            return Ok(Input::Status(InstrumentStatus {
                instrument,
                halted: status == StatusName::Halted,
                ts_event: at,
                ts_init: at,
            }));
        }
        Line::Prices { mark, index } => {
            return Ok(Input::Mark(MarkPrice {
                instrument,
                mark: positive("mark", mark)?,
                index: positive("index", index)?,
                ts_event: at,
                ts_init: at,
            }));
        }
    };
    Ok(Input::Lifecycle(Box::new(Lifecycle {
        instrument,
        event,
        ts_event: at,
        ts_init: at,
    })))
}

/// The engine would mistrust the instrument's data over a mark that cannot be.
fn positive(field: &str, price: Option<Decimal<Price>>) -> Result<Option<Price>, String> {
    match price {
        Some(Decimal(price)) if price <= Price::ZERO => {
            Err(format!("{field}: must be above nothing"))
        }
        price => Ok(price.map(|price| price.0)),
    }
}

fn find_currency(universe: &Universe, name: &str) -> Result<CurrencyId, String> {
    let mut names = (0_u32..).zip(universe.currency_names());
    let found = names.find(|(_, known)| *known == name);
    let (number, _) = found.ok_or_else(|| format!("there is no currency `{name}`"))?;
    Ok(CurrencyId::new(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::instruments;
    use crate::backtest::spec::World;
    use crate::config::{AccountTerms, Span};

    fn universe() -> Universe {
        let world = World {
            cash_account: false,
            leverage: Rate::from_raw(Rate::SCALE),
            deposits: Vec::new(),
            latency: Span::default(),
            feed_latency: Span::default(),
            slippage_ticks: 0,
            chances: None,
            external: None,
            terms: AccountTerms::default(),
        };
        let section = instruments::parse("BTC-PERP", Price::from_raw(100_000_000)).unwrap();
        world.universe(&[section]).unwrap()
    }

    #[test]
    fn lines_are_put_in_the_order_of_time() {
        let text = r#"
            {"time":"2024-01-01T08:00:00Z","instrument":"BTC-PERP","event":"FUNDING","rate":"0.0001"}

            {"time":"2024-01-01T00:00:00Z","instrument":"BTC-PERP","event":"STATUS","status":"HALTED"}
            {"time":"2024-01-01T08:00:00Z","instrument":"BTC-PERP","event":"PRICES","mark":"42000.5"}"#;
        let all = parse(text, &universe()).unwrap();
        let at = |text: &str| store::parse_iso(text).unwrap();
        let times: Vec<_> = all.iter().map(|one| one.at).collect();
        let (midnight, eight) = (at("2024-01-01"), at("2024-01-01T08:00:00Z"));
        assert_eq!(times, [midnight, eight, eight]);
        assert!(matches!(&all[0].input, Input::Status(status) if status.halted));
        let rate = "0.0001".parse().unwrap();
        let funding = LifecycleEvent::Funding { rate };
        let is_funding =
            |input: &Input| matches!(input, Input::Lifecycle(life) if life.event == funding);
        assert!(is_funding(&all[1].input));
        let Input::Mark(mark) = &all[2].input else {
            panic!("{all:?}");
        };
        assert_eq!((mark.mark, mark.index), ("42000.5".parse().ok(), None));
        assert_eq!((mark.ts_event, mark.ts_init), (eight, eight));
    }

    #[test]
    fn a_line_that_cannot_be_meant_is_named() {
        let good =
            r#"{"time":"2024-01-01","instrument":"BTC-PERP","event":"FUNDING","rate":"0.1"}"#;
        let check = |from: &str, to: &str, expect: &str| {
            let text = format!("{good}\n{}", good.replace(from, to));
            let (line, reason) = parse(&text, &universe()).unwrap_err();
            assert_eq!(line, 2);
            assert!(reason.contains(expect), "{from}: {reason}");
        };
        check("}", "", "EOF");
        check("2024-01-01", "soon", "time: `soon`");
        check(r#""time""#, r#""when""#, "`time` is missing");
        check("BTC-PERP", "ETH-PERP", "no instrument `ETH-PERP`");
        check("FUNDING", "MERGER", "MERGER");
        check(
            r#""rate":"0.1""#,
            r#""rate":0.1"#,
            "decimal number in quotes",
        );
        check(r#""rate""#, r#""share""#, "share");
        let prices = r#"PRICES","mark":"0"#;
        check(r#"FUNDING","rate":"0.1"#, prices, "mark: must be above");
        let dividend = r#"DIVIDEND","currency":"XXX","amount":"1"#;
        check(r#"FUNDING","rate":"0.1"#, dividend, "no currency `XXX`");
    }
}

//! Instruments as the command line names them: a symbol, and as many `key=value` as are needed.
//!
//! What is left out follows from the symbol's form and from the data: `EUR/USD` is a currency pair,
//! `BTC/USDT` a crypto pair, `BTCUSDT-PERP` a perpetual, anything else a share; the tick is the
//! coarsest decimal grid on which every price of the data lies.

use crate::config::{Class, Decimal, InstrumentSection};
use anyhow::{Context, Result, anyhow};
use model::{Price, Rate};
use store::Series;

/// Currencies of states: a pair of two of them is a currency pair.
const FIAT: [&str; 20] = [
    "AUD", "BRL", "CAD", "CHF", "CNH", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "INR",
    "JPY", "MXN", "NOK", "NZD", "SEK", "SGD", "USD",
];
/// Quote currencies of perpetuals, longest first.
const PERPETUAL_QUOTES: [&str; 4] = ["USDT", "USDC", "BUSD", "USD"];

/// Reads `SYMBOL[,key=value…]`; keys are those of `[[instrument]]` in the configuration file. `tick`
/// is for where none is given.
pub fn parse(text: &str, tick: Price) -> Result<InstrumentSection> {
    let mut parts = text.split(',');
    let symbol = parts.next().unwrap_or_default().trim();
    let mut table = toml::Table::new();
    let mut set = |key: &str, value: &str| {
        table.entry(key).or_insert_with(|| value.to_owned().into());
    };
    for part in parts {
        let (key, value) = part
            .split_once('=')
            .with_context(|| format!("--instrument {symbol}: `{part}` is not key=value"))?;
        set(key.trim(), value.trim());
    }
    for (key, value) in guess(symbol) {
        set(key, &value);
    }
    set("symbol", symbol);
    set("tick", &tick.to_string());
    let section: InstrumentSection = serde_path_to_error::deserialize(toml::Value::Table(table))
        .map_err(|error| {
            let reason = error.inner().message().replace('\n', " ");
            anyhow!("--instrument {symbol}: {}: {reason}", error.path())
        })?;
    Ok(with_defaults(section))
}

/// Class, base, quote and lot that the symbol's form suggests.
fn guess(symbol: &str) -> Vec<(&'static str, String)> {
    let name = symbol.split('.').next().unwrap_or(symbol);
    let mut found = Vec::new();
    if let Some((base, quote)) = name.split_once('/') {
        let fiat = FIAT.contains(&base) && FIAT.contains(&quote);
        found.push((
            "class",
            if fiat { "fx_pair" } else { "crypto_spot" }.to_owned(),
        ));
        found.push(("base", base.to_owned()));
        found.push(("quote", quote.to_owned()));
        found.push(("lot", if fiat { "1" } else { "0.00000001" }.to_owned()));
    } else if let Some(pair) = name.strip_suffix("-PERP") {
        let quote = PERPETUAL_QUOTES
            .into_iter()
            .find(|quote| pair.ends_with(quote));
        let base = quote.map_or(pair, |quote| pair.strip_suffix(quote).unwrap_or(pair));
        let base = base.trim_end_matches('-');
        found.push(("class", "crypto_perpetual".to_owned()));
        found.push(("base", base.to_owned()));
        found.push(("quote", quote.unwrap_or("USD").to_owned()));
        found.push(("lot", "0.00000001".to_owned()));
    } else {
        found.push(("class", "equity".to_owned()));
        found.push(("quote", "USD".to_owned()));
        found.push(("lot", "1".to_owned()));
    }
    found
}

fn with_defaults(mut section: InstrumentSection) -> InstrumentSection {
    let initial = match section.class {
        Class::FxPair => 30_000_000,
        Class::CryptoPerpetual | Class::Future => 100_000_000,
        Class::Equity | Class::CryptoSpot | Class::Option => Rate::SCALE,
    };
    section
        .initial_margin
        .get_or_insert(Decimal(Rate::from_raw(initial)));
    section
}

/// The coarsest power of ten on which every price lies; 1e-9 at the finest.
pub(super) fn common_tick(series: &Series) -> Price {
    let mut tick = Price::SCALE;
    let mut fit = |price: Price| {
        while tick > 1 && price.raw() % tick != 0 {
            tick /= 10;
        }
    };
    match series {
        Series::Quotes(quotes) => quotes.iter().for_each(|quote| {
            fit(quote.bid);
            fit(quote.ask);
        }),
        Series::Trades(trades) => trades.iter().for_each(|trade| fit(trade.price)),
        Series::Bars(bars) => bars.iter().for_each(|bar| {
            [bar.open, bar.high, bar.low, bar.close]
                .into_iter()
                .for_each(&mut fit);
        }),
        Series::Books(rows) => rows
            .iter()
            .filter_map(|row| row.change.price())
            .for_each(fit),
    }
    Price::from_raw(tick)
}

/// How many prices of the data do not lie on the tick.
pub(super) fn off_grid(series: &Series, tick: Price) -> usize {
    let off = |price: Price| usize::from(!price.is_on_grid(tick));
    match series {
        Series::Quotes(quotes) => quotes.iter().map(|q| off(q.bid) + off(q.ask)).sum(),
        Series::Trades(trades) => trades.iter().map(|trade| off(trade.price)).sum(),
        Series::Bars(bars) => bars.iter().map(|bar| off(bar.close)).sum(),
        Series::Books(rows) => rows
            .iter()
            .filter_map(|row| row.change.price())
            .map(off)
            .sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symbol_suggests_the_rest() {
        let check = |text: &str, class: Class, base: Option<&str>, quote: &str| {
            let section = parse(text, Price::from_raw(1)).unwrap();
            assert_eq!(section.class, class, "{text}");
            assert_eq!(section.base.as_deref(), base, "{text}");
            assert_eq!(section.quote, quote, "{text}");
        };
        check("EUR/USD.FXCM", Class::FxPair, Some("EUR"), "USD");
        check("BTC/USDT.BINANCE", Class::CryptoSpot, Some("BTC"), "USDT");
        check(
            "BTCUSDT-PERP.BINANCE",
            Class::CryptoPerpetual,
            Some("BTC"),
            "USDT",
        );
        check("BTC-PERP.FTX", Class::CryptoPerpetual, Some("BTC"), "USD");
        check("SPY.ARCA", Class::Equity, None, "USD");
        check("VOD.L,quote=GBP", Class::Equity, None, "GBP");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = parse("SPY,tik=0.01", Price::from_raw(1))
            .unwrap_err()
            .to_string();
        assert!(error.contains("tik") && error.contains("tick"), "{error}");
        let error = parse("SPY,tick=abc", Price::from_raw(1))
            .unwrap_err()
            .to_string();
        assert!(error.contains("tick") && error.contains("abc"), "{error}");
    }
}

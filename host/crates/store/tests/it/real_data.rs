//! Every kind of real data, against values read from the files by other means.

use model::number::Excess;
use model::{Bar, BarBasis, BarSpec, Quote, Side, Timestamp};
use store::{BarLabel, ColumnMap, DataKind, Field, Header, OnBadRow, TimeFormat, merge};

use crate::support::{bars, file, gzipped, quotes, read, refused, shared, trades};

/// Time, bid and ask of a quote, as text.
fn quote_text(quote: &Quote) -> String {
    format!("{} {} {}", quote.ts_event, quote.bid, quote.ask)
}

/// Begin, end, prices and volume of a bar, as text.
fn bar_text(bar: &Bar) -> String {
    let Bar {
        ts_open,
        ts_event,
        open,
        high,
        low,
        close,
        volume,
        ..
    } = bar;
    format!("{ts_open} {ts_event} {open} {high} {low} {close} {volume}")
}

#[test]
fn truefx_ticks() {
    let Some(source) = shared("fx_tick/truefx_usdjpy-ticks.csv.gz") else {
        return;
    };
    let quotes = quotes(&source);
    assert_eq!(quotes.len(), 1000);
    assert_eq!(
        quote_text(&quotes[0]),
        "2013-01-01T22:00:00.295000000Z 86.655 86.728"
    );
    assert_eq!(
        quote_text(&quotes[999]),
        "2013-01-01T22:35:13.494000000Z 86.836 86.854"
    );
}

#[test]
fn lean_ticks_of_two_brokers_lie_on_one_clock() {
    let Some(mut fxcm) = shared("lean/forex/fxcm/tick/eurusd/20140507_quote.zip") else {
        return;
    };
    let Some(oanda) = shared("lean/forex/oanda/tick/eurusd/20140507_quote.zip") else {
        return;
    };
    fxcm.utc_offset_s = -5 * 3600;
    assert!(refused(&fxcm).contains("line 201: crossed quote: bid 1.39265 is above ask 1.39264"));
    fxcm.on_bad_row = OnBadRow::Skip { max: 10_000 };
    let (fxcm, oanda) = (quotes(&fxcm), quotes(&oanda));
    assert_eq!((fxcm.len(), oanda.len()), (89_504 - 9_847, 41_367));
    assert_eq!(
        quote_text(&fxcm[0]),
        "2014-05-07T05:00:01.014000000Z 1.39248 1.3925"
    );
    assert_eq!(
        quote_text(&oanda[0]),
        "2014-05-07T00:00:07.135000000Z 1.39286 1.39298"
    );
    let noon = Timestamp::from_nanos(1_399_464_000_000_000_000);
    let last = |quotes: &[Quote]| quotes[quotes.partition_point(|q| q.ts_event <= noon) - 1].bid;
    let apart = last(&fxcm).raw().abs_diff(last(&oanda).raw());
    assert!(
        apart <= 50_000,
        "brokers are {apart} e-9 apart at noon: a clock is wrong"
    );
}

#[test]
fn lean_ticks_with_fractions_of_milliseconds() {
    let Some(source) = shared("lean/cfd/oanda/tick/xauusd/20140509_quote.zip") else {
        return;
    };
    let quotes = quotes(&source);
    assert_eq!(quotes.len(), 141_299);
    assert_eq!(
        quote_text(&quotes[0]),
        "2014-05-09T00:00:00.356017000Z 1290.875 1291.197"
    );
}

#[test]
fn lean_bars_of_trades_and_of_one_side_of_quotes() {
    let path = "lean/crypto/coinbase/minute/btcusd/20170904_trade.zip";
    let Some(source) = shared(path) else { return };
    assert_eq!(
        bar_text(&bars(&source)[0]),
        "2017-09-04T00:00:00.000000000Z 2017-09-04T00:01:00.000000000Z \
         4626.05 4626.05 4626.05 4626.05 5.1629512"
    );
    let Some(mut source) = shared("lean/forex/fxcm/minute/eurusd/20140507_quote.zip") else {
        return;
    };
    assert!(
        read(&source)
            .unwrap_err()
            .to_string()
            .contains("bars need a column `open`")
    );
    source.utc_offset_s = -5 * 3600;
    source.bar = Some(BarSpec::seconds(60, BarBasis::Ask));
    let ask = bars(&source);
    assert_eq!(ask.len(), 1428);
    assert_eq!(
        bar_text(&ask[0]),
        "2014-05-07T05:00:00.000000000Z 2014-05-07T05:01:00.000000000Z \
         1.3925 1.39252 1.3925 1.39251 0"
    );
}

#[test]
fn binance_quotes_and_trades_from_parquet() {
    let Some(source) = shared("trades/binance_btcusdt-quotes.parquet") else {
        return;
    };
    let quotes = quotes(&source);
    assert_eq!(quotes.len(), 451);
    assert_eq!(
        quote_text(&quotes[0]),
        "2021-01-08T00:00:01.076000000Z 39432.99 39433.62"
    );
    assert_eq!(quotes[3].bid_size, "0.031035".parse().unwrap());
    let Some(source) = shared("trades/binance_btcusdt-trades.parquet") else {
        return;
    };
    let trades = trades(&source);
    let sold = trades
        .iter()
        .filter(|trade| trade.aggressor == Some(Side::Sell))
        .count();
    assert_eq!((trades.len(), sold), (2001, 914));
    assert_eq!(trades[2].size, "0.000311".parse().unwrap());
    let both = [read(&source).unwrap().series, store::Series::Quotes(quotes)];
    let times: Vec<_> = merge(both.to_vec()).map(|event| event.ts_init()).collect();
    assert_eq!(times.len(), 2452);
    assert!(times.is_sorted());
}

#[test]
fn bitstamp_trades_and_the_same_with_two_rows_out_of_order() {
    let Some(source) = shared("trades/bitstamp_btcusd_2011-09_2012-05.csv.gz") else {
        return;
    };
    let unknown = refused(&source);
    assert!(unknown.contains("cannot tell whether"), "{unknown}");
    let mut source = source;
    source.kind = Some(DataKind::Trades);
    let trades = trades(&source);
    assert_eq!(trades.len(), 9999);
    assert_eq!(trades[0].price, "5.8".parse().unwrap());
    assert_eq!(trades[9998].size, "0.39215686".parse().unwrap());
    assert_eq!(
        trades[9998].ts_event.to_string(),
        "2012-05-31T08:41:18.000000000Z"
    );

    let mut text = String::new();
    let packed = std::fs::File::open(&source.path).unwrap();
    let mut decoder = flate2::read::GzDecoder::new(packed);
    std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.swap(3, 4);
    let (_folder, mut swapped) = file("bitstamp.csv.gz", gzipped(lines.join("\n").as_bytes()));
    swapped.kind = Some(DataKind::Trades);
    let error = refused(&swapped);
    assert!(error.contains("line 5: time goes back"), "{error}");
    swapped.on_bad_row = OnBadRow::Skip { max: 1 };
    let loaded = read(&swapped).unwrap();
    assert_eq!((loaded.series.len(), loaded.skipped.count), (9998, 1));
}

#[test]
fn minute_bars_of_four_vendors() {
    let Some(mut ftx) = shared("minute/ftx_btc-perp_1m_2022-01a.csv.gz") else {
        return;
    };
    let digits = refused(&ftx);
    assert!(
        digits.contains("line 249: `volume` is `218102.59507500002`"),
        "{digits}"
    );
    ftx.size_excess = Excess::Round;
    let ftx = bars(&ftx);
    assert_eq!(ftx.len(), 31_739);
    assert_eq!(
        bar_text(&ftx[0]),
        "2021-12-31T23:01:00.000000000Z 2021-12-31T23:02:00.000000000Z \
         46319 46385 46319 46377 2300413.7295"
    );
    let Some(mut spy) = shared("minute/spy_2011-01_1m_ninjatrader.csv.gz") else {
        return;
    };
    spy.bar_label = BarLabel::End;
    let spy = bars(&spy);
    assert_eq!(spy.len(), 14_180);
    assert_eq!(
        bar_text(&spy[0]),
        "2011-01-03T09:00:00.000000000Z 2011-01-03T09:01:00.000000000Z \
         126.35 126.39 126.35 126.39 1579"
    );
    let Some(mut binance) = shared("minute/binance_UNITTEST_BTC-1m.csv.gz") else {
        return;
    };
    (binance.price_excess, binance.size_excess) = (Excess::Round, Excess::Round);
    let binance = bars(&binance);
    assert_eq!(binance.len(), 13_681);
    assert_eq!(binance[0].volume, "108.14853839".parse().unwrap());
    let Some(mut stoxx) = shared("minute/eurostoxx_2006-01_02_1m.csv.gz") else {
        return;
    };
    stoxx.header = Header::Present;
    stoxx.utc_offset_s = 3600;
    let prices = [
        Field::Open,
        Field::High,
        Field::Low,
        Field::Close,
        Field::Volume,
    ];
    let map = ColumnMap::new().with(Field::TimeOfDay, 1);
    stoxx.columns = prices
        .into_iter()
        .zip(2..)
        .fold(map, |map, (field, at)| map.with(field, at));
    let stoxx = bars(&stoxx);
    assert_eq!(stoxx.len(), 30_889);
    assert_eq!(
        bar_text(&stoxx[0]),
        "2006-01-02T08:01:00.000000000Z 2006-01-02T08:02:00.000000000Z 3602 3603 3597 3599 5699"
    );
}

#[test]
fn funding_rates_are_no_bars() {
    let Some(source) = shared("minute/binance_XRP_USDT_USDT-8h-funding_rate.csv") else {
        return;
    };
    assert!(
        read(&source)
            .unwrap_err()
            .to_string()
            .contains("line 2: `high` is zero")
    );
}

#[test]
fn daily_bars_of_one_symbol_with_and_without_defects() {
    let path = "equity_daily/sp500_daily_2013-02_2016-12.parquet";
    let Some(mut source) = shared(path) else {
        return;
    };
    let several = refused(&source);
    assert!(
        several.contains("row 2: holds `A` and `AAL`; choose one symbol"),
        "{several}"
    );
    source.symbol = Some("AAPL".to_owned());
    let apple = bars(&source);
    assert_eq!(apple.len(), 982);
    assert_eq!(
        bar_text(&apple[0]),
        "2013-02-08T00:00:00.000000000Z 2013-02-09T00:00:00.000000000Z \
         67.7142 68.4014 66.8928 67.8542 158168416"
    );
    source.symbol = Some("DHR".to_owned());
    let error = refused(&source);
    assert!(
        error.contains("row 212424: impossible bar: open 78.47, high 81.305"),
        "{error}"
    );
    source.on_bad_row = OnBadRow::Skip { max: 11 };
    let loaded = read(&source).unwrap();
    assert_eq!((loaded.series.len(), loaded.skipped.count), (963, 3));
    let empty = loaded.skipped.examples[1].to_string();
    assert!(empty.contains("row 296987: `open` is empty"), "{empty}");
}

#[test]
fn hours_of_a_whole_history_by_pattern() {
    let Some(mut source) = shared("lean/forex/fxcm/hour/eurusd.zip") else {
        return;
    };
    source.time = TimeFormat::Pattern("%Y%m%d %H:%M".to_owned());
    source.bar = Some(BarSpec::seconds(3600, BarBasis::Bid));
    let hours = bars(&source);
    assert_eq!(hours.len(), 69_928);
    assert_eq!(hours[1].ts_open, hours[0].ts_event);
}

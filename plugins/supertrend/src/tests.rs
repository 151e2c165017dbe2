//! Against the textbook's formulas, worked out over all bars at once and in another way.

use super::Supertrend;
use argonaut_sdk::testing::{bars, indicator};
use argonaut_sdk::{Bar, Indicator};

/// Bars of a price that rises, falls and rises again, with some noise.
fn wave(count: u32) -> Vec<Bar> {
    let texts: Vec<[String; 4]> = (0..count)
        .map(|n| {
            let slope = (n % 40).abs_diff(20) * 50;
            let noise = n * 37 % 23;
            let close = 10_000 + slope + noise;
            let high = close + 5 + n * 13 % 7;
            let low = close - 4 - n * 11 % 9;
            let text = |cents: u32| format!("{}.{:02}", cents / 100, cents % 100);
            [close - 1, high, low, close].map(text)
        })
        .collect();
    let prices: Vec<[&str; 4]> = texts
        .iter()
        .map(|texts| texts.each_ref().map(String::as_str))
        .collect();
    bars(&prices)
}

/// The line and whether it is the rising one, for each bar from the `period`-th on.
fn textbook(bars: &[Bar], period: usize, distance: f64) -> Vec<(f64, bool)> {
    let price = |number: fn(&Bar) -> f64| bars.iter().map(number).collect::<Vec<f64>>();
    let (high, low) = (
        price(|bar| bar.high.to_f64()),
        price(|bar| bar.low.to_f64()),
    );
    let close = price(|bar| bar.close.to_f64());
    let range = |n: usize| high[n].max(close[n - 1]) - low[n].min(close[n - 1]);
    let count = f64::from(u32::try_from(period).unwrap());
    // Wilder's average, each time from its beginning.
    let average = |n: usize| {
        let first: f64 = (1..=period).map(range).sum::<f64>() / count;
        (period + 1..=n).fold(first, |average, n| average + (range(n) - average) / count)
    };
    let mut lines: Vec<(f64, bool)> = Vec::new();
    let (mut upper, mut lower, mut rises) = (f64::INFINITY, f64::NEG_INFINITY, true);
    for n in period..bars.len() {
        let middle = (high[n] + low[n]) / 2.0;
        let away = distance * average(n);
        let is_first = n == period;
        // A band moves towards the price, or anywhere once the price has closed beyond it.
        if is_first || middle + away < upper || close[n - 1] > upper {
            upper = middle + away;
        }
        if is_first || middle - away > lower || close[n - 1] < lower {
            lower = middle - away;
        }
        rises = match (is_first, rises) {
            (true, _) => true,
            (false, true) => close[n] >= lower,
            (false, false) => close[n] > upper,
        };
        lines.push((if rises { lower } else { upper }, rises));
    }
    lines
}

#[test]
fn values_are_those_of_the_textbook() {
    let bars = wave(400);
    for (period, distance) in [(10_usize, "3"), (1, "0.5"), (14, "1.5"), (30, "2")] {
        let text = period.to_string();
        let parameters = [("period", text.as_str()), ("distance", distance)];
        let mut supertrend = indicator::<Supertrend>(&parameters).unwrap();
        let values: Vec<_> = bars.iter().map(|bar| supertrend.on_bar(bar)).collect();
        let (early, late) = values.split_at(period);
        assert!(early.iter().all(Option::is_none));
        assert_eq!(supertrend.shape().warm_up, period);
        let expect = textbook(&bars, period, distance.parse().unwrap());
        assert_eq!(late.len(), expect.len());
        let mut sides = [0, 0];
        for (values, (line, rises)) in late.iter().zip(expect) {
            let values = values.as_ref().unwrap();
            let (place, trend) = if rises { (0, 1.0) } else { (1, -1.0) };
            sides[place] += 1;
            assert!((values[place] - line).abs() < 1e-9, "{values:?} {line}");
            assert!(values[1 - place].is_nan(), "{values:?}");
            assert!((values[2] - trend).abs() < 1e-9, "{values:?}");
        }
        assert!(sides.iter().all(|count| *count > 20), "{sides:?}");
    }
}

#[test]
fn it_goes_on_from_its_saved_state_to_the_bit() {
    let bars = wave(120);
    for split in [0, 1, 5, 11, 60] {
        let mut whole = indicator::<Supertrend>(&[]).unwrap();
        let expect: Vec<_> = bars.iter().map(|bar| whole.on_bar(bar)).collect();
        let mut first = indicator::<Supertrend>(&[]).unwrap();
        bars[..split].iter().for_each(|bar| _ = first.on_bar(bar));
        let mut second = indicator::<Supertrend>(&[]).unwrap();
        second.load(first.save()).unwrap();
        for (bar, expect) in bars[split..].iter().zip(&expect[split..]) {
            let bits = |values: Option<Vec<f64>>| {
                values.map(|all| all.into_iter().map(f64::to_bits).collect::<Vec<_>>())
            };
            assert_eq!(bits(second.on_bar(bar)), bits(expect.clone()), "{split}");
        }
    }
}

#[test]
fn the_state_of_another_period_is_refused() {
    let of = |period| indicator::<Supertrend>(&[("period", period)]).unwrap();
    let refused = of("5").load(of("6").save()).unwrap_err();
    assert!(refused.contains("`period` 6, and with 5"), "{refused}");
}

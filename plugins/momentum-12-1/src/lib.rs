//! Momentum: what an instrument gained over twelve months, without the last one. The last month is left
//! out because prices tend to turn back within it (Jegadeesh, "Evidence of predictable behavior of security
//! returns", 1990); what went up before that tends to go on (Jegadeesh and Titman, "Returns to buying winners
//! and selling losers", 1993).
//!
//! Months are counted in rows: 252 days of trading a year, 21 a month. There is no score where one of the two
//! prices is missing; what is between them does not matter.

use argonaut_sdk::{Config, Description, Factor, Field, Needs, Parameter, Window};

/// The gain from `lookback` rows ago to `skip` rows ago.
#[derive(Debug)]
pub struct Momentum {
    lookback: usize,
    skip: usize,
}

impl Factor for Momentum {
    fn describe() -> Description {
        let documentation =
            "Gain of the close over twelve months without the last one, on daily bars.";
        Description::new("momentum-12-1", env!("CARGO_PKG_VERSION"), documentation)
            .with(
                Parameter::integer("lookback", "Rows from where the gain begins to now.")
                    .default(252)
                    .range(1, 10_000),
            )
            .with(
                Parameter::integer(
                    "skip",
                    "Rows from where it ends to now; less than `lookback`.",
                )
                .default(21)
                .range(0, 9_999),
            )
    }

    fn new(config: &Config) -> Result<Self, String> {
        let lookback: usize = config.parse("lookback")?;
        let skip: usize = config.parse("skip")?;
        if skip >= lookback {
            return Err(format!(
                "parameter `skip`: {skip} is not less than `lookback`, {lookback}"
            ));
        }
        Ok(Self { lookback, skip })
    }

    fn needs(&self) -> Needs {
        Needs::new(&[Field::Close], self.lookback)
    }

    fn score(&mut self, window: &Window<'_>) -> Result<Vec<f64>, String> {
        let begin = window.row(Field::Close, self.lookback);
        let end = window.row(Field::Close, self.skip);
        Ok(begin.iter().zip(end).map(|(a, b)| gain(*a, *b)).collect())
    }
}

/// The gain from one price to another; NaN where one is missing or not above zero.
fn gain(begin: f64, end: f64) -> f64 {
    if begin > 0.0 && end > 0.0 {
        end / begin - 1.0
    } else {
        f64::NAN
    }
}

argonaut_sdk::export_factor!(Momentum);

#[cfg(test)]
mod tests {
    use super::*;
    use argonaut_sdk::testing::{factor, looks_ahead, panel};

    const SHORT: [(&str, &str); 2] = [("lookback", "3"), ("skip", "1")];

    /// Closes of three instruments on six days.
    fn closes() -> Vec<Vec<f64>> {
        let missing = f64::NAN;
        vec![
            vec![100.0, 50.0, missing],
            vec![110.0, 45.0, missing],
            vec![120.0, missing, 10.0],
            vec![90.0, 60.0, 11.0],
            vec![95.0, 61.0, 12.0],
            vec![99.0, 62.0, 13.0],
        ]
    }

    #[test]
    fn the_last_rows_are_left_out_and_missing_prices_have_no_score() {
        let mut momentum = factor::<Momentum>(&SHORT).unwrap();
        let scores = momentum
            .score_panel(&panel(&[(Field::Close, closes())], 3))
            .unwrap();
        // By hand: from day 0 to 2, from 1 to 3, from 2 to 4.
        let expect = [
            [Some(0.2), None, None],
            [Some(90.0 / 110.0 - 1.0), Some(60.0 / 45.0 - 1.0), None],
            [Some(95.0 / 120.0 - 1.0), None, Some(0.2)],
        ];
        assert_eq!(scores.len(), 9);
        for (score, expect) in scores.iter().zip(expect.concat()) {
            match expect {
                Some(expect) => assert!((score - expect).abs() < 1e-12, "{score} {expect}"),
                None => assert!(score.is_nan(), "{score}"),
            }
        }
    }

    #[test]
    fn nothing_of_the_future_is_in_a_score() {
        let panel = panel(&[(Field::Close, closes())], 3);
        assert_eq!(looks_ahead::<Momentum>(&SHORT, &panel), Ok(()));
    }

    #[test]
    fn a_check_finds_a_factor_that_knows_tomorrow() {
        /// Scores a row by the row after it.
        struct Tomorrow;

        impl Factor for Tomorrow {
            fn describe() -> Description {
                Description::new("tomorrow", "1", "")
            }

            fn new(_: &Config) -> Result<Self, String> {
                Ok(Self)
            }

            fn needs(&self) -> Needs {
                Needs::new(&[Field::Close], 0)
            }

            fn score(&mut self, _: &Window<'_>) -> Result<Vec<f64>, String> {
                Err("it scores panels".to_owned())
            }

            fn score_panel(&mut self, panel: &argonaut_sdk::Panel) -> Result<Vec<f64>, String> {
                let (numbers, width) = (panel.field(Field::Close), panel.instruments().len());
                let mut scores = numbers[(panel.first() + 1) * width..].to_vec();
                scores.resize((panel.rows() - panel.first()) * width, f64::NAN);
                Ok(scores)
            }
        }

        let panel = panel(&[(Field::Close, closes())], 3);
        let found = looks_ahead::<Tomorrow>(&[], &panel).unwrap_err();
        assert!(found.starts_with("row 3, instrument 0: 95 with"), "{found}");
    }

    #[test]
    fn parameters_that_contradict_each_other_are_refused() {
        let refused = factor::<Momentum>(&[("skip", "252")]).unwrap_err();
        assert_eq!(
            refused,
            "parameter `skip`: 252 is not less than `lookback`, 252"
        );
        let usual = factor::<Momentum>(&[]).unwrap();
        assert_eq!(usual.needs().lookback, 252);
    }
}

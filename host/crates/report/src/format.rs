//! How numbers and times look on the page.

use model::number::divide_half_even;
use model::time::{NANOS_PER_DAY, NANOS_PER_SECOND, civil_from_days};
use model::{Money, Timestamp};

/// Stands where a figure is not available.
pub(crate) const ABSENT: &str = "n/a";
/// A true minus sign, as wide as a plus.
const MINUS: &str = "\u{2212}";

/// Money with `digits` after the point and thousands apart.
pub(crate) fn money(amount: Money, digits: u32) -> String {
    let digits = digits.min(Money::DIGITS);
    let unit = 10_i128.pow(Money::DIGITS - digits);
    let rounded = divide_half_even(amount.raw(), unit).unwrap_or_default();
    let scale = 10_u128.pow(digits);
    let (whole, part) = (
        rounded.unsigned_abs() / scale,
        rounded.unsigned_abs() % scale,
    );
    let sign = if rounded < 0 { MINUS } else { "" };
    let whole = grouped(&whole.to_string());
    match usize::try_from(digits) {
        Ok(width) if width > 0 => format!("{sign}{whole}.{part:0width$}"),
        _ => format!("{sign}{whole}"),
    }
}

/// The same with a plus before gains.
pub(crate) fn signed_money(amount: Money, digits: u32) -> String {
    let text = money(amount, digits);
    if amount > Money::ZERO {
        format!("+{text}")
    } else {
        text
    }
}

/// A number with `digits` after the point and thousands apart.
pub(crate) fn number(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return ABSENT.to_owned();
    }
    let text = format!("{:.digits$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let sign = if value < 0.0 && !is_zero { MINUS } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", grouped(whole))
}

/// A fraction in percent.
pub(crate) fn percent(value: f64) -> String {
    format!("{}%", number(value * 100.0, 2))
}

/// The same with a plus before gains.
pub(crate) fn signed_percent(value: f64) -> String {
    let plus = if value > 0.0 { "+" } else { "" };
    format!("{plus}{}", percent(value))
}

/// Digits in groups of three.
pub(crate) fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `2024-01-31 09:30:15`.
pub(crate) fn time(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.get(..19).unwrap_or(&text).replace('T', " ")
}

/// `2024-01-31`.
pub(crate) fn date(moment: Timestamp) -> String {
    let (year, month, day) = civil_from_days(moment.nanos() / NANOS_PER_DAY);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The two largest units of a length of time: `3 d 4 h`, `12 min 30 s`, `250 ms`.
pub(crate) fn duration(nanos: u64) -> String {
    let seconds = nanos / NANOS_PER_SECOND;
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match seconds {
        0 => format!("{} ms", nanos / 1_000_000),
        1..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

/// Text that can stand anywhere in HTML, attributes included.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            control if control.is_control() && control != '\n' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_rounds_half_to_even_and_groups() {
        let check = |text: &str, digits, expect: &str| {
            assert_eq!(money(text.parse().unwrap(), digits), expect);
        };
        check("1234567.895", 2, "1,234,567.90");
        check("-0.005", 2, "0.00");
        check("-1234.5", 0, "\u{2212}1,234");
        check("0.123456789", 9, "0.123456789");
        assert_eq!(signed_money("5".parse().unwrap(), 2), "+5.00");
    }

    #[test]
    fn numbers_have_no_negative_zero() {
        assert_eq!(number(-0.0001, 2), "0.00");
        assert_eq!(number(-12_345.678, 1), "\u{2212}12,345.7");
        assert_eq!(number(f64::NAN, 2), "n/a");
        assert_eq!(signed_percent(0.1234), "+12.34%");
    }

    #[test]
    fn lengths_of_time_show_two_units() {
        let check = |seconds: u64, expect: &str| {
            assert_eq!(duration(seconds * NANOS_PER_SECOND), expect);
        };
        check(59, "59 s");
        check(750, "12 min 30 s");
        check(7_200, "2 h");
        check(273_600, "3 d 4 h");
        assert_eq!(duration(250_000_000), "250 ms");
    }

    #[test]
    fn nothing_gets_out_of_a_text() {
        assert_eq!(
            escape("<b a='\"'>&\u{1b}"),
            "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}"
        );
    }
}

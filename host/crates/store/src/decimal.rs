//! Decimal text straight from bytes to fixed point: exact, without allocation on the usual path.
//!
//! Numbers of up to 18 digits take the quick path. Everything else (longer, with an exponent, to be
//! rounded) goes through `model::number::parse_decimal`, which decides what is right.

use model::NumberError;
use model::number::{Excess, parse_decimal};

/// Why a text is not a number of the wanted precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecimalError {
    Malformed,
    NotFinite,
    TooPrecise,
    TooLarge,
}

/// Digits that always fit a `u64` after scaling is checked.
const QUICK_DIGITS: usize = 18;
/// Exponents beyond this are no price, size or time.
const EXPONENT_LIMIT: i32 = 60;
/// Powers of ten that fit a `u64`.
const POWERS: [u64; 19] = {
    let mut powers = [1; 19];
    let mut n = 1;
    while n < powers.len() {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

/// Reads `bytes` as a decimal in units of `10^-digits`.
pub(crate) fn parse_units(bytes: &[u8], digits: u32, excess: Excess) -> Result<i128, DecimalError> {
    match quick(bytes, digits) {
        Some(units) => Ok(units),
        None => slow(bytes, digits, excess),
    }
}

/// Plain digits with at most one point; `None` when it takes more care.
fn quick(bytes: &[u8], digits: u32) -> Option<i128> {
    let (negative, body) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    if body.is_empty() || body.len() > QUICK_DIGITS {
        return None;
    }
    let mut units = 0_u64;
    let mut point = None;
    for (index, &byte) in body.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            units = units * 10 + u64::from(digit);
        } else if byte == b'.' && point.is_none() {
            point = Some(index);
        } else {
            return None;
        }
    }
    let places = point.map_or(0, |index| body.len() - index - 1);
    if point.is_some() && body.len() == 1 {
        return None;
    }
    let missing = usize::try_from(digits).ok()?.checked_sub(places)?;
    let power = *POWERS.get(missing)?;
    let units = match units.checked_mul(power) {
        Some(scaled) => i128::from(scaled),
        None => i128::from(units) * i128::from(power),
    };
    Some(if negative { -units } else { units })
}

fn slow(bytes: &[u8], digits: u32, excess: Excess) -> Result<i128, DecimalError> {
    let text = std::str::from_utf8(bytes).map_err(|_| DecimalError::Malformed)?;
    if is_not_finite(text) {
        return Err(DecimalError::NotFinite);
    }
    let plain = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => &expand(mantissa, exponent)?,
        None => text,
    };
    parse_decimal(plain, digits, excess).map_err(|error| match error {
        NumberError::TooPrecise { .. } => DecimalError::TooPrecise,
        NumberError::Overflow => DecimalError::TooLarge,
        _ => DecimalError::Malformed,
    })
}

fn is_not_finite(text: &str) -> bool {
    let word = text.trim_start_matches(['+', '-']);
    ["nan", "inf", "infinity"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}

/// Writes `mantissa * 10^exponent` as a plain decimal, by moving the point.
fn expand(mantissa: &str, exponent: &str) -> Result<String, DecimalError> {
    let exponent: i32 = exponent.parse().map_err(|_| DecimalError::Malformed)?;
    if exponent.abs() > EXPONENT_LIMIT {
        return Err(DecimalError::TooLarge);
    }
    let (sign, body) = match mantissa.as_bytes().first() {
        Some(b'-' | b'+') => mantissa.split_at(1),
        _ => ("", mantissa),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let mut all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::Malformed);
    }
    let point = i32::try_from(whole.len()).map_err(|_| DecimalError::TooLarge)? + exponent;
    let Ok(point) = usize::try_from(point) else {
        return Ok(format!(
            "{sign}0.{}{all}",
            "0".repeat(point.unsigned_abs() as usize)
        ));
    };
    while all.len() < point {
        all.push('0');
    }
    let (whole, fraction) = all.split_at(point);
    Ok(format!("{sign}0{whole}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<i128, DecimalError>) {
        assert_eq!(
            parse_units(text.as_bytes(), 5, Excess::Refuse),
            expect,
            "{text}"
        );
    }

    #[test]
    fn plain_numbers_scale_exactly() {
        check("1.10001", Ok(110_001));
        check("-7", Ok(-700_000));
        check("+7", Ok(700_000));
        check(".5", Ok(50_000));
        check("5.", Ok(500_000));
        check("999999999999999999", Ok(99_999_999_999_999_999_900_000));
        check("1.100010000000000000000", Ok(110_001));
    }

    #[test]
    fn exponents_move_the_point() {
        check("1e-05", Ok(1));
        check("1.25E+2", Ok(12_500_000));
        check("-12.5e-1", Ok(-125_000));
        check("1e-6", Err(DecimalError::TooPrecise));
        check("1e9999", Err(DecimalError::TooLarge));
        check("1ee5", Err(DecimalError::Malformed));
    }

    #[test]
    fn what_is_no_number_is_named() {
        check("", Err(DecimalError::Malformed));
        check(".", Err(DecimalError::Malformed));
        check("-", Err(DecimalError::Malformed));
        check("1.2.3", Err(DecimalError::Malformed));
        check("1,5", Err(DecimalError::Malformed));
        check("NaN", Err(DecimalError::NotFinite));
        check("-inf", Err(DecimalError::NotFinite));
        check("1.100011", Err(DecimalError::TooPrecise));
    }

    #[test]
    fn rounding_is_half_to_even_when_allowed() {
        let round = |text: &str| parse_units(text.as_bytes(), 1, Excess::Round);
        assert_eq!(round("0.25"), Ok(2));
        assert_eq!(round("0.3500001"), Ok(4));
    }
}

//! Reads numbers from the one JSON object that a measured program prints last.

use anyhow::{Context, Result};
use serde_json::Value;

/// The object in the last line that starts with a brace; lines before it are the program's chatter.
pub(super) fn last_object(text: &str) -> Result<Value> {
    let line = text
        .lines()
        .rev()
        .find(|line| line.trim_start().starts_with('{'));
    let line = line.with_context(|| format!("no JSON object in:\n{text}"))?;
    serde_json::from_str(line).with_context(|| format!("not a JSON object: {line}"))
}

/// A number by its key.
pub(super) fn number(object: &Value, key: &str) -> Result<f64> {
    object[key]
        .as_f64()
        .with_context(|| format!("no number `{key}` in {object}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_object_counts_and_a_missing_key_is_named() {
        let object = last_object("loading\n{\"cpu_s\": 1}\n{\"cpu_s\": 0.5}\n").unwrap();
        assert!((number(&object, "cpu_s").unwrap() - 0.5).abs() < f64::EPSILON);
        assert!(
            number(&object, "orders")
                .unwrap_err()
                .to_string()
                .contains("`orders`")
        );
        assert!(last_object("nothing here").is_err());
    }
}

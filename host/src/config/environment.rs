//! Environment variables that override keys of the file.

use super::ConfigError;
use toml::{Table, Value};

const PREFIX: &str = "ARGONAUT_";

/// The overrides among all variables: those with the prefix and a `__` between section and key.
pub fn environment_overrides(
    variables: impl Iterator<Item = (String, String)>,
) -> Vec<(String, String)> {
    let mut found: Vec<_> = variables
        .filter(|(name, _)| {
            name.strip_prefix(PREFIX)
                .is_some_and(|rest| rest.contains("__"))
        })
        .collect();
    found.sort();
    found
}

/// Puts one override into the table.
pub(super) fn apply(table: &mut Table, name: &str, value: &str) -> Result<(), ConfigError> {
    let path = name
        .strip_prefix(PREFIX)
        .unwrap_or(name)
        .to_ascii_lowercase();
    let mut keys: Vec<&str> = path.split("__").collect();
    let Some(last) = keys.pop() else {
        return Ok(());
    };
    let mut place = table;
    for key in keys {
        let entry = place
            .entry(key)
            .or_insert_with(|| Value::Table(Table::new()));
        place = entry
            .as_table_mut()
            .ok_or_else(|| ConfigError::Environment {
                name: name.to_owned(),
                reason: format!(
                    "`{key}` is a list or a value, and only keys of sections can be set"
                ),
            })?;
    }
    place.insert(last.to_owned(), typed(value));
    Ok(())
}

/// Whole numbers and truth values as such; everything else, decimals included, as text.
fn typed(value: &str) -> Value {
    if let Ok(number) = value.parse::<i64>() {
        return Value::Integer(number);
    }
    match value {
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        text => Value::String(text.to_owned()),
    }
}

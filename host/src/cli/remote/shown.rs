//! Answers for people: a list as a table, one thing as a line for each of its fields.

use super::verb::Verb;
use crate::client::Answer;
use serde_json::{Map, Value};

/// An answer in lines.
pub(super) fn lines(verb: &Verb, answer: &Answer) -> Vec<String> {
    let mut lines = body(verb, &answer.body);
    lines.extend(answer.after.as_deref().map(more));
    if let Some(tag) = &answer.tag {
        let tag = tag.trim_matches('"');
        lines.push(format!("to change it as it is here: --if-match {tag}"));
    }
    lines
}

pub(super) fn body(verb: &Verb, answer: &Value) -> Vec<String> {
    let rows = match verb.rows {
        "" => answer,
        field => &answer[field],
    };
    let mut lines = match rows {
        Value::Null => vec!["done".to_owned()],
        Value::Array(rows) => table(rows, verb.columns),
        Value::Object(fields) => card(fields),
        other => vec![text(other)],
    };
    // Some lists count, others name a place.
    match &answer["next"] {
        Value::Number(next) => lines.push(more(&next.to_string())),
        Value::String(next) => lines.push(more(next)),
        _ => {}
    }
    lines
}

/// How a list goes on.
pub(in crate::cli) fn more(after: &str) -> String {
    format!("there is more: --after {after}")
}

/// One thing in a line: `name=value` of each field.
pub(in crate::cli) fn one_line(thing: &Value) -> String {
    let Some(fields) = thing.as_object() else {
        return text(thing);
    };
    let shown = flat(fields)
        .into_iter()
        .filter(|(_, value)| !value.is_null());
    let pairs = shown.map(|(path, value)| format!("{path}={}", text(value)));
    pairs.collect::<Vec<_>>().join(" ")
}

/// A row for each, with these columns, or with all that are plain.
fn table(rows: &[Value], columns: &[&str]) -> Vec<String> {
    if rows.is_empty() {
        return vec!["none".to_owned()];
    }
    let columns = match columns {
        [] => plain_columns(rows),
        columns => columns.iter().map(|&column| column.to_owned()).collect(),
    };
    let head = columns
        .iter()
        .map(|column| column.to_uppercase().replace(['.', '_'], " "));
    let mut all: Vec<Vec<String>> = vec![head.collect()];
    all.extend(rows.iter().map(|row| {
        let cells = columns.iter().map(|column| text(at(row, column)));
        cells.collect()
    }));
    aligned(&all)
}

/// Cells under each other.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let widest = |place: usize| {
        let cells = rows.iter().filter_map(|row| row.get(place));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(widest).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells = cells.map(|(cell, width)| format!("{cell:<width$}", width = *width));
        let line: Vec<String> = cells.collect();
        line.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// The dotted paths of all that is no list, in the order in which rows have them.
fn plain_columns(rows: &[Value]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for fields in rows.iter().filter_map(Value::as_object) {
        for (path, value) in flat(fields) {
            if !value.is_array() && !value.is_null() && !columns.contains(&path) {
                columns.push(path);
            }
        }
    }
    columns
}

/// A line for each field, and a table for what has rows.
fn card(fields: &Map<String, Value>) -> Vec<String> {
    let shown = flat(fields)
        .into_iter()
        .filter(|(_, value)| !value.is_null());
    let (tables, plain): (Vec<_>, Vec<_>) = shown.partition(|(_, value)| has_rows(value));
    let rows = plain
        .into_iter()
        .map(|(path, value)| vec![path, text(value)]);
    let mut lines = aligned(&rows.collect::<Vec<_>>());
    for (path, value) in tables {
        lines.push(format!("{path}:"));
        let rows = value.as_array().map_or(&[][..], Vec::as_slice);
        lines.extend(table(rows, &[]).iter().map(|line| format!("  {line}")));
    }
    lines
}

fn has_rows(value: &Value) -> bool {
    let mut rows = value.as_array().into_iter().flatten();
    rows.any(Value::is_object)
}

/// Fields by dotted path; moments once, as text.
fn flat(fields: &Map<String, Value>) -> Vec<(String, &Value)> {
    let mut all = Vec::new();
    for (name, value) in fields {
        let is_told = name
            .strip_suffix("_ns")
            .is_some_and(|name| fields.contains_key(name));
        match value {
            _ if is_told => {}
            Value::Object(below) => {
                let below = flat(below).into_iter();
                all.extend(below.map(|(path, value)| (format!("{name}.{path}"), value)));
            }
            value => all.push((name.clone(), value)),
        }
    }
    all
}

fn at<'a>(row: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(row, |value, name| &value[name])
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(text).collect();
            texts.join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::verb::get;
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_tables() {
        let verb = get("x", "/x", "").columns(&["name", "plugin.version"]);
        let answer =
            json!([{"name": "a", "plugin": {"version": "1.0"}}, {"name": "long", "plugin": null}]);
        let expect = ["NAME  PLUGIN VERSION", "a     1.0", "long  -"];
        assert_eq!(body(&verb, &answer), expect);
        assert_eq!(body(&verb, &json!([])), ["none"]);
        assert_eq!(body(&verb, &Value::Null), ["done"]);
    }

    #[test]
    fn one_thing_is_a_line_for_each_field() {
        let verb = get("x", "/x", "");
        let answer = json!({
            "name": "a", "at": "noon", "at_ns": "1", "no": null, "below": {"list": ["x", "y"]},
            "rows": [{"n": 1}, {"n": 2}],
        });
        let mut shown = body(&verb, &answer);
        let rows = shown.split_off(3);
        shown.sort();
        assert_eq!(
            shown,
            ["at          noon", "below.list  x, y", "name        a"]
        );
        assert_eq!(rows, ["rows:", "  N", "  1", "  2"]);
    }

    #[test]
    fn what_has_a_tag_says_it() {
        let answer = Answer {
            body: json!({"name": "a"}),
            tag: Some("\"0a1b\"".to_owned()),
            ..Answer::default()
        };
        let shown = lines(&get("x", "/x", ""), &answer);
        assert_eq!(
            shown,
            ["name  a", "to change it as it is here: --if-match 0a1b"]
        );
    }

    #[test]
    fn a_page_says_how_to_go_on() {
        let verb = get("x", "/x", "").rows("items");
        let answer = json!({"items": [{"n": 1}], "next": 7});
        assert_eq!(body(&verb, &answer), ["N", "1", "there is more: --after 7"]);
        let answer = json!({"items": [{"n": 1}], "next": "1a.7.0"});
        let expect = ["N", "1", "there is more: --after 1a.7.0"];
        assert_eq!(body(&verb, &answer), expect);
        let answer = Answer {
            body: json!([{"n": 1}]),
            after: Some("5.backtest-1".to_owned()),
            ..Answer::default()
        };
        let shown = lines(&get("x", "/x", ""), &answer);
        assert_eq!(shown, ["N", "1", "there is more: --after 5.backtest-1"]);
    }
}

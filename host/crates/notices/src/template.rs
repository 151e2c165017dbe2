//! Texts with places in them: `{severity}` becomes the notice's severity, and so on. Nothing else is
//! special but `{{` and `}}`, which stand for themselves. A text is tried when it is read, so that no
//! message is lost to a misspelled place.

use crate::notice::Notice;

/// What may stand in braces.
pub const FIELDS: [&str; 9] = [
    "kind", "state", "severity", "code", "scope", "title", "text", "time", "run",
];

/// A text with places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(&'static str),
}

impl Template {
    /// Reads one.
    ///
    /// # Errors
    /// What stands in braces is no field, or a brace stands alone.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(place) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(place);
            plain.push_str(before);
            if let Some(after) = from.strip_prefix("{{") {
                plain.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                plain.push('}');
                rest = after;
            } else {
                let (field, after) = field(from)?;
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Field(field));
                rest = after;
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Self(parts))
    }

    /// The text about a notice of a run.
    #[must_use]
    pub fn fill(&self, notice: &Notice, run: &str) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(field) => value(field, notice, run),
        });
        parts.collect()
    }
}

/// The field at the beginning of a text, and what comes behind it.
fn field(text: &str) -> Result<(&'static str, &str), String> {
    let inside = text.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    let Some((name, after)) = inside else {
        return Err("a brace stands alone; write `{{` or `}}` for a brace itself".to_owned());
    };
    let known = FIELDS.into_iter().find(|field| *field == name);
    let known = known.ok_or_else(|| {
        let all = FIELDS.join("}, {");
        format!("there is no field `{{{name}}}`; there are {{{all}}}")
    });
    Ok((known?, after))
}

fn value(field: &str, notice: &Notice, run: &str) -> String {
    match field {
        "kind" => notice.kind.name().to_owned(),
        "state" => notice.state.to_owned(),
        "severity" => notice.level.name().to_ascii_uppercase(),
        "code" => notice.code.clone(),
        "scope" => notice.scope.clone(),
        "title" => notice.title.clone(),
        "text" => notice.text.clone(),
        "time" => notice.time.to_string(),
        _ => run.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::{Kind, Level};
    use model::Timestamp;

    fn filled(text: &str) -> Result<String, String> {
        let notice = Notice {
            kind: Kind::Alert,
            state: "RAISED",
            level: Level::Serious,
            code: "P18".to_owned(),
            scope: "strategy/{ema}".to_owned(),
            title: "loss".to_owned(),
            text: String::new(),
            time: Timestamp::from_nanos(0),
            alert: Some(1),
        };
        Template::parse(text).map(|template| template.fill(&notice, "run-1"))
    }

    #[test]
    fn places_are_filled_once() {
        let check = |text: &str, expect: &str| assert_eq!(filled(text).unwrap(), expect);
        check("", "");
        check("[{severity}] {code}: {title}", "[SERIOUS] P18: loss");
        // What a value holds is not read again.
        check("{scope}{text}.", "strategy/{ema}.");
        check("{{{run}}} }}", "{run-1} }");
        check(
            "{kind} {state} {time}",
            "alert RAISED 1970-01-01T00:00:00.000000000Z",
        );
    }

    #[test]
    fn what_is_no_place_is_told() {
        for wrong in ["{sevrity}", "{", "}", "a { b", "{}", "{title"] {
            assert!(filled(wrong).is_err(), "{wrong}");
        }
        let error = filled("{nothing}").unwrap_err();
        assert!(
            error.contains("{nothing}") && error.contains("{title}"),
            "{error}"
        );
    }
}

//! What a plugin says about itself, checked before anybody relies on it.

use crate::Admitted;
use crate::bindings::argonaut::plugin::types as wit;
use crate::guest::{Guest, init_budget};
use crate::host::{HostState, Phase};
use crate::parameters::{self, ParameterKind};
use model::Fault;

const MAX_NAME_BYTES: usize = 64;
const MAX_DOCUMENTATION_BYTES: usize = 16 * 1024;
const MAX_PARAMETERS: usize = 256;

/// A plugin's name, version and parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its version, in the author's scheme.
    pub version: String,
    /// What it does, in the author's words; may have several lines.
    pub documentation: String,
    /// What can be set, in the author's order.
    pub parameters: Vec<Parameter>,
}

/// One parameter. Texts of numbers are in their shortest form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, unique within the plugin.
    pub name: String,
    /// What kind of value it takes.
    pub kind: ParameterKind,
    /// The value when none is given; `None` makes it required.
    pub default: Option<String>,
    /// Inclusive lower bound, of numbers only.
    pub minimum: Option<String>,
    /// Inclusive upper bound, of numbers only.
    pub maximum: Option<String>,
    /// What it is for.
    pub documentation: String,
}

impl Admitted {
    /// Asks the plugin to describe itself, in an instance of its own that is dropped afterwards.
    ///
    /// # Errors
    /// A [`Fault`] when the plugin breaks, or when its description contradicts itself.
    pub fn describe(&self) -> Result<Description, Fault> {
        let limits = *self.limits();
        let mut guest = Guest::new(self, HostState::new(limits, Vec::new()), Some)?;
        let budget = init_budget(&limits);
        let description =
            guest.private_call("describe", Phase::Describe, budget, |exports, store| {
                exports.call_describe(store)
            })?;
        read(description).map_err(|reason| crate::fault::bad_output("describe", &reason))
    }
}

fn read(description: wit::Description) -> Result<Description, String> {
    if description.parameters.len() > MAX_PARAMETERS {
        return Err(format!("more than {MAX_PARAMETERS} parameters"));
    }
    let mut parameters: Vec<Parameter> = Vec::new();
    for parameter in description.parameters {
        let parameter = read_parameter(parameter)?;
        if parameters.iter().any(|other| other.name == parameter.name) {
            return Err(format!("two parameters are named `{}`", parameter.name));
        }
        parameters.push(parameter);
    }
    Ok(Description {
        name: short("the name", description.name)?,
        version: short("the version", description.version)?,
        documentation: documentation(description.documentation)?,
        parameters,
    })
}

fn read_parameter(parameter: wit::Parameter) -> Result<Parameter, String> {
    let kind = match parameter.kind {
        wit::ParameterType::Integer => ParameterKind::Integer,
        wit::ParameterType::Decimal => ParameterKind::Decimal,
        wit::ParameterType::Boolean => ParameterKind::Boolean,
        wit::ParameterType::Text => ParameterKind::Text,
    };
    let name = short("a parameter's name", parameter.name)?;
    let canonical = |what: &str, value: Option<String>| -> Result<Option<String>, String> {
        value
            .map(|value| kind.canonical(&value))
            .transpose()
            .map_err(|problem| format!("the {what} of parameter `{name}` {problem}"))
    };
    if !kind.is_number() && (parameter.minimum.is_some() || parameter.maximum.is_some()) {
        return Err(format!("parameter `{name}` has bounds, but is no number"));
    }
    let checked = Parameter {
        kind,
        default: canonical("default", parameter.default)?,
        minimum: canonical("minimum", parameter.minimum)?,
        maximum: canonical("maximum", parameter.maximum)?,
        documentation: documentation(parameter.documentation)?,
        name: name.clone(),
    };
    if let (Some(minimum), Some(maximum)) = (&checked.minimum, &checked.maximum)
        && !kind.is_within(minimum, None, Some(maximum))
    {
        return Err(format!(
            "the minimum of parameter `{name}` is above its maximum"
        ));
    }
    if let Some(default) = &checked.default
        && !parameters::within(&checked, default)
    {
        return Err(format!(
            "the default of parameter `{name}` is out of its own bounds"
        ));
    }
    Ok(checked)
}

pub(crate) fn short(what: &str, text: String) -> Result<String, String> {
    if text.trim().is_empty() {
        Err(format!("{what} is empty"))
    } else if text.len() > MAX_NAME_BYTES {
        Err(format!("{what} is longer than {MAX_NAME_BYTES} bytes"))
    } else if text.chars().any(char::is_control) {
        Err(format!("{what} contains control characters"))
    } else {
        Ok(text)
    }
}

pub(crate) fn documentation(text: String) -> Result<String, String> {
    if text.len() > MAX_DOCUMENTATION_BYTES {
        return Err(format!(
            "documentation is longer than {MAX_DOCUMENTATION_BYTES} bytes"
        ));
    }
    if text
        .chars()
        .any(|character| character.is_control() && !matches!(character, '\n' | '\t'))
    {
        return Err("documentation contains control characters".to_owned());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(kind: wit::ParameterType, default: &str, bounds: [&str; 2]) -> wit::Parameter {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        wit::Parameter {
            name: "size".into(),
            kind,
            default: text(default),
            minimum: text(bounds[0]),
            maximum: text(bounds[1]),
            documentation: "how much".into(),
        }
    }

    fn describing(parameters: Vec<wit::Parameter>) -> wit::Description {
        let [name, version, documentation] = ["x", "1.0.0", "a\nb"].map(str::to_owned);
        wit::Description {
            name,
            version,
            documentation,
            parameters,
        }
    }

    #[test]
    fn numbers_come_out_in_their_shortest_form() {
        let given = parameter(wit::ParameterType::Decimal, "+01.50", ["0.0", "2"]);
        let description = read(describing(vec![given])).unwrap();
        let read = &description.parameters[0];
        assert_eq!(
            (
                read.default.as_deref(),
                read.minimum.as_deref(),
                read.maximum.as_deref()
            ),
            (Some("1.5"), Some("0"), Some("2"))
        );
    }

    #[test]
    fn contradictions_are_named() {
        use wit::ParameterType::{Boolean, Decimal, Integer};
        let check = |parameters, expect: &str| {
            assert_eq!(read(describing(parameters)).unwrap_err(), expect);
        };
        check(
            vec![parameter(Integer, "9", ["1", "5"])],
            "the default of parameter `size` is out of its own bounds",
        );
        check(
            vec![parameter(Decimal, "", ["2", "1.5"])],
            "the minimum of parameter `size` is above its maximum",
        );
        check(
            vec![parameter(Integer, "1.5", ["", ""])],
            "the default of parameter `size` is `1.5`, which is not a whole number",
        );
        check(
            vec![parameter(Boolean, "true", ["0", ""])],
            "parameter `size` has bounds, but is no number",
        );
        let twice = parameter(Integer, "1", ["", ""]);
        check(
            vec![twice.clone(), twice],
            "two parameters are named `size`",
        );
        let mut nameless = describing(Vec::new());
        nameless.name = " ".into();
        assert_eq!(read(nameless).unwrap_err(), "the name is empty");
    }
}

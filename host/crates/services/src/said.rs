//! What people say beside what they ask for: their name, and a reason. Each is one line of so many characters.

use crate::handle::HostError;

/// Longest name of who asks, in characters.
pub const LONGEST_NAME: usize = 64;
/// Longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// Checks one line that is not blank.
///
/// # Errors
/// `Invalid` with the field.
pub fn check(field: &'static str, text: &str, most: usize) -> Result<(), HostError> {
    let is_short = text.chars().count() <= most;
    if is_short && !text.trim().is_empty() && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(HostError::Invalid {
        field,
        reason: format!("must be one line of 1 to {most} characters"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_counted_in_characters() {
        let holds = |text: &str| check("by", text, 4).is_ok();
        assert!(holds("anna"));
        assert!(holds("Žofí"));
        for text in ["", "  ", "annas", "a\nb", "a\u{85}b"] {
            assert!(!holds(text), "{text:?}");
        }
    }
}

//! Makes text from a guest safe to print: one line, no control characters, no tricks with the
//! direction of text, bounded length. Prints lines of plugins that have no part in the journal.

use model::{Intent, Intents, LogLevel};

/// What stands where text was cut off.
const CUT: &str = "… (cut)";

/// `text` as one printable line of at most `limit` bytes (plus a mark where it was cut).
///
/// Control characters, line and paragraph separators and bidirectional overrides become Rust
/// escapes such as `\n` or `\u{1b}`, so that a log line cannot imitate another or drive a terminal.
pub(crate) fn printable(text: String, limit: usize) -> String {
    if text.len() <= limit && !text.chars().any(needs_escape) {
        return text;
    }
    let mut line = String::with_capacity(text.len().min(limit) + CUT.len());
    for character in text.chars() {
        let start = line.len();
        if needs_escape(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
        if line.len() > limit {
            line.truncate(start);
            line.push_str(CUT);
            break;
        }
    }
    line
}

/// Moves what a plugin logged to the host's log, under what the plugin is and its name.
pub(crate) fn to_host_log(plugin: &'static str, name: &str, lines: &mut Intents) {
    for line in lines.drain() {
        let Intent::Log { level, text } = line else {
            continue;
        };
        match level {
            LogLevel::Debug => tracing::debug!(plugin, name, "{text}"),
            LogLevel::Info => tracing::info!(plugin, name, "{text}"),
            LogLevel::Warn => tracing::warn!(plugin, name, "{text}"),
            LogLevel::Error => tracing::error!(plugin, name, "{text}"),
        }
    }
}

fn needs_escape(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_one_bounded_line() {
        let check = |text: &str, limit, expect: &str| {
            assert_eq!(printable(text.to_owned(), limit), expect, "{text:?}");
        };
        check("spread 0.5 µ", 64, "spread 0.5 µ");
        check("a\nb\r\tc", 64, "a\\nb\\r\\tc");
        check(
            "\u{1b}[31mred\u{7}\u{9b}",
            64,
            "\\u{1b}[31mred\\u{7}\\u{9b}",
        );
        check("\u{202e}evil\u{2028}", 64, "\\u{202e}evil\\u{2028}");
        check("abcdef", 6, "abcdef");
        check("abcdefg", 6, "abcdef… (cut)");
        check("ééé", 5, "éé… (cut)");
        check("abc\n\n", 6, "abc\\n… (cut)");
        check("", 0, "");
    }
}

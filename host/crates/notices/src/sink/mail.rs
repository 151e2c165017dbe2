//! A mail as text: the headers that it needs (RFC 5322), and a body of plain text. Whatever is not plain
//! ASCII is in Base64 (RFC 2045, RFC 2047), so that nothing in it is read as a header or a mark.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use model::time::{NANOS_PER_DAY, NANOS_PER_SECOND, civil_from_days};

/// Longest heading that is written as it is, in characters.
const PLAIN: usize = 60;
/// Bytes in one encoded word of a heading: with what is around it 75 characters at most.
const WORD_BYTES: usize = 45;
/// Bytes in one line of the body: 76 characters.
const LINE_BYTES: usize = 57;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// What stands in the headers. Addresses are checked ASCII.
pub(super) struct Heads<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) subject: &'a str,
    pub(super) id: &'a str,
    pub(super) date: Timestamp,
}

/// The mail.
pub(super) fn mail(heads: &Heads<'_>, text: &str) -> String {
    let Heads { from, to, id, .. } = heads;
    let (date, subject) = (date(heads.date), subject(heads.subject));
    let lines = text.as_bytes().chunks(LINE_BYTES);
    let body: String = lines
        .map(|line| format!("{}\r\n", STANDARD.encode(line)))
        .collect();
    format!(
        "Date: {date}\r\nFrom: Argonaut <{from}>\r\nTo: {to}\r\nSubject: {subject}\r\n\
         Message-ID: <{id}@argonaut.invalid>\r\nAuto-Submitted: auto-generated\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{body}"
    )
}

/// A heading on one line, or in encoded words on several.
fn subject(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain && text.len() <= PLAIN && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for letter in text.chars() {
        // A heading is one line, whatever a plugin says.
        let letter = if letter.is_control() { ' ' } else { letter };
        let is_full = |word: &String| word.len() + letter.len_utf8() > WORD_BYTES;
        if words.last().is_none_or(is_full) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    let words: Vec<_> = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
        .collect();
    words.join("\r\n ")
}

fn date(time: Timestamp) -> String {
    let (days, of_day) = (time.nanos() / NANOS_PER_DAY, time.nanos() % NANOS_PER_DAY);
    let (year, month, day) = civil_from_days(days);
    let month = usize::try_from(month.saturating_sub(1)).unwrap_or_default();
    let month = MONTHS.get(month).copied().unwrap_or_default();
    let seconds = of_day / NANOS_PER_SECOND;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{day} {month} {year} {hour:02}:{minute:02}:{second:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_plain_or_in_encoded_words() {
        let check = |text: &str, expect: &str| assert_eq!(subject(text), expect, "{text}");
        check("[SERIOUS] loss", "[SERIOUS] loss");
        check("Verlust: 5 €", "=?utf-8?B?VmVybHVzdDogNSDigqw=?=");
        check("a\r\nBcc: x", "=?utf-8?B?YSAgQmNjOiB4?=");
        check("=?utf-8?B?eA==?=", "=?utf-8?B?PT91dGYtOD9CP2VBPT0/PQ==?=");
        let long = subject(&"€".repeat(100));
        assert!(long.split("\r\n ").all(|word| word.len() <= 75), "{long}");
        assert_eq!(long.split("\r\n ").count(), 7);
    }

    #[test]
    fn dates_are_those_of_mails() {
        let check = |seconds: u64, expect: &str| {
            let time = Timestamp::from_nanos(seconds * NANOS_PER_SECOND);
            assert_eq!(date(time), expect);
        };
        check(0, "1 Jan 1970 00:00:00 +0000");
        check(1_767_312_001, "2 Jan 2026 00:00:01 +0000");
    }

    #[test]
    fn a_text_cannot_end_the_mail_or_add_to_its_headers() {
        let heads = Heads {
            from: "a@example.com",
            to: "b@example.com",
            subject: "x\nBcc: thief@example.com",
            id: "run-1-0",
            date: Timestamp::from_nanos(0),
        };
        let mail = mail(&heads, "first\r\n.\r\nMAIL FROM:<x>\r\n");
        let (head, body) = mail.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("thief"), "{head}");
        assert_eq!(body, "Zmlyc3QNCi4NCk1BSUwgRlJPTTo8eD4NCg==\r\n");
    }
}

//! Text as parts of a URL.

/// Text as one segment of a path, or as a name or value of a query.
pub(crate) fn encoded(text: &str) -> String {
    encoded_but(text, b"-._~:")
}

/// Text whose slashes are those of the path, as in symbols and scopes.
pub(crate) fn encoded_path(text: &str) -> String {
    encoded_but(text, b"-._~:/")
}

fn encoded_but(text: &str, plain: &[u8]) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A query, or nothing.
pub(crate) fn with_query<Name: AsRef<str>>(query: &[(Name, String)]) -> String {
    let pairs = query
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name.as_ref()), encoded(value)));
    match pairs.collect::<Vec<_>>().join("&") {
        pairs if pairs.is_empty() => pairs,
        pairs => format!("?{pairs}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_an_address_is_encoded() {
        let query = [
            ("by", "anna & ben".to_owned()),
            ("force", "true".to_owned()),
        ];
        assert_eq!(with_query(&query), "?by=anna%20%26%20ben&force=true");
        assert_eq!(with_query::<&str>(&[]), "");
        assert_eq!(encoded("../é"), "..%2F%C3%A9");
        assert_eq!(encoded_path("account/a b"), "account/a%20b");
    }
}

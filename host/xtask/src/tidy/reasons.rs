//! Every lint that is switched off says why.
//!
//! Clippy has this rule too, but sees only code of the platform it runs for; guests have other code.

use proc_macro2::{Group, TokenTree};

use super::Violation;
use super::tokens::{Parsed, attributes};

pub(super) fn check(parsed: &[Parsed]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in parsed {
        for attribute in attributes(&file.tokens)
            .iter()
            .filter(|it| lacks_a_reason(it))
        {
            let line = attribute.span_open().start().line;
            violations.push(Violation::new(
                &file.path,
                line,
                "`allow` without a `reason`",
            ));
        }
    }
    violations
}

/// Whether the attribute is an `allow` or `expect`, bare or under `cfg_attr`, with no `reason`.
fn lacks_a_reason(attribute: &Group) -> bool {
    let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name), TokenTree::Group(inside)] => match name.to_string().as_str() {
            "allow" | "expect" => !has_word(inside, "reason"),
            "cfg_attr" => has_word(inside, "allow") && !has_word(inside, "reason"),
            _ => false,
        },
        _ => false,
    }
}

fn has_word(group: &Group, word: &str) -> bool {
    group.stream().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(inner) => has_word(&inner, word),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::files::Files;
    use super::super::tokens::parse;

    #[track_caller]
    fn check(text: &str, violations: usize) {
        let parsed = parse(&Files::of(&[("a.rs", text)])).unwrap();
        assert_eq!(super::check(&parsed).len(), violations, "{text}");
    }

    #[test]
    fn an_allow_without_a_reason_is_found() {
        check("#[allow(dead_code)] fn f() {}", 1);
        check("#![allow(dead_code)]", 1);
        check("fn f() { #[expect(unused)] let x = 1; }", 1);
        check("#[cfg_attr(test, allow(dead_code))] fn f() {}", 1);
        check(
            "#[allow(dead_code, reason = \"kept for the wire\")] fn f() {}",
            0,
        );
        check(
            "#[cfg_attr(test, allow(dead_code, reason = \"why\"))] fn f() {}",
            0,
        );
        check("#[derive(Debug)] struct S; // #[allow(dead_code)]", 0);
    }
}

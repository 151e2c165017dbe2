//! Rust sources as tokens, so that rules see code and not comments or strings.
//!
//! Tokens are enough for our rules; nothing here knows Rust's grammar beyond balanced brackets,
//! attributes and the word `fn`.

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::files::Files;

/// A Rust file and its tokens.
pub(super) struct Parsed {
    /// Path from the root.
    pub(super) path: String,
    /// All tokens; documentation comments appear as attributes.
    pub(super) tokens: TokenStream,
}

impl Parsed {
    /// Whether the file holds nothing but tests.
    pub(super) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

/// Splits every Rust file into tokens; fails on a file that the compiler could not read either.
pub(super) fn parse(files: &Files) -> Result<Vec<Parsed>> {
    files
        .rust()
        .map(|file| {
            let tokens = file
                .text
                .parse()
                .map_err(|error| anyhow!("{}: {error}", file.path))?;
            Ok(Parsed {
                path: file.path.clone(),
                tokens,
            })
        })
        .collect()
}

/// A single token: a word, a punctuation mark or a literal, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) text: String,
    pub(super) line: usize,
    /// Whether it is a literal: a number, a string, a character.
    pub(super) literal: bool,
}

/// The tokens in order without their nesting; items under `#[cfg(test)]` are left out.
pub(super) fn leaves_outside_tests(tokens: &TokenStream) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    collect_leaves(without_tests(tokens.clone()), &mut leaves);
    leaves
}

fn collect_leaves(tokens: impl IntoIterator<Item = TokenTree>, leaves: &mut Vec<Leaf>) {
    for token in tokens {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) => collect_leaves(without_tests(group.stream()), leaves),
            TokenTree::Literal(literal) => {
                leaves.push(Leaf {
                    text: literal.to_string(),
                    line,
                    literal: true,
                });
            }
            word => leaves.push(Leaf {
                text: word.to_string(),
                line,
                literal: false,
            }),
        }
    }
}

/// Drops each item that follows `#[cfg(test)]`, up to its body or semicolon.
fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut skipping = false;
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        if skipping {
            skipping = !ends_item(&token);
            continue;
        }
        if is_punct(&token, '#') && rest.peek().is_some_and(is_cfg_test) {
            rest.next();
            skipping = true;
            continue;
        }
        kept.push(token);
    }
    kept
}

fn ends_item(token: &TokenTree) -> bool {
    is_punct(token, ';')
        || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_cfg_test(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else {
        return false;
    };
    let text: String = group.stream().to_string().split_whitespace().collect();
    text == "cfg(test)"
}

fn is_punct(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    /// Line of the word `fn`.
    pub(super) line: usize,
    /// Lines from `fn` to the closing brace, both counted.
    pub(super) length_lines: usize,
}

/// All functions, tests and nested ones included.
pub(super) fn functions(tokens: &TokenStream) -> Vec<Function> {
    let mut found = Vec::new();
    collect_functions(tokens.clone(), &mut found);
    found
}

fn collect_functions(tokens: TokenStream, found: &mut Vec<Function>) {
    // The function whose body has not come yet.
    let mut open: Option<(String, usize)> = None;
    let mut after_fn: Option<usize> = None;
    for token in tokens {
        if let (Some(line), TokenTree::Ident(name)) = (after_fn.take(), &token) {
            open = Some((name.to_string(), line));
        }
        match &token {
            TokenTree::Ident(word) if *word == "fn" => after_fn = Some(word.span().start().line),
            TokenTree::Punct(mark) if mark.as_char() == ';' => open = None,
            TokenTree::Group(group) => {
                if group.delimiter() == Delimiter::Brace
                    && let Some((name, line)) = open.take()
                {
                    let length_lines = group.span_close().end().line + 1 - line;
                    found.push(Function {
                        name,
                        line,
                        length_lines,
                    });
                }
                collect_functions(group.stream(), found);
            }
            _ => {}
        }
    }
}

/// The content of every attribute, `#[...]` and `#![...]`, at any depth.
pub(super) fn attributes(tokens: &TokenStream) -> Vec<Group> {
    let mut found = Vec::new();
    collect_attributes(tokens.clone(), &mut found);
    found
}

fn collect_attributes(tokens: TokenStream, found: &mut Vec<Group>) {
    let mut hash = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            if hash && group.delimiter() == Delimiter::Bracket {
                found.push(group.clone());
            }
            collect_attributes(group.stream(), found);
        }
        hash = is_punct(&token, '#') || (hash && is_punct(&token, '!'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap()
    }

    #[test]
    fn comments_strings_and_test_modules_are_not_code() {
        let text = "//! alpha\n/* beta */ fn gamma() { \"delta\"; }\n\
                    #[cfg(test)]\n#[rustfmt::skip]\nmod tests { fn epsilon() {} }\nconst ZETA: u8 = 1;";
        let leaves = leaves_outside_tests(&tokens(text));
        let words: Vec<&str> = leaves
            .iter()
            .filter(|leaf| !leaf.literal)
            .map(|leaf| leaf.text.as_str())
            .collect();
        assert!(words.contains(&"gamma") && words.contains(&"ZETA"));
        for hidden in ["alpha", "beta", "delta", "epsilon", "tests"] {
            assert!(!words.contains(&hidden), "{hidden}");
        }
        assert_eq!(
            leaves.iter().find(|leaf| leaf.text == "ZETA").unwrap().line,
            6
        );
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let text = "trait T { fn no_body(&self); fn short() {} }\n\
                    /// doc\nfn outer(callback: fn(u8)) -> u8\nwhere\n{\n    fn inner() {\n    }\n    1\n}";
        let found = functions(&tokens(text));
        let sizes: Vec<(&str, usize)> = found
            .iter()
            .map(|found| (found.name.as_str(), found.length_lines))
            .collect();
        assert_eq!(sizes, [("short", 1), ("outer", 7), ("inner", 2)]);
    }
}

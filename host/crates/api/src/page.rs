//! The live page: one self-contained document without outside resources.

use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse};
use std::hash::{BuildHasher, RandomState};

/// Everything but the nonce of its script and style.
const PAGE: &str = concat!(
    include_str!("page/head.html"),
    "<style nonce=\"{{nonce}}\">\n",
    include_str!("page/style.css"),
    "</style>\n",
    include_str!("page/body.html"),
    "<script type=\"module\" nonce=\"{{nonce}}\">\n\"use strict\";\n",
    include_str!("page/dom.js"),
    include_str!("page/session.js"),
    include_str!("page/connection.js"),
    include_str!("page/state.js"),
    include_str!("page/charts.js"),
    include_str!("page/market.js"),
    include_str!("page/trading.js"),
    include_str!("page/orders.js"),
    include_str!("page/ticket.js"),
    include_str!("page/strategies.js"),
    include_str!("page/versions.js"),
    include_str!("page/care.js"),
    include_str!("page/approvals.js"),
    include_str!("page/pipelines.js"),
    include_str!("page/risk.js"),
    include_str!("page/notices.js"),
    include_str!("page/dialogs.js"),
    include_str!("page/door.js"),
    include_str!("page/main.js"),
    "</script>\n</body>\n</html>\n",
);

/// `GET /`.
#[utoipa::path(
    get, path = "/", operation_id = "page.show",
    summary = "The live page",
    responses((status = 200, description = "A page that holds no data.", body = String, content_type = "text/html")),
)]
pub(crate) async fn show() -> impl IntoResponse {
    let nonce = nonce();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let headers: [(HeaderName, String); 1] = [(header::CONTENT_SECURITY_POLICY, policy)];
    (headers, Html(PAGE.replace("{{nonce}}", &nonce)))
}

/// Hard to guess for text that found its way into the page, which is all a nonce is for here; the
/// page itself holds nothing that came from outside.
pub(crate) fn nonce() -> String {
    let halves = [(); 2].map(|()| RandomState::new().hash_one("nonce"));
    format!("{:016x}{:016x}", halves[0], halves[1])
}

#[cfg(test)]
mod tests {
    use super::PAGE;
    use std::collections::BTreeSet;

    /// The name a line of script declares for all of the page.
    fn declared(line: &str) -> Option<&str> {
        let line = line.strip_prefix("async ").unwrap_or(line);
        let kinds = ["function ", "const ", "let ", "class "];
        let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind))?;
        rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .find(|name| !name.is_empty())
    }

    #[test]
    fn the_scripts_are_one_module_and_declare_each_name_once() {
        let mut seen = BTreeSet::new();
        let names: Vec<&str> = PAGE.lines().filter_map(declared).collect();
        let twice: Vec<_> = names.iter().filter(|name| !seen.insert(**name)).collect();
        assert!(
            twice.is_empty(),
            "declared twice, so nothing runs: {twice:?}"
        );
        assert!(seen.contains("readParameters"), "{seen:?}");
    }
}

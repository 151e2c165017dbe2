//! The API's description, and pages that show it: Swagger UI, unpacked from the program itself.

use crate::extract::{Name, NoFields};
use crate::openapi::{Refused, openapi};
use crate::page::nonce;
use crate::problem::Problem;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::LazyLock;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;
use zip::result::ZipError;

/// What the viewer needs, and what each is.
const FILES: [(&str, &str); 2] = [
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("swagger-ui.css", "text/css; charset=utf-8"),
];

/// The viewer's page, but for the nonce of its scripts.
const PAGE: &str = include_str!("docs.html");

/// The viewer's files by name; none where they cannot be unpacked, which a test would find.
static UNPACKED: LazyLock<BTreeMap<&'static str, Vec<u8>>> = LazyLock::new(|| {
    unpacked().unwrap_or_else(|error| {
        tracing::error!(%error, "the viewer of the API's description cannot be unpacked");
        BTreeMap::new()
    })
});

fn unpacked() -> Result<BTreeMap<&'static str, Vec<u8>>, ZipError> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let mut files = BTreeMap::new();
    for (name, _) in FILES {
        let path = path_of(&archive, name)?;
        let mut bytes = Vec::new();
        archive.by_name(&path)?.read_to_end(&mut bytes)?;
        files.insert(name, bytes);
    }
    Ok(files)
}

/// The file stands in a folder that carries the version.
fn path_of(archive: &ZipArchive<Cursor<&[u8]>>, name: &str) -> Result<String, ZipError> {
    let end = format!("/dist/{name}");
    for path in archive.file_names() {
        let path = path?;
        if path.ends_with(&end) {
            return Ok(path.into_owned());
        }
    }
    Err(ZipError::FileNotFound)
}

/// `GET openapi.json`.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", operation_id = "openapi.show",
    summary = "This description, as OpenAPI 3.1",
    responses((status = 200, description = "The description.", body = serde_json::Value)),
)]
pub(crate) async fn document(_: NoFields) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], openapi())
}

/// `GET /docs`.
#[utoipa::path(
    get, path = "/docs", operation_id = "docs.show",
    summary = "Pages that show this description and call the host",
    responses((status = 200, description = "A page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn show() -> impl IntoResponse {
    let nonce = nonce();
    // Less strict than the live page in nothing but the style sheet, which is a file, too.
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [(header::CONTENT_SECURITY_POLICY, policy)];
    (headers, Html(PAGE.replace("{{nonce}}", &nonce)))
}

/// `GET /docs/{file}`.
#[utoipa::path(
    get, path = "/docs/{file}", operation_id = "docs.file",
    summary = "A file of these pages",
    params(("file" = String, Path, description = "Its name.")),
    responses(
        (
            status = 200, description = "The file.",
            content((String = "text/javascript"), (String = "text/css")),
        ),
        (status = 404, response = Refused),
    ),
)]
pub(crate) async fn file(Name(name): Name) -> Result<impl IntoResponse, Problem> {
    let known = FILES.iter().find(|(known, _)| *known == name);
    let found = known.and_then(|(name, kind)| Some((*kind, UNPACKED.get(name)?)));
    let (kind, bytes) = found.ok_or_else(|| Problem::not_found("file", &name))?;
    Ok(([(header::CONTENT_TYPE, kind)], bytes.as_slice()))
}

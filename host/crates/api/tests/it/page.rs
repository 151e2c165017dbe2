//! The page is served whole, and its policy lets in nothing else.

use crate::rest_client::Client;

#[tokio::test]
async fn the_page_stands_alone_under_a_strict_policy() {
    let client = Client::new();
    let page = client.get("!/").await;
    assert_eq!(page.status, 200);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert_eq!(page.text.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
    for outside in [
        "src=",
        "url(",
        "@import",
        "http://",
        "https://",
        "innerHTML",
        " style=",
    ] {
        assert!(!page.text.contains(outside), "{outside}");
    }
    assert_eq!(page.headers["x-frame-options"], "DENY");
    assert_eq!(page.headers["cache-control"], "no-store");
    let again = client.get("!/").await;
    assert_ne!(again.headers["content-security-policy"], policy);
}

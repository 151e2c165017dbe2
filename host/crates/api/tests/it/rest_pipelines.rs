//! Pipelines of a host that has none; those of one that has are tried with the whole program.

use super::rest_client::Client;

#[tokio::test]
async fn a_host_without_pipelines_says_so() {
    let client = Client::new();
    for path in [
        "/pipelines",
        "/pipelines/ema",
        "/pipelines/ema/runs",
        "/pipelines/ema/runs/1",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
        assert!(answer.text.contains("through pipelines"), "{}", answer.text);
    }
    let body = r#"{"plugin":"abababab","by":"anna"}"#;
    let answer = client.json("POST", "/pipelines/ema/runs", body).await;
    assert_eq!(answer.status.as_u16(), 404);
    let answer = client.json("POST", "/pipelines/ema/runs", r#"{"plugin":"abababab"}"#);
    assert_eq!(answer.await.status.as_u16(), 400, "who asks is missing");
}

#[tokio::test]
async fn a_host_without_backtests_says_so() {
    let client = Client::new();
    for path in ["/backtests", "/backtests/1", "/backtests/1/report"] {
        let answer = client.get(path).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
        assert!(answer.text.contains("[backtests]"), "{}", answer.text);
    }
    assert_eq!(client.get("/jobs/backtest-1").await.status.as_u16(), 404);
    let body = r#"{"plugin":"a.wasm","instruments":["A"],"data":["a.csv"]}"#;
    let answer = client.json("POST", "/backtests", body).await;
    assert_eq!(answer.status.as_u16(), 404);
    let body = r#"{"plugin":"a.wasm","instruments":["A"],"seeds":1}"#;
    let answer = client.json("POST", "/backtests", body).await;
    assert_eq!(answer.status.as_u16(), 400, "{}", answer.text);
}

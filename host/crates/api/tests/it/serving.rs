//! The end of serving.

use crate::fake::Fake;
use crate::stream_client::{PATIENCE, Server};
use api::StreamSettings;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn shutdown_says_goodbye_and_returns() {
    let mut server = Server::start(Fake::new(), StreamSettings::default()).await;
    let mut client = server.connect().await;
    client.expect("hello").await;
    server.stop.take().unwrap().send(()).unwrap();
    assert_eq!(client.expect_bye("SHUTDOWN").await, 1001);
    let ended = tokio::time::timeout(PATIENCE, &mut server.task).await;
    ended.expect("serving should have ended").unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn requests_are_answered_over_a_socket() {
    let server = Server::start(Fake::new(), StreamSettings::default()).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = "GET /api/v1/instruments/EUR%2FUSD.SIM HTTP/1.1\r\nhost: localhost\r\n\
                   connection: close\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("\"symbol\":\"EUR/USD.SIM\""), "{answer}");
}

//! A WebSocket client on a real socket.

use crate::fake::Fake;
use api::{Api, Guarded, Settings, StreamSettings, serve};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Long enough for a slow machine; only a failing test waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A server on a socket of its own.
pub(crate) struct Server {
    pub(crate) host: Fake,
    pub(crate) address: SocketAddr,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub(crate) async fn start(host: Fake, stream: StreamSettings) -> Self {
        Self::with_identity(host, stream, None).await
    }

    pub(crate) async fn with_identity(
        host: Fake,
        stream: StreamSettings,
        guarded: Option<Arc<Guarded>>,
    ) -> Self {
        Self::over(host, stream, |api| api.with_identity(guarded)).await
    }

    /// Over what a test makes of the API.
    pub(crate) async fn over(
        host: Fake,
        stream: StreamSettings,
        make: impl FnOnce(Api<Fake>) -> Api<Fake>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = Settings {
            run: "run-1".into(),
            stream,
            ..Settings::default()
        };
        let (stop, stopped) = oneshot::channel();
        let api = make(Api::new(host.clone(), settings));
        let shutdown = async move {
            let _dropped_means_stop_too = stopped.await;
        };
        let task = tokio::spawn(serve(listener, api, shutdown));
        Self {
            host,
            address,
            stop: Some(stop),
            task,
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        self.connect_as(None).await.unwrap()
    }

    pub(crate) async fn connect_as(&self, origin: Option<&str>) -> Result<Client, Error> {
        self.connect_with("origin", origin).await
    }

    /// Connects and asks for subprotocols.
    pub(crate) async fn connect_by(&self, subprotocols: &str) -> Result<Client, Error> {
        let name = "sec-websocket-protocol";
        self.connect_with(name, Some(subprotocols)).await
    }

    async fn connect_with(&self, name: &'static str, value: Option<&str>) -> Result<Client, Error> {
        let mut request = format!("ws://{}/ws", self.address).into_client_request()?;
        if let Some(value) = value {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let (socket, response) = tokio_tungstenite::connect_async(request).await?;
        let chosen = response.headers().get("sec-websocket-protocol");
        let chosen = chosen.map(|name| name.to_str().unwrap().to_owned());
        Ok(Client {
            socket,
            chosen,
            messages: 0,
        })
    }
}

/// A connection that checks the numbering of what it receives.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The subprotocol that the server chose.
    pub(crate) chosen: Option<String>,
    messages: u64,
}

impl Client {
    fn is_binary(&self) -> bool {
        self.chosen.as_deref() == Some("argonaut.v1.msgpack")
    }

    /// Sends what is JSON here in the encoding of the connection.
    pub(crate) async fn send(&mut self, text: &str) {
        let message = match self.is_binary() {
            false => Message::text(text),
            true => {
                let value: Value = serde_json::from_str(text).unwrap();
                Message::binary(rmp_serde::to_vec_named(&value).unwrap())
            }
        };
        self.socket.send(message).await.unwrap();
    }

    /// The next frame, whatever it is.
    pub(crate) async fn frame(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        next.expect("the server should have sent something")
            .unwrap()
            .unwrap()
    }

    /// The next message; its number must follow the last one's.
    pub(crate) async fn next(&mut self) -> Value {
        let value = self.next_of_any_number().await;
        assert_eq!(value["message"], self.messages, "{value}");
        value
    }

    /// The next message, perhaps after a jump.
    pub(crate) async fn next_of_any_number(&mut self) -> Value {
        let value: Value = match (self.is_binary(), self.frame().await) {
            (false, Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            (true, Message::Binary(bytes)) => rmp_serde::from_slice(&bytes).unwrap(),
            (_, other) => panic!("the server should have sent a message, not {other}"),
        };
        self.messages += 1;
        assert!(
            value["message"].as_u64().unwrap() >= self.messages,
            "{value}"
        );
        value
    }

    /// The next message, which must be of this type.
    pub(crate) async fn expect(&mut self, kind: &str) -> Value {
        let value = self.next().await;
        assert_eq!(value["type"], kind, "{value}");
        value
    }

    /// Greets and subscribes; returns the snapshot.
    pub(crate) async fn subscribe(&mut self, wish: &str) -> Value {
        self.send(&format!(r#"{{"op":"subscribe","id":1,{wish}}}"#))
            .await;
        self.expect("ack").await;
        self.expect("snapshot").await
    }

    /// Is greeted and subscribes to all of a channel; returns the snapshot.
    pub(crate) async fn snapshot(&mut self, channel: &str) -> Value {
        self.expect("hello").await;
        self.subscribe(&format!(r#""channel":"{channel}""#)).await
    }

    /// Asks to go on after a sequence; returns the acknowledgement.
    pub(crate) async fn resume(&mut self, wish: &str, sequence: u64) -> Value {
        let resume = format!(r#""resume":{{"epoch":"run-1","sequence":{sequence}}}"#);
        self.send(&format!(r#"{{"op":"subscribe","id":1,{wish},{resume}}}"#))
            .await;
        self.expect("ack").await
    }

    /// Checks that the connection ends with this code; returns the close code.
    pub(crate) async fn expect_bye(&mut self, code: &str) -> u16 {
        let value = self.next_of_any_number().await;
        assert_eq!(
            (value["type"].as_str(), value["code"].as_str()),
            (Some("bye"), Some(code))
        );
        assert!(!value["reason"].as_str().unwrap().is_empty());
        self.close_code().await
    }

    pub(crate) async fn close_code(&mut self) -> u16 {
        match self.frame().await {
            Message::Close(Some(frame)) => {
                assert!(!frame.reason.is_empty());
                frame.code.into()
            }
            other => panic!("the server should have closed, not sent {other}"),
        }
    }
}

//! REST, WebSocket and the live page.

//! What a host tells people and programs outside, and how webhooks show that they are genuine.
//!
//! ```text
//! updates ──▶ Ear ──Notice──▶ Notifications ──Message──▶ Outbox ──▶ Sender (a thread each) ──▶ Sink
//!              what is news      which route, in             bounded        again and again      webhook, Slack, Discord,
//!                                which words, when                                               Telegram, e-mail
//! ```
//!
//! * [`Notifications`] is the desk: begin, listen to a host, test a route, see how each stands.
//! * [`RouteConfig`] is a route: [`Filter`], [`QuietHours`], [`Template`], [`Retry`] and a [`SinkConfig`].
//!
//! A sink that is slow or gone holds up its own messages; nothing that trades waits for any. Secrets are
//! [`Secret`]s, which show nowhere.
//!
//! What is absent on purpose: reading configuration or environment, and any decision about trading.

mod desk;
mod hear;
mod http;
mod kept;
mod notice;
mod outbox;
mod route;
mod secret;
mod sender;
mod signature;
mod sink;
mod template;

pub use desk::{Notifications, RouteError, RouteView, TestError};
pub use notice::{Kind, Level, Notice};
pub use route::{Filter, QuietHours, Retry, RouteConfig};
pub use secret::Secret;
pub use signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, is_same, is_signed, sign};
pub use sink::{EmailConfig, Security, SinkConfig};
pub use template::{FIELDS, Template};

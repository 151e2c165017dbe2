//! A request that brings a version of a strategy: read as JSON that names it, or as the component with all else in
//! the query.

use super::plugin_body::{Content, plugin_body};
use crate::extract::{Fields, parse_json};
use crate::guarded::Signed;
use crate::port::HostPort;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::{FromRequest, FromRequestParts, Request};
use serde::de::DeserializeOwned;
use services::handle::{HostError, PluginSource, Terms};
use std::future::Future;
use tokio::sync::OwnedSemaphorePermit;

/// What is asked of the host with a version: how a route reads it.
pub(crate) trait Brings: Sized {
    /// The body that names the version.
    type Body: DeserializeOwned;

    /// Of that body.
    fn from_body(body: Self::Body) -> Self;

    /// Of a component that is sent. What is not taken of the query is refused.
    fn from_query(plugin: PluginSource, fields: &mut Fields) -> Result<Self, Problem>;

    /// On what terms the version is taken.
    fn terms(&mut self) -> &mut Terms;
}

/// What was asked, in the name of who signed the request, if anybody did.
pub(crate) struct Brought<R> {
    request: R,
    /// Kept until a component's bytes are no longer needed.
    turn: Option<OwnedSemaphorePermit>,
}

impl<R> Brought<R> {
    /// Has the host do it.
    pub(super) async fn ask<T, F>(self, command: impl FnOnce(R) -> F) -> Result<T, HostError>
    where
        F: Future<Output = Result<T, HostError>>,
    {
        let _turn = self.turn;
        command(self.request).await
    }
}

impl<H: HostPort, R: Brings> FromRequest<Api<H>> for Brought<R> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api<H>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Ok(signed) = Signed::from_request_parts(&mut parts, api).await;
        let mut fields = Fields::from_request_parts(&mut parts, api).await?;
        let body = plugin_body(api, Request::from_parts(parts, body)).await?;
        let mut request = match body.content {
            Content::Json(bytes) => {
                fields.none_beside_json()?;
                R::from_body(parse_json(&bytes)?)
            }
            Content::Plugin(plugin) => {
                let request = R::from_query(plugin, &mut fields)?;
                fields.finish()?;
                request
            }
        };
        let terms = request.terms();
        terms.by = signed.or(terms.by.take());
        terms.progress = body.progress;
        Ok(Self {
            request,
            turn: body.turn,
        })
    }
}

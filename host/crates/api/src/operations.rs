//! Routes under the name of what they do. A router is built here and nowhere else, so that the list of
//! operations is that of the routes, and the policy can be held against it.

use crate::idempotency::KeyUse;
use crate::port::HostPort;
use crate::state::Api;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{self, MethodRouter};
use std::collections::HashMap;

/// A route and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What it does, as in the policy.
    pub id: &'static str,
    /// By which method.
    pub method: Method,
    /// Where, with names in braces for what stands for itself.
    pub path: String,
    /// What it makes of an `Idempotency-Key`.
    pub key: KeyUse,
}

/// Routes that are being put together.
pub(crate) struct Operations<H> {
    router: Router<Api<H>>,
    listed: Vec<Operation>,
}

impl<H: HostPort> Operations<H> {
    pub(crate) fn new() -> Self {
        Self {
            router: Router::new(),
            listed: Vec::new(),
        }
    }

    pub(crate) fn get<T, F>(self, id: &'static str, path: &str, handler: F) -> Self
    where
        F: Handler<T, Api<H>>,
        T: 'static,
    {
        self.on(id, Method::GET, path, routing::get(handler))
    }

    pub(crate) fn post<T, F>(self, id: &'static str, path: &str, handler: F) -> Self
    where
        F: Handler<T, Api<H>>,
        T: 'static,
    {
        self.on(id, Method::POST, path, routing::post(handler))
    }

    pub(crate) fn put<T, F>(self, id: &'static str, path: &str, handler: F) -> Self
    where
        F: Handler<T, Api<H>>,
        T: 'static,
    {
        self.on(id, Method::PUT, path, routing::put(handler))
    }

    pub(crate) fn patch<T, F>(self, id: &'static str, path: &str, handler: F) -> Self
    where
        F: Handler<T, Api<H>>,
        T: 'static,
    {
        self.on(id, Method::PATCH, path, routing::patch(handler))
    }

    pub(crate) fn delete<T, F>(self, id: &'static str, path: &str, handler: F) -> Self
    where
        F: Handler<T, Api<H>>,
        T: 'static,
    {
        self.on(id, Method::DELETE, path, routing::delete(handler))
    }

    fn on(
        mut self,
        id: &'static str,
        method: Method,
        path: &str,
        handler: MethodRouter<Api<H>>,
    ) -> Self {
        self.listed.push(Operation {
            id,
            key: KeyUse::of(id, &method),
            method,
            path: path.to_owned(),
        });
        Self {
            router: self.router.route(path, handler),
            listed: self.listed,
        }
    }

    /// With bodies up to so many bytes.
    pub(crate) fn with_bodies(self, bytes: usize) -> Self {
        Self {
            router: self.router.layer(DefaultBodyLimit::max(bytes)),
            ..self
        }
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.listed.extend(other.listed);
        Self {
            router: self.router.merge(other.router),
            listed: self.listed,
        }
    }

    /// With others below a path; `fallback` answers below it where there is no route.
    pub(crate) fn nest<T, F>(mut self, prefix: &str, other: Self, fallback: F) -> Self
    where
        F: Handler<T, Api<H>>,
        T: 'static,
    {
        let below = other.listed.into_iter().map(|operation| Operation {
            path: format!("{prefix}{}", operation.path),
            ..operation
        });
        self.listed.extend(below);
        Self {
            router: self.router.nest(prefix, other.router.fallback(fallback)),
            listed: self.listed,
        }
    }

    /// The routes, and what they do.
    pub(crate) fn into_parts(self) -> (Router<Api<H>>, Vec<Operation>) {
        (self.router, self.listed)
    }
}

/// What is done at a route, by path and method.
#[derive(Debug, Default)]
pub(crate) struct Lookup(HashMap<String, Vec<(Method, &'static str)>>);

impl Lookup {
    pub(crate) fn new(operations: Vec<Operation>) -> Self {
        let mut lookup = Self::default();
        for operation in operations {
            let Operation {
                id, method, path, ..
            } = operation;
            lookup.0.entry(path).or_default().push((method, id));
        }
        lookup
    }

    /// The methods that a route takes, as `Allow` has them.
    pub(crate) fn methods(&self, path: &str) -> String {
        let mut allowed = Vec::new();
        for (method, _) in self.0.get(path).into_iter().flatten() {
            allowed.push(method.as_str());
            if *method == Method::GET {
                allowed.push(Method::HEAD.as_str());
            }
        }
        allowed.join(",")
    }

    /// The operation of a route; `HEAD` is answered as `GET` is.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<&'static str> {
        let methods = self.0.get(path)?;
        let is_head = *method == Method::HEAD;
        let found = methods
            .iter()
            .find(|(known, _)| known == method || (is_head && *known == Method::GET));
        found.map(|(_, id)| *id)
    }
}

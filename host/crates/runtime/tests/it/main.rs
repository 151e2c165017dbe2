//! The runtime from outside: what it admits, what it refuses, and what hostile plugins can do.

mod admission;
mod cache;
mod child;
mod hostile;
mod lifecycle;
mod limits;
mod support;

//! Ways to venues outside.
//!
//! [`gateway`] speaks lines of JSON over TCP with a process that knows a venue's own protocol; that
//! process can be written in any language (`docs/gateway.md`).

pub mod gateway;

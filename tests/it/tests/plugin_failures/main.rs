//! What a bad plugin can do to a host, and what the host makes of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod in_process;
mod misbehaving;
mod probe;
mod quarantine;

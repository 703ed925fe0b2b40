//! What a bad plugin can do to a host, and what the host makes of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod in_process;
mod info;
mod last_run;
mod misbehaving;
mod mutants;
mod place;
mod probe;
mod quarantine;
mod requests;
mod rows;
mod switched_on;

//! Plugins in processes of their own: `isolate = true`.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crashes;
mod library;
mod nodes;
mod whole;

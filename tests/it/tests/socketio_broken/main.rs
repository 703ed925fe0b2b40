//! The Socket.IO plugin behind a proxy that breaks its connections: many copies of the library, so in a process of their own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken;
mod crowd;
mod member;

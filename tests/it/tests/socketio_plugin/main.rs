//! The Socket.IO plugin through its real ABI: against the real servers, and against servers that speak nonsense.
//!
//! `chat` is what the tests stand on; each other module is a part of what the plugin promises.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acknowledgements;
#[allow(dead_code, reason = "each process uses a part of it")]
mod chat;
mod configuration;
mod conversations;
mod cycles;
mod ending;
mod interop;
mod nonsense;
mod parsers;
mod payloads;
mod recovering;
mod requests;
mod secrets;
mod sending;
mod states;

//! The Socket.IO plugin through its real ABI: against the real servers, and against servers that speak nonsense.
//!
//! `chat` is what the tests stand on; each other module is a part of what the plugin promises.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acknowledgements;
mod chat;
mod configuration;
mod conversations;
mod cycles;
mod ending;
mod engine_io_3;
mod interop;
mod nonsense;
mod packed;
mod parsers;
mod payloads;
mod polling;
mod proxy;
mod recovering;
mod requests;
mod secrets;
mod sending;
mod states;
mod tls;
mod transports;

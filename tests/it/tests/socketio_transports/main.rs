//! How the Socket.IO plugin reaches its servers: transports, TLS, proxies, older protocols. In a process of their own,
//! because each test loads a copy of the library, and a process has 1024 thread-local keys.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../socketio_plugin/chat.rs"]
#[allow(dead_code, reason = "each process uses a part of it")]
mod chat;
mod engine_io_3;
mod packed;
mod polling;
mod proxy;
mod tls;
mod transports;

//! The client on a virtual clock, against a peer that the test plays byte by byte.

mod acks;
mod binary;
mod connecting;
mod engine_io_3;
mod flapping;
mod heartbeat;
mod msgpack;
mod namespaces;
mod payload;
mod receiving;
mod reconnecting;
mod recovering;
mod retrying;
mod robustness;
mod sending;
mod stopping;
mod upgrade;
mod util;

//! Measures what the design promises about speed, on the real thing: projects in a folder, run by the real runtime, with
//! the real plugins behind the real ABI. `docs/performance.md` says how to read the numbers.
//!
//! What depends on the machine is measured beside a peer in the same run: the network benches run bare tungstenite
//! against the same [`server`]. Each bench repeats itself and keeps its best, since other work on the machine can only
//! make it slower.
//!
//! Start at [`benches`], the list of them. Nothing here is a test; what must hold on every machine, such as that scalar
//! nodes allocate nothing, is tested in `tests/` with the same code.

pub mod acks;
pub mod allocations;
pub mod benches;
pub mod cold;
pub mod connections;
pub mod gst;
pub mod hundred;
pub mod large;
pub mod latency;
pub mod measure;
pub mod node_red;
pub mod nodes;
pub mod peer;
pub mod project;
pub mod server;
pub mod start;
pub mod throughput;
pub mod timers;
pub mod wire;

/// Why a bench could not be run.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    /// A failure with its reason: lower case, no full stop.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<tungstenite::Error> for Failure {
    fn from(error: tungstenite::Error) -> Self {
        Self(error.to_string())
    }
}

/// What everything here returns.
pub type Result<T> = std::result::Result<T, Failure>;

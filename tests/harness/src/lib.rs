//! Loads a plugin library through its real ABI, with a scripted host in the engine's place.
//!
//! ```no_run
//! # use pulsewire_harness::{Harness, fixtures, LONG};
//! # use serde_json::json;
//! let mut harness = Harness::active(fixtures::path("good"), json!({"greetings": [{"name": "en"}]}));
//! let ran = harness.node("good.shout", json!({})).run(["hello"]);
//! assert_eq!(ran.outputs, ["HELLO".into()]);
//!
//! let told = harness.event("good.on_told", "en");
//! harness.node("good.tell", json!({"configuration": "en"})).run(["world"]);
//! assert_eq!(told.wait(LONG), ["Hello, world".into()]);
//! ```
//!
//! Everything goes the way of the real host ([`pulsewire_host::plugins`]): search, static checks, loading,
//! registration, states. Only the engine is scripted, and it plays no graph: a test calls each node itself.
//!
//! Each [`Harness`] loads a copy of the library, so statics, log and panic hook are its own even among tests that
//! run at the same time. Its callers are tests, so what goes wrong panics with the whole story; where a failure is
//! what a test wants to see, there is a `try_` twin.
//!
//! Start at [`Harness`]; [`fixtures`] builds and finds libraries, [`PluginFolder`] is a search path to fill.

pub mod fixtures;

mod engine;
mod folder;
mod harness;
mod node;
mod recorder;

pub use engine::{Emitted, ScriptedEngine};
pub use folder::PluginFolder;
pub use harness::{EventListener, Harness};
pub use node::{HarnessNode, Ran};
pub use recorder::{LogLine, Recorder};

/// As long as anything may take on a busy machine. A test that waits so long has failed.
pub const LONG: std::time::Duration = std::time::Duration::from_secs(30);

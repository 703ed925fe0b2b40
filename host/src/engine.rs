//! The engine: runs a compiled program on one thread, the logic thread.
//!
//! A pulse runs a node; what the node sets is latched in slots; inputs are positions of slots. A branch runs to
//! its end before the next event is taken. Nothing is looked up by name here, and scalar paths allocate nothing.
//!
//! Start with [`Engine::run`]; `branch` is the inner loop.

mod branch;
mod events;
mod inspect;
mod keep;
mod node;
mod overflow;
mod queue;
mod replace;
mod run;
mod scenes;
mod surroundings;
mod timers;
mod world;

pub use events::{EventId, Events};
pub use inspect::{Cause, InspectError, Inspector, Metrics, Position, Probe, Step, Trace, TypeMetrics};
pub(crate) use keep::Keeper;
pub use node::{EngineNode, Placeholder};
pub(crate) use node::{PassEvent, PluginNode};
pub use queue::{EventQueue, Full};
pub(crate) use replace::listen;
pub use run::{Engine, Outcome, StopHandle};
pub use scenes::Scenes;
pub use surroundings::Surroundings;
pub use timers::{TimerId, Timers};
pub use world::World;
pub(crate) use world::seconds;

//! Descriptors: what an author declares about a plugin, as constants.
//!
//! They are constants so that the same words end up in the library file as JSON, readable without running any
//! code ([`crate::manifest`] is the reading side), and so that a mistake in them is a compile error.

mod about;
mod item;
mod json;
mod node_type;
mod section;

pub use about::About;
pub use item::{Attribute, Field, Literal, Socket};
pub use json::Json;
pub use node_type::{NodeKind, NodeType, Scope};
pub use section::{List, Section};

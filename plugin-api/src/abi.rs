//! The binary interface, and the only module that knows abi_stable.
//!
//! A library exports one symbol, [`ENTRY_SYMBOL`]. Behind it stands the **root**, which makes **plugins**; a
//! plugin makes **nodes**; the host hands a **host object** in. Root, plugin, node and host object are frozen at
//! 1.0: they never gain, lose or change a function. Whatever comes later is found with `extension("name/1")`,
//! which answers nothing to an id that it does not know.
//!
//! - [`value`], [`node`]: data that crosses in both directions; [`texts`] makes much of it at once.
//! - [`interface`]: root, plugin, node, host object.
//! - `author`: wraps an author's [`Plugin`](crate::Plugin) so that it can cross; catches panics.
//! - [`migration`]: an extension, by which plugins bring older settings up to date.
//! - [`loaded`]: what a host holds after it has opened a library.

mod author;
mod bytes;
mod guard;
pub mod interface;
pub mod loaded;
pub mod migration;
pub mod node;
pub mod texts;
pub mod value;

#[doc(hidden)]
pub mod export;

pub use abi_stable::StableAbi;
pub use interface::{ENTRY_SYMBOL, Extension};

//! What a Pulsewire plugin is: traits, descriptors and values. No I/O, no threads.
//!
//! # A plugin with one node
//!
//! ```
//! use pulsewire_plugin_api::prelude::*;
//!
//! const SHOUT: NodeType = NodeType::action("hello.shout", "Shout")
//!     .category("Text")
//!     .help("Makes a text upper case.")
//!     .inputs(&[Socket::data("text", "Text", DataType::String)])
//!     .outputs(&[Socket::data("shouted", "Shouted", DataType::String)]);
//!
//! struct Shout;
//!
//! impl Node for Shout {
//!     fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
//!         let shouted = call.text(0)?.to_uppercase();
//!         call.set(0, shouted);
//!         Ok(Flow::fire(0))
//!     }
//! }
//!
//! struct Hello;
//!
//! impl Plugin for Hello {
//!     const ABOUT: About = About::new("hello", "Hello", "1.0.0")
//!         .category("Examples")
//!         .description("Adds the node Shout.")
//!         .node_types(&[SHOUT]);
//!
//!     fn new(_: Host) -> Self {
//!         Hello
//!     }
//!
//!     fn register(registrar: &mut Registrar<Self>) {
//!         registrar.node(&SHOUT, |_, _| Ok(Shout));
//!     }
//! }
//!
//! pulsewire_plugin_api::export_plugin!(Hello);
//! ```
//!
//! # Where to start
//!
//! [`Plugin`] is the order of calls, [`Node`] what runs, [`describe`] what is declared, [`Host`] what is given.
//! Hosts read [`manifest`] and load through [`abi`].
//!
//! Every method states its thread and state in brackets: `[logic-thread & active]` is called, or may be called,
//! on the host's logic thread while the plugin is active.

pub mod abi;
mod data_type;
pub mod describe;
mod host;
mod json;
pub mod manifest;
mod node;
mod plugin;
pub mod value;

pub use host::{EmitError, EventSource, Host, HostServices, Setup, Wanted};
pub use node::{Call, Flow, Node, NodeError, NodeResult};
pub use plugin::{Plugin, PluginError, Registrar};

/// The version of this interface: major, minor.
pub const API_VERSION: &str = "1.0";

/// The oldest interface that a host of a plugin built with this crate may have.
pub const MIN_HOST_API: &str = "1.0";

/// The machine and system that this crate was built for, such as `x86_64-linux`.
pub const TARGET: &str = target();

/// `std::env::consts` cannot be joined in a constant, hence the table.
const fn target() -> &'static str {
    if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        "x86_64-linux"
    } else if cfg!(all(target_arch = "aarch64", target_os = "linux")) {
        "aarch64-linux"
    } else if cfg!(all(target_arch = "arm", target_os = "linux")) {
        "arm-linux"
    } else if cfg!(all(target_arch = "x86_64", target_os = "macos")) {
        "x86_64-macos"
    } else if cfg!(all(target_arch = "aarch64", target_os = "macos")) {
        "aarch64-macos"
    } else if cfg!(all(target_arch = "x86_64", target_os = "windows")) {
        "x86_64-windows"
    } else {
        "other"
    }
}

/// Everything that a plugin usually needs.
pub mod prelude {
    pub use crate::{
        Call, EmitError, EventSource, Flow, Host, Node, NodeError, NodeResult, Plugin, PluginError,
        Registrar, Setup,
        describe::{About, Attribute, Field, List, Literal, NodeType, Scope, Section, Socket},
        value::{Array, Binary, Color, DataType, Dictionary, Text, Value},
    };
}

//! Runs Pulsewire projects: the engine, the plugin host, and what the command line is made of.
//!
//! Data enters at one door and leaves at one: file → raw → validated → compiled → run.

pub mod cli;
pub mod compile;
pub mod console;
pub mod convert;
pub mod diagnostics;
pub mod engine;
pub mod literal;
pub mod logic;
pub mod nodes;
pub mod plugins;
pub mod project;
pub mod runtime;
pub mod settings;
pub mod toolbox;

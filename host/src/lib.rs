//! Runs Pulsewire projects: the engine, the plugin host, and what the command line is made of.
//!
//! Data enters at one door and leaves at one: file → raw → validated → compiled → run.

pub mod diagnostics;
pub mod logic;

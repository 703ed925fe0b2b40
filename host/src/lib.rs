//! Runs Pulsewire projects: the engine, the plugin host, and what the command line is made of.
//!
//! Data enters at one door and leaves at one: file → raw → validated → compiled → run.
//!
//! # A program that runs a project
//!
//! ```
//! use std::{fs, io, sync::Arc};
//!
//! use pulsewire_host::{
//!     console::{Format, StreamConsole},
//!     project::OpenOptions,
//!     runtime::{Ended, RunOptions, Runtime},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! fs::create_dir(folder.path().join("logic"))?;
//! fs::write(folder.path().join("settings.toml"), "format = 1")?;
//! let logic = r#"
//!     format = 1
//!     node = [
//!         { id = "begin", type = "events.on_initialize" },
//!         { id = "end", type = "utilities.exit", attributes = { code = 7 } },
//!     ]
//!     wire = [{ from = "begin.out", to = "end.in" }]
//! "#;
//! fs::write(folder.path().join("logic/project.toml"), logic)?;
//!
//! let open = OpenOptions { folder: folder.path().to_owned(), ..OpenOptions::default() };
//! let options = RunOptions { open, ..RunOptions::default() };
//! let console = Arc::new(StreamConsole::new(Format::Text, io::stdout()));
//! let mut runtime = Runtime::start(&options, console)?;
//! assert_eq!(runtime.run(None), Ended::Exit(7));
//! # Ok(())
//! # }
//! ```
//!
//! [`runtime`] says what else an embedder has to know.

pub mod cli;
pub mod compile;
pub mod console;
pub mod convert;
pub mod defaults;
pub mod diagnostics;
pub mod engine;
pub mod inspect;
pub mod literal;
pub mod logic;
pub mod nodes;
pub mod plugins;
pub mod project;
pub mod runtime;
pub mod schema;
pub mod settings;
pub mod toolbox;
pub mod validate;

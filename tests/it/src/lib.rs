//! What the suites in `tests/` share: the built artifacts, the installed tools and the real servers.
//!
//! It holds no test. A suite is a file in `tests/it/tests/`, named after what it shows; everything here panics with the
//! whole story instead of returning errors, since its only callers are tests.
//!
//! # Where tests find things
//! Nothing is passed through the environment. Cargo puts a test's executable into `<target>/<profile>/deps/`, and
//! `cargo xtask test` leaves everything else beside it, so [`artifacts`] deduces it all from the executable's own path:
//!
//! | What | Where | Left there by |
//! | --- | --- | --- |
//! | the command line | `<target>/<profile>/pulsewire` | `cargo xtask build` |
//! | the socketioxide server | `<target>/<profile>/socketioxide-server` | `cargo xtask test` |
//! | plugins | `<target>/<profile>/plugins/<id>/lib<id>.so` | `cargo xtask build` |
//! | fixtures | `<target>/<profile>/fixtures/<name>/lib<name>.so` | `cargo xtask test` |
//! | the Socket.IO plugin of another compiler | `<target>/other-compiler/plugins/socketio/` | `cargo xtask other-compiler --build` |
//! | Python with python-socketio | `<target>/venv/` | `cargo xtask tools` |
//! | npm's packages | `node_modules/` in `tests/servers/node`, `node2` and `node1` | `cargo xtask tools` |
//!
//! Start at [`servers::RealServer`] for a Socket.IO server, at [`artifacts`] for a library.

pub mod artifacts;
pub mod certificates;
pub mod pages;
pub mod processes;
pub mod project;
pub mod servers;
pub mod tools;

use std::time::Duration;

/// How long Stop or the end of a plugin may take; the design allows no more.
pub const DEACTIVATION: Duration = Duration::from_secs(2);

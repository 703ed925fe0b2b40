//! The Socket.IO plugin: connections to Socket.IO servers as nodes and a settings section.
//!
//! Three layers, each of which knows only the next:
//! - `nodes`: what the designer wires. They run on the logic thread and return in microseconds: what they want goes
//!   through a [`connection::Connection`] as a command.
//! - `driver`: one thread for the whole plugin, one task for each connection; transports and timers. What happens comes
//!   back as events.
//! - `socketio_proto`: the protocol without I/O.
//!
//! Beside them: `section` (what is declared) and `settings` (what is read of it), `endpoint` (what a URL means), `secrets`
//! (which do not come back from a server into a log),
//! `payload` and `outgoing` (values of the wire and values of Logic).

#![forbid(unsafe_code)]

mod connection;
mod driver;
mod endpoint;
mod nodes;
mod outgoing;
mod payload;
mod proxy;
mod secrets;
mod section;
mod settings;

use pulsewire_plugin_api::prelude::*;

use connection::Connections;

// Tests count allocations by an allocator of their own.
#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct SocketIo {
    connections: Connections,
}

impl Plugin for SocketIo {
    const ABOUT: About = About::new("socketio", "Socket.IO", env!("CARGO_PKG_VERSION"))
        .category("Communication")
        .description("Connects to Socket.IO servers: sends events, and starts logic when events arrive.")
        .node_types(nodes::ALL)
        .sections(&[section::SECTION]);

    // It logs requests with their headers, and frames.
    const SILENT: &'static [&'static str] = &["tungstenite"];

    fn new(host: Host) -> Self {
        Self {
            connections: Connections::new(host),
        }
    }

    fn register(registrar: &mut Registrar<Self>) {
        nodes::register(registrar);
    }

    fn activate(&mut self) -> Result<(), PluginError> {
        self.connections.read_settings()
    }

    fn settings_changed(&mut self) -> Result<(), PluginError> {
        self.connections.read_settings()
    }

    fn deactivate(&mut self) -> Result<(), PluginError> {
        self.connections.end()
    }
}

pulsewire_plugin_api::export_plugin!(SocketIo);

//! The WebSocket plugin: a client's connections to WebSocket servers as nodes and a settings section.
//!
//! Three layers, each of which knows only the next: [`nodes`] run on the logic thread and return at once; a
//! [`connection::Connection`] hands what they want to the thread of the [`driver`]; there each started connection is a task,
//! [`task`], over a stream that [`connect`] opens and [`life`] watches. What happens comes back as events.
//!
//! It does not connect again by itself: logic that wants that pulses WebSocket Client Start after On WebSocket Stop.

#![forbid(unsafe_code)]

mod backlog;
mod connect;
mod connection;
mod driver;
mod life;
mod nodes;
mod section;
mod task;

use pulsewire_plugin_api::prelude::*;

use connection::Connections;

struct WebSocket {
    connections: Connections,
}

impl Plugin for WebSocket {
    const ABOUT: About = About::new("websocket", "WebSocket", env!("CARGO_PKG_VERSION"))
        .category("Communication")
        .description("Connects to WebSocket servers: sends messages, and starts logic when messages arrive.")
        .node_types(nodes::ALL)
        .sections(&[section::SECTION]);

    // They log requests with their headers, and frames.
    const SILENT: &'static [&'static str] = &["tungstenite", "tokio_tungstenite"];

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

pulsewire_plugin_api::export_plugin!(WebSocket);

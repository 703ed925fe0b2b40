//! The interop matrix: every feature on every transport of every server, against the table in the plugin's documentation.
//!
//! Nothing is skipped: what a server does not have stands in the table as such. After a change on purpose,
//! `PULSEWIRE_BLESS=1 cargo test -p pulsewire-it --test socketio_plugin interop` writes the table anew.

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use pulsewire_it::{
    artifacts,
    servers::{Kind, RealServer},
};
use serde_json::{Value as Json, json};

use crate::chat::Chat;

mod features;

const TABLE: &str = "plugins/socketio/docs/interop.md";

const SERVERS: [(Kind, &str); 5] = [
    (Kind::Node, "socket.io 4.8.4"),
    (Kind::Python, "python-socketio 5.18.1"),
    (Kind::Oxide, "socketioxide 0.18.9"),
    (Kind::Node2, "socket.io 2.5.1"),
    (Kind::Node1, "socket.io 1.7.4"),
];

/// Names, and the fields of a connection that uses them.
fn transports() -> [(&'static str, Json); 3] {
    [
        ("WebSocket", json!({"transports": ["websocket"]})),
        ("polling", json!({"transports": ["polling"]})),
        ("upgrade", json!({"transports": ["polling", "websocket"]})),
    ]
}

/// A cell of the table: panics if the feature does not work, otherwise says how it does.
type Feature = fn(&mut Case) -> &'static str;

const FEATURES: [(&str, Feature); 15] = [
    ("text", features::text),
    ("JSON", features::json_values),
    ("binary", features::binary),
    ("namespaces", features::namespaces),
    ("auth", features::auth),
    ("namespace auth", features::namespace_auth),
    ("refusal", features::refusal),
    ("reconnection", features::reconnection),
    ("recovery", features::recovery),
    ("ack", features::acknowledgement),
    ("request", features::request),
    ("retries", features::retries),
    ("volatile", features::volatile),
    ("MessagePack", features::message_pack),
    ("4 MB", features::large),
];

/// What a cell is about.
struct Case {
    kind: Kind,
    server: RealServer,
    fields: Json,
    is_upgrade: bool,
}

impl Case {
    /// A connected client with these fields beside those of the transport.
    fn chat(&self, more: Json) -> Chat {
        let mut fields = self.fields.clone();
        let more = more.as_object().cloned().unwrap();
        fields.as_object_mut().unwrap().extend(more);
        let chat = Chat::started(&self.server, fields);
        self.await_upgrade(&chat);
        chat
    }

    fn await_upgrade(&self, chat: &Chat) {
        if self.is_upgrade {
            chat.harness.wait_for_log("goes on over WebSocket");
        }
    }

    fn is_old(&self) -> bool {
        Kind::OLD.contains(&self.kind)
    }
}

/// The rows of a server. What panics has told its story before.
fn rows(kind: Kind, server: &str) -> String {
    let mut case = Case {
        kind,
        server: RealServer::start_with(kind, &["--max-payload", "100000000"]),
        fields: json!({}),
        is_upgrade: false,
    };
    let mut rows = String::new();
    for (transport, fields) in transports() {
        case.fields = fields;
        case.is_upgrade = transport == "upgrade";
        let cells = FEATURES.map(|(name, feature)| {
            println!("{server} by {transport}: {name}");
            let attempt = catch_unwind(AssertUnwindSafe(|| feature(&mut case)));
            attempt.unwrap_or_else(|_| {
                // It may be in any state, or gone.
                case.server.restart();
                "NO"
            })
        });
        rows += &format!("| {server} | {transport} | {} |\n", cells.join(" | "));
    }
    rows
}

/// All rows, made side by side.
fn table() -> String {
    let columns = FEATURES.map(|(name, _)| name);
    let mut table = format!("| Server | Transport | {} |\n", columns.join(" | "));
    table += &format!("|{}\n", " --- |".repeat(columns.len() + 2));
    thread::scope(|scope| {
        let servers = SERVERS.map(|(kind, server)| scope.spawn(move || rows(kind, server)));
        for server in servers {
            table += &server.join().unwrap();
        }
    });
    table
}

#[test]
fn every_feature_works_on_every_transport_of_every_server_as_documented() {
    let table = table();
    println!("{table}");
    let path = artifacts::workspace().join(TABLE);
    let page = fs::read_to_string(&path).unwrap();
    let (introduction, documented) = page.split_once("\n| Server").unwrap();
    if env::var_os("PULSEWIRE_BLESS").is_some() {
        fs::write(&path, format!("{introduction}\n{table}")).unwrap();
        return;
    }
    let documented = format!("| Server{documented}");
    assert!(
        table == documented,
        "the table in `{TABLE}` says:\n{documented}\nbut it is:\n{table}"
    );
}

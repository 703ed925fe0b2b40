//! The interop matrix: every feature on every transport of every server, against the table in the plugin's documentation.
//!
//! Nothing is skipped: what a server does not have stands in the table as such. After a change on purpose,
//! `PULSEWIRE_BLESS=1 cargo test -p pulsewire-it --test socketio_plugin interop` writes the table anew.

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use pulsewire_harness::LONG;
use pulsewire_it::{
    artifacts,
    servers::{Kind, RealServer, bytes},
};
use pulsewire_plugin_api::{Flow, value::Value};
use serde_json::{Value as Json, json};

use crate::chat::Chat;

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

const FEATURES: [(&str, Feature); 10] = [
    ("text", text),
    ("JSON", json_values),
    ("binary", binary),
    ("namespaces", namespaces),
    ("auth", auth),
    ("refusal", refusal),
    ("reconnection", reconnection),
    ("ack", acknowledgement),
    ("request", request),
    ("4 MB", large),
];

const WORKS: &str = "yes";

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
        if self.is_upgrade {
            chat.harness.wait_for_log("goes on over WebSocket");
        }
        chat
    }

    fn is_old(&self) -> bool {
        Kind::OLD.contains(&self.kind)
    }
}

fn text(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({}));
    chat.subscribe("echo", "/");
    for text in ["", "x", "héllo\n\u{1e}\"😀\\"] {
        chat.send("echo", "/", text);
        assert_eq!(chat.received(), ["/", "echo", text]);
    }
    WORKS
}

fn json_values(case: &mut Case) -> &'static str {
    let chat = &mut case.chat(json!({}));
    let attributes = json!({"configuration": "chat", "message_format": "JSON"});
    let mut send = chat.harness.node("socketio.send", attributes);
    chat.subscribe("echo", "/");
    let value = r#"{"a":[1,-2.5,true,null,"é"],"b":{"c":9007199254740991}}"#;
    send.run(["echo", "/", value]);
    assert_eq!(chat.received(), ["/", "echo", value]);
    WORKS
}

fn binary(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({}));
    chat.subscribe("file", "/");
    chat.round_trip();
    let args = json!(["name", {"parts": [bytes("AQID"), bytes("")]}, bytes("/wA=")]);
    case.server
        .send(&json!({"do": "emit", "namespace": "/", "name": "file", "args": args}));
    let expected = r#"["name",{"parts":["AQID",""]},"/wA="]"#;
    let values = chat.on("receive").wait(LONG);
    assert_eq!(values[2], Value::from(expected));
    assert_eq!(values[5], Value::from(vec![1_u8, 2, 3]));

    let attributes = json!({"configuration": "chat", "message_format": "Value"});
    let mut send = chat.harness.node("socketio.send", attributes);
    let nested = Value::from(vec![Value::from(vec![255_u8, 0]), Value::Int(7)]);
    send.run(["echo".into(), "/".into(), "".into(), nested.clone()]);
    assert_eq!(chat.on("receive").wait(LONG)[3], nested);
    WORKS
}

fn namespaces(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({"namespaces": ["/", "/room-1"]}));
    for namespace in ["/", "/room-1", "/room-2"] {
        chat.subscribe("echo", namespace);
        chat.send("echo", namespace, namespace);
        assert_eq!(chat.received(), [namespace, "echo", namespace]);
    }
    chat.stop();
    chat.on("stop").wait(LONG);
    WORKS
}

fn auth(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({"namespaces": ["/admin"], "auth": {"token": "secret"}}));
    chat.subscribe("echo", "/admin");
    chat.send("echo", "/admin", "x");
    assert_eq!(chat.received(), ["/admin", "echo", "x"]);
    if case.is_old() { "as query" } else { WORKS }
}

fn refusal(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({"namespaces": ["/", "/admin"], "auth": {"token": "wrong"}}));
    let [namespace, message] = chat.error();
    assert_eq!(namespace, "/admin");
    assert!(message.starts_with("namespace: "), "{message}");
    // The others go on.
    chat.round_trip();
    let words = match case.kind {
        Kind::Node1 | Kind::Node2 => r#"{"code":401}"#,
        _ => "not authorized",
    };
    assert!(message.contains(words), "{message}");
    if case.is_old() { "data only" } else { WORKS }
}

fn reconnection(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({}));
    chat.subscribe("echo", "/");
    chat.round_trip();
    case.server.kill();
    chat.on("stop").wait(LONG);
    chat.send("echo", "/", "meanwhile");
    case.server.restart();
    chat.on("start").wait(LONG);
    assert_eq!(chat.received(), ["/", "echo", "meanwhile"]);
    WORKS
}

fn acknowledgement(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({}));
    let attributes = json!({"configuration": "chat"});
    let mut ask = chat
        .harness
        .node("socketio.send_with_acknowledgement", attributes);
    ask.run(["echo", "/", "answer this"]);
    let answered = ask.run_own_event(LONG);
    // The pulse output `acknowledged`.
    assert_eq!(
        (answered.flow, &answered.outputs[0]),
        (Flow::fire(1), &Value::from("answer this"))
    );
    chat.deactivate();
    WORKS
}

fn request(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({}));
    let attributes = json!({"configuration": "chat"});
    let mut acknowledge = chat.harness.node("socketio.acknowledge", attributes);
    chat.subscribe("q", "/");
    chat.round_trip();
    case.server
        .send(&json!({"do": "ask", "namespace": "/", "name": "q", "args": ["?"]}));
    let request = chat.on("request").wait(LONG).remove(6);
    let answer = format!("of {}", chat.harness.project_folder().display());
    acknowledge.run([request, answer.as_str().into()]);
    case.server
        .wait_for(&json!({"on": "ack", "name": "q", "args": [answer]}), LONG);
    chat.deactivate();
    WORKS
}

fn large(case: &mut Case) -> &'static str {
    if case.kind == Kind::Python && case.fields == json!({"transports": ["polling"]}) {
        // It takes what has arrived of a body for all of it.
        return "lost";
    }
    let mut chat = case.chat(json!({}));
    let text = "é".repeat(2 << 20);
    chat.subscribe("echo", "/");
    chat.send("echo", "/", &text);
    assert!(chat.received()[2] == text, "it came back changed");
    WORKS
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

//! The MessagePack parser, against the official one.

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer, bytes};
use serde_json::json;

use crate::chat::Chat;

fn server() -> RealServer {
    RealServer::start_with(Kind::Node, &["--msgpack", "1"])
}

#[test]
fn messagepack_carries_events_both_ways() {
    let mut server = server();
    let fields = json!({"parser": "MessagePack", "namespaces": ["/", "/room-1"]});
    let mut chat = Chat::started(&server, fields);
    chat.subscribe("echo", "/room-1");
    chat.send("echo", "/room-1", "héllo\n😀");
    assert_eq!(chat.received(), ["/room-1", "echo", "héllo\n😀"]);
    chat.subscribe("file", "/");
    chat.round_trip();
    let args = json!([{"a": [bytes("AQID"), 1, -7, 0.5, null, true]}, bytes("BAUG"), "text"]);
    server.send(&json!({"do": "emit", "namespace": "/", "name": "file", "args": args}));
    let expected = r#"[{"a":["AQID",1,-7,0.5,null,true]},"BAUG","text"]"#;
    assert_eq!(chat.received(), ["/", "file", expected]);
    chat.stop();
    chat.on("stop").wait(LONG);
    chat.deactivate();
}

#[test]
fn messagepack_is_joined_with_auth() {
    let server = server();
    let fields = json!({"parser": "MessagePack", "namespaces": ["/admin"], "auth": {"token": "secret"}});
    let mut chat = Chat::started(&server, fields);
    chat.subscribe("echo", "/admin");
    chat.send("echo", "/admin", "in");
    assert_eq!(chat.received(), ["/admin", "echo", "in"]);
}

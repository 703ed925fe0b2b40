//! The features of the matrix. Each shows that it works, or what takes its place where the server does not have it.

use pulsewire_chaos::{Chaos, Plan};
use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer, bytes};
use pulsewire_plugin_api::{Flow, value::Value};
use serde_json::{Value as Json, json};

use super::Case;
use crate::chat::Chat;

const WORKS: &str = "yes";

/// The server does not have it, which was shown.
const NONE: &str = "none";

pub(super) fn text(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({}));
    chat.subscribe("echo", "/");
    for text in ["", "x", "héllo\n\u{1e}\"😀\\"] {
        chat.send("echo", "/", text);
        assert_eq!(chat.received(), ["/", "echo", text]);
    }
    WORKS
}

pub(super) fn json_values(case: &mut Case) -> &'static str {
    let chat = &mut case.chat(json!({}));
    let attributes = json!({"configuration": "chat", "message_format": "JSON"});
    let mut send = chat.harness.node("socketio.send", attributes);
    chat.subscribe("echo", "/");
    let value = r#"{"a":[1,-2.5,true,null,"é"],"b":{"c":9007199254740991}}"#;
    send.run(["echo", "/", value]);
    assert_eq!(chat.received(), ["/", "echo", value]);
    WORKS
}

pub(super) fn binary(case: &mut Case) -> &'static str {
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

pub(super) fn namespaces(case: &mut Case) -> &'static str {
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

pub(super) fn auth(case: &mut Case) -> &'static str {
    let mut chat = case.chat(json!({"namespaces": ["/admin"], "auth": {"token": "secret"}}));
    chat.subscribe("echo", "/admin");
    chat.send("echo", "/admin", "x");
    assert_eq!(chat.received(), ["/admin", "echo", "x"]);
    if case.is_old() { "as query" } else { WORKS }
}

pub(super) fn refusal(case: &mut Case) -> &'static str {
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

pub(super) fn reconnection(case: &mut Case) -> &'static str {
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

pub(super) fn acknowledgement(case: &mut Case) -> &'static str {
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

pub(super) fn request(case: &mut Case) -> &'static str {
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

pub(super) fn large(case: &mut Case) -> &'static str {
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

pub(super) fn namespace_auth(case: &mut Case) -> &'static str {
    case.server.forget();
    let own = json!({"/admin": {"token": "secret", "of": "admin"}});
    let fields = json!({"namespaces": ["/", "/admin"], "auth": {"token": "wrong"}, "namespace_auth": own});
    let mut chat = case.chat(fields);
    chat.subscribe("echo", "/admin");
    chat.send("echo", "/admin", "x");
    assert_eq!(chat.received(), ["/admin", "echo", "x"]);
    let joined = |namespace: &str| {
        let pattern = json!({"on": "connect", "namespace": namespace});
        case.server.wait_for(&pattern, LONG)
    };
    let (root, admin) = (joined("/"), joined("/admin"));
    if case.is_old() {
        assert_eq!(admin["query"]["of"], "admin");
        return "as query";
    }
    assert_eq!(root["auth"], json!({"token": "wrong"}));
    assert_eq!(admin["auth"], json!({"token": "secret", "of": "admin"}));
    WORKS
}

/// An event that the server acknowledges the third time only, and one that waits for it.
pub(super) fn retries(case: &mut Case) -> &'static str {
    case.server.forget();
    let mut chat = case.chat(json!({"retries": 20, "ack_timeout": 500}));
    let attributes = json!({"configuration": "chat"});
    let mut ask = chat
        .harness
        .node("socketio.send_with_acknowledgement", attributes);
    chat.send("third", "/", "first");
    ask.run(["third", "/", "second"]);
    assert_eq!(ask.run_own_event(LONG).flow, Flow::fire(1));
    // What the server says of an event may come later than its acknowledgement.
    chat.send("note", "/", "end");
    case.server
        .wait_for(&json!({"on": "event", "name": "note"}), LONG);
    let arrived = case.server.seen(&json!({"on": "event", "name": "third"}));
    let mut arrived: Vec<&Json> = arrived.iter().map(|event| &event["args"][0]).collect();
    // On a slow machine a try more may be needed.
    assert!(
        arrived.len() >= 6 && arrived[..3] == ["first", "first", "first"],
        "{arrived:?}"
    );
    arrived.dedup();
    assert_eq!(arrived, ["first", "second"]);
    chat.deactivate();
    assert_eq!(chat.on("error").waiting(), 0);
    WORKS
}

pub(super) fn volatile(case: &mut Case) -> &'static str {
    case.server.forget();
    let mut chat = case.chat(json!({}));
    let attributes = json!({"configuration": "chat", "volatile": true});
    let mut volatile = chat.harness.node("socketio.send", attributes);
    // It is dropped while a POST is under way: behind a round trip there is none.
    chat.round_trip();
    volatile.run(["echo", "/", "now"]);
    assert_eq!(chat.received(), ["/", "echo", "now"]);
    case.server.kill();
    chat.on("stop").wait(LONG);
    volatile.run(["echo", "/", "never"]);
    chat.send("echo", "/", "later");
    case.server.restart();
    assert_eq!(chat.received(), ["/", "echo", "later"]);
    assert_eq!(case.server.seen(&json!({"args": ["never"]})), [] as [Json; 0]);
    WORKS
}

/// Connection state recovery: what the server says while the connection is away.
pub(super) fn recovery(case: &mut Case) -> &'static str {
    let has_it = case.kind == Kind::Node;
    // With it all events carry an offset, so this is a server of its own.
    let (options, emit, delay): (&[&str], _, _) = match has_it {
        // Between two polls it notices the end by its pings only; the client must not be back before.
        true => (
            &[
                "--recovery",
                "1",
                "--ping-interval",
                "500",
                "--ping-timeout",
                "3000",
            ],
            "broadcast",
            4500,
        ),
        false => (&[], "emit", 1000),
    };
    let mut server = RealServer::start_with(case.kind, options);
    let chaos = Chaos::to(([127, 0, 0, 1], server.port()).into()).unwrap();
    let door = chaos.open(|_| Plan::calm()).unwrap();
    let mut fields = case.fields.clone();
    let more = json!({
        "strip_offset": true,
        "reconnection_delay": delay,
        "reconnection_delay_max": delay,
        "randomization_factor": 0.0,
    });
    let more = more.as_object().cloned().unwrap();
    fields.as_object_mut().unwrap().extend(more);
    let mut chat = Chat::to(&format!("http://{}", door.address()), fields);
    let attributes = json!({"configuration": "chat"});
    let mut state = chat.harness.node("socketio.state", attributes);
    // Whether the session was restored, and its id.
    let mut state = move || {
        let outputs = state.run(["/"]).outputs;
        (outputs[3] == Value::Bool(true), outputs[2].to_string())
    };
    chat.subscribe("news", "/");
    chat.start();
    chat.on("start").wait(LONG);
    case.await_upgrade(&chat);
    let say = |server: &mut RealServer, text: &str| {
        server.send(&json!({"do": emit, "namespace": "/", "name": "news", "args": [text]}));
    };
    say(&mut server, "before");
    assert_eq!(chat.received(), ["/", "news", "before"]);
    let (_, id) = state();
    door.cut();
    chat.on("stop").wait(LONG);
    if has_it {
        // It stores a session when it has noticed the end.
        server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), LONG);
    }
    say(&mut server, "meanwhile");
    chat.on("start").wait(LONG);
    if has_it {
        assert_eq!(chat.received(), ["/", "news", "meanwhile"]);
        assert_eq!(state(), (true, id));
        return WORKS;
    }
    // It begins anew, and what was said meanwhile is lost.
    chat.subscribe("echo", "/");
    chat.send("echo", "/", "after");
    assert_eq!(chat.received(), ["/", "echo", "after"]);
    let (is_recovered, new) = state();
    assert!(!is_recovered && new != id, "{new}");
    NONE
}

pub(super) fn message_pack(case: &mut Case) -> &'static str {
    if case.is_old() {
        // Its parser is another one; it does not understand the client, nor the client it, and that is told.
        let mut fields = case.fields.clone();
        fields["parser"] = json!("MessagePack");
        let mut chat = Chat::to(&case.server.url(), fields);
        chat.start();
        let [_, message] = chat.error();
        assert!(!message.is_empty());
        chat.deactivate();
        assert_eq!(chat.on("start").waiting(), 0);
        return NONE;
    }
    let server = RealServer::start_with(case.kind, &["--msgpack", "1"]);
    let mut fields = case.fields.clone();
    fields["parser"] = json!("MessagePack");
    fields["namespaces"] = json!(["/", "/room-1"]);
    let mut chat = Chat::started(&server, fields);
    case.await_upgrade(&chat);
    chat.subscribe("echo", "/room-1");
    chat.send("echo", "/room-1", "héllo\n😀");
    assert_eq!(chat.received(), ["/room-1", "echo", "héllo\n😀"]);
    let attributes = json!({"configuration": "chat", "message_format": "Value"});
    let mut ask = chat
        .harness
        .node("socketio.send_with_acknowledgement", attributes);
    let nested = Value::from(vec![
        Value::from(vec![255_u8, 0]),
        Value::Int(-7),
        Value::Float(0.5),
    ]);
    let inputs = [
        "echo".into(),
        "/room-1".into(),
        "".into(),
        Value::Float(0.0),
        nested.clone(),
    ];
    ask.run(inputs);
    assert_eq!(chat.on("receive").wait(LONG)[3], nested);
    let answered = ask.run_own_event(LONG);
    assert_eq!((answered.flow, &answered.outputs[1]), (Flow::fire(1), &nested));
    chat.deactivate();
    WORKS
}

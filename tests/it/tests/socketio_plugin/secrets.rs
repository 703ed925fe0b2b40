//! No secret reaches a log, a report or an error, at whichever stage a connection fails and whatever the server repeats.

use std::{io::Write, net::TcpStream};

use pulsewire_harness::{Harness, LONG, fixtures};
use pulsewire_it::certificates::{Authority, text};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};
use tungstenite::{
    Message, WebSocket,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::chat::{Chat, OPEN, drain, free_port, serve, serve_websocket, settings};

const AUTH: &str = "sesame-auth";
const AUTH_NUMBER: i64 = 8_765_432_109;
const NAMESPACE_AUTH: &str = "open-namespace";
const QUERY: &str = "sesame query+é";
const HEADER: &str = "sesame-header";
const PASSWORD: &str = "sesame-password";
const URL_QUERY: &str = "sesame-url-query";
const TLS_KEY: &str = "sesame-tls-key";

/// What a server says that repeats all it was sent, as it was sent and as it understood it.
fn echo() -> String {
    format!(
        "{AUTH} {NAMESPACE_AUTH} {AUTH_NUMBER} {QUERY} sesame+query%2B%C3%A9 {HEADER} {PASSWORD} {URL_QUERY} \
         Basic c2VzYW1lLXVzZXI6c2VzYW1lLXBhc3N3b3Jk"
    )
}

#[track_caller]
fn assert_hidden(what: &str, text: &str) {
    for part in ["sesame", NAMESPACE_AUTH, "8765432109", "c2VzYW1l"] {
        assert!(!text.contains(part), "`{part}` is in {what}: {text}");
    }
}

/// A connection with a secret in every place that takes one.
fn chat(scheme: &str, host: &str, more: Json) -> Chat {
    let mut fields = json!({
        "auth": {"token": AUTH, "deep": [{"number": AUTH_NUMBER}]},
        "namespace_auth": {"/quiet": {"token": NAMESPACE_AUTH}},
        "query": {"key": QUERY},
        "headers": {"Authorization-Too": format!("Bearer {HEADER}")},
        "reconnection_attempts": 1,
    });
    let more = more.as_object().cloned().unwrap();
    fields.as_object_mut().unwrap().extend(more);
    let url = format!("{scheme}://sesame-user:{PASSWORD}@{host}/?key={URL_QUERY}");
    Chat::to(&url, fields)
}

/// Lets it fail at this stage, and looks everywhere.
#[track_caller]
fn fails(stage: &str, mut chat: Chat) -> String {
    let errors = chat.on("error");
    chat.start();
    let error = errors.wait(LONG)[1].to_string();
    assert!(error.starts_with(&format!("{stage}: ")), "{error}");
    chat.stop();
    chat.deactivate();
    assert_hidden("the error", &error);
    assert_hidden("events", &format!("{:?}", chat.harness.engine().waiting()));
    assert_hidden("the log", &format!("{:?}", chat.harness.logs()));
    assert_hidden("reports", &format!("{:?}", chat.harness.reports()));
    error
}

/// Speaks Engine.IO up to `say`.
fn speaking(say: impl Fn(&mut WebSocket<TcpStream>) + Send + Sync + Clone + 'static) -> String {
    let address = serve_websocket(move |mut websocket| {
        let _ = websocket.send(Message::text(OPEN));
        let _ = websocket.read();
        say(&mut websocket);
        drain(websocket.get_mut());
    });
    address.to_string()
}

fn saying(packet: String) -> String {
    speaking(move |websocket| {
        let _ = websocket.send(Message::text(packet.clone()));
    })
}

fn answering(answer: String) -> String {
    let address = serve(move |mut stream| {
        let _ = stream.write_all(answer.as_bytes());
        drain(&mut stream);
    });
    address.to_string()
}

#[test]
fn no_stage_tells_a_secret() {
    let plain = json!({});
    // A label of more than 63 characters is refused before anybody is asked.
    let nowhere = format!("{}.invalid", "x".repeat(70));
    fails("dns", chat("http", &nowhere, plain.clone()));
    fails("tcp", chat("http", &free_port().to_string(), plain.clone()));

    let page = |status: &str, headers: &str| {
        let body = echo();
        format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
    };
    let error = fails(
        "http",
        chat("http", &answering(page("403 No", "")), plain.clone()),
    );
    assert!(error.contains("*** *** ***"), "{error}");
    let moved = format!("Location: http://h/{AUTH}/{HEADER}\r\n");
    fails(
        "http",
        chat("http", &answering(page("302 Found", &moved)), plain.clone()),
    );
    let long = format!("{}{AUTH}{AUTH}", "x".repeat(294));
    let long = format!("HTTP/1.1 500 No\r\nContent-Length: {}\r\n\r\n{long}", long.len());
    fails("http", chat("http", &answering(long), plain.clone()));
    fails(
        "tls",
        chat("https", &answering(page("400 No", "")), plain.clone()),
    );

    let address = serve_websocket(|mut websocket| {
        let _ = websocket.send(Message::text(format!(
            r#"0{{"sid":"{AUTH}","pingInterval":"{HEADER}"}}"#
        )));
        drain(websocket.get_mut());
    });
    fails("handshake", chat("http", &address.to_string(), plain.clone()));
    let closing = speaking(|websocket| {
        let reason = CloseFrame {
            code: CloseCode::Policy,
            reason: format!("{AUTH} {HEADER}").into(),
        };
        let _ = websocket.close(Some(reason));
    });
    fails("websocket", chat("http", &closing, plain.clone()));

    let refusal = json!({"message": echo(), "data": {"auth": {"token": AUTH, "number": AUTH_NUMBER}}});
    fails(
        "namespace",
        chat("http", &saying(format!("44{refusal}")), plain.clone()),
    );
    fails(
        "parse",
        chat("http", &saying(format!("40\"{AUTH}\"")), plain.clone()),
    );
    fails("parse", chat("http", &saying(format!("4{AUTH}")), plain.clone()));
    let small = json!({"max_message_size": 1024});
    fails(
        "limit",
        chat("http", &saying(format!("42[\"{}\"]", AUTH.repeat(200))), small),
    );
}

#[test]
fn no_key_is_told() {
    let authority = Authority::new();
    let mine = authority.issue("mine", &["localhost"]);
    let pem = |inner: &str| format!("-----BEGIN PRIVATE KEY-----\n{inner}\n-----END PRIVATE KEY-----\n");
    let keys = [
        TLS_KEY.to_owned(),
        pem(TLS_KEY),
        pem("c2VzYW1lIHNlc2FtZQ=="),
        format!("-----BEGIN {TLS_KEY}\n{TLS_KEY}"),
        format!("-----BEGIN PRIVATE KEY-----\n{TLS_KEY}"),
        pem(TLS_KEY).replace("PRIVATE", "ENCRYPTED PRIVATE"),
    ];
    for key in keys {
        let fields = json!({
            "tls_certificate": text(&mine.certificate), "tls_key": key, "tls_key_password": PASSWORD,
        });
        let error = fails("tls", chat("https", "127.0.0.1:1", fields));
        assert!(error.contains("`tls_key`"), "{error}");
    }
}

#[test]
fn an_entry_that_cannot_be_used_tells_no_secret() {
    for wrong in [
        json!({"headers": {"X": format!("{HEADER}\n")}}),
        json!({"auth": AUTH}),
        json!({"namespace_auth": NAMESPACE_AUTH}),
        json!({"namespace_auth": {"/": NAMESPACE_AUTH}}),
        json!({"query": QUERY}),
        json!({"tls_key": [TLS_KEY]}),
        json!({"tls_key": TLS_KEY}),
        json!({"url": format!("http://u:{PASSWORD}@h:99999/?{URL_QUERY}")}),
        json!({"url": format!("{PASSWORD}")}),
    ] {
        println!("{wrong}");
        let mut harness = Harness::active(fixtures::plugin("socketio"), settings("http://h", wrong));
        let mut start = harness.node("socketio.start", json!({"configuration": "chat"}));
        let refused = start.try_run::<Value>([]).unwrap_err();
        assert_hidden("the refusal", refused.reason());
        assert_hidden("the log", &format!("{:?}", harness.logs()));
        assert_hidden("reports", &format!("{:?}", harness.reports()));
    }
}

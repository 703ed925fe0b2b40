//! What an entry of the Project Settings decides, and what becomes of one at fault.

use pulsewire_harness::LONG;
use pulsewire_plugin_api::value::Value;
use serde_json::json;
use tungstenite::{Message, accept};

use crate::client::{Client, echo, server, server_with, silent, text};

#[test]
fn greater_message_than_allowed_ends_the_connection() {
    let url = server(|mut socket| {
        for size in [1000, 1001] {
            socket.send(Message::binary(vec![7; size])).unwrap();
        }
        while socket.read().is_ok() {}
    });
    let client = Client::started(&url, json!({"max_message_size": 1000}));
    assert_eq!(client.on("receive").wait(LONG)[1], vec![7; 1000].into());
    let error = client.on("error").wait(LONG)[0].to_string();
    assert!(error.contains("1001 > 1000"), "{error}");
    assert_eq!(client.on("stop").wait(LONG)[0], 1006_i64.into());
    assert_eq!(client.on("receive").waiting(), 0);
}

#[test]
fn server_that_never_agrees_is_given_up_in_time() {
    let url = server_with(silent);
    let mut client = Client::to(&url, json!({"connect_timeout": 50}));
    client.pulse("start");
    let error = client.on("error").wait(LONG)[0].to_string();
    assert_eq!(error, format!("{url}: no connection within 50 ms"));
    client.harness.try_deactivate().unwrap();
    assert_eq!(
        (client.on("start").waiting(), client.on("stop").waiting()),
        (0, 0)
    );
}

#[test]
fn connection_without_an_entry_is_an_error_of_the_node() {
    let mut client = Client::to("ws://127.0.0.1", json!({}));
    let other = json!({"configuration": "other"});
    let mut start = client.harness.node("websocket.start", other);
    let refused = start.try_run::<Value>([]).unwrap_err();
    let expected = "the Project Settings have no WebSocket connection `other`";
    assert_eq!(refused.reason(), expected);
}

#[test]
fn entry_at_fault_is_told_without_its_secrets() {
    let headers = json!({"headers": {"X-Number": 7}});
    let mut client = Client::to("ws://127.0.0.1", headers);
    let words = "the header `X-Number` is no text";
    assert!(client.harness.wait_for_log(words).message.contains("`one`"));
    let one = json!({"configuration": "one"});
    let mut start = client.harness.node("websocket.start", one);
    let refused = start.try_run::<Value>([]).unwrap_err();
    let expected = format!("the WebSocket connection `one` cannot be used: {words}");
    assert_eq!(refused.reason(), expected);

    let injected = json!({"headers": {"X-Token": "secret\r\nX-Other: secret"}});
    let mut client = Client::to(&server(echo), injected);
    client.pulse("start");
    let error = client.on("error").wait(LONG)[0].to_string();
    assert!(error.ends_with("is no valid HTTP"), "{error}");
    let logs = client.harness.logs();
    assert!(
        logs.iter().all(|line| !line.message.contains("secret")),
        "{logs:?}"
    );
}

/// A server that greets each client, and then listens.
fn greeting(words: &'static str) -> String {
    server(move |mut socket| {
        socket.send(Message::text(words)).unwrap();
        while socket.read().is_ok() {}
    })
}

#[test]
fn changed_entry_counts_from_the_next_start_on_and_a_removed_one_ends_its_connection() {
    let (old, new) = (greeting("old"), greeting("new"));
    let mut client = Client::started(&old, json!({}));
    assert_eq!(client.on("receive").wait(LONG)[0], text("old"));
    let changed = json!({"connections": [{"name": "one", "url": new}]});
    client.harness.set_settings(changed);
    client.harness.try_settings_changed().unwrap();
    client.try_send("String", text("still here")).unwrap();

    client.pulse("stop");
    client.on("stop").wait(LONG);
    client.pulse("start");
    client.on("start").wait(LONG);
    assert_eq!(client.on("receive").wait(LONG)[0], text("new"));

    client.harness.set_settings(json!({}));
    client.harness.try_settings_changed().unwrap();
    assert_eq!(client.on("stop").wait(LONG), [1000_i64.into(), text("")]);
    assert_eq!(client.on("error").waiting(), 0);
}

#[test]
fn messages_that_wait_to_be_written_are_bounded_in_number() {
    let deaf = server(silent);
    let mut client = Client::started(&deaf, json!({}));
    let mut send = client
        .harness
        .node("websocket.send", json!({"configuration": "one"}));
    // Together with what lies in the system's buffers.
    let message = text(&"x".repeat(8 << 10));
    let refused = (0..20_000).find_map(|_| send.try_run([message.clone()]).err());
    let expected = "the WebSocket connection `one` takes no more: 4096 messages wait already";
    assert_eq!(refused.unwrap().reason(), expected);
}

#[test]
fn stop_is_silent_when_no_connection_was_there() {
    let url = server_with(silent);
    let mut client = Client::to(&url, json!({}));
    client.pulse("stop");
    client.pulse("start");
    client.pulse("stop");
    client.pulse("stop");
    client.harness.try_deactivate().unwrap();
    for event in ["start", "stop", "error"] {
        assert_eq!(client.on(event).waiting(), 0, "{event}");
    }
}

#[test]
fn end_without_a_code_is_told_as_such() {
    let url = server_with(|stream| {
        let mut socket = accept(stream).unwrap();
        socket.close(None).unwrap();
        while socket.read().is_ok() {}
    });
    let client = Client::started(&url, json!({}));
    assert_eq!(client.on("stop").wait(LONG), [1005_i64.into(), text("")]);
}

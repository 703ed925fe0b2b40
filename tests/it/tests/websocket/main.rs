//! The WebSocket plugin against real servers: tungstenite in this process, and those under the official Socket.IO servers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod entry;
mod project;

use std::{
    fs::File,
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    sync::mpsc,
    thread,
    time::Instant,
};

use client::{Client, echo, server, server_with, silent, text};
use pulsewire_harness::{HarnessNode, LONG};
use pulsewire_it::{
    DEACTIVATION,
    certificates::Authority,
    servers::{Kind, RealServer},
};
use pulsewire_plugin_api::value::Value;
use serde_json::json;
use tungstenite::{
    Message,
    handshake::server::{Request, Response},
    protocol::{CloseFrame, frame::coding::CloseCode},
};

#[test]
fn texts_and_bytes_go_both_ways() {
    let mut client = Client::started(&server(echo), json!({}));
    let received = client.on("receive");
    client.try_send("String", text("h\u{e9}llo")).unwrap();
    assert_eq!(
        received.wait(LONG),
        [text("h\u{e9}llo"), Value::Empty, false.into()]
    );
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    client.try_send("Binary", bytes.clone().into()).unwrap();
    assert_eq!(received.wait(LONG), [Value::Empty, bytes.into(), true.into()]);
    client.try_send("String", text("")).unwrap();
    assert_eq!(received.wait(LONG)[0], text(""));
}

#[test]
fn servers_of_others_are_understood() {
    for kind in Kind::ALL {
        let server = RealServer::start(kind);
        // What lies under Socket.IO: an Engine.IO handshake, then the packet that opens a namespace.
        let url = format!("{}/socket.io/?EIO=4&transport=websocket", server.url());
        let mut client = Client::started(&url, json!({}));
        let received = client.on("receive");
        assert!(received.wait(LONG)[0].to_string().starts_with("0{"), "{kind:?}");
        client.try_send("String", text("40")).unwrap();
        assert!(received.wait(LONG)[0].to_string().starts_with("40{"), "{kind:?}");
    }
}

#[test]
fn tls_is_trusted_only_with_the_right_authority() {
    let ours = Authority::new();
    let issued = ours.issue("server", &["127.0.0.1"]);
    let server = RealServer::start_with(Kind::Node, &issued.options());
    let url = format!("{}/socket.io/?EIO=4&transport=websocket", server.url());
    let file = ours.file();
    let client = Client::started(&url, json!({"tls_ca": file.to_str().unwrap()}));
    assert!(client.on("receive").wait(LONG)[0].to_string().starts_with("0{"));

    for (authority, words) in [("", "TLS: "), ("nowhere.pem", "the authorities in `nowhere.pem`")] {
        let mut client = Client::to(&url, json!({"tls_ca": authority}));
        client.pulse("start");
        let error = client.on("error").wait(LONG)[0].to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn connection_that_is_refused_is_an_error_and_never_was_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut client = Client::to(&url, json!({}));
    for _ in 0..2 {
        client.pulse("start");
        let error = client.on("error").wait(LONG)[0].to_string();
        assert!(error.starts_with(&url) && error.contains("refused"), "{error}");
    }
    client.harness.try_deactivate().unwrap();
    assert_eq!(
        (client.on("start").waiting(), client.on("stop").waiting()),
        (0, 0)
    );
}

#[test]
fn server_without_websockets_is_an_error() {
    let server = RealServer::start(Kind::Node);
    let mut client = Client::to(&server.url(), json!({"connect_timeout": 20_000}));
    client.pulse("start");
    let error = client.on("error").wait(LONG)[0].to_string();
    assert!(!error.is_empty(), "{error}");
}

/// How a server closes that has no room.
fn full() -> CloseFrame {
    CloseFrame {
        code: CloseCode::from(4000),
        reason: "full".into(),
    }
}

#[test]
fn end_by_the_server_is_told_and_can_be_followed_by_a_start() {
    let url = server(|mut socket| {
        socket.close(Some(full())).unwrap();
        while socket.read().is_ok() {}
    });
    let mut client = Client::to(&url, json!({}));
    for _ in 0..2 {
        client.pulse("start");
        client.on("start").wait(LONG);
        assert_eq!(client.on("stop").wait(LONG), [4000_i64.into(), text("full")]);
    }
    assert_eq!(client.on("error").waiting(), 0);
}

#[test]
fn stop_sends_what_waits_and_closes() {
    let (sender, seen) = mpsc::channel();
    let url = server(move |mut socket| {
        while let Ok(message) = socket.read() {
            sender.send(message).unwrap();
        }
    });
    let mut client = Client::to(&url, json!({}));
    for _ in 0..2 {
        // Twice Start is once.
        client.pulse("start");
        client.pulse("start");
        client.on("start").wait(LONG);
        for number in 0..100 {
            client.try_send("String", text(&number.to_string())).unwrap();
        }
        client.pulse("stop");
        assert_eq!(client.on("stop").wait(LONG), [1000_i64.into(), text("")]);
        for number in 0..100 {
            assert_eq!(
                seen.recv_timeout(LONG).unwrap(),
                Message::text(number.to_string())
            );
        }
        assert!(seen.recv_timeout(LONG).unwrap().is_close());
    }
    assert_eq!(client.on("error").waiting(), 0);
}

#[test]
fn what_cannot_be_sent_is_an_error_of_the_node() {
    let mut client = Client::to(&server(echo), json!({}));
    let refused = client.try_send("String", text("x")).unwrap_err();
    assert!(
        refused.contains("the WebSocket connection `one` is not there"),
        "{refused}"
    );
    client.pulse("start");
    client.on("start").wait(LONG);
    let refused = client.try_send("String", 1_i64.into()).unwrap_err();
    assert!(refused.contains("not Int"), "{refused}");
}

#[test]
fn server_that_falls_silent_is_given_up() {
    let url = server(silent);
    let client = Client::started(&url, json!({"ping_interval": 50}));
    let error = client.on("error").wait(LONG)[0].to_string();
    assert!(error.contains("no sign of life"), "{error}");
    assert_eq!(client.on("stop").wait(LONG)[0], 1006_i64.into());
}

#[test]
fn server_that_answers_pings_is_kept() {
    let (sender, pings) = mpsc::channel();
    let url = server(move |mut socket| {
        while let Ok(message) = socket.read() {
            match message.is_ping() {
                true => sender.send(()).unwrap(),
                false => socket.send(message).unwrap(),
            }
        }
    });
    let mut client = Client::started(&url, json!({"ping_interval": 1000}));
    // The second comes only if the first was answered.
    for _ in 0..2 {
        pings.recv_timeout(LONG).unwrap();
    }
    client.try_send("String", text("still here")).unwrap();
    assert_eq!(client.on("receive").wait(LONG)[0], text("still here"));
    assert_eq!(client.on("stop").waiting(), 0);
}

#[test]
fn messages_go_both_ways_at_the_same_time() {
    // More than lies in the system's buffers, so that a client that only writes keeps the server from reading.
    let mut client = Client::started(&server(echo), json!({}));
    let bytes = vec![7_u8; 200_000];
    for _ in 0..201 {
        client.try_send("Binary", bytes.clone().into()).unwrap();
    }
    let received = client.on("receive");
    for _ in 0..201 {
        received.wait(LONG);
    }
    client.pulse("stop");
    assert_eq!(client.on("stop").wait(LONG)[0], 1000_i64.into());
}

#[test]
fn server_that_takes_nothing_is_given_up() {
    let url = server(silent);
    let mut client = Client::started(&url, json!({"ping_interval": 2000}));
    client.try_send("Binary", vec![0_u8; 32 << 20].into()).unwrap();
    let error = client.on("error").wait(LONG)[0].to_string();
    assert!(error.contains("no sign of life"), "{error}");
    assert_eq!(client.on("stop").wait(LONG)[0], 1006_i64.into());
}

#[test]
fn message_that_arrives_bit_by_bit_is_a_sign_of_life() {
    const TEXT: &[u8] = b"slow";
    let url = server(|mut socket| {
        let stream = socket.get_mut();
        stream.write_all(&[0x81, TEXT.len() as u8]).unwrap();
        for byte in TEXT {
            // An empty ping, masked, comes after a silence. It is answered with no pong but a byte of the message.
            stream.read_exact(&mut [0; 6]).unwrap();
            stream.write_all(&[*byte]).unwrap();
        }
        while socket.read().is_ok() {}
    });
    let client = Client::started(&url, json!({"ping_interval": 500}));
    assert_eq!(client.on("receive").wait(LONG)[0], text("slow"));
    assert_eq!(client.on("stop").waiting(), 0);
}

#[test]
fn server_that_closes_but_does_not_hang_up_is_left() {
    let url = server(|mut socket| {
        socket.close(Some(full())).unwrap();
        thread::park();
    });
    let client = Client::started(&url, json!({"ping_interval": 0}));
    assert_eq!(client.on("stop").wait(LONG), [4000_i64.into(), text("full")]);
}

#[test]
fn authorities_are_a_file_of_sensible_size() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, great) = (folder.path().join("pipe"), folder.path().join("great"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    File::create(&great).unwrap().set_len(1 << 30).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://{}", listener.local_addr().unwrap());
    for (file, words) in [
        (pipe, "it is no file"),
        (great, "it has more than 16777216 bytes"),
    ] {
        let mut client = Client::to(&url, json!({"tls_ca": file.to_str().unwrap()}));
        client.pulse("start");
        let error = client.on("error").wait(LONG)[0].to_string();
        assert!(error.contains(words), "{error}");
        let start = Instant::now();
        client.harness.try_deactivate().unwrap();
        assert!(start.elapsed() < DEACTIVATION, "{:?}", start.elapsed());
    }
}

#[test]
fn headers_and_subprotocols_are_part_of_the_handshake() {
    let (sender, seen) = mpsc::channel();
    let url = server_with(move |stream| {
        let sender = sender.clone();
        #[expect(clippy::result_large_err, reason = "tungstenite wants it")]
        let choose = move |request: &Request, mut response: Response| {
            let header = |name| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
            sender
                .send((header("authorization"), header("sec-websocket-protocol")))
                .unwrap();
            let chosen = "second".parse().unwrap();
            response.headers_mut().insert("sec-websocket-protocol", chosen);
            Ok(response)
        };
        echo(tungstenite::accept_hdr(stream, choose).unwrap());
    });
    let fields = json!({"subprotocols": ["first", "second"], "headers": {"Authorization": "Bearer x"}});
    Client::started(&url, fields);
    let expected = ("Bearer x".to_owned(), "first, second".to_owned());
    assert_eq!(seen.recv_timeout(LONG).unwrap(), expected);
}

#[test]
fn project_that_is_behind_loses_nothing() {
    let mut client = Client::started(&server(echo), json!({}));
    client.harness.engine().set_full(true);
    for number in 0..100 {
        client.try_send("String", text(&number.to_string())).unwrap();
    }
    client.harness.engine().set_full(false);
    let received = client.on("receive");
    for number in 0..100 {
        assert_eq!(received.wait(LONG)[0], text(&number.to_string()));
    }
}

/// A server that sends as many messages of 1 MiB.
fn flood(messages: usize) -> String {
    server(move |mut socket| {
        for _ in 0..messages {
            socket.send(Message::binary(vec![7; 1 << 20])).unwrap();
        }
        // Until the client is gone.
        let _ = socket.read();
    })
}

/// A client of such a server, with the node that has started it.
fn flooded(messages: usize) -> (Client, HarnessNode) {
    let mut client = Client::to(&flood(messages), json!({}));
    let mut start = client
        .harness
        .node("websocket.start", json!({"configuration": "one"}));
    start.run::<Value>([]);
    (client, start)
}

#[test]
fn messages_that_wait_for_the_logic_are_bounded_by_bytes() {
    let (client, mut start) = flooded(64);
    let received = client.on("receive");
    for _ in 0..64 {
        received.wait(LONG);
        assert!(received.waiting() < 16, "{} MiB more wait", received.waiting());
        // The logic has taken it.
        start.run_own_event(LONG);
    }
}

#[test]
fn nobody_waits_for_a_node_that_is_gone() {
    let (client, start) = flooded(64);
    let received = client.on("receive");
    for _ in 0..16 {
        received.wait(LONG);
    }
    drop(start);
    for _ in 16..64 {
        received.wait(LONG);
    }
}

#[test]
fn messages_that_wait_to_be_written_are_bounded_by_bytes() {
    let url = server(silent);
    let mut client = Client::started(&url, json!({}));
    // One alone may have any size.
    client
        .try_send("Binary", vec![0_u8; (64 << 20) + 1].into())
        .unwrap();
    let refused = client.try_send("String", text("x")).unwrap_err();
    let words = "the WebSocket connection `one` takes no more: 67108865 bytes wait already";
    assert!(refused.starts_with(words), "{refused}");
}

#[test]
fn deactivation_waits_for_nobody() {
    // One that never answers the handshake, one that never reads.
    let unanswering = server_with(silent);
    let deaf = server(silent);
    let mut connecting = Client::to(&unanswering, json!({}));
    connecting.pulse("start");
    let mut sending = Client::started(&deaf, json!({}));
    sending.try_send("Binary", vec![0_u8; 32 << 20].into()).unwrap();
    for mut client in [connecting, sending] {
        let start = Instant::now();
        client.harness.try_deactivate().unwrap();
        assert!(start.elapsed() < DEACTIVATION, "{:?}", start.elapsed());
        assert_eq!(client.harness.reports(), []);
    }
}

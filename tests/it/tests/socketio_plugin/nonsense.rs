//! Servers that speak nonsense: each is an error that names the step.

use std::{
    io::{Read, Write},
    net::SocketAddr,
    sync::mpsc,
    thread,
    time::Duration,
};

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer};
use serde_json::json;
use tungstenite::Message;

use crate::chat::{Chat, OPEN, drain, free_port, on_both, serve, serve_websocket, stalling};

/// The first error of a connection to a server that does this.
#[track_caller]
fn first_error(address: SocketAddr, scheme: &str) -> String {
    let mut chat = Chat::to(
        &format!("{scheme}://{address}"),
        json!({"timeout": 1000, "reconnection": false}),
    );
    chat.start();
    let [namespace, message] = chat.error();
    assert_eq!(namespace, "");
    assert!(
        message.contains(&format!("({scheme}://{address}/socket.io/)")),
        "{message}"
    );
    chat.deactivate();
    message
}

/// Answers each request with these bytes.
fn answering(answer: &'static str) -> SocketAddr {
    serve(move |mut stream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(answer.as_bytes());
    })
}

#[test]
fn an_absent_server_is_a_tcp_error() {
    let message = first_error(free_port(), "http");
    assert!(
        message.starts_with("tcp: ") && message.contains("refused"),
        "{message}"
    );
}

#[test]
fn a_name_that_does_not_exist_is_a_dns_error() {
    let mut chat = Chat::to("http://no-such-host.invalid", json!({}));
    chat.start();
    let [_, message] = chat.error();
    assert!(
        message.starts_with("dns: `no-such-host.invalid` is not found"),
        "{message}"
    );
}

#[test]
fn an_answer_that_is_not_http_is_an_http_error() {
    let message = first_error(answering("220 smtp.example ready\r\n"), "http");
    assert!(
        message.starts_with("http: ") && message.contains("not HTTP"),
        "{message}"
    );
}

#[test]
fn a_web_page_is_an_http_error_with_its_text() {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nIt works!";
    let message = first_error(answering(page), "http");
    assert!(
        message.starts_with("http: ") && message.contains("HTTP 200 OK") && message.contains("It works!"),
        "{message}"
    );
}

#[test]
fn a_real_servers_refusal_is_shown_in_its_words() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::to(
            &server.url(),
            json!({"path": "/elsewhere", "reconnection": false}),
        );
        chat.start();
        let [_, message] = chat.error();
        let expected = match kind {
            // An upgrade that it does not know gets no answer, but is closed after a second.
            Kind::Node | Kind::Node2 | Kind::Node1 => "closed the connection without an answer",
            Kind::Python | Kind::Oxide => "HTTP 404 Not Found",
        };
        assert!(
            message.starts_with("http: ") && message.contains(expected),
            "{message}"
        );
    });
}

#[test]
fn a_server_that_hangs_up_is_an_http_error() {
    let address = serve(|mut stream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
    });
    let message = first_error(address, "http");
    assert!(
        message.starts_with("http: ") && message.contains("closed the connection"),
        "{message}"
    );
}

#[test]
fn a_server_without_tls_is_a_tls_error() {
    let message = first_error(answering("HTTP/1.1 400 Bad Request\r\n\r\n"), "https");
    assert!(
        message.starts_with("tls: ") && message.contains("does not speak TLS"),
        "{message}"
    );
}

#[test]
fn a_server_that_stalls_is_an_error_that_names_the_step() {
    let (address, _streams) = stalling();
    let message = first_error(address, "http");
    assert!(message.starts_with("http: no connection within 1s"), "{message}");
    let message = first_error(address, "wss");
    assert!(message.starts_with("tls: no connection within 1s"), "{message}");
    let (sender, _kept) = mpsc::channel();
    let address = serve_websocket(move |websocket| {
        let _ = sender.send(websocket);
    });
    let message = first_error(address, "ws");
    assert!(
        message.starts_with("handshake: no connection within 1s"),
        "{message}"
    );
}

#[test]
fn garbage_frames_are_a_websocket_error() {
    let address = serve_websocket(|mut websocket| {
        // A reserved opcode, unmasked.
        websocket
            .get_mut()
            .write_all(&[0x8f, 0x05, 1, 2, 3, 4, 5])
            .unwrap();
        drain(websocket.get_mut());
    });
    let message = first_error(address, "http");
    assert!(
        message.starts_with("websocket: the server breaks the WebSocket protocol"),
        "{message}"
    );
}

#[test]
fn a_websocket_that_is_no_engine_io_is_a_handshake_error() {
    for packet in ["hello", "", r#"42["early"]"#, "0{}", "0nonsense"] {
        let address = serve_websocket(move |mut websocket| {
            websocket.send(Message::text(packet)).unwrap();
            drain(websocket.get_mut());
        });
        let message = first_error(address, "http");
        assert!(message.starts_with("handshake: "), "{packet}: {message}");
    }
}

#[test]
fn a_server_of_the_old_generation_is_named() {
    let address = serve_websocket(|mut websocket| {
        let open = r#"97:0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":5000}2:40"#;
        websocket.send(Message::text(open)).unwrap();
        drain(websocket.get_mut());
    });
    let message = first_error(address, "http");
    assert!(
        message.starts_with("handshake: ") && message.contains("Engine.IO 3"),
        "{message}"
    );
}

#[test]
fn a_broken_packet_ends_the_connection_with_a_parse_error() {
    for packet in [
        "9",
        "42{",
        "45",
        r#"451-["a",{"_placeholder":true,"num":7}]"#,
        "4x",
    ] {
        let address = serve_websocket(move |mut websocket| {
            for packet in [OPEN, r#"40{"sid":"s"}"#, packet] {
                websocket.send(Message::text(packet)).unwrap();
            }
            let _ = websocket.send(Message::binary(vec![1]));
            drain(websocket.get_mut());
        });
        let mut chat = Chat::to(&format!("http://{address}"), json!({"reconnection": false}));
        chat.start();
        chat.on("start").wait(LONG);
        let [_, message] = chat.error();
        assert!(message.starts_with("parse: "), "{packet}: {message}");
        chat.on("stop").wait(LONG);
    }
}

#[test]
fn a_close_packet_makes_the_client_close_the_websocket() {
    let (sender, closed) = mpsc::channel();
    let address = serve_websocket(move |mut websocket| {
        for packet in [OPEN, r#"40{"sid":"s"}"#, "1"] {
            websocket.send(Message::text(packet)).unwrap();
        }
        while websocket.read().is_ok() {}
        let _ = sender.send(());
    });
    let mut chat = Chat::to(&format!("http://{address}"), json!({"reconnection": false}));
    chat.start();
    chat.on("start").wait(LONG);
    chat.on("stop").wait(LONG);
    closed.recv_timeout(LONG).unwrap();
}

#[test]
fn a_message_that_outlasts_the_heartbeat_arrives() {
    let address = serve_websocket(|mut websocket| {
        let open = OPEN.replace("25000", "100").replace("20000", "100");
        for packet in [open.as_str(), r#"40{"sid":"s"}"#] {
            websocket.send(Message::text(packet)).unwrap();
        }
        let packet = format!(r#"42["slow","{}"]"#, "x".repeat(100));
        let mut frame = vec![0x81, packet.len() as u8];
        frame.extend(packet.as_bytes());
        // Byte by byte, for much longer than the 200 ms of the watchdog.
        let stream = websocket.get_mut();
        for byte in frame {
            stream.write_all(&[byte]).unwrap();
            thread::sleep(Duration::from_millis(10));
        }
        drain(stream);
    });
    let mut chat = Chat::to(&format!("http://{address}"), json!({"reconnection": false}));
    chat.subscribe("slow", "/");
    chat.start();
    assert_eq!(chat.received()[2].len(), 100);
}

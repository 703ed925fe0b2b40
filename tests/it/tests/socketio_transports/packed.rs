//! Bodies of long-polling as real servers send them: packed by gzip, in chunks or of a known length. A tap on the way sees it.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer};
use serde_json::json;

use crate::chat::{Chat, serve};

const SIZE: usize = 1_000_000;

/// A server's words on all connections, as they passed.
type Said = Arc<Mutex<Vec<u8>>>;

/// Hands bytes on until the stream ends.
fn pass(mut from: TcpStream, mut to: TcpStream, noted: Option<Said>) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if let Some(said) = &noted {
            said.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // Whichever end is gone already needs no goodbye.
    let _ = to.shutdown(Shutdown::Both);
}

/// The way to a server, and what it says there.
fn tap(port: u16) -> (SocketAddr, Said) {
    let said = Said::default();
    let noted = Arc::clone(&said);
    let address = serve(move |client| {
        let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
            return;
        };
        let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || pass(from_client, to_server, None));
        pass(server, client, Some(Arc::clone(&noted)));
    });
    (address, said)
}

/// A large event arrives over polling. How many bytes the server said for it, and how its bodies were coded.
#[track_caller]
fn large_event_of(kind: Kind) -> (usize, [bool; 2]) {
    let mut server = RealServer::start_with(kind, &["--max-payload", "20000000"]);
    let (address, said) = tap(server.port());
    let mut chat = Chat::to(&format!("http://{address}"), json!({"transports": ["polling"]}));
    chat.subscribe("n", "/");
    chat.start();
    chat.on("start").wait(LONG);
    chat.round_trip();
    said.lock().unwrap().clear();
    server.send(&json!({"do": "flood", "namespace": "/", "name": "n", "count": 1, "size": SIZE}));
    let [_, _, message] = chat.received();
    assert!(message.len() == SIZE && message.starts_with("0 xxx") && message.ends_with('x'));
    chat.round_trip();
    assert_eq!(chat.on("error").waiting(), 0);
    let said = said.lock().unwrap();
    let text = String::from_utf8_lossy(&said).to_lowercase();
    let has = |header: &str| text.contains(&format!("\r\n{header}\r\n"));
    (
        said.len(),
        [has("content-encoding: gzip"), has("transfer-encoding: chunked")],
    )
}

#[test]
fn bodies_that_servers_pack_are_unpacked() {
    for (kind, is_chunked) in [
        (Kind::Node, true),
        (Kind::Python, false),
        (Kind::Node2, false),
        (Kind::Node1, false),
    ] {
        let (passed, coded) = large_event_of(kind);
        assert_eq!(coded, [true, is_chunked], "{kind:?}");
        assert!(passed < SIZE / 50, "{kind:?} said {passed} bytes");
    }
}

#[test]
fn bodies_that_servers_do_not_pack_are_taken_as_they_are() {
    let (passed, coded) = large_event_of(Kind::Oxide);
    assert_eq!(coded, [false, false]);
    assert!(passed > SIZE, "{passed} bytes");
}

//! Connections that pass an HTTP proxy.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::mpsc,
    thread,
};

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer};
use serde_json::json;

use crate::chat::{Chat, serve};

/// A proxy for `user:pass`; and the first lines of what it is asked.
fn proxy() -> (SocketAddr, mpsc::Receiver<String>) {
    let (sender, asked) = mpsc::channel();
    let address = serve(move |stream| {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let mut client = reader.into_inner();
        let _ = sender.send(head.lines().next().unwrap().to_owned());
        if !head.contains("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n") {
            let _ = client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
            return;
        }
        let target = head.split(' ').nth(1).unwrap();
        let mut server = TcpStream::connect(target).unwrap();
        client
            .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let _ = io::copy(&mut server, &mut client);
        let _ = client.shutdown(Shutdown::Both);
    });
    (address, asked)
}

#[test]
fn every_transport_passes_a_proxy() {
    let server = RealServer::start(Kind::Node);
    for transports in [json!(["websocket"]), json!(["polling", "websocket"])] {
        let (address, asked) = proxy();
        let fields = json!({"proxy": format!("http://user:pass@{address}"), "transports": transports});
        let mut chat = Chat::started(&server, fields);
        chat.round_trip();
        let line = format!("CONNECT 127.0.0.1:{} HTTP/1.1", server.port());
        assert_eq!(asked.recv_timeout(LONG).unwrap(), line);
        chat.deactivate();
    }
}

#[test]
fn a_proxy_that_refuses_is_an_error_of_its_stage_without_secrets() {
    let (address, _asked) = proxy();
    for (user, words) in [("user:hidden@", "does not accept the user"), ("", "wants a user")] {
        let fields = json!({"proxy": format!("http://{user}{address}"), "reconnection": false});
        let mut chat = Chat::to("http://127.0.0.1:9", fields);
        chat.start();
        let [_, message] = chat.error();
        assert!(
            message.starts_with("proxy: ") && message.contains(words),
            "{message}"
        );
        assert!(!message.contains("hidden"), "{message}");
    }
}

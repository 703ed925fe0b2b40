//! The plugin with one connection, and servers in this process.

use std::{
    net::{TcpListener, TcpStream},
    thread,
};

use pulsewire_harness::{EventListener, Harness, LONG, fixtures};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};
use tungstenite::WebSocket;

/// A plugin with one connection to `url`, and `fields` of its entry.
pub(crate) struct Client {
    pub(crate) harness: Harness,
}

impl Client {
    #[track_caller]
    pub(crate) fn to(url: &str, fields: Json) -> Self {
        let mut entry = json!({"name": "one", "url": url});
        entry
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let settings = json!({"connections": [entry]});
        Self {
            harness: Harness::active(fixtures::plugin("websocket"), settings),
        }
    }

    pub(crate) fn on(&self, event: &str) -> EventListener {
        self.harness.event(&format!("websocket.on_{event}"), "one")
    }

    #[track_caller]
    pub(crate) fn pulse(&mut self, node: &str) {
        let node_type = format!("websocket.{node}");
        let mut node = self.harness.node(&node_type, json!({"configuration": "one"}));
        node.run::<Value>([]);
    }

    #[track_caller]
    pub(crate) fn started(url: &str, fields: Json) -> Self {
        let mut client = Self::to(url, fields);
        client.pulse("start");
        client.on("start").wait(LONG);
        client
    }

    pub(crate) fn try_send(&mut self, message_type: &str, message: Value) -> Result<(), String> {
        let attributes = json!({"configuration": "one", "message_type": message_type});
        let mut node = self.harness.node("websocket.send", attributes);
        node.try_run([message])
            .map(drop)
            .map_err(|error| error.reason().to_owned())
    }
}

/// A server on a free port, whose one thread lets `serve` talk with each client in turn, until the test is over.
pub(crate) fn server(mut serve: impl FnMut(WebSocket<TcpStream>) + Send + 'static) -> String {
    server_with(move |stream| serve(tungstenite::accept(stream).unwrap()))
}

pub(crate) fn server_with(mut serve: impl FnMut(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
    format!("ws://{address}")
}

/// Sends back what comes until the client closes.
pub(crate) fn echo(mut socket: WebSocket<TcpStream>) {
    while let Ok(message) = socket.read() {
        if message.is_text() || message.is_binary() {
            socket.send(message).unwrap();
        }
    }
}

/// Takes nothing more and says nothing more, but does not hang up, until the test is over.
pub(crate) fn silent<S>(stream: S) {
    let _stream = stream;
    thread::park();
}

pub(crate) fn text(text: &str) -> Value {
    text.into()
}

//! One connection of the plugin in a scripted host, and servers of a test's own.

use std::{
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Instant,
};

use pulsewire_harness::{EventListener, Harness, HarnessNode, LONG, fixtures};
use pulsewire_it::{
    DEACTIVATION,
    servers::{Kind, RealServer},
};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};
use tungstenite::{self, WebSocket};

/// One connection, `chat`, of the plugin in a scripted host.
pub(crate) struct Chat {
    pub(crate) harness: Harness,
    pub(crate) start: HarnessNode,
    pub(crate) stop: HarnessNode,
    pub(crate) send: HarnessNode,
    pub(crate) subscribe: HarnessNode,
    pub(crate) unsubscribe: HarnessNode,
    pub(crate) round_trips: usize,
}

impl Chat {
    /// To a server of this URL. Retries are quick unless `fields` say otherwise.
    #[track_caller]
    pub(crate) fn to(url: &str, fields: Json) -> Self {
        let mut harness = Harness::active(fixtures::plugin("socketio"), settings(url, fields));
        let node = |harness: &mut Harness, name: &str| {
            harness.node(&format!("socketio.{name}"), json!({"configuration": "chat"}))
        };
        Self {
            start: node(&mut harness, "start"),
            stop: node(&mut harness, "stop"),
            send: node(&mut harness, "send"),
            subscribe: node(&mut harness, "subscribe"),
            unsubscribe: node(&mut harness, "unsubscribe"),
            round_trips: 0,
            harness,
        }
    }

    /// Connected to the server.
    #[track_caller]
    pub(crate) fn started(server: &RealServer, fields: Json) -> Self {
        let mut chat = Self::to(&server.url(), fields);
        chat.start();
        chat.on("start").wait(LONG);
        chat
    }

    pub(crate) fn on(&self, what: &str) -> EventListener {
        self.harness.event(&format!("socketio.on_{what}"), "chat")
    }

    #[track_caller]
    pub(crate) fn start(&mut self) {
        self.start.run::<Value>([]);
    }

    #[track_caller]
    pub(crate) fn stop(&mut self) {
        self.stop.run::<Value>([]);
    }

    #[track_caller]
    pub(crate) fn send(&mut self, name: &str, namespace: &str, message: &str) {
        self.send.run([name, namespace, message]);
    }

    /// Why Send refuses.
    #[track_caller]
    pub(crate) fn refused_send(&mut self, name: &str, namespace: &str, message: &str) -> String {
        let refused = self.send.try_run([name, namespace, message]);
        refused.unwrap_err().reason().to_owned()
    }

    #[track_caller]
    pub(crate) fn subscribe(&mut self, name: &str, namespace: &str) {
        self.subscribe.run([name, namespace]);
    }

    /// Namespace, name and message of the next received event.
    #[track_caller]
    pub(crate) fn received(&self) -> [String; 3] {
        let values = self.on("receive").wait(LONG);
        [0, 1, 2].map(|output| values[output].to_string())
    }

    /// Namespace and message of the next error.
    #[track_caller]
    pub(crate) fn error(&self) -> [String; 2] {
        let values = self.on("error").wait(LONG);
        [0, 1].map(|output| values[output].to_string())
    }

    /// Sends through the server and back, so that all that was before has arrived.
    #[track_caller]
    pub(crate) fn round_trip(&mut self) {
        self.round_trips += 1;
        let text = format!("round trip {}", self.round_trips);
        self.subscribe("echo", "/");
        self.send("echo", "/", &text);
        while self.received() != ["/", "echo", &text] {}
    }

    /// As [`round_trip`](Self::round_trip), and the server's log shows it.
    #[track_caller]
    pub(crate) fn round_trip_in_log(&mut self, server: &RealServer) {
        self.round_trip();
        let text = format!("round trip {}", self.round_trips);
        server.wait_for(&json!({"on": "event", "name": "echo", "args": [text]}), LONG);
    }

    /// Deactivates the plugin, in the time that it has.
    #[track_caller]
    pub(crate) fn deactivate(&mut self) {
        let begin = Instant::now();
        self.harness.deactivate();
        let took = begin.elapsed();
        assert!(took < DEACTIVATION, "it took {took:?}");
    }

    /// Nothing that was not waited for has happened.
    #[track_caller]
    pub(crate) fn assert_quiet(&self) {
        assert_eq!(self.harness.engine().waiting(), []);
    }
}

pub(crate) fn settings(url: &str, fields: Json) -> Json {
    let mut connection = json!({
        "name": "chat", "url": url, "reconnection_delay": 50, "reconnection_delay_max": 50,
    });
    let fields = fields.as_object().cloned().unwrap();
    connection.as_object_mut().unwrap().extend(fields);
    json!({"connections": [connection]})
}

/// Runs a fact on both servers; the output of a failure says on which.
pub(crate) fn on_both(fact: impl Fn(Kind)) {
    for kind in Kind::ALL {
        println!("on {kind:?}");
        fact(kind);
    }
}

/// A server of a test's own. Each connection has a thread; all ends with the test.
pub(crate) fn serve(handle: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, handle) = (stream.unwrap(), handle.clone());
            thread::spawn(move || handle(stream));
        }
    });
    address
}

/// As [`serve`], behind a WebSocket handshake.
pub(crate) fn serve_websocket(
    handle: impl Fn(WebSocket<TcpStream>) + Send + Sync + Clone + 'static,
) -> SocketAddr {
    serve(move |stream| {
        if let Ok(websocket) = tungstenite::accept(stream) {
            handle(websocket);
        }
    })
}

/// Waits until the peer is gone.
pub(crate) fn drain(stream: &mut impl Read) {
    let mut sink = [0; 4096];
    while stream.read(&mut sink).is_ok_and(|count| count > 0) {}
}

/// A port on which nobody listens.
pub(crate) fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(crate) const OPEN: &str =
    r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// A server that takes connections and says nothing; and the connections.
pub(crate) fn stalling() -> (SocketAddr, mpsc::Receiver<TcpStream>) {
    let (sender, receiver) = mpsc::channel();
    let address = serve(move |stream| {
        let _ = sender.send(stream);
    });
    (address, receiver)
}

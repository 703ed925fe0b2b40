//! The other side: a Socket.IO server in this process, on a free port.
//!
//! It answers the event `echo` with an `echo` of the same arguments, and says `bye` when told to. The project does not
//! know that it is this server; any other that does the same would do.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{SeqAccess, Visitor},
    ser::SerializeTuple as _,
};
use serde_json::Value as Json;
use socketioxide::{
    SocketIo,
    extract::{Data, SocketRef},
    socket::DisconnectReason,
};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use crate::{
    Failure, Result,
    show::{Who, show},
};

/// What the server saw.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A client joined the namespace `/`.
    Connected,
    /// An `echo` with these arguments came and was answered.
    Echo(Vec<Json>),
    /// The client left.
    Disconnected,
}

/// The running server; it ends when dropped.
pub(crate) struct Server {
    io: SocketIo,
    port: u16,
    seen: UnboundedReceiver<Seen>,
    serving: JoinHandle<()>,
}

impl Server {
    /// Listens on a free port of the loopback interface.
    pub(crate) async fn start() -> Result<Self> {
        let cannot_listen = |error| Failure::new(format!("the server cannot listen: {error}"));
        let (layer, io) = SocketIo::new_layer();
        let (sender, seen) = unbounded_channel();
        io.ns("/", move |socket: SocketRef| {
            let sender = sender.clone();
            async move { welcome(&socket, sender) }
        });
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .await
            .map_err(cannot_listen)?;
        let port = listener.local_addr().map_err(cannot_listen)?.port();
        let app = axum::Router::new().layer(layer);
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                show(Who::Server, format_args!("ended: {error}"));
            }
        });
        show(Who::Server, format_args!("listens on port {port}"));
        Ok(Self {
            io,
            port,
            seen,
            serving,
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What the server sees next; never ends while the server runs. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<Seen> {
        self.seen.recv().await
    }

    /// Says `bye` to whoever is connected.
    pub(crate) async fn say_bye(&self) -> Result<()> {
        const WORDS: &str = "see you";
        show(Who::Server, format_args!("emits bye [{WORDS:?}]"));
        let said = self.io.emit("bye", WORDS).await;
        said.map_err(|error| Failure::new(format!("the server cannot emit `bye`: {error}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A client is here: tells so, and listens to it.
fn welcome(socket: &SocketRef, seen: UnboundedSender<Seen>) {
    show(Who::Server, "a client has connected");
    // The receiver lives as long as the server.
    let _ = seen.send(Seen::Connected);
    let echoed = seen.clone();
    socket.on(
        "echo",
        async move |socket: SocketRef, Data(arguments): Data<Arguments>| {
            answer(&socket, arguments, &echoed);
        },
    );
    socket.on_disconnect(async move |reason: DisconnectReason| {
        show(Who::Server, format_args!("the client has left: {reason}"));
        let _ = seen.send(Seen::Disconnected);
    });
}

fn answer(socket: &SocketRef, arguments: Arguments, seen: &UnboundedSender<Seen>) {
    let shown = Json::from(arguments.0.clone());
    match socket.emit("echo", &arguments) {
        Ok(()) => {
            show(Who::Server, format_args!("echo {shown}, answered with the same"));
            let _ = seen.send(Seen::Echo(arguments.0));
        }
        Err(error) => show(
            Who::Server,
            format_args!("echo {shown} was not answered: {error}"),
        ),
    }
}

/// All arguments of an event. The server's library takes a list for one argument and a tuple for several, so this is a
/// tuple of any length.
struct Arguments(Vec<Json>);

impl Serialize for Arguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for argument in &self.0 {
            tuple.serialize_element(argument)?;
        }
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Elements;

        impl<'de> Visitor<'de> for Elements {
            type Value = Arguments;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the arguments of an event")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Arguments, A::Error> {
                let mut arguments = Vec::new();
                while let Some(argument) = seq.next_element()? {
                    arguments.push(argument);
                }
                Ok(Arguments(arguments))
            }
        }

        // JSON's tuples end where they end, whatever is announced.
        deserializer.deserialize_tuple(0, Elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_a_tuple_of_any_length() {
        for text in ["[]", r#"["a"]"#, r#"[1,{"b":[null]},"c"]"#] {
            let arguments: Arguments = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&arguments).unwrap(), text);
        }
    }
}

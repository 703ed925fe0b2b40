//! The crate `socketioxide` under the control protocol of tests/servers/README.md.
//!
//! It adds no behaviour of its own beyond what that page lists.

mod tree;

use std::{
    collections::BTreeMap,
    fmt,
    io::{BufRead, Write},
    process::exit,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde_json::{Value as Json, json};
use socketioxide::{
    ParserConfig, SocketIo,
    extract::{AckSender, Data, Event, SocketRef, TryData},
    handler::ConnectHandler,
    socket::DisconnectReason,
};
use tokio::{net::TcpListener, sync::mpsc::unbounded_channel};
use tree::{Arguments, Tree};

/// Writes one line of the log.
fn log(entry: &Json) {
    let mut stdout = std::io::stdout().lock();
    // The test is gone; so is stdin in a moment.
    let _ = writeln!(stdout, "{entry}").and_then(|()| stdout.flush());
}

/// Says what is wrong and ends: a test that asks for the impossible has to fail loudly.
fn fail(message: impl fmt::Display) -> ! {
    log(&json!({"on": "problem", "message": message.to_string()}));
    exit(2)
}

/// `--name VALUE` pairs, all of them whole numbers.
fn options() -> BTreeMap<String, u64> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let option = |pair: &[String]| match pair {
        [name, value] => Some((name.strip_prefix("--")?.to_owned(), value.parse().ok()?)),
        _ => None,
    };
    let known = ["port", "ping-interval", "ping-timeout", "max-payload", "msgpack"];
    let mut options = BTreeMap::new();
    for pair in words.chunks(2) {
        match option(pair).filter(|(name, _)| known.contains(&name.as_str())) {
            Some((name, value)) => options.insert(name, value),
            None => fail(format_args!("unknown option or bad value: {}", pair.join(" "))),
        };
    }
    options
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let options = options();
    let option = |name: &str, default: u64| options.get(name).copied().unwrap_or(default);
    let builder = match option("msgpack", 0) {
        0 => SocketIo::builder(),
        _ => SocketIo::builder().with_parser(ParserConfig::msgpack()),
    };
    let (layer, io) = builder
        .ping_interval(Duration::from_millis(option("ping-interval", 25_000)))
        .ping_timeout(Duration::from_millis(option("ping-timeout", 20_000)))
        .max_payload(option("max-payload", 1_000_000))
        // Above what a test floods; a full buffer ends the connection.
        .max_buffer_size(100_000)
        .build_layer();
    io.ns("/", connected);
    io.ns("/admin", connected.with(require_secret));
    if let Err(error) = io.dyn_ns("/room-{name}", connected) {
        fail(error);
    }
    let port = u16::try_from(option("port", 0)).unwrap_or_else(|error| fail(error));
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    let listener = listener.unwrap_or_else(|error| fail(error));
    let address = listener.local_addr().unwrap_or_else(|error| fail(error));
    log(&json!({"listening": address.port()}));
    let serving = axum::serve(listener, axum::Router::new().layer(layer));
    tokio::spawn(async move { serving.await.unwrap_or_else(|error| fail(error)) });

    let (sender, mut commands) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            // The receiver lives as long as the process.
            let _ = sender.send(line);
        }
        exit(0)
    });
    while let Some(line) = commands.recv().await {
        if !line.trim().is_empty() {
            obey(&io, &line).await;
        }
    }
}

#[derive(Debug)]
struct NotAuthorized;

impl fmt::Display for NotAuthorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not authorized")
    }
}

async fn require_secret(TryData(auth): TryData<Json>) -> Result<(), NotAuthorized> {
    match auth.is_ok_and(|auth| auth["token"] == "secret") {
        true => Ok(()),
        false => Err(NotAuthorized),
    }
}

async fn connected(socket: SocketRef, TryData(auth): TryData<Json>) {
    let parts = socket.req_parts();
    let query: BTreeMap<_, _> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).collect();
    let headers: BTreeMap<_, _> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
        .collect();
    let auth = auth.ok().filter(Json::is_object).unwrap_or_else(|| json!({}));
    log(&json!({
        "on": "connect", "namespace": socket.ns(), "sid": socket.id.to_string(),
        "auth": auth, "query": query, "headers": headers,
    }));
    socket.on_fallback(on_event);
    socket.on_disconnect(async |socket: SocketRef, reason: DisconnectReason| {
        log(&json!({
            "on": "disconnect", "namespace": socket.ns(), "sid": socket.id.to_string(), "reason": reason.to_string(),
        }));
    });
}

async fn on_event(socket: SocketRef, Event(name): Event, Data(arguments): Data<Arguments>, ack: AckSender) {
    log(&entry(&socket, "event", &name, &arguments));
    let nothing = Arguments(Vec::new());
    // Each third one is acknowledged, whoever sends it.
    static THIRDS: AtomicU64 = AtomicU64::new(1);
    if name == "third" && !THIRDS.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
        return;
    }
    // One whose client has left meanwhile is not answered.
    if name == "echo" {
        let _ = socket.emit("echo", &arguments);
        let _ = ack.send(&arguments);
    } else {
        let _ = ack.send(&nothing);
    }
}

fn entry(socket: &SocketRef, on: &str, name: &str, arguments: &Arguments) -> Json {
    let args: Vec<Json> = arguments.0.iter().map(Tree::to_log).collect();
    json!({"on": on, "namespace": socket.ns(), "sid": socket.id.to_string(), "name": name, "args": args})
}

/// Those connected in a namespace.
fn sockets_of(io: &SocketIo, namespace: &str) -> Vec<SocketRef> {
    let sockets = io
        .of(namespace)
        .map(|namespace| namespace.sockets())
        .unwrap_or_default();
    if sockets.is_empty() {
        log(&json!({"on": "nobody", "namespace": namespace}));
    }
    sockets
}

async fn obey(io: &SocketIo, line: &str) {
    let command: Json =
        serde_json::from_str(line).unwrap_or_else(|error| fail(format_args!("not JSON: {line}: {error}")));
    let text = |key: &str| {
        command[key]
            .as_str()
            .unwrap_or_else(|| fail(format_args!("no {key}: {line}")))
    };
    let number = |key: &str| {
        command[key]
            .as_u64()
            .unwrap_or_else(|| fail(format_args!("no {key}: {line}")))
    };
    let arguments = || match &command["args"] {
        Json::Array(args) => Arguments(args.iter().map(Tree::from_command).collect()),
        _ => fail(format_args!("no args: {line}")),
    };
    match text("do") {
        "emit" => {
            for socket in sockets_of(io, text("namespace")) {
                let _ = socket.emit(text("name"), &arguments());
            }
        }
        "ask" => {
            for socket in sockets_of(io, text("namespace")) {
                ask(socket, text("name").to_owned(), &arguments());
            }
        }
        "flood" => {
            let (namespace, name) = (text("namespace"), text("name"));
            let (count, size) = (number("count"), number("size") as usize);
            flood(io, namespace, name, count, size).await;
            log(&json!({"on": "flooded", "namespace": namespace, "name": name, "count": count}));
        }
        // `SocketIo::close` accepts nobody afterwards.
        "disconnect_clients" if command["close"] == true => {
            fail("socketioxide cannot close connections and go on")
        }
        "disconnect_clients" => {
            for namespace in io.nsps() {
                let _ = namespace.disconnect().await;
            }
        }
        "quit" => exit(0),
        _ => fail(format_args!("unknown command: {line}")),
    }
}

fn ask(socket: SocketRef, name: String, arguments: &Arguments) {
    if let Ok(answer) = socket.emit_with_ack::<_, Arguments>(&name, arguments) {
        tokio::spawn(async move {
            if let Ok(answer) = answer.await {
                log(&entry(&socket, "ack", &name, &answer));
            }
        });
    }
}

/// Emits as fast as the buffer of each connection takes it.
async fn flood(io: &SocketIo, namespace: &str, name: &str, count: u64, size: usize) {
    for index in 0..count {
        let mut text = format!("{index} ");
        text.extend(std::iter::repeat_n('x', size.saturating_sub(text.len())));
        text.truncate(size);
        let arguments = Arguments(vec![Tree::Json(text.into())]);
        for socket in sockets_of(io, namespace) {
            while socket.connected() && socket.emit(name, &arguments).is_err() {
                tokio::task::yield_now().await;
            }
        }
    }
}

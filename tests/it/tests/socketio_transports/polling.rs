//! Long-polling against a server that the test plays request by request.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use pulsewire_harness::LONG;
use serde_json::{Value as Json, json};

use crate::chat::{Chat, serve};

const OPEN: &str =
    r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
const JOINED: &str = r#"40{"sid":"s"}"#;

/// A request that waits for its answer.
struct Asked {
    head: String,
    body: String,
    stream: TcpStream,
}

impl Asked {
    /// The next one on this connection.
    fn read(reader: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        Some(Self {
            head,
            body: String::from_utf8(body).ok()?,
            stream: reader.get_ref().try_clone().ok()?,
        })
    }

    fn is(&self, what: &str) -> bool {
        let is_websocket = self.head.contains("transport=websocket");
        match what {
            "websocket" => is_websocket,
            method => !is_websocket && self.head.starts_with(method),
        }
    }

    fn answer(&mut self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    fn ok(&mut self, body: &str) {
        self.answer("200 OK", "", body);
    }
}

/// The server's side. Requests wait until the test asks for them.
struct Played {
    address: SocketAddr,
    asked: mpsc::Receiver<Asked>,
    waiting: Vec<Asked>,
}

impl Played {
    fn new() -> Self {
        let (sender, asked) = mpsc::channel();
        let address = serve(move |stream| {
            let mut reader = BufReader::new(stream);
            while let Some(request) = Asked::read(&mut reader) {
                if sender.send(request).is_err() {
                    break;
                }
            }
        });
        Self {
            address,
            asked,
            waiting: Vec::new(),
        }
    }

    fn chat(&self, mut fields: Json) -> Chat {
        let all = fields.as_object_mut().unwrap();
        all.entry("transports").or_insert(json!(["polling"]));
        all.entry("reconnection").or_insert(json!(false));
        let mut chat = Chat::to(&format!("http://{}", self.address), fields);
        chat.subscribe("n", "/");
        chat.start();
        chat
    }

    /// The next `GET`, `POST` or `websocket`; others wait.
    #[track_caller]
    fn next(&mut self, what: &str) -> Asked {
        loop {
            if let Some(found) = self.waiting.iter().position(|asked| asked.is(what)) {
                return self.waiting.remove(found);
            }
            match self.asked.recv_timeout(LONG) {
                Ok(asked) => self.waiting.push(asked),
                Err(_) => panic!("no {what} came"),
            }
        }
    }

    /// Up to On Start. A GET is pending then.
    #[track_caller]
    fn join(&mut self, chat: &Chat, open: &str) {
        self.next("GET")
            .answer("200 OK", "Set-Cookie: lb=1; Path=/\r\n", open);
        let mut post = self.next("POST");
        assert_eq!(post.body, "40");
        post.ok("ok");
        self.next("GET").ok(JOINED);
        chat.on("start").wait(LONG);
    }
}

#[test]
fn cookies_of_the_handshake_are_sent_with_every_request() {
    let mut server = Played::new();
    let chat = server.chat(json!({"transports": ["polling", "websocket"], "headers": {"Cookie": "own=2"}}));
    server.join(&chat, &OPEN.replace("[]", r#"["websocket"]"#));
    for what in ["GET", "websocket"] {
        let head = server.next(what).head.to_lowercase();
        assert!(head.contains("\r\ncookie: own=2; lb=1\r\n"), "{head}");
        assert!(head.contains("&sid=e"), "{head}");
    }
}

#[test]
fn a_failed_probe_stays_on_polling_silently() {
    let mut server = Played::new();
    let mut chat = server.chat(json!({"transports": ["polling", "websocket"]}));
    server.join(&chat, &OPEN.replace("[]", r#"["websocket"]"#));
    server.next("websocket").answer("400 Bad Request", "", "no");
    chat.harness.wait_for_log("polling goes on");
    server.next("GET").ok(r#"42["n","still"]"#);
    assert_eq!(chat.received()[2], "still");
    chat.send("x", "/", "y");
    assert_eq!(server.next("POST").body, r#"42["x","y"]"#);
    assert_eq!(chat.on("error").waiting(), 0);
    // Never a second one.
    assert!(!server.waiting.iter().any(|asked| asked.is("websocket")));
    chat.deactivate();
}

/// As python-engineio is where the WebSocket is lost before the probe.
#[test]
fn a_server_that_is_stuck_in_a_failed_upgrade_is_left() {
    let mut server = Played::new();
    let mut chat = server.chat(json!({"transports": ["polling", "websocket"]}));
    server.join(&chat, &OPEN.replace("[]", r#"["websocket"]"#));
    server.next("websocket").answer("400 Bad Request", "", "no");
    chat.harness.wait_for_log("polling goes on");
    // A few are nothing special.
    for _ in 0..5 {
        server.next("GET").ok("6");
    }
    server.next("GET").ok(r#"42["n","still"]"#);
    assert_eq!(chat.received()[2], "still");
    for _ in 0..11 {
        server.next("GET").ok("6");
    }
    let [_, message] = chat.error();
    assert!(
        message.starts_with("http: ") && message.contains("answers with nothing"),
        "{message}"
    );
    chat.on("stop").wait(LONG);
    chat.deactivate();
}

#[test]
fn a_message_that_outlasts_the_heartbeat_arrives_over_polling() {
    let mut server = Played::new();
    let chat = server.chat(json!({}));
    server.join(&chat, &OPEN.replace("25000", "300").replace("20000", "300"));
    let stream = &mut server.next("GET").stream;
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // Byte by byte, for much longer than the 600 ms of the watchdog.
    let packets = format!("42[\"n\",\"{}\"]\u{1e}42[\"n\",\"b\"]", "x".repeat(100));
    for byte in packets.bytes() {
        stream
            .write_all(&[b'1', b'\r', b'\n', byte, b'\r', b'\n'])
            .unwrap();
        thread::sleep(Duration::from_millis(15));
    }
    // The first packet does not wait for the end of the body.
    assert_eq!(chat.received()[2].len(), 100);
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(chat.received()[2], "b");
    assert_eq!(chat.on("stop").waiting(), 0);
}

#[test]
fn refusals_show_status_and_words() {
    let mut server = Played::new();
    let chat = server.chat(json!({}));
    let words = r#"{"code":5,"message":"Unsupported protocol version"}"#;
    server.next("GET").answer("400 Bad Request", "", words);
    let [_, message] = chat.error();
    assert!(
        message.starts_with("http: the server answered HTTP 400 Bad Request: ") && message.contains(words),
        "{message}"
    );

    let mut server = Played::new();
    let mut chat = server.chat(json!({}));
    server.join(&chat, OPEN);
    chat.send("x", "/", "y");
    server.next("POST").answer("413 Payload Too Large", "", "");
    let [_, message] = chat.error();
    assert!(
        message.starts_with("http: the server answered HTTP 413"),
        "{message}"
    );
    chat.on("stop").wait(LONG);
}

#[test]
fn all_transports_are_tried_if_the_settings_say_so() {
    let mut server = Played::new();
    let fields = json!({"transports": ["websocket", "polling"], "try_all_transports": true});
    let chat = server.chat(fields.clone());
    server.next("websocket").answer("400 Bad Request", "", "");
    server.join(&chat, OPEN);

    let mut server = Played::new();
    let chat = server.chat(fields);
    server.next("websocket").answer("403 Forbidden", "", "");
    server.next("GET").answer("404 Not Found", "", "");
    let [_, message] = chat.error();
    assert!(
        message.contains("HTTP 404")
            && message.contains("before that websocket: http: ")
            && message.contains("HTTP 403"),
        "{message}"
    );
}

#[test]
fn a_request_has_the_time_that_the_settings_give() {
    let mut server = Played::new();
    let chat = server.chat(json!({"request_timeout": 300}));
    server.join(&chat, OPEN);
    let [_, message] = chat.error();
    assert!(
        message.starts_with("http: ") && message.contains("request_timeout"),
        "{message}"
    );
    chat.on("stop").wait(LONG);
}

#[test]
fn stop_works_while_a_get_waits() {
    let mut server = Played::new();
    let mut chat = server.chat(json!({}));
    server.join(&chat, OPEN);
    let _get = server.next("GET");
    chat.send("x", "/", "last");
    let mut post = server.next("POST");
    chat.stop();
    post.ok("ok");
    let mut post = server.next("POST");
    assert_eq!(post.body, "41\u{1e}1");
    post.ok("ok");
    chat.on("stop").wait(LONG);
    chat.deactivate();
}

#[test]
fn stop_is_bounded_whatever_hangs() {
    for hanging in ["handshake", "POST", "websocket"] {
        println!("{hanging}");
        let mut server = Played::new();
        let mut chat = server.chat(json!({"transports": ["polling", "websocket"]}));
        if hanging == "handshake" {
            let _get = server.next("GET");
            chat.deactivate();
            continue;
        }
        server.join(&chat, &OPEN.replace("[]", r#"["websocket"]"#));
        let _probe = server.next("websocket");
        if hanging == "websocket" {
            chat.stop();
            let mut post = server.next("POST");
            assert_eq!(post.body, "41\u{1e}1");
            post.ok("ok");
            chat.on("stop").wait(LONG);
        } else {
            chat.send("x", "/", "y");
            let _post = server.next("POST");
        }
        chat.deactivate();
    }
}

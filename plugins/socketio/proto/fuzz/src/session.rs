//! Whole lives of a client: requests, frames, failures and time, in any order.

use std::time::{Duration, Instant};

use bytes::Bytes;
use socketio_proto::{Action, Client, Data, Frame, Limits, Stage, TransportFailure};

use crate::{
    peer::{HANDSHAKE, config},
    witness::{Events, Server},
};

const NAMESPACES: [&str; 3] = ["/", "/a", "/b"];

/// Small, so that an input of some lines reaches it.
const BUFFER: Limits = Limits {
    packets: 8,
    bytes: 1000,
};

/// Far above what the buffers, the namespaces and one frame can make of it.
const HELD: usize = 200;

/// Most steps of one input; more would only repeat.
const STEPS: usize = 300;

/// A script, one step a line; see [`step`].
///
/// No step panics. `Connected` and `Disconnected` alternate for each namespace, nothing follows `Stopped`, a strict server
/// never sees a packet out of turn, header and attachments are never parted, no event is written twice or out of order,
/// all queues are bounded, and a stop ends everything within its time.
pub fn session(input: &[u8]) {
    let mut stage = Play::new();
    for line in input.split(|byte| *byte == b'\n').take(STEPS) {
        stage.step(line);
        stage.look();
    }
    stage.end();
}

struct Play {
    client: Client,
    now: Instant,
    server: Server,
    events: Events,
    emitted: i64,
    /// The driver opens a transport.
    is_opening: bool,
}

impl Play {
    fn new() -> Self {
        let mut config = config();
        config.send_buffer = BUFFER;
        config.receive_buffer = BUFFER;
        Self {
            client: Client::new(config),
            now: Instant::now(),
            server: Server::default(),
            events: Events::default(),
            emitted: 0,
            is_opening: false,
        }
    }

    /// `c` connect, `d` disconnect, `jN` join, `lN` leave, `eN` emit, `bN` emit bytes; of the server: `o` the transport
    /// opens, `h` and it shakes hands, `aN` accept, `rN` refuse, `kN` kick, `mN` a message, `p` ping, `tTEXT` any text
    /// frame, `<BYTES` any binary one, `x` it closes, `f` it fails; `+DIGITS` milliseconds pass; `wN` N frames are
    /// written. N is a digit.
    fn step(&mut self, line: &[u8]) {
        let Some((&what, rest)) = line.split_first() else {
            return;
        };
        let digit = rest.first().map_or(0, |byte| usize::from(byte % 10));
        let namespace = NAMESPACES[digit % NAMESPACES.len()];
        let now = self.now;
        match what {
            b'c' => {
                self.events.on_request();
                self.client.connect(now);
            }
            b'd' => {
                self.events.on_request();
                self.client.disconnect(now);
            }
            b'j' => {
                self.events.on_request();
                assert_eq!(self.client.join(now, namespace, None), Ok(()));
            }
            b'l' => self.client.leave(now, namespace),
            b'e' => self.emit(namespace, None),
            b'b' => self.emit(namespace, Some(Bytes::copy_from_slice(rest))),
            b'o' | b'h' if self.is_opening => {
                self.is_opening = false;
                self.server.open();
                self.client.handle_opened(now);
                if what == b'h' {
                    self.receive(HANDSHAKE);
                }
            }
            b'a' if self.server.answer(namespace, true) => {
                self.receive(&format!(r#"42{namespace},["early",1]"#));
                self.receive(&format!(r#"40{namespace},{{"sid":"s"}}"#));
            }
            b'r' if self.server.answer(namespace, false) => {
                self.receive(&format!(r#"44{namespace},{{"message":"no"}}"#));
            }
            b'k' if self.server.kick(namespace) => self.receive(&format!("41{namespace},")),
            b'm' => self.receive(&format!(r#"42{namespace},["m",2]"#)),
            b'p' => self.receive("2"),
            b't' => {
                self.server.is_mad = true;
                self.receive(&String::from_utf8_lossy(rest));
            }
            b'<' => {
                self.server.is_mad = true;
                if self.server.is_open() {
                    self.client
                        .handle_frame(now, Frame::Binary(Bytes::copy_from_slice(rest)));
                }
            }
            b'x' => self.lose(TransportFailure::eof()),
            b'f' => self.lose(TransportFailure::Failed {
                stage: Stage::WebSocket,
                message: "reset".into(),
            }),
            b'+' => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).take(6);
                let time = digits.fold(0, |time, digit| time * 10 + u64::from(digit - b'0'));
                self.now += Duration::from_millis(time);
                self.client.handle_timeout(self.now);
            }
            b'w' => self.write(digit),
            _ => {}
        }
    }

    fn emit(&mut self, namespace: &str, bytes: Option<Bytes>) {
        self.emitted += 1;
        let mut args = vec![Data::Int(self.emitted)];
        args.extend(bytes.map(Data::Binary));
        // Refused by name while the namespace is unknown or its buffer full.
        let _ = self.client.emit(self.now, namespace, "e", args);
    }

    /// Nothing arrives without a connection.
    fn receive(&mut self, text: &str) {
        if self.server.is_open() {
            self.client.handle_frame(self.now, Frame::Text(text));
        }
    }

    fn lose(&mut self, failure: TransportFailure) {
        if self.server.is_open() || self.is_opening {
            self.is_opening = false;
            self.server.close();
            self.client.handle_closed(self.now, failure);
        }
    }

    fn write(&mut self, frames: usize) {
        for _ in 0..frames {
            let Some(frame) = self.client.poll_transmit() else {
                return;
            };
            self.server.take(&frame);
        }
    }

    /// The driver looks after the client: it carries out what it is told, and hears what there is to hear.
    fn look(&mut self) {
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::Open { .. } => {
                    assert!(!self.server.is_open() && !self.is_opening, "second connection");
                    self.is_opening = true;
                }
                Action::Close => {
                    self.write(usize::MAX);
                    self.lose(TransportFailure::eof());
                }
                Action::Abort => {
                    self.is_opening = false;
                    self.server.close();
                }
            }
        }
        while let Some(event) = self.client.poll_event() {
            self.events.check(&event);
        }
        assert!(
            self.client.held() <= HELD,
            "{} entries are held",
            self.client.held()
        );
        let queued = self.client.queued();
        assert!(queued.packets <= BUFFER.packets * NAMESPACES.len());
        assert!(queued.bytes <= BUFFER.bytes * NAMESPACES.len());
    }

    /// From anywhere a stop ends within its time limit, and with it everything.
    fn end(&mut self) {
        self.step(b"d");
        self.look();
        self.step(b"+1500");
        self.look();
        assert!(self.client.is_idle());
        assert!(self.client.poll_timeout().is_none() && self.client.poll_transmit().is_none());
        assert!(!self.server.is_open() && !self.is_opening);
    }
}

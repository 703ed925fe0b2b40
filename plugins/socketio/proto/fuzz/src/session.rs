//! Whole lives of a client: requests, frames, failures and time, in any order.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use bytes::Bytes;
use socketio_proto::{AckId, Action, Client, Data, Event, Frame, Limits, Retries, Stage, TransportFailure};

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

/// Of a server that may be of any generation.
const HANDSHAKE_OF_ANY: &str = r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;

/// Most steps of one input; more would only repeat.
const STEPS: usize = 300;

/// A script, one step a line; see `step`.
///
/// No step panics. `Connected` and `Disconnected` alternate for each namespace, nothing follows `Stopped`, a strict server
/// never sees a packet out of turn, header and attachments are never parted, every acknowledgement that
/// is asked for ends exactly once, no event is written twice, unless it is to be sent again, or out of order,
/// all queues are bounded, and a stop ends everything within its time.
pub fn session(input: &[u8]) {
    let mut stage = Play::new();
    for line in input.split(|byte| *byte == b'\n').take(STEPS) {
        stage.step(line);
        stage.look();
    }
    stage.end();
}

fn client(retries: Option<Retries>) -> Client {
    let mut config = config();
    config.send_buffer = BUFFER;
    config.receive_buffer = BUFFER;
    config.max_pending_acks = BUFFER.packets;
    config.retries = retries;
    Client::new(config)
}

struct Play {
    client: Client,
    now: Instant,
    server: Server,
    events: Events,
    emitted: i64,
    /// Acknowledgements that were asked for and have not ended.
    asked: BTreeSet<AckId>,
    /// The driver opens a transport.
    is_opening: bool,
}

impl Play {
    fn new() -> Self {
        Self {
            client: client(None),
            now: Instant::now(),
            server: Server::default(),
            events: Events::default(),
            emitted: 0,
            asked: BTreeSet::new(),
            is_opening: false,
        }
    }

    /// Ahead of all else: `RN` events are sent again up to N times, until they are acknowledged.
    ///
    /// The application: `c` connect, `d` disconnect, `jN` join, `lN` leave, `eN` emit, `bN` emit bytes, `vN` emit a volatile
    /// event, `g` let the oldest give way, `qN` ask for an acknowledgement, `QN` ask for one within a second. The server: `o` the transport opens, `h` and it shakes hands, `H`
    /// the same without saying its generation, `aN` accept, `iN` accept and offer recovery, `rN` refuse, `kN` kick, `nN` answer the oldest question, `mN` a
    /// message, `p` ping, `tTEXT` any text frame, `<BYTES` any binary one, `x` it closes, `f` it fails. The driver:
    /// `+DIGITS` milliseconds pass, `wN` N frames are written. N is a digit.
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
            b'R' if self.emitted == 0 && self.client.is_idle() => {
                self.server.may_see_twice = true;
                self.client = client(Some(Retries {
                    count: digit as u32,
                    timeout: Duration::from_secs(1),
                }));
            }
            b'v' => self.emit_volatile(namespace),
            b'g' => {
                self.events.on_request();
                self.client.drop_oldest();
            }
            b'q' => self.ask(namespace, None),
            b'Q' => self.ask(namespace, Some(Duration::from_secs(1))),
            b'o' | b'h' if self.is_opening => {
                self.is_opening = false;
                self.server.open();
                self.client.handle_opened(now);
                if what == b'h' {
                    self.receive(HANDSHAKE);
                }
            }
            b'H' if self.is_opening => {
                self.is_opening = false;
                self.server.open();
                // It may join `/` by itself, or not.
                self.server.is_mad = true;
                self.client.handle_opened(now);
                self.receive(HANDSHAKE_OF_ANY);
            }
            b'a' if self.server.answer(namespace, true) => {
                self.receive(&format!(r#"42{namespace},["early",1]"#));
                self.receive(&format!(r#"40{namespace},{{"sid":"s"}}"#));
            }
            b'i' if self.server.answer(namespace, true) => {
                self.server.offer_recovery(namespace);
                self.receive(&format!(r#"42{namespace},["early","offset"]"#));
                self.receive(&format!(r#"40{namespace},{{"sid":"s","pid":"p"}}"#));
            }
            b'r' if self.server.answer(namespace, false) => {
                self.receive(&format!(r#"44{namespace},{{"message":"no"}}"#));
            }
            b'k' if self.server.kick(namespace) => self.receive(&format!("41{namespace},")),
            b'n' => {
                if let Some(id) = self.server.answer_question(namespace) {
                    self.receive(&format!(r#"43{namespace},{id}["ok"]"#));
                }
            }
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

    fn emit_volatile(&mut self, namespace: &str) {
        self.emitted += 1;
        let args = [Data::Int(self.emitted)];
        let emitted = self.client.emit_volatile(self.now, namespace, "e", &args);
        assert!(
            emitted != Ok(true) || self.server.is_open(),
            "a volatile event waits for a connection"
        );
    }

    fn ask(&mut self, namespace: &str, timeout: Option<Duration>) {
        // What is asked after a stop may time out before the next start.
        self.events.on_request();
        self.emitted += 1;
        let args = [Data::Int(self.emitted)];
        let asked = self
            .client
            .emit_with_ack(self.now, namespace, "e", &args, timeout);
        if let Ok(id) = asked {
            assert!(self.asked.insert(id), "{id:?} is given twice");
        }
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
            if let Event::AckEnded { id, outcome, .. } = &event {
                assert!(self.asked.remove(id), "{id:?} ends twice: {outcome:?}");
            }
        }
        assert!(
            self.client.held() <= HELD,
            "{} entries are held",
            self.client.held()
        );
        let queued = self.client.queued();
        // With retries there are two buffers; what is under way has room of its own.
        assert!(queued.packets <= (2 * BUFFER.packets + 1) * NAMESPACES.len());
        assert!(queued.bytes <= 3 * BUFFER.bytes * NAMESPACES.len());
    }

    /// From anywhere a stop ends within its time limit, and with it everything.
    fn end(&mut self) {
        // What was asked after a stop waits for the next start.
        for step in [&b"c"[..], b"d"] {
            self.step(step);
            self.look();
        }
        self.step(b"+1500");
        self.look();
        assert!(self.client.is_idle());
        assert_eq!(self.asked, BTreeSet::new(), "these never ended");
        assert!(self.client.poll_timeout().is_none() && self.client.poll_transmit().is_none());
        assert!(!self.server.is_open() && !self.is_opening);
    }
}

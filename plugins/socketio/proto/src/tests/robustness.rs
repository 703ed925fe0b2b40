//! Properties: no input panics, ups and downs alternate, the gate holds, what is written is read back.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use proptest::prelude::*;

use super::util::{Alternation, Pair, config, millis};
use crate::{
    Action, Config, Data, Error, Event, Frame, Retries, TransportFailure,
    decode::Body,
    decoder::Decoder,
    encode::{self, RESERVED_NAMES},
};

fn data() -> impl Strategy<Value = Data> {
    let leaf = prop_oneof![
        Just(Data::Null),
        any::<bool>().prop_map(Data::Bool),
        any::<i64>().prop_map(Data::Int),
        any::<u64>().prop_map(Data::from),
        proptest::num::f64::NORMAL.prop_map(Data::Float),
        any::<String>().prop_map(Data::String),
        any::<Vec<u8>>().prop_map(|bytes| Data::Binary(bytes.into())),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Data::Array),
            prop::collection::vec((any::<String>(), inner), 0..6).prop_map(Data::Object),
        ]
    })
}

proptest! {
    #[test]
    fn events_are_read_back_as_they_were_written(
        namespace in "(/|/[a-z]{1,8}(/é)?)",
        ack_id: Option<u64>,
        name: String,
        args in prop::collection::vec(data(), 0..5),
    ) {
        prop_assume!(!RESERVED_NAMES.contains(&name.as_str()));
        let packet = encode::event(&namespace, ack_id, &name, &args, usize::MAX).unwrap();
        let mut decoder = Decoder::new(crate::Parser::Json, usize::MAX, usize::MAX);
        let read = decoder.text(packet.text.strip_prefix('4').unwrap()).unwrap();
        let (namespace_read, ack_id_read, body) = if packet.attachments.is_empty() {
            let read = read.unwrap();
            (read.namespace.into_owned(), read.ack_id, read.body)
        } else {
            prop_assert!(read.is_none());
            let mut whole = None;
            for attachment in packet.attachments {
                prop_assert!(whole.is_none());
                whole = decoder.binary(attachment).unwrap();
            }
            let read = whole.unwrap();
            (read.namespace.into_owned(), read.ack_id, read.body)
        };
        prop_assert_eq!(namespace_read, namespace);
        prop_assert_eq!(ack_id_read, ack_id);
        prop_assert_eq!(body, Body::Event { name, args });
    }

    #[test]
    fn json_text_is_valid_json(value in data()) {
        prop_assert!(serde_json::from_str::<serde_json::Value>(&value.to_json()).is_ok());
    }
}

const NAMESPACES: [&str; 3] = ["/", "/a", "/b"];

/// What may happen to a client.
#[derive(Debug, Clone)]
enum Step {
    Connect,
    Disconnect,
    Join(usize),
    Leave(usize),
    Emit(usize, bool),
    Ask(usize, Option<u64>),
    Opened,
    Text(String),
    Binary(Vec<u8>),
    Closed,
    Failed,
    Advance(u64),
    /// The driver looks after the client.
    Drive,
}

fn text() -> impl Strategy<Value = String> {
    let namespace = prop::sample::select(vec!["", "/a,", "/b,", "/c,", "/a"]);
    prop_oneof![
        Just(super::util::HANDSHAKE.to_owned()),
        Just(super::util::HANDSHAKE_3.to_owned()),
        namespace
            .clone()
            .prop_map(|namespace| format!(r#"40{namespace}{{"sid":"s"}}"#)),
        namespace.clone().prop_map(|namespace| format!("41{namespace}")),
        namespace
            .clone()
            .prop_map(|namespace| format!(r#"42{namespace}["e",1]"#)),
        namespace
            .clone()
            .prop_map(|namespace| format!(r#"44{namespace}{{"message":"no"}}"#)),
        (namespace.clone(), 0..3u8).prop_map(|(namespace, id)| format!(r#"43{namespace}{id}[1]"#)),
        namespace.prop_map(|namespace| format!(r#"451-{namespace}["e",{{"_placeholder":true,"num":0}}]"#)),
        prop::sample::select(vec![
            "1", "2", "3", "5", "6", "40", "4", "43[]", "97:0{", "0{}", "bAA=="
        ])
        .prop_map(str::to_owned),
        "[0-6b]{0,3}[-/,a0-9]{0,4}[\\[{\"e,:1}\\]]{0,8}",
        any::<String>(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Connect),
        1 => Just(Step::Disconnect),
        3 => (0..3usize).prop_map(Step::Join),
        2 => (0..3usize).prop_map(Step::Leave),
        3 => ((0..3usize), any::<bool>()).prop_map(|(namespace, binary)| Step::Emit(namespace, binary)),
        3 => ((0..3usize), prop::option::of(0..50_000u64)).prop_map(|(namespace, limit)| Step::Ask(namespace, limit)),
        3 => Just(Step::Opened),
        12 => text().prop_map(Step::Text),
        1 => any::<Vec<u8>>().prop_map(Step::Binary),
        1 => Just(Step::Closed),
        1 => Just(Step::Failed),
        2 => (0..50_000u64).prop_map(Step::Advance),
        4 => Just(Step::Drive),
    ]
}

/// Says how many acknowledgements were asked for.
fn take(pair: &mut Pair, step: &Step) -> usize {
    let (client, now) = (&mut pair.client, pair.now);
    match step {
        Step::Connect => client.connect(now),
        Step::Disconnect => client.disconnect(now),
        Step::Join(namespace) => client.join(now, NAMESPACES[*namespace], None).unwrap(),
        Step::Leave(namespace) => client.leave(now, NAMESPACES[*namespace]),
        Step::Emit(namespace, binary) => {
            let args = if *binary {
                vec![Data::Binary("x".into())]
            } else {
                vec![]
            };
            let _ = client.emit(now, NAMESPACES[*namespace], "e", args);
        }
        Step::Ask(namespace, limit) => {
            let asked = client.emit_with_ack(now, NAMESPACES[*namespace], "q", &[], limit.map(millis));
            return usize::from(asked.is_ok());
        }
        Step::Opened => client.handle_opened(now),
        Step::Text(text) => client.handle_frame(now, Frame::Text(text)),
        Step::Binary(bytes) => client.handle_frame(now, Frame::Binary(Bytes::copy_from_slice(bytes))),
        Step::Closed => client.handle_closed(now, TransportFailure::eof()),
        Step::Failed => client.handle_closed(
            now,
            TransportFailure::Failed {
                stage: crate::Stage::WebSocket,
                message: String::new(),
            },
        ),
        Step::Advance(time) => pair.advance(millis(*time)),
        Step::Drive => pair.pump(),
    }
    0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// `Pair` checks the alternation of all events that it pumps, and that no acknowledgement ends twice.
    #[test]
    fn no_input_panics_or_breaks_the_alternation(
        steps in prop::collection::vec(step(), 0..60),
        retries in prop::option::of(0..3u32),
    ) {
        let timeout = millis(2000);
        let retries = retries.map(|count| Retries { count, timeout });
        let mut pair = Pair::with(Config { retries, ..config() });
        let (mut stops, mut asked) = (0, 0);
        for step in &steps {
            asked += take(&mut pair, step);
            stops += usize::from(matches!(step, Step::Disconnect));
        }
        pair.pump();
        let stopped = pair.events().iter().filter(|event| *event == "stopped").count();
        prop_assert!(stopped <= stops);
        // From anywhere, a stop ends within its time limit, and with it everything.
        pair.disconnect();
        pair.advance(millis(1500));
        prop_assert!(pair.client.is_idle());
        prop_assert!(pair.client.poll_timeout().is_none() && pair.client.poll_transmit().is_none());
        prop_assert_eq!(pair.alternation.ended_acks(), asked);
        let mut events = pair.events();
        events.retain(|event| !event.starts_with("ack "));
        prop_assert!(events.is_empty() || events.last().unwrap() == "stopped", "{:?}", events);
    }
}

/// A server as strict as Node.js, which closes everything on a packet for a namespace that is not joined.
#[derive(Default)]
struct Server {
    open: bool,
    pending: HashSet<String>,
    joined: HashSet<String>,
    /// Written packets by namespace that the server has taken.
    taken: HashMap<String, Vec<u64>>,
}

impl Server {
    fn take(&mut self, frame: Frame) {
        assert!(self.open, "written without a connection: {frame:?}");
        let Frame::Text(text) = frame else {
            panic!("{frame:?}")
        };
        if text == "3" {
            return;
        }
        let (kind, rest) = text[1..].split_at(1);
        let (namespace, payload) = match rest.split_once(',') {
            Some((namespace, payload)) if rest.starts_with('/') => (namespace, payload),
            _ => ("/", rest),
        };
        match kind {
            "0" => {
                assert!(!self.joined.contains(namespace), "second connect: {text}");
                assert!(
                    self.pending.insert(namespace.to_owned()),
                    "second connect: {text}"
                );
            }
            "1" => assert!(self.joined.remove(namespace), "disconnect without a join: {text}"),
            "2" => {
                assert!(self.joined.contains(namespace), "event without a join: {text}");
                let number = payload
                    .trim_matches(|c: char| !c.is_ascii_digit())
                    .parse()
                    .unwrap();
                self.taken.entry(namespace.to_owned()).or_default().push(number);
            }
            _ => panic!("{text}"),
        }
    }

    fn reset(&mut self, open: bool) {
        self.open = open;
        self.pending.clear();
        self.joined.clear();
    }
}

#[derive(Debug, Clone)]
enum Move {
    Emit(usize),
    Join(usize),
    Leave(usize),
    Stop,
    Start,
    Accept(usize),
    Refuse(usize),
    Kick(usize),
    Ping,
    Crash,
    Wait(u64),
    /// The transport takes this many frames.
    Write(usize),
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        6 => (0..3usize).prop_map(Move::Emit),
        3 => (0..3usize).prop_map(Move::Join),
        2 => (0..3usize).prop_map(Move::Leave),
        1 => Just(Move::Stop),
        2 => Just(Move::Start),
        5 => (0..3usize).prop_map(Move::Accept),
        1 => (0..3usize).prop_map(Move::Refuse),
        1 => (0..3usize).prop_map(Move::Kick),
        1 => Just(Move::Ping),
        1 => Just(Move::Crash),
        3 => (0..30_000u64).prop_map(Move::Wait),
        6 => (0..5usize).prop_map(Move::Write),
    ]
}

/// Does what the client asks of its transport, with the server of the other side.
fn drive(pair: &mut Pair, server: &mut Server, alternation: &mut Alternation, frames: usize) {
    for _ in 0..frames {
        let Some(frame) = pair.client.poll_transmit() else {
            break;
        };
        server.take(frame);
    }
    while let Some(action) = pair.client.poll_action() {
        match action {
            Action::Open { .. } => {
                assert!(!server.open, "second connection");
                server.reset(true);
                pair.client.handle_opened(pair.now);
                pair.client
                    .handle_frame(pair.now, Frame::Text(super::util::HANDSHAKE));
            }
            Action::Close => {
                while let Some(frame) = pair.client.poll_transmit() {
                    server.take(frame);
                }
                assert!(
                    server.joined.is_empty(),
                    "closed without disconnecting {:?}",
                    server.joined
                );
                server.reset(false);
                pair.client.handle_closed(pair.now, TransportFailure::eof());
            }
            Action::Abort => server.reset(false),
        }
    }
    while let Some(event) = pair.client.poll_event() {
        if let Event::Error { error, .. } = &event {
            // That one is the server's doing.
            assert_eq!(*error, Error::ClosedEarly);
        }
        alternation.check(&event);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn strict_server_never_sees_a_packet_out_of_turn(moves in prop::collection::vec(a_move(), 0..80)) {
        let mut pair = Pair::new();
        let mut server = Server::default();
        let mut alternation = Alternation::default();
        let mut emitted = 0;
        let receive = |pair: &mut Pair, text: String| {
            pair.client.handle_frame(pair.now, Frame::Text(&text));
        };
        for a_move in moves {
            match a_move {
                Move::Emit(namespace) => {
                    emitted += 1;
                    let _ = pair.try_emit(NAMESPACES[namespace], "e", vec![Data::Int(emitted)]);
                }
                Move::Join(namespace) => pair.client.join(pair.now, NAMESPACES[namespace], None).unwrap(),
                Move::Leave(namespace) => pair.client.leave(pair.now, NAMESPACES[namespace]),
                Move::Stop => pair.client.disconnect(pair.now),
                Move::Start => pair.client.connect(pair.now),
                Move::Accept(namespace) => {
                    let name = NAMESPACES[namespace];
                    if server.pending.remove(name) {
                        server.joined.insert(name.to_owned());
                        receive(&mut pair, format!(r#"42{name},["early",1]"#));
                        receive(&mut pair, format!(r#"40{name},{{"sid":"s"}}"#));
                    }
                }
                Move::Refuse(namespace) => {
                    let name = NAMESPACES[namespace];
                    if server.pending.remove(name) {
                        receive(&mut pair, format!(r#"44{name},{{"message":"no"}}"#));
                    }
                }
                Move::Kick(namespace) => {
                    let name = NAMESPACES[namespace];
                    if server.joined.remove(name) {
                        receive(&mut pair, format!("41{name},"));
                    }
                }
                Move::Ping if server.open => receive(&mut pair, "2".to_owned()),
                Move::Crash if server.open => {
                    server.reset(false);
                    pair.client.handle_closed(pair.now, TransportFailure::eof());
                }
                Move::Ping | Move::Crash => {}
                Move::Wait(time) => {
                    pair.now += millis(time);
                    pair.client.handle_timeout(pair.now);
                }
                Move::Write(frames) => drive(&mut pair, &mut server, &mut alternation, frames),
            }
            drive(&mut pair, &mut server, &mut alternation, 0);
        }
        for numbers in server.taken.values() {
            prop_assert!(numbers.is_sorted(), "out of order: {:?}", numbers);
        }
    }
}

//! A server that comes and goes for hours, on the virtual clock: nothing grows, and nobody is told twice.

use super::util::{Pair, config, millis};
use crate::{Action, Limits, TransportFailure};

/// How a connection of the flapping server ends.
const ENDS: [&str; 6] = [
    "refused",
    "reset",
    "no handshake",
    "silent",
    "in a packet",
    "kicked",
];

/// Drives one connection from the attempt to its end; `pair` is waiting or opening before and after.
fn flap(pair: &mut Pair, end: &str) {
    while !pair
        .actions()
        .iter()
        .any(|action| matches!(action, Action::Open { .. }))
    {
        let due = pair.client.poll_timeout().expect("an attempt is planned");
        pair.advance(due - pair.now);
    }
    match end {
        "refused" => return pair.close(),
        "no handshake" => {
            pair.client.handle_opened(pair.now);
            return pair.advance(millis(20_000));
        }
        _ => pair.open(),
    }
    // Ahead of its reply, as python-socketio does.
    pair.receive(r#"42["early",1]"#);
    pair.accept("/");
    pair.accept("/a");
    for _ in 0..3 {
        pair.emit("/", "e");
        pair.receive(r#"42/a,["news","x"]"#);
        pair.receive("2");
        pair.advance(millis(300));
    }
    match end {
        "reset" => pair.fail(TransportFailure::eof()),
        "silent" => pair.advance(millis(45_000)),
        "in a packet" => {
            pair.receive(r#"452-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#);
            pair.receive_binary(b"one");
            pair.close();
        }
        _ => {
            pair.receive("41");
            pair.receive("41/a,");
            pair.close();
            // The server has ended all namespaces: the application has to ask again.
            pair.connect();
        }
    }
}

/// Runs for so long; after each round what is held is what was held after the first.
fn run(hours: u64) {
    let mut config = config();
    config.send_buffer = Limits {
        packets: 100,
        bytes: 1 << 20,
    };
    let mut pair = Pair::with(config);
    pair.join("/");
    pair.join("/a");
    pair.connect();
    let end = pair.now + millis(hours * 3_600_000);
    let (mut held, mut rounds) = (None, 0);
    while pair.now < end {
        let begin = pair.now;
        let mut told = Vec::new();
        for end in ENDS {
            flap(&mut pair, end);
            told.extend(pair.events());
            pair.sent();
        }
        let count = |what: &str| told.iter().filter(|event| event.starts_with(what)).count();
        // Two of the ends come before a connection is open. `Pair` checks that ups and downs alternate.
        for (what, expected) in [
            ("opened", 4),
            ("closed", 4),
            ("connected /", 8),
            ("disconnected /", 8),
            ("/ early", 4),
            ("/a news", 12),
        ] {
            assert_eq!(count(what), expected, "{what}: {told:#?}");
        }
        assert_eq!(
            *held.get_or_insert(pair.client.held()),
            pair.client.held(),
            "in round {rounds}"
        );
        assert_eq!(pair.client.queued().packets, 0);
        assert!(pair.now > begin, "the clock stands still");
        rounds += 1;
    }
    assert!(rounds >= hours * 20, "{rounds} rounds");
    pair.disconnect();
    pair.advance(millis(1500));
    assert!(pair.client.is_idle() && pair.client.poll_timeout().is_none());
}

#[test]
fn an_hour_of_a_flapping_server_leaves_nothing_behind() {
    run(1);
}

#[test]
fn a_day_of_a_flapping_server_leaves_nothing_behind() {
    run(24);
}

/// What waits while the server is away is bounded, and refused by name beyond.
#[test]
fn an_hour_without_a_server_holds_no_more_than_the_send_buffer() {
    let mut config = config();
    config.send_buffer.packets = 100;
    let mut pair = Pair::with(config);
    pair.join("/");
    pair.connect();
    let end = pair.now + millis(3_600_000);
    let mut refused = 0;
    while pair.now < end {
        for _ in 0..10 {
            refused += u32::from(pair.try_emit("/", "e", vec![]).is_err());
        }
        pair.actions();
        pair.close();
        let due = pair.client.poll_timeout().expect("an attempt is planned");
        pair.advance(due - pair.now);
        assert!(pair.client.held() <= 105, "{} are held", pair.client.held());
        pair.events();
    }
    assert_eq!(pair.client.queued().packets, 100);
    assert!(refused > 0);
}

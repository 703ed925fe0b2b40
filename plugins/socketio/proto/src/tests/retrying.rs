//! Events that are sent until the server has acknowledged them.

use super::util::{Pair, config, millis};
use crate::{AckId, Config, Data, Limits, Retries};

const NOTHING: [&str; 0] = [];

/// So many further tries, of 100 ms each.
fn retrying(count: u32) -> Config {
    Config {
        retries: Some(Retries {
            count,
            timeout: millis(100),
        }),
        ..config()
    }
}

fn reconnect(pair: &mut Pair) {
    pair.close();
    pair.advance(millis(1000));
    pair.open();
    pair.accept("/");
}

#[test]
fn one_event_is_under_way_at_a_time() {
    let mut pair = Pair::joined_with(retrying(3), &["/", "/a"]);
    for event in ["1", "2", "3"] {
        pair.emit("/", event);
    }
    pair.emit("/a", "4");
    assert_eq!(pair.sent(), [r#"420["1"]"#, r#"42/a,0["4"]"#]);
    pair.receive("430[]");
    assert_eq!(pair.sent(), [r#"421["2"]"#]);
    pair.receive("430[]");
    assert_eq!(pair.sent(), NOTHING);
    pair.receive("431[]");
    pair.receive("432[]");
    pair.receive("43/a,0[]");
    assert_eq!(pair.sent(), [r#"422["3"]"#]);
    assert_eq!(pair.events(), NOTHING);
    assert_eq!(pair.client.poll_timeout(), Some(pair.now + millis(45_000)));
}

#[test]
fn a_try_without_an_acknowledgement_is_followed_by_another() {
    let mut pair = Pair::joined_with(retrying(2), &["/"]);
    pair.emit("/", "1");
    pair.advance(millis(99));
    assert_eq!(pair.sent(), [r#"420["1"]"#]);
    pair.advance(millis(1));
    assert_eq!(pair.sent(), [r#"421["1"]"#]);
    // Too late: that try is over.
    pair.receive("430[]");
    pair.advance(millis(100));
    assert_eq!(pair.sent(), [r#"422["1"]"#]);
    pair.receive("432[]");
    pair.advance(millis(1000));
    assert_eq!((pair.sent(), pair.events()), (vec![], vec![]));
}

#[test]
fn the_last_try_ends_the_event_and_the_next_one_begins() {
    let mut pair = Pair::joined_with(retrying(1), &["/"]);
    pair.emit("/", "1");
    pair.emit("/", "2");
    pair.advance(millis(200));
    assert_eq!(pair.sent(), [r#"420["1"]"#, r#"421["1"]"#, r#"422["2"]"#]);
    let failed = "unsent /: the server has not acknowledged the event in 2 tries";
    assert_eq!(pair.events(), [failed]);
}

#[test]
fn what_is_asked_for_ends_with_its_last_try() {
    let mut pair = Pair::joined_with(retrying(1), &["/"]);
    let ids: Vec<u64> = (0..3)
        .map(|n| pair.ask("/", &n.to_string(), (n == 2).then_some(10)).number())
        .collect();
    assert_eq!(ids, [0, 2, 3]);
    assert_eq!(pair.sent(), [r#"421["0"]"#]);
    pair.receive(r#"431["yes"]"#);
    assert_eq!(pair.events(), [r#"ack 0: [String("yes")]"#]);
    pair.advance(millis(200));
    assert_eq!(pair.events(), ["ack 2: TimedOut"]);
    assert_eq!(pair.sent(), [r#"424["1"]"#, r#"425["1"]"#, r#"426["2"]"#]);
    // Its own time limit holds for each try.
    pair.advance(millis(10));
    assert_eq!(pair.sent(), [r#"427["2"]"#]);
    pair.close();
    assert_eq!(pair.events()[0], "ack 3: Disconnected");
}

#[test]
fn a_lost_connection_ends_the_try_and_the_next_one_sends_again() {
    let mut pair = Pair::joined_with(retrying(1), &["/"]);
    pair.emit("/", "1");
    pair.emit("/", "2");
    pair.forget();
    reconnect(&mut pair);
    assert_eq!(pair.sent(), ["40", r#"421["1"]"#]);
    reconnect(&mut pair);
    assert_eq!(pair.sent(), ["40", r#"422["2"]"#]);
    let failed = "unsent /: the server has not acknowledged the event in 2 tries";
    assert!(pair.events().contains(&failed.to_owned()));
}

#[test]
fn a_try_that_was_never_written_does_not_count() {
    let mut pair = Pair::joined_with(retrying(0), &["/"]);
    pair.queue("/", "1");
    for number in [1, 2] {
        pair.client
            .handle_closed(pair.now, crate::TransportFailure::eof());
        pair.advance(millis(1000));
        pair.open();
        pair.forget();
        // The driver is busy.
        pair.receive_quietly(r#"40{"sid":"s"}"#);
        assert_eq!(pair.client.queued().packets, 1, "{number}");
    }
    pair.pump();
    assert_eq!(pair.sent(), [r#"422["1"]"#]);
    pair.advance(millis(100));
    let failed = "unsent /: the server has not acknowledged the event in 1 tries";
    assert_eq!(pair.events(), ["connected /", failed]);
}

#[test]
fn before_the_join_events_wait_within_the_bounds() {
    let mut pair = Pair::with(Config {
        send_buffer: Limits {
            packets: 2,
            bytes: 100,
        },
        ..retrying(1)
    });
    pair.join("/");
    pair.fill_for_two();
    assert_eq!(
        pair.client.queued(),
        Limits {
            packets: 2,
            bytes: 14
        }
    );
    pair.connect();
    pair.open();
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", r#"420["1"]"#]);
    assert_eq!(pair.client.queued(), Limits { packets: 1, bytes: 7 });
}

#[test]
fn bytes_and_odd_names_are_sent_again_as_they_were() {
    let mut pair = Pair::joined_with(retrying(1), &["/[1"]);
    pair.try_emit("/[1", "[", vec![Data::Binary("ab".into())])
        .unwrap();
    pair.pump();
    pair.advance(millis(100));
    let header = |id| format!(r#"451-/[1,{id}["[",{{"_placeholder":true,"num":0}}]"#);
    let bytes = || "<ab>".to_owned();
    assert_eq!(pair.sent(), [header(0), bytes(), header(1), bytes()]);
}

#[test]
fn volatile_events_and_answers_pass_by() {
    let mut pair = Pair::joined_with(retrying(1), &["/"]);
    pair.emit("/", "1");
    pair.emit("/", "2");
    assert_eq!(pair.client.emit_volatile(pair.now, "/", "v", &[]), Ok(true));
    pair.receive_quietly(r#"427["q"]"#);
    let Some(crate::Event::Message(message)) = pair.client.poll_event() else {
        panic!("no request")
    };
    let request = message.request.unwrap();
    pair.client.acknowledge(pair.now, request, &[]).unwrap();
    pair.pump();
    assert_eq!(pair.sent(), [r#"420["1"]"#, r#"42["v"]"#, "437[]"]);
}

#[test]
fn a_stop_writes_all_that_waits_once_and_ends_what_is_asked_for() {
    let mut pair = Pair::joined_with(retrying(5), &["/", "/a"]);
    pair.emit("/", "1");
    let asked = [pair.ask("/", "2", None), pair.ask("/", "3", None)].map(AckId::number);
    pair.emit("/", "4");
    pair.emit("/a", "5");
    pair.forget();
    pair.disconnect();
    assert_eq!(
        pair.events()[..2],
        asked.map(|number| format!("ack {number}: Stopped"))
    );
    let sent = [r#"423["2"]"#, r#"424["3"]"#, r#"425["4"]"#, "41", "41/a,"];
    assert_eq!(pair.sent(), sent);
    // Nobody waits for these.
    pair.receive_quietly("433[]");
    pair.advance(millis(1000));
    pair.close();
    assert_eq!(pair.client.queued().packets, 0);
    pair.connect();
    pair.open();
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", "40/a,"]);
}

#[test]
fn a_stop_without_a_connection_keeps_what_waits() {
    let mut pair = Pair::joined_with(retrying(1), &["/"]);
    pair.emit("/", "1");
    pair.emit("/", "2");
    let asked = pair.ask("/", "3", None).number();
    pair.forget();
    pair.close();
    pair.disconnect();
    assert!(pair.events().contains(&format!("ack {asked}: Stopped")));
    assert_eq!(pair.client.queued().packets, 2);
    pair.connect();
    pair.open();
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", r#"422["1"]"#]);
}

#[test]
fn leaving_ends_all() {
    let mut pair = Pair::joined_with(retrying(1), &["/", "/a"]);
    pair.emit("/a", "1");
    let asked = pair.ask("/a", "2", None).number();
    pair.forget();
    pair.leave("/a");
    assert_eq!(pair.events()[0], format!("ack {asked}: Stopped"));
    assert_eq!(pair.client.queued().packets, 0);
    pair.advance(millis(1000));
    assert_eq!(pair.sent(), [r#"42/a,2["2"]"#, "41/a,"]);
}

#[test]
fn the_servers_goodbye_keeps_what_waits() {
    let mut pair = Pair::joined_with(retrying(1), &["/", "/a"]);
    pair.emit("/a", "1");
    pair.emit("/a", "2");
    pair.receive("41/a,");
    pair.forget();
    pair.join("/a");
    pair.accept("/a");
    assert_eq!(pair.sent(), ["40/a,", r#"42/a,1["1"]"#]);
}

#[test]
fn what_is_under_way_does_not_give_way() {
    let mut pair = Pair::joined_with(retrying(1), &["/"]);
    pair.emit("/", "1");
    let asked = pair.ask("/", "2", None).number();
    pair.emit("/", "3");
    assert!(pair.client.drop_oldest());
    pair.pump();
    assert_eq!(pair.events(), [format!("ack {asked}: Unsent(Dropped)")]);
    pair.receive("430[]");
    assert_eq!(pair.sent(), [r#"420["1"]"#, r#"422["3"]"#]);
    assert!(!pair.client.drop_oldest());
}

#[test]
fn what_the_server_would_not_take_is_not_tried() {
    let mut pair = Pair::joined_with(retrying(5), &["/"]);
    pair.client.limit_packets(Some(20));
    let text = "x".repeat(50);
    pair.try_emit("/", "n", vec![text.as_str().into()]).unwrap();
    pair.emit("/", "2");
    assert_eq!(pair.sent(), [r#"420["2"]"#]);
    let events = pair.events();
    assert!(
        events[0].starts_with("unsent /: a packet of the event has"),
        "{events:?}"
    );
    assert_eq!(events.len(), 1);
}

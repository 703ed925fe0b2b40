//! Connections that break: at every byte, in either direction, in every way. What must hold is in `member`.

use std::time::Duration;

use pulsewire_chaos::{Chaos, End, Flow, Plan};
use pulsewire_it::servers::{Kind, RealServer};
use serde_json::{Value as Json, json};

use crate::crowd::{By, Crowd};

/// Connections of one plugin that run side by side. Over HTTP each has several, and opens more.
const fn side_by_side(by: By) -> usize {
    match by {
        By::WebSocket => 128,
        By::Polling | By::Upgrade => 64,
    }
}

/// A session over HTTP has ten times as many bytes, most of them in headers. They are broken at each so many, and each
/// suite begins at another one.
const STEP: u64 = 29;

/// The same for stalls, each of which takes as long as the heartbeat.
const STALL_STEP: u64 = 97;

fn chaos(server: &RealServer) -> Chaos {
    Chaos::to(([127, 0, 0, 1], server.port()).into()).unwrap()
}

/// How much passes in a session that nothing breaks: to the server, to the client. Over polling they differ a little.
fn record(chaos: &Chaos, by: By, server: &mut RealServer) -> [u64; 2] {
    let plans = vec![("recorded".to_owned(), Plan::calm())];
    let traffic = Crowd::new(chaos, by, plans, &json!({})).live_calmly(server);
    [0, 1].map(|way| traffic[0].passed.iter().map(|passed| passed[way]).sum())
}

/// A plan for each of these places of a session, in both directions.
fn cuts(length: [u64; 2], from: u64, step: usize, end: End) -> Vec<(String, Plan)> {
    let places = |way: usize| (from..length[way]).step_by(step);
    let up = places(0).map(|after| {
        let to_server = Flow::calm().ending(after, end);
        (
            format!("{end:?} after {after} to the server"),
            Plan {
                to_server,
                ..Plan::calm()
            },
        )
    });
    let down = places(1).map(|after| {
        let to_client = Flow::calm().ending(after, end);
        (
            format!("{end:?} after {after} to the client"),
            Plan {
                to_client,
                ..Plan::calm()
            },
        )
    });
    up.chain(down).collect()
}

/// Breaks a session at these places of it, and shows that it was broken there.
fn break_at_each(kind: Kind, by: By, options: &[&str], (from, step): (u64, u64), end: End, fields: &Json) {
    println!("{end:?} by {by:?} on {kind:?}");
    let mut server = RealServer::start_with(kind, options);
    let chaos = chaos(&server);
    let length = record(&chaos, by, &mut server);
    assert!(length.iter().all(|length| *length > 300), "{length:?}");
    let plans = cuts(length, from, step as usize, end);
    // Over polling sessions differ in length. Half of them go on until they break, the others may break in their farewell.
    let is_talking = by != By::WebSocket;
    for plans in plans.chunks(side_by_side(by)) {
        let crowd = Crowd::new(&chaos, by, plans.to_vec(), fields).talking(is_talking);
        for (at, (traffic, (what, _))) in crowd.live(&mut server).iter().zip(plans).enumerate() {
            let may_live = is_talking && at % 2 != 0;
            assert!(traffic.broken > 0 || may_live, "{what}: {traffic:?}");
        }
    }
}

/// Each byte over WebSocket, each [`STEP`]th over HTTP.
fn break_everywhere(end: End) {
    for kind in Kind::ALL {
        break_at_each(kind, By::WebSocket, &[], (0, 1), end, &json!({}));
    }
}

fn break_polled(options: &[&str], (from, step): (u64, u64), end: End, fields: &Json) {
    for (number, kind) in (0..).zip(Kind::ALL) {
        for (other, by) in (0..).zip([By::Polling, By::Upgrade]) {
            let from = from + number + 2 * other;
            break_at_each(kind, by, options, (from, step), end, fields);
        }
    }
}

#[test]
fn a_cut_at_every_byte_is_survived() {
    break_everywhere(End::Close);
}

#[test]
fn a_reset_at_every_byte_is_survived() {
    break_everywhere(End::Reset);
}

#[test]
fn a_cut_anywhere_in_polling_or_in_an_upgrade_is_survived() {
    break_polled(&[], (0, STEP), End::Close, &json!({}));
}

#[test]
fn a_reset_anywhere_in_polling_or_in_an_upgrade_is_survived() {
    break_polled(&[], (4, STEP), End::Reset, &json!({}));
}

/// Nobody says that the connection is dead: the heartbeat finds out, or a time limit before there is one.
const IMPATIENT: [&str; 4] = ["--ping-interval", "1000", "--ping-timeout", "2000"];

fn impatient() -> Json {
    json!({"timeout": 3000, "connect_timeout": 3000})
}

#[test]
fn a_stall_at_every_byte_is_noticed_and_survived() {
    for kind in Kind::ALL {
        break_at_each(kind, By::WebSocket, &IMPATIENT, (0, 1), End::Stall, &impatient());
    }
}

#[test]
fn a_stall_anywhere_in_polling_or_in_an_upgrade_is_noticed_and_survived() {
    break_polled(&IMPATIENT, (8, STALL_STEP), End::Stall, &impatient());
}

#[test]
fn chunks_of_a_byte_change_nothing() {
    for (kind, by) in Kind::ALL
        .into_iter()
        .flat_map(|kind| By::ALL.map(|by| (kind, by)))
    {
        if kind == Kind::Python && by != By::WebSocket {
            // It takes what has arrived of a body for all of it.
            continue;
        }
        println!("by {by:?} on {kind:?}");
        let mut server = RealServer::start(kind);
        let chaos = chaos(&server);
        let slow = Duration::from_micros(100);
        let plans = [
            Flow::calm().dribbled(1, 0),
            Flow::calm().dribbled(5, 1),
            Flow::calm().delayed(slow).dribbled(40, 2),
        ]
        .into_iter()
        .enumerate()
        .map(|(number, flow)| {
            (
                format!("dribble {number}"),
                Plan {
                    to_server: flow.clone(),
                    to_client: flow,
                },
            )
        });
        Crowd::new(&chaos, by, plans.collect(), &json!({})).live_calmly(&mut server);
    }
}

#[test]
fn random_faults_are_survived() {
    let mut server = RealServer::start_with(Kind::Node, &IMPATIENT);
    let chaos = chaos(&server);
    let plans = (0..40).map(|seed| (format!("seed {seed}"), Plan::random(seed, 900)));
    Crowd::new(&chaos, By::WebSocket, plans.collect(), &impatient()).live(&mut server);
}

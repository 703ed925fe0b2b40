//! Connections that break: at every byte, in either direction, in every way. What must hold is in `crowd`.

use std::time::Duration;

use pulsewire_chaos::{Chaos, End, Flow, Plan};
use pulsewire_it::servers::{Kind, RealServer};
use serde_json::{Value as Json, json};

use crate::crowd::Crowd;

/// Connections of one plugin that run side by side.
const SIDE_BY_SIDE: usize = 128;

fn chaos(server: &RealServer) -> Chaos {
    Chaos::to(([127, 0, 0, 1], server.port()).into()).unwrap()
}

/// How much passes in a session that nothing breaks: to the server, to the client.
fn record(chaos: &Chaos, server: &mut RealServer) -> [u64; 2] {
    let plans = vec![("recorded".to_owned(), Plan::calm())];
    let traffic = Crowd::new(chaos, plans, &json!({})).live_calmly(server);
    traffic[0].passed[0]
}

/// A plan for every byte of a session in both directions.
fn cuts(length: [u64; 2], end: End) -> Vec<(String, Plan)> {
    let up = (0..length[0]).map(|after| {
        let to_server = Flow::calm().ending(after, end);
        (
            format!("{end:?} after {after} to the server"),
            Plan {
                to_server,
                ..Plan::calm()
            },
        )
    });
    let down = (0..length[1]).map(|after| {
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

/// Breaks a session at every byte of it, and shows that each was broken.
fn break_at_each(kind: Kind, options: &[&str], end: End, fields: &Json) {
    let mut server = RealServer::start_with(kind, options);
    let chaos = chaos(&server);
    let length = record(&chaos, &mut server);
    assert!(length.iter().all(|length| *length > 300), "{length:?}");
    let plans = cuts(length, end);
    for plans in plans.chunks(SIDE_BY_SIDE) {
        for (traffic, (what, _)) in Crowd::new(&chaos, plans.to_vec(), fields)
            .live(&mut server)
            .iter()
            .zip(plans)
        {
            assert!(traffic.broken > 0, "{what}: {traffic:?}");
        }
    }
}

#[test]
fn a_cut_at_every_byte_is_survived() {
    for kind in Kind::ALL {
        break_at_each(kind, &[], End::Close, &json!({}));
    }
}

#[test]
fn a_reset_at_every_byte_is_survived() {
    for kind in Kind::ALL {
        break_at_each(kind, &[], End::Reset, &json!({}));
    }
}

/// Nobody says that the connection is dead: the heartbeat finds out, or a time limit before there is one.
const IMPATIENT: [&str; 4] = ["--ping-interval", "1000", "--ping-timeout", "2000"];

fn impatient() -> Json {
    json!({"timeout": 3000, "connect_timeout": 3000})
}

#[test]
fn a_stall_at_every_byte_is_noticed_and_survived() {
    for kind in Kind::ALL {
        break_at_each(kind, &IMPATIENT, End::Stall, &impatient());
    }
}

#[test]
fn chunks_of_a_byte_change_nothing() {
    for kind in Kind::ALL {
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
        Crowd::new(&chaos, plans.collect(), &json!({})).live_calmly(&mut server);
    }
}

#[test]
fn random_faults_are_survived() {
    let mut server = RealServer::start_with(Kind::Node, &IMPATIENT);
    let chaos = chaos(&server);
    let plans = (0..40).map(|seed| (format!("seed {seed}"), Plan::random(seed, 900)));
    Crowd::new(&chaos, plans.collect(), &impatient()).live(&mut server);
}

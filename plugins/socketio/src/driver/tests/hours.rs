//! A server that comes and goes for hours: the driver tries as often as it should, and nothing of it stays.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::{Played, server::Answer};
use crate::driver::Command;

const HOUR: u64 = 3600;

/// The server's day: forty seconds there, forty gone, forty deaf. Half a second keeps the ends away from the attempts.
const DAY: u64 = 120;

fn answer(now: Duration) -> Answer {
    let morning = Duration::from_secs(now.as_secs() / DAY * DAY);
    match (now - morning).as_millis() {
        ..40_500 => Answer::Serve {
            until: morning + Duration::from_millis(40_500),
        },
        40_500..80_500 => Answer::Refuse,
        _ => Answer::Hang,
    }
}

/// A connection to that server, and how far its waits may stray.
fn flapping(jitter: f64) -> Played {
    Played::new(
        answer,
        json!({"randomization_factor": jitter, "send_buffer": 100}),
    )
}

/// The nominal waits of the official client (`contrib/backo2.ts`): 1 s, doubled up to 5 s.
fn nominal(attempts: u32) -> Duration {
    Duration::from_millis((1000 * 2_u64.pow(attempts.min(10))).min(5000))
}

/// When a client without jitter connects.
fn expected(end: Duration) -> Vec<Duration> {
    let (mut now, mut attempts, mut dialled) = (Duration::ZERO, 0, Vec::new());
    while now < end {
        dialled.push(now);
        now = match answer(now) {
            Answer::Serve { until } => {
                attempts = 0;
                until
            }
            Answer::Refuse => now,
            // The setting `timeout`.
            Answer::Hang => now + Duration::from_secs(20),
        };
        now += nominal(attempts);
        attempts += 1;
    }
    dialled
}

#[test]
fn attempts_come_when_the_official_formula_says_and_leave_nothing_behind() {
    let played = flapping(0.0);
    // What grows once and stays is there after some days.
    played.run_to(10 * DAY);
    let tasks = played.tasks();
    let begin = 10 * DAY;
    let counted = allocation_counter::measure(|| played.run_to(begin + HOUR));
    assert_eq!(
        (counted.count_current, counted.bytes_current),
        (0, 0),
        "of {} allocations",
        counted.count_total
    );
    assert_eq!(played.tasks(), tasks);
    assert_eq!(played.threads.load(Ordering::Relaxed), 0);

    let end = Duration::from_secs(begin + HOUR);
    let (dialled, expected) = (played.server.dialled(), expected(end));
    // The runtime's timers have milliseconds.
    let round = |times: &[Duration]| {
        times
            .iter()
            .map(Duration::as_secs_f32)
            .map(f32::round)
            .collect::<Vec<_>>()
    };
    assert_eq!(round(&dialled), round(&expected));

    let days = ((begin + HOUR) / DAY) as usize;
    assert_eq!(played.engine.told("socketio.on_start"), days);
    assert_eq!(played.engine.told("socketio.on_stop"), days);
    // One comes each second, as long as the server is there.
    assert!(played.engine.told("socketio.on_receive") >= days * 15);
    // The last one is under way.
    assert_eq!(
        played.engine.told("socketio.on_reconnect_attempt"),
        dialled.len() - 1
    );
    // Nothing that was sent is lost: what waits now was sent in this afternoon.
    let sent = (begin + HOUR) / 10;
    assert_eq!(played.server.received(), sent as usize - 7);

    assert_eq!(played.commands.send(Command::Stop), Ok(()));
    played.shutdown.send_replace(true);
    played
        .runtime
        .block_on(async { sleep_until(Instant::now() + Duration::from_secs(2)).await });
    assert_eq!(played.tasks(), 0);
}

#[test]
fn attempts_stray_from_the_official_formula_no_further_than_its_jitter() {
    let played = flapping(0.5);
    played.run_to(HOUR);
    let dialled = played.server.dialled();
    let mut attempts = 0;
    for pair in dialled.windows(2) {
        let from = match answer(pair[0]) {
            Answer::Serve { until } => {
                attempts = 0;
                until
            }
            Answer::Refuse => pair[0],
            Answer::Hang => pair[0] + Duration::from_secs(20),
        };
        let waited = pair[1] - from;
        let nominal = Duration::from_secs(1) * 2_u32.pow(attempts.min(10));
        let slack = Duration::from_millis(5);
        let [least, most] = [nominal / 2, nominal * 3 / 2].map(|wait| wait.min(Duration::from_secs(5)));
        assert!(
            (least..=most + slack).contains(&waited),
            "{waited:?} after {attempts}"
        );
        attempts += 1;
    }
    assert!(dialled.len() > 300, "{} attempts", dialled.len());
}

//! Start and Stop, over and over: each cycle is told once, and nothing of it stays.

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer};
use serde_json::json;

use crate::{chat::Chat, ending::run_alone};

/// Stops and starts again, without waiting: the new connection is made when the old one is gone.
#[test]
fn restarting_a_hundred_times_makes_one_connection_each() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::started(&server, json!({}));
    for cycle in 1..=100 {
        chat.stop();
        chat.start();
        chat.on("stop").wait(LONG);
        chat.on("start").wait(LONG);
        // The server has heard of the old connection's end before it heard of the new one.
        server.wait_for(&json!({"on": "disconnect"}), LONG);
        assert_eq!(server.seen(&json!({"on": "disconnect"})).len(), cycle);
    }
    chat.stop();
    chat.on("stop").wait(LONG);
    chat.deactivate();
    server.wait_for(&json!({"on": "disconnect"}), LONG);
    assert_eq!(
        server.seen(&json!({"on": "connect"})).len(),
        101,
        "{}",
        server.log()
    );
    chat.assert_quiet();
}

/// As fast as nodes can pulse, so that Stop meets the connection in any state.
#[test]
fn a_storm_of_starts_and_stops_ends_stopped_and_told_in_pairs() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::to(&server.url(), json!({}));
    for round in 0..300 {
        chat.start();
        if round % 3 == 0 {
            chat.on("start").wait(LONG);
        }
        for _ in 0..=round % 4 {
            chat.stop();
        }
    }
    chat.deactivate();
    let taken = 100;
    assert_eq!(chat.on("start").waiting() + taken, chat.on("stop").waiting());
    let connects = || server.seen(&json!({"on": "connect"})).len();
    for _ in 0..connects() {
        server.wait_for(&json!({"on": "disconnect"}), LONG);
    }
    assert_eq!(server.seen(&json!({"on": "disconnect"})).len(), connects());
}

/// Threads, files and memory are those of the process, so it must not run other tests.
#[cfg(target_os = "linux")]
#[test]
fn a_thousand_cycles_leave_threads_files_and_memory_flat() {
    run_alone("cycles::inner::a_thousand_cycles");
}

#[cfg(target_os = "linux")]
mod inner {
    use std::{
        fs, thread,
        time::{Duration, Instant},
    };

    use super::*;

    /// What a thousand cycles may add: a kilobyte each, less than one leaked buffer; two allocators make some noise.
    const NOISE: usize = 1 << 20;

    fn entries(folder: &str) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    /// Threads and open files.
    fn handles() -> [usize; 2] {
        [entries("/proc/self/task"), entries("/proc/self/fd")]
    }

    /// Memory in RAM, in bytes.
    fn memory() -> usize {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    fn cycle(chat: &mut Chat, server: &mut RealServer) {
        chat.start();
        chat.on("start").wait(LONG);
        chat.stop();
        chat.on("stop").wait(LONG);
        server.wait_for(&json!({"on": "disconnect"}), LONG);
        // What the test itself keeps would hide what the plugin keeps.
        server.forget();
        chat.harness.forget_logs();
    }

    #[test]
    #[ignore = "needs a process of its own: `a_thousand_cycles_leave_threads_files_and_memory_flat` runs it"]
    fn a_thousand_cycles() {
        let mut server = RealServer::start(Kind::Node);
        let mut chat = Chat::to(&server.url(), json!({}));
        for _ in 0..200 {
            cycle(&mut chat, &mut server);
        }
        let (handles_before, memory_before) = (handles(), memory());
        for number in 0..1000 {
            cycle(&mut chat, &mut server);
            assert_eq!(chat.harness.engine().waiting(), [], "in cycle {number}");
        }
        // The last socket is closed when the task gets to it.
        let deadline = Instant::now() + LONG;
        while handles() != handles_before {
            assert!(
                Instant::now() < deadline,
                "{:?} and not {handles_before:?}",
                handles()
            );
            thread::sleep(Duration::from_millis(5));
        }
        let grown = memory().saturating_sub(memory_before);
        println!("grown by {grown} bytes");
        assert!(grown < NOISE, "grown by {grown} bytes");
        chat.deactivate();
        chat.assert_quiet();
    }
}

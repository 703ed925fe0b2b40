//! The end of the plugin: in time, in every state, leaving nothing behind.

use std::{fs, process::Command, sync::mpsc};

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer};
use serde_json::json;
use tungstenite::Message;

use crate::chat::{Chat, OPEN, free_port, on_both, serve_websocket, stalling};

#[test]
fn what_was_sent_before_deactivation_is_delivered() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        for n in 0..500 {
            chat.send("n", "/", &n.to_string());
        }
        chat.deactivate();
        server.wait_for(&json!({"on": "event", "name": "n", "args": ["499"]}), LONG);
        server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), LONG);
        assert_eq!(server.seen(&json!({"on": "event", "name": "n"})).len(), 500);
        assert!(chat.harness.reports().is_empty(), "{:?}", chat.harness.reports());
    });
}

/// The plugin's threads are those of the process, so the process must not run other tests: it is started anew for it.
#[test]
fn deactivation_ends_all_threads_in_every_state() {
    run_alone("ending::inner::deactivation_in_every_state");
}

/// Runs an ignored test in a process of its own.
#[track_caller]
pub(crate) fn run_alone(test: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command
        .args(["--exact", test, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[cfg(target_os = "linux")]
mod inner {
    use super::*;

    fn threads() -> Vec<String> {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
        // The process itself is `socketio_plugin`.
        names
            .filter(|name| name == "socketio\n" || name.starts_with("socketio-"))
            .collect()
    }

    fn assert_ends(state: &str, mut chat: Chat) {
        println!("{state}");
        chat.deactivate();
        assert_eq!(threads(), [] as [String; 0], "{state}");
        assert!(
            chat.harness.reports().is_empty(),
            "{state}: {:?}",
            chat.harness.reports()
        );
    }

    #[test]
    #[ignore = "needs a process of its own: `deactivation_ends_all_threads_in_every_state` runs it"]
    fn deactivation_in_every_state() {
        let server = RealServer::start(Kind::Node);
        assert_ends("never started", Chat::to(&server.url(), json!({})));

        let chat = Chat::started(&server, json!({}));
        assert_eq!(threads(), ["socketio\n"]);
        assert_ends("connected", chat);

        let mut chat = Chat::started(&server, json!({}));
        chat.stop();
        assert_ends("stopping", chat);

        let mut chat = Chat::started(&server, json!({}));
        chat.stop();
        chat.start();
        assert_ends("starting again", chat);

        let mut chat = Chat::to(&format!("http://{}", free_port()), json!({}));
        chat.start();
        chat.error();
        assert_ends("waiting to retry", chat);

        let (address, streams) = stalling();
        for scheme in ["http", "https"] {
            let mut chat = Chat::to(&format!("{scheme}://{address}"), json!({}));
            chat.start();
            let _stream = streams.recv_timeout(LONG).unwrap();
            assert_ends(scheme, chat);
        }

        // Packets to this address vanish, or the network is unreachable; both are states.
        let mut chat = Chat::to("http://192.0.2.1:9", json!({}));
        chat.start();
        chat.harness.wait_for_log("connecting to");
        assert_ends("tcp", chat);

        // It accepts all and then answers nothing, not even the closing handshake.
        let (sender, kept) = mpsc::channel();
        let address = serve_websocket(move |mut websocket| {
            for packet in [OPEN, r#"40{"sid":"s"}"#] {
                websocket.send(Message::text(packet)).unwrap();
            }
            sender.send(websocket).unwrap();
        });
        let mut chat = Chat::to(&format!("http://{address}"), json!({}));
        chat.start();
        chat.on("start").wait(LONG);
        // More than the kernel's buffers hold, so that the farewell cannot be written.
        for _ in 0..50 {
            chat.send("x", "/", &"x".repeat(1 << 20));
        }
        assert_ends("blocked", chat);
        drop(kept);

        let mut server = RealServer::start(Kind::Node);
        let mut chat = Chat::started(&server, json!({}));
        chat.subscribe("n", "/");
        chat.round_trip();
        chat.harness.engine().set_full(true);
        server.send(&json!({"do": "flood", "namespace": "/", "name": "n", "count": 20000, "size": 1000}));
        server.wait_for(&json!({"on": "flooded"}), LONG);
        assert_ends("engine full", chat);
    }
}

//! A panic in a connection's task.

use std::time::Duration;

use serde_json::json;

use super::{Played, server::Answer};

#[test]
fn a_panic_is_an_error_and_a_new_connection() {
    let played = Played::new(
        |_| Answer::Serve {
            until: Duration::from_secs(1000),
        },
        json!({}),
    );
    let told = |node_type: &str| played.engine.told(&format!("socketio.on_{node_type}"));
    played.run_to(10);
    assert_eq!([told("start"), told("stop"), told("error")], [1, 0, 0]);
    played.engine.panic_at("socketio.on_receive");
    played.run_to(20);
    assert_eq!([told("start"), told("stop"), told("error")], [2, 1, 1]);
    // It was not in a hurry, and is as good as the first one.
    let dialled = played.server.dialled();
    assert!(dialled.len() == 2, "{dialled:?}");
    let received = told("receive");
    played.run_to(30);
    assert!(told("receive") >= received + 9);
}

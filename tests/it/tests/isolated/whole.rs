//! Projects whose settings isolate plugins, run by the binary.

use std::{fs, time::Duration};

use pulsewire_it::{
    processes,
    project::{CONVERSATION, Project, graph},
    servers::{Kind, RealServer},
};
use serde_json::json;

use crate::library::folder_of_one_that_does;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn project_goes_on_when_its_isolated_plugin_crashes() {
    let logic = r#"
        begin: events.on_initialize
        act: misbehaves.act
        begin.out -> act.in
        failed: events.on_error
        show: development.console { input = "told" }
        failed.out -> show.in
    "#;
    let (_folder, path) = folder_of_one_that_does("segfault in a node");
    let project =
        Project::new("[plugins.misbehaves]\nisolate = true\n", &graph(logic)).with_plugins_first(path);
    let mut running = project.run(&[]);
    running.wait_for("runs again, in a new process");
    running.terminate();
    let lines = running.ends_with(0);
    let has = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert_eq!(
        has("plugin `misbehaves` ended its process with SIGSEGV"),
        1,
        "{lines:#?}"
    );
    assert_eq!(
        has("the process of plugin `misbehaves` ended during the call"),
        1,
        "{lines:#?}"
    );
    assert_eq!(has("told"), 1, "{lines:#?}");
}

#[test]
fn lists_say_which_plugins_are_isolated() {
    let project = Project::new("[plugins.good]\nisolate = true\n", &graph("")).with_good_plugin();
    let list = project.pulsewire(&["plugins", "list", "--json"]).json();
    let of = |id: &str| {
        list.as_array()
            .unwrap()
            .iter()
            .find(|row| row["id"] == id)
            .unwrap()["isolated"]
            .clone()
    };
    assert_eq!((of("good"), of("socketio")), (json!(true), json!(false)));
    let info = project.pulsewire(&["plugins", "info", "good"]);
    assert!(info.with_code(0).contains("\nisolated: true\n"), "{info:#?}");
}

#[test]
fn isolate_takes_only_true_or_false() {
    let project = Project::new("[plugins.good]\nisolate = \"yes\"\n", &graph("")).with_good_plugin();
    let checked = project.pulsewire(&["check"]);
    let text = checked.with_code(1).to_owned() + &checked.stderr;
    assert!(
        text.contains("settings.toml:3") && text.contains("Bool"),
        "{checked:#?}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn process_of_a_plugin_ends_with_its_host() {
    let logic = r#"
        begin: events.on_initialize
        shout: good.shout { text = "here" }
        show: development.console
        begin.out -> shout.in
        shout.out -> show.in
        shout.shouted -> show.input
    "#;
    let project = Project::new("[plugins.good]\nisolate = true\n", &graph(logic)).with_good_plugin();
    let mut running = project.run(&[]);
    running.wait_for("HERE");
    let children = children(running.pid());
    assert_eq!(children.len(), 1, "{children:?}");
    assert!(!running.maps("libgood"));
    // Which kills it.
    drop(running);
    processes::wait_for_end(children[0]);
}

#[cfg(target_os = "linux")]
fn children(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let children = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("children")).unwrap());
    let children: String = children.collect();
    children
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect()
}

#[test]
fn isolated_socketio_talks_to_a_real_server() {
    let server = RealServer::start(Kind::Node);
    let settings = format!(
        "[plugins.socketio]\nisolate = true\n[[settings.socketio.connections]]\nname = \"chat\"\nurl = \
         \"http://127.0.0.1\"\nport = {}\n",
        server.port()
    );
    let project = Project::new(&settings, &graph(CONVERSATION));
    let mut running = project.run(&[]);
    assert_eq!(running.ends_with(0), ["hello"]);
    assert!(
        running.log().contains("plugin `socketio` is active"),
        "{}",
        running.log()
    );
    server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), SOON);
}

//! A designer's project against the real servers, from the files to the exit code.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{fs, path::PathBuf, time::Duration};

use pulsewire_it::{
    artifacts,
    certificates::Authority,
    project::{CONVERSATION, Project, graph},
    servers::{Kind, RealServer},
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);

fn settings(server: &RealServer, more: &str) -> String {
    format!(
        "# where the feed comes from\n[[settings.socketio.connections]]\nname = \"chat\"\nurl = \"http://127.0.0.1\"\n\
         port = {}\n{more}",
        server.port()
    )
}

fn conversation_ends_with_0(kind: Kind) {
    let server = RealServer::start(kind);
    let project = Project::new(&settings(&server, ""), &graph(CONVERSATION));
    let lines = project.run(&[]).ends_with(0);
    assert_eq!(lines, ["hello"]);
    server.wait_for(
        &json!({"on": "event", "namespace": "/", "name": "echo", "args": ["hello"]}),
        SOON,
    );
    server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), SOON);
}

#[test]
fn conversation_with_node_ends_with_0() {
    conversation_ends_with_0(Kind::Node);
}

#[test]
fn conversation_with_python_ends_with_0() {
    conversation_ends_with_0(Kind::Python);
}

#[test]
fn conversation_over_tls_ends_with_0() {
    let authority = Authority::new();
    let issued = authority.issue("server", &["localhost"]);
    let server = RealServer::start_with(Kind::Node, &issued.options());
    let settings = format!(
        "[[settings.socketio.connections]]\nname = \"chat\"\nurl = \"wss://localhost\"\nport = {}\ntls_ca = \"ca.pem\"",
        server.port()
    );
    let project = Project::new(&settings, &graph(CONVERSATION));
    project.write("ca.pem", &authority.pem());
    let lines = project.run(&[]).ends_with(0);
    assert_eq!(lines, ["hello"]);
    server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), SOON);
}

#[test]
fn the_systems_authorities_are_trusted() {
    let authority = Authority::new();
    let issued = authority.issue("server", &["127.0.0.1"]);
    let server = RealServer::start_with(Kind::Node, &issued.options());
    let settings = format!(
        "[[settings.socketio.connections]]\nname = \"chat\"\nurl = \"{}\"",
        server.url()
    );
    let system = authority.file();
    let project = Project::new(&settings, &graph(CONVERSATION))
        .with_variable("SSL_CERT_FILE", system.to_str().unwrap());
    assert_eq!(project.run(&[]).ends_with(0), ["hello"]);
}

/// Its error ends it.
const FAILURE: &str = r#"
    begin: events.on_initialize
    connect: socketio.start { configuration = "chat" }
    begin.out -> connect.in
    failed: socketio.on_error { configuration = "chat" }
    show: development.console
    end: utilities.exit { code = 7 }
    failed.out -> show.in
    failed.message -> show.input
    show.out -> end.in
"#;

/// In the file and in the environment, at every place; the key and the server are made so that it fails late.
#[test]
fn secrets_stay_where_they_are() {
    let authority = Authority::new();
    let issued = authority.issue("server", &["127.0.0.1"]);
    let server = RealServer::start_with(Kind::Node, &issued.options());
    let settings = format!(
        r#"[[settings.socketio.connections]]
name = "chat"
url = "https://sesame-user:sesame-password@127.0.0.1:{}"
namespaces = ["/admin"]
auth = {{ token = "${{TOKEN}}", other = "sesame-literal" }}
query = {{ a = "${{TOKEN}}", b = "sesame-query" }}
headers = {{ X-Key = "Bearer ${{TOKEN}}" }}
tls_ca = "ca.pem"
tls_certificate = "mine.pem"
tls_key = "${{KEY}}"
"#,
        server.port()
    );
    let key = fs::read_to_string(&issued.key).unwrap();
    let project = Project::new(&settings, &graph(FAILURE))
        .with_variable("TOKEN", "sesame-token")
        .with_variable("KEY", &key)
        .with_variable("PULSEWIRE_LOG", "trace");
    project.write("ca.pem", &authority.pem());
    project.write("mine.pem", &fs::read_to_string(&issued.certificate).unwrap());
    let assert_hidden = |what: &str, text: &str| {
        let part = key.lines().nth(1).unwrap();
        for secret in ["sesame", part] {
            assert!(!text.contains(secret), "`{secret}` is in {what}: {text}");
        }
    };
    for arguments in [
        &["settings", "list"][..],
        &["settings", "list", "--json"],
        &["settings", "show", "socketio"],
        &["check"],
        &["check", "--json"],
        &["toolbox", "list"],
    ] {
        let answer = project.pulsewire(arguments);
        assert_eq!(answer.code, Some(0), "{answer:#?}");
        assert_hidden(&answer.arguments, &answer.stdout);
        assert_hidden(&answer.arguments, &answer.stderr);
    }
    for arguments in [&[][..], &["--console", "json"]] {
        let mut running = project.run(arguments);
        let lines = running.ends_with(7).join("\n");
        assert!(lines.contains("not authorized"), "{lines}");
        assert_hidden("the console", &lines);
        assert_hidden("the log", &running.log());
        assert!(running.log().contains("DEBUG"), "{}", running.log());
    }
}

#[test]
fn outcomes_arrive_at_the_node_that_asked() {
    let lines = r#"
        begin: events.on_initialize
        connect: socketio.start { configuration = "chat" }
        begin.out -> connect.in
        ask: socketio.send_with_acknowledgement { configuration = "chat", event_name = "echo", message = "hello" }
        taken: development.console { input = "taken" }
        connect.out -> ask.in
        ask.out -> taken.in

        show: development.console
        stop: socketio.stop { configuration = "chat" }
        again: socketio.start { configuration = "chat" }
        lost: socketio.send_with_acknowledgement { configuration = "chat", event_name = "echo", namespace = "/no" }
        stop_again: socketio.stop { configuration = "chat" }
        ask.acknowledged -> show.in
        ask.message -> show.input
        show.out -> stop.in
        stop.out -> again.in
        again.out -> lost.in
        lost.out -> stop_again.in

        disconnected: development.console { input = "disconnected" }
        end: utilities.exit
        lost.disconnected -> disconnected.in
        disconnected.out -> end.in
    "#;
    let server = RealServer::start(Kind::Node);
    let project = Project::new(&settings(&server, ""), &graph(lines));
    let lines = project.run(&[]).ends_with(0);
    assert_eq!(lines, ["taken", "hello", "disconnected"]);
}

/// Every 20 ms the next number is sent, whether the server is there or not.
const COUNTING: &str = r#"
    [[variable]]
    name = "n"
    type = "Int"
    value = 0
    begin: events.on_initialize
    both: flow_control.sequential
    connect: socketio.start { configuration = "chat" }
    listen: socketio.subscribe { configuration = "chat", event_name = "news" }
    begin.out -> both.in
    both.pulse_1 -> connect.in
    both.pulse_2 -> listen.in
    listen.out -> tick.in

    tick: utilities.start_interval { seconds = 0.02 }
    n: variables.variable_getter { variable = "n" }
    next: math.increment
    keep: variables.variable_setter { variable = "n" }
    text: utilities.conversion { input_data_type = "Int", output_data_type = "String" }
    send: socketio.send { configuration = "chat", event_name = "number" }
    tick.out -> next.in
    next.out -> keep.in
    keep.out -> text.in
    text.out -> send.in
    n.value -> next.input
    next.output -> keep.value
    keep.value -> text.input
    text.output -> send.message

    started: socketio.on_start { configuration = "chat" }
    say_started: development.console { input = "On Start" }
    started.out -> say_started.in
    stopped: socketio.on_stop { configuration = "chat" }
    say_stopped: development.console { input = "On Stop" }
    stopped.out -> say_stopped.in
    received: socketio.on_receive { configuration = "chat" }
    say_received: development.console
    received.out -> say_received.in
    received.message -> say_received.input
"#;

fn number(line: &Value) -> i64 {
    line["args"][0].as_str().unwrap().parse().unwrap()
}

/// What the server got so far, in both of its lives.
fn numbers(server: &RealServer) -> Vec<i64> {
    server
        .seen(&json!({"on": "event", "name": "number"}))
        .iter()
        .map(number)
        .collect()
}

fn server_may_go_and_come(kind: Kind) {
    let mut server = RealServer::start(kind);
    let more = "reconnection_delay = 50\nreconnection_delay_max = 100\n";
    let project = Project::new(&settings(&server, more), &graph(COUNTING));
    let mut running = project.run(&[]);
    running.wait_for("On Start");
    server.wait_for(&json!({"on": "event", "name": "number", "args": ["5"]}), SOON);

    server.kill();
    running.wait_for("On Stop");
    let before = numbers(&server);
    server.restart();
    running.wait_for("On Start");
    let next = before.last().unwrap() + 50;
    server.wait_until(
        "a number from well after the restart",
        |line| line["name"] == "number" && number(line) >= next,
        SOON,
    );
    let all = numbers(&server);
    let (first_life, second_life) = all.split_at(before.len());
    assert_eq!(first_life, before);
    let expected: Vec<i64> = (second_life[0]..).take(second_life.len()).collect();
    assert_eq!(second_life, expected, "none lost, none twice, in order");
    assert!(second_life[0] > before[before.len() - 1], "{all:?}");

    server.send(&json!({"do": "emit", "namespace": "/", "name": "news", "args": ["still subscribed"]}));
    running.wait_for("still subscribed");
    running.terminate();
    let lines = running.ends_with(0);
    let count = |text: &str| lines.iter().filter(|line| *line == text).count();
    assert_eq!((count("On Start"), count("On Stop")), (2, 1), "{lines:?}");
}

#[test]
fn node_server_may_go_and_come_under_a_running_project() {
    server_may_go_and_come(Kind::Node);
}

#[test]
fn python_server_may_go_and_come_under_a_running_project() {
    server_may_go_and_come(Kind::Python);
}

#[test]
fn disabled_plugin_is_gone_and_its_library_is_not_opened() {
    let text = "# where the feed comes from\n[[settings.socketio.connections]]\nname = \"chat\" # mine\n\
                url = \"http://127.0.0.1\"\nport = 9\n";
    let lines = "begin: events.on_initialize\nshow: development.console { input = \"up\" }\n\
                 connect: socketio.start { configuration = \"chat\" }\nbegin.out -> show.in\nshow.out -> connect.in";
    let project = Project::new(text, &graph(lines));
    let types = |project: &Project| -> Vec<String> {
        let listed = project.pulsewire(&["toolbox", "list", "--json"]).json();
        let ids = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["type"].as_str().unwrap().to_owned());
        ids.filter(|id| id.starts_with("socketio.")).collect()
    };
    let all = [
        "acknowledge",
        "on_error",
        "on_receive",
        "on_reconnect_attempt",
        "on_request",
        "on_start",
        "on_stop",
        "on_subscribe",
        "on_unsubscribe",
        "send",
        "send_with_acknowledgement",
        "start",
        "state",
        "stop",
        "subscribe",
        "unsubscribe",
    ];
    assert_eq!(types(&project), all.map(|name| format!("socketio.{name}")));
    let before = project.read("settings.toml");

    project
        .pulsewire(&["plugins", "disable", "socketio"])
        .with_code(0);
    assert!(types(&project).is_empty());
    let sections = project.pulsewire(&["settings", "list", "--json"]).json();
    assert!(!sections.to_string().contains("socketio"), "{sections}");
    assert!(project.read("settings.toml").starts_with(&before));
    let mut running = project.run(&[]);
    running.wait_for("up");
    assert!(!running.maps("libsocketio.so"));
    running.terminate();
    running.ends_with(0);

    project.pulsewire(&["plugins", "enable", "socketio"]).with_code(0);
    assert_eq!(types(&project).len(), all.len());
    let shown = project
        .pulsewire(&["settings", "show", "socketio", "--json"])
        .json();
    assert_eq!(shown["lists"][0]["entries"][0]["name"], "chat");
    assert_eq!(shown["lists"][0]["entries"][0]["port"], 9);
}

#[test]
fn plugin_of_another_compiler_release_loads_and_runs() {
    let Some(library) = artifacts::plugin_of_other_compiler() else {
        return;
    };
    let plugins: PathBuf = library.ancestors().nth(2).unwrap().to_owned();
    let server = RealServer::start(Kind::Node);
    let project =
        Project::new(&settings(&server, ""), &graph(CONVERSATION)).with_plugins_first(plugins.clone());
    let listed = project
        .pulsewire(&["plugins", "info", "socketio", "--json"])
        .json();
    assert_eq!(listed["path"], library.to_str().unwrap());
    assert_eq!(project.run(&[]).ends_with(0), ["hello"]);
}

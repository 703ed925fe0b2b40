//! The projects in `examples/`: sound, as editors see them too, and doing what their READMEs say, against a real server.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{fs, path::Path, time::Duration};

use pulsewire_host::literal;
use pulsewire_it::{
    artifacts,
    project::{Project, Running},
    servers::{Kind, RealServer},
};
use serde_json::{Value, json};
use toml::de::{DeTable, DeValue};

const SOON: Duration = Duration::from_secs(20);

const NAMES: [&str; 7] = [
    "alarm",
    "chat-bot",
    "countdown",
    "dashboard",
    "reshape",
    "telemetry",
    "two-scenes",
];

/// The files of a project, by their paths in it.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path
                .strip_prefix(folder)
                .unwrap()
                .to_str()
                .unwrap()
                .replace('\\', "/");
            files.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    files.sort();
    files
}

/// A copy of the example that talks to the server on `port`.
fn example(name: &str, port: u16) -> Project {
    let project = Project::new("", "");
    for (path, text) in files(&artifacts::workspace().join("examples").join(name)) {
        let text = text.replace("\"http://localhost\"", "\"http://127.0.0.1\"");
        project.write(&path, &text.replace("port = 3000", &format!("port = {port}")));
    }
    project
}

/// The example, connected; what it wants to hear of it has chosen before.
fn started(name: &str, server: &RealServer) -> (Project, Running) {
    let project = example(name, server.port());
    let running = project.run(&[]);
    server.wait_for(&json!({"on": "connect", "namespace": "/"}), SOON);
    (project, running)
}

fn emit(server: &mut RealServer, name: &str, args: Value) {
    server.send(&json!({"do": "emit", "namespace": "/", "name": name, "args": args}));
}

#[track_caller]
fn sent(server: &RealServer, name: &str, args: Value) {
    server.wait_for(&json!({"on": "event", "name": name, "args": args}), SOON);
}

#[test]
fn every_example_is_named_in_the_readme_and_here() {
    let folder = artifacts::workspace().join("examples");
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<String> = entries
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, NAMES);
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    for name in NAMES {
        assert!(readme.contains(&format!("({name}/README.md)")), "{name}");
        assert!(folder.join(name).join("README.md").is_file(), "{name}");
    }
}

#[test]
fn examples_are_sound() {
    for name in NAMES {
        let checked = example(name, 3000).pulsewire(&["check"]);
        assert!(
            checked.with_code(0).contains("0 errors, 0 warnings"),
            "{checked:#?}"
        );
    }
}

#[test]
fn editors_accept_the_examples_and_the_sample_project_and_refuse_what_is_wrong() {
    let project = example("alarm", 3000);
    let schema = |file: &str| {
        let schema = project.pulsewire(&["schema", file]).json();
        jsonschema::validator_for(&schema).unwrap()
    };
    let (settings, logic) = (schema("settings"), schema("logic"));
    let accepts = |path: &str, text: &str| {
        let file = DeTable::parse(text).unwrap();
        let file = toml::Spanned::new(file.span(), DeValue::Table(file.into_inner()));
        let file = serde_json::to_value(literal::value(&file).unwrap()).unwrap();
        let schema = if path == "settings.toml" {
            &settings
        } else {
            &logic
        };
        let faults = schema.iter_errors(&file).map(|fault| fault.to_string());
        faults.collect::<Vec<String>>()
    };
    let root = artifacts::workspace();
    let folders = NAMES.map(|name| root.join("examples").join(name));
    let mut count = 0;
    for folder in folders.iter().chain([&root.join("logic")]) {
        for (path, text) in files(folder) {
            assert_eq!(accepts(&path, &text), [""; 0], "{}: {path}", folder.display());
            count += 1;
        }
    }
    assert_eq!(count, 17, "seven settings, nine graphs, and the sample's");
    for (path, text, wrong) in [
        ("settings.toml", "port = 3000", "port = \"3000\""),
        ("settings.toml", "port = 3000", "prot = 3000"),
        (
            "logic/project.toml",
            "configuration = \"house\"",
            "configuration = 5",
        ),
        (
            "logic/project.toml",
            "event_name = \"motion\"",
            "event_nam = \"motion\"",
        ),
        ("logic/project.toml", "socketio.start", "socketio.strat"),
    ] {
        let (_, file) = files(&folders[0])
            .into_iter()
            .find(|(name, _)| name == path)
            .unwrap();
        assert!(file.contains(text), "{text}");
        assert_ne!(accepts(path, &file.replace(text, wrong)), [""; 0], "{wrong}");
    }
}

#[test]
fn countdown_needs_no_server_and_ends() {
    let said = example("countdown", 0).run(&[]).ends_with(0);
    assert_eq!(said, ["3", "2", "1", "lift-off"]);
}

#[test]
fn dashboard_shows_each_metric_warns_and_prints_all() {
    let mut server = RealServer::start(Kind::Node);
    let (_project, mut dashboard) = started("dashboard", &server);
    emit(&mut server, "metric", json!([{"name": "cpu", "value": 97}]));
    emit(&mut server, "metric", json!([{"name": "memory", "value": 20.5}]));
    dashboard.wait_for("memory: 20.5");
    dashboard.wait_for(r#"{"cpu":97.0,"memory":20.5}"#);
    let seen = dashboard.seen();
    assert!(seen.contains(&"cpu: 97.0".to_owned()), "{seen:?}");
    let warnings: Vec<&String> = seen.iter().filter(|line| line.starts_with("warning")).collect();
    assert_eq!(warnings, ["warning: project: warn says: cpu is high"]);
    dashboard.terminate();
    dashboard.ends_with(0);
}

#[test]
fn chat_bot_answers_commands_and_greetings() {
    let mut server = RealServer::start(Kind::Node);
    let (_project, _bot) = started("chat-bot", &server);
    for text in [" !HELP ", "what?", "Hello there", "!time"] {
        emit(&mut server, "say", json!([text]));
    }
    sent(&server, "say", json!(["I know !help and !time, and I say hello"]));
    sent(&server, "say", json!(["Hello! Say !help"]));
    let is_time = |entry: &Value| {
        let text = entry["args"][0].as_str().unwrap_or_default();
        text.starts_with("It is ") && text.ends_with(" UTC") && text.len() == "It is 12:00:00 UTC".len()
    };
    server.wait_until("the time", is_time, SOON);
    assert_eq!(server.seen(&json!({"on": "event", "name": "say"})).len(), 3);
}

#[test]
fn alarm_goes_off_unless_the_motion_is_acknowledged() {
    let mut server = RealServer::start(Kind::Node);
    let (_project, mut alarm) = started("alarm", &server);
    emit(&mut server, "motion", json!([]));
    emit(&mut server, "motion", json!([]));
    emit(&mut server, "acknowledge", json!([]));
    alarm.wait_for("acknowledged");
    let motions = |seen: &[String]| seen.iter().filter(|line| line.contains("motion;")).count();
    assert_eq!(motions(alarm.seen()), 1, "the second came while the time ran");
    emit(&mut server, "motion", json!([]));
    alarm.wait_for("error: project: say_alarm says: ALARM");
    sent(&server, "alarm", json!(["motion"]));
    assert_eq!(motions(alarm.seen()), 2);
}

#[test]
fn telemetry_sums_up_every_five_readings() {
    let mut server = RealServer::start(Kind::Node);
    let (_project, mut telemetry) = started("telemetry", &server);
    for reading in [20, 18, 24, 22, 21, 1, 2, 3, 4, 5, 6] {
        emit(&mut server, "reading", json!([reading]));
    }
    let summary = |low, high, mean| json!([{"count": 5, "lowest": low, "highest": high, "mean": mean}]);
    sent(&server, "summary", summary(18, 24, 21));
    sent(&server, "summary", summary(1, 5, 3));
    telemetry.wait_for(r#"{"count":5,"lowest":1.0,"highest":5.0,"mean":3.0}"#);
}

#[test]
fn reshape_makes_an_invoice_and_survives_another_shape() {
    let mut server = RealServer::start(Kind::Node);
    let (project, mut reshape) = started("reshape", &server);
    let customer = json!({"first": "Ada", "last": "Lovelace"});
    emit(&mut server, "order", json!([{"id": 6, "customer": customer}]));
    reshape.wait_for("warning: project: show_wrong says: not invoiced, because of `parts`: ");
    let items =
        json!([{"name": "pen", "price": 1.5, "quantity": 4}, {"name": "book", "price": 12, "quantity": 1}]);
    emit(
        &mut server,
        "order",
        json!([{"id": 7, "customer": customer, "items": items}]),
    );
    reshape.wait_for("invoice for Ada Lovelace: 18.00");
    sent(
        &server,
        "invoice",
        json!([{"number": 7, "name": "Ada Lovelace", "lines": 2, "total": 18}]),
    );
    let kept: Value = serde_json::from_str(&project.read("assets/last-invoice.json")).unwrap();
    assert_eq!(
        kept,
        json!({"number": 7, "name": "Ada Lovelace", "lines": 2, "total": 18.0})
    );
}

#[test]
fn two_scenes_hear_of_one_event() {
    let mut server = RealServer::start(Kind::Node);
    let (_project, mut scenes) = started("two-scenes", &server);
    for on in [true, false, true] {
        emit(&mut server, "switch", json!([{"room": "hall", "on": on}]));
    }
    scenes.wait_for("switched on so far: 2");
    let lamps: Vec<&String> = scenes
        .seen()
        .iter()
        .filter(|line| line.starts_with("hall"))
        .collect();
    assert_eq!(lamps, ["hall: lamp on", "hall: lamp off", "hall: lamp on"]);
    sent(&server, "switched on", json!([2]));
}

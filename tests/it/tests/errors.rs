//! What a project hears of its own errors, and how the console tells how a line is meant.

use pulsewire_it::project::{Project, graph};
use serde_json::{Value, json};

/// Sends before it has connected, which is an error of the plugin's node.
const SENDS_TOO_EARLY: &str = r#"
    begin: events.on_initialize
    send: socketio.send { configuration = "chat", event_name = "hello" }
    begin.out -> send.in
"#;

const TELLS: &str = r#"
    failed: events.on_error
    line: string.format { count = 3, pattern = "%s, %s: %s" }
    show: development.console { type = "Warning" }
    end: utilities.exit { code = 3 }
    failed.out -> line.in
    failed.graph -> line.parameter_1
    failed.node -> line.parameter_2
    failed.message -> line.parameter_3
    line.out -> show.in
    line.formatted -> show.input
    show.out -> end.in
"#;

#[test]
fn error_of_a_plugins_node_raises_on_error_with_graph_node_and_reason() {
    let settings = "[[settings.socketio.connections]]\nname = \"chat\"\nurl = \"http://127.0.0.1:9\"\n";
    let project = Project::new(settings, &graph(TELLS));
    project.write("logic/scenes/hall.toml", &graph(SENDS_TOO_EARLY));
    let lines = project.run(&["--console", "json"]).ends_with(3);
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [error, warning] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    assert_eq!(
        (&error["level"], &error["graph"], &error["node"]),
        (&json!("error"), &json!("scenes/hall"), &json!("send"))
    );
    let reason = error["message"].as_str().unwrap();
    assert!(reason.contains("Start"), "{reason}");
    assert_eq!(warning["level"], "warning");
    assert_eq!(warning["message"], format!("scenes/hall, send: {reason}"));
}

#[test]
fn console_says_of_each_line_how_it_is_meant() {
    let logic = r#"
        begin: events.on_initialize
        a: development.console { input = "fine" }
        b: development.console { input = "careful", type = "Warning" }
        c: development.console { input = "broken", type = "Error" }
        end: utilities.exit
        begin.out -> a.in
        a.out -> b.in
        b.out -> c.in
        c.out -> end.in
    "#;
    let project = Project::new("", &graph(logic));
    let text = project.run(&[]).ends_with(0);
    assert_eq!(
        text,
        [
            "fine",
            "warning: project: b says: careful",
            "error: project: c says: broken"
        ]
    );
    let lines = project.run(&["--console", "json"]).ends_with(0);
    let levels = lines.iter().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(line["time"].is_u64() && line["graph"] == "project", "{line}");
        format!("{} {} {}", line["level"], line["node"], line["message"])
    });
    assert_eq!(
        levels.collect::<Vec<String>>(),
        [
            r#""message" "a" "fine""#,
            r#""warning" "b" "careful""#,
            r#""error" "c" "broken""#
        ]
    );
}

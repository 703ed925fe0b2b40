//! The command line, seen from outside: exit codes, stdout, stderr, files.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use pulsewire_it::{
    artifacts,
    project::{Answer, Project, graph},
};
use serde_json::{Value, json};

const SETTINGS: &str = r#"# the designer's own words
[[settings.good.greetings]]
name = "en" # friendly
prefix = "Hello, "
"#;

fn good_project(lines: &str) -> Project {
    Project::new(SETTINGS, &graph(lines)).with_good_plugin()
}

fn plugin(answer: &Answer, id: &str) -> Value {
    let plugins = answer.json();
    let found = plugins
        .as_array()
        .unwrap()
        .iter()
        .find(|plugin| plugin["id"] == id);
    found
        .unwrap_or_else(|| panic!("no `{id}` in {plugins:#}"))
        .clone()
}

fn ids(answer: &Answer, key: &str) -> Vec<String> {
    answer
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one[key].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn disabled_plugin_leaves_toolbox_and_settings_and_its_file_stays_as_it_was() {
    let project = good_project("begin: events.on_initialize");
    let before = project.read("settings.toml");
    assert!(
        ids(&project.pulsewire(&["toolbox", "list", "--json"]), "type").contains(&"good.shout".to_owned())
    );
    assert!(ids(&project.pulsewire(&["settings", "list", "--json"]), "id").contains(&"good".to_owned()));

    project.pulsewire(&["plugins", "disable", "good"]).with_code(0);
    let types = ids(&project.pulsewire(&["toolbox", "list", "--json"]), "type");
    assert!(!types.iter().any(|id| id.starts_with("good.")), "{types:?}");
    assert!(types.contains(&"flow_control.branch".to_owned()));
    assert!(!ids(&project.pulsewire(&["settings", "list", "--json"]), "id").contains(&"good".to_owned()));
    let listed = plugin(&project.pulsewire(&["plugins", "list", "--json"]), "good");
    assert_eq!(
        (&listed["state"], &listed["enabled"]),
        (&json!("disabled"), &json!(false))
    );
    assert_eq!(listed["description"], "Adds Shout, Tell and On Told.");
    assert!(
        project.read("settings.toml").starts_with(before.trim_end()),
        "{}",
        project.read("settings.toml")
    );

    project.pulsewire(&["plugins", "enable", "good"]).with_code(0);
    assert!(
        ids(&project.pulsewire(&["toolbox", "list", "--json"]), "type").contains(&"good.shout".to_owned())
    );
    let listed = project.pulsewire(&["settings", "list", "--json"]).json();
    let section = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|section| section["id"] == "good")
        .unwrap();
    assert_eq!(
        section["lists"][0]["entries"],
        json!([{"name": "en", "prefix": "Hello, ", "times": 1}])
    );
    assert_eq!(section["plugin"], "good");
}

#[test]
fn every_entry_of_the_toolbox_has_the_documented_shape() {
    let project = good_project("begin: events.on_initialize");
    let toolbox = project.pulsewire(&["toolbox", "list", "--json"]).json();
    for entry in toolbox.as_array().unwrap() {
        for key in [
            "type",
            "name",
            "category",
            "scopes",
            "plugin",
            "attributes",
            "inputs",
            "outputs",
        ] {
            assert!(entry.get(key).is_some(), "{key} is missing in {entry}");
        }
        for item in ["attributes", "inputs", "outputs"]
            .iter()
            .flat_map(|key| entry[key].as_array().unwrap())
        {
            for key in ["id", "name", "type", "default", "options", "help"] {
                assert!(item.get(key).is_some(), "{key} is missing in {item}");
            }
        }
    }
    let shown = project
        .pulsewire(&["toolbox", "show", "good.shout", "--json"])
        .json();
    assert_eq!(shown["inputs"][0]["type"], "Pulse");
    assert_eq!(shown["inputs"][1]["type"], "String");
}

#[test]
fn entries_of_a_section_are_added_and_removed_by_name() {
    let project = good_project("begin: events.on_initialize");
    let before = project.read("settings.toml");
    project
        .pulsewire(&[
            "settings",
            "add",
            "good",
            "greetings",
            "name=de",
            "prefix=Hallo ",
            "times=2",
        ])
        .with_code(0);
    let shown = project.pulsewire(&["settings", "show", "good", "--json"]).json();
    assert_eq!(
        shown["lists"][0]["entries"][1],
        json!({"name": "de", "prefix": "Hallo ", "times": 2})
    );

    let refused = project.pulsewire(&["settings", "add", "good", "greetings", "name=x", "times=99"]);
    refused.with_code(1);
    assert!(refused.stderr.contains("expected 1 to 10"), "{refused:#?}");

    let left = project
        .pulsewire(&["settings", "remove", "good", "greetings", "de", "--json"])
        .json();
    assert_eq!(left["lists"][0]["entries"].as_array().unwrap().len(), 1);
    assert_eq!(project.read("settings.toml"), before);
}

#[test]
fn faults_are_listed_with_file_line_node_and_hint() {
    let project = good_project(
        "begin: events.on_initialize
         tell: good.tell { configuration = \"eng\" }
         begin.out -> tell.inn",
    );
    let answer = project.pulsewire(&["check"]);
    let text = answer.with_code(1);
    assert!(text.contains("logic/project.toml:8:32: node `tell`: `good.greetings` has no entry `eng`\n  hint: did you mean `en`?"), "{text}");
    assert!(
        text.contains(
            "logic/project.toml:11:6: node `tell`: there is no input `inn`\n  hint: did you mean `in`?"
        ),
        "{text}"
    );
    assert!(text.ends_with("2 errors, 0 warnings\n"), "{text}");

    let faults = project.pulsewire(&["check", "--json"]);
    let faults: Value = serde_json::from_str(faults.with_code(1)).unwrap();
    assert_eq!(faults[0]["line"], 8);
    assert_eq!(faults[0]["graph"], "project");

    let run = project.pulsewire(&["run", "--for", "1s"]);
    assert_eq!(
        (run.with_code(1), run.stderr.contains("did you mean `en`?")),
        ("", true),
        "{run:#?}"
    );
}

#[test]
fn exit_codes_tell_usage_settings_and_project_apart() {
    let project =
        good_project("begin: events.on_initialize\nend: utilities.exit { code = 3 }\nbegin.out -> end.in");
    project.pulsewire(&["run"]).with_code(3);
    project.pulsewire(&["run", "--no-such-flag"]).with_code(2);
    project.pulsewire(&["plugins", "disable", "goood"]).with_code(1);
    project.write("settings.toml", "format = 1\n[plugins\n");
    let answer = project.pulsewire(&["run"]);
    answer.with_code(2);
    assert!(answer.stderr.contains("settings.toml:2:"), "{answer:#?}");
    std::fs::remove_file(project.folder().join("settings.toml")).unwrap();
    project.pulsewire(&["check"]).with_code(2);
}

#[test]
fn json_console_writes_one_object_a_line() {
    let project = good_project(
        "begin: events.on_initialize
         show: development.console { type = \"Warning\", input = \"careful\" }
         end: utilities.exit
         begin.out -> show.in
         show.out -> end.in",
    );
    let answer = project.pulsewire(&["run", "--console", "json"]);
    let line: Value = serde_json::from_str(answer.with_code(0)).unwrap();
    assert_eq!(line["level"], "warning");
    assert_eq!(
        (&line["graph"], &line["node"], &line["message"]),
        (&json!("project"), &json!("show"), &json!("careful"))
    );
    assert!(line["time"].as_u64().unwrap() > 1_700_000_000_000);
}

#[test]
fn strict_refuses_what_would_only_be_a_placeholder() {
    let project = good_project("begin: events.on_initialize\nshout: good.shout\nbegin.out -> shout.in");
    project.pulsewire(&["plugins", "disable", "good"]).with_code(0);
    let answer = project.pulsewire(&["run", "--strict", "--for", "1s"]);
    answer.with_code(1);
    assert!(
        answer
            .stderr
            .contains("node `shout`: node type `good.shout` is not available: plugin `good` is disabled"),
        "{answer:#?}"
    );
    let answer = project.pulsewire(&["run", "--for", "50ms"]);
    assert_eq!(
        answer.with_code(0),
        "error: nodes of type `good.shout` do not run: plugin `good` is disabled\n"
    );
}

#[test]
fn sigterm_ends_a_run_cleanly() {
    let project = good_project(
        "begin: events.on_initialize\nshow: development.console { input = \"up\" }\nbegin.out -> show.in",
    );
    let mut running = project.run(&[]);
    running.wait_for("up");
    running.terminate();
    running.ends_with(0);
}

#[test]
fn completions_are_printed_for_a_shell() {
    let project = good_project("begin: events.on_initialize");
    assert!(
        project
            .pulsewire(&["completions", "bash"])
            .with_code(0)
            .contains("_pulsewire")
    );
}

#[test]
fn graph_of_the_readme_runs() {
    let readme = std::fs::read_to_string(artifacts::workspace().join("README.md")).unwrap();
    let graph = readme
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let project = Project::new("", graph);
    assert_eq!(project.pulsewire(&["run"]).with_code(0), "hello\n");
}

#[test]
fn switching_a_plugin_answers_in_json_when_asked() {
    let project = good_project("begin: events.on_initialize");
    let switched = project
        .pulsewire(&["plugins", "disable", "good", "--json"])
        .json();
    assert_eq!(
        (&switched["id"], &switched["enabled"], &switched["state"]),
        (&json!("good"), &json!(false), &json!("disabled"))
    );
}

//! What the command line says of plugins, node types and settings, and of words that it does not know.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};

use pulsewire_it::project::{Answer, Project, graph};
use serde_json::json;

fn project() -> Project {
    Project::new("", &graph("begin: events.on_initialize")).with_good_plugin()
}

#[track_caller]
fn fails(answer: &Answer, texts: &[&str]) {
    answer.with_code(1);
    for text in texts {
        assert!(answer.stderr.contains(text), "no `{text}` in {answer:#?}");
    }
}

#[test]
fn faults_of_the_settings_do_not_hide_from_commands_about_plugins() {
    let project = project();
    project.write(
        "settings.toml",
        "format = 1\nwrong = 1\n[plugins.good]\nenabeld = true\n",
    );
    for arguments in [
        &["plugins", "list"][..],
        &["plugins", "list", "--json"],
        &["plugins", "info", "good"],
        &["plugins", "disable", "good", "--json"],
    ] {
        let answer = project.pulsewire(arguments);
        answer.with_code(0);
        for fault in [
            "settings.toml:2:1: unknown key `wrong`",
            "did you mean `enabled`?",
        ] {
            assert_eq!(answer.stderr.matches(fault).count(), 1, "{fault}: {answer:#?}");
        }
    }
}

#[test]
fn fields_are_listed_with_all_that_they_demand() {
    let listed = project()
        .pulsewire(&["settings", "show", "good", "--json"])
        .json();
    let fields = &listed["lists"][0]["fields"];
    assert_eq!(
        fields[2],
        json!({
            "id": "times", "name": "Times", "type": "Int", "default": 1, "options": [], "help": "How often it stands there.",
            "required": false, "unit": "", "min": 1, "max": 10, "secret": false,
        })
    );
    assert_eq!(fields[0]["required"], true);
    let shown = project().pulsewire(&["settings", "show", "good"]);
    let shown = shown.with_code(0);
    assert!(
        shown.contains("  name: String (required)  What the attribute Configuration calls it.\n"),
        "{shown}"
    );
    assert!(
        shown.contains("  times: Int = 1, 1 to 10  How often it stands there.\n"),
        "{shown}"
    );

    let shown = project().pulsewire(&["settings", "show", "socketio"]);
    let shown = shown.with_code(0);
    assert!(shown.contains("(secret)"), "{shown}");
    let defaults = shown
        .lines()
        .filter(|line| line.starts_with("  ") && line.contains(": "));
    assert!(
        shown.contains("  port: Int, 1 to 65535"),
        "zero is no port: {shown}"
    );
    for line in defaults.take_while(|line| !line.contains("Connections: ")) {
        if line.contains("  port: ") {
            continue;
        }
        assert!(
            line.contains(" = ") || line.contains("(required)"),
            "no default in {line}"
        );
    }
}

#[test]
fn disabled_plugin_is_named_with_what_switches_it_on() {
    let project = project();
    project.pulsewire(&["plugins", "disable", "good"]).with_code(0);
    let hint = "hint: switch it on: `pulsewire plugins enable good`";
    fails(
        &project.pulsewire(&["toolbox", "show", "good.shout"]),
        &[
            "error: node type `good.shout` is not available: plugin `good` is disabled",
            hint,
        ],
    );
    for command in [
        &["settings", "show", "good"][..],
        &["settings", "add", "good", "greetings", "name=x"],
        &["settings", "remove", "good", "greetings", "x"],
    ] {
        fails(
            &project.pulsewire(command),
            &[
                "there is no settings section `good` now: plugin `good` is disabled",
                hint,
            ],
        );
    }
}

#[test]
fn node_type_is_found_by_its_last_word_and_by_its_title() {
    let project = project();
    for word in ["console", "Console", "development.console"] {
        let shown = project.pulsewire(&["toolbox", "show", word]);
        assert!(
            shown.with_code(0).starts_with("development.console  Console"),
            "{shown:#?}"
        );
    }
    let shown = project
        .pulsewire(&["toolbox", "show", "for loop", "--json"])
        .json();
    assert_eq!(shown["type"], "flow_control.for_loop");
    fails(
        &project.pulsewire(&["toolbox", "show", "on_error"]),
        &[
            "several node types are called `on_error`",
            "`events.on_error`",
            "`socketio.on_error`",
        ],
    );
    fails(
        &project.pulsewire(&["toolbox", "show", "consol"]),
        &[
            "unknown node type `consol`",
            "did you mean `development.console`?",
        ],
    );
}

#[test]
fn misspelt_key_is_a_fault_of_the_command_line() {
    let project = project();
    let answer = project.pulsewire(&["settings", "add", "good", "greetings", "name=x", "prefiks=y"]);
    fails(
        &answer,
        &[
            "error: `greetings` has no field `prefiks`",
            "hint: did you mean `prefix`?",
        ],
    );
    assert!(!answer.stderr.contains("settings.toml"), "{answer:#?}");
}

#[test]
fn completions_say_where_shells_look_for_them() {
    let help = project().pulsewire(&["completions", "--help"]);
    let help = help.with_code(0);
    for place in [
        "~/.local/share/bash-completion/completions/pulsewire",
        "~/.zfunc/_pulsewire",
        "~/.config/fish/completions/pulsewire.fish",
    ] {
        assert!(help.contains(place), "{help}");
    }
}

#[test]
fn broken_plugin_is_an_error_at_its_library_if_the_project_uses_it() {
    let library = format!("plugin-folder/lamp/{DLL_PREFIX}lamp{DLL_SUFFIX}");
    let broken = |lines: &str| {
        let project = Project::new("", &graph(lines)).with_good_plugin();
        project.write(&library, "no library");
        project
    };
    let unused = broken("begin: events.on_initialize").pulsewire(&["check"]);
    assert!(unused.with_code(0).contains("0 errors, 1 warning"), "{unused:#?}");

    let project = broken("begin: events.on_initialize\nglow: lamp.glow\nbegin.out -> glow.in");
    let used = project.pulsewire(&["check"]);
    let text = used.with_code(1);
    let place = project.folder().join(&library);
    assert!(
        text.contains(&format!("error: {}: plugin `lamp`: ", place.display())),
        "{text}"
    );
    assert!(
        text.contains("node type `lamp.glow`: plugin `lamp` failed"),
        "{text}"
    );
    let run = project.pulsewire(&["run", "--for", "10ms"]);
    let console = run.with_code(0);
    assert!(
        console.contains("nodes of type `lamp.glow` do not run: plugin `lamp` is failed"),
        "{run:#?}"
    );
}

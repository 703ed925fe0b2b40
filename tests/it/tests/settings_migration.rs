//! Settings of an older schema version: the plugin brings them up to date through the real ABI, and the file follows.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;

use pulsewire_it::{
    artifacts,
    project::{Project, graph},
};

const OLD: &str = "\
format = 1

# over the stairs
[[settings.migrates.lamps]]
name = \"hall\" # the long one
percent = 50 # warm
";

const NEW: &str = "\
format = 1

[settings.migrates]
version = 2

# over the stairs
[[settings.migrates.lights]]
name = \"hall\" # the long one
brightness = 0.5 # warm
";

/// A project that shows how bright the hall is, then ends.
fn project(settings: &str) -> Project {
    let project = Project::new(
        "",
        &graph(
            "begin: events.on_initialize
             hall: migrates.brightness { configuration = \"hall\" }
             show: development.console { data_type = \"Float\" }
             exit: utilities.exit
             begin.out -> hall.in
             hall.out -> show.in
             hall.brightness -> show.input
             show.out -> exit.in",
        ),
    );
    project.write("settings.toml", settings);
    let library = artifacts::fixture("migrates");
    let place = project.folder().join("plugin-folder/migrates");
    fs::create_dir_all(&place).unwrap();
    fs::copy(&library, place.join(library.file_name().unwrap())).unwrap();
    let folder = project.folder().join("plugin-folder");
    project.with_plugins_first(folder)
}

#[test]
fn run_brings_an_older_section_up_to_date_and_uses_it() {
    let project = project(OLD);
    let ran = project.pulsewire(&["run"]);
    assert_eq!(ran.with_code(0), "0.5\n", "{ran:#?}");
    assert_eq!(project.read("settings.toml"), NEW);
    assert!(
        ran.stderr
            .contains("the section `migrates` was brought from schema version 1 to 2"),
        "{ran:#?}"
    );
    let again = project.pulsewire(&["run"]);
    assert_eq!(again.with_code(0), "0.5\n");
    assert!(!again.stderr.contains("schema version"), "{again:#?}");
}

#[test]
fn isolated_plugin_brings_its_section_up_to_date() {
    let isolated =
        |settings: &str| settings.replace("format = 1\n", "format = 1\n[plugins.migrates]\nisolate = true\n");
    let project = project(&isolated(OLD));
    let mut running = project.run(&[]);
    assert_eq!(running.ends_with(0), ["0.5"], "{}", running.log());
    assert_eq!(project.read("settings.toml"), isolated(NEW));

    let dark = isolated(OLD).replace("50", "-1");
    project.write("settings.toml", &dark);
    let ran = project.pulsewire(&["run", "--for", "10ms"]);
    assert!(ran.stderr.contains("panicked: darker than dark"), "{ran:#?}");
    assert_eq!(project.read("settings.toml"), dark);
}

#[test]
fn check_says_that_a_migration_is_due_and_writes_nothing() {
    let project = project(OLD);
    let checked = project.pulsewire(&["check"]);
    let text = checked.with_code(0);
    assert!(
        text.contains(":4:12: the section `migrates` has schema version 1, the plugin has 2"),
        "{checked:#?}"
    );
    assert!(text.contains("0 errors, 1 warning"), "{checked:#?}");
    assert_eq!(project.read("settings.toml"), OLD);
}

#[test]
fn failed_migration_fails_the_plugin_and_leaves_the_file() {
    for (old, reason) in [
        (OLD.replace("50", "\"half\""), "percent is half, expected Int"),
        (OLD.replace("50", "-1"), "panicked: darker than dark"),
        (OLD.replace("50", "200"), "brightness is 2.0, expected 0 to 1"),
        (OLD.replace("percent = 50", "hue = 7"), "unknown key `hue`"),
    ] {
        let project = project(&old);
        let ran = project.pulsewire(&["run", "--for", "10ms"]);
        assert_eq!(
            ran.with_code(0).matches("migrates.brightness").count(),
            1,
            "{ran:#?}"
        );
        let said = "plugin `migrates` can't bring its section `migrates` from schema version 1 to 2";
        assert!(
            ran.stderr.contains(said) && ran.stderr.contains(reason),
            "{ran:#?}"
        );
        assert_eq!(project.read("settings.toml"), old);
        let checked = project.pulsewire(&["check"]);
        assert!(checked.with_code(1).contains(reason), "{checked:#?}");
    }
}

#[test]
fn newer_section_is_used_as_far_as_it_is_known_and_not_edited() {
    let newer = NEW
        .replace("version = 2", "version = 3")
        .replace("# warm", "\nhue = 7");
    let project = project(&newer);
    let ran = project.pulsewire(&["run"]);
    assert_eq!(ran.with_code(0), "0.5\n", "{ran:#?}");
    assert!(
        ran.stderr
            .contains("has schema version 3, the plugin knows versions up to 2"),
        "{ran:#?}"
    );
    for arguments in [
        &["settings", "add", "migrates", "lights", "name=bath"][..],
        &["settings", "remove", "migrates", "lights", "hall"],
    ] {
        let refused = project.pulsewire(arguments);
        assert!(
            refused.with_code(1).is_empty() && refused.stderr.contains("schema version 3"),
            "{refused:#?}"
        );
    }
    assert_eq!(project.read("settings.toml"), newer);
}

#[test]
fn older_section_is_brought_up_to_date_while_the_project_runs() {
    let project = project(NEW);
    project.write(
        "logic/project.toml",
        &graph(
            "begin: events.on_initialize
             show: development.console { input = \"up\" }
             begin.out -> show.in",
        ),
    );
    let mut running = project.run(&[]);
    running.wait_for("up");
    project.write("settings.toml", OLD);
    running.wait_for_log("was brought from schema version 1 to 2");
    assert_eq!(project.read("settings.toml"), NEW);
    running.terminate();
    running.ends_with(0);
}

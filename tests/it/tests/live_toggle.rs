//! A plugin is switched off and on while the project runs; nobody restarts.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use pulsewire_it::project::{Project, graph};

const SETTINGS: &str = "[[settings.good.greetings]]\nname = \"en\"\nprefix = \"Hello, \"\n";

fn ticking_project() -> Project {
    let lines = r#"
        [[variable]]
        name = "ticks"
        type = "Int"
        value = 0
        begin: events.on_initialize
        tick: utilities.start_interval { seconds = 0.05 }
        get: variables.variable_getter { variable = "ticks" }
        inc: math.increment
        set: variables.variable_setter { variable = "ticks" }
        count: development.console { data_type = "Int" }
        tell: good.tell { configuration = "en", text = "world" }
        told: good.on_told { configuration = "en" }
        show: development.console { data_type = "String" }
        begin.out -> tick.in
        tick.out -> inc.in
        inc.out -> set.in
        set.out -> count.in
        count.out -> tell.in
        told.out -> show.in
        get.value -> inc.input
        inc.output -> set.value
        set.value -> count.input
        told.message -> show.input
    "#;
    Project::new(SETTINGS, &graph(lines)).with_good_plugin()
}

#[test]
fn plugin_goes_and_comes_while_everything_else_keeps_its_state() {
    let project = ticking_project();
    let mut running = project.run(&[]);
    running.wait_for("Hello, world");
    assert!(running.maps("libgood.so"));

    project.pulsewire(&["plugins", "disable", "good"]).with_code(0);
    running.wait_for("error: nodes of type `good.on_told` do not run: plugin `good` is disabled");
    let silent_from = running.seen().len();
    project.pulsewire(&["plugins", "enable", "good"]).with_code(0);
    running.wait_for("Hello, world");

    let seen = running.seen().to_vec();
    let ticks: Vec<i64> = seen.iter().filter_map(|line| line.parse().ok()).collect();
    let expected: Vec<i64> = (1..=ticks.len() as i64).collect();
    assert_eq!(
        ticks, expected,
        "the interval and the variable went on as if nothing had happened"
    );
    let back = seen[silent_from..]
        .iter()
        .position(|line| line == "Hello, world")
        .unwrap();
    assert!(
        seen[silent_from..silent_from + back]
            .iter()
            .all(|line| !line.contains("Hello")),
        "{seen:?}"
    );
    running.terminate();
    running.ends_with(0);
}

#[test]
fn library_of_a_plugin_that_was_never_on_is_not_opened() {
    let project = ticking_project();
    project.pulsewire(&["plugins", "disable", "good"]).with_code(0);
    let mut running = project.run(&[]);
    running.wait_for("1");
    assert!(!running.maps("libgood.so"));
    project.pulsewire(&["plugins", "enable", "good"]).with_code(0);
    running.wait_for("Hello, world");
    assert!(running.maps("libgood.so"));
}

#[test]
fn faulty_settings_change_nothing_and_say_why() {
    let project = ticking_project();
    let mut running = project.run(&[]);
    running.wait_for("Hello, world");
    let sound = project.read("settings.toml");
    project.write("settings.toml", &sound.replace("prefix", "prefiks"));
    running.wait_for("did you mean `prefix`?");
    running.wait_for("Hello, world");
    project.write("settings.toml", &sound.replace("\"en\"", "\"fr\""));
    running.wait_for("has no entry `en`");
    running.wait_for("Hello, world");
    project.write("settings.toml", "format = 1\n[[[");
    running.wait_for("the settings changed but are at fault");
    running.wait_for("Hello, world");
    project.write("settings.toml", &sound.replace("Hello", "Bonjour"));
    running.wait_for("Bonjour, world");
}

#[cfg(unix)]
#[test]
fn symlinked_settings_are_followed() {
    let project = ticking_project();
    let elsewhere = project.folder().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::rename(
        project.folder().join("settings.toml"),
        elsewhere.join("shared.toml"),
    )
    .unwrap();
    std::os::unix::fs::symlink("elsewhere/shared.toml", project.folder().join("settings.toml")).unwrap();
    let mut running = project.run(&[]);
    running.wait_for("Hello, world");
    project.pulsewire(&["plugins", "disable", "good"]).with_code(0);
    running.wait_for("error: nodes of type `good.on_told` do not run: plugin `good` is disabled");
    let sound = project.read("elsewhere/shared.toml");
    project.write(
        "elsewhere/shared.toml",
        &sound.replace("enabled = false", "enabled = true"),
    );
    running.wait_for("Hello, world");
}

#[test]
fn absence_of_a_plugin_is_told_once() {
    let project = ticking_project();
    project.pulsewire(&["plugins", "disable", "good"]).with_code(0);
    let mut running = project.run(&[]);
    running.wait_for("nodes of type `good.tell` do not run");
    let settings = project.read("settings.toml");
    project.write("settings.toml", &format!("{settings}\n# a comment\n"));
    project.write(
        "settings.toml",
        &format!("{settings}\n# another comment\n[plugins.else]\nenabled = false\n"),
    );
    project.pulsewire(&["plugins", "enable", "good"]).with_code(0);
    running.wait_for("Hello, world");
    let told = running
        .seen()
        .iter()
        .filter(|line| line.contains("good.tell"))
        .count();
    assert_eq!(told, 1);
}

#[test]
fn change_during_the_start_is_followed() {
    let project = ticking_project();
    let mut running = project.run(&[]);
    project.pulsewire(&["plugins", "disable", "good"]).with_code(0);
    running.wait_for("nodes of type `good.tell` do not run");
}

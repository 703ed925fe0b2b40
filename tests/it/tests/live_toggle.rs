//! A plugin is switched off and on while the project runs; nobody restarts.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use pulsewire_it::{
    artifacts,
    project::{Project, graph},
};

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
    running.wait_for("notice: the settings are in order again");
    running.wait_for("Bonjour, world");

    std::fs::remove_file(project.folder().join("settings.toml")).unwrap();
    let told = running.wait_for("settings.toml: not found");
    assert!(told.contains("not found; a project is a folder with"), "{told}");
    running.wait_for("the settings changed but are at fault");
    project.write("settings.toml", &sound.replace("Hello", "Bonjour"));
    running.wait_for("notice: the settings are in order again");
    let seen = running.seen();
    let told = seen.iter().filter(|line| line.contains("in order again"));
    assert_eq!(told.count(), 2);
}

#[test]
fn faulty_settings_do_not_allow_system_calls() {
    let lines = r#"
        begin: events.on_initialize
        tick: utilities.start_interval { seconds = 0.05 }
        call: utilities.system_call { input = "exit 7" }
        code: development.console { data_type = "Int" }
        begin.out -> tick.in
        tick.out -> call.in
        call.out -> code.in
        call.output -> code.input
    "#;
    let project = Project::new("", &graph(lines)).with_good_plugin();
    let place = project.folder().join("plugin-folder/good");
    let elsewhere = project.folder().join("elsewhere");
    std::fs::rename(&place, &elsewhere).unwrap();
    let mut running = project.run(&[]);
    running.wait_for("system calls are off");
    // What is wrong with the section shows when its plugin is found.
    std::fs::rename(&elsewhere, &place).unwrap();
    let section = "[settings.good]\nprefiks = 1\n";
    let settings =
        format!("format = 1\n[host]\nsystem_calls = true\n[plugins.good]\nenabled = true\n{section}");
    project.write("settings.toml", &settings);
    running.wait_for("the settings changed but are at fault");
    running.wait_for("system calls are off");
    running.wait_for("system calls are off");
    project.write("settings.toml", &settings.replace(section, ""));
    running.wait_for("notice: the settings are in order again");
    running.wait_for("7");
}

#[test]
fn changed_logic_runs_at_once_and_what_stayed_keeps_its_state() {
    let project = ticking_project();
    let mut running = project.run(&[]);
    running.wait_for("Hello, world");
    let sound = project.read("logic/project.toml");
    project.write("logic/project.toml", &sound.replace("world", "moon"));
    running.wait_for("notice: the logic changed; it runs as it is now");
    running.wait_for("Hello, moon");
    project.write("logic/scenes/new.toml", "format = 1\n[[[");
    running.wait_for("error: the logic changed but is at fault; the project goes on as it was");
    running.wait_for("Hello, moon");
    std::fs::remove_dir_all(project.folder().join("logic/scenes")).unwrap();
    running.wait_for("notice: the logic is in order again");
    running.wait_for("Hello, moon");
    let seen = running.seen().to_vec();
    let ticks: Vec<i64> = seen.iter().filter_map(|line| line.parse().ok()).collect();
    let expected: Vec<i64> = (1..=ticks.len() as i64).collect();
    assert_eq!(ticks, expected, "the interval and the variable went on");
    running.terminate();
    running.ends_with(0);
}

#[test]
fn settings_of_a_folder_that_was_made_anew_are_followed() {
    let project = ticking_project();
    let mut running = project.run(&[]);
    running.wait_for("Hello, world");
    let elsewhere = tempfile::tempdir().unwrap();
    let away = elsewhere.path().join("away");
    std::fs::rename(project.folder(), &away).unwrap();
    running.wait_for("the settings changed but are at fault");
    std::fs::create_dir(project.folder()).unwrap();
    for name in ["settings.toml", "logic", "plugin-folder"] {
        std::fs::rename(away.join(name), project.folder().join(name)).unwrap();
    }
    running.wait_for("notice: the settings are in order again");
    let sound = project.read("settings.toml");
    project.write("settings.toml", &sound.replace("Hello", "Bonjour"));
    running.wait_for("Bonjour, world");
    assert!(!running.log().contains("notify"), "{}", running.log());
}

#[test]
fn current_folder_that_was_made_anew_is_followed() {
    let project = ticking_project();
    let mut child = Command::new(artifacts::pulsewire())
        .current_dir(project.folder())
        .args(["run", "--for", "20s", "--plugin-dir", "plugin-folder"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut wait_for = |text: &str| assert!(lines.any(|line| line.contains(text)), "no line with `{text}`");
    wait_for("Hello, world");
    let elsewhere = tempfile::tempdir().unwrap();
    let away = elsewhere.path().join("away");
    std::fs::rename(project.folder(), &away).unwrap();
    wait_for("the settings changed but are at fault");
    std::fs::create_dir(project.folder()).unwrap();
    for name in ["settings.toml", "logic"] {
        std::fs::rename(away.join(name), project.folder().join(name)).unwrap();
    }
    wait_for("notice: the settings are in order again");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn project_behind_a_link_that_is_led_elsewhere_is_followed() {
    let project = ticking_project();
    let elsewhere = tempfile::tempdir().unwrap();
    let (one, two) = (elsewhere.path().join("one"), elsewhere.path().join("two"));
    for (name, folder) in [("one", &one), ("two", &two)] {
        std::fs::create_dir_all(folder.join("logic")).unwrap();
        let settings = project.read("settings.toml").replace("Hello", name);
        std::fs::write(folder.join("settings.toml"), settings).unwrap();
        std::fs::write(
            folder.join("logic/project.toml"),
            project.read("logic/project.toml"),
        )
        .unwrap();
    }
    std::fs::rename(project.folder().join("plugin-folder"), one.join("plugin-folder")).unwrap();
    std::fs::remove_dir_all(project.folder()).unwrap();
    std::os::unix::fs::symlink(&one, project.folder()).unwrap();
    let mut running = project.run(&[]);
    running.wait_for("one, world");
    std::fs::remove_file(project.folder()).unwrap();
    std::os::unix::fs::symlink(&two, project.folder()).unwrap();
    running.wait_for("two, world");
    let sound = project.read("settings.toml");
    project.write("settings.toml", &sound.replace("two", "three"));
    running.wait_for("three, world");
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
    let told: Vec<String> = running
        .seen()
        .iter()
        .filter(|line| line.contains("good.tell"))
        .cloned()
        .collect();
    assert_eq!(
        told,
        [
            "error: nodes of type `good.tell` do not run: plugin `good` is disabled",
            "notice: nodes of type `good.tell` run again",
        ]
    );
}

#[test]
fn change_during_the_start_is_followed() {
    let project = ticking_project();
    let mut running = project.run(&[]);
    project.pulsewire(&["plugins", "disable", "good"]).with_code(0);
    running.wait_for("nodes of type `good.tell` do not run");
}

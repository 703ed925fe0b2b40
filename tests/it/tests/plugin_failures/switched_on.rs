//! Libraries that are switched on while a project runs: they are tried out meanwhile, and the logic does not wait.

use pulsewire_it::{
    processes,
    project::{Project, graph},
};

use crate::misbehaving::{ID, NUMBER_FILE, that_does, with_library};

const OFF: &str = "[plugins.misbehaves]\nenabled = false\n";

/// A project that counts, and pulses a node of the plugin, which is off.
fn project_with(library: &[u8]) -> Project {
    let logic = r#"
        begin: events.on_initialize
        tick: utilities.start_interval { seconds = 0.02 }
        show: development.console { input = "tick" }
        act: misbehaves.act
        acted: development.console { input = "acted" }
        begin.out -> tick.in
        tick.out -> show.in
        show.out -> act.in
        act.out -> acted.in
    "#;
    with_library(Project::new(OFF, &graph(logic)), library)
}

#[test]
fn logic_goes_on_while_a_library_hangs_that_was_switched_on() {
    let project = project_with(&that_does("hang when opened"));
    let mut running = project.run(&["--probe-limit", "2s"]);
    running.wait_for("tick");
    project.pulsewire(&["plugins", "enable", ID]).with_code(0);
    let before = running.seen().len();
    running.wait_for("plugin `misbehaves` is failed (the library did not open and register within 2 s)");
    let ticks = running.seen()[before..]
        .iter()
        .filter(|line| *line == "tick")
        .count();
    assert!(ticks >= 25, "{ticks} of 100 came");
    assert!(!running.log().contains("on_event"), "{}", running.log());
    running.terminate();
    running.ends_with(0);
}

#[test]
fn library_that_is_sound_runs_when_it_was_tried_out() {
    let project = project_with(&that_does("none"));
    let mut running = project.run(&[]);
    running.wait_for("tick");
    project.pulsewire(&["plugins", "enable", ID]).with_code(0);
    running.wait_for("acted");
    running.terminate();
    let seen = running.ends_with(0);
    let told: Vec<&String> = seen
        .iter()
        .filter(|line| line.contains("nodes of type"))
        .collect();
    assert_eq!(
        told,
        [
            "error: nodes of type `misbehaves.act` do not run: plugin `misbehaves` is disabled",
            "notice: nodes of type `misbehaves.act` run again",
        ]
    );
}

#[test]
fn library_that_is_switched_off_while_it_is_tried_out_stays_off() {
    let folder = tempfile::tempdir().unwrap();
    let number = folder.path().join("number");
    let project = project_with(&that_does("start and hang when opened"))
        .with_variable(NUMBER_FILE, &number.to_string_lossy());
    let mut running = project.run(&["--probe-limit", "2s"]);
    running.wait_for("tick");
    project.pulsewire(&["plugins", "enable", ID]).with_code(0);
    let started = processes::number_in(&number);
    project.pulsewire(&["plugins", "disable", ID]).with_code(0);
    processes::wait_for_end(started);
    for _ in 0..10 {
        running.wait_for("tick");
    }
    running.terminate();
    running.ends_with(0);
    assert!(!running.log().contains("did not open"), "{}", running.log());
}

#[test]
fn library_that_was_mended_with_the_settings_is_tried_out_anew() {
    let project = project_with(&that_does("abort when opened"));
    let mut running = project.run(&[]);
    running.wait_for("tick");
    let at_fault = "[[settings.socketio.connections]]\nname = \"chat\"\nurl = 7\n";
    project.write("settings.toml", &format!("format = 1\n{at_fault}"));
    running.wait_for("the settings changed but are at fault");
    let project = with_library(project, &that_does("none"));
    project.write("settings.toml", "format = 1\n");
    running.wait_for("acted");
    running.terminate();
    running.ends_with(0);
}

#[test]
fn settings_that_enable_nothing_new_are_followed_at_once() {
    let project = project_with(&that_does("abort when opened"));
    let mut running = project.run(&[]);
    running.wait_for("tick");
    project.pulsewire(&["plugins", "enable", ID]).with_code(0);
    running.wait_for("plugin `misbehaves` is failed (the library ended its process with SIGABRT");
    project.write("settings.toml", "format = 1\n[[[");
    running.wait_for("the settings changed but are at fault");
    running.terminate();
    running.ends_with(0);
}

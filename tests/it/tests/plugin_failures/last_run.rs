//! What a run that did not end well tells the next one, and what runs without plugins.

use std::{fs, process::Command};

use pulsewire_it::project::{Project, graph};

use crate::misbehaving::{ID, that_does};

const GRAPH: &str = "begin: events.on_initialize\n\
                     say: development.console { data_type = \"String\", input = \"alive\" }\n\
                     act: misbehaves.act\n\
                     begin.out -> say.in\nsay.out -> act.in";

/// A project that pulses a node which does this.
fn project_that_does(name: &str) -> Project {
    let project = Project::new("", &graph(GRAPH)).with_good_plugin();
    let place = project.folder().join("plugin-folder").join(ID);
    fs::create_dir_all(&place).unwrap();
    fs::write(
        place.join(format!("lib{ID}{}", std::env::consts::DLL_SUFFIX)),
        that_does(name),
    )
    .unwrap();
    project
}

/// After a run that died while doing this, the next start says so, and safe mode runs.
#[track_caller]
fn assert_named(name: &str, words: &str) {
    let project = project_that_does(name);
    let died = project.pulsewire(&["run", "--for", "300ms"]);
    assert!(!died.stderr.contains("the last run"), "{died:#?}");

    let safe = project.pulsewire(&["run", "--safe", "--for", "0ms"]);
    safe.with_code(0);
    assert!(safe.stderr.contains("safe mode: no plugin runs"), "{safe:#?}");
    let told = format!("the last run ended in the middle of a call into plugin `misbehaves`: {words}");
    assert!(safe.stderr.contains(&told), "{safe:#?}");
    assert!(safe.stderr.contains("`pulsewire run --safe`"), "{safe:#?}");

    let after = project.pulsewire(&["run", "--safe", "--for", "0ms"]);
    assert!(!after.stderr.contains("the last run"), "{after:#?}");
}

const ACT: &str = "`execute` of node `act` of graph `project` (misbehaves.act)";

#[test]
fn node_that_crashed_the_last_run_is_named() {
    assert_named("segfault in a node", ACT);
    assert_named("overflow in a node", ACT);
    assert_named("take all memory in a node", ACT);
}

#[test]
fn node_that_ended_the_last_run_as_if_all_were_well_is_named() {
    assert_named("exit in a node", ACT);
}

#[test]
fn crash_on_a_thread_while_a_node_waits_names_the_node() {
    assert_named("segfault on a thread", ACT);
}

#[test]
fn plugin_that_crashed_the_last_run_in_another_call_is_named() {
    let node = "node `act` of graph `project` (misbehaves.act)";
    assert_named("segfault when activated", "`activate` of plugin `misbehaves`");
    assert_named("segfault when deactivated", "`deactivate` of plugin `misbehaves`");
    assert_named("segfault when a node is made", &format!("making of {node}"));
    assert_named("segfault when a node is dropped", &format!("dropping of {node}"));
}

#[test]
fn run_that_ends_well_leaves_nothing() {
    let project = project_that_does("none");
    project.pulsewire(&["run", "--for", "100ms"]).with_code(0);
    let again = project.pulsewire(&["run", "--for", "0ms"]);
    assert!(!again.stderr.contains("the last run"), "{again:#?}");
    let files = fs::read_dir(project.cache().join("runs")).unwrap().flatten();
    let left = files.filter(|file| file.path().extension().is_some_and(|name| name == "run"));
    assert_eq!(left.count(), 0);
}

#[test]
fn killed_run_blames_no_plugin() {
    let project = project_that_does("none");
    let mut running = project.run(&[]);
    running.wait_for("alive");
    let killed = Command::new("kill")
        .args(["-9", &running.pid().to_string()])
        .status();
    assert!(killed.unwrap().success());
    running.wait();
    let next = project.pulsewire(&["run", "--for", "0ms"]);
    assert!(
        next.stderr
            .contains("the last run was killed, or crashed outside of calls"),
        "{next:#?}"
    );
    assert!(!next.stderr.contains("`misbehaves`:"), "{next:#?}");
}

#[test]
fn safe_mode_runs_the_rest_and_leaves_the_settings_alone() {
    let project = project_that_does("segfault in a node");
    let before = project.read("settings.toml");
    let mut running = project.run(&["--safe"]);
    running.wait_for("alive");
    assert!(!running.maps("libmisbehaves") && !running.maps("libgood"));
    running.terminate();
    running.ends_with(0);
    assert_eq!(project.read("settings.toml"), before);
}

#[test]
fn node_that_does_not_come_back_is_told_of_while_it_hangs_and_after_it() {
    let project = project_that_does("hang in a node");
    let running = project.run(&["--call-budget", "20ms"]);
    running.wait_for_log(&format!("{ACT} has taken more than 20 ms"));
    running.wait_for_log(&format!("{ACT} has not come back for 2000 ms"));
    // The first asks it to end, which it cannot; the second ends it.
    running.terminate();
    running.wait_for_log("stopping; once more ends at once");
    running.terminate();
    let mut running = running;
    running.ends_with(143);
    let next = project.pulsewire(&["run", "--safe", "--for", "0ms"]);
    assert!(next.stderr.contains(ACT), "{next:#?}");
}

#[test]
fn plugin_that_takes_too_long_again_and_again_is_unresponsive() {
    let more = "again: misbehaves.act\nonce_more: misbehaves.act\nend: utilities.exit\n\
                act.out -> again.in\nagain.out -> once_more.in\nonce_more.out -> end.in";
    let project = project_that_does("dawdle in a node");
    project.write("logic/project.toml", &graph(&format!("{GRAPH}\n{more}")));
    let ran = project.pulsewire(&["run", "--call-budget", "50ms"]);
    ran.with_code(0);
    assert!(
        ran.stderr.contains(&format!("{ACT} has taken more than 50 ms")),
        "{ran:#?}"
    );
    assert!(
        ran.stderr
            .contains("the plugin is unresponsive: 3 calls have taken too long"),
        "{ran:#?}"
    );
}

#[test]
fn plugin_that_keeps_its_time_again_is_responsive_again() {
    let project = project_that_does("dawdle three times in a node");
    let logic = r#"
        begin: events.on_initialize
        act: misbehaves.act
        many: flow_control.for_loop { last_index = 1010 }
        begin.out -> many.in
        many.out -> act.in
    "#;
    project.write("logic/project.toml", &graph(logic));
    let mut running = project.run(&["--call-budget", "50ms"]);
    running.wait_for_log("the plugin is unresponsive: 3 calls have taken too long");
    running.wait_for_log("the plugin is responsive again");
    running.terminate();
    running.ends_with(0);
}

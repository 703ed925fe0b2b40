//! Persistent variables outlive the run.

mod common;

use std::fs;

use common::{
    faults_of,
    live::{PATIENCE, folder, start, write},
    project,
};
use pulsewire_host::runtime::Ended;

/// Counts the runs in a variable of the project, and says how many there were.
const COUNT_RUNS: &str = r#"
    [[variable]]
    name = "runs"
    type = "Int"
    value = 10
    persistent = true
    begin: events.on_initialize
    before: variables.variable_getter { variable = "runs" }
    more: math.increment
    keep: variables.variable_setter { variable = "runs" }
    say: development.console
    begin.out -> more.in
    before.value -> more.input
    more.out -> keep.in
    more.output -> keep.value
    keep.out -> say.in
    keep.value -> say.input
"#;

#[test]
fn persistent_variable_begins_with_what_it_held_at_the_end() {
    let folder = folder();
    write(
        folder.path(),
        "project",
        &format!("{COUNT_RUNS}\nend: utilities.exit\nsay.out -> end.in"),
    );
    for expected in ["11", "12", "13"] {
        let mut live = start(folder.path(), false);
        assert_eq!(live.runtime.run(Some(PATIENCE)), Ended::Exit(0));
        assert_eq!(live.console.lines(), [expected]);
    }
}

#[test]
fn variables_of_scenes_are_kept_and_others_are_not() {
    let folder = folder();
    write(folder.path(), "scenes/hall", COUNT_RUNS);
    write(
        folder.path(),
        "scenes/yard",
        &COUNT_RUNS.replace("persistent = true", ""),
    );
    for expected in [["11", "11"], ["12", "11"]] {
        let mut live = start(folder.path(), false);
        live.runtime.engine().run_pending();
        assert_eq!(live.console.lines(), expected);
    }
}

#[test]
fn value_is_written_while_the_project_runs() {
    let folder = folder();
    write(folder.path(), "project", COUNT_RUNS);
    let mut live = start(folder.path(), false);
    let file = folder.path().join("state/variables.json");
    live.wait("the file is written", |_| file.exists());
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("\"project/runs\": 11"), "{text}");
}

#[test]
fn variable_that_becomes_persistent_while_it_runs_is_written() {
    let folder = folder();
    write(
        folder.path(),
        "project",
        &COUNT_RUNS.replace("persistent = true", ""),
    );
    let mut live = start(folder.path(), true);
    live.wait_for("11");
    write(folder.path(), "project", COUNT_RUNS);
    let file = folder.path().join("state/variables.json");
    live.wait("the file is written", |_| file.exists());
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("\"project/runs\": 11"), "{text}");
}

#[test]
fn persistent_variable_is_no_fault_but_one_of_a_function_is() {
    let main = project(COUNT_RUNS);
    assert_eq!(faults_of(&[("project", &main)]), "");
    let function = project(
        "begin: functions.function_input\n[[variable]]\nname = \"v\"\ntype = \"Int\"\npersistent = true",
    );
    let found = faults_of(&[("project", &main), ("functions/f", &function)]);
    let expected = "error: logic/functions/f.toml:6:8: variable `v` of a function can't be persistent\n  \
                    hint: each call has its own; declare it in `logic/project.toml`";
    assert_eq!(found, expected);
}

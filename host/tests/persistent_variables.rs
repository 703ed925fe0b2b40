//! Persistent variables outlive the run.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{Recorder, faults_of, project};
use pulsewire_host::{
    engine::Outcome,
    project::OpenOptions,
    runtime::{RunOptions, Runtime},
};

const PATIENCE: Duration = Duration::from_secs(20);

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

fn start(folder: &Path) -> (Runtime, Arc<Recorder>) {
    let console = Arc::new(Recorder::default());
    let options = RunOptions {
        open: OpenOptions {
            folder: folder.to_owned(),
            ..OpenOptions::default()
        },
        ignore_changes: true,
        ..RunOptions::default()
    };
    let runtime = Runtime::start(&options, console.clone()).unwrap();
    (runtime, console)
}

fn write(folder: &Path, graph: &str, lines: &str) {
    let file = folder.join(format!("logic/{graph}.toml"));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, project(lines)).unwrap();
    fs::write(folder.join("settings.toml"), "format = 1\n").unwrap();
}

#[test]
fn persistent_variable_begins_with_what_it_held_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "project",
        &format!("{COUNT_RUNS}\nend: utilities.exit\nsay.out -> end.in"),
    );
    for expected in ["11", "12", "13"] {
        let (mut runtime, console) = start(folder.path());
        assert_eq!(runtime.run(Some(PATIENCE)), Outcome::Exit(0));
        assert_eq!(console.lines(), [expected]);
    }
}

#[test]
fn variables_of_scenes_are_kept_and_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "scenes/hall", COUNT_RUNS);
    write(
        folder.path(),
        "scenes/yard",
        &COUNT_RUNS.replace("persistent = true", ""),
    );
    for expected in [["11", "11"], ["12", "11"]] {
        let (mut runtime, console) = start(folder.path());
        runtime.engine().run_pending();
        assert_eq!(console.lines(), expected);
    }
}

#[test]
fn value_is_written_while_the_project_runs() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "project", COUNT_RUNS);
    let (mut runtime, _) = start(folder.path());
    let file = folder.path().join("state/variables.json");
    let latest = Instant::now() + PATIENCE;
    while !file.exists() {
        assert!(Instant::now() < latest, "nothing was written");
        assert_eq!(runtime.run(Some(Duration::from_millis(10))), Outcome::Deadline);
    }
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

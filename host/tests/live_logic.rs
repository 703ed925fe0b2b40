//! Logic that changes while it runs.

mod common;

use std::fs;

use common::live::{folder, start, write};

/// Counts in a variable, twenty times a second, and says so.
const TICKING: &str = r#"
    [[variable]]
    name = "ticks"
    type = "Int"
    begin: events.on_initialize
    tick: utilities.start_interval { seconds = 0.05 }
    before: variables.variable_getter { variable = "ticks" }
    more: math.increment
    keep: variables.variable_setter { variable = "ticks" }
    say: development.console
    begin.out -> tick.in
    tick.out -> more.in
    before.value -> more.input
    more.out -> keep.in
    more.output -> keep.value
    keep.out -> say.in
    keep.value -> say.input
"#;

const CHANGED: &str = "notice : the logic changed; it runs as it is now";

/// What stood in for a count went on by one each time, and nothing began anew.
fn counts(lines: &[String]) -> Vec<i64> {
    lines.iter().filter_map(|line| line.parse().ok()).collect()
}

#[test]
fn changed_graph_runs_at_once_and_untouched_nodes_keep_timers_and_values() {
    let folder = folder();
    write(folder.path(), "project", TICKING);
    let mut live = start(folder.path(), true);
    live.wait_for("2");
    let more = "greet: development.console { input = \"new\" }\nsay.out -> greet.in";
    write(folder.path(), "project", &format!("{TICKING}\n{more}"));
    live.wait_for(CHANGED);
    live.wait_for("new");
    let found = counts(&live.console.lines());
    let expected: Vec<i64> = (1..=found.len() as i64).collect();
    assert_eq!(found, expected);
}

#[test]
fn faulty_graph_changes_nothing_and_says_why_until_it_is_mended() {
    let folder = folder();
    write(folder.path(), "project", TICKING);
    let mut live = start(folder.path(), true);
    live.wait_for("1");
    write(
        folder.path(),
        "project",
        &TICKING.replace("math.increment", "math.incremen"),
    );
    live.wait_for("unknown node type `math.incremen`; did you mean `math.increment`?");
    live.wait_for("the logic changed but is at fault; the project goes on as it was");
    let before = counts(&live.console.lines()).len();
    live.wait("it goes on", |console| {
        counts(&console.lines()).len() > before + 1
    });
    write(folder.path(), "project", TICKING);
    live.wait_for("notice : the logic is in order again");
    let found = counts(&live.console.lines());
    let expected: Vec<i64> = (1..=found.len() as i64).collect();
    assert_eq!(found, expected);
}

#[test]
fn timers_of_a_node_end_when_it_is_switched_off() {
    let folder = folder();
    let main = format!(
        "{TICKING}\nclock: utilities.start_interval {{ seconds = 0.2 }}\nclocked: development.console {{ input = \"clock\" }}\n\
         tick.on_start -> clock.in\nclock.out -> clocked.in"
    );
    write(folder.path(), "project", &main);
    let mut live = start(folder.path(), true);
    live.wait_for("1");
    let off = main.replace("seconds = 0.05 }", "seconds = 0.05 }\nenabled = false");
    write(folder.path(), "project", &off);
    live.wait_for(CHANGED);
    let before = counts(&live.console.lines());
    live.wait_for("clock");
    live.wait_for("clock");
    assert_eq!(counts(&live.console.lines()), before);
}

#[test]
fn changed_function_is_followed_in_every_call() {
    let function = |text: &str| {
        format!(
            "begin: functions.function_input\nsay: development.console {{ input = \"{text}\" }}\nbegin.out -> say.in"
        )
    };
    let folder = folder();
    let calls = "a: functions.function { function = \"f\" }\nb: functions.function { function = \"f\" }\n\
                 begin: events.on_initialize\ntick: utilities.start_interval { seconds = 0.02 }\n\
                 both: flow_control.sequential\nbegin.out -> tick.in\ntick.out -> both.in\n\
                 both.pulse_1 -> a.in\nboth.pulse_2 -> b.in";
    write(folder.path(), "project", calls);
    write(folder.path(), "functions/f", &function("one"));
    let mut live = start(folder.path(), true);
    live.wait_for("one");
    write(folder.path(), "functions/f", &function("two"));
    live.wait("both calls say two", |console| {
        console.lines().iter().filter(|line| *line == "two").count() >= 2
    });
}

#[test]
fn scenes_that_come_begin_and_those_that_go_end() {
    let folder = folder();
    write(folder.path(), "project", TICKING);
    let mut live = start(folder.path(), true);
    live.wait_for("1");
    let hall = "begin: events.on_initialize\nsay: development.console { input = \"hall\" }\n\
                tick: utilities.start_interval { seconds = 0.02 }\nbegin.out -> tick.in\ntick.out -> say.in";
    write(folder.path(), "scenes/hall", hall);
    live.wait_for("hall");
    fs::remove_file(folder.path().join("logic/scenes/hall.toml")).unwrap();
    live.wait_for(CHANGED);
    let said = |lines: &[String]| lines.iter().filter(|line| *line == "hall").count();
    let before = said(&live.console.lines());
    live.wait_for("9");
    assert_eq!(said(&live.console.lines()), before);
}

#[test]
fn settings_and_logic_may_be_at_fault_at_the_same_time() {
    let folder = folder();
    write(folder.path(), "project", TICKING);
    let mut live = start(folder.path(), true);
    live.wait_for("1");
    fs::write(folder.path().join("settings.toml"), "format = 1\nwrong = 1\n").unwrap();
    live.wait_for("the settings changed but are at fault");
    write(
        folder.path(),
        "project",
        &format!("{TICKING}\nlone: math_constant"),
    );
    live.wait_for("the logic changed but is at fault");
    write(folder.path(), "project", TICKING);
    live.wait_for("notice : the logic is in order again");
    fs::write(folder.path().join("settings.toml"), "format = 1\n").unwrap();
    live.wait_for("notice : the settings are in order again");
}

#[test]
fn changed_graph_is_noticed_while_scenes_set_each_other_for_ever() {
    let folder = folder();
    let setting = |other| {
        format!(
            "begin: events.on_initialize\ngo: scenes.set_scene {{ scene = \"{other}\" }}\nbegin.out -> go.in"
        )
    };
    write(folder.path(), "scenes/a", &setting("b"));
    write(folder.path(), "scenes/b", &setting("a"));
    write(folder.path(), "project", TICKING);
    let mut live = start(folder.path(), true);
    write(folder.path(), "project", &TICKING.replace("0.05", "0.06"));
    live.wait_for(CHANGED);
}

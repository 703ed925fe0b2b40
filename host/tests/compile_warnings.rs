//! What is right, but probably not meant; and that one mistake is told once.

mod common;

use common::{compile_all, faults, project};

const RING: &str = "b: flow_control.branch\nc: math.increment\nb.on_true -> c.in\nc.out -> b.in";

#[test]
fn ring_that_no_event_reaches_is_a_warning_at_its_first_node() {
    let found = faults(&project(&format!(
        "{RING}\nd: development.console\nb.on_false -> d.in"
    )));
    assert_eq!(
        found,
        "warning: logic/project.toml:3:6: node `b`: no event reaches it; it is only pulsed in a ring: b → c → b\n  \
         hint: wire a pulse output to it, or set `enabled = false`"
    );
}

#[test]
fn ring_that_is_reached_or_switched_off_is_none() {
    for quiet in [
        // By an event, also one that waits for its plugin.
        format!("a: events.on_initialize\n{RING}\na.out -> b.in"),
        format!("a: mqtt.on_message\n{RING}\na.out -> b.in"),
        RING.replacen("\nc:", "\nenabled = false\nc:", 1),
    ] {
        let found = faults(&project(&quiet));
        assert!(!found.contains("no event reaches"), "{quiet}: {found}");
    }
    // Without a choice it is an error of its own.
    let found = faults(&project(
        "b: math.increment\nc: math.increment\nb.out -> c.in\nc.out -> b.in",
    ));
    assert_eq!(found.matches("node `").count(), 1, "{found}");
}

#[test]
fn ring_through_a_timeout_ends_where_the_delay_or_a_pending_one_ends_it() {
    let ring = |timeout: &str, output: &str| {
        faults(&project(&format!(
            "begin: events.on_initialize\na: utilities.start_timeout {timeout}\nb: math.increment\n\
             c: math.increment\nbegin.out -> c.in\nc.out -> a.in\na.{output} -> b.in\nb.out -> a.in"
        )))
    };
    assert_eq!(ring("", "out"), "");
    assert_eq!(ring("", "on_end"), "");
    assert_eq!(ring("{ when_pending = \"ignore\" }", "on_start"), "");
    assert!(ring("{ when_pending = \"restart\" }", "on_start").contains("without end: a → b → a"));
}

#[test]
fn ring_at_the_start_of_a_timeout_is_told_of_once_though_no_event_reaches_it() {
    let lines = "b: utilities.start_timeout\nc: math.increment\nb.on_start -> c.in\nc.out -> b.in";
    let found = faults(&project(lines));
    assert_eq!(found.matches("node `").count(), 1, "{found}");
    let later = faults(&project(&lines.replace("on_start", "out")));
    assert!(later.contains("no event reaches it"), "{later}");
}

const VARIABLE: &str = "[[variable]]\nname = \"v\"\ntype = \"Int\"\n";

fn setters(between: &str) -> String {
    faults(&project(&format!(
        "{VARIABLE}a: events.on_initialize\nb: events.on_initialize
         one: variables.variable_setter {{ variable = \"v\", value = 1 }}
         two: variables.variable_setter {{ variable = \"v\", value = 2 }}
         a.out -> one.in\n{between}"
    )))
}

#[test]
fn variable_that_two_listeners_of_one_event_set_is_a_warning_at_the_last() {
    assert_eq!(
        setters("b.out -> two.in"),
        "warning: logic/project.toml:17:8: node `two`: `one` (logic/project.toml:12) sets variable `v` at the same event, \
         in another branch; what `two` sets stays\n  hint: set it in one branch only, or use two variables"
    );
    let several = "all: flow_control.sequential\nx: math.increment\nb.out -> all.in\nall.pulse_1 -> x.in\nx.out -> two.in";
    assert!(setters(several).contains("`one` (logic/project.toml:12) sets variable `v`"));
}

#[test]
fn setters_behind_a_choice_or_of_other_events_do_not_contend() {
    for quiet in [
        "choice: flow_control.branch\nb.out -> choice.in\nchoice.on_true -> two.in",
        "e: events.on_error\ns: development.console\nb.out -> s.in\ne.out -> two.in",
        "b.out -> one.in\ne: events.on_error\ne.out -> two.in",
        "one.out -> two.in\ns: development.console\nb.out -> s.in",
    ] {
        assert_eq!(setters(quiet), "", "{quiet}");
    }
}

/// Each is one fault, though more does not fit because of it.
#[test]
fn what_follows_from_a_fault_is_not_told() {
    let begin = "begin: events.on_initialize\n";
    for lines in [
        // Sockets that depend on an attribute.
        "a: math.add { data_type = \"Integer\" }\nb: math.absolute\nbegin.out -> a.in\na.out -> b.in\na.output -> b.input",
        "a: math.add { count = \"3\", input_3 = 1 }\nb: math.add\nbegin.out -> a.in\na.out -> b.in\nb.output -> a.input_3",
        "a: flow_control.switch { cases = 1 }\nb: development.console\nbegin.out -> a.in\na.case_1 -> b.in",
        "a: events.event_trigger { event = \"e\", who = \"me\" }\nbegin.out -> a.in",
        // What is declared, but at fault.
        "[[variable]]\nname = \"v\"\ntype = \"Int\"\nvalue = \"x\"\na: variables.variable_setter { variable = \"v\", value = 1 }\n\
         b: math.absolute\nbegin.out -> a.in\na.out -> b.in\na.value -> b.input",
        "[[event]]\nname = \"e\"\nparameters = [{ name = \"who\", type = \"Text\" }]\n\
         a: events.event_trigger { event = \"e\", who = \"me\" }\nbegin.out -> a.in",
        // A wire the wrong way round.
        "a: math.add\nb: math.add\nbegin.out -> a.in\na.out -> b.in\nb.input_1 -> a.output",
    ] {
        let found = faults(&project(&format!("{begin}{lines}")));
        let count = found.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!((count, found.contains("warning")), (1, false), "{lines}\n{found}");
    }
}

#[test]
fn scene_is_not_blamed_for_a_project_graph_that_cannot_be_read() {
    let scene = project(
        "begin: events.on_initialize\na: variables.variable_setter { variable = \"shared\" }\nbegin.out -> a.in",
    );
    let (_, faults) = compile_all(&[("project", "format = 1\nnode = ["), ("scenes/a", &scene)]);
    let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{found:?}");
}

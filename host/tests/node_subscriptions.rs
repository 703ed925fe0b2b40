//! Unsubscribe, and what a pulse does at a Start Timeout that is pending.

mod common;

use common::{
    live::{folder, start, write},
    project, run, run_to_exit,
};

/// Two listeners of an event that is triggered three times; what pulses `unsubscribe` is left open.
const LISTENERS: &str = r#"
    [[event]]
    name = "ring"
    begin: events.on_initialize
    all: flow_control.sequential { count = 3 }
    one: events.event_trigger { event = "ring" }
    two: events.event_trigger { event = "ring" }
    three: events.event_trigger { event = "ring" }
    first: events.event_listener { event = "ring" }
    second: events.event_listener { event = "ring" }
    say_first: development.console { input = "first" }
    say_second: development.console { input = "second" }
    unsubscribe: events.unsubscribe
    all.pulse_1 -> one.in
    all.pulse_2 -> two.in
    all.pulse_3 -> three.in
    second.out -> say_second.in
"#;

fn said(lines: &str) -> Vec<String> {
    run(&project(&format!("{LISTENERS}\n{lines}")))
}

#[test]
fn a_listener_that_unsubscribes_itself_hears_nothing_more_and_the_others_do() {
    let lines = said(
        "begin.out -> all.in\nfirst.out -> say_first.in\nsay_first.out -> unsubscribe.in\n\
         first.event_id -> unsubscribe.event_id",
    );
    assert_eq!(lines, ["first", "second", "second", "second"]);
}

#[test]
fn a_listener_can_be_unsubscribed_before_it_heard_anything() {
    let lines = said(
        "begin.out -> unsubscribe.in\nunsubscribe.out -> all.in\nfirst.out -> say_first.in\n\
         second.event_id -> unsubscribe.event_id",
    );
    assert_eq!(lines, ["first", "first", "first"]);
}

#[test]
fn a_listener_hears_nothing_of_the_very_event_at_which_another_unsubscribes_it() {
    let lines = said(
        "begin.out -> all.in\nfirst.out -> unsubscribe.in\nunsubscribe.out -> say_first.in\n\
         second.event_id -> unsubscribe.event_id",
    );
    assert_eq!(lines, ["first", "first", "first"]);
}

#[test]
fn an_event_id_of_no_event_node_does_nothing() {
    let lines = said(
        "begin.out -> wait.in\nwait: utilities.start_timeout { seconds = 1000 }\nwait.on_start -> unsubscribe.in\n\
         wait.instance_id -> unsubscribe.event_id\nunsubscribe.out -> stop.in\nstop: utilities.cancel_timeout\n\
         wait.instance_id -> stop.instance_id\nwait.on_end -> say_first.in",
    );
    assert_eq!(lines, ["first"]);
}

#[test]
fn a_node_is_silenced_by_its_own_event_id_and_by_no_other_number() {
    let silences = |number: &u64| {
        let listeners = LISTENERS.replace(
            "events.unsubscribe",
            &format!("events.unsubscribe {{ event_id = {number} }}"),
        );
        let lines = "begin.out -> unsubscribe.in\nunsubscribe.out -> all.in\nfirst.out -> say_first.in";
        let heard = run(&project(&format!("{listeners}\n{lines}")));
        heard.len() < 6
    };
    // One for each of the two listeners.
    assert_eq!((0..40).filter(silences).count(), 2);
}

#[test]
fn variables_and_scenes_have_event_ids_too() {
    let lines = run(&project(
        "[[variable]]\nname = \"n\"\ntype = \"Int\"\nbegin: events.on_initialize\n\
         set: variables.variable_setter { variable = \"n\", value = 1 }\n\
         change: events.on_variable_change { variable = \"n\" }\non_set: events.on_variable_set { variable = \"n\" }\n\
         say_change: development.console\nsay_set: development.console\noff: events.unsubscribe\n\
         begin.out -> off.in\noff.out -> set.in\nchange.event_id -> off.event_id\nchange.out -> say_change.in\n\
         change.value -> say_change.input\non_set.out -> say_set.in\non_set.value -> say_set.input",
    ));
    assert_eq!(lines, ["1"]);
}

#[test]
fn what_was_unsubscribed_stays_so_when_the_logic_changes() {
    let ticking = "[[event]]\nname = \"ring\"\nbegin: events.on_initialize\ntick: utilities.start_interval { seconds = 0.02 }\n\
         both: flow_control.sequential\nring: events.event_trigger { event = \"ring\" }\n\
         first: events.event_listener { event = \"ring\" }\noff: events.unsubscribe\n\
         say_off: development.console { input = \"off\" }\nsay: development.console { input = \"tick\" }\n\
         begin.out -> tick.in\ntick.out -> both.in\nboth.pulse_1 -> ring.in\nboth.pulse_2 -> say.in\nfirst.out -> off.in\n\
         off.out -> say_off.in\nfirst.event_id -> off.event_id";
    let folder = folder();
    write(folder.path(), "project", ticking);
    let mut live = start(folder.path(), true);
    live.wait_for("off");
    write(folder.path(), "project", &ticking.replace("\"tick\"", "\"tock\""));
    live.wait_for("the logic changed");
    live.wait_for("tock");
    live.wait_for("tock");
    let lines = live.console.lines();
    assert_eq!(lines.iter().filter(|line| *line == "off").count(), 1, "{lines:?}");
}

#[test]
fn a_parameter_of_an_event_cannot_be_called_as_the_event_id_is() {
    let found = common::faults(&project(
        "[[event]]\nname = \"e\"\nparameters = [{ name = \"event_id\", type = \"Int\" }]",
    ));
    assert!(
        found.contains("`event_id` is the name of a socket already\n  hint: rename the parameter"),
        "{found}"
    );
}

/// What two pulses into one timeout do, one right after the other.
fn twice(when_pending: &str) -> Vec<String> {
    run(&project(&format!(
        "begin: events.on_initialize\nboth: flow_control.sequential\n\
         wait: utilities.start_timeout {{ seconds = 0, when_pending = \"{when_pending}\" }}\n\
         started: development.console {{ input = \"started\" }}\nover: development.console {{ input = \"over\" }}\n\
         ended: development.console {{ input = \"cancelled\" }}\nbegin.out -> both.in\nboth.pulse_1 -> wait.in\n\
         both.pulse_2 -> wait.in\nwait.on_start -> started.in\nwait.out -> over.in\nwait.on_end -> ended.in"
    )))
}

#[test]
fn a_pulse_at_a_pending_timeout_does_what_when_pending_says() {
    assert_eq!(twice("several"), ["started", "started", "over", "over"]);
    assert_eq!(twice("restart"), ["started", "started", "over"]);
    assert_eq!(twice("ignore"), ["started", "over"]);
}

#[test]
fn a_timeout_that_is_over_is_not_pending() {
    let (code, lines) = run_to_exit(&project(
        "begin: events.on_initialize\nwait: utilities.start_timeout { seconds = 0, when_pending = \"ignore\" }\n\
         say: development.console { input = \"over\" }\nonce: flow_control.toggle\nmore: flow_control.branch\n\
         end: utilities.exit\nbegin.out -> wait.in\nwait.out -> say.in\nsay.out -> once.in\nonce.out -> more.in\n\
         once.is_on -> more.input\nmore.on_true -> wait.in\nmore.on_false -> end.in",
    ));
    assert_eq!(
        (code, lines.as_slice()),
        (0, ["over", "over"].map(String::from).as_slice())
    );
}

#[test]
fn an_array_that_is_put_into_itself_again_and_again_is_an_error_in_time() {
    let lines = run(&project(
        "[[variable]]\nname = \"deep\"\ntype = \"Array\"\nbegin: events.on_initialize\n\
         loop: flow_control.for_loop { last_index = 100000 }\ndeep: variables.variable_getter { variable = \"deep\" }\n\
         push: array.push_array_element { data_type_1 = \"Array\" }\nkeep: variables.variable_setter { variable = \"deep\" }\n\
         failed: events.on_error\nend: utilities.exit\nbegin.out -> loop.in\nloop.out -> push.in\ndeep.value -> push.value_1\n\
         push.out -> keep.in\npush.array -> keep.value\nfailed.out -> end.in",
    ));
    assert_eq!(
        lines[0],
        "error push: arrays and dictionaries would lie more than 127 deep within each other"
    );
}

#[test]
fn an_event_node_that_is_switched_off_has_no_event_id() {
    let lines = run(&project(
        "[[event]]\nname = \"ring\"\nbegin: events.on_initialize\nring: events.event_trigger { event = \"ring\" }\n\
         heard: events.event_listener { event = \"ring\" }\nsay_heard: development.console { input = \"heard\" }\n\
         off: events.event_listener { event = \"ring\" }\nenabled = false\nsay: development.console\n\
         unsubscribe: events.unsubscribe\nbegin.out -> say.in\noff.event_id -> say.input\nsay.out -> unsubscribe.in\n\
         off.event_id -> unsubscribe.event_id\nunsubscribe.out -> ring.in\nheard.out -> say_heard.in",
    ));
    assert_eq!(lines, ["0", "heard"]);
}

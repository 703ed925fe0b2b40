//! Interpolate on the engine's clock.

mod common;

use common::{project, run_to_exit};

/// An Interpolate that starts with the project; what it fires is shown, and its end exits.
fn interpolate(attributes: &str, more: &str) -> (i32, Vec<String>) {
    run_to_exit(&project(&format!(
        r#"
        begin: events.on_initialize
        way: math.interpolate {{ data_type = "Int", interval_time_s = 0.01, {attributes} }}
        value: development.console {{ data_type = "Int" }}
        started: development.console {{ data_type = "Int", type = "Warning" }}
        end: utilities.exit
        begin.out -> way.start
        way.on_start -> started.in
        way.value -> started.input
        way.out -> value.in
        way.value -> value.input
        {more}
        "#
    )))
}

#[test]
fn it_starts_at_from_and_ends_at_to() {
    let (_, lines) = interpolate("duration_s = 0.1, from = 10, to = 1000", "way.on_end -> end.in");
    assert_eq!(lines[0], "warning started: 10");
    let values: Vec<i64> = lines[1..].iter().map(|line| line.parse().unwrap()).collect();
    assert!(values.is_sorted() && values.len() > 1, "{values:?}");
    assert_eq!(values.last(), Some(&1000));
}

#[test]
fn what_cancels_timeouts_does_not_end_it() {
    for node in ["cancel_timeout", "reset_interval"] {
        let more = format!(
            r#"
            cancel: utilities.{node} {{ instance_id = 1 }}
            started.out -> cancel.in
            way.on_end -> end.in
            "#
        );
        let (code, _) = interpolate("duration_s = 0.02, to = 9", &more);
        assert_eq!(code, 0);
    }
}

#[test]
fn alternate_comes_back_to_from() {
    let (_, lines) = interpolate(
        r#"mode = "alternate", type = "easeOutQuad", count = 2, duration_s = 0.02, to = 9"#,
        "way.on_end -> end.in",
    );
    assert_eq!(lines.last().unwrap(), "0");
}

#[test]
fn reset_ends_one_that_would_go_on_for_ever() {
    let (_, lines) = interpolate(
        r#"mode = "repeat", infinite = true, duration_s = 10.0, from = 5, to = 6"#,
        "value.out -> way.reset\nway.on_reset -> end.in",
    );
    assert_eq!(lines, ["warning started: 5", "5"]);
}

#[test]
fn instances_run_on_their_own() {
    let (_, lines) = run_to_exit(&project(
        r#"
        begin: events.on_initialize
        both: flow_control.sequential
        id: utilities.create_custom_id
        choose: flow_control.select_data { data_type = "CustomID" }
        way: math.interpolate { data_type = "Int", duration_s = 0.02, to = 7 }
        ended: development.console { data_type = "String", input = "end" }
        count: math.increment
        before: variables.variable_getter { variable = "ended" }
        keep: variables.variable_setter { variable = "ended" }
        switch: flow_control.switch { data_type = "Int", cases = [2] }
        exit: utilities.exit
        [[variable]]
        name = "ended"
        type = "Int"
        begin.out -> both.in
        both.pulse_1 -> choose.pulse_1
        both.pulse_2 -> id.in
        id.out -> choose.pulse_2
        id.output -> choose.input_2
        choose.out -> way.start
        choose.output -> way.instance_id
        way.on_end -> ended.in
        ended.out -> count.in
        before.value -> count.input
        count.out -> keep.in
        count.output -> keep.value
        keep.out -> switch.in
        keep.value -> switch.input
        switch.case_1 -> exit.in
        "#,
    ));
    assert_eq!(lines, ["end", "end"]);
}

#[test]
fn what_cannot_be_done_is_said() {
    let said = |attributes: &str| {
        let text = project(&format!(
            "begin: events.on_initialize\nway: math.interpolate {{ {attributes} }}\nbegin.out -> way.start\n"
        ));
        common::run(&text)
    };
    assert_eq!(
        said(r#"mode = "repeat", count = 0"#),
        ["error way: the count is 0, expected at least 1"]
    );
}
